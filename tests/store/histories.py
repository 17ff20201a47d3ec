"""Random histories of statements, and a naive record store in memory to compare answers with."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

VERBS = ["http://example.com/verbs/practised", "http://example.com/verbs/scored"]
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
ACTIVITIES = [f"http://example.com/activities/{name}" for name in ("drill", "exam", "café")]
REGISTRATIONS = ["6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f01", "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f02"]
AGENTS: list[dict[str, Any]] = [
    {"mbox": "mailto:li@example.com"},
    {"account": {"homePage": "http://example.com/hr", "name": "17"}},
    {"openid": "http://example.com/wu"},
]
TEAM = {"objectType": "Group", "mbox_sha1sum": "ab" * 20, "member": [AGENTS[1]]}
ANONYMOUS = {"objectType": "Group", "member": [AGENTS[0], AGENTS[2]]}
LONGEST = 14
ALIKE = 0.3  # how often a statement gets the `stored` of the one before


@dataclass
class Entry:
    """One statement of a history: what is sent, by which of two processes, with which `stored`."""

    statement: dict[str, Any]
    process: int
    stored: int


@dataclass
class History:
    entries: list[Entry] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def draw(seed: int) -> History:
    """A history that depends on `seed` alone."""
    rnd = random.Random(seed)
    history = History()
    length = rnd.randint(4, LONGEST)
    ids = [str(UUID(int=rnd.getrandbits(128), version=4)) for _ in range(length)]
    stored, process = 1_700_000_000_000_000 + rnd.randrange(10**9), 0
    for number, statement_id in enumerate(ids):
        if number and rnd.random() < ALIKE and process == 0:
            process = 1  # the other process's clock stands where ours stood
        else:
            process, stored = 0, stored + rnd.randint(1, 3)
        history.entries.append(Entry(_statement(rnd, statement_id, ids), process, stored))
    _count(history, ids)
    return history


def _statement(rnd: random.Random, statement_id: str, ids: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"id": statement_id, "actor": rnd.choice([*AGENTS, TEAM, ANONYMOUS]),
                            "verb": {"id": rnd.choice(VERBS)}, "object": _object(rnd, ids)}
    if made["object"].get("objectType") == "StatementRef" and rnd.random() < 0.35:
        made["verb"] = {"id": VOIDED}
    if rnd.random() < 0.5:
        made["context"] = _context(rnd)
    return made


def _object(rnd: random.Random, ids: list[str]) -> dict[str, Any]:
    kind = rnd.random()
    if kind < 0.5:
        return {"objectType": "StatementRef", "id": rnd.choice([*ids, ids[0], ids[-1]])}
    if kind < 0.58:
        return {"objectType": "Agent", **rnd.choice(AGENTS)}
    if kind < 0.66:
        inner = {"objectType": "SubStatement", "actor": rnd.choice(AGENTS), "verb": {"id": rnd.choice(VERBS)},
                 "object": {"id": rnd.choice(ACTIVITIES)}}
        return {**inner, "context": _context(rnd)} if rnd.random() < 0.5 else inner
    return {"id": rnd.choice(ACTIVITIES)}


def _context(rnd: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if rnd.random() < 0.5:
        made["registration"] = rnd.choice(REGISTRATIONS)
    if rnd.random() < 0.4:
        made["instructor"] = rnd.choice(AGENTS)
    if rnd.random() < 0.3:
        made["team"] = TEAM
    if rnd.random() < 0.4:
        around = rnd.choice([{"id": ACTIVITIES[0]}, [{"id": ACTIVITIES[1]}, {"id": ACTIVITIES[2]}]])
        made["contextActivities"] = {rnd.choice(["parent", "grouping", "category", "other"]): around}
    if rnd.random() < 0.3:
        made["contextAgents"] = [{"objectType": "contextAgent", "agent": rnd.choice(AGENTS),
                                  "relevantTypes": ["http://example.com/types/coach"]}]
    if rnd.random() < 0.2:
        made["contextGroups"] = [{"objectType": "contextGroup", "group": TEAM,
                                  "relevantTypes": ["http://example.com/types/team"]}]
    return made


def _count(history: History, ids: list[str]) -> None:
    """How many statements of the history are of each kind that the property is about."""
    position = {statement_id: number for number, statement_id in enumerate(ids)}
    target = {entry.statement["id"]: entry.statement["object"]["id"] for entry in history.entries
              if entry.statement["object"].get("objectType") == "StatementRef"}
    shared = Counter(entry.stored for entry in history.entries)
    for entry in history.entries:
        own = entry.statement["id"]
        history.kinds["statements"] += 1
        history.kinds["references before their targets"] += own in target and position[target[own]] > position[own]
        history.kinds["chains of three"] += own in target and target[own] in target and len(
            {own, target[own], target.get(target[own])}) == 3
        history.kinds["equal stored"] += shared[entry.stored] > 1
        history.kinds["voids"] += entry.statement["verb"]["id"] == VOIDED


class Oracle:
    """The record store's answers by reading the specification over every statement, one after another."""

    def __init__(self, history: History) -> None:
        self._entries = sorted(history.entries, key=lambda entry: (entry.stored, UUID(entry.statement["id"]).bytes))
        self._by_id = {entry.statement["id"]: entry.statement for entry in history.entries}
        self._voided = {statement["object"]["id"] for statement in self._by_id.values()
                        if statement["verb"]["id"] == VOIDED and self._can_be_voided(statement["object"]["id"])}

    def find(self, ascending: bool, since: int | None, until: int | None, **filters: Any) -> list[str]:
        """The ids of all that match, in paging order."""
        found = [entry.statement["id"] for entry in self._entries
                 if entry.statement["id"] not in self._voided
                 and (since is None or entry.stored > since) and (until is None or entry.stored <= until)
                 and all(self._meets(entry.statement, name, wanted, set()) for name, wanted in filters.items())]
        return found if ascending else found[::-1]

    def _can_be_voided(self, statement_id: str) -> bool:
        return statement_id in self._by_id and self._by_id[statement_id]["verb"]["id"] != VOIDED

    def _meets(self, statement: dict[str, Any], name: str, wanted: Any, seen: set[str]) -> bool:
        """Its own data meets the condition, or its target does, and so on."""
        if statement["id"] in seen:
            return False
        if MEETS[name](statement, wanted):
            return True
        found = statement["object"]
        if found.get("objectType") == "StatementRef" and found["id"] in self._by_id:
            return self._meets(self._by_id[found["id"]], name, wanted, seen | {statement["id"]})
        return False


def _verb(statement: dict[str, Any], wanted: str) -> bool:
    return bool(statement["verb"]["id"] == wanted)


def _registration(statement: dict[str, Any], wanted: str) -> bool:
    return bool(statement.get("context", {}).get("registration") == wanted)


def _agent(statement: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return _is(statement["actor"], wanted) or _is(statement["object"], wanted)


def _activity(statement: dict[str, Any], wanted: str) -> bool:
    found = statement["object"]
    return bool(found.get("objectType", "Activity") == "Activity" and found["id"] == wanted)


def _related_agent(statement: dict[str, Any], wanted: dict[str, Any]) -> bool:
    context = statement.get("context", {})
    places = [statement["actor"], statement["object"], context.get("instructor", {}), context.get("team", {}),
              *(each["agent"] for each in context.get("contextAgents", [])),
              *(each["group"] for each in context.get("contextGroups", []))]
    return any(_is(place, wanted) for place in places) or _inside(statement, _related_agent, wanted)


def _related_activity(statement: dict[str, Any], wanted: str) -> bool:
    found = statement.get("context", {}).get("contextActivities", {}).values()
    around = [each["id"] for value in found for each in (value if isinstance(value, list) else [value])]
    return _activity(statement, wanted) or wanted in around or _inside(statement, _related_activity, wanted)


def _inside(statement: dict[str, Any], meets: Any, wanted: Any) -> bool:
    return statement["object"].get("objectType") == "SubStatement" and bool(meets(statement["object"], wanted))


def _is(actor: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """The same inverse functional identifier, or a Group with such a member."""
    same = any(key in actor and actor[key] == wanted.get(key) for key in ("mbox", "mbox_sha1sum", "openid", "account"))
    return same or any(_is(member, wanted) for member in actor.get("member", []))


MEETS: dict[str, Callable[[dict[str, Any], Any], bool]] = {
    "verb": _verb, "registration": _registration, "agent": _agent, "activity": _activity,
    "related agent": _related_agent, "related activity": _related_activity}
