"""Other people's xAPI clients against the live server: TinCanJS, @xapi/xapi, @xapi/cmi5 in Chromium, PyPI's tincan."""

import json
import os
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tincan import (
    Activity,
    ActivityProfileDocument,
    Agent,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
    StatementRef,
    Verb,
)
from tincan.http_request import HTTPRequest

from tests.clients.conftest import HERE, program
from tests.conftest import Client


def drive(node: str, script: str, client: Client, **environment: str) -> dict[str, Any]:
    """What a script prints of its way through the server."""
    given = {**os.environ, "ENDPOINT": f"{client.url}/xapi/", "KEY": client.key, "SECRET": client.secret, **environment}
    done = subprocess.run([node, HERE / script], env=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


MERGED = {"a": 1, "b": {"d": 3}, "e": 4}  # at the top level alone
VERBS = "http://adlnet.gov/expapi/verbs/"


def test_tincanjs_stores_finds_pages_and_voids_statements(node: str, client: Client) -> None:
    results = drive(node, "tincan.mjs", client)
    assert (results["version"], results["about"]) == ("1.0.2", ["1.0.3", "2.0.0"])
    told = results["statements"]
    assert told["batch"] == told["sent_batch"]
    del told["batch"], told["sent_batch"]
    assert told == {"put": [204, 204], "posted": 1, "stored": True, "authority": client.key, "conflict": True,
                    "refused": "XAPI-00038"}
    assert results["queries"] == {
        "agent": 7, "verb": 7, "activity": 6, "registration": 3, "related_activities": 2, "related_agents": 2,
        "since_now": 0, "until_now": 7, "ids": 7, "canonical": 7, "none": 0, "pages": [3, 3, 1]}
    assert results["attachments"] == {"linked": 204, "contents": 2, "binary": "COMM-hash", "two": "COMM-hash"}
    assert results["voiding"] == {"gone": 404, "voided": True}
    for resource in ("state", "activity_profile", "agent_profile"):
        found = results[resource]
        assert (found["merged"], found["newest"]) == (MERGED, {"newer": True})
        assert (found["ids"], found["later"], found["left"]) == (["json", "text"], [], ["text"])
        assert (found["stale"], found["absent"], found["type"]) == (412, None, "text/plain; charset=utf-8")
    assert results["state"]["after_dropping_all"] == []
    assert results["activity"] == {"zh-CN": "谈判", "en-US": "Negotiation"}
    assert results["unknown_activity"] is None
    # 1 + 1 + 5, two with attachments and one beside them, one linked, and the one that voids; nothing that was refused
    assert len(client.statements()) == 12


@pytest.mark.parametrize(("version", "unconditional"), [("1.0.3", 204), ("2.0.0", 409)])
def test_xapi_js_does_all_that_it_can_in_both_versions(node: str, client: Client, version: str,
                                                       unconditional: int) -> None:
    results = drive(node, "xapi.mjs", client, VERSION=version)
    assert results["about"] == ["1.0.3", "2.0.0"]
    assert results["statements"] == {
        "same": True, "batch": 4, "spoken": "2.0.0" if version == "2.0.0" else "1.0.0",
        "canonical": {"en-US": "Pump drill"}, "pages": [2, 2, 1], "conflict": 409, "refused": "XAPI-00034",
        "cache_buster": "XAPI-00324",
        "queries": {"all": 5, "agent": 5, "verb": 5, "activity": 5, "registration": 1, "related_activities": 1,
                    "related_agents": 1, "since": 0, "until": 5, "other": 0}}
    assert results["attachments"] == {"bytes": 300_000, "content": "一句话", "listed": [1, "一句话"], "without": [1, 0],
                                      "two": "COMM-hash", "wrong_bytes": "COMM-hash"}
    assert results["voiding"] == {"gone": [404, 404, 404], "voided": True, "both": 2}
    assert results["state"].pop("unconditional") == unconditional
    assert results["state"].pop("after_deleting_all") == []
    for resource in ("state", "activity_profile", "agent_profile"):
        assert results[resource] == {
            "there": 412, "merged": {"a": 1, "b": {"d": 3}}, "modified": True, "stale": 412, "compressed": True,
            "text": "plain text", "ids": ["one", "two words & more"], "later": [], "kept": 412, "dropped": 204,
            "absent": 404}
    assert results["activity"] == {"en-US": "Pump drill"}
    assert results["person"] == {"objectType": "Person", "name": ["王磊"],
                                 "account": [{"homePage": "https://learn.example", "name": "wang lei+1"}]}


def in_chromium(node: str, script: str, client: Client) -> dict[str, Any]:
    return drive(node, script, client, CHROMIUM=program("chromium", "chromium-browser", "google-chrome"))


def test_a_cmi5_unit_in_chromium_goes_from_launch_to_terminated(node: str, client: Client) -> None:
    results = in_chromium(node, "cmi5.mjs", client)
    assert results["fetched"] == 1  # a fetch URL is good for one token
    assert results["preflights"] >= 5  # paths and methods; the answers are kept for a while
    assert (results["mode"], results["preferences"]["audioPreference"]) == ("Normal", "off")
    assert (results["refused"], results["bookmark"]) == (412, {"slide": 2})
    assert {"etag", "last-modified", "x-experience-api-version"} <= set(results["exposed"])

    found = client.statements(registration=results["registration"], ascending="true")
    names = [each["verb"]["id"].removeprefix(VERBS) for each in found]
    assert names == ["initialized", "progressed", *["answered"] * 4, "passed", "completed", "terminated"]
    assert results["seen"] == len(found)
    for each in found:
        assert each["context"]["registration"] == results["registration"]
        assert each["context"]["contextActivities"]["grouping"] == results["template"]["contextActivities"]["grouping"]
        assert results["template"]["extensions"].items() <= each["context"]["extensions"].items()
        assert each["actor"]["account"]["name"] == "王磊 1"
    passed, completed = found[names.index("passed")], found[names.index("completed")]
    assert passed["object"]["id"] == completed["object"]["id"] == results["activityId"]
    assert passed["result"]["score"] == {"scaled": 0.9, "raw": 90, "min": 0, "max": 100}
    assert passed["context"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/masteryscore"] == 0.8
    assert (passed["result"]["success"], completed["result"]["completion"]) == (True, True)
    answered = [each for each in found if each["verb"]["id"] == VERBS + "answered"]
    patterns = [each["object"]["definition"]["correctResponsesPattern"] for each in answered]
    assert patterns == [["a[,]c"], ["x[.]1[,]y[.]2"], ["5:9"], ["true"]]


def test_tincanjs_and_xapi_js_exchange_bytes_in_chromium(node: str, client: Client) -> None:
    results = in_chromium(node, "browser.mjs", client)
    assert (results["single"], results["listed"]) == (True, [True, True])
    assert (results["contents"], results["seen"]) == ({"a": 2}, 2)
    assert results["preflights"] >= 3


AGENT = Agent(name="王磊 + 李娜", account={"home_page": "https://learn.example", "name": "wang lei"})
ACTIVITY = Activity(id="https://clients.example/activity", definition={"name": {"en-US": "Pump drill"}})
ATTEMPTED = Verb(id=VERBS + "attempted", display={"en-US": "attempted"})


def tincan(client: Client) -> RemoteLRS:
    return RemoteLRS(version="1.0.3", endpoint=f"{client.url}/xapi/", username=client.key, password=client.secret)


def attempt(**changes: Any) -> Statement:
    return Statement(**{"actor": AGENT, "verb": ATTEMPTED, "object": ACTIVITY, **changes})


def test_pypi_tincan_saves_and_retrieves_statements(client: Client) -> None:
    lrs = tincan(client)
    sent = attempt(id=str(uuid.uuid4()), timestamp="2026-03-01T08:00:00Z",
                   result={"duration": timedelta(seconds=5), "score": {"scaled": 0.5}, "success": True},
                   context={"registration": str(uuid.uuid4()), "instructor": {"mbox": "mailto:coach@example.com"}})
    assert [lrs.save_statement(sent).response.status for _ in range(2)] == [204, 204]
    back = lrs.retrieve_statement(sent.id)
    assert back.success
    assert back.content.result.duration == timedelta(seconds=5)
    assert json.loads(back.data)["result"]["duration"] == "PT05S"  # as it came
    assert (back.content.actor.name, back.content.actor.account.name) == (AGENT.name, "wang lei")
    assert back.content.timestamp == datetime(2026, 3, 1, 8, tzinfo=UTC)

    without_id = lrs.save_statement(attempt())
    assert (without_id.success, without_id.response.status) == (True, 200)
    many = lrs.save_statements([attempt() for _ in range(4)])
    assert many.success
    assert {str(each.id) for each in [sent, without_id.content, *many.content]} == ids(client.statements())

    void = attempt(verb=Verb(id=VERBS + "voided"), object=StatementRef(id=sent.id))
    assert lrs.save_statement(void).success
    gone = lrs.retrieve_statement(sent.id)
    assert (gone.success, gone.response.status) == (False, 404)
    assert lrs.retrieve_voided_statement(sent.id).content.id == sent.id

    conflict = lrs.save_statement(attempt(id=sent.id, verb=Verb(id=VERBS + "passed")))
    assert (conflict.success, conflict.response.status) == (False, 409)


def ids(statements: list[dict[str, Any]]) -> set[str]:
    return {each["id"] for each in statements}


def test_pypi_tincan_queries_and_pages(client: Client) -> None:
    lrs = tincan(client)
    registration = str(uuid.uuid4())
    instructor = Agent(mbox="mailto:coach@example.com")
    lrs.save_statement(attempt(context={"registration": registration, "instructor": instructor}))
    lrs.save_statements([attempt() for _ in range(4)])
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    queries: list[tuple[dict[str, Any], int]] = [
        ({}, 5), ({"agent": AGENT}, 5), ({"verb": ATTEMPTED}, 5), ({"activity": ACTIVITY}, 5), ({"since": soon}, 0),
        ({"until": soon, "format": "ids"}, 5), ({"registration": registration}, 1), ({"agent": instructor}, 0),
        ({"agent": instructor, "related_agents": "true"}, 1), ({"verb": Verb(id=VERBS + "passed")}, 0)]
    for query, count in queries:
        answer = lrs.query_statements(query)
        assert answer.success, answer.data
        assert len(answer.content.statements) == count, query

    answer = lrs.query_statements({"agent": AGENT, "limit": 2, "ascending": "true"})
    pages = [[str(each.id) for each in answer.content.statements]]
    while answer.content.more:
        answer = lrs.more_statements(answer.content)
        pages.append([str(each.id) for each in answer.content.statements])
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in page] == [each["id"] for each in client.statements(ascending="true")]


def test_pypi_tincan_writes_booleans_and_times_as_python_does_and_hears_so(client: Client) -> None:
    for parameter, value in (("ascending", True), ("since", datetime(2026, 1, 1, tzinfo=UTC))):
        answer = tincan(client).query_statements({parameter: value})
        assert (answer.success, answer.response.status) == (False, 400)
        assert json.loads(answer.data)["place"] == f"parameter {parameter}"


def test_pypi_tincan_raises_at_about_because_it_has_never_heard_of_version_2(client: Client) -> None:
    lrs = tincan(client)
    with pytest.raises(ValueError, match=r"'2\.0\.0' in \['1\.0\.3', '2\.0\.0'\]"):
        lrs.about()
    answer = lrs._send_request(HTTPRequest(method="GET", resource="about"))  # what about() can't read
    assert answer.success
    assert json.loads(answer.data)["version"] == ["1.0.3", "2.0.0"]


def test_pypi_tincan_keeps_states(client: Client) -> None:
    lrs = tincan(client)
    state = StateDocument(id="bookmark", activity=ACTIVITY, agent=AGENT, content=bytearray(b'{"slide": 1}'),
                          content_type="application/json")
    assert lrs.save_state(state).success
    back = lrs.retrieve_state(ACTIVITY, AGENT, "bookmark")
    assert (back.success, bytes(back.content.content)) == (True, b'{"slide": 1}')
    assert lrs.retrieve_state_ids(ACTIVITY, AGENT).content == ["bookmark"]
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert lrs.retrieve_state_ids(ACTIVITY, AGENT, since=soon).content == []

    # It sends each State twice: with an ETag, the second finds the document that the first has made
    state.content, state.etag = bytearray(b'{"slide": 2}'), back.response.getheader("ETag")
    assert lrs.save_state(state).response.status == 412
    assert bytes(lrs.retrieve_state(ACTIVITY, AGENT, "bookmark").content.content) == b'{"slide": 2}'
    assert lrs.delete_state(state).response.status == 412
    state.etag = lrs.retrieve_state(ACTIVITY, AGENT, "bookmark").response.getheader("ETag")
    assert lrs.delete_state(state).response.status == 204
    assert lrs.retrieve_state(ACTIVITY, AGENT, "bookmark").response.status == 404

    state.etag = None
    lrs.save_state(state)
    assert lrs.clear_state(ACTIVITY, AGENT).success
    assert lrs.retrieve_state_ids(ACTIVITY, AGENT).content == []


@pytest.mark.parametrize("kind", ["activity", "agent"])
def test_pypi_tincan_keeps_profiles_once_they_are_there(client: Client, kind: str) -> None:
    lrs = tincan(client)
    subject: Any = ACTIVITY if kind == "activity" else AGENT
    document = ActivityProfileDocument if kind == "activity" else AgentProfileDocument
    profile = document(id="two words", content=bytearray(b"second"), **{kind: subject})
    save, delete = getattr(lrs, f"save_{kind}_profile"), getattr(lrs, f"delete_{kind}_profile")
    retrieve, list_ids = getattr(lrs, f"retrieve_{kind}_profile"), getattr(lrs, f"retrieve_{kind}_profile_ids")

    # Without an ETag it sends no condition at all, and 1.0.3 demands one: it can't make a profile
    refused = save(profile)
    assert (refused.success, json.loads(refused.data)["requirement"]) == (False, "COMM-put-condition")
    first = client.request("PUT", "/xapi/" + ("activities" if kind == "activity" else "agents") + "/profile",
                           params=retrieve(subject, "two words").request.query_params, data=b"first",
                           headers={"If-None-Match": "*", "Content-Type": "application/octet-stream"})
    assert first.status_code == 204, first.text
    assert save(profile).response.status == 409

    back = retrieve(subject, "two words")
    assert (back.success, bytes(back.content.content)) == (True, b"first")
    stale = profile.etag = back.response.getheader("ETag")
    assert save(profile).response.status == 204
    back = retrieve(subject, "two words")
    assert bytes(back.content.content) == b"second"
    assert list_ids(subject).content == ["two words"]
    assert (save(profile).response.status, delete(profile).response.status) == (412, 412)
    assert back.response.getheader("ETag") != stale
    profile.etag = back.response.getheader("ETag")
    assert delete(profile).response.status == 204
    assert retrieve(subject, "two words").response.status == 404
    assert list_ids(subject).content == []
