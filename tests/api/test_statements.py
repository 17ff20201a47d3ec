"""/xapi/statements and /xapi/about over HTTP: what the suite's blind spots leave untested, and more."""

import gzip
import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from lrs.rules.formats import parse_timestamp
from tests.conftest import Client, new_credential

UUID = "0d8a8e2c-6f1a-4c8e-9a59-0f3f9b9a1c11"
AGENT = {"mbox": "mailto:li@example.com"}
FROM_A_PAGE = {"Origin": "https://player.example.com"}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

BAD_PARAMETERS: dict[str, list[dict[str, str]]] = {
    "XAPI-00012": [
        {"agent": "li"}, {"agent": "{}"}, {"agent": json.dumps({"objectType": "Group", "member": [AGENT]})},
        {"agent": json.dumps({**AGENT, "openid": "http://example.com/li"})},
        {"agent": '{"mbox":"mailto:a@b","mbox":1}'},
        {"verb": "practised"}, {"verb": ""}, {"verb": "http://example.com/a b"}, {"activity": "drill"},
        {"registration": "17"}, {"since": "yesterday"}, {"since": "2026-13-01T00:00:00Z"}, {"until": "2026-01-01"},
        {"limit": "-1"}, {"limit": "ten"}, {"limit": "1.5"}, {"ascending": "True"}, {"ascending": "1"},
        {"related_agents": "yes"}, {"related_activities": ""}, {"attachments": "TRUE"}, {"format": "EXACT"},
        {"format": "xml"}, {"statementId": "17"}],
    "XAPI-00151": [{"statementId": UUID, "verb": "http://example.com/v"},
                   {"statementId": UUID, "voidedStatementId": UUID}],
    "XAPI-00150": [{"voidedStatementId": UUID, "limit": "1"}],
    "XAPI-00325": [{"Verb": "http://x/y"}], "XAPI-00324": [{"unknown": "1"}],
    "COMM-cursor": [{"more": "nonsense"}, {"more": ""}],
}


def statement(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": AGENT, "verb": {"id": "http://example.com/v"},
            "object": {"id": "http://example.com/a"}, **changes}


@pytest.mark.requirement("COMM-about")
def test_about_needs_neither_credential_nor_version(server: str) -> None:
    answer = requests.get(f"{server}/xapi/about", timeout=10)
    assert answer.json()["version"] == ["1.0.3", "2.0.0"]
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize(("requirement", "parameters"), [
    pytest.param(row, parameters, marks=pytest.mark.requirement(row), id=str(parameters))
    for row, several in BAD_PARAMETERS.items() for parameters in several])
def test_a_bad_parameter_is_a_400_that_says_where(client: Client, requirement: str, parameters: dict[str, str]) -> None:
    answer = client.get("/xapi/statements", **parameters)
    assert (answer.status_code, answer.json()["requirement"]) == (400, requirement)
    assert "parameter" in answer.json()["place"]
    assert parse_timestamp(answer.headers["X-Experience-API-Consistent-Through"])


@pytest.mark.requirement("COMM-twice")
def test_a_parameter_that_stands_twice_is_refused(client: Client) -> None:
    assert client.get("/xapi/statements?limit=1&limit=2").json()["requirement"] == "COMM-twice"


@pytest.mark.requirement("XAPI-00331", "XAPI-00333")
@pytest.mark.parametrize(("version", "status"), [
    (None, 400), ("", 400), ("1", 400), ("0.95", 400), ("1.1.0", 400), ("3.0.0", 400), ("1.0", 200), ("1.0.0", 200),
    ("1.0.9", 200), ("2.0", 200), ("2.0.0", 200), ("2.0.1", 200)])
def test_the_version_header_is_needed_and_echoed_as_the_version_spoken(client: Client, version: str | None,
                                                                       status: int) -> None:
    answer = client.request("GET", "/xapi/statements", headers={"X-Experience-API-Version": version})
    assert answer.status_code == status
    spoken = "2.0.0" if (version or "").startswith("2") else "1.0.3"
    assert answer.headers["X-Experience-API-Version"] == spoken


@pytest.mark.requirement("COMM-authentication", "COMM-consistent-through")
@pytest.mark.parametrize("header", [
    "", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Basic " + "A" * 5000, "Basic OjovOg=="])
def test_a_malformed_or_wrong_credential_is_a_401(server: str, header: str) -> None:
    answer = requests.get(f"{server}/xapi/statements", timeout=10, headers={
        "Authorization": header, "X-Experience-API-Version": "2.0.0"})
    assert answer.status_code == 401
    scheme, error = ("Bearer", "invalid_token") if header == "Bearer x" else ("Basic", "Bearer")
    assert answer.headers["WWW-Authenticate"].startswith(scheme)
    assert error in answer.headers["WWW-Authenticate"]
    assert "X-Experience-API-Consistent-Through" in answer.headers


@pytest.mark.requirement("COMM-put-statement", "COMM-get-statement", "COMM-statement-modified")
def test_a_put_and_a_get_give_the_statement_back(client: Client) -> None:
    sent = statement(timestamp="2026-01-05T10:00:00.123456+08:00", result={"score": {"raw": 0.1, "max": 1e3}})
    answer = client.put("/xapi/statements", sent, statementId=sent["id"])
    assert (answer.status_code, answer.content) == (204, b"")
    answer = client.get("/xapi/statements", statementId=sent["id"].upper())
    body = answer.json()
    assert {key: body[key] for key in sent} == sent
    assert body["version"] == "2.0.0"
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert parse_timestamp(body["stored"]) is not None


@pytest.mark.requirement("COMM-statement-id")
def test_a_put_without_an_id_takes_the_parameters(client: Client) -> None:
    sent = statement()
    del sent["id"]
    assert client.put("/xapi/statements", sent, statementId=UUID).status_code == 204
    assert client.get("/xapi/statements", statementId=UUID).json()["id"] == UUID


@pytest.mark.requirement("XAPI-00144", "COMM-statement-id")
@pytest.mark.parametrize(("parameters", "body"), [
    ({}, statement()), ({"statementId": UUID}, statement()), ({"statementId": UUID}, [statement(id=UUID)]),
    ({"statementId": UUID}, "text"), ({"statementId": UUID}, None),
    ({"statementId": UUID, "x": "1"}, statement(id=UUID)), ({"statementId": "17"}, statement(id=UUID))])
def test_a_bad_put_is_a_400_and_stores_nothing(client: Client, parameters: dict[str, str], body: Any) -> None:
    assert client.put("/xapi/statements", body, **parameters).status_code == 400
    assert client.statements() == []


@pytest.mark.requirement("COMM-batch", "COMM-post-statements")
@pytest.mark.parametrize("body", [[], "text", 7, None, [None], [[statement()]], [statement(), 1], {}, [{}]])
def test_a_bad_post_is_a_400_and_stores_nothing(client: Client, body: Any) -> None:
    assert client.post("/xapi/statements", body).status_code == 400
    assert client.statements() == []


@pytest.mark.requirement("XAPI-00127")
@pytest.mark.parametrize("content_type", [
    None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/related"])
def test_another_content_type_is_a_400(client: Client, content_type: str | None) -> None:
    answer = client.request("POST", "/xapi/statements", data=json.dumps(statement()),
                            headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["requirement"]) == (400, "XAPI-00127")


def test_a_content_type_with_a_charset_is_taken(client: Client) -> None:
    answer = client.request("POST", "/xapi/statements", data=json.dumps(statement()),
                            headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 200


@pytest.mark.requirement("XAPI-00326")
def test_one_bad_statement_refuses_the_batch_and_names_its_place(client: Client) -> None:
    answer = client.post("/xapi/statements", [statement(), statement(), statement(verb={"id": "no-scheme"})])
    assert answer.json()["pointer"] == "/2/verb/id"
    assert answer.json()["requirement"] == "XAPI-00011"
    assert client.statements() == []


@pytest.mark.requirement("XAPI-00142")
def test_a_conflict_is_a_409_that_names_the_statement(client: Client) -> None:
    sent = statement()
    client.post("/xapi/statements", sent)
    answer = client.post("/xapi/statements", [statement(), {**sent, "verb": {"id": "http://example.com/w"}}])
    assert (answer.status_code, answer.json()["statement"]) == (409, sent["id"])
    assert [each["id"] for each in client.statements()] == [sent["id"]]


@pytest.mark.requirement("COMM-statement-result", "COMM-more", "COMM-post-statements")
def test_what_is_acknowledged_is_visible_at_once_and_soon_consistent(client: Client) -> None:
    sent = statement()
    client.post("/xapi/statements", sent)
    answer = client.get("/xapi/statements")
    assert [each["id"] for each in answer.json()["statements"]] == [sent["id"]]
    assert answer.json()["more"] == ""


def test_contextagents_are_for_version_2_alone(client: Client) -> None:
    sent = statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": AGENT,
                                                 "relevantTypes": ["http://example.com/t"]}]})
    assert client.post("/xapi/statements", sent).status_code == 200
    answer = client.request("POST", "/xapi/statements", json=statement(context=sent["context"]),
                            headers={"X-Experience-API-Version": "1.0.3"})
    assert answer.json()["requirement"] == "XAPI-00010"


@pytest.mark.requirement("XAPI-00172", "COMM-format")
def test_canonical_picks_a_language_for_each_map_by_itself(client: Client) -> None:
    verb = {"id": "http://example.com/v", "display": {"de": "geübt", "zh-CN": "练习", "en-US": "practised"}}
    activity = {"id": "http://example.com/a", "definition": {"name": {"en-GB": "Drill", "fr": "Exercice"}}}
    client.post("/xapi/statements", statement(verb=verb, object=activity))
    for language, display, name in (("zh-CN,en;q=0.5", {"zh-CN": "练习"}, {"en-GB": "Drill"}),
                                    ("fr", {"de": "geübt"}, {"fr": "Exercice"}),
                                    ("en", {"en-US": "practised"}, {"en-GB": "Drill"})):
        found = client.request("GET", "/xapi/statements", params={"format": "canonical"},
                               headers={"Accept-Language": language}).json()["statements"][0]
        assert found["verb"]["display"] == display
        assert found["object"]["definition"]["name"] == name


@pytest.mark.requirement("COMM-format")
def test_ids_is_the_least_that_identifies(client: Client) -> None:
    team = {"objectType": "Group", "name": "Team", "mbox": "mailto:team@example.com", "member": [AGENT]}
    client.post("/xapi/statements", statement(actor=team, object={
        "objectType": "Activity", "id": "http://example.com/a", "definition": {"name": {"en": "Drill"}}}))
    found = client.get("/xapi/statements", format="ids").json()["statements"][0]
    assert found["actor"] == {"objectType": "Group", "mbox": "mailto:team@example.com"}
    assert found["object"] == {"id": "http://example.com/a"}
    assert found["verb"] == {"id": "http://example.com/v"}


def test_attachments_true_answers_multipart_with_the_statements_first(client: Client) -> None:
    client.post("/xapi/statements", statement(id=UUID))
    answer = client.get("/xapi/statements", attachments="true")
    kind, _, boundary = answer.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    head, _, body = answer.content.split(f"--{boundary}".encode())[1].partition(b"\r\n\r\n")
    assert b"application/json" in head
    assert json.loads(body)["statements"][0]["id"] == UUID


def test_the_root_leads_to_the_documentation(server: str) -> None:
    answer = requests.get(server, timeout=10)
    assert answer.url.endswith("/docs")
    for path in ("/docs/redoc.js", "/docs/rubric-levels.schema.json", "/openapi.yaml"):
        assert requests.get(server + path, timeout=10).status_code == 200


@pytest.mark.requirement("COMM-head")
def test_a_head_answers_as_a_get_without_its_body(client: Client) -> None:
    answer = client.request("HEAD", "/xapi/statements")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "X-Experience-API-Consistent-Through" in answer.headers


def test_options_needs_no_credential_and_lets_browsers_in(server: str) -> None:
    answer = requests.options(f"{server}/xapi/statements", headers=FROM_A_PAGE, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Experience-API-Consistent-Through" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.requirement("COMM-get-voided", "XAPI-00162")
def test_a_voided_statement_is_found_by_its_own_parameter_alone(client: Client) -> None:
    sent = statement(id=UUID)
    void = statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": UUID})
    client.post("/xapi/statements", [sent, void])
    assert client.get("/xapi/statements", statementId=UUID).status_code == 404
    assert client.get("/xapi/statements", voidedStatementId=UUID).json()["id"] == UUID
    assert client.get("/xapi/statements", voidedStatementId=void["id"]).status_code == 404
    assert [each["id"] for each in client.statements()] == [void["id"]]


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"[" * 300 + b"]" * 300, b"\xff\xfe", b"", b"1e999",
    b'{"actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": "http://a/b"}, "object": {"id": "http://c/d"}, '
    b'"result": {"score": {"raw": 1e400}}}',
    json.dumps(statement(id=UUID, result={"response": "here"})).encode().replace(b"here", b"\\ud800")],
    ids=lambda body: repr(body[:20]))
def test_hostile_bodies_are_a_400(client: Client, body: bytes) -> None:
    answer = client.request("POST", "/xapi/statements", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text


def test_many_names_and_a_repeated_one_are_refused_soon(client: Client) -> None:
    names = b",".join(b'"k%d":1' % number for number in range(200_000))
    answer = client.request("POST", "/xapi/statements", data=b'{%b,"z":1,"z":2}' % names,
                            headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.elapsed.total_seconds() < 5


def test_a_slash_too_many_leads_to_the_resource(client: Client) -> None:
    answer = client.request("GET", "/xapi//statements?limit=1", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{client.url}/xapi/statements?limit=1")


def test_a_path_or_method_that_is_not_there_answers_with_the_headers_too(client: Client) -> None:
    for method, path, status in (("DELETE", "/xapi/statements", 405), ("GET", "/xapi/nothing", 404)):
        answer = client.request(method, path, headers=FROM_A_PAGE)
        assert answer.status_code == status
        assert answer.headers["X-Experience-API-Version"] == "1.0.3"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Experience-API-Consistent-Through" in client.request("DELETE", "/xapi/statements").headers


def test_a_loopback_credential_is_of_no_use_through_a_proxy(server: str, client: Client, gate: Any) -> None:
    near = Client(server, client.store, *new_credential(gate, client.store, loopback_only=True))
    assert near.get("/xapi/statements").status_code == 200
    assert near.request("GET", "/xapi/statements", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401


def test_a_body_over_the_limit_is_a_413(client: Client) -> None:
    answer = client.request("POST", "/xapi/statements", data=b" " * (9 * 1024 * 1024),
                            headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["status"] == 413


STATE = "/xapi/activities/state?" + urlencode({"activityId": "http://example.com/a", "agent": json.dumps(AGENT),
                                               "stateId": "s"})


@pytest.mark.parametrize(("path", "method", "how", "status"), [
    (STATE, "PUT", "chunked", 413), (STATE, "PUT", "compressed", 413),
    ("/xapi/statements", "POST", "chunked", 413), ("/xapi/statements", "POST", "compressed", 413),
    ("/xapi/statements?method=GET", "POST", "chunked", 413),
    ("/xapi/statements?method=GET", "POST", "compressed", 400)])  # read before authentication
def test_a_body_of_unknown_length_over_the_limit_is_refused_and_never_cut_off(client: Client, path: str, method: str,
                                                                              how: str, status: int) -> None:
    pieces = [b" " * (1024 * 1024)] * 9
    body = iter(pieces) if how == "chunked" else gzip.compress(b"".join(pieces))
    kind = "application/json" if path in (STATE, "/xapi/statements") else "application/x-www-form-urlencoded"
    headers = {"Content-Type": kind, "X-Experience-API-Version": "1.0.3",
               **({"Content-Encoding": "gzip"} if how == "compressed" else {})}
    answer = client.request(method, path, data=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert client.get(STATE).status_code == 404


def test_numbers_beyond_64_bits_and_nuls_come_back_as_they_were(client: Client) -> None:
    extensions = {"http://a/b": [2**63, 10**17 + 1, -0.0, 1e-320, "\x00", "😀", None, {}, {"a.b": {"$c": 1}}]}
    client.post("/xapi/statements", statement(id=UUID, result={"extensions": extensions}))
    assert client.get("/xapi/statements", statementId=UUID).json()["result"]["extensions"] == extensions
