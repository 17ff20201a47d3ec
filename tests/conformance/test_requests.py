"""What holds of every request, and the resources that describe: versions, HEAD, limits, Agents, Activities, About."""

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
import requests

from lrs.clock import now_micros
from lrs.rules.formats import format_timestamp
from tests.conformance.conftest import ACTIVITY, AGENT, refusal, statement
from tests.conftest import Client, wait_until

STATEMENTS = "/xapi/statements"
RESOURCES = ["about", "statements", f"activities?activityId={ACTIVITY}", f"agents?agent={json.dumps(AGENT)}",
                f"activities/profile?activityId={ACTIVITY}", f"agents/profile?agent={json.dumps(AGENT)}",
                f"activities/state?activityId={ACTIVITY}&agent={json.dumps(AGENT)}"]


@pytest.mark.requirement("COMM-head", "XAPI-00333", "XAPI-00165")
@pytest.mark.parametrize("path", RESOURCES, ids=lambda path: path.partition("?")[0])
def test_a_head_has_the_status_and_headers_of_a_get(client: Client, path: str) -> None:
    for target in (f"/xapi/{path}", f"/xapi/{path.partition('?')[0]}?unknown=1"):
        head, get = client.request("HEAD", target), client.get(target)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("Content-Type", "Content-Length", "X-Experience-API-Version"):
            assert head.headers[name] == get.headers[name]
        version = "1.0.3" if path == "about" else client.version  # about needs none, so it speaks the server's own
        assert get.headers["X-Experience-API-Version"] == version


@pytest.mark.requirement("XAPI-00331")
@pytest.mark.parametrize("path", RESOURCES[1:], ids=lambda path: path.partition("?")[0])
def test_each_resource_but_about_wants_a_version(client: Client, path: str) -> None:
    for version in (None, "0.9", "3.0.0"):
        answer = client.request("GET", f"/xapi/{path}", headers={"X-Experience-API-Version": version})
        assert refusal(answer) == (400, "XAPI-00331")


@pytest.mark.requirement("COMM-authentication")
@pytest.mark.parametrize("path", RESOURCES[1:], ids=lambda path: path.partition("?")[0])
def test_each_resource_but_about_wants_a_credential(client: Client, path: str) -> None:
    stranger = replace(client, secret="wrong")
    for method in client.request("OPTIONS", f"/xapi/{path}").headers["Allow"].split(", "):
        assert stranger.request(method, f"/xapi/{path}").status_code == (200 if method == "OPTIONS" else 401)


@pytest.mark.requirement("XAPI-00332")
def test_a_statement_keeps_the_version_that_it_came_with(client: Client) -> None:
    without, earlier = statement(), statement(version="1.0.1" if client.version == "1.0.3" else "2.0.0")
    client.post(STATEMENTS, [without, earlier])
    for reader in (client, replace(client, version="1.0.3"), replace(client, version="2.0.0")):
        assert reader.get(STATEMENTS, statementId=without["id"]).json()["version"] == (
            "1.0.0" if client.version == "1.0.3" else "2.0.0")
        assert reader.get(STATEMENTS, statementId=earlier["id"]).json()["version"] == earlier["version"]


@pytest.mark.requirement("COMM-json-body", "XAPI-00127")
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8", "APPLICATION/JSON"])
def test_json_comes_as_json(client: Client, kind: str) -> None:
    body = json.dumps(statement()).encode()
    assert client.request("POST", STATEMENTS, data=body, headers={"Content-Type": kind}).status_code == 200
    for other in ("text/json", "application/jsonp", "application/xml", ""):
        answer = client.request("POST", STATEMENTS, data=body, headers={"Content-Type": other})
        assert refusal(answer) == (400, "XAPI-00127")
    assert len(client.statements()) == 1


@pytest.mark.requirement("COMM-json-body")
def test_what_is_put_under_api_v1_is_json_too(client: Client) -> None:
    answer = client.request("PUT", "/api/v1/people/li", data=b"{}", headers={"Content-Type": "text/plain"})
    assert refusal(answer) == (400, "COMM-json-body")


@pytest.mark.requirement("XAPI-00328")
def test_a_statement_has_a_mebibyte_at_the_most(client: Client) -> None:
    def sized(length: int) -> dict[str, Any]:
        return statement(result={"response": "x" * length})

    assert refusal(client.post(STATEMENTS, [statement(), sized(1024 * 1024)])) == (413, "XAPI-00328")
    assert client.statements() == []
    assert client.post(STATEMENTS, sized(1024 * 1024 - 2000)).status_code == 200


@pytest.mark.requirement("COMM-batch", "COMM-post-statements")
def test_a_batch_is_acknowledged_in_its_order_and_has_an_end(client: Client) -> None:
    batch = [statement() for _ in range(50)]
    assert client.post(STATEMENTS, batch).json() == [each["id"] for each in batch]
    answer = client.post(STATEMENTS, [statement() for _ in range(1001)])
    assert refusal(answer) == (400, "COMM-batch")
    assert refusal(client.post(STATEMENTS, [])) == (400, "COMM-batch")
    assert len(client.statements()) == 50


@pytest.mark.requirement("XAPI-00173", "XAPI-00166", "COMM-more", "COMM-cursor", "COMM-statement-result")
def test_limit_cuts_pages_that_more_puts_together(client: Client) -> None:
    sent = [statement() for _ in range(5)]
    for each in sent:
        client.post(STATEMENTS, each)
    ids = [each["id"] for each in sent]
    first = client.get(STATEMENTS, limit=2).json()
    assert [each["id"] for each in first["statements"]] == ids[:2:-1]
    assert [each["id"] for each in client.request("GET", first["more"]).json()["statements"]] == ids[2:0:-1]
    for parameters in ({"limit": 0}, {"limit": 5}, {"limit": 999_999_999}, {}):
        whole = client.get(STATEMENTS, ascending="true", **parameters).json()
        assert [each["id"] for each in whole["statements"]] == ids
        assert whole["more"] == ""
    for more in (f"{first['more']}&limit=3", first["more"].replace("more=", "more=x")):
        assert refusal(client.request("GET", more)) == (400, "COMM-cursor")
    assert client.get(STATEMENTS, verb="http://example.com/none").json() == {"more": "", "statements": []}


@pytest.mark.requirement("COMM-format", "XAPI-00172")
def test_exact_is_what_was_sent_and_the_default(client: Client) -> None:
    verb = {"id": "http://example.com/v", "display": {"en": "a", "de": "b"}}
    sent = statement(verb=verb, timestamp="2026-01-05T10:00:00.120+08:00", result={"score": {"raw": 1.0}})
    client.post(STATEMENTS, sent)
    bodies = [client.get(STATEMENTS, statementId=sent["id"], **parameters).json()
              for parameters in ({}, {"format": "exact"}, {"format": "canonical"}, {"format": "ids"})]
    assert bodies[0] == bodies[1]
    assert {name: bodies[0][name] for name in sent} == sent
    assert bodies[2]["verb"]["display"] in ({"en": "a"}, {"de": "b"})
    assert bodies[3]["verb"] == {"id": verb["id"]}
    assert refusal(client.get(STATEMENTS, format="EXACT")) == (400, "XAPI-00012")


@pytest.mark.requirement("XAPI-00012", "XAPI-00324", "XAPI-00325")
@pytest.mark.parametrize(("path", "requirement", "place"), [
    ("activities?activityId=none", "XAPI-00012", "parameter activityId"),
    (f"activities?activityid={ACTIVITY}", "XAPI-00325", "parameter activityid"),
    (f"activities?activityId={ACTIVITY}&limit=1", "XAPI-00324", "parameter limit"),
    ("activities", "COMM-activities", "parameter activityId"),
    ("agents", "COMM-agents", "parameter agent"), ("agents?agent={}", "XAPI-00012", "parameter agent"),
    (f"agents?Agent={json.dumps(AGENT)}", "XAPI-00325", "parameter Agent"),
    ('agents?agent={"objectType":"Group","mbox":"mailto:a@b"}', "XAPI-00012", "parameter agent"),
    (f"activities?activityId={ACTIVITY}&activityId={ACTIVITY}", "COMM-twice", "parameter activityId")])
def test_a_bad_question_for_an_activity_or_agent(client: Client, path: str, requirement: str, place: str) -> None:
    answer = client.get(f"/xapi/{path}")
    assert refusal(answer) == (400, requirement)
    assert answer.json()["place"] == place


@pytest.mark.requirement("COMM-agents")
def test_a_person_is_answered_for_an_agent_known_or_not(client: Client) -> None:
    def person(agent: dict[str, Any]) -> Any:
        answer = client.get("/xapi/agents", agent=json.dumps(agent))
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    assert person(AGENT) == {"objectType": "Person", "mbox": ["mailto:li@example.com"]}
    client.post(STATEMENTS, statement(actor={**AGENT, "name": "Li"}))
    client.post(STATEMENTS, statement(actor={**AGENT, "name": "Li Na"}))
    assert person(AGENT) == {"objectType": "Person", "name": ["Li Na", "Li"], "mbox": ["mailto:li@example.com"]}
    account = {"account": {"homePage": "http://example.com", "name": "li"}}
    assert person({**account, "name": "L"}) == {"objectType": "Person", "name": ["L"], "account": [account["account"]]}


@pytest.mark.requirement("COMM-activities")
def test_an_activity_is_answered_with_all_that_was_said_of_it(client: Client, other: Client) -> None:
    def activity(asker: Client) -> Any:
        answer = asker.get("/xapi/activities", activityId=ACTIVITY)
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    unknown = {"objectType": "Activity", "id": ACTIVITY}
    assert activity(client) == unknown
    for definition in ({"name": {"en": "Drill"}, "type": "http://example.com/t"}, {"name": {"de": "Übung"}},
                       {"extensions": {"http://example.com/e": [1, None]}}):
        client.post(STATEMENTS, statement(object={"id": ACTIVITY, "definition": definition}))
    assert activity(client) == {**unknown, "definition": {
        "name": {"en": "Drill", "de": "Übung"}, "type": "http://example.com/t",
        "extensions": {"http://example.com/e": [1, None]}}}
    assert activity(other) == unknown


@pytest.mark.requirement("COMM-about")
@pytest.mark.parametrize("headers", [{}, {"X-Experience-API-Version": "3.0"}, {"Authorization": "Basic nonsense"}])
def test_about_answers_everybody(server: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{server}/xapi/about", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"version": ["1.0.3", "2.0.0"]})
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.requirement("COMM-consistent-through")
def test_every_answer_of_the_statement_resource_says_how_far_it_is_consistent(client: Client) -> None:
    answers = [client.post(STATEMENTS, statement()), client.post(STATEMENTS, []), client.get(STATEMENTS),
               client.put(STATEMENTS, statement(), statementId=str(uuid.uuid4())), client.get(STATEMENTS, limit="x"),
               client.get(STATEMENTS, statementId=str(uuid.uuid4())), client.request("HEAD", STATEMENTS),
               replace(client, secret="wrong").get(STATEMENTS), client.request("DELETE", STATEMENTS)]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 400, 404, 200, 401, 405]
    through = [answer.headers["X-Experience-API-Consistent-Through"] for answer in answers]
    assert all(len(each) == len("2026-01-05T10:00:00.000000Z") for each in through), through
    assert max(through) < format_timestamp(now_micros())
    stored = client.get(STATEMENTS).json()["statements"][0]["stored"]
    wait_until(lambda: client.get(STATEMENTS).headers["X-Experience-API-Consistent-Through"] > stored, 5,
               "what is stored is passed")  # each process has its own C, which is true but may be older than another's
