"""Which statements an edit of alignments touches, and how far they have been derived again.

Touched are those that the alignment matched before, which coverage says, and those that it can match now: by their
object, else by their verb, else by their object's type, each under an index of coverage.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bson import ObjectId
from pymongo.client_session import ClientSession
from pymongo.database import Database

from competencies.alignments import Alignment
from competencies.projection import COVERAGE, OUTCOMES, reading

COLLECTION = "realignments"  # a document for each store: the version followed to, and what is still to be done
BEAT = 20_000  # rows between two calls of it
HIGHEST = "\U0010ffff"


def touched(database: Database[Any], store: ObjectId, codes: Collection[str], alignments: Mapping[str, Alignment],
            beat: Callable[[], None] = lambda: None) -> list[bytes]:
    """The rows, by id, that alignments of these codes matched or may match now that they say what `alignments` says.

    Those that failed are among them, for any alignment may be why. `beat` is called now and then.
    """
    queries = [{"store": store, "aligned": {"$in": sorted(codes)}}, {"store": store, "outcome": "failed"}]
    queries += [{"store": store, **selector} for code in codes if code in alignments
                for selector in _selectors(alignments[code])]
    coverage = database[COVERAGE]

    def read() -> set[bytes]:
        found = set()
        for number, row in enumerate(chain.from_iterable(coverage.find(query, {"_id": 1}) for query in queries)):
            found.add(row["_id"])
            if number % BEAT == 0:
                beat()
        return found

    return sorted(reading(read))


def _selectors(alignment: Alignment) -> Iterator[dict[str, Any]]:
    if alignment.activities:
        exact = [each for each in alignment.activities if not each.endswith("*")]
        if exact:
            yield {"activity": {"$in": exact}}
        for each in alignment.activities:
            if each.endswith("*"):
                yield {"activity": {"$gte": each[:-1], "$lt": each[:-1] + HIGHEST}}
        return
    said: dict[str, Any] = {}
    if alignment.verbs is not None:
        said["verb"] = {"$in": sorted(alignment.verbs)}
    if isinstance(kind := alignment.template.get("objectActivityType"), str):
        said["type"] = kind
    yield {"outcome": {"$in": list(OUTCOMES)}, **said}  # the index begins with it


@dataclass
class Job:
    """What is to be derived again in one store, in the rows' order; `after` is the last one that was."""

    store: ObjectId
    version: int
    codes: list[str]
    rows: list[bytes]
    done: int = 0

    def batch(self, size: int) -> list[bytes]:
        return self.rows[self.done:self.done + size]

    def save(self, database: Database[Any], session: ClientSession) -> None:
        """Record the version, and what is done; after the last one, that there is nothing more to do."""
        job = None if self.done >= len(self.rows) else {
            "codes": self.codes, "after": self.rows[self.done - 1] if self.done else b"", "done": self.done,
            "of": len(self.rows)}
        database[COLLECTION].update_one({"_id": self.store}, {"$set": {"version": self.version, "job": job}},
                                        upsert=True, session=session)


def followed(database: Database[Any]) -> dict[ObjectId, dict[str, Any]]:
    """By store, the version followed to and the job at hand."""
    return {each["_id"]: each for each in database[COLLECTION].find()}


def job_for(database: Database[Any], store: ObjectId, version: int, changed: Collection[str],
            place: Mapping[str, Any], alignments: Mapping[str, Alignment], beat: Callable[[], None]) -> Job:
    """The job that brings a store to `version`. One that was at hand goes on, from its beginning if more changed."""
    before = place["job"] or {"codes": [], "after": b""}
    codes = sorted({*changed, *before["codes"]})
    rows = touched(database, store, codes, alignments, beat)
    goes_on = set(changed) <= set(before["codes"]) and place["version"] == version
    return Job(store, version, codes, rows, bisect_right(rows, before["after"]) if goes_on else 0)


def adopted(database: Database[Any], versions: Mapping[ObjectId, int]) -> None:
    """Everything was derived under these versions, or newer ones."""
    for store, version in versions.items():
        database[COLLECTION].update_one({"_id": store}, {"$set": {"version": version, "job": None}}, upsert=True)
