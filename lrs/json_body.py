"""JSON as requests carry it: UTF-8, well-formed, no property named twice (RFC 8259; Data 2.1)."""

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from lrs.rules import Refused

DEEPEST = 200  # levels of Objects and Arrays; what serialises them again stops at 254
_NAME_ENDS = re.compile(rb'"[ \t\r\n]*:')


def parse_json(text: bytes) -> Any:
    """The value of `text`. Raises Refused (XAPI-00014) for bad JSON, and for a repeated property by its name."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused("XAPI-00014", "", str(error)) from error
    # orjson keeps the last of two properties of one name. Every name ends in a quote and a colon; when there are
    # no more of these than names in the value, none was dropped. When there are, a slower parser decides.
    if len(_NAME_ENDS.findall(text)) != _count_names(value):
        json.loads(text, object_pairs_hook=_distinct)
    return value


def _count_names(value: Any, depth: int = 0) -> int:
    inner: Iterable[Any]
    if depth > DEEPEST:
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
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Refused("XAPI-00014", "", f"the property {repeated!r} stands twice in one Object")
    return found
