"""People as callers: whom each of them reaches, as the hierarchy is now."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from lrs.tenants import change_store
from tests.api.conftest import add_person, scored, settle
from tests.conftest import Client, plant, wait_until
from tests.openid import Provider

# boss manages chen, who manages li and wu; zhao stands alone; ana is an analyst without a manager
MANAGERS = {"boss": None, "chen": "boss", "li": "chen", "wu": "chen", "zhao": None, "ana": None}
EVERYBODY = set(MANAGERS)
VIEWS = ("", "/gaps", "/proficiencies", "/evidence", "/plan")


@pytest.fixture
def team(client: Client, provider: Provider, worker: None) -> Client:
    change_store(client.store, {"openid": {"issuer": provider.url, "audience": client.store.name}})
    for person, manager in MANAGERS.items():
        add_person(client, person, manager=manager, login=f"{person}@idp", analyst=person == "ana")
    return client


@pytest.fixture
def calling(team: Client, provider: Provider) -> Any:
    """Asks as a person of the team: path and parameters in, the answer out."""
    def ask(caller: str, path: str, method: str = "GET", body: Any = None, **parameters: Any) -> requests.Response:
        token = provider.token(team.store.name, f"{caller}@idp")
        plant(token)
        return replace(team, key="", secret="").request(
            method, f"/api/v1{path}", auth=None, params=parameters, json=body,
            headers={"Authorization": f"Bearer {token}"})
    return ask


def seen(answer: requests.Response) -> set[str]:
    """The people in a list of gaps or of people."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return {row["person"] for row in body["gaps"]} if "gaps" in body else {row["id"] for row in body["people"]}


@pytest.mark.parametrize(("person", "reached"), [
    ("boss", {"boss", "chen", "li", "wu"}), ("chen", {"chen", "li", "wu"}), ("li", {"li"}), ("zhao", {"zhao"}),
    ("ana", EVERYBODY)])
def test_lists_hold_those_in_reach_and_nobody_else(calling: Any, person: str, reached: set[str]) -> None:
    assert seen(calling(person, "/gaps")) == reached
    assert seen(calling(person, "/people")) == reached
    for other in EVERYBODY:
        assert seen(calling(person, "/gaps", person=other)) == reached & {other}
    assert seen(calling(person, "/gaps", manager="chen")) == reached & {"li", "wu"}
    assert seen(calling(person, "/people", unit="East")) == reached


@pytest.mark.parametrize(("caller", "person", "kind", "status"), [
    ("li", "li", "self-assessment", 201), ("li", "li", "override", 403), ("li", "wu", "review", 404),
    ("chen", "li", "review", 201), ("boss", "li", "override", 201), ("chen", "li", "self-assessment", 403),
    ("chen", "boss", "review", 404), ("ana", "li", "review", 403), ("ana", "ana", "prior-learning", 403)])
def test_people_assess_themselves_and_managers_those_below_them(calling: Any, caller: str, person: str, kind: str,
                                                                status: int) -> None:
    body = {"kind": kind, "competency": "SA-6.1.3", "level": 2}
    assert calling(caller, f"/people/{person}/assertions", "POST", body).status_code == status


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("person", ["chen", "li", "ana"])
def test_who_is_out_of_reach_is_as_if_they_were_not(calling: Any, person: str, view: str) -> None:
    reached = {"chen": {"chen", "li", "wu"}, "li": {"li"}, "ana": EVERYBODY}[person]
    unknown = calling(person, f"/people/never{view}")
    for other in sorted(EVERYBODY):
        answer = calling(person, f"/people/{other}{view}")
        if other in reached:
            assert answer.status_code == 200, answer.text
        else:
            assert answer.json() == {**unknown.json(), "detail": f"no person '{other}'"}


def test_reach_follows_the_hierarchy_as_it_is_now(team: Client, calling: Any) -> None:
    assert calling("chen", "/people/li/gaps").status_code == 200
    page = calling("chen", "/gaps", limit=1).json()
    add_person(team, "li", manager="zhao", login="li@idp")
    assert calling("chen", "/people/li/gaps").status_code == 404
    assert calling("zhao", "/people/li/gaps").status_code == 200
    rest = calling("chen", "/gaps", cursor=page["next"])
    assert seen(rest) == {"chen", "wu"}, "an old cursor opens nothing either"


def test_a_cursor_of_another_caller_gives_no_more_than_ones_own_reach(calling: Any) -> None:
    page = calling("ana", "/gaps", limit=1).json()
    assert seen(calling("li", "/gaps", cursor=page["next"])) == {"li"}


def test_what_a_token_claims_changes_nothing(team: Client, provider: Provider) -> None:
    token = provider.token(team.store.name, "li@idp", roles=["admin"], scope="all admin", groups=["managers"],
                           analyst=True)
    plant(token)
    answer = team.request("GET", "/api/v1/gaps", auth=None, headers={"Authorization": f"Bearer {token}"})
    assert seen(answer) == {"li"}


def test_coverage_is_for_who_reaches_the_whole_store(calling: Any) -> None:
    assert [calling(person, "/coverage").status_code for person in ("boss", "li", "ana")] == [403, 403, 200]


def test_nobody_changes_anything_by_a_persons_token(calling: Any) -> None:
    for method, path in (("PUT", "/people/li"), ("DELETE", "/people/li"), ("POST", "/people"), ("POST", "/explain")):
        assert calling("ana", path, method).status_code == 403, (method, path)


def test_a_learner_sees_the_evidence_that_their_own_estimates_rest_on(team: Client, calling: Any) -> None:
    assert team.post("/xapi/statements", [scored(3), scored(2, "wu")]).status_code == 200
    settle(team)
    own = calling("li", "/people/li/evidence").json()["evidence"]
    assert {each["actor"] for each in own} == {"mbox|mailto:li@example.com"}
    assert len({each["statement"] for each in own}) == 1
    theirs = calling("chen", "/people/wu/evidence").json()["evidence"]
    assert {each["actor"] for each in theirs} == {"mbox|mailto:wu@example.com"}


def test_a_login_is_one_persons(team: Client) -> None:
    body = {"name": "X", "unit": "East", "identifiers": [], "login": "li@idp"}
    answer = team.put("/api/v1/people/x", body)
    assert (answer.status_code, answer.json()["pointer"], answer.json()["detail"]) == (400, "/login", "li has this one")
    assert team.put("/api/v1/people/x", {**body, "login": None}).status_code == 200
    assert team.put("/api/v1/people/y", {**body, "login": None}).status_code == 200


def test_managers_change_the_plans_of_those_below_them_and_nobody_their_own(calling: Any) -> None:
    made = {person: calling(caller, f"/people/{person}/plans", "POST", {"hours": 4}) for caller, person in (
        ("chen", "li"), ("boss", "wu"), ("boss", "chen"))}
    assert {answer.status_code for answer in made.values()} == {201}
    for caller, person, status in (("li", "li", 403), ("chen", "chen", 403), ("ana", "li", 403), ("zhao", "li", 404)):
        assert calling(caller, f"/people/{person}/plans", "POST", {"hours": 4}).status_code == status
    plan = made["li"].json()["plan"]
    for caller, status in (("li", 403), ("ana", 403), ("zhao", 404), ("wu", 404), ("boss", 200)):
        assert calling(caller, f"/plans/{plan}/approve", "POST").status_code == status
    assert calling("li", f"/plans/{plan}").json()["status"] == "active"
    assert calling("zhao", f"/plans/{plan}").json() == {
        **calling("zhao", f"/plans/{plan[:-1]}x").json(), "detail": f"no plan '{plan}'"}


def test_steps_are_launched_by_whose_plan_it_is(calling: Any) -> None:
    plan = calling("chen", "/people/li/plans", "POST", {"hours": 4, "require": ["batna-drill"]}).json()["plan"]
    here = f"/plans/{plan}/steps/batna-drill/launch"
    assert calling("li", here, "POST").status_code == 409, "it isn't approved"
    assert calling("chen", f"/plans/{plan}/approve", "POST").status_code == 200
    assert [calling(person, here, "POST").status_code for person in ("li", "chen", "wu")] == [201, 403, 404]


def test_managers_plan_for_those_below_them_together(calling: Any, team: Client) -> None:
    ask = {"manager": "chen", "hours": 4}
    assert calling("li", "/sheets", "POST", ask).status_code in (400, 403)
    made = calling("boss", "/sheets", "POST", ask)
    assert (made.status_code, made.json()["people"]) == (202, 2)
    here = f"/sheets/{made.json()['sheet']}"
    wait_until(lambda: calling("boss", here).json()["state"] == "drafted", 30, "it is drafted")
    assert [each["person"] for each in calling("chen", here).json()["plans"]] == ["li", "wu"]
    assert [calling(person, here).status_code for person in ("li", "zhao")] == [404, 404]
    assert calling("ana", f"{here}/approve", "POST").status_code == 403
    assert calling("chen", f"{here}/approve", "POST").json()["done"] == 2
    for gone in ("li", "wu"):
        assert team.request("DELETE", f"/api/v1/people/{gone}").status_code == 204
    assert [calling(person, here).status_code for person in ("ana", "boss", "zhao")] == [200, 404, 404]
