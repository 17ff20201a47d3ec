"""What is read from the derived collections: people's proficiencies, gaps and plans, and coverage.

Everything here is computed at the time of asking from evidence that had happened by `as_of`, by the pure
functions of proficiency, gaps and plans.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from competencies.evidence import Evidence
from competencies.frameworks import drawn_on, names
from competencies.gaps import Gap, compare, explained
from competencies.people import Person
from competencies.plans import Plan, draft
from competencies.proficiency import Proficiency, estimate
from competencies.projection import COVERAGE, EVIDENCE, evidence_from, reading
from competencies.reach import Reach
from competencies.resources import offers
from competencies.roles import targets_by_role
from competencies.suggestions import suggested
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs, happened

COMPLETING = ("http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed")
PEOPLE_AT_ONCE = 200


class Analyses:
    """The questions that one store's callers ask."""

    def __init__(self, database: Database[Any], lrs: Lrs) -> None:
        self._database = database
        self._lrs = lrs

    def evidence(self, store: ObjectId, people: Iterable[Person]) -> dict[str, list[Evidence]]:
        """By person, the evidence under any of their actor keys, in no particular order."""
        owner = {actor: person.person for person in people for actor in person.actors}
        found: dict[str, list[Evidence]] = {}
        under = {"store": store, "actor": {"$in": list(owner)}}
        for document in reading(lambda: list(self._database[EVIDENCE].find(under))):
            found.setdefault(owner[document["actor"]], []).append(evidence_from(document))
        return found

    def proficiencies(self, store: ObjectId, person: Person, as_of: int) -> list[Proficiency]:
        estimates = estimate(self.evidence(store, [person]).get(person.person, ()), as_of)
        return [estimates[competency] for competency in sorted(estimates)]

    def gaps(self, store: ObjectId, people: list[Person], as_of: int) -> dict[str, list[Gap]]:
        """By person, the targets of their role beside their estimates."""
        evidence, targets, drawn = self.evidence(store, people), targets_by_role(), drawn_on()
        found = {}
        for person in people:
            estimates = estimate(evidence.get(person.person, ()), as_of)
            gaps = (compare(target, estimates.get(target.competency)) for target in targets.get(person.role, ()))
            found[person.person] = [explained(gap, drawn.get(gap.competency, {}), estimates) for gap in gaps]
        return found

    def gap_rows(self, reach: Reach, filters: dict[str, Any], as_of: int,
                 after: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
        """Flat rows over everyone in reach, by person and competency, after a place in that order."""
        known = names()
        wanted = {key: filters[key] for key in ("unit", "role", "manager", "person") if key in filters}
        query = Person.objects(**reach.filter).filter(**wanted).order_by("person")
        if after is not None:
            query = query.filter(person__gte=after[0])
        for batch in _batches(query, PEOPLE_AT_ONCE):
            gaps = self.gaps(reach.store, batch, as_of)
            for person in batch:
                for gap in gaps[person.person]:
                    row = _row(person, gap, known, as_of)
                    if (after is None or (person.person, gap.competency) > after) and _fits(row, filters):
                        yield row

    def plan(self, store: ObjectId, person: Person, minutes: int, as_of: int) -> Plan:
        """A plan for the gaps as they were at `as_of`, leaving out what was completed by then."""
        available = offers()
        activities = {activity: offer.code for offer in available for activity in offer.activities}
        done = {activities[activity] for activity in self._completed(store, person, as_of) if activity in activities}
        return draft(self.gaps(store, [person], as_of)[person.person], available, minutes, frozenset(done))

    def coverage(self, store: ObjectId) -> dict[str, Any]:
        """What became of every statement, what matched nothing, and which actors are nobody's."""
        kinds = self._counted([
            {"$match": {"store": store}},
            {"$group": {"_id": {"outcome": "$outcome", "verb": "$verb", "type": "$type"}, "statements": {"$sum": 1}}},
            {"$sort": {"statements": -1, "_id": 1}}])
        rows = [{**kind["_id"], "statements": kind["statements"]} for kind in kinds]
        totals: dict[str, int] = {}
        for row in rows:
            totals[row["outcome"]] = totals.get(row["outcome"], 0) + row["statements"]
        return {"statements": self._lrs.statements.count(store), "projected": sum(totals.values()), "outcomes": totals,
                "kinds": rows, "suggestions": suggested(self._database, self._lrs, store, rows),
                **self._unknown_actors(store)}

    def _unknown_actors(self, store: ObjectId) -> dict[str, Any]:
        claimed = [actor for person in Person.objects(store=store).only("actors") for actor in person.actors]
        found = self._counted([
            {"$match": {"store": store, "actor": {"$nin": [*claimed, None]}}},
            {"$group": {"_id": "$actor", "statements": {"$sum": 1}}}, {"$sort": {"statements": -1, "_id": 1}}])
        return {"unknown_actors": len(found), "of_unknown_actors": sum(row["statements"] for row in found),
                "most_frequent": [{"actor": row["_id"], "statements": row["statements"]} for row in found[:100]]}

    def _counted(self, stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return reading(lambda: list(self._database[COVERAGE].aggregate(stages)))

    def _completed(self, store: ObjectId, person: Person, as_of: int) -> set[str]:
        """The activities that the person completed or passed."""
        found = self._lrs.of_actors(store, person.actors, COMPLETING)
        return {statement["object"].get("id") for statement in found if happened(statement) <= as_of}


def _row(person: Person, gap: Gap, known: dict[str, dict[str, str]], as_of: int) -> dict[str, Any]:
    """One flat row: a person, a competency, what is required, what is known, and the statements it rests on."""
    estimate = gap.proficiency
    return {"person": person.person, "name": person.name, "unit": person.unit, "manager": person.manager,
            "role": person.role, "competency": gap.competency,
            "competency_zh": known[gap.competency]["zh-CN"], "competency_en": known[gap.competency]["en"],
            "required": gap.required, "criticality": gap.criticality, "mandatory": gap.mandatory, "state": gap.state,
            "level": estimate and estimate.level, "low": estimate and estimate.low, "high": estimate and estimate.high,
            "attempts": estimate.n if estimate else 0, "shortfall": gap.shortfall,
            "explained_by": list(gap.explained_by),
            "last_evidence": estimate and format_timestamp(estimate.last),
            "evidence": list(estimate.statements) if estimate else [], "as_of": format_timestamp(as_of)}


def _fits(row: dict[str, Any], filters: dict[str, Any]) -> bool:
    return all(row[key] == filters[key] for key in ("competency", "state") if key in filters)


def _batches(people: Iterable[Person], size: int) -> Iterator[list[Person]]:
    for _, batch in groupby(enumerate(people), key=lambda numbered: numbered[0] // size):
        yield [person for _, person in batch]
