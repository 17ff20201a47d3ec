"""Rows of gaps that the worker keeps: always those that computing gives, whatever happened."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from competencies.kept_rows import basis_of, late
from tests.api.conftest import add_person, scored, settle, void
from tests.api.test_alignments import carried_out
from tests.api.test_frameworks import PACKAGE, changed, publish
from tests.conftest import Client, wait_until

STEPS = 24
PEOPLE = ("li", "wu", "zhao")
DRILL = "https://simulator.sales.example/activities/batna-drill"


def rows(client: Client, **asked: Any) -> list[dict[str, Any]]:
    """All pages, without the moment."""
    answer = client.get("/api/v1/gaps", limit=7, **asked).json()
    found: list[dict[str, Any]] = answer["gaps"]
    while answer["next"]:
        answer = client.get("/api/v1/gaps", limit=7, cursor=answer["next"]).json()
        found += answer["gaps"]
    return [{name: value for name, value in row.items() if name != "as_of"} for row in found]


def almost_midnight() -> str:
    """A microsecond before the end of today, for which nothing is kept."""
    return f"{datetime.now(UTC).date()}T23:59:59.999998Z"


def computed(client: Client, **asked: Any) -> list[dict[str, Any]]:
    return rows(client, as_of=almost_midnight(), **asked)


def is_kept(database: Database[Any], client: Client) -> bool:
    return not late(database, client.store.id, basis_of(database, client.store.id), 1)


class Happening:
    """What can happen in a store."""

    def __init__(self, client: Client, chance: random.Random) -> None:
        self.client, self.chance, self.sent = client, chance, list[str]()

    def anything(self) -> None:
        kinds: list[Callable[[], Any]] = [
            self.arrives, self.arrives, self.is_voided, self.moves, self.is_claimed, self.begins, self.is_edited,
            self.is_renamed, self.goes_and_comes]
        self.chance.choice(kinds)()

    def arrives(self) -> None:
        made = scored(self.chance.choice([1, 2, 3, 4]), self.chance.choice([*PEOPLE, "nobody"]))
        self.sent.append(made["id"])
        self.client.post("/xapi/statements", made)

    def is_voided(self) -> None:
        if self.sent:
            self.client.post("/xapi/statements", void(self.sent.pop(self.chance.randrange(len(self.sent)))))

    def moves(self) -> None:
        add_person(self.client, self.chance.choice(PEOPLE), unit=self.chance.choice(["East", "West"]),
                   role=self.chance.choice(["key-account", "newcomer", None]))

    def is_claimed(self) -> None:
        self.client.post(f"/api/v1/people/{self.chance.choice(PEOPLE)}/identifiers",
                         {"mbox": "mailto:nobody@example.com"})

    def begins(self) -> None:
        self.client.post("/xapi/statements", scored(
            1, self.chance.choice(PEOPLE), verb={"id": "http://adlnet.gov/expapi/verbs/initialized"}, result={}))

    def is_edited(self) -> None:
        assert self.client.put("/api/v1/alignments/rubric-levels", {
            "ceiling": self.chance.choice([2, 3, 4])}).status_code in (200, 201)

    def is_renamed(self) -> None:
        self.client.request("PATCH", f"/api/v1/people/{self.chance.choice(PEOPLE)}", json={
            "name": f"n{self.chance.random()}"})

    def goes_and_comes(self) -> None:
        person = self.chance.choice(PEOPLE)
        assert self.client.request("DELETE", f"/api/v1/people/{person}").status_code == 204
        if self.chance.random() < 0.7:
            add_person(self.client, person)


@pytest.mark.parametrize("seed", range(3))
def test_kept_rows_are_those_that_computing_gives(learner: Client, database: Database[Any], seed: int) -> None:
    happening = Happening(learner, random.Random(seed))
    for person in PEOPLE:
        add_person(learner, person)
    for _ in range(STEPS):
        happening.anything()
        settle(learner)
    carried_out(learner)
    wait_until(lambda: is_kept(database, learner), 20, "the worker keeps up")
    found = rows(learner)
    assert found == computed(learner)
    assert database.gaps.count_documents({"store": learner.store.id}) == len(found)
    for asked in ({"unit": "East"}, {"role": "newcomer"}, {"state": "unproven"}, {"person": "li"},
                  {"unit": "West", "competency": "SA-6.1.3"}):
        assert rows(learner, **asked) == computed(learner, **asked), asked
    for by in ("competency", "unit", "role"):
        kept = learner.get("/api/v1/gaps/summary", by=by).json()["summary"]
        assert kept == learner.get("/api/v1/gaps/summary", by=by, as_of=almost_midnight()).json()["summary"]


def test_who_has_changed_is_never_read_as_they_were(learner: Client, database: Database[Any]) -> None:
    """Without any waiting: whose rows aren't kept yet is computed."""
    for number in range(30):
        add_person(learner, "li", name=f"Li {number}", unit=f"U{number % 3}")
        assert {(row["name"], row["unit"]) for row in rows(learner)} == {(f"Li {number}", f"U{number % 3}")}
        if number % 10 == 0:
            wait_until(lambda: is_kept(database, learner), 20, "it is kept")


def test_a_new_framework_and_a_new_day_are_followed(learner: Client, database: Database[Any]) -> None:
    publish(learner, PACKAGE)
    add_person(learner, role="service-desk")
    wait_until(lambda: is_kept(database, learner), 20, "it is kept")
    targets = [{"competency": "SV-2", "level": 4}]
    publish(learner, changed(roles=[{"code": "service-desk", "name": {"en": "Desk"}, "targets": targets}]))
    assert [(row["competency"], row["required"]) for row in rows(learner)] == [("SV-2", 4.0)]
    wait_until(lambda: is_kept(database, learner), 20, "it is kept")
    database.standings.update_many({"store": learner.store.id}, {"$set": {"basis": "that of yesterday"}})
    database.gaps.update_many({"store": learner.store.id}, {"$set": {"name": "as they were"}})
    assert {row["name"] for row in rows(learner)} == {"Li"}


def test_what_a_resource_did_is_kept_too(learner: Client, database: Database[Any]) -> None:
    for number in range(6):
        person = f"p{number}"
        add_person(learner, person)
        for day, level in ((1, 2), (20, 3)):
            learner.post("/xapi/statements", scored(level, person, timestamp=f"2026-03-{day:02}T10:00:00Z", object={
                "id": "https://simulator.sales.example/activities/negotiation-assessment",
                "definition": {"type": "http://adlnet.gov/expapi/activities/simulation"}}))
        learner.post("/xapi/statements", scored(3, person, timestamp="2026-03-10T10:00:00Z"))
    settle(learner)
    wait_until(lambda: is_kept(database, learner), 20, "it is kept")
    kept = learner.get("/api/v1/effects").json()["effects"]
    assert kept
    assert kept == learner.get("/api/v1/effects", as_of=almost_midnight()).json()["effects"]
    assert learner.get("/api/v1/effects", unit="East").json()["effects"] == kept
    assert learner.get("/api/v1/effects", unit="West").json()["effects"] == []
    assert database.standings.count_documents({"store": learner.store.id, "windows.0": {"$exists": True}}) == 6


def test_who_is_nobody_holds_up_nobody(learner: Client, database: Database[Any]) -> None:
    """As a process of an earlier version leaves them, which knows nothing of standings."""
    store = learner.store.id
    database.standings.insert_many({"store": store, "person": f"gone-{number}", "actors": [], "basis": None,
                                    "doubt": None} for number in range(30))
    add_person(learner, "wu")
    wait_until(lambda: is_kept(database, learner), 20, "it is kept")
    assert {each["person"] for each in database.standings.find({"store": store})} == {"li", "wu"}
