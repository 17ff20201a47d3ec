"""Reviews of a store's people: what is read for them, and how they are shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

from bson import ObjectId

from competencies import business, kept_plans
from competencies.analyses import COMPLETING, Analyses, GapsAndEstimates, Given, rows_from
from competencies.days import beginning, date_of, end
from competencies.effects import Effect
from competencies.evidence import DAY, Evidence
from competencies.experience import find as find_experience
from competencies.gaps import MET
from competencies.kept_plans import Version
from competencies.people import Person
from competencies.planning import Ask, Planning
from competencies.resources import Resource, offers
from competencies.review_words import advice_words, moved_words, stalled_words
from competencies.reviews import Known, advice, moved, stalled, upcoming
from competencies.summaries import COMPETENCY, Summary, summarised, tallied
from lrs.rules.formats import format_timestamp

HOURS, WEEKS = 16, 4  # of the draft that says what is next to whom nothing is approved
MOST_WEAKEST = 5
RECENT = 35  # days after a week or a month in which it still says what is next to who has no plan
MOST_DRAFTED = 50  # people of a team, for whom something is proposed where nothing is planned


Shown = Mapping[str, Collection[Evidence]]  # by person


@dataclass(frozen=True)
class Period:
    """A week or a month of a store's, as days and as moments in microseconds."""

    kind: str
    begins: date
    ends: date
    zone: str

    @property
    def before(self) -> int:
        """The last moment before it."""
        return beginning(self.begins, self.zone) - 1

    @property
    def last(self) -> int:
        return end(self.ends, self.zone)

    def said(self) -> dict[str, Any]:
        return {"period": self.kind, "begins": self.begins.isoformat(), "ends": self.ends.isoformat()}


@dataclass
class Reviewing:
    """One store's reviews of one period, at `now` (microseconds; the end of today)."""

    analyses: Analyses
    store: ObjectId
    period: Period
    now: int

    def __post_init__(self) -> None:
        self._given: Given = self.analyses.given(self.store)
        self._offers = {each.code: each for each in offers(self.store)}
        self._titles = {each.code: dict(each.title) for each in Resource.of(self.store)}
        self.until = min(self.period.last, self.now)
        self._library = find_experience(self.store)
        self._drafts = True

    def people(self, people: Collection[Person]) -> dict[str, dict[str, Any]]:
        """By person."""
        evidence = self.analyses.evidence(self.store, people)
        return self._reviews(people, evidence, self._known(people, self.until, evidence))

    def _known(self, people: Collection[Person], moment: int, evidence: Shown) -> GapsAndEstimates:
        return self.analyses.gaps_and_estimates(self.store, people, moment, self._given, evidence)

    def _reviews(self, people: Collection[Person], evidence: Shown,
                 after: GapsAndEstimates) -> dict[str, dict[str, Any]]:
        """`after`: what is known of them at the end of the time."""
        before = self._known(people, self.period.before, evidence)
        taken = self.analyses.taken(self.store, people, self._offers.values(), self.until, COMPLETING)
        plans = kept_plans.in_force(self.store, [each.person for each in people], self.until)
        outcomes = self._outcomes([each.person for each in people])
        return {each.person: self._review(each, Known(*before[each.person]), Known(*after[each.person]),
                                          evidence.get(each.person, []), taken.get(each.person, {}),
                                          plans.get(each.person), outcomes.get(each.person, []))
                for each in people}

    def _review(self, person: Person, before: Known, after: Known, evidence: Collection[Evidence],
                taken: Mapping[str, int], plan: Version | None, outcomes: list[business.Outcome]) -> dict[str, Any]:
        shown = [each for each in evidence if self.period.before < each.happened <= self.until]
        last: dict[str, int] = {}
        for each in sorted(evidence, key=lambda each: each.happened):
            if each.happened <= self.until and each.weight > 0:
                last[each.competency] = each.happened
        steps = self._steps(person, plan)
        planned = {code for step in (plan["content"]["steps"] if plan else ()) for code in (
            *step["closes"], *step["measures"])}
        movements = moved(before, after, shown)
        stopped = stalled(steps, after, planned, last, self.until)
        done = {code: when for code, when in taken.items() if when > self.period.before}
        trains = {code: [closing.competency for closing in self._offers[code].closings
                         if after.states.get(closing.competency, MET) != MET] for code in done}
        said = advice(stopped, movements, done, trains, after, shown)
        names = self._given.names
        return {
            "person": person.person, "name": person.name, **self.period.said(),
            "as_of": format_timestamp(self.until), "plan": plan and plan["plan"],
            "moved": [{**vars(each), "words": moved_words(each, names), "evidence": [
                {"statement": piece.statement, "activity": piece.activity, "level": piece.level,
                 "happened": format_timestamp(piece.happened)} for piece in each.evidence]} for each in movements],
            "done": [{"resource": code, "title": self._titles[code], "when": format_timestamp(when),
                      "day": date_of(when, self.period.zone).isoformat()}
                     for code, when in sorted(done.items(), key=lambda pair: (pair[1], pair[0]))],
            "stalled": [{**vars(each), "since": each.since and format_timestamp(each.since),
                         "words": stalled_words(each, self._titles, names)} for each in stopped],
            "change": [{**vars(each), "words": advice_words(each, self._titles, names)} for each in said],
            "next": self._next(person, plan, steps), "outcomes": business.together(outcomes) if outcomes else None,
            "conclusions": self._conclusions()}

    def _conclusions(self) -> list[str]:
        """What was kept of reviews of this period."""
        return [each.code for each in self._library if each.concluded.get("review") == self.period.said()]

    def _steps(self, person: Person, plan: Version | None) -> list[dict[str, Any]]:
        """How far each is at the end of the period, and when anything happened to it last."""
        if plan is None:
            return []
        activities = {code: offer.activities for code, offer in self._offers.items()}
        asked = [each for step in plan["content"]["steps"] for each in activities.get(step["resource"], ())]
        did = self.analyses.happenings(self.store, [person], asked, self.until).get(person.person, [])
        progress = kept_plans.progress(plan, did, activities, date_of(self.until, self.period.zone))
        seen = {step["resource"]: [each.happened for each in did
                                   if each.activity in activities.get(step["resource"], ())]
                for step in progress["steps"]}
        return [{**step, "last": max(seen[step["resource"]], default=None)} for step in progress["steps"]]

    def _next(self, person: Person, plan: Version | None, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Of the plan in force; without one, of what would be drafted, unless it is long over or they are too many."""
        if plan is not None:
            found = {step["resource"]: step for step in plan["content"]["steps"]}
            return [{**{name: found[code][name] for name in ("resource", "title", "minutes", "due")}, "planned": True}
                    for code in upcoming(steps)]
        if self.until < self.now - RECENT * DAY or not self._drafts:
            return []
        start = date_of(self.now, self.period.zone)
        ask = Ask(HOURS * 60 // WEEKS, WEEKS, start)
        drafted = self._planning.draft(person, ask, explain=False)
        due = {each.resource: each.due.isoformat() for each in drafted.when}
        return [{"resource": step.resource, "title": self._titles[step.resource], "minutes": step.minutes,
                 "due": due[step.resource], "planned": False} for step in drafted.plan.steps[:3]]

    @cached_property
    def _planning(self) -> Planning:
        return Planning(self.analyses, self.store, self.now)

    def _outcomes(self, people: Collection[str]) -> dict[str, list[business.Outcome]]:
        found: dict[str, list[business.Outcome]] = {}
        for each in business.find(self.store, f"{self.period.begins:%Y-%m}", f"{self.period.ends:%Y-%m}", people):
            found.setdefault(each["person"], []).append(each)
        return found

    def team(self, people: Collection[Person], effects: Collection[Effect]) -> dict[str, Any]:
        """Everybody's side by side, and what they come to together."""
        self._drafts = len(people) <= MOST_DRAFTED
        evidence = self.analyses.evidence(self.store, people)
        after = self._known(people, self.until, evidence)
        reviews = self._reviews(people, evidence, after)
        movements: dict[str, list[dict[str, Any]]] = {}
        for review in reviews.values():
            for each in review["moved"]:
                movements.setdefault(each["competency"], []).append(each)
        rows = chain.from_iterable(rows_from(after, people, self.until, self._given).values())
        weakest: list[Summary] = summarised(tallied(rows, COMPETENCY), COMPETENCY, effects)[:MOST_WEAKEST]
        outcomes = self._outcomes([each.person for each in people])
        return {
            **self.period.said(), "as_of": format_timestamp(self.until), "people": len(people),
            "moved": sorted((_counted(code, found) for code, found in movements.items()),
                            key=lambda each: (-each["raised"] - each["lowered"], each["competency"])),
            "weakest": weakest, "reviews": [_outlined(review) for review in reviews.values()],
            "outcomes": business.together(each for found in outcomes.values() for each in found) if outcomes else None,
            "conclusions": self._conclusions()}


def _counted(code: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [each["change"] for each in found if each["change"] is not None]
    return {"competency": code, "raised": sum(each > 0 for each in changes),
            "lowered": sum(each < 0 for each in changes), "first": len(found) - len(changes),
            "change": round(sum(changes) / len(changes), 2) if changes else None}


def _outlined(review: Mapping[str, Any]) -> dict[str, Any]:
    changes = [each["change"] for each in review["moved"] if each["change"] is not None]
    return {"person": review["person"], "name": review["name"], "raised": sum(each > 0 for each in changes),
            "lowered": sum(each < 0 for each in changes), "first": len(review["moved"]) - len(changes),
            "done": [each["resource"] for each in review["done"]],
            "stalled": review["stalled"], "change": review["change"], "next": review["next"]}
