"""Query keys: what a Statement can be found by, as 64-bit keyed hashes in one array under one index.

A key is a BLAKE2b of the kind, the store and the value under the installation's secret, so that no
client can make two values collide, and no store's key equals another's.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from bson import ObjectId

from lrs.actors import actor_key, actor_keys

REMEMBERED = 300  # characters
EVERY, MINE, VERB, REGISTRATION = "all", "authority", "verb", "registration"
AGENT, RELATED_AGENT, ACTIVITY, RELATED_ACTIVITY = "agent", "related agent", "activity", "related activity"


class Keyring:
    """Makes keys under one installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cached = lru_cache(maxsize=65536)(self._key)

    def key(self, store: ObjectId, kind: str, value: str) -> int:
        """The key for one value; long ones are hashed anew rather than remembered."""
        return self._of(store.binary, kind, value)

    def _of(self, store: bytes, kind: str, value: str) -> int:
        return self._cached(store, kind, value) if len(value) <= REMEMBERED else self._key(store, kind, value)

    def _key(self, store: bytes, kind: str, value: str) -> int:
        text = f"{kind}\0{value}".encode()
        digest = blake2b(store + text, digest_size=8, key=self._secret).digest()
        return int.from_bytes(digest, "big", signed=True)

    def keys_of(self, store: ObjectId, statement: dict[str, Any]) -> set[int]:
        """The keys that a Statement earns by itself; a reference adds its target's (see references.py)."""
        binary = store.binary
        return {self._of(binary, kind, value) for kind, value in _terms(statement)}

    def kept_apart(self, store: ObjectId, authority: int) -> set[int]:
        """The keys that a reference doesn't take over from its target: they say what a Statement is, not matches."""
        return {self.key(store, EVERY, ""), authority}

    def authority_key(self, store: ObjectId, authority: dict[str, Any]) -> int:
        """The key for `authority`; an anonymous Group's is that of its two members together."""
        return self.key(store, MINE, "\n".join(sorted(actor_keys(authority))))


def _terms(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield EVERY, ""
    yield VERB, statement["verb"]["id"]
    registration = statement.get("context", {}).get("registration")
    if registration is not None:
        yield REGISTRATION, registration.lower()
    for actor in (statement["actor"], statement["object"]):
        for key in _agents(actor):
            yield AGENT, key
    if _is_activity(statement["object"]):
        yield ACTIVITY, statement["object"]["id"]
    for key in _agents(statement.get("authority", {})):
        yield RELATED_AGENT, key
    yield from _related(statement)


def _related(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Communication 2.1.3, related_agents and related_activities: the broad places, in a SubStatement too."""
    found, context = statement["object"], statement.get("context", {})
    actors = [statement["actor"], found, context.get("instructor", {}), context.get("team", {})]
    actors += [entry["agent"] for entry in context.get("contextAgents", ())]
    actors += [entry["group"] for entry in context.get("contextGroups", ())]
    for actor in actors:
        for key in _agents(actor):
            yield RELATED_AGENT, key
    if _is_activity(found):
        yield RELATED_ACTIVITY, found["id"]
    for activities in context.get("contextActivities", {}).values():
        for activity in activities:
            yield RELATED_ACTIVITY, activity["id"]
    if found.get("objectType") == "SubStatement":
        yield from _related(found)


def _agents(thing: dict[str, Any]) -> Iterator[str]:
    """The keys of `thing` if it is an Actor, else none (an Activity, a StatementRef, nothing)."""
    return actor_keys(thing) if "member" in thing or actor_key(thing) else iter(())


def _is_activity(thing: dict[str, Any]) -> bool:
    return bool(thing.get("objectType", "Activity") == "Activity")
