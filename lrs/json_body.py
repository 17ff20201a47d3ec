"""JSON as requests carry it: UTF-8, well-formed, no property named twice (RFC 8259; Data 2.1)."""

import json
import re
from typing import Any

import orjson

from lrs.rules import Refused

DEEPEST = 200  # levels of Objects and Arrays
ORJSON_DEEPEST = 254  # that orjson writes
MOST_CONTAINERS = 250_000  # parsed, each takes some 200 bytes
_NAME_ENDS = re.compile(rb'"[ \t\r\n]*:')
_SPACED_NAME_ENDS = re.compile(rb'"[ \t\r\n]+:')


def parse_json(text: bytes) -> Any:
    """The value of `text`. Raises Refused (XAPI-00014) for bad JSON, and for a repeated property by its name."""
    if text.count(b"{") + text.count(b"[") > MOST_CONTAINERS:
        raise Refused("XAPI-00014", "", f"more than {MOST_CONTAINERS:,} Objects and Arrays")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused("XAPI-00014", "", str(error)) from error
    if _may_repeat_a_name(text, _written(value)):  # a slower parser decides
        try:
            json.loads(text, object_pairs_hook=_distinct)
        except RecursionError:  # it was deep in a property that was dropped
            raise _too_deep() from None
    return value


def _written(value: Any) -> bytes:
    """The value as orjson writes it. Raises Refused where it is nested too deep."""
    for _ in range(ORJSON_DEEPEST - DEEPEST):  # within so many Arrays
        value = [value]
    try:
        return orjson.dumps(value)
    except TypeError:
        raise _too_deep() from None


def _may_repeat_a_name(text: bytes, written: bytes) -> bool:
    """orjson keeps the last of two properties of one name. Every name ends in a quote and a colon; where the text has
    no more of these than what was read, none was dropped. Strings can hold the two as well, and then in both, unless
    the text has one of them escaped.
    """
    ends = len(_NAME_ENDS.findall(text)) if _SPACED_NAME_ENDS.search(text) else text.count(b'":')
    return b"\\u00" in text or ends > written.count(b'":')


def _too_deep() -> Refused:
    return Refused("XAPI-00014", "", f"nested more than {DEEPEST} deep")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused("XAPI-00014", "", f"the property {name[:60]!r} stands twice in one Object")
        found[name] = value
    return found
