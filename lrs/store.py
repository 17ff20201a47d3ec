"""The statements collection, and the only pymongo code on statements.

One document a Statement: `_id` is the store's id and the Statement's id in bytes; `body` the JSON as it is
served; `keys` what it can be found by; the rest as in `Row`. Paging order is (`stored`, `_id`).
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, NotRequired, TypedDict, TypeVar

from bson import ObjectId
from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, MongoClient, timeout
from pymongo.change_stream import ChangeStream
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, ExecutionTimeout, OperationFailure, WriteError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from lrs import direct

JOURNALED = WriteConcern(w="majority", j=True)
DUPLICATE_KEY = 11000
FOLLOWED = ("store", "body", "voided", "voids", "aligns")  # what is derived from
T = TypeVar("T")
AT_ONCE = 500  # changes in one answer: they are held in memory
PATIENCE = 30  # seconds that inserting may take; a dead process's transaction holds its ids for 10 to 15
# The resume token is too old (ChangeStreamHistoryLost, ChangeStreamFatalError), or no token of this server's
LOST_TOKEN = {286, 280, 260, 50811, 40649}


class Row(TypedDict):
    """A Statement as it is kept."""

    _id: bytes
    store: ObjectId
    stored: int  # microseconds since 1970 UTC
    body: bytes
    keys: list[int]
    authority: int  # the key of who stored it
    gave_timestamp: bool  # else its timestamp is `stored`
    target: NotRequired[bytes]  # the _id that a StatementRef names
    unlinked: NotRequired[bool]  # its target has not been linked yet
    voids: NotRequired[bool]
    voids_any: NotRequired[bool]  # its credential may void what others stored
    voided: NotRequired[bool]
    files: NotRequired[list[str]]  # the digests, in lower case, of the Attachments whose data came along
    defines: NotRequired[bool]  # False: its credential may not say what Activities and Actors are called
    aligns: NotRequired[bool]  # its credential may align its Statements to competencies
    signed: NotRequired[list[str]]  # of each signature, the fingerprint of the certificate that verified it, or ""


class Position(NamedTuple):
    """A place in paging order."""

    stored: int
    id: bytes


class NotMigrated(Exception):
    """The database lacks what the migrations make."""


class LostToken(Exception):
    """The change stream can't be resumed from this token: catch up from Consistent-Through."""


def row_id(store: ObjectId, statement_id: str) -> bytes:
    """Of a UUID in its canonical form (RFC 4122), in either case."""
    return store.binary + bytes.fromhex(statement_id.replace("-", ""))


class Statements:
    """The collection's operations, mostly one round trip each."""

    def __init__(self, database: Database[Any]) -> None:
        self.client: MongoClient[Any] = database.client
        self._rows: Collection[Row] = database.get_collection(
            "statements", codec_options=CodecOptions(tz_aware=True), write_concern=JOURNALED,
            read_concern=ReadConcern("local"))

    def insert(self, rows: list[Row]) -> list[bytes]:
        """Insert all of `rows` or, where some of their ids are there already, none; those ids."""
        return self._insist(lambda: self._insert_all(rows), [row["_id"] for row in rows])

    def insert_one(self, row: Row, insert_each: Callable[[Row], bool]) -> list[bytes]:
        """As `insert`, by a function that inserts it among others; see `insert_each`."""
        return self._insist(lambda: insert_each(row), [row["_id"]])

    def insert_each(self, rows: list[Row]) -> list[bool]:
        """Insert those of `rows` whose ids aren't there already; for each, whether it was inserted."""
        with timeout(PATIENCE):
            present = _duplicates(direct.insert(self._rows, rows))
        return [index not in present for index in range(len(rows))]

    def _insert_all(self, rows: list[Row]) -> bool:
        try:
            with timeout(PATIENCE), self.client.start_session() as session:
                session.with_transaction(lambda s: self._rows.insert_many(rows, session=s), write_concern=JOURNALED)
            return True
        except BulkWriteError as error:
            if not _duplicates(error.details["writeErrors"]):
                raise
            return False

    def _insist(self, insert: Callable[[], bool], ids: list[bytes]) -> list[bytes]:
        """What is there counts as stored only once it can't be lost any more; until then, try again."""
        deadline = time.monotonic() + PATIENCE
        while not insert():
            if present := list(self.durable(ids, "_id")):
                return present
            if time.monotonic() > deadline:
                raise ExecutionTimeout(f"{len(ids)} ids were there, and not there, for {PATIENCE} seconds")
        return []

    def durable(self, ids: Iterable[bytes], *fields: str) -> dict[bytes, Row]:
        """As `get`, of what a majority has journaled."""
        rows = self._rows.with_options(read_concern=ReadConcern("majority"))
        found = rows.find({"_id": {"$in": list(ids)}}, dict.fromkeys(fields, 1))
        return {row["_id"]: row for row in found}

    def get(self, ids: Iterable[bytes], *fields: str) -> dict[bytes, Row]:
        """The rows of `ids` that are there, with these fields (all when none is named)."""
        found = self._rows.find({"_id": {"$in": list(ids)}}, dict.fromkeys(fields, 1) or None)
        return {row["_id"]: row for row in found}

    def get_one(self, key: bytes, *fields: str) -> Row | None:
        """The row of this id, with these fields."""
        return next(iter(direct.find(self._rows, {"_id": key}, fields, 1)), None)

    def find(self, store: ObjectId, keys: list[int], since: int | None, until: int | None, after: Position | None,
             ascending: bool, limit: int) -> list[Row]:
        """Rows that have every one of `keys` and aren't voided, in paging order: since < stored <= until; 0: all."""
        span: dict[str, int] = {}
        if since is not None:
            span["$gt"] = since
        if until is not None:
            span["$lte"] = until
        query: dict[str, Any] = {"keys": keys[0] if len(keys) == 1 else {"$all": keys}, "store": store,
                                 "voided": {"$exists": False}}
        if after is not None:
            past = "$gt" if ascending else "$lt"
            beside = "$gte" if ascending else "$lte"
            span[beside] = _tighter(span.get(beside), after.stored, ascending)
            query["$or"] = [{"stored": {past: after.stored}}, {"_id": {past: after.id}}]
        if span:
            query["stored"] = span
        order = ASCENDING if ascending else DESCENDING
        fields = ("body", "stored", "files", "defines")
        return direct.find(self._rows, query, fields, limit, (("stored", order), ("_id", order)))

    # Attachments: see attachments.py

    def add_files(self, row: Row) -> None:
        """Give the Statement that is there what came with the same one, sent again."""
        added = {field: {"$each": row[field]} for field in ("files", "signed") if field in row}
        self._rows.update_one({"_id": row["_id"]}, {"$addToSet": added})

    def has_file(self, store: ObjectId, digest: str) -> bool:
        """Whether a row says that the data of this digest came with it."""
        return self._rows.find_one({"files": digest, "store": store}, {"_id": 1}) is not None

    # References: see references.py

    def referring(self, targets: Iterable[bytes], unlinked: bool = False) -> list[Row]:
        """The rows whose StatementRef names one of `targets`; all, or those whose link isn't finished."""
        query: dict[str, Any] = {"target": {"$in": list(targets)}, **({"unlinked": True} if unlinked else {})}
        return direct.find(self._rows, query, ("target", "store", "authority", "voids", "voids_any"))

    def add_keys(self, ids: Iterable[bytes], keys: Iterable[int]) -> None:
        self._rows.update_many({"_id": {"$in": list(ids)}}, {"$addToSet": {"keys": {"$each": sorted(keys)}}})

    def mark_voided(self, target: bytes) -> None:
        """A voiding Statement can't be voided (Data 2.3.2)."""
        self._rows.update_one({"_id": target, "voids": {"$exists": False}}, {"$set": {"voided": True}})

    def mark_linked(self, ids: Iterable[bytes]) -> None:
        self._rows.update_many({"_id": {"$in": list(ids)}}, {"$unset": {"unlinked": ""}})

    def unlinked(self, batch: int = 1000) -> Iterator[list[Row]]:
        """Batches of the rows whose target had not come, or whose link was not finished."""
        yield from batches(self._rows.find({"unlinked": True}, {"target": 1, "store": 1}), batch)

    # For those who follow the store

    def watch(self, token: dict[str, Any] | None) -> ChangeStream[Any]:
        """What changes from now on, or since `token`: events with `documentKey`, and of what is stored newly with its
        FOLLOWED fields as `fullDocument`. Raises LostToken.
        """
        pipeline: list[dict[str, Any]] = [
            {"$match": {"$or": [{"operationType": "insert"},
                                {"updateDescription.updatedFields.voided": {"$exists": True}}]}},
            {"$project": {"documentKey": 1, **{f"fullDocument.{field}": 1 for field in ("_id", *FOLLOWED)}}}]
        try:
            rows = self._rows.with_options(read_concern=ReadConcern("majority"))
            return rows.watch(pipeline, resume_after=token, max_await_time_ms=50, batch_size=AT_ONCE)
        except OperationFailure as error:
            if error.code in LOST_TOKEN:
                raise LostToken from error
            raise

    def scan(self, key: int, after: int, through: int, batch: int = 500) -> Iterator[list[Row]]:
        """Batches of all rows that have `key`, voided ones too, with after < stored <= through, in paging order."""
        query = {"keys": key, "stored": {"$gt": after, "$lte": through}}
        yield from batches(self._rows.find(query, {"keys": 0}).sort([("stored", 1), ("_id", 1)]), batch)

    def voided(self) -> list[bytes]:
        """The ids of all voided rows; few, and under a sparse index."""
        return [row["_id"] for row in self._rows.find({"voided": True}, {"_id": 1})]

    def count(self, store: ObjectId | None = None) -> int:
        if store is None:
            return self._rows.estimated_document_count()
        return self._rows.count_documents({"store": store})


def _duplicates(errors: list[dict[str, Any]]) -> set[int]:
    """Which of the rows, by their places, are there already. Raises WriteError where anything else is wrong."""
    for error in errors:
        if error["code"] != DUPLICATE_KEY:
            raise WriteError(error["errmsg"], error["code"], error)
    return {error["index"] for error in errors}


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last of which may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _tighter(bound: int | None, other: int, ascending: bool) -> int:
    if bound is None:
        return other
    return max(bound, other) if ascending else min(bound, other)


def installation_secret(database: Database[Any]) -> bytes:
    """The secret under which keys, cursors and credentials' secrets are hashed; the first migration makes it."""
    found = database.installation.find_one({"_id": "secret"})
    if found is None:
        raise NotMigrated("this database has not been migrated: run `waymark migrate`")
    return bytes(found["secret"])
