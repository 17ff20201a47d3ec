"""People: who works where, for whom, in which role, and by which actor keys the tools know them."""

import random
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import BooleanField, Document, ListField, ObjectIdField, StringField, get_db
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, OperationFailure

from competencies.roles import Role
from lrs.actors import actor_key, actor_of
from lrs.errors import Invalid, NotFound, Unavailable
from lrs.rules import Refused
from lrs.rules.actors import AGENT_TYPE, check_actor
from lrs.store import JOURNALED

TRIES = 100  # of a change that others got ahead of
PAUSE = 0.05  # seconds between two, at the most
PERSON_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Person(Document):  # type: ignore[misc]  # mongoengine ships no types
    """Somebody whose competencies count. Their evidence is found by their actor keys."""

    store = ObjectIdField(required=True)
    person = StringField(required=True)  # the id, unique in the store
    name = StringField(required=True, max_length=200)
    unit = StringField(required=True, max_length=200)
    role = StringField()
    manager = StringField()
    login = StringField()  # what their OpenID provider's tokens call them, unique in the store
    analyst = BooleanField(default=False)  # reaches everybody in the store, when they call with a token of their own
    actors = ListField(StringField())  # actor keys, each belonging to one person of the store
    meta = {"collection": "people", "auto_create_index": False}

    def agents(self) -> list[dict[str, Any]]:
        """The actor keys as the Agents that they stand for."""
        return [actor_of(key) for key in self.actors]


def get_person(store: ObjectId, person: str) -> Person:
    """The person of this id. Raises NotFound."""
    found = Person.objects(store=store, person=person).first()
    if found is None:
        raise NotFound(f"no person {person!r}")
    return found  # type: ignore[no-any-return]


def save_person(store: ObjectId, fields: dict[str, Any], person: str | None = None) -> Person:
    """Create or replace a person. Raises Invalid, with a pointer, for what doesn't fit the rest of the store."""
    person = person or str(uuid4())
    if not PERSON_ID.fullmatch(person):
        raise Invalid("/id", f"{person!r} is no id: 1 to 64 letters, digits, '.', '_' and '-', the first a letter or "
                             "digit")
    actors = [key_of(agent, f"/identifiers/{index}") for index, agent in enumerate(fields["identifiers"])]
    row = {"name": fields["name"], "unit": fields["unit"], "role": fields.get("role"),
           "manager": fields.get("manager"), "login": fields.get("login"), "analyst": fields["analyst"],
           "actors": list(dict.fromkeys(actors))}

    def check() -> None:
        if row["role"] and Role.objects(code=row["role"]).first() is None:
            raise Invalid("/role", f"there is no role {row['role']!r}")
        _check_manager(store, person, row["manager"])
        _check_taken(store, person, actors, row["login"])

    _change(store, check, lambda session: Person._get_collection().update_one(
        {"store": store, "person": person}, {"$set": row}, upsert=True, session=session))
    return get_person(store, person)


def delete_person(store: ObjectId, person: str) -> None:
    """Forget a person; their evidence stays, as that of unknown actors. Raises NotFound, and Invalid for a manager."""
    def check() -> None:
        get_person(store, person)
        reports = [each.person for each in Person.objects(store=store, manager=person).only("person").limit(5)]
        if reports:
            raise Invalid("", f"{person!r} is the manager of {', '.join(reports)}: give them another first")

    _change(store, check, lambda session: Person._get_collection().delete_one(
        {"store": store, "person": person}, session=session))


def _change(store: ObjectId, check: Callable[[], None], write: Callable[[ClientSession], object]) -> None:
    """`check`, then `write`, with no other change of the store's people between the two, or both again.

    Whom a person reaches follows from all of them together, so each change counts up one version, in the transaction
    that makes it. Raises what `check` raises, and Unavailable.
    """
    versions = get_db().get_collection("people.versions", write_concern=JOURNALED)
    for _ in range(TRIES):
        found = versions.find_one_and_update({"_id": store}, {"$setOnInsert": {"version": 0}}, upsert=True,
                                             return_document=ReturnDocument.AFTER)
        check()
        try:
            with versions.database.client.start_session() as session, session.start_transaction():
                if versions.update_one(found, {"$inc": {"version": 1}}, session=session).matched_count:
                    write(session)
                    return
        except OperationFailure as error:  # a duplicate key: the check will say whose
            if not (error.has_error_label("TransientTransactionError") or isinstance(error, DuplicateKeyError)):
                raise
        time.sleep(random.uniform(0, PAUSE))  # noqa: S311  # so that two that met don't meet again
    raise Unavailable("others are changing people of this store all the time")


def _check_taken(store: ObjectId, person: str, actors: list[str], login: str | None) -> None:
    """Identifiers and logins are one person's."""
    others = Person.objects(store=store, person__ne=person)
    if login and (found := others.filter(login=login).first()):
        raise Invalid("/login", f"{found.person} has this one")
    if actors and (found := others.filter(actors__in=actors).first()):
        raise Invalid("/identifiers", f"{found.person} has one of these")


def key_of(agent: dict[str, Any], at: str) -> str:
    """The actor key of an Agent that somebody sent. Raises Invalid."""
    try:
        check_actor(agent, at, allowed=AGENT_TYPE)
    except Refused as refused:
        raise Invalid(refused.at, f"{refused.text} ({refused.requirement})") from None
    key = actor_key(agent)
    assert key is not None, "check_actor wants one identifier"
    return key


def _check_manager(store: ObjectId, person: str, manager: str | None) -> None:
    """A manager is there, and isn't below the person: the hierarchy has no ring."""
    above, seen = manager, {person}
    while above:
        if above in seen:
            raise Invalid("/manager", f"{manager!r} is managed, in the end, by {person!r}")
        seen.add(above)
        found = Person.objects(store=store, person=above).only("manager").first()
        if found is None:
            raise Invalid("/manager", f"there is no person {above!r}")
        above = found.manager
