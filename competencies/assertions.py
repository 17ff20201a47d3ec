"""What people say of a person's level, recorded as statements under Waymark's own authority.

A self-assessment, prior learning, a review, an override: each kind is read by an alignment of its own, which trusts
that authority alone and states what it weighs. An override isn't weighed: it sets the level, which later attempts move.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from bson import ObjectId

from competencies.frameworks import Competency, identifier
from competencies.outcomes import LEVEL_EXTENSION
from competencies.people import Person
from lrs.access import Caller
from lrs.actors import actor_of
from lrs.clock import now_micros
from lrs.errors import Invalid, NotFound
from lrs.models import AUTHORITY_HOME
from lrs.rules.formats import format_timestamp, has_uuid_form
from lrs.rules.objects import VOIDED
from lrs.statements import Lrs, prepare
from lrs.store import row_id

KINDS = ("self-assessment", "prior-learning", "review", "override")
VERBS = "https://waymark.example/xapi/verbs/"
COMPETENCY_TYPE = "https://waymark.example/xapi/activity-types/competency"
AUTHORITY = {"objectType": "Agent", "name": "Waymark", "account": {"homePage": AUTHORITY_HOME, "name": "waymark"}}


def waymark(store: ObjectId) -> Caller:
    """Waymark itself, as who stores what it records."""
    return Caller(store, "Waymark", frozenset({"competencies/align"}), AUTHORITY)


def record(lrs: Lrs, by: Caller, person: Person, kind: str, said: Mapping[str, Any]) -> str:
    """Store what somebody says of a person: `competency`, `level`, and perhaps a `note`. The statement's id.

    Raises Invalid where there is no such competency, or where the person has no identifier now.
    """
    now = now_micros()
    competency = Competency.of(person.store, code=said["competency"]).first()
    if competency is None:
        raise Invalid("/competency", f"there is no competency {said['competency']!r:.80}")
    actors = [actor for actor in person.actors if person.owns(actor, now)]
    if not actors:
        raise Invalid("", f"{person.person!r} has no identifier now: a statement needs one")
    statement: dict[str, Any] = {
        "id": str(uuid4()), "actor": actor_of(actors[0]), "verb": {"id": f"{VERBS}{kind}", "display": {"en": kind}},
        "object": {"id": identifier("competencies", competency.key).urn,
                   "definition": {"type": COMPETENCY_TYPE, "name": dict(competency.name)}},
        "result": {"extensions": {LEVEL_EXTENSION: said["level"]}}, "timestamp": format_timestamp(now)}
    if said.get("note"):
        statement["result"]["response"] = said["note"]
    if kind != "self-assessment":
        statement["context"] = {"instructor": by.authority}
    return _store(lrs, person.store, statement)


def withdraw(lrs: Lrs, person: Person, statement_id: str) -> None:
    """Void what was recorded of a person. Raises NotFound."""
    named = has_uuid_form(statement_id)
    row = lrs.statements.get_one(row_id(person.store, statement_id), "body", "voided") if named else None
    statement = orjson.loads(row["body"]) if row and not row.get("voided") else None
    if statement is None or statement["authority"].get("account") != AUTHORITY["account"] or not (
            statement["verb"]["id"].startswith(VERBS)) or not any(
            statement["actor"] == {**statement["actor"], **actor_of(actor)} for actor in person.actors):
        raise NotFound(f"nothing recorded of {person.person!r} is statement {statement_id!r:.60}")
    _store(lrs, person.store, {
        "id": str(uuid4()), "actor": AUTHORITY, "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": statement["id"]}})


def _store(lrs: Lrs, store: ObjectId, statement: dict[str, Any]) -> str:
    caller = waymark(store)
    (stored,) = lrs.store(caller, [prepare(statement, caller, "2.0")])
    return stored
