"""Launching steps: the content gets what it needs, once, for hours, and for its learner alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from lrs.access import Gate
from lrs.models import Credential
from tests.api.conftest import add_person, scored, settle
from tests.api.test_frameworks import PACKAGE, changed, publish
from tests.conftest import Client, new_credential, wait_until

ACCOUNT = {"homePage": "https://hr.example", "name": "li"}
OPENED = "https://tools.example/complaints"


def approved(client: Client, launch: str) -> str:
    """A plan of li's with one step, whose resource is launched this way."""
    drill = {**PACKAGE["resources"][0], "launch": launch, "address": f"{OPENED}?course=1"}
    publish(client, changed(resources=[drill]))
    add_person(client, role="service-desk", identifiers=[{"mbox": "mailto:li@example.com"}, {"account": ACCOUNT}])
    plan = client.post("/api/v1/people/li/plans", {"hours": 2, "require": ["complaints-drill"]}).json()["plan"]
    assert client.post(f"/api/v1/plans/{plan}/approve", None).status_code == 200
    return str(plan)


def launched(client: Client, plan: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The answer, and the parameters of its address."""
    answer = client.post(f"/api/v1/plans/{plan}/steps/complaints-drill/launch", None)
    assert answer.status_code == 201, answer.text
    parts = urlsplit(answer.json()["url"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == OPENED
    return answer.json(), {name: value for name, (value,) in parse_qs(parts.query).items()}


def content_of(client: Client, authorization: str) -> Any:
    """Asks as the content would."""
    def ask(method: str, path: str, body: Any = None, **parameters: str) -> requests.Response:
        return client.request(method, path, json=body, params=parameters, auth=None,
                              headers={"Authorization": authorization})
    return ask


def test_tin_can_content_reports_and_keeps_its_state_and_nothing_else(learner: Client) -> None:
    plan = approved(learner, "tincan")
    answer, given = launched(learner, plan)
    assert given.keys() == {"course", "endpoint", "auth", "actor", "registration", "activity_id"}
    assert (given["activity_id"], given["course"], answer["registration"]) == (OPENED, "1", given["registration"])
    actor = json.loads(given["actor"])
    assert actor["account"] == ACCOUNT
    ask = content_of(learner, given["auth"])
    done = scored(2, actor=actor, verb={"id": "http://adlnet.gov/expapi/verbs/completed"}, result={},
                  object={"id": OPENED}, context={"registration": given["registration"]})
    assert ask("POST", "/xapi/statements", done).status_code == 200
    state = {"activityId": OPENED, "agent": given["actor"], "stateId": "bookmark"}
    assert ask("PUT", "/xapi/activities/state", {"page": 3}, **state).status_code == 204
    assert ask("GET", "/xapi/activities/state", **state).json() == {"page": 3}
    settle(learner)
    assert learner.get(f"/api/v1/plans/{plan}").json()["status"] == "complete"
    elsewhere = {"id": "https://simulator.sales.example/activities/batna-drill"}
    assert ask("POST", "/xapi/statements", scored(4, actor=actor, object=elsewhere)).status_code == 403
    void: dict[str, Any] = {"verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}, "result": {}, "object": {
        "objectType": "StatementRef", "id": done["id"]}}
    assert ask("POST", "/xapi/statements", scored(4, actor=actor, **void)).status_code == 403
    group = {**actor, "objectType": "Group"}
    assert ask("POST", "/xapi/statements", scored(4, actor=group, object={"id": OPENED})).status_code == 403
    other = json.dumps({"mbox": "mailto:wu@example.com"})
    assert ask("POST", "/xapi/statements", scored(3, "wu")).status_code == 403
    assert ask("POST", "/xapi/statements", [{**done, "id": str(plan)}, scored(3, "wu")]).status_code == 403
    assert ask("GET", "/xapi/activities/state", **{**state, "agent": other}).status_code == 403
    assert ask("DELETE", "/xapi/activities/state", activityId=OPENED, agent=other).status_code == 403
    assert ask("PUT", "/xapi/activities/profile", {}, activityId=OPENED, profileId="p").status_code == 403
    assert ask("GET", "/xapi/agents/profile", agent=other).status_code == 403
    assert ask("GET", "/api/v1/people").status_code == 403
    assert [each["id"] for each in ask("GET", "/xapi/statements").json()["statements"]] == [done["id"]]


def test_opened_again_it_goes_on_under_the_same_registration_and_authority(learner: Client) -> None:
    plan = approved(learner, "tincan")
    _, first = launched(learner, plan)
    _, second = launched(learner, plan)
    assert (first["registration"], first["auth"] == second["auth"]) == (second["registration"], False)
    statement = scored(2, actor=json.loads(first["actor"]), object={"id": OPENED})
    assert content_of(learner, first["auth"])("POST", "/xapi/statements", statement).status_code == 200
    found = content_of(learner, second["auth"])("GET", "/xapi/statements").json()["statements"]
    assert [each["id"] for each in found] == [statement["id"]]


def test_a_credential_ends_with_its_hours_and_isnt_among_the_stores(learner: Client) -> None:
    _, given = launched(learner, approved(learner, "tincan"))
    found = Credential.objects(store=learner.store, learner__ne=None)
    (credential,) = found
    assert timedelta(hours=3) < credential.expires - datetime.now(UTC) < timedelta(hours=5)
    assert credential.gone > credential.expires
    found.update(set__expires=datetime.now(UTC) - timedelta(seconds=1))
    assert content_of(learner, given["auth"])("GET", "/xapi/statements").status_code == 401


def test_cmi5_content_fetches_its_credential_once(learner: Client) -> None:
    plan = approved(learner, "cmi5")
    _, given = launched(learner, plan)
    assert given.keys() == {"course", "endpoint", "fetch", "actor", "registration", "activityId"}
    where = learner.url + urlsplit(given["fetch"]).path
    fetched = requests.post(where, timeout=10, headers={"Origin": "https://tools.example"})
    assert (fetched.status_code, fetched.headers["Access-Control-Allow-Origin"]) == (200, "*")
    again = requests.post(where, timeout=10)
    assert (again.status_code, again.json()["error-code"]) == (200, "1")
    asked = requests.options(where, timeout=10, headers={"Origin": "https://tools.example"})
    assert asked.headers["Access-Control-Allow-Methods"]
    ask = content_of(learner, f"Basic {fetched.json()['auth-token']}")
    data = ask("GET", "/xapi/activities/state", activityId=OPENED, agent=given["actor"],
               registration=given["registration"], stateId="LMS.LaunchData").json()
    assert (data["launchMode"], data["moveOn"]) == ("Normal", "CompletedOrPassed")
    session = data["contextTemplate"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/sessionid"]
    (statement,) = learner.statements(verb="http://adlnet.gov/expapi/verbs/launched")
    assert statement["context"]["registration"] == given["registration"]
    assert statement["context"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/sessionid"] == session
    part = scored(2, actor=json.loads(given["actor"]), object={"id": f"{OPENED}/question-1"})
    assert ask("POST", "/xapi/statements", part).status_code == 200
    settle(learner)
    assert learner.get(f"/api/v1/plans/{plan}").json()["progress"]["steps"][0]["state"] != "not begun"


def test_what_cant_be_launched_says_why(learner: Client, other: Client) -> None:
    plan = approved(learner, "cmi5")
    here = f"/api/v1/plans/{plan}/steps/complaints-drill/launch"
    assert other.post(here, None).status_code == 404
    assert learner.post(here.replace("complaints", "other"), None).status_code == 404
    add_person(learner, role="service-desk")
    answer = learner.post(here, None)
    assert (answer.status_code, "account" in answer.json()["detail"]) == (400, True)
    draft = learner.post("/api/v1/people/li/plans", {"hours": 2, "require": ["complaints-drill"]}).json()["plan"]
    assert learner.post(here.replace(plan, draft), None).status_code == 409
    assert requests.post(f"{learner.url}/api/v1/launches/never", timeout=10).json()["error-code"] == "2"
    assert content_of(replace(learner), "Basic bmV2ZXI6bmV2ZXI=")("GET", "/xapi/statements").status_code == 401


def test_a_launch_ends_with_its_plan_and_its_learner(learner: Client) -> None:
    plan = approved(learner, "tincan")
    ending: list[tuple[str, str]] = [("DELETE", "/api/v1/people/li"), ("POST", f"/api/v1/plans/{plan}/withdraw")]
    for method, path in ending:
        add_person(learner, role="service-desk", identifiers=[{"account": ACCOUNT}])
        _, given = launched(learner, plan)
        ask = content_of(learner, given["auth"])
        assert ask("GET", "/xapi/statements").status_code == 200
        assert learner.request(method, path).status_code in (200, 204)
        wait_until(lambda ask=ask: ask("GET", "/xapi/statements").status_code == 401, 8, "it is over")


def test_a_launch_ends_with_the_sheet_of_its_plan(learner: Client, worker: None) -> None:
    approved(learner, "tincan")
    asked = {"people": ["li"], "hours": 2, "require": ["complaints-drill"]}
    sheet = f"/api/v1/sheets/{learner.post('/api/v1/sheets', asked).json()['sheet']}"
    wait_until(lambda: learner.get(sheet).json()["state"] == "drafted", 30, "it is drafted")
    assert learner.post(f"{sheet}/approve", None).json()["done"] == 1
    _, given = launched(learner, learner.get(sheet).json()["plans"][0]["plan"])
    ask = content_of(learner, given["auth"])
    assert ask("GET", "/xapi/statements").status_code == 200
    assert learner.post(f"{sheet}/withdraw", None).json()["done"] == 1
    wait_until(lambda: ask("GET", "/xapi/statements").status_code == 401, 8, "it is over")


def test_an_admin_ends_a_launch_and_makes_nothing_else_of_it(learner: Client, gate: Gate) -> None:
    launched(learner, approved(learner, "tincan"))
    key, secret = new_credential(gate, learner.store, scopes=["admin"])
    admin = replace(learner, key=key, secret=secret)
    (credential,) = Credential.objects(store=learner.store, learner__ne=None)
    here = f"/api/v1/admin/stores/{learner.store.name}/credentials/{credential.key}"
    assert admin.request("PATCH", here, json={"scopes": ["all"]}).status_code == 409
    assert admin.post(f"{here}/secrets", None).status_code == 409
    assert admin.request("DELETE", here).status_code == 204


def test_a_link_is_opened_as_it_is(learner: Client) -> None:
    answer = learner.post(f"/api/v1/plans/{approved(learner, 'link')}/steps/complaints-drill/launch", None)
    assert answer.json() == {"url": f"{OPENED}?course=1", "kind": "link", "registration": None, "expires": None}
