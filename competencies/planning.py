"""Plans for people of one store: what is asked, what is known, and what there is to take come together.

The effect of a resource on a competency is one posterior: its author's expectation, and what was measured of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import isinf
from typing import Any

from bson import ObjectId

from competencies.analyses import COMPLETING, Analyses
from competencies.effects import expected_effects
from competencies.frameworks import names as names_of
from competencies.frameworks import preceding
from competencies.gaps import Gap
from competencies.milestones import Dated, Milestone, dated, milestones
from competencies.optimum import ENDLESS, Limits, Problem
from competencies.people import Person
from competencies.plan_words import bound_words, why_not
from competencies.plans import Grounds, Plan, Step, Wanted, draft, problem_of
from competencies.reach import Reach
from competencies.resources import Offer, Resource, offers
from lrs.errors import Invalid
from lrs.models import Store

WAYS = ({"hours", "hours_per_week"}, {"weeks", "until"})  # to say one thing


@dataclass(frozen=True)
class Ask:
    """What a plan is asked for with: time, and what else there is to spend."""

    weekly: int  # minutes a week
    weeks: int
    start: date
    money: float | None = None  # yuan
    coach_hours: float | None = None
    seats: Mapping[str, int] = field(default_factory=dict)  # left, by resource
    languages: tuple[str, ...] = ()  # none: any
    required: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    minutes: int | None = None  # in all, where that isn't the weeks' whole

    @property
    def limits(self) -> Limits:
        return Limits(self.minutes if self.minutes is not None else self.weekly * self.weeks, self.money,
                      self.coach_hours, self.seats, frozenset(self.languages) or None)


def ask_of(said: Mapping[str, Any]) -> Ask:
    """The inverse of `said_of`; also of what a client sends, once it is loaded."""
    weeks = int(said["weeks"])
    hours = said.get("hours")
    weekly = said["hours_per_week"] if hours is None else hours / weeks
    return Ask(max(1, round(weekly * 60)), weeks, date.fromisoformat(said["start"]), said.get("money"),
               said.get("coach_hours"), dict(said.get("seats") or {}), tuple(said.get("languages") or ()),
               frozenset(said.get("require") or ()), frozenset(said.get("avoid") or ()),
               None if hours is None else int(hours * 60))


def said_of(ask: Ask) -> dict[str, Any]:
    """What was asked, as JSON."""
    hours = {"hours_per_week": round(ask.weekly / 60, 2)} if ask.minutes is None else {"hours": ask.minutes / 60}
    return {**hours, "weeks": ask.weeks, "start": ask.start.isoformat(), "money": ask.money,
            "coach_hours": ask.coach_hours, "seats": dict(ask.seats), "languages": list(ask.languages),
            "require": sorted(ask.required), "avoid": sorted(ask.excluded)}


def over(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked with what is said now over it: of two ways to say one thing, the one that is said now."""
    instead = {name for ways in WAYS if said.keys() & ways for name in ways}
    return {name: value for name, value in before.items() if name not in instead} | dict(said)


@dataclass(frozen=True)
class Drafted:
    """A plan in time, with the gaps that it is for."""

    plan: Plan
    gaps: tuple[Gap, ...]
    ask: Ask
    when: tuple[Dated, ...]
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True)
class Situation:
    """What one person's plan is drafted from."""

    gaps: tuple[Gap, ...]
    done: frozenset[str]
    grounds: Grounds


class Planning:
    """Drafts for a store's people, at one moment and with one catalogue."""

    def __init__(self, analyses: Analyses, store: ObjectId, as_of: int) -> None:
        self._analyses, self._store, self._as_of = analyses, store, as_of
        known = {(each.resource, each.competency): each for each in analyses.effects(Reach(store), {}, as_of)}
        self.offers = [expected_effects(each, known) for each in offers(store)]
        self._given = analyses.given(store)
        self._first = str(Store.objects.get(id=store).week_start)
        self._before = preceding(store)

    def situations(self, people: Collection[Person]) -> dict[str, Situation]:
        """By person."""
        standing = self._analyses.gaps_and_estimates(self._store, people, self._as_of, self._given)
        taken = self._analyses.taken(self._store, people, self.offers, self._as_of, COMPLETING)
        return {person: Situation(tuple(gaps), frozenset(taken.get(person, ())), Grounds(self._before, estimates))
                for person, (gaps, estimates) in standing.items()}

    def draft(self, person: Person, ask: Ask, explain: bool = True) -> Drafted:
        """Raises Invalid for a resource that isn't there."""
        return self.drafted(self.situations([person])[person.person], ask, explain)

    def drafted(self, found: Situation, ask: Ask, explain: bool = True,
                chosen: frozenset[str] | None = None) -> Drafted:
        """`chosen`: the resources, where that is decided already."""
        check_resources(ask, self.offers)
        wanted = Wanted(found.done, ask.required, ask.excluded)
        plan = draft(found.gaps, self.offers, ask.limits, wanted, found.grounds, explain, chosen)
        return in_time(plan, found.gaps, ask, self._first)

    def takes(self, found: Situation, gap: Gap) -> Plan:
        """What it would take to close one gap, whatever there is to spend."""
        return draft([gap], self.offers, Limits(ENDLESS), Wanted(found.done), found.grounds, explain=False)

    def problem(self, found: Situation, ask: Ask) -> Problem:
        """What `drafted` solves."""
        gaps = {gap.competency: gap for gap in found.gaps if gap.open}
        return problem_of(gaps, self.offers, ask.limits, Wanted(found.done, ask.required, ask.excluded), found.grounds)


def in_time(plan: Plan, gaps: tuple[Gap, ...], ask: Ask, first: str) -> Drafted:
    when = dated(plan.steps, ask.start, ask.weekly, first)
    levels = {gap.competency: gap.proficiency.level for gap in gaps if gap.proficiency}
    return Drafted(plan, gaps, ask, tuple(when), tuple(milestones(plan.steps, when, levels, first)))


def instead(planning: Planning, found: Situation, ask: Ask, minutes: int) -> Plan:
    """What would be reached with so many minutes in all."""
    return planning.drafted(found, replace(ask, minutes=minutes), explain=False).plan


def check_resources(ask: Ask, known: Iterable[Offer]) -> None:
    codes = {each.code for each in known}
    for member, named in (("require", ask.required), ("avoid", ask.excluded), ("seats", ask.seats)):
        if missing := sorted(set(named) - codes):
            raise Invalid(f"/{member}", f"there is no resource {missing[0]!r}")
    if both := sorted(ask.required & ask.excluded):
        raise Invalid("/avoid", f"{both[0]!r} is required too")


class Showing:
    """What plans are shown with: the store's titles and names."""

    def __init__(self, store: ObjectId) -> None:
        self.resources = {each.code: each for each in Resource.of(store)}
        self.names = names_of(store)

    def plan(self, drafted: Drafted) -> dict[str, Any]:
        """A plan as JSON: what is kept of it, and what the API shows."""
        plan, when = drafted.plan, {each.resource: each for each in drafted.when}
        titles = {code: each.title for code, each in self.resources.items()}
        return {
            "ask": said_of(drafted.ask), "feasible": plan.feasible, "minutes": plan.minutes,
            "budget": plan.limits.minutes, "cost": plan.cost, "coach_hours": plan.coach_hours,
            "weighted": round(plan.weighted, 2), "possible": round(plan.possible, 2),
            "steps": [self._step(step, when[step.resource], plan) for step in plan.steps],
            "milestones": [{**vars(each), "begins": each.begins.isoformat(), "ends": each.ends.isoformat(),
                            "steps": list(each.steps)} for each in drafted.milestones],
            "remaining": plan.remaining, "unreached": list(plan.unreached),
            "binding": [{"limit": each.limit, "more": each.more, "wanted": each.wanted, "given": each.given,
                         "concerns": list(each.competencies),
                         "words": bound_words(each, plan, {**titles, **self.names})} for each in plan.binding]}

    def _step(self, step: Step, when: Dated, plan: Plan) -> dict[str, Any]:
        resource, rival = self.resources[step.resource], step.runner_up
        return {
            "resource": step.resource, "title": dict(resource.title), "address": resource.address,
            "launch": resource.launch, "minutes": step.minutes, "cost": step.cost, "coach_hours": step.coach_hours,
            "begins": when.begins.isoformat(), "due": when.due.isoformat(), "closes": step.closes,
            "measures": list(step.measures), "purpose": step.purpose, "prerequisites": list(step.prerequisites),
            "required": step.required, "evidence": list(step.evidence),
            "runner_up": rival and {
                "resource": rival.resource, "title": dict(self.resources[rival.resource].title),
                "minutes": rival.minutes, "closes": rival.closes,
                "loses": None if isinf(rival.loses) else rival.loses, "words": why_not(step, rival, plan)}}
