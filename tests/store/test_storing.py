"""Storing: insert first, idempotence, conflicts, batches, and what survives a crash."""

import copy
import json
import os
import signal
import socket
import time
import uuid
from typing import Any

import orjson
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from lrs.access import Caller
from lrs.clock import Clock, now_micros
from lrs.errors import Conflict, NotFound, TooLarge
from lrs.rules import Refused
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs, Query, prepare, prepare_batch
from lrs.store import Row, row_id
from tests.conftest import URI, wait_until
from tests.store.test_references import FORK, KillAfter, reference

FULL: dict[str, Any] = {
    "actor": {"objectType": "Group", "name": "Team", "member": [
        {"mbox": "mailto:li@example.com"}, {"mbox": "mailto:wu@example.com"}]},
    "verb": {"id": "http://example.com/v", "display": {"en": "practised"}},
    "object": {"id": "http://example.com/a", "definition": {"name": {"en": "Drill"}}},
    "result": {"duration": "PT5.005S", "score": {"raw": 1}},
    "context": {"registration": "6C1F0AB0-7C1B-4F1A-9D53-0A2F6C0B1F01",
                "contextActivities": {"parent": [{"id": "http://example.com/p"}, {"id": "http://example.com/q"}]}},
    "timestamp": "2026-01-05T10:00:00.000Z",
}


def statement(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **copy.deepcopy(FULL), **changes}


def store(lrs: Lrs, caller: Caller, *statements: dict[str, Any]) -> list[str]:
    return lrs.store(caller, prepare_batch(list(statements), caller, "2.0"))


def bodies(lrs: Lrs, caller: Caller) -> list[dict[str, Any]]:
    return [orjson.loads(body) for body in lrs.find(caller, Query(ascending=True), None, 10_000).bodies]


SAME: dict[str, dict[str, Any]] = {  # what Data 2.3.1 lets differ, as changes of FULL
    "nothing": {},
    "verb display": {"verb": {"id": "http://example.com/v", "display": {"zh": "练习"}}},
    "activity definition": {"object": {"id": "http://example.com/a", "definition": {"name": {"en": "Another"}}}},
    "objectType given": {"object": {"objectType": "Activity", "id": "http://example.com/a"}},
    "order of members": {"actor": {**FULL["actor"], "member": FULL["actor"]["member"][::-1]}},
    "order and kind of context activities": {"context": {
        "registration": FULL["context"]["registration"].lower(),
        "contextActivities": {"parent": [{"id": "http://example.com/q"},
                                         {"id": "http://example.com/p", "definition": {"name": {"en": "P"}}}]}}},
    "duration beyond hundredths": {"result": {"duration": "PT5.0099S", "score": {"raw": 1}}},
    "another form of a number": {"result": {"duration": "PT5.005S", "score": {"raw": 1.0}}},
    "another zone": {"timestamp": "2026-01-05T18:00:00+08:00"},
    "case of a domain and of a digest": {"actor": {**FULL["actor"], "member": [
        {"mbox": "mailto:wu@EXAMPLE.com"}, {"objectType": "Agent", "mbox": "mailto:li@Example.com"}]}},
    "authority, stored and version": {"authority": {"mbox": "mailto:x@example.com"}, "version": "1.0.0",
                                      "stored": "2020-01-01T00:00:00Z"},
}
DIFFERENT: dict[str, dict[str, Any]] = {
    "verb": {"verb": {"id": "http://example.com/w"}},
    "a member's name": {"actor": {**FULL["actor"], "member": [{"mbox": "mailto:li@example.com", "name": "Li"},
                                                              {"mbox": "mailto:wu@example.com"}]}},
    "score": {"result": {"duration": "PT5.005S", "score": {"raw": 2}}},
    "duration": {"result": {"duration": "PT5.01S", "score": {"raw": 1}}},
    "context activity": {"context": {**FULL["context"], "contextActivities": {"parent": {"id": "http://example.com/p"}}}},
    "timestamp": {"timestamp": "2026-01-05T10:00:00.001Z"},
    "no result": {"result": {}},
}


@pytest.mark.requirement("XAPI-00142")
@pytest.mark.parametrize("what", SAME)
def test_sending_the_same_again_changes_nothing(lrs: Lrs, caller: Caller, what: str) -> None:
    first = statement()
    store(lrs, caller, first)
    before = bodies(lrs, caller)
    assert store(lrs, caller, {**first, **SAME[what]}) == [first["id"]]
    assert bodies(lrs, caller) == before


@pytest.mark.parametrize("odd", [
    {"result": {"score": {"raw": 1e300}}}, {"result": {"duration": "PT" + "9" * 40 + ".5S"}},
    {"result": {"extensions": {"http://example.com/x": [1e20, 10**25, 2**70, -0.0]}}},
    {"timestamp": "9999-12-31T23:59:59.999999Z"}, {"timestamp": "0001-01-01T00:00:00Z"}])
def test_extreme_values_are_stored_and_equal_themselves(lrs: Lrs, caller: Caller, odd: dict[str, Any]) -> None:
    first = statement(**orjson.loads(json.dumps(odd)))
    store(lrs, caller, first)
    assert store(lrs, caller, first) == [first["id"]]
    assert orjson.loads(lrs.get(caller, first["id"]).body)["verb"] == first["verb"]


@pytest.mark.requirement("XAPI-00328")
def test_a_statement_of_more_than_a_mebibyte_is_refused(lrs: Lrs, caller: Caller) -> None:
    with pytest.raises(TooLarge, match="XAPI-00328"):
        store(lrs, caller, statement(result={"response": "x" * 2**20}))


def test_a_page_holds_more_than_one_answer_of_the_database_does(lrs: Lrs, caller: Caller) -> None:
    sent = [store(lrs, caller, statement(result={"response": "x" * 1_000_000}))[0] for _ in range(18)]
    assert [each["id"] for each in bodies(lrs, caller)] == sent


def rows_of(lrs: Lrs, caller: Caller, count: int, size: int) -> list[Row]:
    """Rows that aren't there, copied from one that is."""
    kept = lrs.statements.get([row_id(caller.store, store(lrs, caller, statement())[0])])
    (row,) = kept.values()
    return [{**row, "_id": os.urandom(28), "body": os.urandom(size)} for _ in range(count)]


def test_rows_that_are_too_much_for_one_message_are_inserted_all_the_same(lrs: Lrs, caller: Caller) -> None:
    rows = rows_of(lrs, caller, 18, 1_000_000)
    assert lrs.statements.insert_each(rows) == [True] * 18
    assert len(lrs.statements.get([row["_id"] for row in rows], "_id")) == 18


def test_of_two_rows_of_one_id_that_are_inserted_together_one_is_there_already(lrs: Lrs, caller: Caller) -> None:
    one, other = rows_of(lrs, caller, 2, 10)
    again: Row = {**one, "body": b"another"}
    assert lrs.statements.insert_each([one, again, other]) == [True, False, True]
    assert lrs.statements.insert_each([again, one]) == [False, False]
    assert lrs.statements.get([one["_id"]])[one["_id"]]["body"] == one["body"]


@pytest.mark.requirement("XAPI-00142")
@pytest.mark.parametrize("what", DIFFERENT)
def test_sending_another_meaning_under_the_same_id_is_a_conflict(lrs: Lrs, caller: Caller, what: str) -> None:
    first = statement()
    store(lrs, caller, first)
    before = bodies(lrs, caller)
    with pytest.raises(Conflict, match=first["id"]):
        store(lrs, caller, {**first, **DIFFERENT[what]})
    assert bodies(lrs, caller) == before


def test_a_missing_timestamp_equals_any(lrs: Lrs, caller: Caller) -> None:
    first = statement()
    del first["timestamp"]
    store(lrs, caller, first)
    assert store(lrs, caller, {**first, "timestamp": "2026-01-05T10:00:00Z"}) == [first["id"]]
    assert len(bodies(lrs, caller)) == 1


def test_a_batch_with_one_conflict_stores_nothing(lrs: Lrs, caller: Caller) -> None:
    taken = statement()
    store(lrs, caller, taken)
    with pytest.raises(Conflict):
        store(lrs, caller, statement(), {**taken, "verb": {"id": "http://example.com/w"}}, statement())
    assert [each["id"] for each in bodies(lrs, caller)] == [taken["id"]]


def test_a_batch_sent_again_with_more_stores_the_rest(lrs: Lrs, caller: Caller) -> None:
    first, second, third = statement(), statement(), statement()
    store(lrs, caller, first, second)
    assert store(lrs, caller, third, second, first) == [third["id"], second["id"], first["id"]]
    assert [each["id"] for each in bodies(lrs, caller)] == [first["id"], second["id"], third["id"]]


def test_an_id_twice_in_one_batch_is_refused(lrs: Lrs, caller: Caller) -> None:
    first = statement()
    with pytest.raises(Refused) as refused:
        store(lrs, caller, first, {**first, "id": first["id"].upper()})
    assert refused.value.at == "/1/id"


def test_stored_rises_strictly_and_is_in_the_body(lrs: Lrs, caller: Caller) -> None:
    store(lrs, caller, *(statement() for _ in range(30)))
    stored = [each["stored"] for each in bodies(lrs, caller)]
    assert stored == sorted(set(stored))
    assert len(stored) == 30


def test_what_is_stored_is_what_was_sent_and_what_the_store_assigns(lrs: Lrs, caller: Caller) -> None:
    sent = statement(id="6C1F0AB0-7C1B-4F1A-9D53-0A2F6C0B1F0F", stored="2001-01-01T00:00:00Z")
    store(lrs, caller, sent)
    body = orjson.loads(lrs.get(caller, sent["id"]).body)
    assert body.pop("authority") == caller.authority
    assert body.pop("stored") > "2026"
    assert body.pop("version") == "2.0.0"
    sent.pop("stored")
    assert body == sent


def test_single_context_activities_come_back_as_arrays_in_a_substatement_too(lrs: Lrs, caller: Caller) -> None:
    context = {"contextActivities": {"grouping": {"id": "http://example.com/g"}}}
    inner = {"objectType": "SubStatement", "actor": {"mbox": "mailto:a@example.com"}, "verb": FULL["verb"],
             "object": {"id": "http://example.com/a"}, "context": context}
    sent = statement(object=inner, context=context)
    store(lrs, caller, sent)
    body = orjson.loads(lrs.get(caller, sent["id"]).body)
    for each in (body, body["object"]):
        assert each["context"]["contextActivities"] == {"grouping": [{"id": "http://example.com/g"}]}


def compete(database: str, caller: Caller, ids: list[str], body: dict[str, Any], wins: Any) -> None:
    lrs = Lrs(MongoClient[Any](os.environ[URI])[database])
    won = 0
    for each in ids:
        try:
            lrs.store(caller, [prepare({**body, "id": each}, caller, "2.0")])
            won += 1
        except Conflict:
            pass
    wins.put(won)


@pytest.mark.requirement("XAPI-00142")
def test_two_bodies_racing_for_one_id_leave_exactly_one(database: Database[Any], lrs: Lrs, caller: Caller) -> None:
    ids, wins = [str(uuid.uuid4()) for _ in range(300)], FORK.Queue()
    racers = [FORK.Process(target=compete, args=(database.name, caller, ids, statement(verb={"id": verb}), wins))
              for verb in ("http://example.com/x", "http://example.com/y") for _ in range(2)]
    for racer in racers:
        racer.start()
    won = [wins.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    assert len(bodies(lrs, caller)) == len(ids)
    assert sum(won) == 2 * len(ids), "each id is won by the two processes that send the same"


@pytest.mark.requirement("XAPI-00326")
@pytest.mark.parametrize("commands", range(1, 5))
def test_a_batch_is_stored_whole_or_not_at_all_whenever_its_process_is_killed(
        database: Database[Any], lrs: Lrs, caller: Caller, commands: int) -> None:
    batch = [statement() for _ in range(20)]
    killed = FORK.Process(target=store_batch, args=(database.name, caller, batch, commands))
    killed.start()
    killed.join(60)
    assert len(wait_until(lambda: [len(bodies(lrs, caller))] if len(bodies(lrs, caller)) in (0, 20) else None, 10,
                          "all or nothing")) == 1
    assert store(lrs, caller, *batch) == [each["id"] for each in batch]
    assert len(bodies(lrs, caller)) == 20


def store_batch(database: str, caller: Caller, batch: list[dict[str, Any]], commands: int) -> None:
    listener = KillAfter(commands)
    lrs = Lrs(MongoClient[Any](os.environ[URI], event_listeners=[listener])[database])
    listener.armed = True
    store(lrs, caller, *batch)


@pytest.mark.requirement("COMM-get-statement", "COMM-get-voided")
def test_an_unknown_id_and_a_voided_one_are_not_found(lrs: Lrs, caller: Caller) -> None:
    first = statement()
    store(lrs, caller, first, reference(first["id"], "http://adlnet.gov/expapi/verbs/voided"))
    for statement_id, voided in ((first["id"], False), (str(uuid.uuid4()), False), (str(uuid.uuid4()), True)):
        with pytest.raises(NotFound):
            lrs.get(caller, statement_id, voided)


# Consistent-Through


def hold(database: str, taken: Any) -> None:
    """Take `stored`, tell it, and stop before inserting."""
    clock = Clock(MongoClient[Any](os.environ[URI])[database].writers)
    with clock.take(1) as stored:
        taken.put(stored)
        os.kill(os.getpid(), signal.SIGSTOP)


def test_consistent_through_waits_for_a_suspended_writer_and_forgets_a_dead_one(database: Database[Any]) -> None:
    taken, clock = FORK.SimpleQueue(), Clock(database.writers)
    writer = FORK.Process(target=hold, args=(database.name, taken))
    writer.start()
    stored = taken.get()
    time.sleep(1.5)
    assert clock.consistent_through() < stored
    os.kill(writer.pid or 0, signal.SIGCONT)
    writer.join(20)
    wait_until(lambda: clock.consistent_through() > stored, 10, "the writer went on, and ended")


def test_consistent_through_forgets_a_killed_writer_after_a_while(database: Database[Any]) -> None:
    taken, clock = FORK.SimpleQueue(), Clock(database.writers)
    writer = FORK.Process(target=hold, args=(database.name, taken))
    writer.start()
    stored = taken.get()
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join(20)
    assert clock.consistent_through() < stored, "what it had sent may still arrive"
    wait_until(lambda: clock.consistent_through() > stored, 15, "the killed writer is left out")


@pytest.mark.requirement("COMM-consistent-through")
def test_consistent_through_is_never_past_a_statement_that_appears_later(database: Database[Any], lrs: Lrs,
                                                                         caller: Caller) -> None:
    """Read C, then look: whatever is found with `stored` <= C later was there at the first look."""
    begun, reader = now_micros(), Lrs(database)
    wait_until(lambda: reader.clock.consistent_through() > begun, 15, "those whom other tests killed are left out")
    racers = [FORK.Process(target=store_many, args=(database.name, caller, 600)) for _ in range(3)]
    for racer in racers:
        racer.start()
    seen: list[tuple[int, set[str]]] = []
    while any(racer.is_alive() for racer in racers):
        through = reader.clock.consistent_through()
        page = reader.find(caller, Query(until=through), None, 10_000)
        seen.append((through, {orjson.loads(body)["id"] for body in page.bodies}))
    final = bodies(lrs, caller)
    assert len(final) == 1800
    for through, found in seen:
        assert found == {each["id"] for each in final if each["stored"] <= format_timestamp(through)}
    assert len({len(found) for _, found in seen}) > 5, "it was read while they wrote"
    assert seen[-1][0] <= now_micros()


def test_a_floor_of_a_process_whose_number_another_has_now_is_dropped(database: Database[Any]) -> None:
    old = now_micros() - 86_400_000_000
    writer = f"{socket.gethostname()}:{os.getpid()}:12345:deadbeef"
    database.writers.insert_one({"_id": writer, "floor": old, "beat": old})
    assert Clock(database.writers).consistent_through() > old
    assert database.writers.find_one({"_id": writer}) is None


def test_a_clock_that_steps_back_gives_no_time_that_was_given_or_promised(database: Database[Any]) -> None:
    hands = [now_micros()]
    clock = Clock(database.writers, lambda: hands[0])
    promised = clock.consistent_through()
    hands[0] -= 5_000_000
    with clock.take(3) as first:
        assert first > promised
    with clock.take(1) as second:
        assert second > first + 2
    clock.close()


def store_many(database: str, caller: Caller, count: int) -> None:
    lrs = Lrs(MongoClient[Any](os.environ[URI])[database])
    for _ in range(count):
        store(lrs, caller, statement())
