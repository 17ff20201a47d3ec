"""Requests that no honest client sends: half of a body, two requests in one, bytes where text belongs."""

import gzip
import json
import socket
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.conftest import Client

AGENT = {"mbox": "mailto:li@example.com"}
STATE = "/xapi/activities/state?" + urlencode({"activityId": "http://example.com/a", "agent": json.dumps(AGENT)})
ONE = f"{STATE}&stateId=s"
PROFILE = "/xapi/activities/profile?" + urlencode({"activityId": "http://example.com/a", "profileId": "p"})


def raw(client: Client, *lines: str, body: bytes = b"") -> bytes:
    """What the server sends to these bytes, after which we have no more to say."""
    with socket.create_connection((urlsplit(client.url).hostname, urlsplit(client.url).port), timeout=20) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def head(client: Client, line: str, **headers: str) -> list[str]:
    secret = b64encode(f"{client.key}:{client.secret}".encode()).decode()
    return [f"{line} HTTP/1.1", "Host: x", f"Authorization: Basic {secret}", "X-Experience-API-Version: 1.0.3",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]


@pytest.mark.requirement("COMM-whole-body")
def test_half_of_a_document_replaces_nothing(client: Client) -> None:
    whole = b"x" * 300_000
    assert client.request("PUT", ONE, data=whole).status_code == 204
    answer = raw(client, *head(client, f"PUT {ONE}", Content_Length="300000", If_Match="*"), body=b"y" * 150_000)
    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert client.get(ONE).content == whole


@pytest.mark.requirement("COMM-whole-body")
def test_half_of_a_form_stores_nothing(client: Client) -> None:
    form = urlencode({"stateId": "s", "content": "x" * 2000}).encode()
    line = STATE.replace("?", "?method=PUT&", 1).partition("&")[0]
    answer = raw(client, *head(client, f"POST {line}", Content_Type="application/x-www-form-urlencoded",
                               Content_Length=str(len(form))), body=form[:-1500])
    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert client.get(ONE).status_code == 404


@pytest.mark.requirement("COMM-whole-body")
def test_chunks_that_are_none_are_a_400(client: Client) -> None:
    answer = raw(client, *head(client, "POST /xapi/statements", Content_Type="application/json",
                               Transfer_Encoding="chunked"), body=b"zz\r\nnonsense\r\n")
    assert b" 400 " in answer.partition(b"\r\n")[0]


@pytest.mark.requirement("XAPI-00336")
def test_a_form_cannot_ask_for_an_answer_without_its_body(client: Client) -> None:
    """The server would send no body to it while the client, who sent a POST, waits for one."""
    answer = client.request("POST", "/xapi/statements?method=HEAD", data={"limit": "1"},
                            headers={"X-Experience-API-Version": "1.0.3"})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "XAPI-00336")


@pytest.mark.requirement("COMM-no-method")
@pytest.mark.parametrize("where", ["header", "form"])
def test_version_2_has_no_alternate_syntax_wherever_it_is_named(client: Client, where: str) -> None:
    version = {"X-Experience-API-Version": "2.0.0"}
    answer = client.request("POST", "/xapi/statements?method=GET", data={"limit": "1", **version} if where == "form"
                            else {"limit": "1"}, headers=version if where == "header" else {
                                "X-Experience-API-Version": None})
    assert answer.status_code == 400
    assert answer.json()["requirement"] in ("COMM-no-method", "XAPI-00324")


@pytest.mark.requirement("COMM-authentication")
@pytest.mark.parametrize("value", ["Basic \xe9", "Basic \xff\xfe", "Basic =", "\xe9"])
def test_an_authorization_that_is_no_text_is_a_401(client: Client, value: str) -> None:
    answer = raw(client, "GET /xapi/statements HTTP/1.1", "Host: x", f"Authorization: {value}",
                 "X-Experience-API-Version: 2.0.0", "Connection: close")
    assert b" 401 " in answer.partition(b"\r\n")[0]


@pytest.mark.requirement("COMM-gzip")
def test_gzip_of_several_members_is_read_whole(client: Client) -> None:
    body = gzip.compress(b"first ") + gzip.compress(b"second")
    assert client.request("PUT", ONE, data=body, headers={"Content-Encoding": "gzip"}).status_code == 204
    assert client.get(ONE).content == b"first second"


@pytest.mark.requirement("COMM-gzip")
@pytest.mark.parametrize("body", [b"none", gzip.compress(b"x" * 999)[:-9], gzip.compress(b"x") + b"garbage"],
                         ids=["another format", "cut off", "garbage behind"])  # the bytes hold the time
def test_what_is_no_gzip_is_a_400_and_stores_nothing(client: Client, body: bytes) -> None:
    answer = client.request("PUT", ONE, data=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "COMM-gzip")
    assert client.get(ONE).status_code == 404


@pytest.mark.requirement("COMM-utf8")
def test_bytes_that_are_no_utf_8_name_no_document(client: Client) -> None:
    answer = client.request("PUT", f"{STATE}&stateId=%ff", data=b"x")
    assert (answer.status_code, answer.json()["requirement"]) == (400, "COMM-utf8")
    assert client.get(f"{STATE}&stateId=%25ff").status_code == 404


@pytest.mark.requirement("COMM-document-required")
def test_a_condition_on_all_documents_removes_none(client: Client) -> None:
    client.request("PUT", ONE, data=b"x")
    answer = client.request("DELETE", STATE, headers={"If-Match": '"nope"'})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "COMM-document-required")
    assert client.get(ONE).content == b"x"


@pytest.mark.requirement("COMM-if-match")
def test_a_star_in_quotes_is_a_tag_like_others(client: Client) -> None:
    client.request("PUT", ONE, data=b"x")
    assert client.request("PUT", ONE, data=b"y", headers={"If-Match": '"*"'}).status_code == 412
    assert client.request("PUT", ONE, data=b"y", headers={"If-Match": "*"}).status_code == 204


@pytest.mark.requirement("COMM-merge")
def test_a_merge_leaves_the_numbers_that_it_does_not_name(client: Client) -> None:
    client.request("POST", PROFILE, data=b'{"id":12345678901234567890123,"name":"\xe7\x8e\x8b"}',
                   headers={"Content-Type": "application/json"})
    client.post(PROFILE, {"z": 1})
    assert client.get(PROFILE).content.decode() == '{"id":12345678901234567890123,"name":"王","z":1}'


@pytest.mark.requirement("COMM-document-type")
@pytest.mark.parametrize("kind", ['text/plain; x="中"', 'text/plain; x="\r\nX-Injected: yes"', "text", "a/b; c"])
def test_a_content_type_that_no_header_can_hold_is_refused(client: Client, kind: str) -> None:
    answer = client.request("POST", "/xapi/activities/state?method=PUT", headers={"X-Experience-API-Version": "1.0.3"},
                            data={"activityId": "http://example.com/a", "agent": json.dumps(AGENT), "stateId": "s",
                                  "Content-Type": kind, "content": "x"})
    assert answer.status_code == 400
    assert client.get(ONE).status_code == 404


@pytest.mark.requirement("XAPI-00105")
@pytest.mark.parametrize("kind", ['text/html; a="\r\nX-Injected: yes\r\n\r\n<b>"', 'text/html; a="\x00"',
                                  'text/html; a="é"'])
def test_an_attachments_content_type_cannot_hold_lines_of_its_own(client: Client, kind: str) -> None:
    attachment: dict[str, Any] = {"usageType": "http://example.com/u", "display": {"en": "x"}, "contentType": kind,
                                  "length": 1, "sha2": "0" * 64, "fileUrl": "http://example.com/f"}
    answer = client.post("/xapi/statements", {"actor": AGENT, "verb": {"id": "http://example.com/v"},
                                              "object": {"id": "http://example.com/a"}, "attachments": [attachment]})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "XAPI-00105")


def test_nothing_of_xapi_is_answered_from_a_cache_unasked(client: Client) -> None:
    client.request("PUT", ONE, data=b"x")
    for path in (ONE, "/xapi/statements", "/xapi/about"):
        assert client.get(path).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.requirement("COMM-options")
@pytest.mark.parametrize("path", ["statements", "activities", "activities/state", "activities/profile", "agents",
                                  "agents/profile", "about"])
def test_a_browser_of_another_origin_may_ask_every_resource(server: str, path: str) -> None:
    answer = requests.options(f"{server}/xapi/{path}", timeout=10, headers={
        "Origin": "https://content.example", "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,if-match,x-experience-api-version"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "if-match", "if-none-match", "x-experience-api-version"} <= set(allowed)
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.requirement("XAPI-00336")
def test_a_form_is_no_way_around_the_length_of_a_header_nor_expanded_before_it_is_known_whose_it_is(
        client: Client) -> None:
    headers = {"X-Experience-API-Version": None, "Content-Type": "application/x-www-form-urlencoded"}
    long = urlencode({"Authorization": "Bearer " + "a" * 9000, "X-Experience-API-Version": "1.0.3"})
    packed = gzip.compress(b"%41" * 1_000_000)
    for body, more in ((long.encode(), {}), (packed, {"Content-Encoding": "gzip"})):
        answer = client.request("POST", "/xapi/statements?method=GET", auth=None, data=body, headers=headers | more)
        assert (answer.status_code, answer.json()["requirement"]) == (400, "XAPI-00336")
