"""What the hot path asks the database, sent over pymongo's connections without what pymongo puts around them.

A cursor, an implicit session, retries and their bookkeeping take two thirds of the driver's time for a small command.
Where the short way fails, whatever the reason, the question is asked again by the driver's public one, which tries
again and says what is wrong; but for a server that can't be reached, for which both would wait. It is the one place
that uses something of pymongo that isn't public; pymongo is pinned.
"""

from typing import Any

from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DocumentTooLarge, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_preferences import ReadPreference

Document = dict[str, Any]

MANY = 1000  # documents in one answer, where no limit is given


def find(collection: Collection[Any], query: Document, fields: tuple[str, ...], limit: int = 0,
         order: tuple[tuple[str, int], ...] = ()) -> list[Any]:
    """The documents that match, with `_id` and these fields, `limit` (0: all) at the most. Raises PyMongoError."""
    command: Document = {"find": collection.name, "filter": query, "projection": dict.fromkeys(fields, 1),
                         "batchSize": limit + 1 if limit else MANY, "readConcern": {"level": "local"}}
    if order:
        command["sort"] = dict(order)
    if limit:
        command["limit"] = limit
    try:
        answer = _command(collection, command)["cursor"]
        found: list[Any] = answer["firstBatch"]
        if not answer["id"]:
            return found
        # There is more than one answer holds, as with a page of large Statements
        collection.database.command("killCursors", collection.name, cursors=[answer["id"]])
    except ServerSelectionTimeoutError:
        raise
    except PyMongoError:
        pass
    return list(collection.find(query, command["projection"], sort=order or None, limit=limit))


def insert(collection: Collection[Any], documents: list[Any]) -> list[Document]:
    """Insert each document by itself, by the collection's write concern; the errors, with `index` and `code`.

    What was inserted by an attempt that failed later is a duplicate key to the next. Raises PyMongoError.
    """
    try:
        answer = _command(collection, {"insert": collection.name, "documents": documents, "ordered": False,
                                       "writeConcern": collection.write_concern.document})
        errors: list[Document] = answer.get("writeErrors", [])
        if "writeConcernError" not in answer:
            return errors
    except ServerSelectionTimeoutError:
        raise
    except (PyMongoError, DocumentTooLarge):  # too large all together: the public way sends them in parts
        pass
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if error.details["writeConcernErrors"]:
            raise
        failed: list[Document] = error.details["writeErrors"]
        return failed
    return []


def _command(collection: Collection[Any], command: Document) -> Document:
    client = collection.database.client
    with client._conn_for_reads(ReadPreference.PRIMARY, None, "") as (connection, preference):
        return connection.command(collection.database.name, command, preference, client=client)  # within its timeout
