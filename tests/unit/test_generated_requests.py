"""Requests that nobody wrote: the alternate syntax, gzip, conditions, queries."""

import gzip
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from lrs.errors import BadRequest
from lrs.http_rules.conditions import ANY, read_condition
from lrs.http_rules.parameters import STATEMENT_READERS, read_parameters
from lrs.http_rules.table import REQUIREMENTS
from lrs.views.alternate import FORM, METHODS, AlternateSyntax
from lrs.views.bodies import REFUSED, whole_body
from tests.unit.builders import examples
from waymark.compression import Decompressed

pytestmark = pytest.mark.fuzz

MOST = 5000
HEADERS = {"Authorization": "HTTP_AUTHORIZATION", "X-Experience-API-Version": "HTTP_X_EXPERIENCE_API_VERSION",
           "Content-Type": "CONTENT_TYPE", "If-Match": "HTTP_IF_MATCH", "If-None-Match": "HTTP_IF_NONE_MATCH"}
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.one_of(TEXT, st.sampled_from([*HEADERS, "content", "method", "stateId", "agent"]))


class Seen:
    """An application that notes the request that it is given."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.environ = environ
        return []


def request(body: bytes, **environ: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/xapi/statements", "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body), **environ}


def translated(body: bytes, method: str) -> dict[str, Any]:
    seen = Seen()
    AlternateSyntax(seen, MOST)(request(body, QUERY_STRING=urlencode({"method": method}), CONTENT_TYPE=FORM), None)
    return seen.environ


@examples(500)
@given(st.sampled_from(METHODS), st.dictionaries(NAMES, TEXT, max_size=6))
def test_a_form_becomes_the_request_that_it_spells_or_is_refused(method: str, form: dict[str, str]) -> None:
    found = translated(urlencode(form).encode(), method)
    if refused := found.get(REFUSED):
        assert isinstance(refused, BadRequest)
        assert refused.requirement in REQUIREMENTS
        return
    assert found["REQUEST_METHOD"] == method
    assert found["wsgi.input"].read() == form.get("content", "").encode()
    for name, key in HEADERS.items():
        assert name not in form or found[key] == form[name]
    parameters = {name: value for name, value in form.items()
                  if name != "content" and name.lower() not in {*map(str.lower, HEADERS), "content-length"}}
    assert dict(parse_qsl(found["QUERY_STRING"], keep_blank_values=True)) == parameters


@examples(500)
@given(st.binary(max_size=200), st.one_of(st.sampled_from(METHODS), TEXT))
def test_any_form_is_translated_or_refused(body: bytes, method: str) -> None:
    refused = translated(body, method).get(REFUSED)
    assert refused is None or isinstance(refused, BadRequest | RequestEntityTooLarge)


def decompressed(body: bytes) -> bytes | str:
    """What the application reads of a body that says it is gzip, or the requirement by which it is refused."""
    seen = Seen()
    Decompressed(seen)(request(body, HTTP_CONTENT_ENCODING="gzip"), None)
    try:
        return whole_body(seen.environ, MOST)
    except BadRequest as refused:
        return refused.requirement


@examples(300)
@given(st.lists(st.binary(max_size=300), max_size=4))
def test_any_members_of_gzip_are_read(members: list[bytes]) -> None:
    assert decompressed(b"".join(map(gzip.compress, members)) or gzip.compress(b"")) == b"".join(members)


@examples(500)
@given(st.binary(max_size=300), st.data())
def test_damaged_gzip_is_never_taken_for_another_body(body: bytes, data: st.DataObject) -> None:
    """A header's flags and times may differ; the data has a checksum."""
    packed = gzip.compress(body)
    place = data.draw(st.integers(0, len(packed) - 1))
    damaged = packed[:place] + data.draw(st.binary(max_size=3)) + packed[place + data.draw(st.integers(0, 3)):]
    assert decompressed(damaged) in (body, "COMM-gzip")


TAGS = st.one_of(TEXT, st.text('W/"*, abc-gzip\\', max_size=30))


@examples(500)
@given(st.one_of(st.none(), TAGS), st.one_of(st.none(), TAGS))
def test_any_condition_can_be_read(match: str | None, none_match: str | None) -> None:
    condition = read_condition(match, none_match)
    assert condition.is_given == (match is not None or none_match is not None)
    for tags in (condition.match, condition.none_match):
        assert tags is None or tags == ANY or all('"' not in tag for tag in tags)


@examples(300)
@given(st.lists(st.text("0123456789abcdef", min_size=1, max_size=40), min_size=1, max_size=4), st.booleans())
def test_the_tags_that_were_sent_are_read(tags: list[str], quoted: bool) -> None:
    header = ", ".join(f'"{tag}"' if quoted else tag for tag in tags)
    assert read_condition(header, None).match == tuple(tags)


@examples(500)
@given(st.lists(st.tuples(st.one_of(TEXT, st.sampled_from(sorted(STATEMENT_READERS))), st.one_of(
    TEXT, st.sampled_from(["true", "1", "2026-01-01T00:00:00Z", '{"mbox":"mailto:a@b"}', "a:b", "ids"]))), max_size=4))
def test_any_query_is_read_or_refused(given: list[tuple[str, str]]) -> None:
    with suppress(BadRequest):
        assert read_parameters(given, STATEMENT_READERS).keys() == dict(given).keys()
