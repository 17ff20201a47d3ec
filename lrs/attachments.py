"""Attachments: what Statements declare of them, and their data, which is kept in GridFS by store and SHA-2.

Data comes before its Statements are stored, so a crash between the two would leave some that nobody can ask for.
Each upload is therefore noted in `attachments.uploads` first, and the note goes when the Statements are there. `sweep`
looks at notes that stayed: data that a Statement has is kept, other data is removed. Nothing else removes data.

The layout is GridFS's, but it is read and written here: the driver's own classes hold up to 48 MB of a file in memory.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.collection import Collection
from pymongo.database import Database

from lrs.errors import BadRequest, Breach, Conflict, TooLarge, Unavailable
from lrs.multipart import Part
from lrs.rules import Refused
from lrs.signatures import MOST_BYTES, is_signature
from lrs.store import JOURNALED, batches

HASHES = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by their hexadecimal length
CHUNK = 255 * 1024  # GridFS's default
AT_ONCE = 4  # chunks in one message, so that 1 MiB is held in memory at the most
ABANDONED = timedelta(hours=1)
MOST_SIGNED = 4 * MOST_BYTES  # of a request's signatures together, which are read whole

Attachment = dict[str, Any]


@dataclass
class Received:
    """The data that came with a request: digests in lower case, the files newly written, and signatures whole."""

    digests: set[str] = field(default_factory=set)
    uploads: list[ObjectId] = field(default_factory=list)
    signatures: dict[str, bytes] = field(default_factory=dict)


def attachments_of(statement: dict[str, Any], at: str = "") -> Iterator[tuple[str, Attachment]]:
    """A Statement's Attachments and its SubStatement's, each with its JSON pointer; `at` is the Statement's."""
    for prefix, holder in ((at, statement), (f"{at}/object", statement["object"])):
        for index, attachment in enumerate(holder.get("attachments", ())):
            yield f"{prefix}/attachments/{index}", attachment


def check_has_data(attachments: Iterable[tuple[str, Attachment]], digests: Iterable[str] = ()) -> None:
    """Communication 1.5: an Attachment has a fileUrl, or its data came along. Raises BadRequest."""
    for at, attachment in attachments:
        if "fileUrl" not in attachment and attachment["sha2"].lower() not in digests:
            raise BadRequest("XAPI-00129", at, "neither data nor fileUrl")


class Files:
    """The data of Attachments, in one database."""

    def __init__(self, database: Database[Any]) -> None:
        def collection(name: str) -> Collection[dict[str, Any]]:
            return database.get_collection(f"attachments.{name}", write_concern=JOURNALED)

        self._files, self._chunks, self._uploads = collection("files"), collection("chunks"), collection("uploads")

    @contextmanager
    def receiving(self, store: ObjectId, declared: list[Attachment], parts: Iterable[Part]) -> Iterator[Received]:
        """Take the data of the declared Attachments from the parts after the first; within, store their Statements.

        Where a requirement is broken, here or within, what was written is removed at once; where something else fails,
        `sweep` finds out. Raises BadRequest, TooLarge, Unavailable.
        """
        received = Received()
        try:
            self._receive(store, declared, parts, received)
            self._renew(received)
            yield received
        except (Refused, Breach, Conflict):  # all before anything is stored
            self._remove(received.uploads)
            raise
        if received.uploads:
            self._uploads.delete_many({"_id": {"$in": received.uploads}})

    def find(self, store: ObjectId, digests: Iterable[str]) -> dict[str, ObjectId]:
        """The file of each digest that there is one for."""
        found = self._files.find({"metadata.store": store, "filename": {"$in": list(digests)}}, {"filename": 1})
        return {row["filename"]: row["_id"] for row in found}

    def read(self, file: ObjectId) -> Iterator[bytes]:
        """A file's data, in pieces."""
        for row in self._chunks.find({"files_id": file}, {"data": 1}, batch_size=AT_ONCE).sort("n", 1):
            yield bytes(row["data"])

    def sweep(self, is_declared: Callable[[ObjectId, str], bool]) -> int:
        """Remove abandoned uploads, or keep them if their Statements were stored after all; how many were removed."""
        removed = 0
        for note in list(self._uploads.find({"at": {"$lt": datetime.now(UTC) - ABANDONED}})):
            unchanged = {"_id": note["_id"], "at": note["at"]}
            if self._exists({note["_id"]}) and is_declared(note["store"], note["digest"]):
                self._uploads.delete_one(unchanged)
            elif self._uploads.update_one(unchanged, {"$set": {"dead": True}}).matched_count:
                self._remove([note["_id"]])
                removed += 1
        return removed

    def _receive(self, store: ObjectId, declared: list[Attachment], parts: Iterable[Part], received: Received) -> None:
        signatures = {each["sha2"].lower() for each in declared if is_signature(each)}
        wanted = {each["sha2"].lower() for each in declared}
        for number, part in enumerate(parts, 2):
            place = f"part {number}"
            digest = _digest_of(part, wanted, place)
            data = _checked(part.data, digest, place)
            if digest in signatures:
                left = MOST_SIGNED - sum(map(len, received.signatures.values()))
                received.signatures[digest] = _small(data, left, place)
                data = iter((received.signatures[digest],))
            if digest in received.digests or self._is_kept(store, digest):
                deque(data, maxlen=0)  # read to its end, where it is checked
            else:
                self._write(store, digest, data, received)
            received.digests.add(digest)

    def _renew(self, received: Received) -> None:
        """Renew the notes before the Statements are stored, so that a sweep passes them by."""
        if received.uploads:
            done = self._uploads.update_many({"_id": {"$in": received.uploads}, "dead": {"$exists": False}},
                                             {"$set": {"at": datetime.now(UTC)}})
            if done.matched_count != len(received.uploads):
                raise Unavailable("the upload took so long that its data was taken for abandoned")

    def _remove(self, uploads: list[ObjectId]) -> None:
        if uploads:
            self._files.delete_many({"_id": {"$in": uploads}})
            self._chunks.delete_many({"files_id": {"$in": uploads}})
            self._uploads.delete_many({"_id": {"$in": uploads}})

    def _is_kept(self, store: ObjectId, digest: str) -> bool:
        """Whether there is data that stays. A file goes before its note, so one without a note is looked for again."""
        files = [row["_id"] for row in self._files.find({"metadata.store": store, "filename": digest}, {"_id": 1})]
        noted = {row["_id"] for row in self._uploads.find({"_id": {"$in": files}}, {"_id": 1})} if files else set()
        return self._exists(set(files) - noted)

    def _exists(self, files: set[ObjectId]) -> bool:
        return bool(files) and self._files.find_one({"_id": {"$in": list(files)}}, {"_id": 1}) is not None

    def _write(self, store: ObjectId, digest: str, data: Iterator[bytes], received: Received) -> None:
        file, length, number = ObjectId(), 0, 0
        self._uploads.insert_one({"_id": file, "store": store, "digest": digest, "at": datetime.now(UTC)})
        received.uploads.append(file)
        for group in batches(_resized(data, CHUNK), AT_ONCE):
            rows = [{"files_id": file, "n": number + index, "data": chunk} for index, chunk in enumerate(group)]
            self._chunks.insert_many(rows)
            number += len(group)
            length += sum(map(len, group))
        self._files.insert_one({"_id": file, "length": length, "chunkSize": CHUNK, "uploadDate": datetime.now(UTC),
                                "filename": digest, "metadata": {"store": store}})


def _digest_of(part: Part, wanted: set[str], place: str) -> str:
    """The digest that a part's headers name (Communication 1.5.2)."""
    encoding = part.headers.get("content-transfer-encoding", "binary")  # "an LRS SHOULD assume ... binary"
    if encoding.lower() != "binary":
        raise BadRequest("XAPI-00135", place, f"its Content-Transfer-Encoding is {encoding!r:.40}")
    digest = part.headers.get("x-experience-api-hash")
    if digest is None:
        rule = "XAPI-00133" if _is_json(part.headers) else "XAPI-00132"
        raise BadRequest(rule, place, "it has no X-Experience-API-Hash")
    if digest.lower() not in wanted:
        raise BadRequest("XAPI-00128", place, f"no Attachment of these Statements has the sha2 {digest!r:.140}")
    return digest.lower()


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _checked(data: Iterator[bytes], digest: str, place: str) -> Iterator[bytes]:
    """The same data, refused at its end if it isn't what the digest says."""
    running = hashlib.new(HASHES[len(digest)])
    for piece in data:
        running.update(piece)
        yield piece
    if running.hexdigest() != digest:
        raise BadRequest("COMM-hash", place, f"its data has the digest {running.hexdigest()}")


def _small(data: Iterator[bytes], left: int, place: str) -> bytes:
    """A signature's data, whole; `left` of all that a request may have."""
    whole = bytearray()
    for piece in data:
        whole += piece
        if len(whole) > min(MOST_BYTES, left):
            raise TooLarge("XAPI-00115", place, f"a signature has more than {MOST_BYTES:,} bytes, or all more than "
                                                f"{MOST_SIGNED:,}")
    return bytes(whole)


def _resized(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last of which may be shorter."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)
