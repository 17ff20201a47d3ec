"""/api/v1/admin over HTTP: stores, credentials, secrets, and what an admin may not do."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from lrs.access import REMEMBERED, Gate
from lrs.models import AUTHORITY_HOME
from tests.conftest import RUN, Client, new_credential, plant, wait_until

EFFECTIVE = REMEMBERED + 3  # seconds, with some for a busy machine
STORES = "/api/v1/admin/stores"


def with_scopes(client: Client, gate: Gate, *scopes: str) -> Client:
    """Another client of the same store."""
    key, secret = new_credential(gate, client.store, scopes=scopes)
    return replace(client, key=key, secret=secret)


@pytest.fixture
def admin(client: Client, gate: Gate) -> Client:
    return with_scopes(client, gate, "admin")


@pytest.fixture
def operator(client: Client, gate: Gate) -> Client:
    return with_scopes(client, gate, "admin/stores")


def home(client: Client) -> str:
    return f"{STORES}/{client.store.name}"


def make(admin: Client, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{home(admin)}/credentials", {"scopes": ["all"], **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    plant(found["secret"], f"{found['key']}:{found['secret']}")
    return found


def using(client: Client, made: dict[str, Any], **changes: Any) -> Client:
    return replace(client, **{"key": made["key"], "secret": made["secret"], **changes})


def status(client: Client) -> int:
    return client.get("/xapi/statements", limit=1).status_code


def statuses(client: Client) -> set[int]:
    """From both processes of the server, most likely."""
    return {status(client) for _ in range(8)}


def test_an_admin_makes_a_credential_whose_secret_is_shown_once(admin: Client) -> None:
    made = make(admin, name="Moodle", scopes=["statements/write", "statements/read/mine"], rate=50)
    path = f"{home(admin)}/credentials/{made['key']}"
    assert status(using(admin, made, secret="wrong")) == 401
    assert admin.get(path).json()["used"] is None, "a wrong secret is no use"
    assert status(using(admin, made)) == 200
    shown = admin.get(f"{home(admin)}/credentials/{made['key']}").json()
    assert shown == {**{name: value for name, value in made.items() if name != "secret"}, "used": shown["used"]}
    assert abs(datetime.fromisoformat(shown["used"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (shown["state"], shown["rate"], len(shown["secrets"])) == ("live", 50, 1)
    listed = admin.get(f"{home(admin)}/credentials").json()["credentials"]
    assert {admin.key, made["key"]} <= {each["key"] for each in listed}
    assert shown in listed
    assert made["secret"] not in admin.get(f"{home(admin)}/credentials").text


@pytest.mark.parametrize(("body", "pointer"), [
    ({"scopes": ["everything"]}, "/scopes/0"), ({"scopes": ["all", 7]}, "/scopes/1"), ({}, "/scopes"),
    ({"scopes": [], "key": "mine"}, "/key"), ({"scopes": [], "rate": 0}, "/rate"),
    ({"scopes": [], "expires": "2020-01-01T00:00:00Z"}, "/expires"),
    ({"scopes": [], "expires": "2099-01-01"}, "/expires"),
    ({"scopes": [], "expires": "9999-12-31T23:59:59-12:00"}, "/expires"), ({"scopes": [], "name": "a\nb"}, "/name"),
    ({"scopes": [], "authority": {"name": "nobody"}}, "/authority"),
    ({"scopes": [], "authority": {"objectType": "Group", "mbox": "mailto:a@b.example"}}, "/authority/objectType"),
    ({"scopes": [], "authority": {"account": {"homePage": AUTHORITY_HOME, "name": "x"}}},
     "/authority/account/homePage"),
    ({"scopes": [], "name": ""}, "/name"), ({"scopes": [], "loopback_only": "no"}, "/loopback_only")], ids=str)
def test_a_bad_credential_is_refused_at_its_place(admin: Client, body: dict[str, Any], pointer: str) -> None:
    answer = admin.post(f"{home(admin)}/credentials", body)
    assert answer.status_code == 400
    problem = answer.json()
    assert pointer in [problem.get("pointer"), *(each["pointer"] for each in problem.get("errors", ()))], problem


def test_two_secrets_hold_while_one_replaces_the_other(admin: Client) -> None:
    made = make(admin)
    path = f"{home(admin)}/credentials/{made['key']}"
    answer = admin.post(f"{path}/secrets", None)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    second = answer.json()
    plant(second["secret"])
    assert status(using(admin, made)) == status(using(admin, made, secret=second["secret"])) == 200
    assert admin.post(f"{path}/secrets", None).status_code == 409, "no third"
    first = made["secrets"][0]["id"]
    assert admin.request("DELETE", f"{path}/secrets/{first}").status_code == 204
    wait_until(lambda: statuses(using(admin, made)) == {401}, EFFECTIVE, "the first is over")
    assert status(using(admin, made, secret=second["secret"])) == 200
    assert admin.request("DELETE", f"{path}/secrets/{second['id']}").status_code == 409, "not the last"
    assert admin.request("DELETE", f"{path}/secrets/{first}").status_code == 404


def test_racing_rotations_make_one_second_secret(admin: Client) -> None:
    path = f"{home(admin)}/credentials/{make(admin)['key']}"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: admin.post(f"{path}/secrets", None).status_code, range(8)))
    assert sorted(found) == [201] + [409] * 7
    secrets = admin.get(path).json()["secrets"]
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda each: admin.request("DELETE", f"{path}/secrets/{each['id']}"), secrets)
        found = [answer.status_code for answer in answers]
    assert sorted(found) == [204, 409]
    assert len(admin.get(path).json()["secrets"]) == 1


def test_a_revocation_is_effective_in_every_process_within_five_seconds(admin: Client) -> None:
    made = make(admin)
    assert statuses(using(admin, made)) == {200}
    assert admin.request("DELETE", f"{home(admin)}/credentials/{made['key']}").status_code == 204
    time.sleep(REMEMBERED)
    assert statuses(using(admin, made)) == {401}
    assert admin.get(f"{home(admin)}/credentials/{made['key']}").json()["state"] == "revoked"


def test_a_credential_ends_when_it_says_so(admin: Client) -> None:
    end = datetime.now(UTC) + timedelta(seconds=5)
    made = make(admin, expires=end.isoformat())
    assert status(using(admin, made)) == 200
    wait_until(lambda: statuses(using(admin, made)) == {401}, 5 + EFFECTIVE, "it is over")
    path = f"{home(admin)}/credentials/{made['key']}"
    assert admin.get(path).json()["state"] == "expired"
    assert admin.request("PATCH", path, json={"expires": None}).json()["state"] == "live"
    wait_until(lambda: statuses(using(admin, made)) == {200}, EFFECTIVE, "it lives again")


def test_scopes_change_and_the_change_is_effective(admin: Client) -> None:
    made = make(admin, scopes=["state"])
    assert status(using(admin, made)) == 403
    path = f"{home(admin)}/credentials/{made['key']}"
    changed = admin.request("PATCH", path, json={"scopes": ["statements/read"], "name": "Reader", "rate": 500}).json()
    assert (changed["scopes"], changed["name"], changed["rate"]) == (["statements/read"], "Reader", 500)
    wait_until(lambda: statuses(using(admin, made)) == {200}, EFFECTIVE, "it may read")
    assert admin.request("PATCH", path, json={}).json() == {**changed, "used": admin.get(path).json()["used"]}
    assert admin.request("PATCH", path, json={"rate": None}).json()["rate"] is None
    assert admin.request("PATCH", path, json={"key": "x"}).status_code == 400


def test_an_authority_of_the_admins_choice_is_what_statements_are_stored_under(admin: Client) -> None:
    made = make(admin, name="Moodle", authority={"mbox": "mailto:moodle@example.com"})
    sent = {"actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": "http://example.com/v"},
            "object": {"id": "http://example.com/a"},
            "authority": {"account": {"homePage": AUTHORITY_HOME, "name": "waymark"}}}
    assert using(admin, made).post("/xapi/statements", sent).status_code == 200
    (found,) = using(admin, made).statements()
    assert found["authority"] == {"objectType": "Agent", "name": "Moodle", "mbox": "mailto:moodle@example.com"}


def test_the_log_says_who_changed_what(admin: Client, server: str) -> None:
    key = make(admin)["key"]
    assert admin.request("DELETE", f"{home(admin)}/credentials/{key}").status_code == 204
    port = server.rpartition(":")[2]
    logs = "".join(path.read_text() for path in (Path(os.environ[RUN]) / "logs").glob(f"web-{port}-*"))
    assert f"{admin.key}: POST {home(admin)}/credentials: 201" in logs
    assert f"{admin.key}: DELETE {home(admin)}/credentials/{key}: 204" in logs


def test_a_secret_in_a_path_and_a_line_in_a_name_are_not_logged(admin: Client) -> None:
    secret = make(admin)["secret"]  # planted: the end of the run looks for it
    assert admin.request("DELETE", f"{home(admin)}/credentials/{admin.key}/secrets/{secret}").status_code == 404
    word = f"forged-{secret[:8]}"
    plant(word)
    assert admin.request("PATCH", f"{STORES}/x%0a{word}", json={}).status_code == 404


# What an admin may not


def test_an_admin_of_one_store_sees_no_other(admin: Client, other: Client) -> None:
    assert [each["name"] for each in admin.get(STORES).json()["stores"]] == [admin.store.name]
    unknown = admin.get(f"{STORES}/never-was")
    for path in (home(other), f"{home(other)}/credentials", f"{home(other)}/credentials/{other.key}"):
        answer = admin.get(path)
        assert (answer.status_code, answer.json()["title"]) == (404, unknown.json()["title"])
    assert admin.request("DELETE", f"{home(other)}/credentials/{other.key}").status_code == 404
    assert admin.request("DELETE", f"{home(admin)}/credentials/{other.key}").status_code == 404
    assert status(other) == 200


def test_an_admin_makes_no_operator_and_touches_none(admin: Client, operator: Client) -> None:
    credentials = f"{home(admin)}/credentials"
    assert admin.post(credentials, {"scopes": ["admin/stores"]}).status_code == 403
    own, above = f"{credentials}/{admin.key}", f"{credentials}/{operator.key}"
    assert admin.request("PATCH", own, json={"scopes": ["admin/stores"]}).status_code == 403
    for method, path, body in (("PATCH", above, {"scopes": []}), ("DELETE", above, None),
                               ("POST", f"{above}/secrets", None)):
        assert admin.request(method, path, json=body).status_code == 403, (method, path)
    assert operator.get(STORES).status_code == 200
    assert len(operator.get(above).json()["secrets"]) == 1


def test_an_operator_makes_stores_and_the_first_credentials_in_them(operator: Client, admin: Client) -> None:
    name = f"{operator.store.name}-2"
    assert admin.post(STORES, {"name": name}).status_code == 403
    made = operator.post(STORES, {"name": name, "time_zone": "Asia/Shanghai"})
    assert (made.status_code, made.json()["time_zone"], made.json()["openid"]) == (201, "Asia/Shanghai", None)
    assert operator.post(STORES, {"name": name}).status_code == 409
    assert name in [each["name"] for each in operator.get(STORES).json()["stores"]]
    first = operator.post(f"{STORES}/{name}/credentials", {"scopes": ["admin"]}).json()
    plant(first["secret"])
    assert using(operator, first).get(f"{STORES}/{name}").json() == made.json()
    assert using(operator, first).get(home(operator)).status_code == 404


@pytest.mark.parametrize(("body", "pointer"), [
    ({"time_zone": "Mars/Olympus"}, "/time_zone"), ({"name": "new"}, "/name"),
    ({"openid": {"issuer": "ftp://a", "audience": "x"}}, "/openid/issuer"),
    ({"openid": {"issuer": "https://a.example"}}, "/openid/audience"),
    ({"openid": {"issuer": "https://a.example", "audience": "x", "algorithms": ["HS256"]}}, "/openid/algorithms/0"),
    ({"openid": {"issuer": "https://a.example", "audience": "x", "algorithms": ["none"]}}, "/openid/algorithms/0"),
    ({"openid": {"issuer": "https://a.example", "audience": "x", "leeway": 3600}}, "/openid/leeway")], ids=str)
def test_a_bad_change_of_a_store_is_refused_at_its_place(operator: Client, body: dict[str, Any], pointer: str) -> None:
    answer = operator.request("PATCH", home(operator), json=body)
    assert answer.status_code == 400
    problem = answer.json()
    assert pointer in [problem.get("pointer"), *(each["pointer"] for each in problem.get("errors", ()))], problem


def test_a_stores_provider_is_set_and_taken_away_by_an_operator(admin: Client, operator: Client) -> None:
    openid = {"issuer": "https://login.example.com", "audience": admin.store.name}
    body = {"openid": openid, "time_zone": "Europe/Berlin"}
    assert admin.request("PATCH", home(admin), json=body).status_code == 403, "it makes the server fetch"
    changed = operator.request("PATCH", home(admin), json=body).json()
    assert changed["openid"] == {**openid, "claim": "sub", "jwks_url": None, "algorithms": ["RS256"], "leeway": 30}
    assert changed["time_zone"] == "Europe/Berlin"
    assert operator.post(STORES, {"name": f"{admin.store.name}-3", "openid": openid}).status_code == 409
    assert operator.request("PATCH", home(admin), json={"openid": None}).json()["openid"] is None


def test_nobody_without_the_scope_manages_anything(client: Client) -> None:
    """`all` is all of a store but this."""
    for method, path in (("GET", STORES), ("POST", STORES), ("GET", home(client)), ("PATCH", home(client))):
        answer = client.request(method, path, json={})
        assert (answer.status_code, "admin" in answer.json()["detail"]) == (403, True)
    assert requests.get(client.url + STORES, timeout=10).status_code == 401
