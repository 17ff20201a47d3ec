"""The JSONPath of statement templates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.jsonpath import BadPath, parse, select
from tests.unit.builders import examples

DOCUMENT = {"a": {"b": 1, "http://x.y/z": 2, "": 3, "0": 4, "it's": 5, "n": None, "f": False},
            "list": [{"t": "x"}, {"u": "y"}, {"t": "z"}, "text"], "nested": [[1, 2], [], [3]]}
JSON = st.recursive(st.none() | st.booleans() | st.integers(), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(alphabet="a.b]'", max_size=3), inner, max_size=3), max_leaves=10)


@pytest.mark.parametrize(("path", "found"), [
    ("$", [DOCUMENT]), ("$.a.b", [1]), ("$['a']['b']", [1]), ('$["a"].b', [1]), ("$[ 'a' ].b", [1]),
    ("$.a['http://x.y/z']", [2]), ("$.a['']", [3]), ("$.a['0']", [4]), ('$.a["it\'s"]', [5]), ("$.a[0]", []),
    ("$.list[0].t", ["x"]), ("$.list[2]", [{"t": "z"}]), ("$.list[4]", []), ("$.list['0']", []),
    ("$.list[*].t", ["x", "z"]), ("$.list.*.t", ["x", "z"]), ("$.nested[*][*]", [1, 2, 3]), ("$.nested[*][0]", [1, 3]),
    ("$.a.*", [1, 2, 3, 4, 5, None, False]), ("$.a.n", [None]), ("$.a.f", [False]), ("$.a.n.x", []),
    ("$.a['b','0']", [1, 4]), ("$.a[ '0' , 'b' ]", [4, 1]), ("$.nested[0,2]", [[1, 2], [3]]),
    ("$.nested[2,0][*]", [3, 1, 2]), ("$.a['b','missing','n']", [1, None]), ("$.list[0,'t',1].u", ["y"]),
    ("$.list[0,*].t", ["x", "z"]), ("$.a.b | $.a.f", [1, False]), ("$.a.b|$.list[*].t", [1, "x", "z"]),
    ("$.a.missing | $.a.b", [1]), ("$.a['x|y'] | $.a.b", [1]), ("a.b", [1]), ("a['b'] | list[0].t", [1, "x"]),
    ("a", [DOCUMENT["a"]]), ("$.a.missing", []),
    ("$.missing[*].t", []), ("$.a.b[*]", []), ("$.list[3].t", []), ("$.list[3][0]", [])])
def test_a_path_leads_to_every_value_there_in_order(path: str, found: list[Any]) -> None:
    assert select(DOCUMENT, path) == found


@pytest.mark.parametrize("path", [
    "", ".a", " $", "$a", "['a']", "1a", "$.a |", "| $.a", "$.a || $.b", "$.a , $.b", "$['a',]", "$[,0]", "$['a' 'b']",
    "$.", "$..a", "$.a.", "$.a ", "$.1a", "$.a-b", "$[", "$[]", "$['a", "$['a']b",
    "$['a\"]", "$[-1]", "$[1:2]", "$[?(@.a)]", "$[(@.length-1)]", "$[a]", "$.é"])
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse(path)


def places(document: Any, path: str = "$") -> list[tuple[str, Any]]:
    """Every value inside a document, with a path to it."""
    items = document if isinstance(document, list) else ()
    inside = document.items() if isinstance(document, dict) else enumerate(items)
    found = [(path, document)]
    for step, value in inside:
        quoted = f'"{step}"' if isinstance(document, dict) else str(step)
        found += places(value, f"{path}[{quoted}]")
    return found


@examples(200)
@given(JSON)
def test_every_value_of_a_document_is_found_at_its_own_path(document: Any) -> None:
    assert all(select(document, path) == [value] for path, value in places(document))
