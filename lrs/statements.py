"""Statements: prepare (pure), store, get, find.

A statement's way in: `prepare` checks it against the rules and works out what it means and what it is found by;
`Lrs.store` gives it its `stored`, inserts it journaled, links references, and only then lets it be acknowledged.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
from bson import ObjectId
from pymongo.database import Database

from lrs import references
from lrs.access import Caller
from lrs.actors import actor_key
from lrs.clock import Clock, now_micros
from lrs.equivalence import Meaning, as_list, meaning_of
from lrs.errors import Conflict, NotFound
from lrs.http_rules import check_size
from lrs.keys import AGENT, EVERY, VERB, Keyring
from lrs.rules import Refused, check_statement
from lrs.rules.formats import format_timestamp, parse_timestamp
from lrs.rules.objects import VOIDED
from lrs.store import Position, Row, Statements, installation_secret, row_id

MEANING = ("timed", "untimed", "gave_timestamp")
DEFAULT_VERSION = {"1.0.3": "1.0.0", "2.0": "2.0.0"}  # Data 2.4.10; IEEE 9274.1.1 4.2.4.3


@dataclass(frozen=True)
class Prepared:
    """A checked Statement that lacks nothing but `stored`."""

    statement: dict[str, Any]
    meaning: Meaning

    @property
    def id(self) -> str:
        return str(self.statement["id"])


@dataclass(frozen=True)
class Query:
    """What GET /statements asks for; times in microseconds since 1970 UTC, since exclusive, until inclusive."""

    keys: tuple[tuple[str, str], ...] = ()
    since: int | None = None
    until: int | None = None
    ascending: bool = False


@dataclass(frozen=True)
class Found:
    """A stored Statement: its JSON, and its `stored` in microseconds."""

    body: bytes
    stored: int


@dataclass(frozen=True)
class Page:
    """One page of Statements, and the place after which the next begins; None at the end."""

    bodies: list[bytes]
    after: Position | None


def prepare(statement: dict[str, Any], caller: Caller, version: str) -> Prepared:
    """Check a Statement, as parsed, and complete it. `version` is "1.0.3" or "2.0". Raises Refused.

    The id is made up where it is missing; the authority is always the caller's; context activities become Arrays
    (Data 2.4.6.2). Everything else stays as it was sent.
    """
    check_statement(statement, version)
    check_size(statement)
    meaning = meaning_of(statement)
    complete = {"id": str(uuid4()), **statement, "authority": caller.authority}
    complete.setdefault("version", DEFAULT_VERSION[version])
    complete.pop("stored", None)
    return Prepared(_with_arrays(complete), meaning)


def prepare_batch(statements: list[Any], caller: Caller, version: str) -> list[Prepared]:
    """`prepare` for each; a refusal names the place in the batch. Two of one id are refused."""
    prepared: list[Prepared] = []
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        try:
            each = prepare(statement, caller, version)
        except Refused as refused:
            raise refused.below(f"/{index}") from None
        if each.id.lower() in seen:
            raise Refused("XAPI-00029", f"/{index}/id", "the id stands twice in this batch")
        seen.add(each.id.lower())
        prepared.append(each)
    return prepared


class Lrs:
    """The record store of one process, over one database. Made after fork."""

    def __init__(self, database: Database[Any], now: Callable[[], int] = now_micros) -> None:
        self.secret = installation_secret(database)
        self.statements = Statements(database)
        self.keyring = Keyring(self.secret)
        self.clock = Clock(database.writers, now)

    def store(self, caller: Caller, batch: list[Prepared]) -> list[str]:
        """Store all of `batch`, journaled and linked, or nothing; their ids in order.

        What is stored already and means the same counts as stored. Raises Conflict where it means something else.
        """
        with self.clock.take(len(batch)) as first:
            rows = {row["_id"]: row for row in (self._row(caller, each, first + index)
                                                for index, each in enumerate(batch))}
            waiting = dict(rows)
            while waiting and (present := self.statements.insert(list(waiting.values()))):
                self._require_same(present, rows)
                for row in present:
                    del waiting[row]
        # Re-sent ones too: the process that stored them may have died before it linked them
        references.link(self.statements, self.keyring, list(rows.values()))
        return [each.id for each in batch]

    def get(self, caller: Caller, statement_id: str, voided: bool = False) -> Found:
        """The Statement of this id, among the voided or among the others. Raises NotFound."""
        key = row_id(caller.store, statement_id)
        row = self.statements.get([key], "body", "stored", "voided", "authority").get(key)
        if row is None or row.get("voided", False) != voided or not self._may_read(caller, row):
            raise NotFound(f"no {'voided ' if voided else ''}statement {statement_id}")
        return Found(row["body"], row["stored"])

    def find(self, caller: Caller, query: Query, after: Position | None, limit: int) -> Page:
        """The page of at most `limit` Statements that follows `after`."""
        keys = [self.keyring.key(caller.store, kind, value) for kind, value in query.keys]
        if caller.reads_own_only:
            keys.append(self._authority_key(caller))
        rows = self.statements.find(caller.store, keys or [self.keyring.key(caller.store, EVERY, "")], query.since,
                                    query.until, after, query.ascending, limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        return Page([row["body"] for row in rows], Position(rows[-1]["stored"], rows[-1]["_id"]) if more else None)

    def of_actors(self, store: ObjectId, actors: list[str], verbs: Iterable[str]) -> Iterator[dict[str, Any]]:
        """All Statements of these actors with one of these verbs, parsed, voided ones left out."""
        for actor in actors:
            for verb in verbs:
                keys = [self.keyring.key(store, AGENT, actor), self.keyring.key(store, VERB, verb)]
                for row in self.statements.find(store, keys, None, None, None, True, 0):
                    statement = orjson.loads(row["body"])
                    if actor_key(statement["actor"]) == actor and statement["verb"]["id"] == verb:
                        yield statement  # and not one that refers to it

    def sweep(self) -> int:
        """Finish the links that a crash interrupted."""
        return references.sweep(self.statements, self.keyring)

    def everything_key(self, store: ObjectId) -> int:
        return self.keyring.key(store, EVERY, "")

    def _authority_key(self, caller: Caller) -> int:
        return self.keyring.authority_key(caller.store, caller.authority)

    def _may_read(self, caller: Caller, row: Row) -> bool:
        return not caller.reads_own_only or row["authority"] == self._authority_key(caller)

    def _require_same(self, present: list[bytes], rows: dict[bytes, Row]) -> None:
        for key, kept in self.statements.durable(present, *MEANING).items():
            if not _meaning(kept).equals(_meaning(rows[key])):
                raise Conflict(str(orjson.loads(rows[key]["body"])["id"]))

    def _row(self, caller: Caller, prepared: Prepared, stored: int) -> Row:
        statement, authority = prepared.statement, self._authority_key(caller)
        moment = format_timestamp(stored)
        body = orjson.dumps({**statement, "stored": moment, "timestamp": statement.get("timestamp", moment)})
        row = Row(_id=row_id(caller.store, prepared.id), store=caller.store, stored=stored, body=body,
                  keys=sorted(self.keyring.keys_of(caller.store, statement) | {authority}), authority=authority,
                  timed=prepared.meaning.timed, untimed=prepared.meaning.untimed,
                  gave_timestamp=prepared.meaning.gave_timestamp)
        if statement["object"].get("objectType") == "StatementRef":
            row["target"] = row_id(caller.store, statement["object"]["id"])
            row["unlinked"] = True
            if statement["verb"]["id"] == VOIDED:
                row["voids"] = True
                row["voids_any"] = caller.may("statements/void")
        return row


def happened(statement: dict[str, Any]) -> int:
    """When it happened, in microseconds: its timestamp, but never after it was stored."""
    stored = parse_timestamp(statement["stored"])
    timestamp = parse_timestamp(statement["timestamp"])
    assert stored is not None, "set by the store"
    assert timestamp is not None, "checked, or set by the store"
    return min(stored, timestamp)


def _meaning(row: Row) -> Meaning:
    return Meaning(row["timed"], row["untimed"], row["gave_timestamp"])


def _with_arrays(statement: dict[str, Any]) -> dict[str, Any]:
    """Context activities as Arrays, in a SubStatement too."""
    context, found = statement.get("context"), statement["object"]
    if context and "contextActivities" in context:
        activities = {relation: as_list(value) for relation, value in context["contextActivities"].items()}
        statement = {**statement, "context": {**context, "contextActivities": activities}}
    if found.get("objectType") == "SubStatement":
        statement = {**statement, "object": _with_arrays(found)}
    return statement
