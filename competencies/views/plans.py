"""/api/v1/people/{id}/plan and plans; /api/v1/plans/{id}: drafts, approval, progress, versions."""

from datetime import date
from typing import Any, cast

from flask import Blueprint, g

from competencies import kept_plans, printouts
from competencies.days import date_of
from competencies.frameworks import names
from competencies.kept_plans import APPROVED, DRAFT, WITHDRAWN, Version
from competencies.people import Person
from competencies.planning import Ask, Drafted, Planning, Showing, Situation, ask_of, instead, over
from competencies.reach import below
from competencies.resources import offers
from competencies.views import (
    as_of,
    current_analyses,
    current_caller,
    current_reach,
    public_url,
    require_match,
    today,
)
from competencies.views.answers import as_printed, as_table
from lrs.errors import Forbidden, Invalid
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.plans import FIRST, LAST, KeptPlanOut, KeptQuery, PlanIn, PlanOut, PlanQuery, VersionOut, settled
from schemas.queries import NoParameters

blueprint = Blueprint("plans", __name__)
STEP_COLUMNS = ("person", "resource", "title_zh", "title_en", "address", "minutes", "cost", "coach_hours", "begins",
                "due", "purpose", "state", "required", "closes", "measures", "prerequisites", "evidence", "runner_up",
                "why_zh", "why_en")


@blueprint.get("/people/<person>/plan")
def get(person: str) -> Any:
    """A draft for the time there is, which is kept nowhere."""
    require("plans/read")
    found = query(PlanQuery())
    moment, somebody = as_of(found), current_reach().person(person)
    ask = _ask(found, moment)
    planning = Planning(current_analyses(), current_reach().store, moment)
    situation = planning.situations([somebody])[person]
    drafted = planning.drafted(situation, ask)
    content = {"person": person, "as_of": format_timestamp(moment), **_showing().plan(drafted)}
    if "instead" in found:
        content["instead"] = _instead(planning, situation, drafted, found["instead"])
    return _answer(found, somebody.name, person, PlanOut().dump(content))


@blueprint.post("/people/<person>/plans")
def create(person: str) -> tuple[Any, int, dict[str, str]]:
    """Keep a draft for the person."""
    _require_writer(person)
    query(NoParameters())
    ask = _ask(cast(dict[str, Any], PlanIn().load(json_request())), as_of({}))
    made = kept_plans.create(current_reach().store, current_caller().name, person, _drafted(person, ask))
    return _shown(made), 201, {"Location": public_url(f"/api/v1/plans/{made['plan']}"), "ETag": _tag(made)}


@blueprint.get("/people/<person>/plans")
def find(person: str) -> dict[str, Any]:
    """Every plan of the person, in its latest version."""
    require("plans/read")
    query(NoParameters())
    current_reach().person(person)
    found = kept_plans.find_latest(current_reach().store, person=person)
    return {"person": person, "plans": [_listed(each) for each in found]}


@blueprint.get("/plans/<plan>")
def get_kept(plan: str) -> Any:
    """A plan, and how far it is by statements."""
    require("plans/read")
    asked = query(KeptQuery())
    found = _found(plan, asked.get("version"))
    answer, tag = _shown(found), {"ETag": _tag(found)}
    if asked["format"] == "json":
        return answer, 200, tag
    somebody = Person.objects(store=found["store"], person=found["person"]).first()
    return _answer(asked, somebody.name if somebody else found["person"], found["person"],
                   {**answer, **answer["content"]})


@blueprint.get("/plans/<plan>/versions")
def find_versions(plan: str) -> dict[str, Any]:
    """All of them, the latest first: who made each, when, and what it changed."""
    require("plans/read")
    query(NoParameters())
    _found(plan)
    found = kept_plans.versions_of(current_reach().store, plan)
    return {"plan": plan, "versions": VersionOut(many=True).dump([_described(each) for each in found])}


@blueprint.patch("/plans/<plan>")
def edit(plan: str) -> tuple[Any, int, dict[str, str]]:
    """Change what the plan is drafted with, which drafts it again: steps to have in any case, or not to have."""
    before = _editable(plan)
    changes = cast(dict[str, Any], PlanIn(partial=True).load(json_request()))
    ask = _changed(before, changes)
    return _followed(before, DRAFT, _drafted(before["person"], ask), edits=_edits(before, changes, ask))


def _edits(before: Version, changes: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """All that somebody changed of a plan, as it stands now: of two ways to say one thing the last."""
    edits = over(before.get("edits", {}), changes)
    if edits.pop("until", None):
        edits["weeks"] = ask.weeks
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in edits.items()}


@blueprint.post("/plans/<plan>/redraft")
def redraft(plan: str) -> tuple[Any, int, dict[str, str]]:
    """Draft it again by what is known now, from today to the same end; what somebody decided stays."""
    before = _editable(plan)
    ask = ask_of(before["content"]["ask"])
    start = max(ask.start, today())
    weeks = max(1, ask.weeks - (start - ask.start).days // 7)
    kept = {**before["content"]["ask"], "start": start.isoformat(), "weeks": weeks}
    if "hours" in kept:
        kept["hours"] = round(kept["hours"] * weeks / ask.weeks, 2)
    return _followed(before, DRAFT, _drafted(before["person"], ask_of(kept)))


@blueprint.post("/plans/<plan>/approve")
def approve(plan: str) -> tuple[Any, int, dict[str, str]]:
    """Put it in force: it is active from its first day."""
    before = _editable(plan)
    if not before["content"]["feasible"]:
        raise Invalid("", "what it requires doesn't fit its limits")
    return _followed(before, APPROVED, before["content"])


@blueprint.post("/plans/<plan>/withdraw")
def withdraw(plan: str) -> tuple[Any, int, dict[str, str]]:
    """End it; it stays to be read."""
    before = _editable(plan)
    return _followed(before, WITHDRAWN, before["content"])


def _ask(found: dict[str, Any], moment: int) -> Ask:
    said = {key: value for key, value in found.items() if key not in ("as_of", "instead", "format", "language")}
    return ask_of(settled({"start": min(max(date_of(moment, current_caller().time_zone), FIRST), LAST), **said}))


def _changed(before: Version, changes: dict[str, Any]) -> Ask:
    """What it was asked for with, and what is said of it now instead."""
    said = before["content"]["ask"]
    return ask_of(settled(over({**said, "start": date.fromisoformat(said["start"])}, changes)))


def _drafted(person: str, ask: Ask) -> dict[str, Any]:
    planning = Planning(current_analyses(), current_reach().store, as_of({}))
    return _showing().plan(planning.draft(current_reach().person(person), ask))


def _instead(planning: Planning, situation: Situation, drafted: Drafted, hours: float) -> dict[str, Any]:
    """What would be reached in other hours."""
    plan = instead(planning, situation, drafted.ask, int(hours * 60))
    taken = {step.resource for step in plan.steps}
    return {"budget": plan.limits.minutes, "minutes": plan.minutes, "weighted": round(plan.weighted, 2),
            "steps": [step.resource for step in plan.steps], "remaining": plan.remaining,
            "without": [step.resource for step in drafted.plan.steps if step.resource not in taken]}


def _require_writer(person: str) -> Person:
    """For a credential that may change plans, or who manages the person. Raises Forbidden, NotFound."""
    if g.person is None:
        require("plans/write")
    found = current_reach().person(person)
    if g.person is not None and person not in below(current_reach().store, g.person.person):
        raise Forbidden("plans are for who manages the person to change")
    return found


def _found(plan: str, version: int | None = None) -> Version:
    """A version of a plan of somebody in reach. Raises NotFound, the same for one out of reach."""
    found, reach = kept_plans.get_version(current_reach().store, plan, version), current_reach()
    if reach.people is not None and found["person"] not in reach.people:
        raise kept_plans.no_plan(plan, version)
    return found


def _editable(plan: str) -> Version:
    if g.person is None:
        require("plans/write")
    query(NoParameters())
    found = _found(plan)
    _require_writer(found["person"])
    require_match(str(found["version"]), "the plan")
    return found


def _followed(before: Version, status: str, content: dict[str, Any],
              **more: Any) -> tuple[Any, int, dict[str, str]]:
    made = kept_plans.follow(before, current_caller().name, status, content, **more)
    return _shown(made), 200, {"ETag": _tag(made)}


def _tag(version: Version) -> str:
    return f'"{version["version"]}"'


def _described(version: Version) -> dict[str, Any]:
    return {"sheet": None, "edits": {}, **version, "at": format_timestamp(version["at"])}


def _listed(version: Version) -> Any:
    return VersionOut().dump({**_described(version), **_progress(version)})


def _progress(version: Version) -> dict[str, Any]:
    """Where the plan stands, by what the person did."""
    store, moment = current_reach().store, as_of({})
    activities = {each.code: each.activities for each in offers(store)}
    asked = [activity for step in version["content"]["steps"] for activity in activities.get(step["resource"], ())]
    person = Person.objects(store=store, person=version["person"]).first()
    did = current_analyses().happenings(store, [person] if person else [], asked, moment).get(version["person"], ())
    found = kept_plans.progress(version, did, activities, today())
    steps = [{**each, "done": each["done"] and format_timestamp(each["done"])} for each in found["steps"]]
    return {"status": found["status"], "progress": {**found, "steps": steps}}


def _shown(version: Version) -> Any:
    return KeptPlanOut().dump({**_described(version), **_progress(version)})


def _showing() -> Showing:
    return Showing(current_reach().store)


def _answer(asked: dict[str, Any], name: str, person: str, content: dict[str, Any]) -> Any:
    """The plan in the form that was asked for."""
    if asked["format"] == "json":
        return content
    if asked["format"] == "csv":
        return as_table(STEP_COLUMNS, (_row(person, step, content) for step in content["steps"]))
    printout = printouts.of_plan(content, name, names(current_reach().store), asked["language"])
    return as_printed(printout, asked["format"])


def _row(person: str, step: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    states = {each["resource"]: each["state"] for each in content.get("progress", {}).get("steps", ())}
    rival = step["runner_up"] or {"resource": None, "words": {}}
    return {**{name: step[name] for name in STEP_COLUMNS if name in step}, "person": person,
            "title_zh": step["title"].get("zh-CN"), "title_en": step["title"].get("en"),
            "state": states.get(step["resource"]), "runner_up": rival["resource"],
            "closes": [f"{code}={levels:g}" for code, levels in step["closes"].items()],
            "why_zh": rival["words"].get("zh-CN"), "why_en": rival["words"].get("en")}
