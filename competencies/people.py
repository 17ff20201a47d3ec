"""People: who works where, for whom, in which role, and by which actor keys the tools know them."""

import re
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import BooleanField, Document, ListField, ObjectIdField, StringField
from mongoengine.errors import NotUniqueError

from competencies.roles import Role
from lrs.actors import actor_key, actor_of
from lrs.errors import Invalid, NotFound, Unavailable
from lrs.rules import Refused
from lrs.rules.actors import AGENT_TYPE, check_actor

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
    analyst = BooleanField(default=False)  # reaches everybody in the store, when they call themselves
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
        raise Invalid("/id", f"{person!r} is no id: 1 to 64 letters, digits, '.', '_' and '-', the first no sign")
    actors = [_actor_key(agent, f"/identifiers/{index}") for index, agent in enumerate(fields["identifiers"])]
    if fields.get("role") and Role.objects(code=fields["role"]).first() is None:
        raise Invalid("/role", f"there is no role {fields['role']!r}")
    _check_manager(store, person, fields.get("manager"))
    _check_taken(store, person, actors, fields.get("login"))  # the database would log what is taken
    try:
        Person.objects(store=store, person=person).modify(
            upsert=True, set__name=fields["name"], set__unit=fields["unit"], set__role=fields.get("role"),
            set__manager=fields.get("manager"), set__login=fields.get("login"), set__analyst=fields["analyst"],
            set__actors=list(dict.fromkeys(actors)))
    except NotUniqueError:  # somebody else was quicker
        _check_taken(store, person, actors, fields.get("login"))
        raise Unavailable("another change was under way") from None
    return get_person(store, person)


def delete_person(store: ObjectId, person: str) -> None:
    """Forget a person; their evidence stays, as that of unknown actors. Raises NotFound, and Invalid for a manager."""
    found = get_person(store, person)
    reports = [each.person for each in Person.objects(store=store, manager=person).only("person").limit(5)]
    if reports:
        raise Invalid("", f"{person!r} is the manager of {', '.join(reports)}: give them another first")
    found.delete()


def _check_taken(store: ObjectId, person: str, actors: list[str], login: str | None) -> None:
    """Identifiers and logins are one person's."""
    others = Person.objects(store=store, person__ne=person)
    if login and (found := others.filter(login=login).first()):
        raise Invalid("/login", f"{found.person} has this one")
    if actors and (found := others.filter(actors__in=actors).first()):
        raise Invalid("/identifiers", f"{found.person} has one of these")


def _actor_key(agent: dict[str, Any], at: str) -> str:
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
