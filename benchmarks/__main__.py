"""`python -m benchmarks`: each figure of Waymark's beside its limit on the same machine, in one run."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from pymongo import MongoClient

from benchmarks import client, machine, raw, servers
from benchmarks.cases import PATH, POSTS, Get, Post, check, gets
from benchmarks.client import Seen, Target
from benchmarks.servers import Server
from benchmarks.statements import ALIGNED, statement

GUESS = 4000  # requests a second to prepare for
EDITED = "needs-exam"  # what 30 % of the statements are aligned by
QUIET = 0.3  # of one core: what others used, above which a figure is marked
SAMPLE = 0.5  # seconds between looks at how far the worker is
HEADING = (f"{'case':<25}{'echo/s':>9}{'raw/s':>9}{'ours/s':>9}{'of raw':>8}{'aim':>6}{'p50 ms':>8}{'p95 ms':>8}"
           f"{'web':>8}{'mongod':>8}{'worker':>8}{'all':>8}  ms of CPU for each statement or GET")

Case = Post | Get


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--statements", default="20000,1000000", help="how many are there before (20000,1000000)")
    parser.add_argument("--seconds", type=float, default=8, help="for each case and round (8)")
    parser.add_argument("--rounds", type=int, default=2, help="of which the median counts (2)")
    parser.add_argument("--memory", type=float, metavar="MINUTES",
                        help="only a mixed load for so long, and what memory it takes")
    parser.add_argument("--replay", type=int, metavar="STATEMENTS",
                        help="only a replay of so many, beside how fast they were taken in")
    given = parser.parse_args()
    for line in _conditions():
        print(line, flush=True)
    if given.memory:
        with _preloaded(20_000) as server:
            _memory(server, given.memory * 60)
        return
    if given.replay:
        _replay(given.replay)
        return
    p95 = [_measure(int(count), given.seconds, given.rounds) for count in given.statements.split(",")]
    if len(p95) > 1:
        print("\np95 of each GET, in times of the first size's (aim: 1.5 at the most)")
        for name in p95[0]:
            print(f"{name:<25}" + "".join(f"{each[name] / p95[0][name]:>9.2f}" for each in p95))


def _measure(count: int, seconds: float, rounds: int) -> dict[str, float]:
    """All cases over so many statements; each GET's p95."""
    with _preloaded(count) as server, servers.echo() as floor:
        raw.clone(server.uri)
        print(f"\n{count:,} statements\n{HEADING}", flush=True)
        with MongoClient[Any](server.uri) as database:
            installation, store = database.waymark.installation.find_one(), database.waymark.stores.find_one()
        assert installation is not None, "Waymark has made it"
        assert store is not None, "Waymark has made it"
        cases: list[Case] = [*gets(server.target, count, "preload", installation["secret"], store["_id"]), *POSTS]
        latencies = {each.name: _row(each, server, floor, seconds, rounds) for each in cases}
        raw.drop(server.uri)
        _worker(server, seconds)
        print("PSS, MB: " + ", ".join(f"{name} {size:.0f}" for name, size in server.pss().items()))
        return {name: p95 for name, p95 in latencies.items() if name.startswith("GET")}


def _row(case: Case, server: Server, floor: Target, seconds: float, rounds: int) -> float:
    """Measure a case, print its line, give its p95 in seconds."""
    if isinstance(case, Get):
        _check(case, server)
    echoed = client.run(floor, _requests(case, floor, seconds, "echo"), case.connections, min(seconds, 2))
    alone, ours, spent, others = [], [], [], 0.0
    for number in range(rounds):
        raw.flush(server.uri)
        alone.append(_alone(case, server.uri, seconds))
        raw.flush(server.uri)
        requests = _requests(case, server.target, seconds, f"{case.name} {number} {time.time()}")
        client.run(server.target, requests[:40], case.connections, 2)
        watch = machine.Watch(server.parts)
        seen = client.run(server.target, requests[40:], case.connections, seconds)
        _require_good(case.name, seen)
        others = max(others, watch.others(seen.cpu))
        made = len(seen.latencies) * _batch(case)
        spent.append({name: 1000 * each / made for name, each in watch.spent().items()})
        ours.append(seen)
        _settle(server)
    _print_row(case, echoed, alone, ours, spent, others)
    return median(each.at(0.95) for each in ours)


def _check(case: Get, server: Server) -> None:
    """The first answers hold what the database finds."""
    with MongoClient[Any](server.uri) as database:
        for request, (query, limit) in zip(case.requests[:5], case.queries, strict=False):
            found = list(database.waymark.statements.find(query, {"_id": 1}).limit(limit))
            check(case.name, client.run(server.target, [request], 1, 10).last, len(found))


def _print_row(case: Case, echoed: Seen, alone: list[Seen], ours: list[Seen], spent: list[dict[str, float]],
               others: float) -> None:
    batch, rate = _batch(case), median(each.rate for each in ours)
    share = median(mine.rate / limit.rate for mine, limit in zip(ours, alone, strict=True))
    by = {name: median(each[name] for each in spent) for name in spent[0]}
    print(f"{case.name:<25}{batch * echoed.rate:>9,.0f}{batch * median(each.rate for each in alone):>9,.0f}"
          f"{batch * rate:>9,.0f}{share:>8.2f}{case.aim or '':>6}{1000 * median(each.at(0.5) for each in ours):>8.2f}"
          f"{1000 * median(each.at(0.95) for each in ours):>8.2f}{by['web']:>8.3f}{by['mongod']:>8.3f}"
          f"{by['worker']:>8.3f}{sum(by.values()):>8.3f}"
          + (f"  disturbed: others used {others:.0%} of a core" if others > QUIET else ""), flush=True)


def _alone(case: Case, uri: str, seconds: float) -> Seen:
    if isinstance(case, Post):
        return raw.insert(uri, case.batch, case.connections, seconds)
    return raw.find(uri, case.queries, case.connections, seconds)


def _requests(case: Case, target: Target, seconds: float, seed: str) -> list[bytes]:
    if isinstance(case, Post):
        return case.requests(target, seed, int(GUESS * seconds / case.batch ** 0.7))
    return (case.requests * (1 + int(GUESS * seconds) // len(case.requests)))[:int(GUESS * seconds) + 40]


def _batch(case: Case) -> int:
    return case.batch if isinstance(case, Post) else 1


def _require_good(name: str, seen: Seen) -> None:
    if set(seen.statuses) != {200}:
        raise SystemExit(f"{name}: {dict(seen.statuses)} {seen.last[:300]!r}")


@contextmanager
def _preloaded(count: int) -> Iterator[Server]:
    """A new Waymark with so many statements, all of them projected."""
    with TemporaryDirectory(prefix="waymark-benchmark-") as data, servers.waymark(Path(data)) as server:
        spent = 0.0  # posting: the requests are made before
        for first in range(0, count, 10_000):
            bodies = ([statement(number, "preload") for number in range(start, start + 50)]
                      for start in range(first, min(first + 10_000, count), 50))
            posts = [server.target.render("POST", PATH, orjson.dumps(body)) for body in bodies]
            began = time.perf_counter()
            _require_good("preload", client.run(server.target, posts, 4, 600))
            spent += time.perf_counter() - began
            done = min(first + 10_000, count)
            print(f"\rpreloading: {done:,} of {count:,}", end="", file=sys.stderr, flush=True)
        print(f"\rpreloaded {count:,}: {count / spent:,.0f} a second, in batches of 50 from 4 clients", file=sys.stderr)
        _settle(server)
        yield server


def _settle(server: Server, seconds: float = 600) -> float:
    """Wait until the worker has projected everything; the seconds that it took."""
    began = time.perf_counter()
    with MongoClient[Any](server.uri) as database:
        while _lag(database):
            if time.perf_counter() - began > seconds:
                raise SystemExit("the worker doesn't come to an end")
            time.sleep(0.05)
    return time.perf_counter() - began


def _lag(database: MongoClient[Any]) -> int:
    """How many statements are stored but not projected."""
    return int(database.waymark.statements.estimated_document_count()
               - database.waymark.coverage.estimated_document_count())


def _replay(count: int) -> None:
    """How fast everything is derived again, while the server runs and nothing else is asked of it."""
    with _preloaded(count) as server, MongoClient[Any](server.uri) as database:
        before = database.waymark.command("dbHash", collections=["evidence", "coverage"])["collections"]
        began = time.perf_counter()
        environment = {**os.environ, "WAYMARK_MONGODB_URI": server.uri}
        subprocess.run([sys.executable, "-m", "waymark", "replay"], env=environment, check=True)
        seconds = time.perf_counter() - began
        _settle(server)
        same = database.waymark.command("dbHash", collections=["evidence", "coverage"])["collections"] == before
        print(f"replayed {count:,} in {seconds:.1f} s: {count / seconds:,.0f} a second; "
              f"{'the same as before' if same else 'NOT THE SAME as before'}")
        _edit(server, database)


def _edit(server: Server, database: MongoClient[Any]) -> None:
    """How fast what an edited alignment touches is derived again, while other statements come in."""
    posts = POSTS[3].requests(server.target, f"edit {time.time()}", 2000)
    put = server.target.render("PUT", f"/api/v1/alignments/{EDITED}", orjson.dumps({"ceiling": 2.5}))
    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(client.run, server.target, posts, 4, 600)
        began, touched, during = time.perf_counter(), 0, True
        edited = client.run(server.target, [put], 1, 10)
        if set(edited.statuses) != {201}:
            raise SystemExit(f"the edit: {dict(edited.statuses)} {edited.last[:300]!r}")
        while not (found := database.waymark.realignments.find_one() or {}) or found["job"]:
            touched, during = (found.get("job") or {"of": 0})["of"], not posting.done()
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        beside = f", while {posting.result().rate * 50:,.0f} a second came in" if during else ""
        print(f"edited {EDITED}: {touched:,} statements derived again in {seconds:.1f} s: "
              f"{touched / seconds:,.0f} a second{beside}")


def _worker(server: Server, seconds: float) -> None:
    """How far the worker falls behind under load, and how fast it is when there is a backlog."""
    print(f"\nthe worker, {ALIGNED:.0%} of the statements aligned")
    for case in (POSTS[1], POSTS[3]):
        requests = _requests(case, server.target, seconds, f"worker {case.name} {time.time()}")
        peak, seen = _with_lag(server, case, requests, seconds)
        drained = _settle(server)
        print(f"{case.name:<25}{case.batch * seen.rate:>9,.0f}/s posted, lag at the most {peak:,} statements, "
              f"drained {drained:.2f} s after the last", flush=True)
    backlog = POSTS[3].requests(server.target, f"backlog {time.time()}", 400)
    with server.worker_stopped():
        _require_good("backlog", client.run(server.target, backlog, 4, 60))
    took = _settle(server)
    print(f"{'a backlog of 20,000':<25}{20_000 / took:>9,.0f}/s drained")


def _with_lag(server: Server, case: Post, requests: list[bytes], seconds: float) -> tuple[int, Seen]:
    """The worker's lag at its peak, and what the load saw."""
    with MongoClient[Any](server.uri) as database, ThreadPoolExecutor(1) as pool:
        running, peak = pool.submit(client.run, server.target, requests, case.connections, seconds), 0
        while not running.done():
            peak = max(peak, _lag(database))
            time.sleep(SAMPLE)
        _require_good(case.name, running.result())
        return peak, running.result()


def _memory(server: Server, seconds: float) -> None:
    """A mixed load, and what each part of the server holds."""
    print(f"\nPSS in MB under a mixed load\n{'minute':>7}" + "".join(f"{name:>9}" for name in server.parts)
          + f"{'but mongod':>12}")
    reads = [server.target.render("GET", f"{PATH}?limit=50")] * 2000
    began = time.perf_counter()
    while (past := time.perf_counter() - began) < seconds:
        sizes = server.pss()
        print(f"{past / 60:>7.1f}" + "".join(f"{size:>9.0f}" for size in sizes.values())
              + f"{sum(sizes.values()) - sizes['mongod']:>12.0f}", flush=True)
        for case in (POSTS[1], POSTS[3]):
            posts = case.requests(server.target, f"memory {time.time()}", 20_000 // case.batch)
            _require_good(case.name, client.run(server.target, posts, case.connections, 10))
        _require_good("reads", client.run(server.target, reads, 8, 10))


def _conditions() -> list[str]:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    size = len(orjson.dumps([statement(number, "preload") for number in range(1000)])) / 1000
    return [*machine.conditions(),
            f"commit {commit.stdout.strip() or 'unknown'}; the load client, the servers and mongod share the cores",
            f"statements of {size:,.0f} bytes, {ALIGNED:.0%} of them aligned, the worker running; w=majority, j=true",
            "raw: pymongo, a process a client, on the same mongod: copies of Waymark's rows under the same indexes",
            "echo: gunicorn and Flask with as many processes and threads, answering from memory"]


if __name__ == "__main__":
    main()
