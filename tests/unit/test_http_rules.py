"""The communication half of the specification: versions and parameters."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.http_rules.parameters import (
    FORMATS,
    STATEMENT_READERS,
    actor,
    boolean,
    check_single,
    count,
    iri,
    output_format,
    read_parameters,
    timestamp,
    uuid,
    version_of,
)
from lrs.http_rules.table import REQUIREMENTS
from lrs.rules.formats import parse_timestamp
from tests.unit.builders import LI, examples

UUID = "6C1F0AB0-7C1B-4F1A-9D53-0A2F6C0B1F01"


def refusal(call: Callable[..., Any], *arguments: Any) -> BadRequest:
    with pytest.raises(BadRequest) as refused:
        call(*arguments)
    assert refused.value.requirement in REQUIREMENTS
    return refused.value


@pytest.mark.parametrize(("header", "version"), [
    ("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.3", "1.0.3"), ("1.0.9", "1.0.3"), ("1.0.15", "1.0.3"), ("2.0", "2.0"),
    ("2.0.0", "2.0"), ("2.0.7", "2.0")])
def test_every_release_of_a_version_speaks_that_version(header: str, version: str) -> None:
    assert version_of(header) == version


@pytest.mark.parametrize("header", [
    None, "", "1", "1.", "1.0.", "1.1", "1.1.0", "0.95", "0.9", "2", "2.1.0", "3.0.0", "11.0.0", "1.0.3 ", " 1.0.3",
    "1.0.3\n", "1.0.3-rc1", "1.0.3, 2.0.0", "v1.0.3", "1x0", "1.0.3.1", "１.0.3"])
def test_another_version_or_none_is_refused(header: str | None) -> None:
    refused = refusal(version_of, header)
    assert (refused.requirement, refused.place) == ("XAPI-00331", "header X-Experience-API-Version")


READERS: dict[str, Callable[[str], Any]] = {"limit": count, "format": output_format, "ascending": boolean}
OTHERS = STATEMENT_READERS.keys() - {"statementId", "voidedStatementId"}


def test_parameters_are_read_each_by_its_reader() -> None:
    found = read_parameters([("ascending", "true"), ("limit", "7")], READERS)
    assert found == {"limit": 7, "ascending": True}
    assert read_parameters([], READERS) == {}


@pytest.mark.parametrize(("given", "requirement", "place", "says"), [
    ([("limits", "1")], "XAPI-00324", "limits", "known are limit, format, ascending"),
    ([("Limit", "1")], "XAPI-00325", "Limit", "it is spelled limit"),
    ([("", "1")], "XAPI-00324", "", "known are"),
    ([("limit", "1"), ("limit", "1")], "COMM-twice", "limit", "it stands twice"),
    ([("ascending", "false"), ("ascending", "true")], "COMM-twice", "ascending", "it stands twice"),
    ([("limit", "0"), ("limit", "0")], "COMM-twice", "limit", "it stands twice"),
    ([("limit", "x")], "XAPI-00012", "limit", "'x' is no non-negative integer"),
    ([("limit", "1"), ("format", "pdf")], "XAPI-00012", "format", "none of exact, ids, canonical")])
def test_an_unknown_a_repeated_and_a_bad_parameter_are_refused_by_name(given: list[tuple[str, str]], requirement: str,
                                                                       place: str, says: str) -> None:
    refused = refusal(read_parameters, given, READERS)
    assert (refused.requirement, refused.place) == (requirement, f"parameter {place}")
    assert says in refused.detail


def test_where_no_parameter_is_known_none_is_named() -> None:
    assert refusal(read_parameters, [("a", "b")], {}).detail == "this takes no parameters"


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize("beside", [(), ("format",), ("attachments",), ("format", "attachments")])
def test_beside_a_single_statements_id_stand_format_and_attachments(name: str, beside: tuple[str, ...]) -> None:
    check_single(dict.fromkeys((name, *beside)))


@pytest.mark.parametrize("other", sorted(OTHERS - {"format", "attachments"}))
@pytest.mark.parametrize(("name", "requirement"), [("statementId", "XAPI-00151"), ("voidedStatementId", "XAPI-00150")])
def test_beside_a_single_statements_id_nothing_else_stands(name: str, requirement: str, other: str) -> None:
    refused = refusal(check_single, dict.fromkeys((name, other, "format")))
    assert (refused.requirement, refused.detail) == (requirement, f"found beside {other}")


def test_the_two_ids_exclude_each_other() -> None:
    assert "voidedStatementId" in refusal(check_single, {"statementId": UUID, "voidedStatementId": UUID}).detail


@examples(50)
@given(st.frozensets(st.sampled_from(sorted(OTHERS))))
def test_without_a_single_statements_id_any_parameters_go_together(names: frozenset[str]) -> None:
    check_single(dict.fromkeys(names))


@pytest.mark.parametrize(("reader", "text", "value"), [
    (uuid, UUID, UUID.lower()), (iri, "http://例え.jp/a?b#c", "http://例え.jp/a?b#c"), (iri, "a:b", "a:b"),
    (timestamp, "2026-01-05T10:00:00Z", parse_timestamp("2026-01-05T10:00:00Z")),
    (timestamp, "2026-01-05T10:00:00+08:00", parse_timestamp("2026-01-05T02:00:00Z")),
    (timestamp, "2026-01-05T10:00:00 08:00", parse_timestamp("2026-01-05T02:00:00Z")),
    (boolean, "true", True), (boolean, "false", False), (count, "0", 0), (count, "007", 7),
    (count, "999999999", 999_999_999),
    *((output_format, text, text) for text in FORMATS),
    (actor, json.dumps({**LI, "name": "Li"}), "mbox|mailto:li@example.com"),
    (actor, '{"account": {"homePage": "http://a", "name": "b|c"}}', "account|http://a|b|c"),
    (actor, '{"objectType": "Group", "mbox": "mailto:t@b", "member": []}', "mbox|mailto:t@b")])
def test_a_good_value_is_read(reader: Callable[[str], Any], text: str, value: Any) -> None:
    found = reader(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("reader", "text"), [
    (uuid, ""), (uuid, UUID[1:]), (uuid, UUID.replace("-", "")), (uuid, f"{{{UUID}}}"),
    (uuid, UUID.replace("4F", "0F")),
    (iri, ""), (iri, "verb"), (iri, "/a"), (iri, "http://a b"), (iri, "http://a|b"),
    (timestamp, ""), (timestamp, "2026-01-05"), (timestamp, "2026-01-05 10:00:00Z"), (timestamp, "yesterday"),
    (timestamp, "2026-01-05T10:00:00-00:00"), (timestamp, "2026-13-05T10:00:00Z"), (timestamp, "0"),
    (boolean, ""), (boolean, "True"), (boolean, "TRUE"), (boolean, "1"), (boolean, "0"), (boolean, "yes"),
    (boolean, "true "),
    (count, ""), (count, "-1"), (count, "+1"), (count, "1.0"), (count, "1e3"), (count, " 1"), (count, "1\n"),
    (count, "٣"), (count, "1_000"), (count, "1" * 10), (count, "all"),
    (output_format, ""), (output_format, "EXACT"), (output_format, "ids "), (output_format, "exact,ids"),
    (actor, ""), (actor, "li@example.com"), (actor, "[]"), (actor, "null"), (actor, "{}"), (actor, '"mailto:a@b"'),
    (actor, '{"mbox": "a@b"}'), (actor, '{"mbox": "mailto:a@b", "openid": "http://a"}'), (actor, '{"name": "Li"}'),
    (actor, '{"mbox": "mailto:a@b", "mbox": "mailto:c@d"}'), (actor, '{"mbox": "mailto:a@b"'), (actor, "\ud800"),
    (actor, '{"objectType": "Group", "member": [{"mbox": "mailto:a@b"}]}'), (actor, '{"mbox": "mailto:a@b", "x": 1}'),
    (actor, '{"objectType": "Activity", "id": "http://a"}')])
def test_a_bad_value_is_refused(reader: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|is none of|is neither|XAPI-|identifies nobody|surrogates"):
        reader(text)


def test_every_parameter_of_the_statement_resource_has_a_reader_of_its_type() -> None:
    given = {"agent": json.dumps(LI), "verb": "a:v", "activity": "a:a", "registration": UUID, "limit": "3",
             "format": "ids", "related_activities": "true", "related_agents": "false", "since": "1970-01-01T00:00:01Z",
             "ascending": "true", "until": "1970-01-01T00:00:02Z", "attachments": "true", "statementId": UUID,
             "voidedStatementId": UUID}
    assert given.keys() == STATEMENT_READERS.keys()
    assert read_parameters(given.items(), STATEMENT_READERS) == {
        "agent": "mbox|mailto:li@example.com", "verb": "a:v", "activity": "a:a", "registration": UUID.lower(),
        "limit": 3, "format": "ids", "related_activities": True, "related_agents": False, "since": 1_000_000,
        "until": 2_000_000, "ascending": True, "attachments": True, "statementId": UUID.lower(),
        "voidedStatementId": UUID.lower()}
