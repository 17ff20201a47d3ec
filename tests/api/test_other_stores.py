"""Another store's credential and ids, on every route: each answer is exactly what a never-used id gets."""

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
import requests

from competencies.calibrating import Score
from competencies.calibration import DECLARED
from competencies.calibrations import keep
from lrs.access import Gate
from lrs.credentials import Credentials
from tests.api.conftest import scored, void
from tests.api.test_scopes import TABLE
from tests.conftest import Client, new_credential, wait_until
from waymark.install import ensure_store

METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "GET", "DELETE", "GET")
VOLATILE = {"Date", "Expires", "Last-Modified", "ETag", "X-Experience-API-Consistent-Through"}
PLAIN = {"Accept-Encoding": "identity"}  # the length of what is compressed tells of its bytes
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
MADE_UP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|more=[\w.-]+|\b[0-9a-f]{24}\b|\b[0-9a-f]{12}\b")


class Ids(NamedTuple):
    """What a store's things are called; all of one kind are equally long."""

    statement: str
    voided: str
    registration: str
    activity: str
    agent: str
    document: str
    person: str
    store: str
    key: str
    secret: str
    sha2: str
    cursor: str
    more: str
    plan: str
    sheet: str
    token: str


def unused(ids: Ids) -> Ids:
    """Ids of the same shapes that nobody ever used; cursors that nobody signed."""
    word = uuid.uuid4().hex[:8]
    return Ids(str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4()), f"http://example.com/{word}",
               f"mailto:{word}@example.com", word, word, f"t-{uuid.uuid4().hex}", uuid.uuid4().hex[:24],
               uuid.uuid4().hex[:12], hashlib.sha256(word.encode()).hexdigest(), ids.cursor[:-4] + "AAAA",
               ids.more[:-4] + "AAAA", str(uuid.uuid4()), str(uuid.uuid4()), "A" * 43)


def statement(ids: Ids) -> dict[str, Any]:
    return {"id": ids.statement, "actor": {"mbox": ids.agent}, "verb": {"id": "http://example.com/v"},
            "object": {"id": ids.activity, "definition": {"name": {"en": "Secret plans"}}},
            "context": {"registration": ids.registration}}


ALIGNMENT = {"template": {"verb": "http://example.com/verbs/did"}, "outcome": {"kind": "scaled"},
             "competencies": ["SA-6.1.3"]}
PACKAGE = {"title": {"en": "Secret"}, "competencies": [{"code": "SECRET-1", "name": {"en": "Secret"}}]}
TEMPLATE = {"name": {"en": "Secret"}, "ask": {"hours": 4}}
EXPERIENCE = {"title": {"en": "Secret"}, "closes": [{"competency": "SA-6.1.3", "from": 1, "to": 3, "effect": 0.2}]}
PROFILE = {"id": "http://example.com/profile", "type": "Profile"}


@pytest.fixture
def owned(client: Client, gate: Gate, worker: None) -> Ids:
    """A store with something of every kind, and what it is called."""
    word = uuid.uuid4().hex[:8]
    first = Credentials(gate, client.store).get(client.key).secrets[0].id
    ids = Ids(str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4()), f"http://example.com/{word}",
              f"mailto:{word}@example.com", word, word, client.store.name, client.key, first,
              hashlib.sha256(word.encode()).hexdigest(), "", "", "", "", "B" * 43)
    for sent in (statement(ids), {**scored(3), "id": ids.voided}, void(ids.voided)):
        assert client.post("/xapi/statements", sent).status_code == 200
    agent = json.dumps({"mbox": ids.agent})
    for path, parameters in (("activities/state", {"activityId": ids.activity, "agent": agent, "stateId": word}),
                             ("activities/profile", {"activityId": ids.activity, "profileId": word}),
                             ("agents/profile", {"agent": agent, "profileId": word})):
        assert client.put(f"/xapi/{path}", {"secret": "plans"}, **parameters).status_code == 204
    for person in (ids.person, f"{ids.person}-2"):
        body = {"name": "Secret", "unit": "East", "role": "key-account",
                "identifiers": [{"mbox": ids.agent}] if person == ids.person else []}
        assert client.put(f"/api/v1/people/{person}", body).status_code == 200
    assert client.put(f"/api/v1/units/{word}", {"parent": "East"}).status_code == 200
    assert client.put("/api/v1/alignments/SA-6.1.3", ALIGNMENT).status_code == 201
    assert client.post("/api/v1/profiles", PROFILE).status_code == 201
    assert client.put("/api/v1/drafts/SA-6.1.3", PACKAGE).status_code == 201
    assert client.post("/api/v1/drafts/SA-6.1.3/publish", None).status_code == 200
    keep(client.store.id, word, 16, DECLARED, 0, Score(1, -1.0, 1.0), Score(1, -1.0, 1.0))
    cursor = client.get("/api/v1/people", limit=1).json()["next"]
    more = client.get("/xapi/statements", limit=1).json()["more"].partition("more=")[2]
    assert cursor
    assert more
    plan = client.post(f"/api/v1/people/{ids.person}/plans", {"hours": 4}).json()["plan"]
    sheet = client.post("/api/v1/sheets", {"people": [ids.person], "hours": 4}).json()["sheet"]
    wait_until(lambda: client.get(f"/api/v1/sheets/{sheet}").json()["state"] == "drafted", 30, "it is drafted")
    assert client.put("/api/v1/plan-templates/SA-6.1.3", TEMPLATE).status_code == 201
    assert client.put("/api/v1/experience/SA-6.1.3", EXPERIENCE).status_code == 201
    table = {"data": f"person,month,leads\n{ids.person},2026-10,7\n", "headers": {"Content-Type": "text/csv"}}
    assert client.request("POST", "/api/v1/outcomes", **table).json()["kept"] == 1
    return ids._replace(cursor=cursor, more=more, plan=plan, sheet=sheet)


def requests_for(path: str, method: str, ids: Ids) -> Iterator[dict[str, Any]]:
    """What is asked of one route about these ids: parameters and a body."""
    agent = json.dumps({"mbox": ids.agent})
    documents = {"/xapi/activities/state": {"activityId": ids.activity, "agent": agent, "stateId": ids.document},
                 "/xapi/activities/profile": {"activityId": ids.activity, "profileId": ids.document},
                 "/xapi/agents/profile": {"agent": agent, "profileId": ids.document}}
    if path in documents:
        yield {"params": documents[path], "json": {"of": "another"}}
        if method == "GET":
            yield {"params": {name: value for name, value in documents[path].items() if not name.endswith("eId")}}
    elif path == "/xapi/statements" and method in ("GET", "HEAD"):
        yield from ({"params": parameters} for parameters in (
            {"statementId": ids.statement}, {"voidedStatementId": ids.voided}, {"statementId": ids.voided},
            {"activity": ids.activity}, {"agent": agent}, {"registration": ids.registration}, {"more": ids.more},
            {"activity": ids.activity, "related_activities": "true", "attachments": "true"}))
    elif path == "/xapi/statements":
        attached = {"usageType": "http://example.com/u", "display": {"en": "x"}, "contentType": "text/plain",
                    "length": 8, "sha2": ids.sha2}
        parameters = {"statementId": ids.statement} if method == "PUT" else {}
        yield {"params": parameters, "json": {**statement(ids), "attachments": [attached]}}
        yield {"params": parameters, "json": statement(ids)}
        if method == "POST":
            yield {"json": {**void(ids.voided), "id": ids.registration}}
    elif path == "/oauth/token":
        yield {"data": {"grant_type": "client_credentials"}, "auth": (ids.key, "x" * 43)}
    else:
        yield from api_requests_for(path, method, ids)


def api_requests_for(path: str, method: str, ids: Ids) -> Iterator[dict[str, Any]]:
    agent = {"mbox": ids.agent}
    bodies: dict[str, dict[str, Any]] = {
        "/xapi/activities": {"params": {"activityId": ids.activity}},
        "/xapi/agents": {"params": {"agent": json.dumps(agent)}},
        "/api/v1/explain": {"json": statement(ids)}, "/api/v1/admin/stores": {"json": {"name": ids.store}},
        "/api/v1/admin/stores/{store}": {"json": {"time_zone": "Asia/Tokyo"}},
        "/api/v1/people/{person}/identifiers": {"json": agent}, "/api/v1/people/{person}/merge": {
            "json": {"person": f"{ids.person}-2"}}, "/api/v1/units/{unit}": {"json": {"parent": ids.document}},
        "/api/v1/people/{person}/split": {"json": {"name": "Other", "unit": "West", "identifiers": [agent]}},
        "/api/v1/alignments/{code}": {"json": ALIGNMENT}, "/api/v1/alignments/{code}/preview": {"json": ALIGNMENT},
        "/api/v1/profiles": {"json": PROFILE}, "/api/v1/people/{person}/assertions": {
            "json": {"kind": "review", "competency": "SA-6.1.3", "level": 2}},
        "/api/v1/drafts/{code}": {"json": PACKAGE}, "/api/v1/plans/{plan}": {"json": {"hours": 2}},
        "/api/v1/people/{person}/plans": {"json": {"hours": 2}},
        "/api/v1/sheets": {"json": {"people": [ids.person], "hours": 2}},
        "/api/v1/sheets/{sheet}": {"json": {"hours": 2}}, "/api/v1/plan-templates/{code}": {"json": TEMPLATE},
        "/api/v1/experience/{code}": {"json": EXPERIENCE},
        "/api/v1/outcomes": {"data": f"person,month,leads\n{ids.person},2026-10,3\n",
                             "headers": {"Content-Type": "text/csv", **PLAIN}},
        "/api/v1/admin/stores/{store}/credentials": {"json": {"scopes": ["all"]}},
        "/api/v1/admin/stores/{store}/credentials/{key}": {"json": {"scopes": ["all"]}},
    }
    found = bodies.get(path, {})
    person = {"name": "Other", "unit": "West", "manager": None, "identifiers": [agent]}
    if path in ("/api/v1/people", "/api/v1/people/{person}"):
        found = {"json": person} if method in ("PUT", "POST") else {}
    yield {name: value for name, value in found.items() if name == "params" or method not in ("GET", "HEAD")}
    if path in ("/api/v1/gaps", "/api/v1/people") and method == "GET":
        yield {"params": {"cursor": ids.cursor}}
        yield {"params": {"manager": ids.person}}
    if path == "/api/v1/gaps" and method == "GET":
        yield {"params": {"person": ids.person}}
    if path == "/api/v1/people/{person}" and method == "PUT":
        yield {"json": {**person, "identifiers": [], "manager": ids.key}}


def comparable(answer: requests.Response, ids: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """The answer without what every answer has of its own: its moment, its address, ids that were made up."""
    headers = {name: value for name, value in answer.headers.items() if name not in VOLATILE}
    text = json.dumps(headers, sort_keys=True) + "\n" + answer.text
    for name, value in ids.items():
        text = text.replace(value, f"<{name}>")
    text = MADE_UP.sub("<made up>", MOMENT.sub("<moment>", text))
    text = re.sub(r"boundary=<made up>|[0-9a-f]{32}", "<boundary>", text)
    head, _, body = text.partition("\n")
    return answer.status_code, json.loads(head), body


def everything(client: Client, admin: Client, ids: Ids) -> Any:
    """All that a store's own callers see of it."""
    agent = json.dumps({"mbox": ids.agent})
    asked = [client.get("/xapi/activities/state", activityId=ids.activity, agent=agent, stateId=ids.document),
             client.get("/xapi/activities/profile", activityId=ids.activity, profileId=ids.document),
             client.get("/xapi/agents/profile", agent=agent, profileId=ids.document),
             client.get("/xapi/activities", activityId=ids.activity), client.get("/api/v1/people"),
             client.get(f"/api/v1/people/{ids.person}/history"), client.get("/api/v1/units"),
             client.get("/api/v1/alignments/SA-6.1.3"), client.get("/api/v1/profiles"),
             client.get("/api/v1/drafts/SA-6.1.3"), client.get("/api/v1/frameworks/SA-6.1.3/versions"),
             client.get("/api/v1/competencies/SECRET-1"), client.get("/api/v1/calibrations"),
             client.get(f"/api/v1/plans/{ids.plan}"), client.get(f"/api/v1/people/{ids.person}/plans"),
             client.get("/api/v1/sheets"), client.get(f"/api/v1/sheets/{ids.sheet}"),
             client.get("/api/v1/plan-templates"), client.get("/api/v1/experience"), client.get("/api/v1/outcomes"),
             admin.get(f"/api/v1/admin/stores/{ids.store}")]
    assert {answer.status_code for answer in asked} == {200}
    credentials = admin.get(f"/api/v1/admin/stores/{ids.store}/credentials").json()["credentials"]
    return [client.statements(), *(answer.content for answer in asked),
            [{**each, "used": None} for each in credentials]]


def test_every_answer_about_another_stores_things_is_what_a_never_used_id_gets(
        client: Client, gate: Gate, owned: Ids) -> None:
    admin, one, two = (replace(client, store=store, key=key, secret=secret)
                       for store in (client.store, *(ensure_store(f"t-{uuid.uuid4().hex}") for _ in range(2)))
                       for key, secret in [new_credential(gate, store, scopes=("all", "admin"))])
    never, asked, wrong = unused(owned), 0, []
    before = everything(client, admin, owned)
    for path in sorted({route.path for route in TABLE}):
        for method in METHODS:
            pairs = zip(requests_for(path, method, owned), requests_for(path, method, never), strict=True)
            for number, sent in enumerate(pairs):
                found, wanted = (
                    comparable(stranger.request(method, address(path, ids), **{"headers": PLAIN, **options}),
                               {**ids._asdict(), "own store": stranger.store.name, "own key": stranger.key})
                    for stranger, ids, options in zip((one, two), (owned, never), sent, strict=True))
                asked += 1
                if found != wanted:
                    wrong.append(f"{method} {path}, request {number}: {difference(found, wanted)}")
    print(f"\n{asked} pairs of requests over {len({route.path for route in TABLE})} paths")
    assert wrong == []
    assert everything(client, admin, owned) == before, "and nothing of the other store has changed"


def difference(found: Any, wanted: Any) -> str:
    """The first piece in which two answers differ."""
    one, two = str(found), str(wanted)
    start = max(next((index for index, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0) - 40, 0)
    return f"…{one[start:start + 160]}… is not …{two[start:start + 160]}…"


def address(path: str, ids: Ids) -> str:
    """The path with these ids in it; the catalogue is everybody's, and an alignment is called as a competency is."""
    named = {**ids._asdict(), "code": "SA-6.1.3", "unit": ids.document, "version": "1", "resource": "batna-drill"}
    return re.sub(r"{(\w+)}", lambda part: named[part[1]], path)
