"""Drafts the plans of a team sheet, person by person, so that whoever runs it can say how far it is, and stop."""

from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from bson import ObjectId
from pymongo.database import Database

from competencies import kept_plans
from competencies.analyses import PEOPLE_AT_ONCE, Analyses
from competencies.kept_plans import DRAFT, WITHDRAWN, Version
from competencies.kept_rows import basis_of
from competencies.optimum import COACH, MONEY, SEATS
from competencies.people import Person
from competencies.planning import Ask, Planning, Showing, Situation, ask_of, check_resources, over
from competencies.sharing import Division, Progress, Shared, divide
from competencies.sheets import Sheet
from lrs.errors import Clash

FEW = 50  # people, for whom each step is explained
TRIES = 5
READING = 0  # the round in which people are read


def plan_id(sheet: Mapping[str, Any], person: str) -> str:
    return str(uuid5(UUID(sheet["sheet"]), person))


def draft_plans(analyses: Analyses, database: Database[Any], sheet: Sheet) -> Generator[Progress, None, dict[str, Any]]:
    """Keeps a draft for each person; yields after each of them in each round, and returns what it came to.

    After an interruption everybody is drafted anew, so that all plans are of one division. Raises Invalid for a
    resource that isn't there.
    """
    store: ObjectId = sheet["store"]
    planning, drafting = Planning(analyses, store, basis_of(database, store).as_of), uuid4().hex
    before = {each["person"]: each for each in kept_plans.outlines(store, sheet=sheet["sheet"])}
    people = list(Person.objects(store=store, person__in=sheet["people"]).order_by("person"))
    withdraw_plans(sheet, [each for person, each in before.items() if person not in {one.person for one in people}])
    people = [each for each in people if before.get(each.person, {}).get("status") != WITHDRAWN]
    situations: dict[str, Situation] = {}
    for first in range(0, len(people), PEOPLE_AT_ONCE):
        situations |= planning.situations(people[first:first + PEOPLE_AT_ONCE])
        yield Progress(READING, len(situations), len(people))
    codes = {each.code for each in planning.offers}
    asks = {person: _ask(sheet, before.get(person), codes) for person in situations}
    for ask in asks.values():
        check_resources(ask, planning.offers)
    division = yield from divide(
        {person: planning.problem(situations[person], ask) for person, ask in asks.items()}, shared_of(sheet["ask"]))
    showing = Showing(store)
    for done, person in enumerate(situations, 1):
        drafted = planning.drafted(situations[person], _with_share(asks[person], division, person),
                                   len(people) <= FEW, division.chosen[person])
        content = showing.plan(replace(drafted, ask=asks[person]))
        _keep(sheet, person, before.get(person), content, drafting)
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


def withdraw_plans(sheet: Sheet, plans: Iterable[Version]) -> None:
    """Those that aren't yet."""
    for each in plans:
        if each["status"] != WITHDRAWN:
            whole = kept_plans.get_version(sheet["store"], each["plan"])
            with suppress(Clash):  # somebody does it, or has use for it
                kept_plans.follow(whole, sheet["by"], WITHDRAWN, whole["content"])


def _ask(sheet: Sheet, before: Version | None, known: Collection[str]) -> Ask:
    """One person's: the sheet's, without what is shared, and over it what somebody changed of their plan."""
    own = {**sheet["ask"], "money": None, "coach_hours": None, "seats": {}}
    edits = dict(before.get("edits", {})) if before else {}
    for name, other in (("require", "avoid"), ("avoid", "require")):
        if name in edits:  # what has gone from the catalogue since is left out
            edits[name] = [code for code in edits[name] if code in known]
            own[other] = [code for code in own[other] if code not in edits[name]]
    return ask_of(over(own, edits))


def _with_share(ask: Ask, division: Division, person: str) -> Ask:
    """Within what the person has of what is shared, so that what lost to a step is what would have fitted there."""
    if division.chosen[person] is None:
        return ask
    spent = division.spent.get(person, {})
    return replace(ask, money=spent.get(MONEY, 0.0) if MONEY in division.given else ask.money,
                   coach_hours=spent.get(COACH, 0.0) if COACH in division.given else ask.coach_hours)


def _keep(sheet: Sheet, person: str, before: Version | None, content: Mapping[str, Any], drafting: str) -> None:
    """Where somebody edited the plan while it was drafted, theirs stands; not where an earlier drafting did."""
    more = {"sheet": sheet["sheet"], "drafting": drafting}
    for _ in range(TRIES):
        try:
            if before is None:
                kept_plans.create(sheet["store"], sheet["by"], person, content, plan_id(sheet, person), **more)
            else:
                kept_plans.follow(before, sheet["by"], DRAFT, content, **more)
            return
        except Clash:
            latest = kept_plans.get_version(sheet["store"], plan_id(sheet, person))
            if latest["status"] != DRAFT or latest["edits"] != (before["edits"] if before else {}):
                return
            before = latest


def _said(division: Division, people: Iterable[Person]) -> dict[str, Any]:
    return {"closes": round(division.merit, 2), "bound": round(division.bound, 2),
            "prices": [{"limit": name, "price": round(price, 4)} for name, price in division.prices.items()],
            "infeasible": [each.person for each in people if division.chosen.get(each.person) is None]}
