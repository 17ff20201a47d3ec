"""A store's calibrations: kept in versions, compared with the one in force when they were made, one of them adopted.

Version 0 is everybody's: activities at the levels that they declare.
"""

from collections.abc import Mapping
from functools import lru_cache

from bson import ObjectId
from mongoengine import DictField, Document, IntField, LongField, ObjectIdField, StringField, get_db
from mongoengine.errors import NotUniqueError

from competencies.calibrating import Score
from competencies.calibration import DECLARED, Calibration, Item
from competencies.frameworks import decays_of
from competencies.learner import Spread
from competencies.proficiency import Standard
from lrs.clock import now_micros
from lrs.errors import NotFound
from lrs.store import JOURNALED

ADOPTIONS = "adoptions"  # a document for each store: the version in force
KEPT_READ = 64  # calibrations that a process remembers: they never change
TRIES = 20
HIGHEST_VERSION = 2**31 - 1
MOST_NUMBERS = 50_000  # activities and assessors: a document has 16 MiB; the largest stay
LEAST = 0.02  # logits: what is nearer to 0 is taken to be 0


class StoredCalibration(Document):  # type: ignore[misc]  # mongoengine ships no types
    """One version of a store's."""

    store = ObjectIdField(required=True)
    version = IntField(required=True)
    made = LongField(required=True)  # microseconds since 1970 UTC
    by = StringField(required=True)
    learners = IntField(required=True)
    compared_with = IntField(required=True)  # the version in force when it was made
    left_out = DictField(required=True)  # scores on a fifth of the learners, whom a fit to the others doesn't know
    parameters = DictField(required=True)  # mappings as lists of pairs: activities' ids are no names of fields
    meta = {"collection": "calibrations", "auto_create_index": False}

    def plain(self) -> Calibration:
        given = self.parameters
        return Calibration(
            version=self.version, thresholds=tuple(given["thresholds"]), within=given["within"],
            spread=Spread(**given["spread"]), means=dict(given["means"]), severities=dict(given["severities"]),
            items={activity: Item(difficulty, loading) for activity, difficulty, loading in given["items"]})


def standard_of(store: ObjectId) -> Standard:
    return Standard(calibration_of(store, version_in_force(store)), decays_of(store))


def version_in_force(store: ObjectId) -> int:
    found = get_db()[ADOPTIONS].find_one({"_id": store})
    return int(found["version"]) if found else DECLARED.version


def versions_in_force() -> dict[ObjectId, int]:
    """Of all stores that have adopted any."""
    return {each["_id"]: each["version"] for each in get_db()[ADOPTIONS].find({}, {"version": 1})}


def calibration_of(store: ObjectId, version: int) -> Calibration:
    """Raises NotFound."""
    return DECLARED if version == DECLARED.version else _read(store, version)


@lru_cache(maxsize=KEPT_READ)
def _read(store: ObjectId, version: int) -> Calibration:
    return get_calibration(store, version).plain()


def get_calibration(store: ObjectId, version: int) -> StoredCalibration:
    """Raises NotFound."""
    found = StoredCalibration.objects(store=store, version=version).first()
    if found is None:
        raise NotFound(f"no calibration {version}")
    return found  # type: ignore[no-any-return]


def calibrations_of(store: ObjectId) -> list[StoredCalibration]:
    """The latest first, without what they hold."""
    return list(StoredCalibration.objects(store=store).exclude("parameters").order_by("-version"))


def keep(store: ObjectId, by: str, learners: int, found: Calibration, compared_with: int, ours: Score,
         theirs: Score) -> StoredCalibration:
    """Keep a calibration as the store's next version; it isn't in force."""
    parameters = {
        "thresholds": list(found.thresholds), "within": found.within, "spread": vars(found.spread),
        "means": sorted(found.means.items()), "severities": _telling(found.severities),
        "items": [[activity, difficulty, found.items[activity].loading] for activity, difficulty in _telling(
            {activity: item.difficulty for activity, item in found.items.items()})]}
    for _ in range(TRIES):
        last = StoredCalibration.objects(store=store).order_by("-version").only("version").first()
        kept = StoredCalibration(
            store=store, version=(last.version if last else DECLARED.version) + 1, made=now_micros(), by=by,
            learners=learners, compared_with=compared_with, parameters=parameters,
            left_out={"this": ours._asdict(), "in_force": theirs._asdict()})
        try:
            return kept.save(force_insert=True)  # type: ignore[no-any-return]
        except NotUniqueError:  # another was kept meanwhile
            continue
    raise NotUniqueError


def _telling(numbers: Mapping[str, float]) -> list[tuple[str, float]]:
    """Those that say something, the largest if there are too many; by key."""
    largest = sorted((pair for pair in numbers.items() if abs(pair[1]) >= LEAST), key=lambda pair: -abs(pair[1]))
    return sorted(largest[:MOST_NUMBERS])


def adopt(store: ObjectId, version: int, by: str) -> None:
    """Put a version in force: estimates are measured by it from now on, whatever they are of. Raises NotFound."""
    if not 0 <= version <= HIGHEST_VERSION:
        raise NotFound(f"no calibration {version}")
    calibration_of(store, version)
    adoptions = get_db().get_collection(ADOPTIONS, write_concern=JOURNALED)
    adoptions.update_one({"_id": store}, {"$set": {"version": version, "at": now_micros(), "by": by}}, upsert=True)
