"""Team sheets: plans of many people that are drafted together, within what they share.

A sheet says for whom and with what; its plans are kept plans like any others, under ids that follow from the sheet and
the person. Each change of a sheet is its next version, and the plans of one version are drafted once, by whoever holds
the claim on it, however often that is interrupted.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import get_db
from pymongo import ReturnDocument
from pymongo.collection import Collection as Documents

from competencies.sharing import Progress
from lrs.clock import now_micros
from lrs.errors import Clash, NotFound
from lrs.store import JOURNALED

SHEETS, TEMPLATES = "sheets", "plan_templates"
DRAFTING, DRAFTED, FAILED, WITHDRAWN = STATES = ("drafting", "drafted", "failed", "withdrawn")
CLAIMED = timedelta(seconds=180)  # without a word of whoever drafts
MOST_PEOPLE, MOST_SHOWN = 5_000, 500
Sheet = dict[str, Any]  # store, sheet, version, state, made, at, by, name, placing, ask, people, progress, found
Template = dict[str, Any]  # store, code, name, unit, ask, at, by


class ClaimLost(Exception):
    """Somebody else drafts this sheet now, or it has changed."""


def create(store: ObjectId, by: str, said: Mapping[str, Any], people: Collection[str]) -> Sheet:
    """`said`: name, placing (unit or manager), and ask as JSON."""
    now = now_micros()
    made = {"store": store, "sheet": str(uuid4()), "version": 1, "made": now, "at": now, "by": by, **said,
            "people": list(people), **_to_draft()}
    _sheets().insert_one({**made})
    return made


def get_sheet(store: ObjectId, sheet: str) -> Sheet:
    """Raises NotFound."""
    found = _sheets().find_one({"store": store, "sheet": sheet}, {"_id": 0})
    if found is None:
        raise no_sheet(sheet)
    return found


def no_sheet(sheet: str) -> NotFound:
    return NotFound(f"no sheet {sheet!r}")


def find_sheets(store: ObjectId) -> list[Sheet]:
    """Those made last first."""
    return list(_sheets().find({"store": store}, {"_id": 0}).sort([("made", -1), ("sheet", 1)]).limit(MOST_SHOWN))


def draft_again(before: Sheet, by: str, ask: Mapping[str, Any]) -> Sheet:
    """The next version, to be drafted with this. Raises Clash where another came first."""
    return _change(before, by, {"ask": dict(ask), **_to_draft()})


def withdraw(before: Sheet, by: str) -> Sheet:
    """Its plans are withdrawn by who calls this, who may call again. Raises Clash where another came first."""
    return before if before["state"] == WITHDRAWN else _change(before, by, {"state": WITHDRAWN, "claim": None})


def claim(holder: str) -> Sheet | None:
    """A sheet to be drafted that nobody is at, the oldest first."""
    free = {"state": DRAFTING, "$or": [{"claim": None}, {"claim.until": {"$lt": datetime.now(UTC)}}]}
    return _sheets().find_one_and_update(free, {"$set": {"claim": _claim(holder)}}, sort=[("at", 1)],
                                         projection={"_id": 0}, return_document=ReturnDocument.AFTER)


def report(sheet: Sheet, holder: str, progress: Progress) -> None:
    """How far it is, which holds the claim too. Raises ClaimLost."""
    _as_holder(sheet, holder, {"progress": progress._asdict(), "claim": _claim(holder)})


def let_go(sheet: Sheet, holder: str) -> None:
    """Somebody else may draft it at once."""
    _as_holder(sheet, holder, {"claim": None})


def finish(sheet: Sheet, holder: str, state: str, found: Mapping[str, Any]) -> None:
    """Raises ClaimLost."""
    _as_holder(sheet, holder, {"state": state, "found": dict(found), "claim": None, "progress": None})


def get_template(store: ObjectId, code: str) -> Template:
    """Raises NotFound."""
    found = get_db()[TEMPLATES].find_one({"store": store, "code": code}, {"_id": 0})
    if found is None:
        raise NotFound(f"no template {code!r}")
    return dict(found)


def find_templates(store: ObjectId) -> list[Template]:
    return list(get_db()[TEMPLATES].find({"store": store}, {"_id": 0}).sort("code", 1))


def put_template(store: ObjectId, code: str, by: str, said: Mapping[str, Any]) -> tuple[Template, bool]:
    """The template, and whether it is new."""
    row = {"name": said["name"], "unit": said.get("unit"), "ask": said["ask"], "at": now_micros(), "by": by}
    templates = get_db().get_collection(TEMPLATES, write_concern=JOURNALED)
    new = templates.update_one({"store": store, "code": code}, {"$set": row}, upsert=True).upserted_id is not None
    return {"store": store, "code": code, **row}, new


def delete_template(store: ObjectId, code: str) -> None:
    """Raises NotFound."""
    templates = get_db().get_collection(TEMPLATES, write_concern=JOURNALED)
    if not templates.delete_one({"store": store, "code": code}).deleted_count:
        raise NotFound(f"no template {code!r}")


def _to_draft() -> dict[str, Any]:
    return {"state": DRAFTING, "claim": None, "progress": None, "found": None}


def _claim(holder: str) -> dict[str, Any]:
    return {"holder": holder, "until": datetime.now(UTC) + CLAIMED}


def _change(before: Sheet, by: str, changes: Mapping[str, Any]) -> Sheet:
    found = _sheets().find_one_and_update(
        {"store": before["store"], "sheet": before["sheet"], "version": before["version"]},
        {"$set": {**changes, "version": before["version"] + 1, "at": now_micros(), "by": by}},
        projection={"_id": 0}, return_document=ReturnDocument.AFTER)
    if found is None:
        raise Clash("somebody changed this sheet just now: look at it first")
    return found


def _as_holder(sheet: Sheet, holder: str, changes: Mapping[str, Any]) -> None:
    mine = {"store": sheet["store"], "sheet": sheet["sheet"], "version": sheet["version"], "state": DRAFTING,
            "claim.holder": holder}
    if not _sheets().update_one(mine, {"$set": dict(changes)}).matched_count:
        raise ClaimLost


def _sheets() -> Documents[dict[str, Any]]:
    found: Documents[dict[str, Any]] = get_db().get_collection(SHEETS, write_concern=JOURNALED)
    return found
