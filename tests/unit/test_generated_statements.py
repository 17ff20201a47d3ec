"""Statements that nobody wrote: whatever comes in is refused by a row of the table, at a place that is there, or can
be stored, found, described and given back.
"""

import copy
import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from lrs.access import Caller
from lrs.descriptions import activity_of, person_of
from lrs.equivalence import meaning_of
from lrs.json_body import parse_json
from lrs.keys import Keyring
from lrs.renderings import canonical, ids_only
from lrs.rules import REQUIREMENTS, Refused, check_statement
from lrs.statements import prepare
from tests.conformance.test_rules import ACCEPTED, BASES, edited
from tests.unit.builders import LI, examples

pytestmark = pytest.mark.fuzz

GOOD = [*BASES.values(), *(edited(case) for case in ACCEPTED)]
WORDS = st.sampled_from(sorted({key for each in GOOD for key in orjson.dumps(each).decode().split('"')[1::2]}))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2**63, 2**64 - 1), st.floats(allow_nan=False),
                    st.text(st.characters(codec="utf-8"), max_size=12), WORDS)
VALUES = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.dictionaries(st.one_of(WORDS, st.text(max_size=8)), inner, max_size=4)),
    max_leaves=12)
CALLER = Caller(ObjectId(), "key", frozenset(("all",)), {"objectType": "Agent", **LI}, loopback_only=False)
KEYRING = Keyring(b"secret")


def holders(value: Any) -> list[Any]:
    """Every Object and Array in a value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict | list) else []) + [each for one in inner for each in holders(one)]


@st.composite
def statements(draw: st.DrawFn) -> Any:
    """A Statement that was good before one to three of its parts were changed, added, moved or left out."""
    document = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(holders(document) or [{}]))
        value = draw(st.one_of(VALUES, st.sampled_from(holders(document) or [{}]).map(copy.deepcopy)))
        if isinstance(holder, dict):
            key = draw(st.one_of(st.sampled_from(sorted(holder)), WORDS) if holder else WORDS)
            if draw(st.integers(0, 3)) or key not in holder:
                holder[key] = value
            else:
                del holder[key]
        else:
            holder.insert(draw(st.integers(0, len(holder))), value)
    return document


def resolves(document: Any, pointer: str) -> bool:
    """Whether a JSON pointer leads to something, or to something missing in an Object that is there."""
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]] or [""]
    for step in steps:
        document = document[int(step) if isinstance(document, list) else step]
    return pointer == "" or isinstance(document, dict) or int(last) < len(document)


def prepared(statement: Any, version: str) -> dict[str, Any] | Refused:
    """What would be stored, or the refusal."""
    try:
        return prepare(statement, CALLER, version).statement
    except Refused as refused:
        return refused


@examples(1500)
@given(statements(), st.sampled_from(["1.0.3", "2.0"]))
def test_a_changed_statement_is_refused_by_a_row_at_a_place_or_goes_all_the_way(statement: Any, version: str) -> None:
    before = copy.deepcopy(statement)
    found = prepared(statement, version)
    if isinstance(found, Refused):
        assert version in REQUIREMENTS[found.requirement].sections
        assert resolves(before, found.at)
    else:
        assert isinstance(found, dict), "none is too large"
        goes_all_the_way(found)
    assert statement == before


def goes_all_the_way(statement: dict[str, Any]) -> None:
    stored = orjson.loads(orjson.dumps({**statement, "stored": "2026-01-05T10:00:00Z"}))
    assert KEYRING.keys_of(CALLER.store, statement)
    assert meaning_of(statement).equals(meaning_of(stored))
    for shown in (ids_only(stored), canonical(stored, lambda tags: tags[-1])):
        check_statement(shown, "2.0")
    person = person_of(stored["authority"], [stored])
    assert person["mbox"] == [LI["mbox"]]
    assert activity_of("http://example.com/a", [stored])["objectType"] == "Activity"


@examples(500)
@given(VALUES, st.sampled_from(["1.0.3", "2.0"]))
def test_any_json_is_refused_or_prepared(value: Any, version: str) -> None:
    found = prepared(value, version)
    assert isinstance(found, dict) or found.requirement in REQUIREMENTS


@examples(500)
@given(st.one_of(st.binary(max_size=60), VALUES.map(lambda value: json.dumps(value).encode())), st.data())
def test_any_bytes_are_refused_or_the_json_that_they_are(text: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(st.sampled_from([b"", b'"', b"{", b"}", b",", b":", b"\\", b"\xff", b"1e999"]))
    for body in (text, changed + text[place:]):
        with suppress(Refused):
            assert parse_json(body) == json.loads(body)
