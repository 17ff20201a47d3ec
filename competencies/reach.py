"""Whom a caller reaches: a credential its store; a person themselves, those below them now, or as an analyst all.

It follows from the people as they are now: nothing in a token changes it, nor does what was true before.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from bson import ObjectId
from mongoengine import get_db

from competencies.people import Person, get_person
from lrs.access import Caller
from lrs.errors import Forbidden, NotFound
from lrs.scopes import granted

PERSONAL = ("gaps/read", "plans/read")  # what every person may do with those they reach


@dataclass(frozen=True)
class Reach:
    """People of one store, by id; None for all of them."""

    store: ObjectId
    people: frozenset[str] | None = None

    def person(self, person: str) -> Person:
        """Raises NotFound, for one out of reach as for one who isn't there."""
        if self.people is None or person in self.people:
            return get_person(self.store, person)
        raise NotFound(f"no person {person!r}")

    @property
    def filter(self) -> dict[str, Any]:
        """What to add to a query for people."""
        return {"store": self.store} | ({} if self.people is None else {"person__in": sorted(self.people)})

    @property
    def query(self) -> dict[str, Any]:
        """The same of rows that name a person."""
        return {} if self.people is None else {"person": {"$in": sorted(self.people)}}

    def among(self, people: Collection[str]) -> "Reach":
        """Those of these whom it takes in."""
        return Reach(self.store, frozenset(people) if self.people is None else self.people & frozenset(people))

    def require_all(self) -> None:
        """Raises Forbidden for who doesn't reach the whole store."""
        if self.people is not None:
            raise Forbidden("this is about the whole store; it needs an analyst")


def recognised(caller: Caller) -> tuple[Caller, Person | None]:
    """The caller with what they may do, and who they are if a person. Raises Forbidden for a login that is nobody's."""
    if not caller.is_person:
        return caller, None
    found = Person.objects(store=caller.store, login=caller.name).first()
    if found is None:
        raise Forbidden("the token holds, but nobody here has its login")
    return replace(caller, scopes=granted(PERSONAL)), found


def reach_of(caller: Caller, person: Person | None) -> Reach:
    """A credential's reach is its store; a person's follows from where they stand."""
    if person is None or person.analyst:
        return Reach(caller.store)
    return Reach(caller.store, frozenset({person.person, *below(caller.store, person.person)}))


def below(store: ObjectId, person: str) -> list[str]:
    """Those whom the person manages, directly or through others."""
    found = get_db().people.aggregate([
        {"$match": {"store": store, "person": person}},
        {"$graphLookup": {"from": "people", "startWith": "$person", "connectFromField": "person",
                          "connectToField": "manager", "as": "below", "restrictSearchWithMatch": {"store": store}}},
        {"$project": {"below.person": 1}}])
    return [each["person"] for row in found for each in row["below"]]
