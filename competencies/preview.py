"""What an edit of an alignment would do, before it is saved: to evidence, and to whose estimates."""

import logging
from typing import Any

import orjson
from bson import ObjectId
from pymongo.database import Database

from competencies.alignments import Alignment
from competencies.analyses import Analyses
from competencies.calibrations import standard_of
from competencies.evidence import Evidence, Measures, counting, derive, evidence_of
from competencies.frameworks import carrying
from competencies.people import Person
from competencies.proficiency import estimate
from competencies.projection import Catalogue
from competencies.realignment import touched
from lrs.errors import kind_and_place
from lrs.statements import Lrs
from lrs.store import FOLLOWED, Row, batches

MOST_EXAMINED = 20_000  # statements, by id
MOST_SHOWN = 200  # estimates, those that move most
BATCH = 500

log = logging.getLogger(__name__)

Differing = dict[str, tuple[Evidence | None, Evidence | None]]  # by the evidence's id, before and after


class Preview:
    """Asks of one store."""

    def __init__(self, database: Database[Any], lrs: Lrs, catalogue: Catalogue, store: ObjectId) -> None:
        self._database, self._lrs, self._catalogue, self._store = database, lrs, catalogue, store

    def of(self, code: str, after: Alignment | None, as_of: int) -> dict[str, Any]:
        """The statements that putting `after` in the place of `code` touches, the evidence that comes and goes, and the
        estimates at `as_of` (microseconds) that move.
        """
        before = {each.code: each for each in self._catalogue.alignments(self._store).all}.get(code)
        rows = touched(self._database, self._store, [code], {code: after} if after else {})
        differing: Differing = {}
        for ids in batches(rows[:MOST_EXAMINED], BATCH):
            for row in self._lrs.statements.get(ids, *FOLLOWED).values():
                differing |= _differing(row, before, after, self._catalogue.measures(self._store))
        actors = {each.actor for pair in differing.values() for each in pair if each}
        people = list(Person.objects(store=self._store, actors__in=sorted(actors)))
        moved = self._moved(people, differing, as_of)
        return {"code": code, "statements": len(rows), "examined": min(len(rows), MOST_EXAMINED),
                "added": sum(not old for old, _ in differing.values()),
                "removed": sum(not new for _, new in differing.values()),
                "changed": sum(bool(old and new) for old, new in differing.values()),
                "unknown_actors": len(actors - {actor for person in people for actor in person.actors}),
                "moving": len(moved), "estimates": moved[:MOST_SHOWN]}

    def _moved(self, people: list[Person], differing: Differing, as_of: int) -> list[dict[str, Any]]:
        """The estimates that differ, those that move most first."""
        now = Analyses(self._database, self._lrs).derived(self._store, people)
        new: dict[str, list[Evidence]] = {}
        for _, each in differing.values():
            if each:
                new.setdefault(each.actor, []).append(each)
        links, standard = carrying(self._store), standard_of(self._store)
        concerned = {each.competency for each in counting(
            (each for pair in differing.values() for each in pair if each), links)}
        moved = []
        for person in people:
            held = now.get(person.person, [])
            then = [each for each in held if each.id not in differing]
            then += [each for actor in person.actors for each in new.get(actor, ())
                     if person.owns(actor, each.happened)]
            before, after = (estimate(counting(each, links), as_of, *standard) for each in (held, then))
            for competency in sorted(concerned & (before.keys() | after.keys())):
                levels = [found[competency].level if competency in found else None for found in (before, after)]
                if levels[0] != levels[1]:
                    moved.append({"person": person.person, "name": person.name, "competency": competency,
                                  "before": levels[0], "after": levels[1]})
        return sorted(moved, key=lambda each: (-abs((each["after"] or 0) - (each["before"] or 0)), each["person"],
                                               each["competency"]))


def _differing(row: Row, before: Alignment | None, after: Alignment | None, measures: Measures) -> Differing:
    if row.get("voided"):
        return {}
    statement, aligns = orjson.loads(row["body"]), "aligns" in row
    try:
        readings = (derive(statement, [given] if given else [], measures, aligns) for given in (before, after))
        old, new = ({each.id: each for each in evidence_of(found)} for found in readings)
    except Exception as error:  # as in projecting it
        log.error("previewing statement %s failed: %s", statement["id"], kind_and_place(error))
        return {}
    return {key: (old.get(key), new.get(key)) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
