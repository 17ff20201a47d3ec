"""What the same mongod does without us: the same documents, under the same indexes, journaled alike.

Each process has a client of its own, as fast as pymongo is: documents are made before the clock starts, and what is
found isn't decoded.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from benchmarks.client import Seen
from lrs.clock import now_micros

DATABASE, WAYMARKS = "benchmark_raw", "waymark"
JOURNALED = WriteConcern(w="majority", j=True)
PROJECTION = {"body": 1, "stored": 1}
ORDER = [("stored", -1), ("_id", -1)]

Query = tuple[dict[str, Any], int]  # a filter, and how many are wanted


def clone(uri: str) -> None:
    """Copy the statements, and index them as they are: what is inserted must find an index of the same size."""
    with MongoClient[Any](uri) as client:
        statements, copy = client[WAYMARKS].statements, client[DATABASE].statements
        copy.drop()
        for name, index in statements.index_information().items():
            if name != "_id_":
                options = {key: value for key, value in index.items() if key in ("sparse", "unique")}
                copy.create_index(index["key"], name=name, **options)
        statements.aggregate([{"$merge": {"into": {"db": DATABASE, "coll": "statements"}, "on": "_id"}}])


def flush(uri: str) -> None:
    """Have what was written until now reach the disk, so that nobody pays for what somebody else wrote."""
    with MongoClient[Any](uri) as client:
        client.admin.command("fsync")


def drop(uri: str) -> None:
    with MongoClient[Any](uri) as client:
        client.drop_database(DATABASE)


def insert(uri: str, batch: int, connections: int, seconds: float) -> Seen:
    """Insert copies of statements, `batch` at a time, each with a new id and a `stored` of its own."""
    return _together(_insert, uri, connections, seconds, batch)


def find(uri: str, queries: list[Query], connections: int, seconds: float) -> Seen:
    """Ask for these in turn."""
    return _together(_find, uri, connections, seconds, queries)


def _insert(uri: str, batch: int, begin: Callable[[], float]) -> Seen:
    found = list(_collection(uri, WAYMARKS).find().limit(5000))
    rows = _collection(uri, DATABASE).with_options(write_concern=JOURNALED)
    rows.find_one()
    seen, end, at = Seen(), begin(), 0
    while time.perf_counter() < end:
        documents = [{**found[(at + index) % len(found)], "_id": os.urandom(28), "stored": now_micros() + index}
                     for index in range(batch)]
        began = time.perf_counter()
        rows.insert_many(documents, ordered=False)
        seen.latencies.append(time.perf_counter() - began)
        at += batch
    return seen


def _find(uri: str, queries: list[Query], begin: Callable[[], float]) -> Seen:
    rows = _collection(uri, WAYMARKS).with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    rows.find_one()
    seen, end, at = Seen(), begin(), os.getpid()
    while time.perf_counter() < end:
        query, limit = queries[at % len(queries)]
        began = time.perf_counter()
        if limit == 1:
            rows.find_one(query, PROJECTION)
        else:
            list(rows.find(query, PROJECTION).sort(ORDER).limit(limit))
        seen.latencies.append(time.perf_counter() - began)
        at += 7
    return seen


def _collection(uri: str, database: str) -> Collection[Any]:
    return MongoClient[Any](uri)[database].statements


def _together(work: Callable[..., Seen], uri: str, processes: int, seconds: float, what: Any) -> Seen:
    """What `processes` saw, all begun at once."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(processes + 1), context.Queue()
    running = [context.Process(target=_run, args=(work, uri, what, seconds, start, results)) for _ in range(processes)]
    for process in running:
        process.start()
    start.wait(120)
    total, began = Seen(), time.perf_counter()
    for _ in running:
        latencies, spent = results.get(timeout=seconds + 120)
        total.latencies += latencies
        total.cpu += spent
    total.wall = time.perf_counter() - began
    for process in running:
        process.join()
    return total


def _run(work: Callable[..., Seen], uri: str, what: Any, seconds: float, start: Barrier,
         results: "Queue[Any]") -> None:
    spent = 0.0

    def begin() -> float:
        nonlocal spent
        start.wait(120)
        spent = time.process_time()
        return time.perf_counter() + seconds

    seen = work(uri, what, begin)
    results.put((seen.latencies, time.process_time() - spent))
