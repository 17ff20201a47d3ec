"""Plans that are kept: drafts, edits, approval, progress by statements, versions; and who may change them."""

import csv
import io
import uuid
from typing import Any

import pytest

from tests.api.conftest import add_person, scored, settle
from tests.conftest import Client

COMPLETED = {"id": "http://adlnet.gov/expapi/verbs/completed"}


def made(client: Client, **ask: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/people/li/plans", ask or {"hours_per_week": 3, "weeks": 4})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(f"/api/v1/plans/{answer.json()['plan']}")
    found: dict[str, Any] = answer.json()
    return found


def resources(plan: dict[str, Any]) -> list[str]:
    return [step["resource"] for step in plan["content"]["steps"]]


def at(plan: dict[str, Any], path: str = "") -> str:
    return f"/api/v1/plans/{plan['plan']}{path}"


@pytest.fixture
def known(learner: Client) -> Client:
    """Li, whose level in negotiation is known to be low."""
    learner.post("/xapi/statements", scored(1.5))
    settle(learner)
    return learner


def test_a_plan_goes_from_draft_to_active_and_complete_by_statements(known: Client) -> None:
    plan = made(known, hours=4, require=["concessions-course"])
    assert (plan["status"], plan["version"]) == ("draft", 1)
    assert resources(plan)[:2] == ["batna-drill", "concessions-course"]
    approved = known.post(at(plan, "/approve"), None).json()
    assert (approved["status"], approved["version"], approved["changes"]) == ("active", 2, [])
    addresses = {each["code"]: each["activities"][0] for each in known.get("/api/v1/resources").json()["resources"]}
    for number, resource in enumerate(resources(plan), 1):
        known.post("/xapi/statements", scored(2, verb=COMPLETED, result={}, object={"id": addresses[resource]}))
        settle(known)
        now = known.get(at(plan)).json()
        assert [step["state"] for step in now["progress"]["steps"]].count("done") == number
    assert now["status"] == "complete"
    assert now["progress"]["minutes_done"] == now["progress"]["minutes"] == plan["content"]["minutes"]


def test_a_step_is_begun_by_a_statement_that_says_so(known: Client) -> None:
    plan = made(known, hours=20)
    activity = {"id": "https://learn.sales.example/activities/concessions-course"}
    known.post("/xapi/statements", scored(2, verb={"id": "http://adlnet.gov/expapi/verbs/initialized"}, result={},
                                          object=activity))
    settle(known)
    states = {step["resource"]: step["state"] for step in known.get(at(plan)).json()["progress"]["steps"]}
    assert states.pop("concessions-course") == "begun"
    assert set(states.values()) == {"not begun"}
    (row,) = [each for each in known.get("/api/v1/people/li/gaps").json()["gaps"] if each["competency"] == "SA-6.1.3"]
    assert row["state"] == "in progress"
    assert row["shortfall"] > 1


def test_a_managers_edits_stay_when_the_plan_is_drafted_again(known: Client) -> None:
    plan = made(known)
    edited = known.request("PATCH", at(plan), json={"avoid": ["batna-drill"], "require": ["deadlock-case"]})
    assert edited.status_code == 200, edited.text
    assert "batna-drill" not in resources(edited.json())
    assert "deadlock-case" in resources(edited.json())
    changes = {(each["change"], each["resource"]) for each in edited.json()["changes"]}
    assert {("removed", "batna-drill"), ("added", "deadlock-case")} <= changes
    again = known.post(at(plan, "/redraft"), None).json()
    assert (again["version"], resources(again)) == (3, resources(edited.json()))
    versions = known.get(at(plan, "/versions")).json()["versions"]
    assert [each["version"] for each in versions] == [3, 2, 1]
    assert resources(known.get(at(plan), version=1).json()) == resources(plan)


def test_drafting_again_leaves_out_what_was_done_since(known: Client) -> None:
    plan = made(known)
    known.post("/xapi/statements", scored(2, verb=COMPLETED, result={}))
    settle(known)
    again = known.post(at(plan, "/redraft"), None).json()
    assert {"change": "removed", "resource": "batna-drill",
            "before": plan["content"]["steps"][0]["due"], "after": None} in again["changes"]


def test_a_version_that_somebody_else_made_isnt_overwritten(known: Client) -> None:
    plan = made(known)
    first = {"If-Match": '"1"'}
    assert known.request("PATCH", at(plan), json={"hours": 6}, headers=first).status_code == 200
    answer = known.request("PATCH", at(plan), json={"hours": 8}, headers=first)
    assert answer.status_code == 412
    assert known.get(at(plan)).json()["content"]["budget"] == 360


def test_a_plan_that_was_withdrawn_is_over(known: Client) -> None:
    plan = made(known)
    assert known.post(at(plan, "/withdraw"), None).json()["status"] == "withdrawn"
    assert known.post(at(plan, "/approve"), None).status_code == 400
    assert known.get("/api/v1/people/li/plans").json()["plans"][0]["status"] == "withdrawn"


def test_what_is_required_and_does_not_fit_is_explained_and_not_approved(known: Client) -> None:
    plan = made(known, hours=2, require=["negotiation-seminar"])
    content = plan["content"]
    assert (content["feasible"], content["steps"]) == (False, [])
    assert content["binding"][0]["words"]["zh-CN"] == "必选内容需要 8 小时，而只有 2"
    assert known.post(at(plan, "/approve"), None).status_code == 400


def test_a_plan_has_milestones_by_quarter_month_and_week(known: Client) -> None:
    content = made(known, hours_per_week=2, weeks=6, start="2026-12-21")["content"]
    periods = {each["period"] for each in content["milestones"]}
    assert periods == {"quarter", "month", "week"}
    for period in periods:
        of = [each for each in content["milestones"] if each["period"] == period]
        assert [step for each in of for step in each["steps"]] == [step["resource"] for step in content["steps"]]
        assert sum(each["minutes"] for each in of) == content["minutes"]
    weeks = [each for each in content["milestones"] if each["period"] == "week"]
    assert weeks[0]["begins"] == "2026-12-21"
    assert weeks[-1]["levels"]["SA-6.1.3"] > 2.5


def test_as_csv_a_plan_has_a_row_for_each_step(known: Client) -> None:
    plan = made(known)
    for answer in (known.get(at(plan), format="csv"), known.get("/api/v1/people/li/plan", format="csv")):
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        (drill,) = [row for row in rows if row["title_zh"] == "BATNA谈判演练"]
        assert drill["closes"] == "SA-6.1.3=0.5"
        assert drill["due"] > drill["begins"]


def test_other_hours_are_answered_beside_the_plan(known: Client) -> None:
    plan = known.get("/api/v1/people/li/plan", hours=16, instead=4).json()
    assert plan["instead"]["budget"] == 240
    assert plan["instead"]["minutes"] <= 240
    assert plan["instead"]["weighted"] < plan["weighted"]
    assert set(plan["instead"]["without"]) == {step["resource"] for step in plan["steps"]} - {
        *plan["instead"]["steps"]}


@pytest.mark.parametrize(("ask", "pointer"), [
    ({"require": ["nothing"]}, "/require"), ({"hours": 1, "hours_per_week": 1}, "/hours"), ({"weeks": 3}, "/weeks"),
    ({"hours_per_week": 3}, "/hours_per_week"), ({"hours": "4"}, None), ({"money": -1}, "/money"),
    ({"hours": 4, "until": "2020-01-01"}, "/until"), ({"require": ["batna-drill"], "avoid": ["batna-drill"]}, "/avoid"),
    ({"colour": "red"}, "/colour"), ({"seats": {"batna-drill": -1}}, "/seats/batna-drill/value")])
def test_what_makes_no_sense_is_refused_with_its_place(known: Client, ask: dict[str, Any], pointer: str | None) -> None:
    answer = known.post("/api/v1/people/li/plans", ask)
    if pointer is None:
        assert answer.status_code in (201, 400)
        return
    assert answer.status_code == 400
    problem = answer.json()
    assert pointer in (problem.get("pointer"), *(each["pointer"] for each in problem.get("errors", ())))


def test_a_plan_that_never_was_is_not_found(client: Client) -> None:
    add_person(client)
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/approve"), ("GET", "/versions")):
        assert client.request(method, f"/api/v1/plans/{uuid.uuid4()}{path}", json={}).status_code == 404


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "的学习计划"), ("en", "Learning plan for")])
def test_a_plan_is_printed_as_a_page_and_as_pdf_and_nothing_in_it_is_taken_for_markup(known: Client, language: str,
                                                                                     title: str) -> None:
    name = '王磊㛃 <b>#read("/etc/passwd") $x$'
    add_person(known, name=name)
    plan = made(known)
    page = known.get(at(plan), format="html", language=language)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "王磊㛃 &lt;b&gt;#read(" in page.text
    assert title in page.text
    assert all(step["due"] in page.text for step in plan["content"]["steps"])
    first, again = (known.get(at(plan), format="pdf", language=language) for _ in range(2))
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content == again.content
    assert b"NotoSansSC" in first.content
    assert known.get("/api/v1/people/li/plan", format="pdf").content.startswith(b"%PDF-")
