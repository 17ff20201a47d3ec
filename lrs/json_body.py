"""JSON as requests carry it: UTF-8, well-formed, no property named twice (RFC 8259; Data 2.1)."""

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from lrs.rules import Refused

DEEPEST = 200  # levels of Objects and Arrays; what serialises them again stops at 254
MOST_CONTAINERS = 250_000  # parsed, each takes some 200 bytes
_NAME_ENDS = re.compile(rb'"[ \t\r\n]*:')


def parse_json(text: bytes) -> Any:
    """The value of `text`. Raises Refused (XAPI-00014) for bad JSON, and for a repeated property by its name."""
    if text.count(b"{") + text.count(b"[") > MOST_CONTAINERS:
        raise Refused("XAPI-00014", "", f"more than {MOST_CONTAINERS:,} Objects and Arrays")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused("XAPI-00014", "", str(error)) from error
    # orjson keeps the last of two properties of one name. Every name ends in a quote and a colon; when there are
    # no more of these than names in the value, none was dropped. When there are, a slower parser decides.
    if len(_NAME_ENDS.findall(text)) != _count_names(value):
        try:
            json.loads(text, object_pairs_hook=_distinct)
        except RecursionError:  # it was deep in a property that was dropped
            raise Refused("XAPI-00014", "", f"nested more than {DEEPEST} deep") from None
    return value


def _count_names(value: Any, depth: int = 0) -> int:
    inner: Iterable[Any]
    if depth >= DEEPEST:
        raise Refused("XAPI-00014", "", f"nested more than {DEEPEST} deep")
    if isinstance(value, dict):
        count, inner = len(value), value.values()
    elif isinstance(value, list):
        count, inner = 0, value
    else:
        return 0
    for each in inner:
        if isinstance(each, dict | list):
            count += _count_names(each, depth + 1)
    return count


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused("XAPI-00014", "", f"the property {name[:60]!r} stands twice in one Object")
        found[name] = value
    return found
