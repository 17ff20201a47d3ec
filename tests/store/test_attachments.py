"""The data of Attachments against a real MongoDB: what is kept, what is removed, and how much memory it takes."""

import hashlib
import itertools
import os
import signal
import threading
import tracemalloc
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import orjson
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from lrs.access import Caller
from lrs.attachments import ABANDONED, CHUNK, attachments_of
from lrs.errors import BadRequest, Conflict, TooLarge, Unavailable
from lrs.multipart import Part
from lrs.signatures import USAGE
from lrs.statements import Lrs, Prepared, prepare, prepare_batch
from tests.conftest import URI
from tests.unit import builders

MIB = 1024 * 1024
FORK = get_context("fork")


def statement(**changes: Any) -> dict[str, Any]:
    return builders.statement(id=str(uuid.uuid4()), **changes)


def attachment(data: bytes = b"", **changes: Any) -> dict[str, Any]:
    return {"usageType": "http://example.com/u", "display": {"en": "A file"}, "contentType": "text/plain",
            "length": len(data), "sha2": hashlib.sha256(data).hexdigest(), **changes}


def part(data: bytes | Iterator[bytes], digest: str = "") -> Part:
    digest = digest or (hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else "")
    return Part({"x-experience-api-hash": digest}, iter((data,)) if isinstance(data, bytes) else data)


def prepared(caller: Caller, *attachments: dict[str, Any], **changes: Any) -> Prepared:
    return prepare({**statement(attachments=list(attachments)), **changes}, caller, "2.0")


def kept(lrs: Lrs, caller: Caller, *data: bytes) -> list[bytes]:
    """What is read back of these data, where it is there."""
    files = lrs.files.find(caller.store, [hashlib.sha256(each).hexdigest() for each in data])
    return [b"".join(lrs.files.read(file)) for file in files.values()]


def rows(database: Database[Any], caller: Caller) -> tuple[int, int, int]:
    """Files, chunks and notes of uploads of the caller's store."""
    files = [row["_id"] for row in database["attachments.files"].find({"metadata.store": caller.store})]
    notes = [row["_id"] for row in database["attachments.uploads"].find({"store": caller.store})]
    return len(files), database["attachments.chunks"].count_documents({"files_id": {"$in": files + notes}}), len(notes)


def age(database: Database[Any], caller: Caller) -> None:
    """As if the uploads had begun long ago."""
    database["attachments.uploads"].update_many({"store": caller.store},
                                                {"$set": {"at": datetime.now(UTC) - ABANDONED - timedelta(seconds=1)}})


@pytest.mark.parametrize("size", [0, 1, 255 * 1024 - 1, 255 * 1024, 255 * 1024 + 1, 3 * MIB + 7])
def test_data_of_any_size_comes_back_as_it_was(lrs: Lrs, caller: Caller, size: int) -> None:
    data = os.urandom(size)
    lrs.store(caller, [prepared(caller, attachment(data))], parts=[part(data)])
    assert kept(lrs, caller, data) == [data]


def test_data_is_held_once_however_often_it_comes(lrs: Lrs, caller: Caller, database: Database[Any]) -> None:
    for _ in range(3):
        lrs.store(caller, [prepared(caller, attachment(b"same")) for _ in range(2)], parts=[part(b"same")])
    assert rows(database, caller) == (1, 1, 0)


def test_a_statement_sent_again_with_data_gets_it(lrs: Lrs, caller: Caller) -> None:
    linked = prepared(caller, attachment(b"late", fileUrl="http://example.com/f"))
    lrs.store(caller, [linked])
    assert lrs.get(caller, linked.id).files == ()
    lrs.store(caller, [linked], parts=[part(b"late")])
    assert lrs.get(caller, linked.id).files == (hashlib.sha256(b"late").hexdigest(),)
    assert kept(lrs, caller, b"late") == [b"late"]


@pytest.mark.parametrize(("data", "digest", "requirement"), [
    (b"other", hashlib.sha256(b"file").hexdigest(), "COMM-hash"), (b"other", "", "XAPI-00128")])
def test_data_that_is_refused_leaves_nothing(lrs: Lrs, caller: Caller, database: Database[Any], data: bytes,
                                             digest: str, requirement: str) -> None:
    with pytest.raises(BadRequest, match=requirement):
        lrs.store(caller, [prepared(caller, attachment(b"file"), attachment(b"big"))],
                  parts=[part(b"big"), part(data, digest)])
    assert rows(database, caller) == (0, 0, 0)


def test_data_of_a_conflict_is_removed_and_the_first_statements_stays(lrs: Lrs, caller: Caller,
                                                                      database: Database[Any]) -> None:
    first = prepared(caller, attachment(b"first"))
    lrs.store(caller, [first], parts=[part(b"first")])
    with pytest.raises(Conflict):
        lrs.store(caller, [prepared(caller, attachment(b"second"), id=first.id)], parts=[part(b"second")])
    assert rows(database, caller) == (1, 1, 0)
    assert kept(lrs, caller, b"first", b"second") == [b"first"]


def test_a_signature_that_is_too_large_is_refused_before_it_is_held(lrs: Lrs, caller: Caller) -> None:
    pieces = itertools.repeat(b"x" * 65536)  # without end
    signature = attachment(usageType=USAGE, contentType="application/octet-stream")
    with pytest.raises(TooLarge, match="XAPI-00115"):
        lrs.store(caller, [prepared(caller, signature)], parts=[part(pieces, signature["sha2"])])


def test_no_more_than_a_few_pieces_are_in_memory(lrs: Lrs, caller: Caller) -> None:
    block = os.urandom(65536)
    digest = hashlib.sha256(block * 512).hexdigest()
    declared = attachment(sha2=digest)
    tracemalloc.start()
    lrs.store(caller, [prepared(caller, declared)], parts=[part(itertools.repeat(block, 512), digest)])
    written = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    length = sum(map(len, lrs.files.read(lrs.files.find(caller.store, [digest])[digest])))
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == 32 * MIB
    assert max(written, read) < 6 * MIB


# Crashes


def upload_and_die(database: str, caller: Caller, sent: dict[str, Any], data: bytes, before: int) -> None:
    """Killed before the given piece of data is read; after the last, before the note is taken away."""
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), MIB):
            if start // MIB == before:
                os.kill(os.getpid(), signal.SIGKILL)
            yield data[start:start + MIB]

    lrs = Lrs(MongoClient[Any](os.environ[URI])[database])
    with lrs.files.receiving(caller.store, [each for _, each in attachments_of(sent)],
                             [part(pieces(), sent["attachments"][0]["sha2"])]) as received:
        lrs._store(caller, [prepare(sent, caller, "2.0")], received.digests, {})
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_what_a_crash_left_is_removed_or_kept_for_its_statement(lrs: Lrs, caller: Caller, database: Database[Any],
                                                                before: int) -> None:
    data = os.urandom(3 * MIB)
    sent = statement(attachments=[attachment(data)])
    crashed = FORK.Process(target=upload_and_die, args=(database.name, caller, sent, data, before))
    crashed.start()
    crashed.join(30)
    assert crashed.exitcode == -signal.SIGKILL
    assert rows(database, caller)[2] == 1
    lrs.sweep()
    assert rows(database, caller)[2] == 1, "it may be under way still"
    age(database, caller)
    lrs.sweep()
    stored = before == 3
    assert (rows(database, caller) == (0, 0, 0)) is not stored
    assert kept(lrs, caller, data) == ([data] if stored else [])
    lrs.store(caller, [prepare(sent, caller, "2.0")], parts=[part(data)])  # the client tries again
    assert kept(lrs, caller, data) == [data]


def test_a_crashed_uploads_chunks_are_removed_when_a_second_try_has_brought_the_data(lrs: Lrs, caller: Caller,
                                                                                     database: Database[Any]) -> None:
    data = os.urandom(3 * MIB)
    sent = statement(attachments=[attachment(data)])
    crashed = FORK.Process(target=upload_and_die, args=(database.name, caller, sent, data, 2))
    crashed.start()
    crashed.join(30)
    lrs.store(caller, [prepare(sent, caller, "2.0")], parts=[part(data)])
    age(database, caller)
    assert rows(database, caller)[1] > 3 * MIB // CHUNK + 1, "what the first try left is there"
    lrs.sweep()
    assert rows(database, caller) == (1, 3 * MIB // CHUNK + 1, 0)
    assert kept(lrs, caller, data) == [data]


def test_data_is_not_shared_with_an_upload_that_may_yet_be_refused(lrs: Lrs, caller: Caller) -> None:
    taken = prepared(caller)
    lrs.store(caller, [taken])
    first, second = prepared(caller, attachment(b"both"), id=taken.id), prepared(caller, attachment(b"both"))
    with suppress(Conflict), lrs.files.receiving(caller.store, [attachment(b"both")], [part(b"both")]):
        lrs.store(caller, [second], parts=[part(b"both")])
        lrs.store(caller, [first], parts=[part(b"both")])
    assert kept(lrs, caller, b"both") == [b"both"]


def test_an_upload_that_was_taken_for_abandoned_is_refused_rather_than_lost(lrs: Lrs, caller: Caller,
                                                                            database: Database[Any]) -> None:
    def slow() -> Iterator[bytes]:
        yield b"slow "
        age(database, caller)
        lrs.sweep()
        yield b"data"

    sent = prepared(caller, attachment(b"slow data"))
    with pytest.raises(Unavailable):
        lrs.store(caller, [sent], parts=[part(slow(), attachment(b"slow data")["sha2"])])
    lrs.store(caller, [sent], parts=[part(b"slow data")])
    assert kept(lrs, caller, b"slow data") == [b"slow data"]


def test_many_at_once_with_the_same_data_all_have_it(lrs: Lrs, caller: Caller) -> None:
    data = os.urandom(MIB)
    batches = [prepare_batch([statement(attachments=[attachment(data)])], caller, "2.0") for _ in range(8)]
    threads = [threading.Thread(target=lrs.store, args=(caller, batch), kwargs={"parts": [part(data)]})
               for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for batch in batches:
        found = lrs.get(caller, batch[0].id)
        assert found.files == (hashlib.sha256(data).hexdigest(),)
        assert orjson.loads(found.body)["attachments"][0]["sha2"] == found.files[0]
    assert kept(lrs, caller, data) == [data]
