"""Reviews of a person and a team, the experience library, and monthly outcomes beside gaps."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import NEGOTIATION, add_person, scored, settle
from tests.conftest import Client

LAST_MONTH = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).date()
OUTCOMES = f"""person,month,leads,conversions,won,lost,lost: price
li,{LAST_MONTH:%Y-%m},40,10,2,6,4
wu,{LAST_MONTH:%Y-%m},20,9,,,
"""
CASE: dict[str, Any] = {
    "title": {"zh-CN": "让步前先换条件", "en": "No concession without a trade"}, "text": {"en": "One.\n\nTwo."},
    "minutes": 20, "closes": [{"competency": NEGOTIATION, "from": 1, "to": 4, "effect": 1.5}],
    "tags": ["negotiation", "price"]}


@pytest.fixture
def team(learner: Client) -> Client:
    """Li, who was low in summer and better last month; Wu, of whom nothing is known."""
    add_person(learner, "wu", unit="East")
    learner.post("/xapi/statements", [
        scored(1.5, timestamp="2026-06-10T10:00:00Z"), scored(3, timestamp=f"{LAST_MONTH}T10:00:00Z")])
    settle(learner)
    return learner


def imported(client: Client, text: str, **asked: Any) -> Any:
    answer = client.request("POST", "/api/v1/outcomes", data=text.encode(), params=asked,
                            headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_month_says_what_moved_and_by_which_evidence(team: Client) -> None:
    review = team.get("/api/v1/people/li/review", period="month", date=str(LAST_MONTH)).json()
    assert (review["begins"], review["ends"]) == (f"{LAST_MONTH:%Y-%m}-01", str(LAST_MONTH))
    moved = {each["competency"]: each for each in review["moved"]}[NEGOTIATION]
    assert moved["change"] > 0.2
    assert moved["why"] == "evidence"
    (piece,) = moved["evidence"]
    assert (piece["level"], piece["happened"][:10]) == (3.0, str(LAST_MONTH))
    assert moved["words"]["en"].startswith("Negotiation and closing: ")
    assert {each["planned"] for each in review["next"]} == {False}
    before = team.get("/api/v1/people/li/review", period="month", date="2026-05-15").json()
    assert (before["moved"], before["outcomes"]) == ([], None)
    assert team.get("/api/v1/people/li/review", date="2199-01-01").status_code == 400


def test_a_plan_in_force_says_what_stalls_and_what_is_next(team: Client) -> None:
    plan = team.post("/api/v1/people/li/plans", {"hours_per_week": 2, "weeks": 4, "start": "2026-03-02",
                                                 "require": ["batna-drill"]}).json()
    team.post(f"/api/v1/plans/{plan['plan']}/approve", None)
    review = team.get("/api/v1/people/li/review").json()
    assert review["plan"] == plan["plan"]
    assert "batna-drill" in [each["resource"] for each in review["stalled"] if each["kind"] == "late"]
    assert review["change"][0]["kind"] == "redraft"
    assert [each["resource"] for each in review["next"]] == [
        step["resource"] for step in plan["content"]["steps"]][:3]
    assert all(each["planned"] for each in review["next"])


def test_a_team_is_reviewed_side_by_side_and_together(team: Client) -> None:
    imported(team, OUTCOMES)
    review = team.get("/api/v1/review", unit="East", period="month", date=str(LAST_MONTH)).json()
    assert (review["people"], [each["person"] for each in review["reviews"]]) == (2, ["li", "wu"])
    moved = {each["competency"]: each for each in review["moved"]}[NEGOTIATION]
    assert (moved["raised"], moved["lowered"], moved["first"]) == (1, 0, 0)
    assert review["outcomes"]["conversion"] == {"count": 19, "of": 60, "rate": 0.3167, "low": 0.2276, "high": 0.4215}
    assert NEGOTIATION in [each["key"] for each in review["weakest"]]
    measure = [each["competency"] for each in review["reviews"][1]["change"] if each["kind"] == "measure"]
    assert NEGOTIATION in measure
    assert team.get("/api/v1/review", unit="West").json()["people"] == 0


@pytest.mark.parametrize("path", ["/api/v1/people/li/review", "/api/v1/review"])
def test_reviews_are_printed_and_tabled(team: Client, path: str) -> None:
    asked = {"period": "month", "date": str(LAST_MONTH)}
    rows = list(csv.DictReader(io.StringIO(team.get(path, format="csv", **asked).content.decode("utf-8-sig"))))
    assert {row["person"] for row in rows} <= {"li", "wu"}
    assert rows
    assert "谈判与成交技巧" in team.get(path, format="html", **asked).text
    assert "Negotiation and closing" in team.get(path, format="html", language="en", **asked).text
    assert team.get(path, format="pdf", **asked).content.startswith(b"%PDF-")


def test_a_conclusion_is_kept_and_plans_draw_on_it(team: Client) -> None:
    here = "/api/v1/experience/trade-first"
    review = {"period": "month", "begins": f"{LAST_MONTH:%Y-%m}-01", "ends": str(LAST_MONTH)}
    made = team.put(here, {**CASE, "review": review})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["by"], made.json()["activity"]) == ("case", team.key, team.url + here)
    assert made.json()["address"] == f"{team.url}{here}?format=html"
    plan = team.get("/api/v1/people/li/plan", hours=1).json()
    assert plan["steps"][0]["resource"] == "trade-first"
    assert plan["steps"][0]["title"]["en"] == CASE["title"]["en"]
    shown = team.get("/api/v1/people/li/review", period="month", date=str(LAST_MONTH)).json()
    assert shown["conclusions"] == ["trade-first"]
    tagged = team.get("/api/v1/experience", tag="price").json()["experience"]
    assert [each["code"] for each in tagged] == ["trade-first"]
    assert team.get("/api/v1/experience", competency="SA-6.1.1").json() == {"experience": []}
    assert "Two." in team.get(here, format="html", language="en").text
    long = {"en": "word " * 60 + "end."}
    team.put("/api/v1/experience/long", {**CASE, "text": long})
    assert "end." in team.get("/api/v1/experience/long", format="html", language="en").text
    assert team.request("DELETE", "/api/v1/experience/long").status_code == 204
    assert team.put(here, {**CASE, "minutes": 15}).status_code == 200
    done = scored(2, verb={"id": "http://adlnet.gov/expapi/verbs/completed"}, result={}, object={
        "id": made.json()["activity"]})
    team.post("/xapi/statements", done)
    settle(team)
    assert "trade-first" not in [step["resource"] for step in team.get("/api/v1/people/li/plan").json()["steps"]]
    assert team.request("DELETE", here).status_code == 204
    assert team.get(here).status_code == 404


def test_a_conclusion_never_takes_what_another_resource_reports_under(team: Client) -> None:
    drill = scored(2)["object"]["id"]
    before = team.get("/api/v1/people/li/evidence").json()["evidence"]
    made = team.put("/api/v1/experience/zz", {**CASE, "address": drill})
    assert (made.json()["address"], made.json()["activity"]) == (drill, f"{team.url}/api/v1/experience/zz")
    settle(team)
    assert team.get("/api/v1/people/li/evidence").json()["evidence"] == before
    review = team.get("/api/v1/people/li/review", period="month", date=str(LAST_MONTH)).json()
    assert review["done"] == []


@pytest.mark.parametrize(("code", "changes", "pointer"), [
    ("batna-drill", {}, "/code"), ("a b", {}, "/code"), ("x", {"prerequisites": ["nothing"]}, "/prerequisites/0"),
    ("x", {"closes": [{"competency": "NO", "from": 1, "to": 2, "effect": 1}]}, "/closes/0/competency"),
    ("x", {"closes": [{"competency": NEGOTIATION, "from": 3, "to": 2, "effect": 1}]}, "/closes/0/to")])
def test_what_isnt_there_cant_be_concluded_from(client: Client, code: str, changes: dict[str, Any],
                                               pointer: str) -> None:
    answer = client.put(f"/api/v1/experience/{code}", {**CASE, **changes})
    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)


def test_outcomes_stand_beside_gaps_with_intervals(team: Client) -> None:
    assert imported(team, OUTCOMES, dry_run="true") == {"dry_run": True, "kept": 2, "bad": []}
    assert [each["with_outcomes"] for each in team.get("/api/v1/outcomes").json()["outcomes"]] == [0, 0]
    assert imported(team, OUTCOMES + "chen,2026-10,1,1,,,\n")["bad"][0]["column"] == "person"
    imported(team, OUTCOMES)
    imported(team, f"person,month,customers\nli,{LAST_MONTH:%Y-%m},30\n")  # another system's
    rows = {each["key"]: each for each in team.get("/api/v1/outcomes").json()["outcomes"]}
    li = rows["li"]
    assert (li["conversion"]["rate"], li["win"]["of"], li["months"]) == (0.25, 8, 1)
    assert li["repurchase"]["of"] == 0, "how many came again isn't known"
    assert li["conversion"]["low"] < 0.25 < li["conversion"]["high"]
    assert li["lost_reasons"] == [{"reason": "price", "count": 4}]
    assert (li["gaps"]["people"], li["gaps"]["measured"]) == (1, 1)
    (east,) = team.get("/api/v1/outcomes", by="unit").json()["outcomes"]
    assert (east["key"], east["people"], east["conversion"]["of"]) == ("East", 2, 60)
    states = team.get("/api/v1/outcomes", by="state", competency=NEGOTIATION).json()
    assert {each["key"]: each["conversion"]["of"] for each in states["outcomes"]} == {"below": 40, "unproven": 20}
    assert "because" in states["note"]["en"]
    assert team.get("/api/v1/outcomes", by="state").json()["pointer"] == "/competency"
    assert team.get("/api/v1/outcomes", since="2027-01").json()["outcomes"][0]["with_outcomes"] == 0
    table = list(csv.DictReader(io.StringIO(team.get("/api/v1/outcomes", format="csv").content.decode("utf-8-sig"))))
    assert [(row["key"], row["conversion"], row["lost_reasons"]) for row in table] == [
        ("li", "0.25", "price=4"), ("wu", "0.45", "")]
