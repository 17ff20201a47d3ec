"""What many clients at once do to a server of four processes. The counts are printed: pytest -s shows them."""

import http.client
import json
import os
import random
import signal
import threading
import time
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from lrs.access import Caller, Gate
from lrs.clock import now_micros
from lrs.models import Store
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs, prepare
from tests.conftest import URI, Client, caller_of, new_credential, serving, wait_until
from waymark.settings import Settings

INCREMENTS, COUNTERS = 10_000, 4
POSTS, RACERS = 1000, 8
DOCUMENT = "/xapi/activities/profile?" + urlencode({"activityId": "http://example.com/counter", "profileId": "count"})
FORK = get_context("fork")


@pytest.fixture(scope="module")
def four(settings: Settings, database: Database[Any]) -> Iterator[tuple[str, list[int]]]:
    """The URL of a server with four processes, and their numbers."""
    with serving(settings, 4) as (url, process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield url, wait_until(lambda: len(found := children.read_text().split()) == 4 and list(map(int, found)), 20,
                              "four processes")


@pytest.fixture
def client(four: tuple[str, list[int]], gate: Gate, store: Store) -> Client:
    return Client(four[0], store, *new_credential(gate, store))


class Connection:
    """One keep-alive connection of a client; `requests` would spend more time than the server does."""

    def __init__(self, client: Client) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(client.url).netloc, timeout=60)
        secret = b64encode(f"{client.key}:{client.secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {secret}", "X-Experience-API-Version": "2.0.0",
                         "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """The status, the headers and the body, parsed where there is one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, sent, self._headers | named)
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


@pytest.mark.requirement("COMM-if-match", "COMM-etag")
def test_increments_by_compare_and_swap_lose_none(client: Client) -> None:
    def count_up(racer: int) -> int:
        connection, done, refused = Connection(client), 0, 0
        while done < INCREMENTS // COUNTERS:
            _, headers, value = connection.send("GET", DOCUMENT)
            status, _, _ = connection.send("PUT", DOCUMENT, {"count": value["count"] + 1}, If_Match=headers["ETag"])
            assert status in (204, 412)
            done, refused = done + (status == 204), refused + (status == 412)
        return refused

    assert Connection(client).send("PUT", DOCUMENT, {"count": 0}, If_None_Match="*")[0] == 204
    refused = sum(at_once(COUNTERS, count_up))
    assert Connection(client).send("GET", DOCUMENT)[2] == {"count": INCREMENTS}
    assert refused > INCREMENTS / 10, "they raced"
    print(f"\n{INCREMENTS:,} increments kept, {refused:,} answered 412 and tried again")


@pytest.mark.requirement("COMM-merge")
def test_merges_at_once_lose_no_property(client: Client) -> None:
    def merge(racer: int) -> None:
        connection = Connection(client)
        for number in range(100):
            assert connection.send("POST", DOCUMENT, {f"{racer}.{number}": number})[0] == 204

    at_once(RACERS, merge)
    assert len(Connection(client).send("GET", DOCUMENT)[2]) == RACERS * 100


def create(client: Client, path: str, racer: int) -> int:
    return Connection(client).send("PUT", path, {"racer": racer}, If_None_Match="*")[0]


@pytest.mark.requirement("COMM-if-none-match")
def test_one_of_many_creates_the_document(client: Client) -> None:
    statuses: Counter[int] = Counter()
    for turn in range(50):
        found = at_once(RACERS, partial(create, client, f"{DOCUMENT}{turn}"))
        assert sorted(found) == [204] + [412] * (RACERS - 1)
        statuses.update(found)
    assert statuses == {204: 50, 412: 50 * (RACERS - 1)}


@pytest.mark.requirement("XAPI-00142")
def test_racing_posts_of_one_id_with_two_bodies_leave_one(client: Client) -> None:
    sent = [statement(), statement(verb={"id": "http://example.com/w"})]
    sent[1]["id"] = sent[0]["id"]

    def post(racer: int) -> list[tuple[int, int]]:
        connection = Connection(client)
        bodies = [(racer + number) % 2 for number in range(POSTS // RACERS)]
        return [(body, connection.send("POST", "/xapi/statements", sent[body])[0]) for body in bodies]

    answers = Counter(answer for racer in at_once(RACERS, post) for answer in racer)
    found = client.statements()
    assert [each["id"] for each in found] == [sent[0]["id"]]
    kept = [each["verb"] for each in sent].index(found[0]["verb"])
    assert answers == {(kept, 200): POSTS // 2, (1 - kept, 409): POSTS // 2}
    print(f"\n{POSTS:,} POSTs of one id: {answers[kept, 200]} answered 200, {answers[1 - kept, 409]} a 409, one kept")


def statement(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": "http://example.com/v"},
            "object": {"id": "http://example.com/a"}, **changes}


# Followers


def follow_since(client: Client, stop: threading.Event) -> list[str]:
    """What an answer's Consistent-Through covers; from there on the next time."""
    connection, since, seen = Connection(client), format_timestamp(0), list[str]()
    while True:
        last = stop.is_set()
        path, through = "/xapi/statements?" + urlencode({"since": since, "limit": 50}), ""
        while path:
            _, headers, page = connection.send("GET", path)
            through = through or headers["X-Experience-API-Consistent-Through"]
            seen += [each["id"] for each in page["statements"] if each["stored"] <= through]
            path = page["more"]
        if last:
            return seen
        since = through
        time.sleep(0.02)


def follow_more(client: Client, stop: threading.Event) -> list[str]:
    """Ascending pages; what is later than the page's own Consistent-Through is left for the next look."""
    connection, since, seen = Connection(client), format_timestamp(0), list[str]()
    while True:
        last = stop.is_set()
        path = "/xapi/statements?" + urlencode({"since": since, "ascending": "true", "limit": 20})
        while path:
            _, headers, page = connection.send("GET", path)
            through = headers["X-Experience-API-Consistent-Through"]
            sure = [each for each in page["statements"] if each["stored"] <= through]
            seen += [each["id"] for each in sure]
            since = sure[-1]["stored"] if sure else since
            path = page["more"] if len(sure) == len(page["statements"]) else ""
        if last:
            return seen
        time.sleep(0.02)


def write(client: Client, seconds: float, seed: int) -> list[str]:
    """Statements one by one and in batches; the ids that were acknowledged."""
    connection, acknowledged, random_ = Connection(client), list[str](), random.Random(seed)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        batch = [statement() for _ in range(random_.choice((1, 1, 5)))]
        status, _, ids = connection.send("POST", "/xapi/statements", batch if len(batch) > 1 else batch[0])
        assert status == 200
        acknowledged += ids
    return acknowledged


def stop_and_go(processes: list[int], seconds: float) -> int:
    """Suspend one of the server's processes after the other, each for a moment; how many times."""
    until, times = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        process = random.choice(processes)
        os.kill(process, signal.SIGSTOP)
        time.sleep(random.uniform(0.02, 0.3))
        os.kill(process, signal.SIGCONT)
        time.sleep(random.uniform(0.01, 0.1))
        times += 1
    return times


def store_one_suspended(database: str, caller: Caller, statement_id: str) -> None:
    """A writer that is suspended when it has its `stored` and hasn't inserted."""
    armed = False

    def now() -> int:
        moment = now_micros()
        if armed and threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGSTOP)
        return moment

    lrs = Lrs(MongoClient[Any](os.environ[URI])[database], now)
    lrs.store(caller, [prepare(statement(), caller, "2.0")])  # its floor is published, and rises from here
    armed = True
    lrs.store(caller, [prepare(statement(id=statement_id), caller, "2.0")])


@pytest.mark.requirement("COMM-since-until", "COMM-consistent-through", "COMM-more")
def test_followers_see_each_acknowledged_statement_once_whoever_is_suspended(
        client: Client, four: tuple[str, list[int]], database: Database[Any], gate: Gate) -> None:
    stop, late = threading.Event(), [str(uuid.uuid4()) for _ in range(3)]
    caller = caller_of(gate, client.store)
    suspended = [FORK.Process(target=store_one_suspended, args=(database.name, caller, each)) for each in late]
    with ThreadPoolExecutor(8) as pool:
        followers = [pool.submit(follow, client, stop) for follow in (follow_since, follow_more)]
        writers = [pool.submit(write, client, 8, seed) for seed in range(4)]
        stops = pool.submit(stop_and_go, four[1], 8)
        for process in suspended:
            process.start()
            time.sleep(1)
        time.sleep(1)
        for process in suspended:
            os.kill(process.pid or 0, signal.SIGCONT)
            process.join(20)
            assert process.exitcode == 0
        acknowledged = [each for writer in writers for each in writer.result()]
        times = stops.result()
        time.sleep(2.5)  # until every floor is withdrawn, and Consistent-Through is the present
        stop.set()
        seen = [Counter(follower.result()) for follower in followers]
    everything = {each["id"] for each in client.statements()}
    assert everything >= {*acknowledged, *late}
    for found in seen:
        assert found == dict.fromkeys(everything, 1)
    print(f"\n{len(everything):,} statements, {times} suspensions of the server's processes, {len(late)} of a writer "
          "that held its `stored`: both followers saw each exactly once")
