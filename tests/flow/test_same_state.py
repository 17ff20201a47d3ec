"""Whatever happens, in whatever order, ends in the state that a replay gives: byte for byte, at a fixed moment.

Histories are made by hypothesis: single posts, batches, re-sends, voids before and after their targets, references,
timestamps of the future and none, several assessors of one attempt, identifiers that move from person to person,
people who move, are merged and split, alignments that are edited, switched off and removed, levels that are asserted
and withdrawn, a worker that is killed, two workers at once. Each kind of step must make up more than 5 % of all.
"""

import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase
from hypothesis import settings as configured
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from pymongo.database import Database

from competencies.alignment_checks import Known
from competencies.analyses import Analyses
from competencies.assertions import KINDS, record, withdraw
from competencies.own_alignments import change, composed, own_of
from competencies.people import Person
from competencies.personnel import Personnel
from competencies.projection import read_catalogue
from competencies.reach import Reach
from competencies.realignment import followed
from lrs.access import Gate
from lrs.models import Store
from lrs.rules.formats import EPOCH
from lrs.statements import Lrs, prepare
from tests.api.conftest import scored, void
from tests.conftest import caller_of, wait_until
from tests.flow.test_worker import FORK, derived, settled, work, working
from tests.unit.builders import FUZZ
from waymark.migrate import migrate
from waymark.settings import Settings
from waymark.worker import Worker

HISTORIES, EACH = 10, 3  # of each kind of step in a history, in any order
LEARNERS = ("li", "wu", "chen")
AS_OF = 4_000_000_000_000_000  # microseconds: in 2096, after all that a history holds
RARE = 0.05
VIDEO = "https://w3id.org/xapi/video/verbs/played"
VIDEOS = {"template": {"verb": VIDEO}, "competencies": ["SA-6.1.3"], "outcome": {
    "kind": "count", "path": "$.result.extensions.*.levels['price-gaming']", "target": 4}}

Draw = Callable[[st.SearchStrategy[Any]], Any]
learners = st.sampled_from(LEARNERS)
levels = st.sampled_from([1, 1.5, 2, 2.5, 3, 3.5, 4])


@dataclass(frozen=True)
class Here:
    """The process's own, and what was done of each kind in all histories. hypothesis asks a class for its members, and
    a Database has one of any name.
    """

    settings: Settings
    database: Database[Any]
    steps: Counter[str]


class Histories(RuleBasedStateMachine):
    """One store of one database, with its people; every rule is a kind of step."""

    here: "Here"  # set by the test

    @initialize(deck=st.deferred(lambda: st.permutations(list(STEPS) * EACH)))
    def begin(self, deck: list[str]) -> None:
        self.deck = list(deck)
        self.own = self.here.database.client[f"{self.here.database.name}_{uuid.uuid4().hex[:8]}"]
        migrate(self.own)
        self.lrs = Lrs(self.own)
        self.store = Store(name=f"t-{uuid.uuid4().hex}").save()
        self.caller = caller_of(Gate(self.lrs.secret), self.store, "all", "competencies/align")
        self.sent: list[dict[str, Any]] = []
        self.awaited: list[str] = []  # ids that were referred to, or voided, before they came
        for learner in LEARNERS:
            self._own_identifier(learner, [learner])
        self._send(scored(2))

    def _own_identifier(self, person: str, mailboxes: list[str] | None, **changes: Any) -> None:
        """The person with these mailboxes; with None, with the identifiers that they have."""
        identifiers = ([{"mbox": f"mailto:{each}@example.com"} for each in mailboxes] if mailboxes is not None else
                       Person.objects.get(store=self.store.id, person=person).agents())
        Personnel(self.store.id, "a test").save({"name": person, "unit": "East", "role": "key-account",
                                                 "analyst": False, "identifiers": identifiers, **changes}, person)

    def _send(self, *statements: dict[str, Any]) -> None:
        self.lrs.store(self.caller, [prepare(each, self.caller, "2.0") for each in statements])
        self.sent += statements

    def _made(self, learner: str, level: float, **changes: Any) -> dict[str, Any]:
        """A statement, under an id that something waits for if anything does."""
        identified = {"id": self.awaited.pop()} if self.awaited else {}
        return scored(level, learner, **{"timestamp": "2026-03-01T10:00:00Z", **identified, **changes})

    @precondition(lambda self: self.deck)
    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        kind = self.deck.pop()
        self.here.steps[kind] += 1
        STEPS[kind](self, data.draw)

    @precondition(lambda self: not self.deck)
    @rule()
    def nothing_more(self) -> None:
        """The history is over."""

    def one_arrives(self, draw: Draw) -> None:
        self._send(self._made(draw(learners), draw(levels)))

    def a_batch_arrives(self, draw: Draw) -> None:
        learner = draw(learners)
        played = scored(1, learner, verb={"id": VIDEO})
        self._send(*[self._made(learner, level) for level in draw(st.lists(levels, min_size=2, max_size=5))], played)

    def one_is_sent_again(self, draw: Draw) -> None:
        again = self.sent[draw(st.integers(0, len(self.sent) - 1))]
        self.lrs.store(self.caller, [prepare(again, self.caller, "2.0")])

    def one_is_voided(self, draw: Draw) -> None:
        self._send(void(self._target(draw)))

    def one_refers_to_another(self, draw: Draw) -> None:
        self._send({**scored(3), "object": {"objectType": "StatementRef", "id": self._target(draw)}})

    def _target(self, draw: Draw) -> str:
        """The id of one that is there, or of one that comes later."""
        if draw(st.booleans()):
            return str(self.sent[draw(st.integers(0, len(self.sent) - 1))]["id"])
        self.awaited.append(str(uuid.uuid4()))
        return self.awaited[-1]

    def one_comes_from_the_future(self, draw: Draw) -> None:
        moment = datetime.now(UTC) + timedelta(days=draw(st.integers(1, 400)))
        self._send(self._made(draw(learners), draw(levels), timestamp=moment.isoformat()))

    def one_has_no_timestamp(self, draw: Draw) -> None:
        made = self._made(draw(learners), draw(levels))
        del made["timestamp"]
        self._send(made)

    def several_assess_one_attempt(self, draw: Draw) -> None:
        learner, registration = draw(learners), str(uuid.uuid4())
        for number in draw(st.permutations(range(3))):
            self._send(self._made(learner, draw(levels), context={
                "registration": registration, "instructor": {"mbox": f"mailto:assessor{number}@example.com"}}))

    def identifiers_move(self, draw: Draw) -> None:
        """One person has all of them, and the others none; then each has their own again."""
        to = draw(learners)
        whole = Person.objects(store=self.store.id, person=to).first()
        gathered = len(whole.actors) < len(LEARNERS)
        for learner in LEARNERS:
            self._own_identifier(learner, [])
        for learner in LEARNERS:
            self._own_identifier(learner, ([*LEARNERS] if learner == to else []) if gathered else [learner])

    def somebody_changes_position(self, draw: Draw) -> None:
        """Units, roles and managers of now and of before."""
        person = draw(learners)
        since = draw(st.sampled_from([None, "2026-03-01", "2026-03-02"]))
        self._own_identifier(person, None, positions=None if since is None else [{
            "since": None, "unit": "West", "role": None, "manager": None}], since=since, unit=draw(
                st.sampled_from(["East", "West"])), role=draw(st.sampled_from(["key-account", "newcomer"])))

    def two_are_merged_or_split(self, draw: Draw) -> None:
        """Two become one who has all their identifiers; somebody with several gives one up to a person who is new."""
        person, other = draw(st.permutations(LEARNERS))[:2]
        personnel, known = Personnel(self.store.id, "a test"), Person.objects(store=self.store.id)
        personnel.merge(person, other)
        mine = known.filter(person=person).first().agents()
        if mine:
            body = {"name": other, "unit": "East", "role": "key-account", "analyst": False,
                    "identifiers": [draw(st.sampled_from(mine))]}
            personnel.split(person, body, other)
        else:
            self._own_identifier(other, [])

    def an_alignment_is_edited(self, draw: Draw) -> None:
        """One of the store's own or a built-in one, in every way; a worker may be at it when it is edited again."""
        code = draw(st.sampled_from(["videos", "rubric-levels"]))
        ways = {"videos": VIDEOS, "rubric-levels": {}}[code]
        edited = draw(st.one_of(st.none(), st.fixed_dictionaries({
            "ceiling": levels, "weight": st.sampled_from([0.2, 1.0]), "enabled": st.booleans()})))
        known = Known(["SA-6.1.3", "SA-2.3.2"], {})
        builtin = read_catalogue(self.own).builtin.get(code)
        change(self.store.id, lambda own: {
            code: None if edited is None else composed(code, {**ways, **edited}, builtin, known)})

    def a_level_is_asserted(self, draw: Draw) -> None:
        """By the person or by others, of somebody who has an identifier; perhaps it is withdrawn."""
        person = Person.objects.get(store=self.store.id, person=draw(learners))
        if not person.actors:
            return
        said = {"competency": "SA-6.1.3", "level": draw(levels)}
        recorded = record(self.lrs, self.caller, person, draw(st.sampled_from(KINDS)), said)
        if draw(st.booleans()):
            withdraw(self.lrs, person, recorded)

    def a_worker_is_killed(self, draw: Draw) -> None:
        killed = FORK.Process(target=work, args=(self.here.settings, self.own.name))
        killed.start()
        time.sleep(draw(st.floats(0.05, 0.4)))
        os.kill(killed.pid or 0, signal.SIGKILL)
        killed.join()
        self._expire_lease()

    def two_workers_work_while_some_arrive(self, draw: Draw) -> None:
        with working(self.own), working(self.own):
            for level in draw(st.lists(levels, min_size=1, max_size=4)):
                self._send(self._made(draw(learners), level))
            time.sleep(0.1)

    def _expire_lease(self) -> None:
        """As if ten seconds had gone by."""
        self.own.checkpoints.update_one({}, {"$set": {"until": EPOCH}})

    def teardown(self) -> None:
        if not hasattr(self, "own"):
            return
        with ExitStack() as stack:
            stack.callback(self.here.database.client.drop_database, self.own.name)
            self._expire_lease()
            with working(self.own):
                wait_until(lambda: settled(self.own) and self._realigned(), 30, "all is projected")
            state, shown = derived(self.own), self._shown()
            Worker(self.own).rebuild()
            assert derived(self.own) == state
            assert self._shown() == shown

    def _realigned(self) -> bool:
        place = followed(self.own).get(self.store.id, {"version": 0, "job": None})
        return bool(place["version"] == own_of(self.store.id).version and place["job"] is None)

    def _shown(self) -> bytes:
        """What the API says of everybody's gaps."""
        rows = Analyses(self.own, self.lrs).gap_rows(Reach(self.store.id), {}, AS_OF, None)
        return orjson.dumps(list(rows))


STEPS: dict[str, Callable[[Histories, Draw], None]] = {step.__name__: step for step in (
    Histories.one_arrives, Histories.a_batch_arrives, Histories.one_is_sent_again, Histories.one_is_voided,
    Histories.one_refers_to_another, Histories.one_comes_from_the_future, Histories.one_has_no_timestamp,
    Histories.several_assess_one_attempt, Histories.identifiers_move, Histories.somebody_changes_position,
    Histories.two_are_merged_or_split, Histories.an_alignment_is_edited,
    Histories.a_level_is_asserted,
    Histories.a_worker_is_killed, Histories.two_workers_work_while_some_arrive)}


def test_any_history_ends_in_the_state_of_its_replay(settings: Settings, database: Database[Any]) -> None:
    Histories.here = Here(settings, database, steps := Counter[str]())
    run_state_machine_as_test(Histories, settings=histories())
    print(f"\n{sum(steps.values())} steps in at most {HISTORIES * FUZZ} histories: {dict(steps)}")
    assert steps.keys() == STEPS.keys()
    assert min(steps.values()) > RARE * sum(steps.values()), steps


def histories() -> Any:
    """The same ones each time; `make fuzz` makes others, and more."""
    return configured(max_examples=HISTORIES * FUZZ, stateful_step_count=EACH * len(STEPS) + 1, deadline=None,
                      database=None, derandomize=FUZZ == 1, suppress_health_check=list(HealthCheck),
                      phases=(Phase.generate,))
