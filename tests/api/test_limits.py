"""Every limit on what is sent: a clear 4xx that says what was too much, and nothing stored."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest
import requests

from lrs.access import Gate
from lrs.http_rules.parameters import MOST_QUERY
from lrs.json_body import DEEPEST
from tests.conftest import Client, new_credential, serving, wait_until
from waymark.settings import Settings

STATEMENTS = "/xapi/statements"
STATE = "/xapi/activities/state?" + "&".join(
    f"{name}={quote(value)}" for name, value in (("activityId", "http://example.com/a"), ("stateId", "s"),
                                                 ("agent", '{"mbox":"mailto:li@example.com"}')))


def statement(**changes: Any) -> dict[str, Any]:
    return {"actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": "http://example.com/v"},
            "object": {"id": "http://example.com/a"}, **changes}


@pytest.fixture(scope="module")
def small(settings: Settings, database: object) -> Any:
    """The URL of a server with low limits."""
    low = settings.with_options(max_body=100_000, max_upload=200_000, max_batch=20)
    with serving(low, 1) as (url, _):
        yield url


@pytest.fixture
def limited(client: Client, small: str) -> Client:
    return replace(client, url=small)


@dataclass(frozen=True)
class Limit:
    """Sends what is just within a limit, or just beyond it."""

    send: Callable[[Client, bool], requests.Response]
    status: int
    says: str


def body(client: Client, beyond: bool) -> requests.Response:
    return client.request("PUT", STATE, data=b"x" * (100_001 if beyond else 100_000))


def batch(client: Client, beyond: bool) -> requests.Response:
    return client.post(STATEMENTS, [statement() for _ in range(21 if beyond else 20)])


def depth(client: Client, beyond: bool) -> requests.Response:
    levels = DEEPEST - 2 + (1 if beyond else 0)  # below the Statement and its context
    nested = "[" * (levels - 1) + "]" * (levels - 1)
    text = json.dumps(statement(context={"extensions": {"http://example.com/e": "HERE"}})).replace('"HERE"', nested)
    return client.request("POST", STATEMENTS, data=text, headers={"Content-Type": "application/json"})


def names(client: Client, beyond: bool) -> requests.Response:
    text = json.dumps(statement())
    twice = text.replace("{", '{"timestamp": "2026-01-01T00:00:00Z", "timestamp": "2026-01-02T00:00:00Z", ', 1)
    return client.request("POST", STATEMENTS, data=twice if beyond else text,
                          headers={"Content-Type": "application/json"})


def attachment(client: Client, beyond: bool) -> requests.Response:
    data = b"x" * (250_000 if beyond else 150_000)
    digest = sha256(data).hexdigest()
    declared = {"usageType": "http://example.com/u", "display": {"en": "x"}, "contentType": "text/plain",
                "length": len(data), "sha2": digest}
    parts = [b"--b\r\nContent-Type: application/json\r\n\r\n", json.dumps(statement(attachments=[declared])).encode(),
             b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: ",
             digest.encode(), b"\r\n\r\n", data, b"\r\n--b--\r\n"]
    return client.request("POST", STATEMENTS, data=b"".join(parts),
                          headers={"Content-Type": "multipart/mixed; boundary=b"})


def query(client: Client, beyond: bool) -> requests.Response:
    start = "activity=http%3A%2F%2Fexample.com%2F"
    return client.request("GET", f"{STATEMENTS}?{start}{'a' * (MOST_QUERY - len(start) + (1 if beyond else 0))}")


LIMITS = {
    "body": Limit(body, 413, "exceeds the capacity limit"),
    "batch": Limit(batch, 400, "21 statements, where 1 to 20 are taken"),
    "depth": Limit(depth, 400, f"nested more than {DEEPEST} deep"),
    "names": Limit(names, 400, "'timestamp' stands twice"),
    "attachment": Limit(attachment, 413, "exceeds the capacity limit"),
    "query": Limit(query, 414, f"{MOST_QUERY + 1:,} bytes, where {MOST_QUERY:,} are read")}


@pytest.mark.requirement("COMM-query-length", "COMM-batch")
@pytest.mark.parametrize("name", LIMITS)
def test_what_is_within_a_limit_is_taken_and_what_is_beyond_is_refused(limited: Client, name: str) -> None:
    limit = LIMITS[name]
    refused = limit.send(limited, True)
    assert refused.status_code == limit.status, refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert limit.says in refused.json()["detail"]
    assert limited.statements() == [], "nothing was stored"
    taken = limit.send(limited, False)
    assert taken.status_code in (200, 204), taken.text


def test_the_cursor_of_the_longest_query_is_not_too_long(limited: Client) -> None:
    activity = "http://example.com/" + "a" * (MOST_QUERY - 100)
    for _ in range(2):
        assert limited.post(STATEMENTS, statement(object={"id": activity})).status_code == 200
    page = limited.get(STATEMENTS, activity=activity, limit=1)
    assert page.status_code == 200, page.text
    following = limited.request("GET", page.json()["more"])
    assert (following.status_code, len(following.json()["statements"])) == (200, 1)


def test_a_line_that_the_web_server_itself_refuses_is_a_414_too(limited: Client) -> None:
    assert limited.request("GET", f"{STATEMENTS}?activity={'a' * 9000}").status_code == 414


def test_a_credential_keeps_its_pace_and_no_other_is_slowed(client: Client, gate: Gate) -> None:
    key, secret = new_credential(gate, client.store, rate=2)
    slow, began = replace(client, key=key, secret=secret), time.monotonic()
    answers = [slow.get(STATEMENTS, limit=1) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    taken = len(answers) - len(refused)
    assert taken <= 2 * (2 + 2 * (time.monotonic() - began)), "two processes, each two at once and two a second"
    assert refused[0].json()["detail"] == "this caller may make 2 requests a second"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 2
    assert client.get(STATEMENTS, limit=1).status_code == 200
    time.sleep(int(refused[-1].headers["Retry-After"]))
    wait_until(lambda: slow.get(STATEMENTS, limit=1).status_code == 200, 5, "there is room again")


def test_asking_for_tokens_counts_too(client: Client, gate: Gate) -> None:
    key, secret = new_credential(gate, client.store, rate=1)
    answers = [requests.post(f"{client.url}/oauth/token", auth=(key, secret), timeout=10,
                             data={"grant_type": "client_credentials"}).status_code for _ in range(10)]
    assert set(answers) == {200, 429}
