"""Plans that are kept: each in versions that never change, from a draft to what was approved; and how far they are.

A version is inserted under the next number, which another can't have got meanwhile: that is the compare and swap.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import get_db
from pymongo.collection import Collection as Documents
from pymongo.errors import DuplicateKeyError

from competencies.analyses import TAKING, Happening
from lrs.clock import now_micros
from lrs.errors import Clash, Invalid, NotFound
from lrs.models import Credential
from lrs.store import JOURNALED

PLANS = "plans"
DRAFT, APPROVED, WITHDRAWN = "draft", "approved", "withdrawn"
ACTIVE, COMPLETE = "active", "complete"
NOT_BEGUN, BEGUN, DONE, LATE = "not begun", "begun", "done", "late"
MOST_SHOWN = 1000
Version = dict[str, Any]  # store, plan, version, person, status, made, at, by, content, changes, edits; sheet, drafting


def create(store: ObjectId, by: str, person: str, content: Mapping[str, Any], plan: str | None = None,
           **more: Any) -> Version:
    """A new plan, as a draft; under this id, or one that is made up. Raises Clash where it is there."""
    now = now_micros()
    return _put({"store": store, "plan": plan or str(uuid4()), "version": 1, "person": person, "status": DRAFT,
                 "made": now, "at": now, "by": by, "content": dict(content), "changes": [], "edits": {}, **more})


def follow(before: Version, by: str, status: str, content: Mapping[str, Any], **more: Any) -> Version:
    """The next version of a plan. Raises Clash where another came first, and Invalid for one that was withdrawn."""
    if before["status"] == WITHDRAWN:
        raise Invalid("", "the plan was withdrawn")
    if status == WITHDRAWN:
        _end_launches(before)
    return _put({**before, "version": before["version"] + 1, "status": status, "at": now_micros(), "by": by,
                 "content": dict(content), "changes": differences(before["content"], content), **more})


def get_version(store: ObjectId, plan: str, version: int | None = None) -> Version:
    """A version of a plan; the latest where none is said. Raises NotFound."""
    which = {} if version is None else {"version": version}
    found = _plans().find_one({"store": store, "plan": plan, **which}, {"_id": 0}, sort=[("version", -1)])
    if found is None:
        raise no_plan(plan, version)
    return found


def no_plan(plan: str, version: int | None = None) -> NotFound:
    return NotFound(f"no plan {plan!r}" + ("" if version is None else f" in version {version}"))


def versions_of(store: ObjectId, plan: str) -> list[Version]:
    """The latest first, without what they hold."""
    return list(_plans().find({"store": store, "plan": plan}, {"_id": 0, "content": 0}).sort("version", -1))


def find_latest(store: ObjectId, **where: Any) -> list[Version]:
    """The latest version of each plan, those made last first."""
    return list(_plans().aggregate([
        *_latest({"store": store, **where}), {"$sort": {"at": -1, "plan": 1}}, {"$limit": MOST_SHOWN},
        {"$project": {"_id": 0}}]))


def outlines(store: ObjectId, **where: Any) -> list[Version]:
    """As `find_latest`, of any number of plans, with no more of what they hold than lists show; by person."""
    steps = {f"content.steps.{name}": 1 for name in ("resource", "title", "due", "minutes", "cost", "coach_hours")}
    whole = {f"content.{name}": 1 for name in ("minutes", "budget", "weighted", "possible", "feasible", "unreached",
                                               "ask")}
    shown = {"_id": 0, "store": 1, "plan": 1, "version": 1, "person": 1, "status": 1, "made": 1, "at": 1, "by": 1,
             "sheet": 1, "edits": 1, "drafting": 1, **steps, **whole}
    return list(_plans().aggregate([*_latest({"store": store, **where}, shown), {"$sort": {"person": 1, "at": -1}}],
                                   allowDiskUse=True))


def in_force(store: ObjectId, people: Collection[str], moment: int) -> dict[str, Version]:
    """By person, the plan that was in force at a moment (microseconds): of those approved then, the last."""
    found = _plans().aggregate([
        *_latest({"store": store, "person": {"$in": list(people)}, "at": {"$lte": moment}}),
        {"$match": {"status": APPROVED}}, {"$sort": {"at": 1, "plan": 1}}], allowDiskUse=True)
    return {each["person"]: each for each in found}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the later of two contents has, lacks, or has at another time."""
    old, new = ({step["resource"]: step for step in content["steps"]} for content in (before, after))
    found = [{"change": "removed", "resource": code, "before": old[code]["due"], "after": None}
             for code in old if code not in new]
    found += [{"change": "added", "resource": code, "before": None, "after": new[code]["due"]}
              for code in new if code not in old]
    return found + [{"change": "moved", "resource": code, "before": old[code]["due"], "after": new[code]["due"]}
                    for code in new if code in old and old[code]["due"] != new[code]["due"]]


def progress(version: Version, happenings: Iterable[Happening], activities: Mapping[str, Collection[str]],
             today: date) -> dict[str, Any]:
    """How far a plan is, by statements alone (pure). `happenings`: what the person did, of which counts what they did
    since the plan was made; `activities`: by resource, those that it reports under.
    """
    since = [each for each in happenings if each.happened >= version["made"]]
    steps = []
    for step in version["content"]["steps"]:
        seen = [each for each in since if each.activity in activities.get(step["resource"], ())]
        finished = min((each.happened for each in seen if each.verb in TAKING), default=None)
        state = DONE if finished else BEGUN if seen else LATE if today.isoformat() > step["due"] else NOT_BEGUN
        steps.append({"resource": step["resource"], "state": state, "done": finished, "due": step["due"]})
    minutes = {step["resource"]: step["minutes"] for step in version["content"]["steps"]}
    done = sum(minutes[step["resource"]] for step in steps if step["state"] == DONE)
    return {"status": _status(version, steps, today), "steps": steps, "minutes_done": done,
            "minutes": sum(minutes.values())}


def _status(version: Version, steps: Iterable[Mapping[str, Any]], today: date) -> str:
    """An approved plan is active from its first day, and complete once every step is done."""
    if version["status"] != APPROVED:
        return str(version["status"])
    if steps and all(step["state"] == DONE for step in steps):
        return COMPLETE
    return ACTIVE if version["content"]["ask"]["start"] <= today.isoformat() else APPROVED


def launch_name(plan: str, resource: str = "") -> str:
    """Under which the statements of a step's launches stand; without a resource, how those of a plan's begin."""
    return f"launch/{plan}/{resource}"


def _end_launches(plan: Version) -> None:
    Credential._get_collection().update_many(
        {"store": plan["store"], "agent.account.name": {"$regex": f"^{launch_name(plan['plan'])}"},
         "learner": {"$ne": None}}, {"$set": {"revoked": True}})


def _plans() -> Documents[dict[str, Any]]:
    found: Documents[dict[str, Any]] = get_db().get_collection(PLANS, write_concern=JOURNALED)
    return found


def _latest(match: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The stages that give the latest version of each plan, of those that match; `shown`: what of it."""
    return [{"$match": dict(match)}, *([{"$project": dict(shown)}] if shown else []),
            {"$sort": {"plan": 1, "version": -1}}, {"$group": {"_id": "$plan", "latest": {"$first": "$$ROOT"}}},
            {"$replaceWith": "$latest"}]


def _put(version: Version) -> Version:
    try:
        _plans().insert_one({**version})
    except DuplicateKeyError:
        raise Clash(f"somebody made version {version['version']} of this plan just now: look at it first") from None
    return version
