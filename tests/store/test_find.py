"""GET's filters against an oracle: every combination, over random histories."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import orjson
import pytest
from pymongo.database import Database

from lrs.access import Caller
from lrs.actors import actor_key
from lrs.models import Store
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs, Query, prepare
from tests.conftest import Client
from tests.store.histories import ACTIVITIES, AGENTS, REGISTRATIONS, TEAM, VERBS, VOIDED, History, Oracle, draw

HISTORIES = 24
LEAST_SHARE = 0.05
PAGE = 3


class Hands:
    """A clock that is set, not read."""

    def __init__(self) -> None:
        self.micros = 0

    def __call__(self) -> int:
        return self.micros


def store_history(database: Database[Any], caller: Caller, history: History) -> Lrs:
    """Store each entry by its process, at its time, in order; the last process's Lrs."""
    hands = Hands()
    processes = [Lrs(database, hands), Lrs(database, hands)]
    for entry in history.entries:
        hands.micros = entry.stored
        processes[entry.process].store(caller, [prepare(entry.statement, caller, "2.0")])
    return processes[0]


def combinations(history: History) -> Iterator[tuple[dict[str, Any], int | None, int | None]]:
    """Every combination of the filters' values (one of each that matches something, one that is rarer, none)."""
    middle = history.entries[len(history.entries) // 2].stored
    agents = [(), *((kind, agent) for kind in ("agent", "related agent") for agent in (AGENTS[0], AGENTS[1], TEAM))]
    activities = [(), *((kind, each) for kind in ("activity", "related activity") for each in ACTIVITIES[::2])]
    verbs = [(), ("verb", VERBS[0]), ("verb", VOIDED)]
    registrations = [(), ("registration", REGISTRATIONS[0])]
    spans = [(None, None), (middle, None), (None, middle), (middle - 2, middle + 2)]
    for agent, activity, verb, registration, (since, until) in product(agents, activities, verbs, registrations, spans):
        yield dict(each for each in (agent, activity, verb, registration) if each), since, until


def query(filters: dict[str, Any], since: int | None, until: int | None, ascending: bool) -> Query:
    keys = tuple((kind, actor_key(wanted) or "" if isinstance(wanted, dict) else wanted)
                 for kind, wanted in filters.items())
    return Query(keys, since, until, ascending)


@pytest.mark.requirement("COMM-filters", "COMM-since-until", "XAPI-00162", "XAPI-00166", "COMM-statement-result")
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_combination_of_filters_finds_what_the_oracle_finds(database: Database[Any], caller: Caller,
                                                                  seed: int) -> None:
    history = draw(seed)
    lrs, oracle = store_history(database, caller, history), Oracle(history)
    for filters, since, until in combinations(history):
        for ascending in (False, True):
            page = lrs.find(caller, query(filters, since, until, ascending), None, 1000)
            found = ids_of(page.bodies)
            assert found == oracle.find(ascending, since, until, **filters), (seed, filters, since, until, ascending)


@pytest.mark.requirement("XAPI-00173", "XAPI-00166")
@pytest.mark.parametrize("seed", range(HISTORIES, HISTORIES + 8))
def test_pages_put_together_are_the_whole(database: Database[Any], caller: Caller, seed: int) -> None:
    history = draw(seed)
    lrs, oracle = store_history(database, caller, history), Oracle(history)
    for ascending in (False, True):
        found, after = [], None
        while True:
            page = lrs.find(caller, Query(ascending=ascending), after, PAGE)
            found += ids_of(page.bodies)
            after = page.after
            if after is None:
                break
            assert len(page.bodies) == PAGE
        assert found == oracle.find(ascending, None, None)


def test_the_histories_hold_enough_of_each_hard_kind() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(HISTORIES):
        kinds += draw(seed).kinds
    shares = {kind: count / kinds["statements"] for kind, count in kinds.items()}
    assert all(share > LEAST_SHARE for share in shares.values()), shares
    assert len(shares) == 5, "statements, references before their targets, chains of three, equal stored, voids"


@pytest.mark.requirement("COMM-filters", "COMM-since-until", "XAPI-00162", "COMM-more", "COMM-statement-result")
@pytest.mark.parametrize("seed", [101, 102])
def test_http_answers_as_the_oracle_does(database: Database[Any], client: Client, gate: Any, seed: int) -> None:
    history = draw(seed)
    store_history(database, gate.by_secret(client.key, client.secret)[0], history)
    oracle = Oracle(history)
    for filters, since, until in list(combinations(history))[::7]:
        span = {name: format_timestamp(value) for name, value in (("since", since), ("until", until)) if value}
        found = client.statements(**as_parameters(filters), **span, limit=PAGE, ascending="true")
        assert [each["id"] for each in found] == oracle.find(True, since, until, **filters), filters


def test_another_stores_statements_are_never_found(client: Client, other: Client) -> None:
    statement = draw(1).entries[0].statement
    assert client.post("/xapi/statements", statement).status_code == 200
    assert other.statements() == []
    theirs, unknown = (other.get("/xapi/statements", statementId=each).json()["detail"].replace(each, "…")
                       for each in (statement["id"], "f47ac10b-58cc-4372-a567-0e02b2c3d479"))
    assert theirs == unknown


@pytest.mark.requirement("COMM-cursor", "COMM-more")
def test_a_cursor_of_another_store_is_refused(client: Client, other: Client, store: Store) -> None:
    for entry in draw(2).entries:
        client.post("/xapi/statements", entry.statement)
    more = client.get("/xapi/statements", limit=1).json()["more"]
    assert client.request("GET", more).status_code == 200
    assert other.request("GET", more).status_code == 400
    assert client.request("GET", more[:-3]).status_code == 400


def as_parameters(filters: dict[str, Any]) -> dict[str, Any]:
    parameters = {}
    for kind, wanted in filters.items():
        name = kind.removeprefix("related ")
        parameters[name] = json.dumps(wanted) if isinstance(wanted, dict) else wanted
        if kind != name:
            parameters["related_agents" if name == "agent" else "related_activities"] = "true"
    return parameters


def ids_of(bodies: list[bytes]) -> list[str]:
    return [orjson.loads(body)["id"] for body in bodies]


