"""Unknown actors, and who of a store's people each of them could be (pure, but for the reading at the end)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

import orjson
from bson import ObjectId
from pymongo.database import Database

from competencies.people import Person, by_actor, claimed
from competencies.projection import COVERAGE, reading
from lrs.statements import Lrs

MOST = 100  # unknown actors that are listed
MOST_SUGGESTED = 3  # people for one of them
MIN_MOMENT = -(2**62)  # microseconds: before any
JOINING = str.maketrans("", "", ".-_")


@dataclass(frozen=True)
class Candidate:
    """What of a person an unknown actor can be recognised by."""

    person: str
    name: str
    login: str | None
    actors: tuple[str, ...]


class Matching:
    """Candidates by what they can be recognised by. What fits several people tells none of them."""

    def __init__(self, people: Iterable[Candidate]) -> None:
        self._names = {each.person: each.name for each in people}
        self._by: dict[tuple[str, str], set[str]] = {}
        for each in people:
            for sign in _signs_of(each):
                self._by.setdefault(sign, set()).add(each.person)

    def suggest(self, actor: str, called: str | None) -> list[dict[str, str]]:
        """People that an actor key, called so in a statement, could be; the strongest reason first."""
        found: dict[str, str] = {}
        for sign, why in _signs(actor, called):
            fitting = self._by.get(sign, set())
            if len(fitting) == 1:
                found.setdefault(next(iter(fitting)), why)
        return [{"person": person, "name": self._names[person], "why": why}
                for person, why in list(found.items())[:MOST_SUGGESTED]]


def _signs_of(candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield "id", _local(candidate.person)
    yield "called", candidate.name.strip().lower()
    if candidate.login:
        yield "id", _local(candidate.login)
    for actor in candidate.actors:
        kind, _, value = actor.partition("|")
        if kind == "mbox":
            yield "hash", sha1(value.encode(), usedforsecurity=False).hexdigest()
            yield "mailbox", value
            yield "id", _local(value.removeprefix("mailto:"))
        elif kind == "account":
            yield "id", _local(value.rpartition("|")[2])


def _signs(actor: str, called: str | None) -> Iterator[tuple[tuple[str, str], str]]:
    kind, _, value = actor.partition("|")
    if kind == "mbox_sha1sum":
        yield ("hash", value), "it is the SHA-1 of their mailbox"
    elif kind == "mbox":
        local = _local(value.removeprefix("mailto:"))
        yield ("id", local), "its mailbox begins as their id, login, account or mailbox does"
    elif kind == "account":
        name = value.rpartition("|")[2]
        yield ("mailbox", f"mailto:{name}"), "its account is called as their mailbox is"
        yield ("id", _local(name)), "its account is called as their id, login, account or mailbox is"
    elif kind == "openid":
        yield ("id", _local(value.rstrip("/").rpartition("/")[2])), "it ends as their id, login or account does"
    if called:
        yield ("called", called.strip().lower()), "a statement calls it by their name"


def _local(text: str) -> str:
    """What stands before an @, if there is one; however its parts are joined."""
    return text.partition("@")[0].lower().translate(JOINING)


def unknown_actors(database: Database[Any], lrs: Lrs, store: ObjectId) -> dict[str, Any]:
    """How many actors belong to nobody and how many statements are theirs; those with most, and who each could be."""
    found = reading(lambda: list(database[COVERAGE].aggregate([
        {"$match": {"store": store, "actor": {"$nin": [*claimed(store), None]}}},
        {"$group": {"_id": "$actor", "statements": {"$sum": 1}, "row": {"$min": "$$ROOT._id"}}}])))
    found += _outside_their_spans(database, store)
    found.sort(key=lambda each: (-each["statements"], each["_id"]))
    shown = found[:MOST]
    everybody = Person.objects(store=store).only("person", "name", "login", "actors").as_pymongo() if shown else ()
    people = [Candidate(each["person"], each["name"], each.get("login"), tuple(each["actors"])) for each in everybody]
    matching, rows = Matching(people), lrs.statements.get([each["row"] for each in shown], "body")
    return {"unknown_actors": len(found), "of_unknown_actors": sum(each["statements"] for each in found),
            "most_frequent": [{"actor": each["_id"], "statements": each["statements"], "suggestions":
                               matching.suggest(each["_id"], _called(rows, each))} for each in shown]}


def _outside_their_spans(database: Database[Any], store: ObjectId) -> list[dict[str, Any]]:
    """Actor keys that are, or were, somebody's for a time, and what they did at no such time."""
    dated = Person.objects(__raw__={"store": store, "$or": [
        {f"identifiers.{end}": {"$gt": MIN_MOMENT}} for end in ("since", "until")]})
    owners = by_actor(Person.objects(store=store, actors__in=list(by_actor(dated))))  # others who had one of them too
    rows = reading(lambda: list(database[COVERAGE].find(
        {"store": store, "actor": {"$in": list(owners)}}, {"actor": 1, "happened": 1})))
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["_id"]):
        if not any(person.owns(row["actor"], row["happened"]) for person in owners[row["actor"]]):
            stray = found.setdefault(row["actor"], {"_id": row["actor"], "statements": 0, "row": row["_id"]})
            stray["statements"] += 1
    return list(found.values())


def _called(rows: Mapping[bytes, Any], found: Mapping[str, Any]) -> str | None:
    """The name that one of the actor's statements gives it."""
    row = rows.get(found["row"])
    name = orjson.loads(row["body"])["actor"].get("name") if row else None
    return name if isinstance(name, str) else None
