"""The worker: killed, doubled, without its token, with a new catalogue; and replay."""

import multiprocessing
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bson import encode
from pymongo.database import Database

from competencies.catalogued import DERIVATION
from competencies.frameworks import identifier
from competencies.projection import reading
from lrs.access import Gate
from lrs.models import Store
from lrs.rules.formats import EPOCH
from lrs.statements import Lrs, prepare
from tests.api.conftest import NEGOTIATION, scored, void
from tests.conftest import caller_of, wait_until
from waymark.database import connect
from waymark.lease import LeaseLost
from waymark.migrate import migrate
from waymark.settings import Settings
from waymark.stopping import Stop
from waymark.worker import Worker

FORK = multiprocessing.get_context("fork")
NAMED = identifier("competencies", NEGOTIATION).urn


@pytest.fixture
def own(settings: Settings, database: Database[Any]) -> Iterator[tuple[Settings, Database[Any]]]:
    """Statements and derived collections of this test's own; stores and catalogue are the process's."""
    fresh = database.client[f"{database.name}_{uuid.uuid4().hex[:8]}"]
    migrate(fresh)
    yield settings, fresh
    database.client.drop_database(fresh.name)


def post(database: Database[Any], count: int, voids: bool = False) -> list[dict[str, Any]]:
    """Store statements of many kinds under a store of their own."""
    lrs = Lrs(database)
    caller = caller_of(Gate(lrs.secret), Store(name=f"t-{uuid.uuid4().hex}").save(), "all", "competencies/align")
    sent = [scored(1 + number % 4, f"p{number % 5}") for number in range(count)]
    sent += [scored(2, "video", verb={"id": "http://example.com/played"}) for _ in range(count // 4)]
    sent += [scored(2, "named", object={"id": NAMED}, result={"score": {"scaled": 0.6}}) for _ in range(count // 4)]
    sent += [void(each["id"]) for each in sent[::6]] if voids else []
    for statement in sent:
        lrs.store(caller, [prepare(statement, caller, "2.0")])
    return sent


def derived(database: Database[Any]) -> dict[str, list[bytes]]:
    """The derived collections, byte for byte."""
    return {name: [encode(row) for row in database[name].find().sort("_id", 1)] for name in ("evidence", "coverage")}


def assert_a_replay_agrees(database: Database[Any]) -> None:
    before = derived(database)
    Worker(database).rebuild()
    assert derived(database) == before


@contextmanager
def working(database: Database[Any]) -> Iterator[None]:
    stop = Stop()
    thread = threading.Thread(target=Worker(database).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def work(settings: Settings, name: str) -> None:
    Worker(connect(settings).client[name]).run(Stop())


def settled(database: Database[Any]) -> bool:
    """Everything is projected, voids included."""
    projected = reading(lambda: database.coverage.count_documents({}))
    voided = database.statements.count_documents({"voided": True})
    return bool(projected == database.statements.count_documents({})
                and reading(lambda: database.coverage.count_documents({"outcome": "voided"})) == voided)


def test_replay_gives_what_following_gave_byte_for_byte(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    with working(database):
        post(database, 60, voids=True)
        wait_until(lambda: settled(database), 20, "all is projected")
    before = derived(database)
    assert before["evidence"]
    assert Worker(database).rebuild() == len(before["coverage"])
    assert derived(database) == before


def test_a_replay_beside_a_running_worker_and_ingestion_loses_nothing(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    with working(database):
        post(database, 40)
        poster = threading.Thread(target=post, args=(database, 80, True))
        poster.start()
        for _ in range(3):
            Worker(database).rebuild()
        poster.join()
        wait_until(lambda: settled(database), 40, "all is projected")
    assert_a_replay_agrees(database)


def test_a_worker_killed_again_and_again_ends_where_a_replay_does(own: tuple[Settings, Database[Any]]) -> None:
    settings, database = own
    poster = threading.Thread(target=post, args=(database, 150, True))
    poster.start()
    for pause in (0.4, 0.7, 0.2, 0.9):
        killed = FORK.Process(target=work, args=(settings, database.name))
        killed.start()
        time.sleep(pause)
        os.kill(killed.pid or 0, signal.SIGKILL)
        killed.join()
        database.checkpoints.update_one({}, {"$set": {"until": EPOCH}})  # as if ten seconds had gone by
    poster.join()
    with working(database):
        wait_until(lambda: settled(database), 40, "all is projected")
    assert_a_replay_agrees(database)


def test_a_steady_trickle_is_projected_while_it_lasts(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    lrs = Lrs(database)
    caller = caller_of(Gate(lrs.secret), Store(name=f"t-{uuid.uuid4().hex}").save())
    with working(database), working(database):
        for _ in range(120):
            lrs.store(caller, [prepare(scored(3), caller, "2.0")])
            time.sleep(0.05)
        assert database.coverage.count_documents({}) > 60


def test_rebuilds_at_once_lose_nothing(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    sent = post(database, 300)
    ends: list[str] = []
    threads = [threading.Thread(target=rebuild, args=(database, ends)) for _ in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert "done" in ends
    assert set(ends) <= {"done", "lost the lease"}
    with working(database):
        wait_until(lambda: settled(database), 20, "all is projected")
    assert database.coverage.count_documents({}) == len(sent)
    assert {"actor", "outcome"} <= database.coverage.index_information().keys()
    assert [name for name in database.list_collection_names() if "_next_" in name] == []


def rebuild(database: Database[Any], ends: list[str]) -> None:
    try:
        Worker(database).rebuild()
        ends.append("done")
    except LeaseLost:
        ends.append("lost the lease")


class Interrupted(Exception):
    """As a kill would: nothing after it is done."""


def interrupt(after: int) -> Callable[[int, int | None], None]:
    """Stops a rebuild once this many statements are read."""
    def tell(done: int, total: int | None) -> None:
        if done >= after:
            raise Interrupted
    return tell


def test_a_replay_that_was_interrupted_goes_on_and_misses_nothing_that_happened_meanwhile(
        own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    post(database, 700)
    second = post(database, 700, voids=True)
    with working(database):
        wait_until(lambda: settled(database), 40, "all is projected")
    with pytest.raises(Interrupted):
        Worker(database).rebuild(interrupt(1000))
    reached: list[int] = []
    lrs, store = Lrs(database), Store.objects.order_by("-id").first()
    database.checkpoints.update_one({}, {"$set": {"until": EPOCH}})
    with working(database):  # what the interrupted one has reached stays, while the live collections go on
        caller = caller_of(Gate(lrs.secret), store, "all")
        for statement in (void(second[0]["id"]), scored(3)):
            lrs.store(caller, [prepare(statement, caller, "2.0")])
        wait_until(lambda: settled(database), 20, "all is projected")
    before = derived(database)
    Worker(database).rebuild(lambda done, total: reached.append(done))
    assert min(reached) > 1000, "it went on, and didn't begin again"
    with working(database):
        wait_until(lambda: settled(database), 20, "what came meanwhile is projected")
    assert derived(database) == before
    assert_a_replay_agrees(database)


def test_two_workers_at_once_end_where_one_does(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    with working(database), working(database):
        post(database, 60, voids=True)
        wait_until(lambda: settled(database), 20, "all is projected")
    assert_a_replay_agrees(database)


def test_a_suspended_worker_that_lost_its_lease_writes_nothing(own: tuple[Settings, Database[Any]]) -> None:
    settings, database = own
    suspended = FORK.Process(target=work, args=(settings, database.name))
    suspended.start()
    wait_until(lambda: (database.checkpoints.find_one() or {}).get("token"), 20, "it follows")
    os.kill(suspended.pid or 0, signal.SIGSTOP)
    try:
        term = (database.checkpoints.find_one() or {})["term"]
        with working(database):
            post(database, 30, voids=True)
            wait_until(lambda: settled(database), 30, "the other takes over once the lease has run out")
            before = derived(database)
            assert (database.checkpoints.find_one() or {})["term"] > term
            os.kill(suspended.pid or 0, signal.SIGCONT)
            time.sleep(1)
            assert derived(database) == before
    finally:
        suspended.kill()
        suspended.join()


def test_a_lost_token_is_made_up_for_from_consistent_through(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    with working(database):
        post(database, 30)
        wait_until(lambda: settled(database), 20, "all is projected")
        wait_until(lambda: (database.checkpoints.find_one() or {}).get("through", 0) > 0, 20, "the place is recorded")
    sent = post(database, 30, voids=True)
    resume = (database.checkpoints.find_one() or {})["token"]
    database.checkpoints.update_one({}, {"$set": {"token": {"_data": "82" + "0" * (len(resume["_data"]) - 2)}}})
    with working(database):
        wait_until(lambda: settled(database), 20, "all is projected")
    assert len(sent) > 30
    assert_a_replay_agrees(database)


def test_a_new_catalogue_version_derives_everything_again(own: tuple[Settings, Database[Any]]) -> None:
    _, database = own
    with working(database):
        post(database, 20)
        wait_until(lambda: settled(database), 20, "all is projected")
    before = derived(database)
    with working(database):
        database.catalogue.update_one({"_id": "builtin"}, {"$set": {"version": "a newer one"}}, upsert=True)
        wait_until(lambda: (database.checkpoints.find_one() or {})["catalogue"] == f"a newer one/{DERIVATION}", 30,
                   "it is noticed")
    assert derived(database) == before
