"""/api/v1/sheets: the plans of a team, drafted together."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, cast

from bson import ObjectId
from flask import Blueprint, g

from competencies import kept_plans, printouts, sheets
from competencies.kept_plans import APPROVED, DRAFT, Version
from competencies.people import Person
from competencies.planning import ask_of, check_resources, over, said_of
from competencies.reach import below
from competencies.resources import names_of_all, offers
from competencies.sheets import DRAFTED, FAILED, MOST_PEOPLE, WITHDRAWN, Sheet
from competencies.team_planning import shared_of, used_by
from competencies.units import with_those_below
from competencies.views import current_caller, current_reach, public_url, require_match, today
from competencies.views.answers import as_printed, as_table
from lrs.errors import Clash, Forbidden, Invalid
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.plans import (
    ActedOut,
    PlanIn,
    Printed,
    SheetIn,
    SheetOut,
    WholeSheetOut,
    settled,
)
from schemas.queries import NoParameters

blueprint = Blueprint("sheets", __name__)
FOR_WHOM = ("name", "unit", "manager", "people", "template")
LEAST = 1e-6  # of what is shared: less is rounding
COLUMNS = ("person", "name", "plan", "version", "status", "feasible", "minutes", "budget", "weighted", "steps",
           "unreached", "in_force", "added", "removed")


@blueprint.post("/sheets")
def create() -> tuple[Any, int, dict[str, str]]:
    """Have the plans of a team drafted together; that goes on after the answer."""
    _require_writer(())
    query(NoParameters())
    said = _with_template(cast(dict[str, Any], SheetIn().load(json_request())))
    people = _people(said)
    _require_writer(people)
    ask = whole_ask({name: value for name, value in said.items() if name not in FOR_WHOM})
    placing = {name: said.get(name) for name in ("name", "unit", "manager")}
    made = sheets.create(current_reach().store, current_caller().name, {**placing, "ask": ask}, people)
    where = public_url(f"/api/v1/sheets/{made['sheet']}")
    return SheetOut().dump(_described(made)), 202, {"Location": where, "ETag": _tag(made)}


@blueprint.get("/sheets")
def find() -> dict[str, Any]:
    """Those whose people are all in reach, the latest first."""
    require("plans/read")
    query(NoParameters())
    found = [each for each in sheets.find_sheets(current_reach().store) if _reaches(each)]
    return {"sheets": SheetOut(many=True).dump([_described(each) for each in found])}


@blueprint.get("/sheets/<sheet>")
def get(sheet: str) -> Any:
    """How far it is; its plans side by side, what they share, and what they would change."""
    require("plans/read")
    asked, found = query(Printed()), _found(sheet)
    whole = WholeSheetOut().dump(_whole(found))
    if asked["format"] == "csv":
        return as_table(COLUMNS, map(_row, whole["plans"]))
    if asked["format"] != "json":
        return as_printed(printouts.of_team(whole, names_of_all(found["store"]), asked["language"]), asked["format"])
    return whole, 200, {"ETag": _tag(found)}


@blueprint.patch("/sheets/<sheet>")
def edit(sheet: str) -> tuple[Any, int, dict[str, str]]:
    """Draft all of it again with something else; what somebody changed of a single plan stays."""
    before = _editable(sheet)
    changes = cast(dict[str, Any], PlanIn(partial=True).load(json_request()))
    said = {**before["ask"], "start": date.fromisoformat(before["ask"]["start"])}
    made = sheets.draft_again(before, current_caller().name, whole_ask(over(said, changes)))
    return SheetOut().dump(_described(made)), 202, {"ETag": _tag(made)}


@blueprint.post("/sheets/<sheet>/approve")
def approve(sheet: str) -> Any:
    """Put all of its drafts in force."""
    found = _editable(sheet)
    if found["state"] != DRAFTED:
        raise Clash(f"the sheet is {found['state']}")
    outlines = kept_plans.outlines(found["store"], sheet=sheet)
    used = used_by(outlines)
    for limit, given in shared_of(found["ask"]).given().items():
        if used.get(limit, 0.0) > given + LEAST:
            raise Invalid(f"/{limit}", f"its plans take {used[limit]:g}, and there are {given:g}")
    return _acted(found, APPROVED, outlines, lambda plan: None if plan["content"]["feasible"]
                  else "what it requires doesn't fit its limits", (DRAFT,))


@blueprint.post("/sheets/<sheet>/withdraw")
def withdraw(sheet: str) -> Any:
    """End it, and its plans; they stay to be read."""
    found = sheets.withdraw(_editable(sheet, again=True), current_caller().name)
    outlines = kept_plans.outlines(found["store"], sheet=sheet)
    return _acted(found, kept_plans.WITHDRAWN, outlines, lambda plan: None, (DRAFT, APPROVED))


def _with_template(said: dict[str, Any]) -> dict[str, Any]:
    """What is said, over what its template says. Raises Invalid."""
    if "template" not in said:
        return said
    found = {each["code"]: each for each in sheets.find_templates(current_reach().store)}.get(said["template"])
    if found is None:
        raise Invalid("/template", f"there is no template {said['template']!r}")
    ask = cast(dict[str, Any], PlanIn().load(found["ask"]))
    unit = {"unit": found["unit"]} if found["unit"] and not {"unit", "manager", "people"} & said.keys() else {}
    return over({**ask, **unit}, said)


def whole_ask(said: dict[str, Any], at: str = "") -> dict[str, Any]:
    """What is asked for, as JSON, whole. Raises Invalid."""
    ask = ask_of(settled({"start": today(), **said}))
    try:
        check_resources(ask, offers(current_reach().store))
    except Invalid as error:
        raise Invalid(at + error.pointer, str(error)) from None
    return said_of(ask)


def _people(said: dict[str, Any]) -> list[str]:
    """Whom the sheet is for, by id: those with a role now. Raises Invalid."""
    reach = current_reach()
    asked = Person.objects(**reach.filter, role__ne=None)
    member = next((name for name in ("people", "unit", "manager") if name in said), "unit")
    if member == "people":
        asked = asked.filter(person__in=said["people"])
        if missing := sorted(set(said["people"]) - set(asked.scalar("person"))):
            raise Invalid("/people", f"there is no person {missing[0]!r} in reach who has a role")
    elif "unit" in said:
        asked = asked.filter(unit__in=with_those_below(reach.store, said["unit"]))
    elif "manager" in said:
        asked = asked.filter(person__in=below(reach.store, said["manager"]))
    else:
        raise Invalid("/unit", "say for whom: a unit, a manager or people")
    if g.person is not None:
        asked = asked.filter(person__ne=g.person.person)
    found = sorted(asked.scalar("person"))
    if not found:
        raise Invalid(f"/{member}", "nobody there has a role")
    if len(found) > MOST_PEOPLE:
        raise Invalid(f"/{member}", f"these are {len(found):,} people, and a sheet is for {MOST_PEOPLE:,} at most")
    return found


def _require_writer(people: Iterable[str]) -> None:
    """For a credential that may change plans, or who manages all of them. Raises Forbidden."""
    if g.person is None:
        require("plans/write")
    elif not set(people) <= set(below(current_reach().store, g.person.person)):
        raise Forbidden("plans are for who manages the person to change")


def _reaches(sheet: Sheet) -> bool:
    """Whether all of its people are in reach; of one whose people are all gone, for who reaches everybody."""
    reach = current_reach()
    return reach.people is None or (bool(there := _there(reach.store, sheet["people"])) and there <= reach.people)


def _there(store: ObjectId, people: Iterable[str]) -> set[str]:
    """Those who still are."""
    return set(Person.objects(store=store, person__in=list(people)).scalar("person"))


def _found(sheet: str) -> Sheet:
    """Raises NotFound, the same for one with somebody out of reach."""
    found = sheets.get_sheet(current_reach().store, sheet)
    if not _reaches(found):
        raise sheets.no_sheet(sheet)
    return found


def _editable(sheet: str, again: bool = False) -> Sheet:
    """`again`: a sheet that was withdrawn, too."""
    _require_writer(())
    query(NoParameters())
    found = _found(sheet)
    _require_writer(_there(found["store"], found["people"]))
    require_match(str(found["version"]), "the sheet")
    if found["state"] == WITHDRAWN and not again:
        raise Invalid("", "the sheet was withdrawn")
    return found


def _acted(sheet: Sheet, status: str, outlines: Iterable[Version], why_not: Callable[[Version], str | None],
           on: Iterable[str]) -> Any:
    """The next version of each of its plans; one that was changed at the same time is left, and told."""
    done, left = 0, []
    for outline in outlines:
        if outline["status"] not in on:
            continue
        why = why_not(outline)
        if why is None:
            try:
                plan = kept_plans.get_version(sheet["store"], outline["plan"], outline["version"])
                kept_plans.follow(plan, current_caller().name, status, plan["content"])
                done += 1
                continue
            except Clash as clash:
                why = str(clash)
        left.append({"person": outline["person"], "plan": outline["plan"], "why": why})
    return ActedOut().dump({"sheet": sheet["sheet"], "done": done, "left": left})


def _tag(sheet: Sheet) -> str:
    return f'"{sheet["version"]}"'


def _described(sheet: Sheet) -> dict[str, Any]:
    found = sheet["found"] or {}
    why = found.get("detail") if sheet["state"] == FAILED else None
    return {**sheet, "people": len(sheet["people"]), "at": format_timestamp(sheet["at"]), "why": why}


def _whole(sheet: Sheet) -> dict[str, Any]:
    outlines = kept_plans.outlines(sheet["store"], sheet=sheet["sheet"])
    others = kept_plans.outlines(sheet["store"], person={"$in": sheet["people"]}, sheet={"$ne": sheet["sheet"]})
    in_force = {each["person"]: each for each in reversed(others) if each["status"] == APPROVED}
    called = dict(Person.objects(store=sheet["store"], person__in=sheet["people"]).scalar("person", "name"))
    found = sheet["found"] or {}
    return {**_described(sheet), "closes": found.get("closes"), "bound": found.get("bound"),
            "shared": _shares(sheet, outlines), "plans": [{
                **each, **each["content"], "name": called.get(each["person"], each["person"]),
                "in_force": _in_force(in_force.get(each["person"]), each)} for each in outlines]}


def _in_force(other: Version | None, plan: Version) -> dict[str, Any] | None:
    return other and {"plan": other["plan"], "changes": kept_plans.differences(other["content"], plan["content"])}


def _shares(sheet: Sheet, outlines: Iterable[Version]) -> list[dict[str, Any]]:
    """What is shared, by what its plans use now: some may have been edited since they were drafted together."""
    prices = {each["limit"]: each["price"] for each in (sheet["found"] or {}).get("prices", ())}
    given, used = shared_of(sheet["ask"]).given(), used_by(outlines)
    return [{"limit": limit, "given": most, "used": round(used.get(limit, 0.0), 2), "price": prices.get(limit)}
            for limit, most in given.items()]


def _row(plan: dict[str, Any]) -> dict[str, Any]:
    changes = plan["in_force"]["changes"] if plan["in_force"] else []
    by_kind = {kind: [each["resource"] for each in changes if each["change"] == kind] for kind in ("added", "removed")}
    return {**plan, **by_kind, "steps": [step["resource"] for step in plan["steps"]],
            "in_force": plan["in_force"] and plan["in_force"]["plan"]}
