"""Drafts the plans of a team sheet, person by person, so that whoever runs it can say how far it is, and stop."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from bson import ObjectId

from competencies import kept_plans
from competencies.analyses import PEOPLE_AT_ONCE, Analyses
from competencies.kept_plans import DRAFT, WITHDRAWN, Version
from competencies.kept_rows import basis_of
from competencies.optimum import COACH, MONEY, SEATS
from competencies.people import Person
from competencies.planning import Ask, Planning, Showing, Situation, ask_of
from competencies.sharing import Division, Progress, Shared, divide
from competencies.sheets import Sheet
from lrs.errors import Clash

FEW = 50  # people, for whom each step is explained
READING = 0  # the round in which people are read


def plan_id(sheet: Mapping[str, Any], person: str) -> str:
    return str(uuid5(UUID(sheet["sheet"]), person))


def draft_plans(analyses: Analyses, database: Any, sheet: Sheet) -> Generator[Progress, None, dict[str, Any]]:
    """Keeps a draft for each person; yields after each of them in each round, and returns what it came to.

    Those who have a plan of this version of the sheet already, because an earlier run was interrupted, keep it.
    Raises Invalid for a resource that isn't there.
    """
    store: ObjectId = sheet["store"]
    planning = Planning(analyses, store, basis_of(database, store).as_of)
    before = {each["person"]: each for each in kept_plans.find_latest(store, sheet=sheet["sheet"])}
    people = list(Person.objects(store=store, person__in=sheet["people"]).order_by("person"))
    people = [each for each in people if before.get(each.person, {}).get("status") != WITHDRAWN]
    situations: dict[str, Situation] = {}
    for first in range(0, len(people), PEOPLE_AT_ONCE):
        situations |= planning.situations(people[first:first + PEOPLE_AT_ONCE])
        yield Progress(READING, len(situations), len(people))
    asks = {person: _ask(sheet, before.get(person)) for person in situations}
    division = yield from divide(
        {person: planning.problem(situations[person], ask) for person, ask in asks.items()}, shared_of(sheet["ask"]))
    showing = Showing(store)
    for done, person in enumerate(situations, 1):
        drafted = planning.drafted(situations[person], _with_share(asks[person], division, person),
                                   len(people) <= FEW, division.chosen[person])
        content = showing.plan(replace(drafted, ask=asks[person]))
        _keep(sheet, person, before.get(person), content)
        yield Progress(division.rounds + 1, done, len(people))
    return _said(division, people)


def shared_of(ask: Mapping[str, Any]) -> Shared:
    return Shared(ask.get("money"), ask.get("coach_hours"), dict(ask.get("seats") or {}))


def used_by(plans: Iterable[Version]) -> dict[str, float]:
    """What plans that aren't withdrawn take of what can be shared, by what is limited."""
    used: dict[str, float] = {}
    for plan in plans:
        for step in plan["content"]["steps"] if plan["status"] != WITHDRAWN else ():
            for name, amount in ((MONEY, step["cost"]), (COACH, step["coach_hours"]),
                                 (f"{SEATS}/{step['resource']}", 1.0)):
                used[name] = used.get(name, 0.0) + amount
    return used


def _ask(sheet: Sheet, before: Version | None) -> Ask:
    """One person's: the sheet's, without what is shared, and what somebody changed of their plan."""
    own = {**sheet["ask"], "money": None, "coach_hours": None, "seats": {}}
    edits = before.get("edits", {}) if before else {}
    if {"hours", "hours_per_week"} & edits.keys():
        own = {name: value for name, value in own.items() if name not in ("hours", "hours_per_week")}
    return ask_of({**own, **{name: value for name, value in edits.items() if name != "until"}})


def _with_share(ask: Ask, division: Division, person: str) -> Ask:
    """Within what the person has of what is shared, so that what lost to a step is what would have fitted there."""
    spent = division.spent.get(person, {})
    return replace(ask, money=spent.get("money", 0.0) if "money" in division.given else ask.money,
                   coach_hours=spent.get("coach", 0.0) if "coach" in division.given else ask.coach_hours)


def _keep(sheet: Sheet, person: str, before: Version | None, content: Mapping[str, Any]) -> None:
    if before is not None and before.get("drafting") == sheet["version"]:
        return
    drafting = {"sheet": sheet["sheet"], "drafting": sheet["version"]}
    try:
        if before is None:
            kept_plans.create(sheet["store"], sheet["by"], person, content, plan_id(sheet, person), **drafting)
        else:
            kept_plans.follow(before, sheet["by"], DRAFT, content, **drafting)
    except Clash:  # somebody edited it while it was drafted: theirs stands
        return


def _said(division: Division, people: Iterable[Person]) -> dict[str, Any]:
    return {"closes": round(division.merit, 2), "bound": round(division.bound, 2),
            "prices": [{"limit": name, "price": round(price, 4)} for name, price in division.prices.items()],
            "infeasible": [each.person for each in people if division.chosen.get(each.person) is None]}
