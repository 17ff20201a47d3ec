"""Every row of the rule table has an accepted statement, and a refused one that differs by one edit and names it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lrs.json_body import parse_json
from lrs.rules import REQUIREMENTS, Refused, check_statement
from tests.conftest import Client

HERE = Path(__file__).parent
CORPUS = json.loads((HERE / "rule_cases.json").read_text(encoding="utf-8"))
BASES, CASES = CORPUS["bases"], CORPUS["cases"]
ACCEPTED = json.loads((HERE / "accepted_cases.json").read_text(encoding="utf-8"))
GOOD_TEXT = b'{"actor":{"mbox":"mailto:li@example.com"},"verb":{"id":"http://example.com/v"},"object":{"id":"http://example.com/a"}}'
BAD_TEXTS = {  # one edit each of GOOD_TEXT: all are XAPI-00014, not well-formed JSON
    "a property twice": GOOD_TEXT.replace(b'"actor":{', b'"actor":{"mbox":"mailto:wu@example.com",'),
    "a comma too many": GOOD_TEXT.replace(b"}}", b"},}"),
    "no closing brace": GOOD_TEXT[:-1],
    "not UTF-8": GOOD_TEXT.replace(b"li@", b"l\xff@"),
    "NaN": GOOD_TEXT.replace(b'"http://example.com/v"', b"NaN"),
    "something after the end": GOOD_TEXT + b"1",
    "an unpaired surrogate": GOOD_TEXT.replace(b"example.com/v", b"example.com/\\ud800"),
}


def edited(case: dict[str, Any]) -> Any:
    """The case's base after its one edit (an operation of RFC 6902)."""
    document = copy.deepcopy(BASES[case["base"]])
    value = case.get("value")
    if case["op"] == "move":
        holder, key = _place(document, case["from"])
        value = holder.pop(key)
    if case["path"] == "":
        return value
    holder, key = _place(document, case["path"])
    if case["op"] == "remove":
        del holder[key]
    elif isinstance(holder, list) and case["op"] == "add":
        holder.insert(len(holder) if key == "-" else key, value)
    else:
        holder[key] = value
    return document


def _place(document: Any, pointer: str) -> tuple[Any, Any]:
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps:
        document = document[int(step) if isinstance(document, list) else step]
    return document, int(last) if isinstance(document, list) and last != "-" else last


def test_every_row_has_a_case() -> None:
    assert {case["requirement"] for case in CASES} | {"XAPI-00014"} == REQUIREMENTS.keys()


@pytest.mark.parametrize("name", sorted(BASES))
def test_a_base_is_accepted_under_each_version_that_its_cases_name(name: str) -> None:
    for version in {version for case in [*CASES, *ACCEPTED] if case["base"] == name for version in case["versions"]}:
        check_statement(BASES[name], version)


@pytest.mark.parametrize("requirement", [pytest.param(row, marks=pytest.mark.requirement(row))
                                         for row in sorted(REQUIREMENTS.keys() - {"XAPI-00014"})])
def test_one_edit_is_refused_by_the_row_and_at_the_place(requirement: str) -> None:
    for case in CASES:
        if case["requirement"] == requirement:
            for version in case["versions"]:
                with pytest.raises(Refused) as refused:
                    check_statement(edited(case), version)
                found = refused.value.requirement, refused.value.at
                assert found == (requirement, case["at"]), case


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["why"][:60])
def test_what_looks_odd_but_is_allowed_is_accepted(case: dict[str, Any]) -> None:
    for version in case["versions"]:
        check_statement(edited(case), version)


def test_the_text_that_the_bad_texts_differ_from_is_accepted() -> None:
    check_statement(parse_json(GOOD_TEXT), "1.0.3")


@pytest.mark.requirement("XAPI-00014")
@pytest.mark.parametrize("why", BAD_TEXTS)
def test_bad_json_is_refused_as_such(why: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_json(BAD_TEXTS[why])
    assert refused.value.requirement == "XAPI-00014"


def test_every_case_is_a_400_that_names_the_row_over_http(client: Client) -> None:
    for case in CASES[::9]:
        version = case["versions"][0]
        answer = client.request("POST", "/xapi/statements", json=edited(case), headers={
            "X-Experience-API-Version": {"2.0": "2.0.0"}.get(version, version)})
        assert answer.status_code == 400, case
        assert answer.json()["requirement"] == case["requirement"], case
        assert answer.json()["pointer"] == case["at"], case
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("why", BAD_TEXTS)
def test_bad_json_is_a_400_over_http(client: Client, why: str) -> None:
    answer = client.request("POST", "/xapi/statements", data=BAD_TEXTS[why],
                            headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "XAPI-00014")
    assert client.statements() == []
