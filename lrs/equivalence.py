"""When two Statements with one id say the same (Data 2.3.1), as digests that can be compared.

Left out of the comparison, because the store may set or alter them: id, authority, stored, version, verb
displays, activity definitions, and the timestamp where one side didn't give it. Group members and context
activities are sets. Durations are compared to 0.01 s (Data 4.6), timestamps as instants.
"""

import re
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from lrs.actors import actor_key
from lrs.rules.actors import IDENTIFIERS
from lrs.rules.formats import parse_timestamp

ASSIGNED = frozenset(("id", "authority", "stored", "version", "timestamp"))
EXACT = 2.0**53  # whole numbers above it may not be the ones that were meant
_WHOLE = re.compile(rb"\.0[,}\]]")  # the end of a whole number that was written as a fraction, or of some string
_SECONDS = re.compile(r"(\d+)(?:[.,](\d+))?S$")


class Meaning(NamedTuple):
    """Digests of what a Statement says, with its timestamp and without, and whether it gave one."""

    timed: bytes
    untimed: bytes
    gave_timestamp: bool

    def equals(self, other: "Meaning") -> bool:
        """A Statement without timestamp gets `stored` for it, so it equals whatever differs in that alone."""
        if self.gave_timestamp and other.gave_timestamp:
            return self.timed == other.timed
        return self.untimed == other.untimed


def meaning_of(statement: dict[str, Any]) -> Meaning:
    """The meaning of an accepted Statement, whether or not the store has assigned anything but a timestamp to it."""
    parts = _statement({key: value for key, value in statement.items() if key not in ASSIGNED})
    untimed = blake2b(_serialised(parts), digest_size=16).digest()
    if "timestamp" not in statement:
        return Meaning(untimed, untimed, False)
    instant = str(parse_timestamp(statement["timestamp"])).encode()
    return Meaning(blake2b(untimed + instant, digest_size=16).digest(), untimed, True)


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    parts = {**statement, "actor": _actor(statement["actor"]), "verb": statement["verb"]["id"],
             "object": _object(statement["object"])}
    if "result" in parts:
        parts["result"] = _result(parts["result"])
    if "context" in parts:
        parts["context"] = _context(parts["context"])
    if "timestamp" in parts:  # a SubStatement's own, which nobody assigns
        parts["timestamp"] = parse_timestamp(parts["timestamp"])
    if "attachments" in parts:
        parts["attachments"] = [{**each, "sha2": each["sha2"].lower()} for each in parts["attachments"]]
    return parts


def _actor(actor: dict[str, Any]) -> dict[str, Any]:
    """An Actor with its identifier as `actor_key` compares it, and its members as a set."""
    parts = {key: value for key, value in actor.items() if key not in IDENTIFIERS}
    parts |= {"objectType": actor.get("objectType", "Agent"), "key": actor_key(actor)}
    if "member" in parts:
        parts["member"] = sorted((_actor(member) for member in parts["member"]), key=_serialised)
    return parts


def _serialised(parts: dict[str, Any]) -> bytes:
    text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return orjson.dumps(_numbers(parts), option=orjson.OPT_SORT_KEYS) if _WHOLE.search(text) else text


def _object(found: dict[str, Any]) -> dict[str, Any]:
    kind = found.get("objectType", "Activity")
    if kind == "Activity":
        return {"id": found["id"]}
    if kind == "SubStatement":
        return _statement(found)
    return {**found, "id": found["id"].lower()} if kind == "StatementRef" else _actor(found)


def _result(result: dict[str, Any]) -> dict[str, Any]:
    if "duration" in result:
        return {**result, "duration": _SECONDS.sub(_to_hundredths, result["duration"])}
    return result


def _to_hundredths(seconds: re.Match[str]) -> str:
    fraction = (seconds[2] or "")[:2].rstrip("0")
    return f"{seconds[1].lstrip('0') or '0'}{fraction and '.' + fraction}S"


def _context(context: dict[str, Any]) -> dict[str, Any]:
    parts = dict(context)
    for role in ("instructor", "team"):
        if role in parts:
            parts[role] = _actor(parts[role])
    if "registration" in parts:
        parts["registration"] = parts["registration"].lower()
    if "statement" in parts:
        parts["statement"] = _object(parts["statement"])
    if "contextActivities" in parts:
        parts["contextActivities"] = {
            relation: sorted({activity["id"] for activity in as_list(value)})
            for relation, value in parts["contextActivities"].items() if value}
        if not parts["contextActivities"]:
            del parts["contextActivities"]
    for name, role in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in parts:
            parts[name] = [{**entry, role: _actor(entry[role])} for entry in parts[name]]
    if "language" in parts:
        parts["language"] = parts["language"].lower()
    return parts


def as_list(value: Any) -> list[Any]:
    """A context activity on its own is an Array of one (Data 2.4.6.2)."""
    return value if isinstance(value, list) else [value]


def _numbers(value: Any) -> Any:
    """JSON knows one kind of number: 1 and 1.0 are the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return value
