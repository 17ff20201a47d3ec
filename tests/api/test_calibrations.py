"""A store's calibrations: fitted to its evidence, compared, adopted; and what that does to estimates."""

from typing import Any

import pytest
from pymongo.database import Database

from competencies.calibrations import StoredCalibration
from lrs.access import Gate
from lrs.errors import Invalid
from tests.api.conftest import add_person, row, scored, settle
from tests.api.test_granted import with_scopes
from tests.conftest import Client
from waymark.calibrating import FEWEST, fitted

PEOPLE = [f"p{number}" for number in range(16)]
AS_OF = "2026-04-01"


def assessed(client: Client) -> None:
    """Everybody is of level 2 to 3, by two assessors of whom one gives a level less."""
    for number, person in enumerate(PEOPLE):
        add_person(client, person)
        client.post("/xapi/statements", [
            scored(2 + number % 2 - strict, person, timestamp=f"2026-03-{day:02}T10:00:00Z",
                   context={"instructor": {"mbox": f"mailto:assessor{strict}@example.com"}})
            for day in range(1, 9) for strict in (day % 2,)])
    settle(client)


def fit(database: Database[Any], client: Client) -> StoredCalibration:
    return fitted(database, client.store.id, "a test", lambda done, total: None)


def test_one_is_fitted_compared_adopted_and_let_go_of(client: Client, worker: None, database: Database[Any]) -> None:
    assessed(client)
    before, level = client.get("/api/v1/gaps", as_of=AS_OF).content, row(client, person="p0", as_of=AS_OF)["level"]
    found = fit(database, client)
    listed = client.get("/api/v1/calibrations").json()
    assert (listed["in_force"], [each["version"] for each in listed["calibrations"]]) == (0, [1])
    scores = listed["calibrations"][0]["left_out"]
    assert scores["this"]["attempts"] == scores["in_force"]["attempts"] > 0
    assert scores["this"]["log_probability"] > scores["in_force"]["log_probability"]
    assert client.get("/api/v1/gaps", as_of=AS_OF).content == before, "it isn't in force"
    strict, fair = (found.plain().severities[f"mbox|mailto:assessor{number}@example.com"] for number in (1, 0))
    assert strict > fair + 1
    assert client.post("/api/v1/calibrations/1/adopt", None).json()["in_force"] == 1
    assert row(client, person="p0", as_of=AS_OF)["level"] != level
    assert client.post("/api/v1/calibrations/0/adopt", None).json()["in_force"] == 0
    assert client.get("/api/v1/gaps", as_of=AS_OF).content == before


def test_each_is_a_version_of_its_own_and_what_isnt_there_cant_be_adopted(
        client: Client, worker: None, database: Database[Any]) -> None:
    assessed(client)
    one, two = fit(database, client), fit(database, client)
    assert (one.version, two.version) == (1, 2)
    assert one.parameters == two.parameters, "the same evidence gives the same"
    for version in ("3", "-1", "one", "9" * 30):
        assert client.post(f"/api/v1/calibrations/{version}/adopt", None).status_code == 404
    assert client.get("/api/v1/calibrations").json()["in_force"] == 0


def test_too_few_people_say_nothing(learner: Client, database: Database[Any]) -> None:
    learner.post("/xapi/statements", scored(3))
    settle(learner)
    with pytest.raises(Invalid, match=f"{FEWEST} are needed"):
        fit(database, learner)


def test_reading_them_is_no_right_to_adopt_one(client: Client, gate: Gate) -> None:
    reader = with_scopes(client, gate, "gaps/read")
    assert reader.get("/api/v1/calibrations").status_code == 200
    assert reader.post("/api/v1/calibrations/0/adopt", None).status_code == 403
