"""Team sheets: plans drafted together within what is shared, edited, approved at once; and templates for them."""

import csv
import io
from typing import Any

import pytest

from tests.api.conftest import add_person, scored, settle
from tests.api.test_kept_plans import at
from tests.conftest import Client, wait_until

TEAM = ("li", "wu", "zhao")
DRILL = "batna-drill"


@pytest.fixture
def team(learner: Client) -> Client:
    """Three who are low in negotiation, each other than the others."""
    for person in TEAM:
        add_person(learner, person, unit="East/Key" if person == "zhao" else "East")
    learner.put("/api/v1/units/East/Key", {"parent": "East"})
    for person, level in zip(TEAM, (1, 1.5, 2), strict=True):
        learner.post("/xapi/statements", scored(level, person))
    settle(learner)
    return learner


def drafted(client: Client, where: str) -> dict[str, Any]:
    wait_until(lambda: client.get(where).json()["state"] != "drafting", 60, "it is drafted")
    found: dict[str, Any] = client.get(where).json()
    assert found["state"] == "drafted", found
    return found


def made(client: Client, **asked: Any) -> tuple[str, dict[str, Any]]:
    """The sheet's address, and itself once it is drafted."""
    answer = client.post("/api/v1/sheets", {"unit": "East", "hours": 10, **asked})
    assert answer.status_code == 202, answer.text
    where = f"/api/v1/sheets/{answer.json()['sheet']}"
    assert answer.headers["Location"].endswith(where)
    return where, drafted(client, where)


def taking(sheet: dict[str, Any], resource: str) -> list[str]:
    return [plan["person"] for plan in sheet["plans"] if resource in [step["resource"] for step in plan["steps"]]]


def test_what_is_shared_goes_where_it_closes_most_and_never_further(team: Client) -> None:
    _, free = made(team)
    assert [plan["person"] for plan in free["plans"]] == list(TEAM)
    assert len(taking(free, DRILL)) > 1
    _, sheet = made(team, seats={DRILL: 1})
    assert len(taking(sheet, DRILL)) == 1
    (share,) = sheet["shared"]
    assert (share["limit"], share["given"], share["used"]) == (f"seats/{DRILL}", 1.0, 1.0)
    assert share["price"] > 0
    assert sheet["closes"] < free["closes"]
    assert sheet["closes"] <= sheet["bound"] + 0.01
    alone = {person: team.get(f"/api/v1/people/{person}/plan", hours=10, avoid=DRILL).json() for person in TEAM}
    for plan in sheet["plans"]:
        if plan["person"] not in taking(sheet, DRILL):
            assert plan["weighted"] == pytest.approx(alone[plan["person"]]["weighted"], abs=0.02)


def test_approved_at_once_and_shown_beside_what_was_in_force(team: Client) -> None:
    where, sheet = made(team)
    assert {plan["status"] for plan in sheet["plans"]} == {"draft"}
    assert team.post(f"{where}/approve", None).json() == {
        "sheet": sheet["sheet"], "done": 3, "left": []}
    assert {plan["status"] for plan in team.get(where).json()["plans"]} == {"approved"}
    assert team.post(f"{where}/approve", None).json()["done"] == 0
    _, later = made(team, avoid=[DRILL])
    for plan in later["plans"]:
        removed = [each["resource"] for each in plan["in_force"]["changes"] if each["change"] == "removed"]
        assert DRILL in removed
    assert team.post(f"{where}/withdraw", None).json()["done"] == 3
    assert team.post(f"{where}/approve", None).status_code == 400
    assert {plan["in_force"] for plan in team.get(f"/api/v1/sheets/{later['sheet']}").json()["plans"]} == {None}


def test_what_was_edited_of_one_plan_stays_when_all_are_drafted_again(team: Client) -> None:
    where, sheet = made(team)
    plan = sheet["plans"][0]
    edited = team.request("PATCH", at(plan), json={"avoid": ["batna-drill"], "hours": 6})
    assert edited.status_code == 200
    again = team.request("PATCH", where, json={"hours": 12}, headers={"If-Match": '"1"'})
    assert (again.status_code, again.headers["ETag"]) == (202, '"2"')
    assert team.request("PATCH", where, json={"hours": 9}, headers={"If-Match": '"1"'}).status_code == 412
    sheet = drafted(team, where)
    assert (sheet["version"], sheet["ask"]["hours"]) == (2, 12)
    first, *others = sheet["plans"]
    assert (first["budget"], first["edits"]) == (360, {"avoid": ["batna-drill"], "hours": 6.0})
    assert "li" not in taking(sheet, "batna-drill")
    assert {each["budget"] for each in others} == {720}


def test_more_than_there_is_isnt_approved(team: Client) -> None:
    where, sheet = made(team, seats={DRILL: 1})
    for plan in sheet["plans"]:
        team.request("PATCH", at(plan), json={"require": [DRILL]})
    answer = team.post(f"{where}/approve", None)
    assert answer.status_code == 400
    assert answer.json()["pointer"] == f"/seats/{DRILL}"


def test_a_template_says_what_sheets_are_drafted_with(team: Client) -> None:
    template = {"name": {"en": "The quarter"}, "unit": "East/Key", "ask": {"hours_per_week": 2, "weeks": 12}}
    put = [team.put("/api/v1/plan-templates/quarter", template).status_code for _ in range(2)]
    assert put == [201, 200]
    _, sheet = made_by(team, {"template": "quarter"})
    assert ([plan["person"] for plan in sheet["plans"]], sheet["ask"]["hours_per_week"]) == (["zhao"], 2)
    _, sheet = made_by(team, {"template": "quarter", "unit": "East", "weeks": 3})
    assert (len(sheet["plans"]), sheet["ask"]["weeks"], sheet["ask"]["hours_per_week"]) == (3, 3, 2)
    assert team.post("/api/v1/sheets", {"template": "none"}).json()["pointer"] == "/template"
    assert team.request("DELETE", "/api/v1/plan-templates/quarter").status_code == 204
    assert team.get("/api/v1/plan-templates").json() == {"templates": []}


def made_by(client: Client, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    where = f"/api/v1/sheets/{client.post('/api/v1/sheets', asked).json()['sheet']}"
    return where, drafted(client, where)


@pytest.mark.parametrize(("asked", "pointer"), [
    ({}, "/unit"), ({"unit": "Nowhere"}, "/unit"), ({"people": ["li", "nobody"]}, "/people"),
    ({"unit": "East", "require": ["nothing"]}, "/require"), ({"unit": "East", "seats": {"nothing": 1}}, "/seats")])
def test_what_makes_no_sense_is_told_with_its_place(team: Client, asked: dict[str, Any], pointer: str) -> None:
    answer = team.post("/api/v1/sheets", asked)
    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)


def test_as_csv_page_and_pdf_it_holds_the_same_plans(team: Client) -> None:
    where, sheet = made(team, coach_hours=3)
    rows = list(csv.DictReader(io.StringIO(team.get(where, format="csv").content.decode("utf-8-sig"))))
    assert [(row["person"], row["steps"].split()) for row in rows] == [
        (plan["person"], [step["resource"] for step in plan["steps"]]) for plan in sheet["plans"]]
    page = team.get(where, format="html", language="en").text
    assert "Li" in page
    assert "Coach hours" in page
    assert "教练小时" in team.get(where, format="html").text
    assert team.get(where, format="pdf").content.startswith(b"%PDF-")


def test_who_is_gone_keeps_no_share_and_a_withdrawal_can_be_repeated(team: Client) -> None:
    where, sheet = made(team, seats={DRILL: 1})
    (has,) = taking(sheet, DRILL)
    assert team.request("DELETE", f"/api/v1/people/{has}").status_code == 204
    assert team.request("PATCH", where, json={"hours": 9}).status_code == 202
    sheet = drafted(team, where)
    statuses = {plan["person"]: plan["status"] for plan in sheet["plans"]}
    assert statuses == {**dict.fromkeys(TEAM, "draft"), has: "withdrawn"}
    assert sheet["shared"][0]["used"] == 1.0
    assert team.post(f"{where}/approve", None).json()["done"] == 2
    assert [team.post(f"{where}/withdraw", None).json()["done"] for _ in range(2)] == [2, 0]


def test_of_two_ways_to_say_the_same_the_last_edit_stays(team: Client) -> None:
    where, sheet = made(team)
    plan = sheet["plans"][0]
    for edit in ({"hours": 6}, {"hours_per_week": 1, "weeks": 3}):
        edited = team.request("PATCH", at(plan), json=edit).json()
    assert edited["content"]["budget"] == 180
    team.request("PATCH", at(plan), json={"require": ["deadlock-case"]})
    team.request("PATCH", where, json={"hours": 12, "avoid": ["deadlock-case"]})
    first = drafted(team, where)["plans"][0]
    assert (first["budget"], "deadlock-case" in [step["resource"] for step in first["steps"]]) == (180, True)


def test_what_nobody_can_have_is_told_of_each(team: Client) -> None:
    _, sheet = made(team, require=[DRILL], languages=["fr"])
    assert {plan["feasible"] for plan in sheet["plans"]} == {False}
