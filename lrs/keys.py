"""Query keys: what a Statement can be found by, as 64-bit keyed hashes in one array under one index.

A key is a BLAKE2b of the kind, the store and the value under the installation's secret, so that no
client can make two values collide, and no store's key equals another's.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from bson import ObjectId

from lrs.actors import actor_keys

REMEMBERED = 300  # characters
MOST_REMEMBERED = 16_384
EVERY, MINE, VERB, REGISTRATION = "all", "authority", "verb", "registration"
AGENT, RELATED_AGENT, ACTIVITY, RELATED_ACTIVITY = "agent", "related agent", "activity", "related activity"


class Keyring:
    """Makes keys under one installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cached = lru_cache(MOST_REMEMBERED)(self._key)

    def key(self, store: ObjectId, kind: str, value: str) -> int:
        """The key for one value."""
        return self._of(kind, value)(store.binary, kind, value)

    def _of(self, kind: str, value: str) -> Callable[[bytes, str, str], int]:
        """What makes the key: values that are long, or of few Statements each, are hashed anew."""
        return self._cached if kind != REGISTRATION and len(value) <= REMEMBERED else self._key

    def _key(self, store: bytes, kind: str, value: str) -> int:
        text = f"{kind}\0{value}".encode()
        digest = blake2b(store + text, digest_size=8, key=self._secret).digest()
        return int.from_bytes(digest, "big", signed=True)

    def keys_of(self, store: ObjectId, statement: dict[str, Any]) -> set[int]:
        """The keys that a Statement earns by itself; a reference adds its target's (see references.py)."""
        binary = store.binary
        return {self._of(kind, value)(binary, kind, value) for kind, value in _terms(statement)}

    def kept_apart(self, store: ObjectId, authority: int) -> set[int]:
        """The keys that a reference doesn't take over from its target: they say what a Statement is, not matches."""
        return {self.key(store, EVERY, ""), authority}

    def authority_key(self, store: ObjectId, authority: dict[str, Any]) -> int:
        """The key for `authority`; an anonymous Group's is that of its two members together."""
        return self.key(store, MINE, "\n".join(sorted(actor_keys(authority))))


def _terms(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """Kinds and values, some twice. A list, appended to: generators within generators take twice the time."""
    actor, found = statement["actor"], statement["object"]
    terms = [(EVERY, ""), (VERB, statement["verb"]["id"])]
    registration = statement.get("context", {}).get("registration")
    if registration is not None:
        terms.append((REGISTRATION, registration.lower()))
    terms += [(AGENT, key) for key in actor_keys(actor)]
    if _is_activity(found):
        terms.append((ACTIVITY, found["id"]))
    else:
        terms += [(AGENT, key) for key in _agents(found)]
    if "authority" in statement:
        terms += [(RELATED_AGENT, key) for key in actor_keys(statement["authority"])]
    _add_related(statement, terms)
    return terms


def _add_related(statement: dict[str, Any], terms: list[tuple[str, str]]) -> None:
    """Communication 2.1.3, related_agents and related_activities: the broad places, in a SubStatement too."""
    found, context = statement["object"], statement.get("context", {})
    actors = [statement["actor"], *(context[role] for role in ("instructor", "team") if role in context)]
    actors += [entry["agent"] for entry in context.get("contextAgents", ())]
    actors += [entry["group"] for entry in context.get("contextGroups", ())]
    for actor in actors:
        terms += [(RELATED_AGENT, key) for key in actor_keys(actor)]
    if _is_activity(found):
        terms.append((RELATED_ACTIVITY, found["id"]))
    else:
        terms += [(RELATED_AGENT, key) for key in _agents(found)]
    for activities in context.get("contextActivities", {}).values():
        terms += [(RELATED_ACTIVITY, activity["id"]) for activity in activities]
    if found.get("objectType") == "SubStatement":
        _add_related(found, terms)


def _agents(found: dict[str, Any]) -> list[str]:
    """The keys of an object that is an Actor, else none: a SubStatement, a StatementRef."""
    return actor_keys(found) if found["objectType"] in ("Agent", "Group") else []


def _is_activity(thing: dict[str, Any]) -> bool:
    return bool(thing.get("objectType", "Activity") == "Activity")
