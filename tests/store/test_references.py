"""References and voids: racing their targets, and killed between any two steps."""

import multiprocessing
import os
import signal
import uuid
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from pymongo import MongoClient, monitoring
from pymongo.database import Database

from lrs.access import Caller, Gate
from lrs.errors import Forbidden, NotFound
from lrs.models import Store
from lrs.rules.objects import VOIDED
from lrs.statements import Lrs, Query, prepare
from tests.conftest import URI, caller_of
from tests.store.test_find import ids_of

FORK = multiprocessing.get_context("fork")
PAIRS = 1000
VERB = "http://example.com/verbs/practised"
ELSE = "http://example.com/verbs/commented"
ACTOR = {"mbox": "mailto:li@example.com"}


def target(statement_id: str) -> dict[str, Any]:
    return {"id": statement_id, "actor": ACTOR, "verb": {"id": VERB}, "object": {"id": "http://example.com/a"}}


def reference(statement_id: str, verb: str = ELSE, own: str | None = None) -> dict[str, Any]:
    return {"id": own or str(uuid.uuid4()), "actor": {"mbox": "mailto:wu@example.com"}, "verb": {"id": verb},
            "object": {"objectType": "StatementRef", "id": statement_id}}


def ids(lrs: Lrs, caller: Caller, verb: str) -> set[str]:
    return set(ids_of(lrs.find(caller, Query((("verb", verb),)), None, 10_000).bodies))


def store_all(database: str, caller: Caller, statements: list[dict[str, Any]], barrier: Barrier | None = None,
              kill_after: int = 0) -> None:
    """In a process of its own: store one after another, in step with another process or until killed."""
    listeners = [KillAfter(kill_after)] if kill_after else []
    client: MongoClient[Any] = MongoClient(os.environ[URI], event_listeners=listeners)
    lrs = Lrs(client[database])
    for each in listeners:
        each.armed = True
    for statement in statements:
        if barrier is not None:
            barrier.wait(60)
        lrs.store(caller, [prepare(statement, caller, "2.0")])


class KillAfter(monitoring.CommandListener):
    """Kills its process once so many commands to the database have been answered."""

    def __init__(self, commands: int) -> None:
        self.left = commands
        self.armed = False

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if self.armed:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


def race(database: Database[Any], caller: Caller, left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    barrier = FORK.Barrier(2)
    racers = [FORK.Process(target=store_all, args=(database.name, caller, statements, barrier))
              for statements in (left, right)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
        assert racer.exitcode == 0


def test_a_thousand_references_racing_their_targets_are_all_linked(database: Database[Any], lrs: Lrs,
                                                                   caller: Caller) -> None:
    targets = [target(str(uuid.uuid4())) for _ in range(PAIRS)]
    references = [reference(each["id"]) for each in targets]
    race(database, caller, references, targets)
    assert ids(lrs, caller, VERB) == {each["id"] for each in [*targets, *references]}


def test_a_thousand_voids_racing_their_targets_all_void(database: Database[Any], lrs: Lrs, caller: Caller) -> None:
    targets = [target(str(uuid.uuid4())) for _ in range(PAIRS)]
    voids = [reference(each["id"], VOIDED) for each in targets]
    race(database, caller, voids, targets)
    assert ids(lrs, caller, VERB) == {each["id"] for each in voids}


@pytest.mark.parametrize("first", ["the reference", "the target", "the last of a chain"])
@pytest.mark.parametrize("verb", [ELSE, VOIDED])
def test_a_kill_between_any_two_steps_loses_no_link(database: Database[Any], lrs: Lrs, gate: Gate, first: str,
                                                    verb: str) -> None:
    """Each step in turn is the last; then what a restart does: the sweep, and the client's sending again."""
    for commands in range(1, 40):
        caller = caller_of(gate, Store(name=f"t-{uuid.uuid4().hex}").save())
        last, middle = target(str(uuid.uuid4())), str(uuid.uuid4())
        top = reference(middle)
        referring = reference(last["id"], verb, middle)
        before, after = {"the reference": ([referring], [last]), "the target": ([last], [referring]),
                         "the last of a chain": ([top, referring], [last])}[first]
        for statement in before:
            lrs.store(caller, [prepare(statement, caller, "2.0")])
        killed = FORK.Process(target=store_all, args=(database.name, caller, after, None, commands))
        killed.start()
        killed.join(60)
        lrs.sweep()
        lrs.store(caller, [prepare(after[0], caller, "2.0")])
        lrs.sweep()
        expected = {each["id"] for each in [*before, *after]} - ({last["id"]} if verb == VOIDED else set())
        assert ids(lrs, caller, VERB) == expected, (commands, killed.exitcode)
        assert database.statements.count_documents({"unlinked": True, "store": caller.store}) == 0
        if killed.exitcode == 0:
            assert commands > 3, "it was killed at every step before"
            return
    pytest.fail("it never came to its end")


def test_the_sweep_alone_finishes_what_was_acknowledged_to_nobody(database: Database[Any], lrs: Lrs,
                                                                  caller: Caller) -> None:
    last = target(str(uuid.uuid4()))
    referring = reference(last["id"])
    lrs.store(caller, [prepare(referring, caller, "2.0")])
    killed = FORK.Process(target=store_all, args=(database.name, caller, [last], None, 2))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    lrs.sweep()
    assert ids(lrs, caller, VERB) == {last["id"], referring["id"]}


def test_references_in_a_ring_end(lrs: Lrs, caller: Caller) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    lrs.store(caller, [prepare(reference(second, own=first), caller, "2.0")])
    lrs.store(caller, [prepare({**reference(first, own=second), "verb": {"id": VERB}}, caller, "2.0")])
    assert ids(lrs, caller, VERB) == {first, second}


def test_a_void_by_another_authority_voids_only_with_the_scope(lrs: Lrs, gate: Gate, store: Store) -> None:
    owner, stranger, granted = (caller_of(gate, store, *scopes) for scopes in (
        ("statements/write", "statements/read"), ("statements/write", "statements/read"),
        ("statements/write", "statements/void")))
    for voiding, target_first, voided in ((stranger, False, False), (granted, True, True), (granted, False, True),
                                          (owner, True, True), (owner, False, True)):
        each = target(str(uuid.uuid4()))
        pair = [(owner, each), (voiding, reference(each["id"], VOIDED))]
        for caller, statement in pair if target_first else pair[::-1]:
            lrs.store(caller, [prepare(statement, caller, "2.0")])
        assert lrs.get(owner, each["id"], voided=voided).body


def test_a_void_of_what_another_authority_stored_is_forbidden_with_its_whole_batch(lrs: Lrs, gate: Gate,
                                                                                  store: Store) -> None:
    owner, stranger = (caller_of(gate, store, "statements/write", "statements/read") for _ in range(2))
    each, beside = target(str(uuid.uuid4())), target(str(uuid.uuid4()))
    lrs.store(owner, [prepare(each, owner, "2.0")])
    batch = [prepare(statement, stranger, "2.0") for statement in (beside, reference(each["id"], VOIDED))]
    with pytest.raises(Forbidden, match="statements/void"):
        lrs.store(stranger, batch)
    assert lrs.get(owner, each["id"]).body
    with pytest.raises(NotFound):
        lrs.get(owner, beside["id"])


def test_a_void_that_came_before_its_target_is_taken_again_when_it_is_sent_again(lrs: Lrs, gate: Gate,
                                                                                store: Store) -> None:
    owner, stranger = (caller_of(gate, store, "statements/write", "statements/read") for _ in range(2))
    each = target(str(uuid.uuid4()))
    void = prepare(reference(each["id"], VOIDED), stranger, "2.0")
    lrs.store(stranger, [void])
    lrs.store(owner, [prepare(each, owner, "2.0")])
    assert lrs.store(stranger, [void]) == [void.id]
    assert lrs.get(owner, each["id"]).body


def test_a_void_that_is_there_lets_no_other_void_of_its_target_by(lrs: Lrs, gate: Gate, store: Store) -> None:
    owner, stranger = (caller_of(gate, store, "statements/write", "statements/read") for _ in range(2))
    each = target(str(uuid.uuid4()))
    there, new = (prepare(reference(each["id"], VOIDED), stranger, "2.0") for _ in range(2))
    lrs.store(stranger, [there])
    lrs.store(owner, [prepare(each, owner, "2.0")])
    for batch in ([new, there], [there, new]):
        with pytest.raises(Forbidden):
            lrs.store(stranger, batch)


def test_a_void_sent_again_by_another_keeps_its_first_authority(lrs: Lrs, gate: Gate, store: Store) -> None:
    owner, stranger = (caller_of(gate, store, "statements/write", "statements/read") for _ in range(2))
    each = target(str(uuid.uuid4()))
    void = reference(each["id"], VOIDED)
    lrs.store(stranger, [prepare(void, stranger, "2.0")])
    lrs.store(owner, [prepare(each, owner, "2.0")])
    lrs.store(owner, [prepare(void, owner, "2.0")])
    assert lrs.get(owner, each["id"]).body


def test_a_voiding_statement_is_not_voided(lrs: Lrs, caller: Caller) -> None:
    first = target(str(uuid.uuid4()))
    void = reference(first["id"], VOIDED)
    for statement in (reference(void["id"], VOIDED), void, first):
        lrs.store(caller, [prepare(statement, caller, "2.0")])
    assert lrs.get(caller, void["id"]).body
    assert lrs.get(caller, first["id"], voided=True).body


def test_a_reader_of_its_own_statements_sees_no_reference_by_another(lrs: Lrs, gate: Gate, store: Store) -> None:
    mine, theirs = (caller_of(gate, store, "statements/write", "statements/read/mine") for _ in range(2))
    each = target(str(uuid.uuid4()))
    lrs.store(mine, [prepare(each, mine, "2.0")])
    lrs.store(theirs, [prepare(reference(each["id"]), theirs, "2.0")])
    assert ids(lrs, mine, VERB) == {each["id"]}
