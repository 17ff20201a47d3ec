"""Statements → the derived collections: evidence, and what became of every statement.

Each write is a function of one row and the catalogue, and replaces what was there, so that any repetition ends in the
same state, as long as the last that is written of a row is how it is now. `coverage` holds one small document for each
statement.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import orjson
from bson import ObjectId
from pymongo import DeleteMany, InsertOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure

from competencies.alignments import Alignment, Alignments, StoredAlignment
from competencies.catalogued import catalogue_version
from competencies.evidence import Evidence, Measures, Reading, evidence_of, matching, object_id
from competencies.frameworks import codes_by_urn, weighings
from competencies.kept_rows import doubt_actors
from competencies.outcomes import graded
from competencies.own_alignments import Own, own_of
from competencies.resources import trained_by_activity
from lrs.actors import actor_key
from lrs.errors import kind_and_place
from lrs.statements import happened
from lrs.store import Row

EVIDENCE, COVERAGE = "evidence", "coverage"
QUERY_PLAN_KILLED = 175
MOST_EVIDENCE = 100  # pieces of one statement: a batch of them is one transaction, which must not take long
OUTCOMES = ("evidence", "completion", "unmatched", "unreadable", "voided", "voiding", "failed")

Found = TypeVar("Found")
log = logging.getLogger(__name__)


class Catalogue:
    """What derivation depends on beside the statement. A new version means a rebuild; a store's own alignments, read
    when they are first asked for, have a version of their own, and a new one means to derive what it touches again.
    """

    def __init__(self, version: str, builtin: Iterable[Alignment], measures: Measures) -> None:
        self.version = version
        self.builtin = {each.code: each for each in builtin}
        self._measures = measures
        self._own: dict[ObjectId, tuple[Own, Alignments, Measures]] = {}

    def alignments(self, store: ObjectId) -> Alignments:
        """What is in force in a store."""
        return self._of(store)[1]

    def measures(self, store: ObjectId) -> Measures:
        """What outcomes are read by in a store."""
        return self._of(store)[2]

    def own(self, store: ObjectId) -> Own:
        return self._of(store)[0]

    def renew(self, store: ObjectId) -> Own:
        """Read a store's own alignments again."""
        self._own.pop(store, None)
        return self.own(store)

    def _of(self, store: ObjectId) -> tuple[Own, Alignments, Measures]:
        if store not in self._own:
            own = own_of(store)
            measures = measures_of(store) if own.measured else self._measures
            self._own[store] = own, own.beside(self.builtin.values()), measures
        return self._own[store]


def read_catalogue(database: Database[Any]) -> Catalogue:
    """The catalogue as it is loaded; read again if it is replaced meanwhile."""
    while True:
        version = catalogue_version(database)
        found = Catalogue(version, [each.plain() for each in StoredAlignment.objects.order_by("code")],
                          measures_of(None))
        if catalogue_version(database) == version:
            return found


def measures_of(store: ObjectId | None) -> Measures:
    """By the built-in catalogue and a store's own frameworks."""
    rubrics = weighings(store)
    trained = trained_by_activity(store, {rubric.competency for rubric in rubrics.values()})
    return Measures(rubrics, codes_by_urn(store), trained)


class Projection:
    """Writes the derived collections; `suffix` names a second set of them, to be swapped in."""

    def __init__(self, database: Database[Any], catalogue: Catalogue, suffix: str = "") -> None:
        self._database = database
        self._is_live = not suffix
        self.evidence = database[EVIDENCE + suffix]
        self.coverage = database[COVERAGE + suffix]
        self._catalogue = catalogue

    def project(self, rows: list[Row], session: ClientSession | None = None, is_new: bool = False) -> None:
        """Bring the derived collections in step with these rows.

        `is_new`: none was projected before. Raises BulkWriteError where one was all the same.
        """
        if not rows:
            return
        coverage: list[Any] = []
        actors: dict[ObjectId, set[str | None]] = {}
        # What was derived before may rest on alignments that aren't in force any more
        evidence: list[Any] = [] if is_new else [DeleteMany({"row": {"$in": [row["_id"] for row in rows]}})]
        put = InsertOne if is_new else _replace
        for row in rows:
            outcome, found = self._derive(row)
            evidence += [put({"_id": _key(row, each), **_document(row, each)}) for each in found]
            coverage.append(put({"_id": row["_id"], **outcome}))
            actors.setdefault(row["store"], set()).add(outcome["actor"])
        if evidence:
            self.evidence.bulk_write(evidence, session=session)
        self.coverage.bulk_write(coverage, ordered=False, session=session)
        if self._is_live:
            self._doubt(actors, session)

    def _doubt(self, actors: Mapping[ObjectId, set[str | None]], session: ClientSession | None) -> None:
        for store, those in actors.items():
            doubt_actors(self._database, store, those, session)

    def _derive(self, row: Row) -> tuple[dict[str, Any], list[Evidence]]:
        """The row's coverage and evidence. One statement that can't be derived must not hold up the others."""
        statement = orjson.loads(row["body"])
        try:
            readings = matching(statement, self._catalogue.alignments(row["store"]),
                                self._catalogue.measures(row["store"]), "aligns" in row)
        except Exception as error:
            log.error("deriving from statement %s failed: %s", statement["id"], kind_and_place(error))
            readings = None
        found = [] if row.get("voided") or readings is None else evidence_of(readings)
        if len(found) > MOST_EVIDENCE:
            log.error("statement %s would be %d pieces of evidence, of at most %d", statement["id"], len(found),
                      MOST_EVIDENCE)
            readings, found = None, []
        kind = statement["object"].get("definition", {}).get("type")
        coverage = {"store": row["store"], "outcome": _outcome(row, readings, found), "verb": statement["verb"]["id"],
                    "type": kind, "activity": object_id(statement), "actor": actor_key(statement["actor"]),
                    "happened": happened(statement)}
        if readings:
            coverage["aligned"] = sorted(reading.alignment for reading in readings)
        return coverage, found


def _replace(document: dict[str, Any]) -> ReplaceOne[dict[str, Any]]:
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def _outcome(row: Row, readings: list[Reading] | None, found: list[Evidence]) -> str:
    if row.get("voided"):
        return "voided"
    if row.get("voids"):
        return "voiding"
    if readings is None:
        return "failed"
    if found:
        return "evidence" if any(each.weight for each in found) else "completion"
    return "unreadable" if any(reading.unreadable for reading in readings) else "unmatched"


def _key(row: Row, evidence: Evidence) -> str:
    return f"{row['store']}/{evidence.id}"


def _document(row: Row, evidence: Evidence) -> dict[str, Any]:
    return {"store": row["store"], "row": row["_id"], **asdict(evidence), "criteria": dict(evidence.criteria)}


def reading(read: Callable[[], Found]) -> Found:
    """What `read` finds in the derived collections; it is asked again where a rebuild swapped them meanwhile."""
    while True:
        try:
            return read()
        except OperationFailure as error:
            if error.code != QUERY_PLAN_KILLED:
                raise


def evidence_from(document: dict[str, Any]) -> Evidence:
    """The Evidence that a derived document holds."""
    fields = {name: document[name] for name in Evidence.__dataclass_fields__ if name in document}
    if "above" not in fields:  # derived before there were bounds; a rebuild is under way
        _, fields["above"], fields["below"] = graded(document["level"])
    return Evidence(**{**fields, "criteria": tuple(sorted(document["criteria"].items()))})
