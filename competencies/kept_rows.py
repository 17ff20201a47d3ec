"""Everybody's gaps as flat rows, as they are today: kept by the worker, so that reading them computes nothing.

`gaps` has a row for each person and each competency that their role requires. `standings` says of each person by what
their rows were computed, or that something has happened since: that is noted in the transaction in which it happens, so
rows that are out of date are never taken for those of today. Whose rows aren't kept yet is computed when asked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import DeleteMany, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from competencies.calibrations import version_in_force, versions_in_force
from competencies.catalogued import catalogue_version
from competencies.days import date_of, end
from competencies.effects import Window
from competencies.gaps import CRITICAL, MET, NORMAL, WEIGHTS
from competencies.own_alignments import measured_version, measured_versions
from competencies.summaries import COMPETENCY, STATE_COUNTS, SUMS, Tally
from lrs.clock import now_micros
from lrs.models import Store

ROWS, STANDINGS = "gaps", "standings"
READ_AT_ONCE = 500
PLACE = ("person", "competency")  # rows are in this order
Row = dict[str, Any]


class Basis(NamedTuple):
    """What rows are computed by beside what is known of each person."""

    text: str
    as_of: int  # the end of today, in microseconds


class KeptRows(NamedTuple):
    """A person's rows, and their windows of measured effects."""

    person: str
    doubt: ObjectId | None  # the last that had happened when they were computed
    rows: list[Row]
    windows: list[Window]


def basis_of(database: Database[Any], store: ObjectId) -> Basis:
    """That of now: the catalogue's versions, the calibration in force and the date in the store's time zone."""
    return _basis(catalogue_version(database), measured_version(store), version_in_force(store),
                  _today(Store.objects.only("time_zone").get(id=store).time_zone))


def bases(database: Database[Any]) -> dict[ObjectId, Basis]:
    """The same of every store, of which there can be thousands: it is asked all the time."""
    catalogue, measured, adopted = catalogue_version(database), measured_versions(), versions_in_force()
    zones = {each["_id"]: each["time_zone"] for each in Store._get_collection().find({}, {"time_zone": 1})}
    days = {zone: _today(zone) for zone in set(zones.values())}
    return {store: _basis(catalogue, measured.get(store, 0), adopted.get(store, 0), days[zone])
            for store, zone in zones.items()}


def _basis(catalogue: str, measured: int, calibration: int, day: Basis) -> Basis:
    return Basis(f"{catalogue} {measured} {calibration} {day.text}", day.as_of)


def _today(zone: str) -> Basis:
    """What a store's time zone has to do with it."""
    day = date_of(now_micros(), zone)
    return Basis(f"{zone} {day}", end(day, zone))


def doubt_actors(database: Database[Any], store: ObjectId, actors: Collection[str | None],
                 session: ClientSession | None) -> None:
    """Something else is known of these actors, whoever they are."""
    _doubt(database, {"store": store, "actors": {"$in": [each for each in actors if each is not None]}}, session)


def doubt_everybody(database: Database[Any]) -> None:
    _doubt(database, {}, None)


def doubt_person(database: Database[Any], store: ObjectId, person: str, actors: Collection[str],
                 session: ClientSession) -> None:
    """A person is new, or isn't what they were."""
    database[STANDINGS].update_one(
        {"store": store, "person": person},
        {"$set": {"actors": list(actors), **_doubted()}}, upsert=True, session=session)


def forget(database: Database[Any], store: ObjectId, person: str, session: ClientSession) -> None:
    """A person is gone."""
    for name in (ROWS, STANDINGS):
        database[name].delete_many({"store": store, "person": person}, session=session)


def forget_nobody(database: Database[Any], store: ObjectId, person: str, doubt: ObjectId | None) -> None:
    """Of somebody who isn't there, unless something happens to them meanwhile: they may be there again."""
    database[STANDINGS].delete_one({"store": store, "person": person, "doubt": doubt})


def late(database: Database[Any], store: ObjectId, basis: Basis, most: int) -> dict[str, ObjectId | None]:
    """Whose rows aren't those of today, by id, at most so many, with their last doubt."""
    found = database[STANDINGS].find({"store": store, "basis": {"$ne": basis.text}}, {"person": 1, "doubt": 1})
    return {each["person"]: each["doubt"] for each in found.limit(most)}


def doubted(database: Database[Any]) -> list[ObjectId]:
    """The stores with people to whom something happened since their rows were computed."""
    return list(database[STANDINGS].distinct("store", {"basis": None}))


def rows(database: Database[Any], store: ObjectId, query: Mapping[str, Any], without: Collection[str],
         after: tuple[str, str] | None) -> Iterator[Row]:
    """Kept rows by person and competency, after a place in that order."""
    asked: list[Mapping[str, Any]] = [{"store": store}, query]
    if without:
        asked.append({"person": {"$nin": sorted(without)}})
    if after is not None:
        asked += [{"person": {"$gte": after[0]}},
                  {"$or": [{"person": {"$gt": after[0]}}, {"competency": {"$gt": after[1]}}]}]
    found = database[ROWS].find({"$and": asked}, {"_id": 0, "store": 0})
    yield from found.sort([(name, 1) for name in PLACE]).batch_size(READ_AT_ONCE)


def tallies(database: Database[Any], store: ObjectId, query: Mapping[str, Any], without: Collection[str],
            by: str) -> dict[str | None, Tally]:
    """As `summaries.tallied`, of kept rows."""
    asked = {"$and": [{"store": store}, query, {"person": {"$nin": sorted(without)}}]}
    counts = {name: {"$sum": {"$cond": [{"$eq": ["$state", state]}, 1, 0]}} for state, name in STATE_COUNTS.items()}
    weight = {"$cond": [{"$eq": ["$criticality", CRITICAL]}, WEIGHTS[CRITICAL], WEIGHTS[NORMAL]]}
    is_open = {"$and": [{"$ne": ["$state", MET]}, {"$eq": ["$criticality", CRITICAL]}]}
    sums = {"gaps": {"$sum": 1}, **counts, "critical_open": {"$sum": {"$cond": [is_open, 1, 0]}},
            "measured": {"$sum": {"$cond": [{"$eq": ["$level", None]}, 0, 1]}},
            "weighted": {"$sum": {"$multiply": ["$expected_shortfall", weight]}},
            **{name: {"$sum": f"${name}"} for name in ("level", "required", "expected_shortfall")}}
    stages: list[dict[str, Any]] = [{"$match": asked}]
    if by == COMPETENCY:  # of which each person has a row
        stages.append({"$group": {"_id": f"${by}", "people": {"$sum": 1}, **sums}})
    else:
        stages += [{"$group": {"_id": {"key": f"${by}", "person": "$person"}, **sums}},
                   {"$group": {"_id": "$_id.key", "people": {"$sum": 1},
                               **{name: {"$sum": f"${name}"} for name in SUMS}}}]
    return {each.pop("_id"): each for each in database[ROWS].aggregate(stages)}


def windows(database: Database[Any], store: ObjectId, query: Mapping[str, Any],
            without: Collection[str]) -> Iterator[tuple[str, list[Window]]]:
    """Kept windows, by person."""
    asked = {"$and": [{"store": store, "windows.0": {"$exists": True}}, query, {"person": {"$nin": sorted(without)}}]}
    for each in database[STANDINGS].find(asked, {"person": 1, "windows": 1}):
        yield each["person"], [Window(**{**window, "taken": frozenset(window["taken"])}) for window in each["windows"]]


def keep(database: Database[Any], store: ObjectId, basis: Basis, standings: Iterable[KeptRows]) -> None:
    """Put these in the place of what there was: all of them, or none where something has happened to one meanwhile."""
    found = list(standings)
    if not found:
        return
    told: list[UpdateOne] = []
    written: list[DeleteMany | ReplaceOne[Row]] = []
    for each in found:
        keys = {f"{store}/{each.person}/{row['competency']}": row for row in each.rows}
        told.append(UpdateOne({"store": store, "person": each.person, "doubt": each.doubt}, {"$set": {
            "basis": basis.text, "windows": [{**window._asdict(), "taken": sorted(window.taken)}
                                             for window in each.windows]}}))
        written.append(DeleteMany({"store": store, "person": each.person, "_id": {"$nin": list(keys)}}))
        written += [ReplaceOne({"_id": key}, {"store": store, **row}, upsert=True) for key, row in keys.items()]
    with database.client.start_session() as session, session.start_transaction():
        if database[STANDINGS].bulk_write(told, ordered=False, session=session).matched_count < len(found):
            session.abort_transaction()
            return
        database[ROWS].bulk_write(written, ordered=False, session=session)


def _doubt(database: Database[Any], query: Mapping[str, Any], session: ClientSession | None) -> None:
    database[STANDINGS].update_many(query, {"$set": _doubted()}, session=session)


def _doubted() -> dict[str, Any]:
    """Never the same twice, so that nobody takes what is there for what was there."""
    return {"basis": None, "doubt": ObjectId()}
