"""Documents: State, Agent Profile and Activity Profile. One implementation, told apart by their addresses.

Every change is one compare-and-swap: what the request says of the document (If-Match, If-None-Match) stands in the
update's filter, so that no other writer comes between the look and the change.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b, sha1
from typing import Any

from bson import ObjectId
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs.clock import now_micros
from lrs.errors import BadRequest, DocumentConflict, NotFound, PreconditionFailed, TooLarge
from lrs.http_rules.conditions import ANY, Condition
from lrs.json_body import parse_json
from lrs.rules import Refused
from lrs.store import JOURNALED

MOST_BYTES = 15 * 1024 * 1024  # a document of MongoDB's has 16 MiB
JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Subject:
    """What documents are about: `resource` is "state", "agent profile" or "activity profile"; `agent` an actor key."""

    store: ObjectId
    resource: str
    activity: str = ""
    agent: str = ""

    @property
    def digest(self) -> bytes:
        return _digest(self.store.binary, self.resource, self.activity, self.agent)


@dataclass(frozen=True)
class Address:
    """One document's place: `registration` is "" where there is none."""

    subject: Subject
    id: str
    registration: str = ""

    @property
    def digest(self) -> bytes:
        return _digest(self.subject.digest, self.registration, self.id)


@dataclass(frozen=True)
class Document:
    """`type` is its Content-Type; `updated` in microseconds since 1970 UTC."""

    body: bytes
    type: str
    updated: int = 0

    @property
    def etag(self) -> str:
        """Communication 3.1: "a hexadecimal string of the SHA-1 digest of the contents"."""
        return sha1(self.body, usedforsecurity=False).hexdigest()

    @property
    def is_json(self) -> bool:
        return self.type.partition(";")[0].strip().lower() == JSON_TYPE


class Documents:
    """The documents collection's operations."""

    def __init__(self, database: Database[Any]) -> None:
        self._rows: Collection[dict[str, Any]] = database.get_collection("documents", write_concern=JOURNALED)

    def get(self, address: Address) -> Document:
        """Raises NotFound."""
        found = self._rows.find_one({"_id": address.digest})
        if found is None:
            raise NotFound(f"no document {address.id!r}")
        return _document(found)

    def put(self, address: Address, document: Document, condition: Condition) -> None:
        """Store a document in place of any that is there. Raises PreconditionFailed, TooLarge."""
        self._write(address, document, condition)

    def put_new(self, address: Address, document: Document) -> None:
        """Store a document where none is. Raises DocumentConflict, TooLarge."""
        try:
            self._write(address, document, Condition(none_match=ANY))
        except PreconditionFailed:
            raise _conflict() from None

    def require_none(self, address: Address) -> None:
        """Raises DocumentConflict where there is a document."""
        if self._rows.find_one({"_id": address.digest}, {"_id": 1}):
            raise _conflict()

    def post(self, address: Address, document: Document, condition: Condition) -> None:
        """Merge a JSON Object into the one that is there; where none is, store the document as it came.

        Raises BadRequest where one of the two isn't a JSON Object, PreconditionFailed, TooLarge.
        """
        while True:
            found = self._rows.find_one({"_id": address.digest})
            if not _holds(condition, found):
                raise _failed(condition)
            if found is None:
                if document.is_json:
                    _json_object(document, "the posted document")
                merged, unchanged = document, Condition(none_match=ANY)
            else:
                merged, unchanged = _merged(_document(found), document), Condition(match=(found["etag"],))
            try:
                self._write(address, merged, unchanged)
                return
            except PreconditionFailed:  # somebody was quicker: look again
                continue

    def delete(self, address: Address, condition: Condition) -> None:
        """Remove the document, if it is there. Raises PreconditionFailed."""
        while not self._rows.delete_one(_filter(address, condition)).deleted_count:
            found = self._rows.find_one({"_id": address.digest}, {"etag": 1})
            if not _holds(condition, found):
                raise _failed(condition)
            if found is None:
                return

    def delete_all(self, subject: Subject, registration: str | None) -> None:
        """Remove the subject's documents: all, or those of one registration."""
        self._rows.delete_many(_several(subject, registration))

    def ids(self, subject: Subject, registration: str | None, since: int | None) -> tuple[list[str], int]:
        """The ids of the subject's documents that changed after `since`, and when the last of them did (else 0)."""
        query = _several(subject, registration) | ({"updated": {"$gt": since}} if since is not None else {})
        found = list(self._rows.find(query, {"_id": 0, "id": 1, "updated": 1}))
        return sorted({row["id"] for row in found}), max((row["updated"] for row in found), default=0)

    def _write(self, address: Address, document: Document, condition: Condition) -> None:
        if len(document.body) > MOST_BYTES:
            raise TooLarge("COMM-document-size", "body", f"{len(document.body):,} bytes")
        subject = address.subject
        fields = {"store": subject.store, "subject": subject.digest, "resource": subject.resource,
                  "activity": subject.activity, "agent": subject.agent, "registration": address.registration,
                  "id": address.id, "body": document.body, "type": document.type, "etag": document.etag,
                  "updated": now_micros()}
        while True:
            try:
                done = self._rows.update_one(_filter(address, condition), {"$set": fields},
                                             upsert=condition.match is None)
            except DuplicateKeyError:  # somebody stored it meanwhile, or it is there and must not be
                if _holds(condition, self._rows.find_one({"_id": address.digest}, {"etag": 1})):
                    continue
                raise _failed(condition) from None
            if not done.matched_count and done.upserted_id is None:
                raise _failed(condition)
            return


def _digest(first: bytes, *rest: str) -> bytes:
    """32 bytes that stand for the parts; each is preceded by its length, so no two lists look alike."""
    parts = [first, *(part.encode() for part in rest)]
    return blake2b(b"".join(len(part).to_bytes(8, "big") + part for part in parts), digest_size=32).digest()


def _several(subject: Subject, registration: str | None) -> dict[str, Any]:
    """Communication 2.3: "all state data for this context (Activity + Agent [+ registration if specified])"."""
    chosen = {} if registration is None else {"registration": registration}
    return {"subject": subject.digest, **chosen}


def _document(row: dict[str, Any]) -> Document:
    return Document(bytes(row["body"]), row["type"], row["updated"])


def _filter(address: Address, condition: Condition) -> dict[str, Any]:
    """The document at `address` if `condition` holds for it."""
    etag: dict[str, Any] = {}
    if condition.match is not None and condition.match != ANY:
        etag["$in"] = condition.match
    if condition.none_match is not None:
        etag |= {"$exists": False} if condition.none_match == ANY else {"$nin": condition.none_match}
    return {"_id": address.digest, **({"etag": etag} if etag else {})}


def _holds(condition: Condition, row: dict[str, Any] | None) -> bool:
    """The same as `_filter`, for a row that was read."""
    if row is None:
        return condition.match is None
    matches = condition.match is None or condition.match == ANY or row["etag"] in condition.match
    return matches and not condition.names(row["etag"])


def _failed(condition: Condition) -> PreconditionFailed:
    if condition.match is not None:
        return PreconditionFailed("COMM-if-match", "header If-Match", "the document isn't the one that it names")
    return PreconditionFailed("COMM-if-none-match", "header If-None-Match", "there is a document already")


def _conflict() -> DocumentConflict:
    return DocumentConflict("COMM-conflict", "header If-Match",
                            "there is a document already: look at it, and set If-Match to its ETag")


def _merged(existing: Document, posted: Document) -> Document:
    """Communication 2.2: "only top-level properties are merged, even if a top-level property is an Object"."""
    merged = _json_object(existing, "the existing document") | _json_object(posted, "the posted document")
    return Document(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode(), existing.type)


def _json_object(document: Document, which: str) -> dict[str, Any]:
    if not document.is_json:
        raise BadRequest("COMM-merge-json", "header Content-Type", f"{which} is {document.type}")
    try:
        parse_json(document.body)
        value = json.loads(document.body)  # which keeps whole numbers of any length
    except Refused as refused:
        raise BadRequest("COMM-merge-json", "body", f"{which}: {refused.detail}") from None
    except ValueError as error:
        raise BadRequest("COMM-merge-json", "body", f"{which}: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest("COMM-merge-json", "body", f"{which} is no Object")
    return value
