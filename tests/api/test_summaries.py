"""Gaps of many people, counted; the unproven stay counted, and have no part in a mean."""

import csv
import io
from typing import Any

import pytest

from tests.api.conftest import NEGOTIATION, add_person, scored, settle
from tests.conftest import Client


@pytest.fixture
def team(learner: Client) -> Client:
    """Li, who was low and is better; Wu, below; Zhao, of whom nothing is known; a unit beside theirs."""
    add_person(learner, "wu", unit="East/Key")
    add_person(learner, "zhao", unit="East/Key", role="newcomer")
    add_person(learner, "chen", unit="West")
    learner.put("/api/v1/units/East/Key", {"parent": "East"})
    for level, person, month in ((1.5, "li", "09"), (3, "li", "11"), (3.5, "li", "11"), (2, "wu", "11"),
                                 (3, "chen", "11")):
        learner.post("/xapi/statements", scored(level, person, timestamp=f"2026-{month}-10T10:00:00Z"))
    settle(learner)
    return learner


def summary(client: Client, **asked: Any) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/gaps/summary", **asked)
    assert answer.status_code == 200, answer.text
    return {row["key"]: row for row in answer.json()["summary"]}


def test_a_unit_is_counted_with_those_below_it_and_means_are_of_what_is_measured(team: Client) -> None:
    found = summary(team, unit="East")
    row = found[NEGOTIATION]
    assert (row["people"], row["gaps"], row["measured"], row["unproven"]) == (3, 3, 2, 1)
    assert row["met"] + row["below"] == 2
    rows = team.get("/api/v1/gaps", unit="East", competency=NEGOTIATION).json()["gaps"]
    known = [each["level"] for each in rows if each["level"] is not None]
    assert row["level"] == pytest.approx(sum(known) / 2, abs=0.006)
    assert row["expected_shortfall"] == pytest.approx(
        sum(each["expected_shortfall"] for each in rows if each["level"] is not None), abs=0.01)
    assert next(iter(found)) == NEGOTIATION, "the weakest first"
    assert all(each["level"] is None and each["unproven"] == each["gaps"]
               for key, each in found.items() if key != NEGOTIATION)


def test_by_unit_and_role_it_is_counted_too(team: Client) -> None:
    people = {key: row["people"] for key, row in summary(team, by="unit").items()}
    assert people == {"East": 1, "East/Key": 2, "West": 1}
    assert {key: row["gaps"] for key, row in summary(team, by="role").items()} == {"key-account": 12, "newcomer": 4}


def test_another_unit_stands_beside_it_and_months_before_it(team: Client) -> None:
    answer = team.get("/api/v1/gaps/summary", unit="East", beside_unit="West", months=2, as_of="2026-11-20").json()
    (beside,) = [row for row in answer["beside"]["summary"] if row["key"] == NEGOTIATION]
    assert (answer["beside"]["unit"], beside["people"], beside["measured"]) == ("West", 1, 1)
    assert [each["as_of"][:10] for each in answer["trend"]] == ["2026-09-30", "2026-10-31"]
    september, october = ({row["key"]: row for row in each["summary"]}[NEGOTIATION] for each in answer["trend"])
    assert (september["measured"], september["unproven"]) == (1, 2)
    assert september["level"] < summary(team, unit="East")[NEGOTIATION]["level"]
    assert october["level"] <= september["level"] + 0.01


def test_as_csv_it_has_the_same_rows(team: Client) -> None:
    answer = team.get("/api/v1/gaps/summary", format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["key"]: int(row["unproven"]) for row in rows} == {
        key: row["unproven"] for key, row in summary(team).items()}


def test_what_is_too_much_for_a_request_is_refused_with_what_to_do(client: Client) -> None:
    for number in range(220):
        add_person(client, f"p{number}")
    answer = client.get("/api/v1/gaps/summary", months=24)
    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/months"
    assert "220 people in 24 months" in answer.json()["detail"]
