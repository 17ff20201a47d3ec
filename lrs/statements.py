"""Statements: prepare (pure), store, get, find.

A statement's way in: `prepare` checks it against the rules and works out what it means and what it is found by;
`Lrs.store` gives it its `stored`, inserts it journaled, links references, and only then lets it be acknowledged.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from bson import ObjectId
from pymongo.database import Database

from lrs import references, signatures
from lrs.access import Caller
from lrs.actors import actor_key
from lrs.attachments import Files, Received, attachments_of, check_has_data
from lrs.clock import Clock, now_micros
from lrs.descriptions import activity_of, person_of
from lrs.documents import Documents
from lrs.equivalence import Meaning, as_list, meaning_of
from lrs.errors import BadRequest, Conflict, Forbidden, NotFound, TooLarge
from lrs.keys import EVERY, RELATED_ACTIVITY, RELATED_AGENT, Keyring
from lrs.multipart import Part
from lrs.rules import Refused, check_statement
from lrs.rules.formats import format_timestamp, parse_timestamp
from lrs.rules.objects import VOIDED
from lrs.signatures import check_signature, is_signature
from lrs.store import Position, Row, Statements, installation_secret, row_id
from lrs.together import Together

MOST_BYTES = 1024 * 1024  # of one Statement: what a row, its keys and its evidence can hold (a document has 16 MiB)
MOST_DESCRIBING, AT_ONCE = 1000, 50  # Statements that are read to describe an Activity or an Agent
READ = ("body", "stored", "voided", "authority", "files")
MEANING = ("body", "gave_timestamp")
DEFAULT_VERSION = {"1.0.3": "1.0.0", "2.0": "2.0.0"}  # Data 2.4.10; IEEE 9274.1.1 4.2.4.3


@dataclass(frozen=True)
class Prepared:
    """A checked Statement that lacks nothing but `stored`."""

    statement: dict[str, Any]
    version: str  # that the client speaks
    at: str = ""  # the JSON pointer to it in what was sent

    @property
    def id(self) -> str:
        return str(self.statement["id"])

    @property
    def voids(self) -> bool:
        target: dict[str, Any] = self.statement["object"]
        return bool(self.statement["verb"]["id"] == VOIDED and target.get("objectType") == "StatementRef")


@dataclass(frozen=True)
class Query:
    """What GET /statements asks for; times in microseconds since 1970 UTC, since exclusive, until inclusive."""

    keys: tuple[tuple[str, str], ...] = ()
    since: int | None = None
    until: int | None = None
    ascending: bool = False


class Found(NamedTuple):
    """A stored Statement: its JSON, and its `stored` in microseconds."""

    body: bytes
    stored: int
    files: tuple[str, ...] = ()  # the digests of the Attachments whose data is here
    defines: bool = True  # whether it says what Activities and Actors are called


@dataclass(frozen=True)
class Page:
    """One page of Statements, and the place after which the next begins; None at the end."""

    found: list[Found]
    after: Position | None

    @property
    def bodies(self) -> list[bytes]:
        return [each.body for each in self.found]


def prepare(statement: dict[str, Any], caller: Caller, version: str, at: str = "") -> Prepared:
    """Check a Statement, as parsed, and complete it. `version` is "1.0.3" or "2.0", `at` its place in what was sent.
    Raises Refused, and Forbidden for a launch's that is about something or somebody else.

    The id is made up where it is missing; the authority is always the caller's; context activities become Arrays
    (Data 2.4.6.2). Everything else stays as it was sent.
    """
    check_statement(statement, version)
    caller.require_launched(statement)
    complete = {"id": statement.get("id") or str(uuid4()), **statement, "authority": caller.authority}
    complete.setdefault("version", DEFAULT_VERSION[version])
    complete.pop("stored", None)
    return Prepared(_with_arrays(complete), version, at)


def prepare_batch(statements: list[Any], caller: Caller, version: str) -> list[Prepared]:
    """`prepare` for each; a refusal names the place in the batch. Two of one id are refused."""
    prepared: list[Prepared] = []
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        try:
            each = prepare(statement, caller, version, f"/{index}")
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
        self.files = Files(database)
        self.documents = Documents(database)
        self._together = Together(self._insert_each)

    def store(self, caller: Caller, batch: list[Prepared], parts: Iterable[Part] = ()) -> list[str]:
        """Store all of `batch`, journaled and linked, or nothing; their ids in order.

        `parts` are the data of their Attachments, as they came in multipart/mixed. What is stored already and means
        the same counts as stored. Raises Conflict where it means something else, BadRequest for what is wrong with
        Attachments, Forbidden for a void of what another authority stored.
        """
        self._check_voids(caller, batch)
        declared = [each for prepared in batch for each in attachments_of(prepared.statement, prepared.at)]
        with self.files.receiving(caller.store, [attachment for _, attachment in declared], parts) as received:
            check_has_data(declared, received.digests)
            signed = {each.id: _check_signatures(each, received) for each in batch} if declared else {}
            return self._store(caller, batch, received.digests, signed)

    def _store(self, caller: Caller, batch: list[Prepared], digests: set[str],
               signed: dict[str, list[str]]) -> list[str]:
        with self.clock.take(len(batch)) as first:
            rows = {row["_id"]: row for row in (self._row(caller, each, first + index, digests, signed.get(each.id, []))
                                                for index, each in enumerate(batch))}
            alone = len(rows) == 1 and not any("target" in row for row in rows.values())
            again = self._insert(rows, self._insert_among_others if alone else self.statements.insert)
        for row in again:  # data and signatures that come with a Statement that was there without them
            if "files" in row:
                self.statements.add_files(row)
        if not alone:
            self._link(list(rows.values()))
        return [each.id for each in batch]

    def _insert(self, rows: dict[bytes, Row], insert: Callable[[list[Row]], list[bytes]]) -> list[Row]:
        """Insert those of `rows` that aren't there; the others. Raises Conflict."""
        again: list[Row] = []
        waiting = dict(rows)
        while waiting and (present := insert(list(waiting.values()))):
            self._require_same(present, rows)
            again += [waiting.pop(key) for key in present]
        return again

    def _insert_among_others(self, rows: list[Row]) -> list[bytes]:
        """One row, journaled and linked together with those of other threads."""
        return self.statements.insert_one(rows[0], self._together)

    def _insert_each(self, rows: list[Row]) -> list[bool]:
        inserted = self.statements.insert_each(rows)
        self._link(rows)
        return inserted

    def _link(self, rows: list[Row]) -> None:
        """Re-sent ones too: the process that stored them may have died before it linked them."""
        references.link(self.statements, self.keyring, rows)

    def get(self, caller: Caller, statement_id: str, voided: bool = False) -> Found:
        """The Statement of this id, among the voided or among the others. Raises NotFound."""
        row = self.statements.get_one(row_id(caller.store, statement_id), *READ)
        if row is None or row.get("voided", False) != voided or not self._may_read(caller, row):
            raise NotFound(f"no {'voided ' if voided else ''}statement {statement_id}")
        return _found(row)

    def find(self, caller: Caller, query: Query, after: Position | None, limit: int) -> Page:
        """The page of at most `limit` Statements that follows `after`."""
        keys = [self.keyring.key(caller.store, kind, value) for kind, value in query.keys]
        if caller.reads_own_only:
            keys.append(self._authority_key(caller))
        rows = self.statements.find(caller.store, keys or [self.keyring.key(caller.store, EVERY, "")], query.since,
                                    query.until, after, query.ascending, limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        return Page([_found(row) for row in rows], Position(rows[-1]["stored"], rows[-1]["_id"]) if more else None)

    def activity(self, caller: Caller, activity_id: str) -> dict[str, Any]:
        """The Activity as the latest Statements that the caller may read describe it (Communication 2.5)."""
        return activity_of(activity_id, self._latest(caller, RELATED_ACTIVITY, activity_id))

    def person(self, caller: Caller, agent: dict[str, Any]) -> dict[str, Any]:
        """The Person of an Agent, with the names that the latest Statements give it (Communication 2.4)."""
        return person_of(agent, self._latest(caller, RELATED_AGENT, str(actor_key(agent))))

    def _latest(self, caller: Caller, kind: str, value: str) -> Iterator[dict[str, Any]]:
        """The latest Statements with this key, latest first, parsed; a few in memory at a time."""
        after: Position | None = None
        for _ in range(MOST_DESCRIBING // AT_ONCE):
            page = self.find(caller, Query(((kind, value),)), after, AT_ONCE)
            yield from (orjson.loads(each.body) for each in page.found if each.defines)
            if (after := page.after) is None:
                return

    def sweep(self) -> int:
        """Finish the links that a crash interrupted, and remove data of Attachments that it left; how many links."""
        self.files.sweep(self.statements.has_file)
        return references.sweep(self.statements, self.keyring)

    def everything_key(self, store: ObjectId) -> int:
        return self.keyring.key(store, EVERY, "")

    def _authority_key(self, caller: Caller) -> int:
        return self.keyring.authority_key(caller.store, caller.authority)

    def _may_read(self, caller: Caller, row: Row) -> bool:
        return not caller.reads_own_only or row["authority"] == self._authority_key(caller)

    def _check_voids(self, caller: Caller, batch: list[Prepared]) -> None:
        """Data 2.3.2: whether a Statement may be voided is the LRS's to say. Raises Forbidden.

        A target that comes later is checked then; a void that was taken before its target came is taken again.
        """
        voids = [(each.id, row_id(caller.store, each.statement["object"]["id"])) for each in batch if each.voids]
        if not voids or caller.may("statements/void"):
            return
        own, targets = self._authority_key(caller), self.statements.get({target for _, target in voids}, "authority")
        for each, target in voids:
            if (target in targets and targets[target]["authority"] != own
                    and not self.statements.get([row_id(caller.store, each)], "_id")):
                raise Forbidden(f"statement {each} would void what another authority stored: that needs the scope "
                                "statements/void")

    def _require_same(self, present: list[bytes], rows: dict[bytes, Row]) -> None:
        for key, kept in self.statements.durable(present, *MEANING).items():
            if not _meaning(kept).equals(_meaning(rows[key])):
                raise Conflict(str(orjson.loads(rows[key]["body"])["id"]))

    def _row(self, caller: Caller, prepared: Prepared, stored: int, digests: set[str], signed: list[str]) -> Row:
        statement, authority = prepared.statement, self._authority_key(caller)
        moment = format_timestamp(stored)
        body = orjson.dumps({**statement, "stored": moment, "timestamp": statement.get("timestamp", moment)})
        require_size(body, prepared)
        row = Row(_id=row_id(caller.store, prepared.id), store=caller.store, stored=stored, body=body,
                  keys=sorted(self.keyring.keys_of(caller.store, statement) | {authority}), authority=authority,
                  gave_timestamp="timestamp" in statement)
        if statement["object"].get("objectType") == "StatementRef":
            row["target"] = row_id(caller.store, statement["object"]["id"])
            row["unlinked"] = True
            if prepared.voids:
                row["voids"] = True
                row["voids_any"] = caller.may("statements/void")
        if digests and (files := {each["sha2"].lower() for _, each in attachments_of(statement)} & digests):
            row["files"] = sorted(files)
        if signed:
            row["signed"] = signed
        if not caller.may("define"):
            row["defines"] = False
        if caller.may("competencies/align"):
            row["aligns"] = True
        return row


def require_size(body: bytes, prepared: Prepared) -> None:
    """Raise TooLarge for a Statement, as it would be kept, that has more than MOST_BYTES."""
    if len(body) > MOST_BYTES:
        raise TooLarge("XAPI-00328", prepared.at or "body",
                       f"statement {prepared.id} has more than {MOST_BYTES:,} bytes")


def happened(statement: dict[str, Any]) -> int:
    """When it happened, in microseconds: its timestamp, but never after it was stored."""
    stored = parse_timestamp(statement["stored"])
    timestamp = parse_timestamp(statement["timestamp"])
    assert stored is not None, "set by the store"
    assert timestamp is not None, "checked, or set by the store"
    return min(stored, timestamp)


def _check_signatures(prepared: Prepared, received: Received) -> list[str]:
    """What `Row.signed` says of a Statement's signatures. Raises BadRequest. SubStatements aren't signed."""
    signed = []
    for index, attachment in enumerate(prepared.statement.get("attachments", ())):
        if is_signature(attachment):
            at = f"{prepared.at}/attachments/{index}"
            if attachment["contentType"] != signatures.CONTENT_TYPE:
                raise BadRequest("XAPI-00115", f"{at}/contentType", f"found {attachment['contentType']!r:.60}")
            data = received.signatures.get(attachment["sha2"].lower())
            signed.append("" if data is None else check_signature(prepared.statement, data, prepared.version, at))
    return signed


def _found(row: Row) -> Found:
    return Found(row["body"], row["stored"], tuple(row.get("files", ())), row.get("defines", True))


def _meaning(row: Row) -> Meaning:
    """What was sent, for the store assigns nothing that counts (see equivalence.py) but the timestamp."""
    statement = orjson.loads(row["body"])
    if not row["gave_timestamp"]:
        del statement["timestamp"]
    return meaning_of(statement)


def _with_arrays(statement: dict[str, Any]) -> dict[str, Any]:
    """Context activities as Arrays, in a SubStatement too."""
    context, found = statement.get("context"), statement["object"]
    if context and "contextActivities" in context:
        activities = {relation: as_list(value) for relation, value in context["contextActivities"].items()}
        statement = {**statement, "context": {**context, "contextActivities": activities}}
    if found.get("objectType") == "SubStatement":
        statement = {**statement, "object": _with_arrays(found)}
    return statement
