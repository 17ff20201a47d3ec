"""What is read from the derived collections: people's proficiencies and gaps, effects, and coverage.

What is asked of today, of many, is read from the rows that the worker keeps; everything else, and whoever has no rows
kept, is computed at the time of asking from evidence that had happened by `as_of`, by the pure functions of
proficiency, gaps and effects. Both give the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

import orjson
from bson import ObjectId
from pymongo.database import Database

from competencies import kept_rows
from competencies.alignments import StoredAlignment
from competencies.attainment import WEIGHTED, Met, RolledUp, RollUp, Rule, met, rolled_up
from competencies.calibrations import standard_of
from competencies.claims import unknown_actors
from competencies.effects import Effect, Window, effects, trained, windows
from competencies.evidence import DAY, Evidence, counting
from competencies.frameworks import carrying, drawn_on, names, parts_of, stated
from competencies.gaps import Gap, compare, explained
from competencies.own_alignments import own_of
from competencies.people import Person, by_actor
from competencies.proficiency import Proficiency, Standard, estimate
from competencies.projection import COVERAGE, EVIDENCE, evidence_from, reading
from competencies.reach import Reach
from competencies.resources import Offer, Resource, offers
from competencies.roles import Target, targets_by_role
from competencies.suggestions import suggested
from competencies.summaries import Tally, tallied, together
from competencies.units import with_those_below
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs
from lrs.store import row_id

TAKING = [f"http://adlnet.gov/expapi/verbs/{verb}" for verb in ("completed", "passed", "scored")]
COMPLETING = ("http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed")
ENDING = (*TAKING, *(f"http://adlnet.gov/expapi/verbs/{verb}" for verb in (
    "failed", "mastered", "terminated", "exited", "abandoned", "waived")))
BEGUN_FOR = 90  # days that what was begun counts as going on, without another word of it
FEW_ACTORS = 5_000
PLACING = ("unit", "role", "manager")
PEOPLE_AT_ONCE = 20
MOST_LATE = 1_000  # people whose rows aren't kept; of more, all are computed


class Standing(NamedTuple):
    """Where a person stands, by competency in each."""

    estimates: list[Proficiency]
    rules: list[Met]
    rollups: list[RolledUp]


class Happening(NamedTuple):
    """That somebody did something at an activity, and when (microseconds)."""

    activity: str
    verb: str
    happened: int


class Given(NamedTuple):
    """What a store's gaps are computed by beside what is known of each person."""

    links: Mapping[str, tuple[str, ...]] | None
    targets: Mapping[str, list[Target]]
    drawn: Mapping[str, Mapping[str, float]]
    standard: Standard
    training: Mapping[str, Offer]  # by activity that it reports under
    names: Mapping[str, Mapping[str, str]]


GapsAndEstimates = dict[str, tuple[list[Gap], dict[str, Proficiency]]]  # by person


class Analyses:
    """The questions that one store's callers ask."""

    def __init__(self, database: Database[Any], lrs: Lrs) -> None:
        self._database = database
        self._lrs = lrs

    def evidence(self, store: ObjectId, people: Iterable[Person]) -> dict[str, list[Evidence]]:
        """By person, the evidence under any of their actor keys while it was theirs, in no particular order; on each
        competency that it counts for.
        """
        return self._evidence(store, people, carrying(store))

    def _evidence(self, store: ObjectId, people: Iterable[Person],
                  links: Mapping[str, tuple[str, ...]] | None) -> dict[str, list[Evidence]]:
        return {person: counting(found, links) for person, found in self.derived(store, people).items()}

    def derived(self, store: ObjectId, people: Iterable[Person]) -> dict[str, list[Evidence]]:
        """As `evidence`, on the competencies that it was derived on alone."""
        owners = by_actor(people)
        found: dict[str, list[Evidence]] = {}
        under = {"store": store, "actor": {"$in": list(owners)}}
        for document in reading(lambda: list(self._database[EVIDENCE].find(under))):
            for person in owners[document["actor"]]:
                if person.owns(document["actor"], document["happened"]):
                    found.setdefault(person.person, []).append(evidence_from(document))
        return found

    def standing(self, store: ObjectId, person: Person, as_of: int) -> Standing:
        """The person's estimates, what stated rules say of their attempts, and what parents come to by their parts."""
        evidence = self.evidence(store, [person]).get(person.person, [])
        by_competency: dict[str, list[Evidence]] = {}
        for each in evidence:
            by_competency.setdefault(each.competency, []).append(each)
        estimates = estimate(evidence, as_of, *standard_of(store))
        rules = {code: Rule(**{**rule, "alignments": tuple(rule.get("alignments", ()))})
                 for code, rule in stated(store, "rule").items()}
        stating = stated(store, "rollup")
        rollups = {code: RollUp(**{"how": WEIGHTED, **stating.get(code, {}), "parts": parts,
                                   "required": tuple(stating.get(code, {}).get("required", ()))})
                   for code, parts in parts_of(store).items()}
        return Standing(list(estimates.values()),
                        [met(code, rules[code], by_competency.get(code, ()), as_of) for code in sorted(rules)],
                        list(rolled_up(rollups, estimates).values()))

    def attempted(self, store: ObjectId, found: Iterable[Proficiency]) -> dict[str, Mapping[str, str]]:
        """By competency, what the last attempt was at: its resource's title, the name that its statement gives the
        activity, or the title of the alignment that read it.
        """
        estimates = list(found)
        titles = {each.code: each.title for each in StoredAlignment.objects.only("code", "title")}
        titles |= {code: entry.alignment.title for code, entry in own_of(store).entries.items() if entry.alignment}
        reported = {activity: resource.title for resource in Resource.of(store).only("code", "activities", "title")
                    for activity in resource.activities}
        named = self._activity_names(store, [each.last_statement for each in estimates])
        return {each.competency: reported.get(each.last_activity) or named.get(each.last_statement)
                or titles.get(each.last_alignment) or {"en": each.last_activity} for each in estimates}

    def _activity_names(self, store: ObjectId, statements: Iterable[str]) -> dict[str, Mapping[str, str]]:
        """By statement, what it calls its object."""
        rows = self._lrs.statements.get([row_id(store, each) for each in statements], "body")
        told = (orjson.loads(row["body"]) for row in rows.values())
        return {statement["id"].lower(): statement["object"].get("definition", {}).get("name") or {}
                for statement in told}

    def given(self, store: ObjectId) -> Given:
        """What gaps are computed by now."""
        training = {activity: offer for offer in offers(store) for activity in offer.activities}
        return Given(carrying(store), targets_by_role(store), drawn_on(store), standard_of(store), training,
                     names(store))

    def gaps_and_estimates(self, store: ObjectId, people: Collection[Person], as_of: int, given: Given,
                           evidence: Mapping[str, Iterable[Evidence]] | None = None) -> GapsAndEstimates:
        """By person, the targets of the role that they had at `as_of` beside their estimates; and the estimates of
        everything that there is evidence for. `evidence`: as `evidence` gives it, where that was read already.
        """
        if evidence is None:
            evidence = self._evidence(store, people, given.links)
        begun, found = self._begun(store, people, as_of, given.training), {}
        for person in people:
            estimates = estimate(evidence.get(person.person, ()), as_of, *given.standard)
            position = person.position(as_of)
            required = given.targets.get(position["role"], ()) if position else ()
            gaps = (compare(target, estimates.get(target.competency),
                            target.competency in begun.get(person.person, ())) for target in required)
            found[person.person] = ([explained(gap, given.drawn.get(gap.competency, {}), estimates) for gap in gaps],
                                    estimates)
        return found

    def _begun(self, store: ObjectId, people: Collection[Person], as_of: int,
               by_activity: Mapping[str, Offer]) -> dict[str, set[str]]:
        """By person, the competencies that something trains which they have begun of late and not finished."""
        found: dict[str, set[str]] = {}
        for person, happenings in self.happenings(store, people, by_activity, as_of).items():
            last: dict[str, Happening] = {}
            for each in sorted(happenings, key=lambda each: each.happened):
                last[each.activity] = each
            going_on = [each for each in last.values() if each.verb not in ENDING
                        and each.happened > as_of - BEGUN_FOR * DAY]
            found[person] = {closing.competency for each in going_on for closing in by_activity[each.activity].closings}
        return found

    def happenings(self, store: ObjectId, people: Collection[Person], activities: Collection[str],
                   as_of: int) -> dict[str, list[Happening]]:
        """By person, what they did at these activities."""
        owners = by_actor(people)
        rows = reading(lambda: list(self._database[COVERAGE].find(
            {"store": store, "actor": {"$in": list(owners)}, "activity": {"$in": list(activities)},
             "outcome": {"$ne": "voided"}, "happened": {"$lte": as_of}},
            {"activity": 1, "actor": 1, "happened": 1, "verb": 1})))
        found: dict[str, list[Happening]] = {}
        for row in rows:
            for person in owners.get(row["actor"], ()):
                if person.owns(row["actor"], row["happened"]):
                    found.setdefault(person.person, []).append(Happening(row["activity"], row["verb"], row["happened"]))
        return found

    def gap_rows(self, reach: Reach, filters: dict[str, Any], as_of: int,
                 after: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
        """Flat rows over everyone in reach, by person and competency, after a place in that order.

        Unit (and those below it), role and manager are those of `as_of`.
        """
        late = self._late(reach.store, as_of)
        if late is None:
            yield from self._computed_rows(reach, filters, as_of, after)
            return
        kept = ({**row, "as_of": format_timestamp(as_of)} for row in kept_rows.rows(
            self._database, reach.store, _rows_wanted(reach, filters), late, after))
        yield from merge(kept, self._computed_rows(reach.among(late), filters, as_of, after), key=_place)

    def tallies(self, reach: Reach, filters: dict[str, Any], as_of: int, by: str) -> dict[str | None, Tally]:
        """What `gap_rows` gives, counted by competency, unit or role."""
        late = self._late(reach.store, as_of)
        if late is None:
            return tallied(self._computed_rows(reach, filters, as_of, None), by)
        kept = kept_rows.tallies(self._database, reach.store, _rows_wanted(reach, filters), late, by)
        return together(kept, tallied(self._computed_rows(reach.among(late), filters, as_of, None), by))

    def people_with_roles(self, reach: Reach, filters: dict[str, Any], as_of: int, most: int) -> list[Person]:
        """Those who stood where the filters say, in a role, by id, at most so many."""
        standing = (person for batch in self._standing(reach, filters, as_of, None) for person in batch)
        return list(islice((each for each in standing if (each.position(as_of) or {}).get("role")), most))

    def count(self, reach: Reach, filters: dict[str, Any], as_of: int) -> int:
        """How many people stood where the filters say."""
        return sum(map(len, self._standing(reach, filters, as_of, None)))

    def _late(self, store: ObjectId, as_of: int) -> Collection[str] | None:
        """Whose rows aren't kept as they are at `as_of`; None where that isn't today, or they are too many."""
        basis = kept_rows.basis_of(self._database, store)
        if as_of != basis.as_of:
            return None
        found = kept_rows.late(self._database, store, basis, MOST_LATE + 1)
        return found if len(found) <= MOST_LATE else None

    def _computed_rows(self, reach: Reach, filters: dict[str, Any], as_of: int,
                       after: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
        given: Given | None = None
        for batch in self._standing(reach, filters, as_of, after and after[0]):
            given = given or self.given(reach.store)
            for rows in self.rows_of(reach.store, batch, as_of, given).values():
                yield from ({**row, "as_of": format_timestamp(as_of)} for row in rows
                            if (after is None or _place(row) > after) and _fits(row, filters))

    def rows_of(self, store: ObjectId, people: Collection[Person], as_of: int,
                given: Given) -> dict[str, list[dict[str, Any]]]:
        """By person, their rows, computed."""
        return rows_from(self.gaps_and_estimates(store, people, as_of, given), people, as_of, given)

    def _standing(self, reach: Reach, filters: dict[str, Any], as_of: int,
                  first: str | None) -> Iterator[list[Person]]:
        """Batches of those in reach, by id from `first` on, who stood at `as_of` where the filters say."""
        wanted = _positions_wanted(reach.store, filters)
        held = {f"positions.{name}": {"$in": values} for name, values in wanted.items()}
        query = Person.objects(**reach.filter).filter(__raw__=held).order_by("person")
        if "person" in filters:
            query = query.filter(person=filters["person"])
        if first is not None:
            query = query.filter(person__gte=first)
        yield from _batches((person for person in query if _stands(person.position(as_of), wanted)), PEOPLE_AT_ONCE)

    def effects(self, reach: Reach, filters: dict[str, Any], as_of: int) -> list[Effect]:
        """What was measured before and after those in reach took each resource; filters as in `gap_rows`."""
        late, found = self._late(reach.store, as_of), dict[str, list[Window]]()
        if late is not None:
            query = reach.query
            if any(name in filters for name in (*PLACING, "person")):
                there = self._standing(reach, filters, as_of, None)
                query = {"person": {"$in": [person.person for batch in there for person in batch]}}
            found = dict(kept_rows.windows(self._database, reach.store, query, late))
            reach = reach.among(late)
        standard = standard_of(reach.store)
        for batch in self._standing(reach, filters, as_of, None):
            found |= self.windows_of(reach.store, batch, as_of, standard)
        return effects(offers(reach.store), (each for person in sorted(found) for each in found[person]))

    def windows_of(self, store: ObjectId, people: Collection[Person], as_of: int,
                   standard: Standard) -> dict[str, list[Window]]:
        """By person who took anything, the windows in which what they took can show."""
        available = offers(store)
        taken, training = self.taken(store, people, available, as_of), trained(available)
        taking = [person for person in people if person.person in taken]
        return {person: windows(training, taken[person], (each for each in found if each.happened <= as_of), standard)
                for person, found in self.evidence(store, taking).items()}

    def taken(self, store: ObjectId, people: Collection[Person], available: Iterable[Offer],
              as_of: int, verbs: Collection[str] = TAKING) -> dict[str, dict[str, int]]:
        """By person, when they first completed, passed or were scored in which resource; or as `verbs` say."""
        codes = {activity: offer.code for offer in available for activity in offer.activities}
        owners = by_actor(people)
        whose = {"actor": {"$in": list(owners)}} if len(owners) <= FEW_ACTORS else {}
        rows = reading(lambda: list(self._database[COVERAGE].find(
            {"store": store, "activity": {"$in": list(codes)}, "verb": {"$in": list(verbs)},
             "happened": {"$lte": as_of}, "outcome": {"$ne": "voided"}, **whose},
            {"activity": 1, "actor": 1, "happened": 1})))
        found: dict[str, dict[str, int]] = {}
        for row in sorted(rows, key=lambda row: -row["happened"]):
            for person in owners.get(row["actor"], ()):
                if person.owns(row["actor"], row["happened"]):
                    found.setdefault(person.person, {})[codes[row["activity"]]] = row["happened"]
        return found

    def coverage(self, store: ObjectId) -> dict[str, Any]:
        """What became of every statement, what matched nothing, and which actors are nobody's."""
        kinds = reading(lambda: list(self._database[COVERAGE].aggregate([
            {"$match": {"store": store}},
            {"$group": {"_id": {"outcome": "$outcome", "verb": "$verb", "type": "$type"}, "statements": {"$sum": 1}}},
            {"$sort": {"statements": -1, "_id": 1}}])))
        rows = [{**kind["_id"], "statements": kind["statements"]} for kind in kinds]
        totals: dict[str, int] = {}
        for row in rows:
            totals[row["outcome"]] = totals.get(row["outcome"], 0) + row["statements"]
        return {"statements": self._lrs.statements.count(store), "projected": sum(totals.values()), "outcomes": totals,
                "kinds": rows, "suggestions": suggested(self._database, self._lrs, store, rows),
                **unknown_actors(self._database, self._lrs, store)}


def rows_from(found: GapsAndEstimates, people: Iterable[Person], as_of: int,
              given: Given) -> dict[str, list[dict[str, Any]]]:
    """By person, the flat rows of their gaps."""
    return {person.person: [_row(person, gap, given.names, as_of) for gap in found[person.person][0]]
            for person in people}


def _row(person: Person, gap: Gap, known: Mapping[str, Mapping[str, str]], as_of: int) -> dict[str, Any]:
    """One flat row: a person, a competency, what is required, what is known, and the statements it rests on."""
    estimate, position = gap.proficiency, person.position(as_of)
    assert position is not None, "without one there are no gaps"
    return {"person": person.person, "name": person.name, "unit": position["unit"], "manager": position["manager"],
            "role": position["role"], "competency": gap.competency,
            "competency_zh": _called(known, gap.competency, "zh-CN"),
            "competency_en": _called(known, gap.competency, "en"),
            "required": gap.required, "criticality": gap.criticality, "mandatory": gap.mandatory, "state": gap.state,
            "level": estimate and estimate.level, "low": estimate and estimate.low, "high": estimate and estimate.high,
            "attempts": estimate.n if estimate else 0, "shortfall": gap.shortfall, "below": gap.below,
            "expected_shortfall": gap.expected,
            "explained_by": list(gap.explained_by),
            "last_evidence": estimate and format_timestamp(estimate.last),
            "evidence": list(estimate.statements) if estimate else []}


def _called(known: Mapping[str, Mapping[str, str]], competency: str, language: str) -> str:
    """A competency's name in a language, else in another."""
    called = known.get(competency) or {}
    return called.get(language) or next(iter(called.values()), competency)


def _positions_wanted(store: ObjectId, filters: dict[str, Any]) -> dict[str, list[str]]:
    wanted = {name: [filters[name]] for name in PLACING[1:] if name in filters}
    return wanted | ({"unit": with_those_below(store, filters["unit"])} if "unit" in filters else {})


def _rows_wanted(reach: Reach, filters: dict[str, Any]) -> dict[str, Any]:
    """The query for kept rows."""
    wanted = {name: {"$in": values} for name, values in _positions_wanted(reach.store, filters).items()}
    exact = {name: filters[name] for name in ("competency", "state", "person") if name in filters}
    return {"$and": [wanted, exact, reach.query]}


def _stands(position: Mapping[str, Any] | None, wanted: dict[str, list[str]]) -> bool:
    return position is not None and all(position[name] in values for name, values in wanted.items())


def _fits(row: dict[str, Any], filters: dict[str, Any]) -> bool:
    return all(row[key] == filters[key] for key in ("competency", "state") if key in filters)


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["person"], row["competency"]


def _batches(people: Iterable[Person], size: int) -> Iterator[list[Person]]:
    left = iter(people)
    while batch := list(islice(left, size)):
        yield batch
