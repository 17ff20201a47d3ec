"""JSON as requests carry it, against Python's own parser."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.json_body import DEEPEST, parse_json
from lrs.rules import Refused
from tests.unit.builders import examples

# Complete pieces of a written string: any of them in any order make one. The first three mean the same.
PIECES = ("a", "\\u0061", "\\u0061", "b", ":", '\\"', "\\u0022", '\\":', '\\" :', "\\\\", "\\\\\\\":", "\\n", "中",
          "\\u4e2d", "{", ",", "\\ud83d\\ude00", "\\/", "")
SPACES = st.sampled_from(("", "", " ", "\n", "\t \r\n"))
SCALARS = st.sampled_from(("null", "true", "false", "0", "-1", "1.5", "1e3", "[]", "{}", '""', '"\\":"'))


def strings(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES), max_size=most).map(lambda pieces: f'"{"".join(pieces)}"')


def spaced(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*(each for part in parts for each in (SPACES, part)), SPACES).map("".join)


def containers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = spaced(strings(2), st.just(":"), values)
    return st.lists(pairs, max_size=4).map(lambda each: f"{{{','.join(each)}}}") | st.lists(
        spaced(values), min_size=1, max_size=3).map(lambda each: f"[{','.join(each)}]")


DOCUMENTS = spaced(st.recursive(SCALARS | strings(4), containers, max_leaves=12))


def repeats_a_name(text: str) -> bool:
    repeated = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        repeated.append(len(set(names)) < len(names))

    json.loads(text, object_pairs_hook=note)
    return any(repeated)


def is_refused(text: bytes) -> bool:
    try:
        parse_json(text)
    except Refused as refused:
        return refused.requirement == "XAPI-00014"
    return False


@examples(800)
@given(DOCUMENTS)
def test_a_document_is_refused_exactly_when_an_object_names_a_property_twice(text: str) -> None:
    if repeats_a_name(text):
        assert is_refused(text.encode())
    else:
        assert json.dumps(parse_json(text.encode())) == json.dumps(json.loads(text))


@pytest.mark.parametrize("text", [
    '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"a" \n:1,"b":2,"a"\t:3}', '[[{"x":{"a":[],"a":[]}}]]', '{"":1,"":2}',
    '{"a":{"a":1},"b":2,"a":{"a":1}}', '{"\\"":1,"\\u0022":2}', '{"a":{"b":1,"b":2},"a":3}'])
def test_a_repeated_name_is_refused_however_it_is_written(text: str) -> None:
    assert is_refused(text.encode())


@pytest.mark.parametrize("text", [
    '{"a":"\\":"}', '{"a":["\\" :","\\":\\":"]}', '{"\\":":1}', '{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]',
    '{"a":1,"A":2}', '{"a":1,"a ":2}', '{"\\\\":1}', '"\\":"'])
def test_what_only_looks_like_a_repeated_name_is_no_repetition(text: str) -> None:
    assert parse_json(text.encode()) == json.loads(text)


def test_a_refusal_names_the_repeated_property() -> None:
    with pytest.raises(Refused, match="'verb' stands twice"):
        parse_json(b'{"actor":1,"verb":2,"\\u0076erb":3}')


@pytest.mark.parametrize("text", [
    b"", b" ", b"{", b"{}{}", b"{'a':1}", b'{"a":1,}', b"[1,]", b"NaN", b"Infinity", b"1e999", b"01", b'"\\ud800"',
    b'"\xff"', b'"\n"', b"\xef\xbb\xbf{}", b"// a\n{}", '{"a":1}'.encode("utf-16")])
def test_bad_json_is_refused_as_bad_json(text: bytes) -> None:
    assert is_refused(text)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_accepted_down_to_the_deepest_level(opening: bytes, closing: bytes) -> None:
    assert not is_refused(opening * (DEEPEST - 1) + b"[]" + closing * (DEEPEST - 1))


@pytest.mark.parametrize("levels", [DEEPEST + 5, 900, 1020, 5_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"\\":":', b"}]")])
def test_deeper_nesting_is_refused_and_never_a_recursion_error(levels: int, opening: bytes, closing: bytes) -> None:
    assert is_refused(opening * levels + b"1" + closing * levels)
