"""Commands of the hot path, sent over pymongo's connections without what pymongo puts around them.

A cursor, an implicit session, retries and their bookkeeping take two thirds of the driver's time for a small command.
Here are none: whoever asks must ask again by the driver's public way where this gives None. It is the one place that
uses something of pymongo that isn't public, and pymongo is pinned.
"""

from typing import Any

from bson.codec_options import CodecOptions
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.read_preferences import ReadPreference

Document = dict[str, Any]
OPTIONS: CodecOptions[Document] = CodecOptions()
Query = dict[str, Any]


def find(collection: Collection[Any], query: Query, fields: tuple[str, ...], limit: int,
         order: tuple[tuple[str, int], ...] = ()) -> list[Document] | None:
    """The documents that match, with these fields and `_id`, `limit` (0: all) at the most; None: ask otherwise."""
    command: Document = {"find": collection.name, "filter": query, "projection": dict.fromkeys(fields, 1)}
    if order:
        command["sort"] = dict(order)
    if limit:
        command |= {"limit": limit, "batchSize": limit}
    answer = _command(collection, command)
    if answer is None or answer["cursor"]["id"]:  # there is more: they are together larger than an answer can be
        return None
    return answer["cursor"]["firstBatch"]  # type: ignore[no-any-return]


def insert(collection: Collection[Any], documents: list[Document]) -> bool | None:
    """Insert all, each by itself, by the collection's write concern; whether all went well, or None: ask otherwise."""
    answer = _command(collection, {"insert": collection.name, "documents": documents, "ordered": False,
                                   "writeConcern": collection.write_concern.document})
    if answer is None or "writeConcernError" in answer:
        return None
    return "writeErrors" not in answer


def _command(collection: Collection[Any], command: Document) -> Document | None:
    client = collection.database.client
    try:
        with client._conn_for_reads(ReadPreference.PRIMARY, None, "") as (connection, preference):
            return connection.command(collection.database.name, command, preference, OPTIONS)  # type: ignore[no-any-return]
    except PyMongoError:
        return None
