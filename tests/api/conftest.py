"""What the API's tests share: a learner, and statements that bear on a competency."""

import uuid
from typing import Any

import pytest

from competencies.outcomes import RUBRIC_EXTENSION
from tests.conftest import Client, wait_until

NEGOTIATION = "SA-6.1.3"
CRITERIA = ("closing-push", "price-gaming", "objection-handling", "closed-loop-script")


def scored(level: float, learner: str = "li", **changes: Any) -> dict[str, Any]:
    """A simulation statement with one level for each criterion of negotiation."""
    return {"id": str(uuid.uuid4()), "actor": {"mbox": f"mailto:{learner}@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/scored"},
            "object": {"id": "https://simulator.sales.example/activities/batna-drill",
                       "definition": {"type": "http://adlnet.gov/expapi/activities/simulation"}},
            "result": {"extensions": {RUBRIC_EXTENSION: {
                "rubric": "RB-6.1.3", "levels": dict.fromkeys(CRITERIA, level)}}}, **changes}


def void(statement_id: str) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": {"mbox": "mailto:admin@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": statement_id}}


def add_person(client: Client, person: str = "li", **changes: Any) -> None:
    body = {"name": person.title(), "unit": "East", "role": "key-account",
            "identifiers": [{"mbox": f"mailto:{person}@example.com"}], **changes}
    answer = client.put(f"/api/v1/people/{person}", body)
    assert answer.status_code == 200, answer.text


def levels(client: Client, competency: str = NEGOTIATION, person: str = "li") -> list[float]:
    """What each piece of evidence on a competency shows, the latest first."""
    found = client.get(f"/api/v1/people/{person}/evidence").json()["evidence"]
    return [each["level"] for each in found if each["competency"] == competency]


def row(client: Client, competency: str = NEGOTIATION, **parameters: Any) -> dict[str, Any]:
    """The one gap row of a competency."""
    answer = client.get("/api/v1/gaps", competency=competency, **parameters)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["gaps"]
    assert isinstance(found, dict)
    return found


def settle(client: Client) -> None:
    """Wait until the worker has read all that the store holds."""
    def settled() -> bool:
        coverage = client.get("/api/v1/coverage").json()
        return bool(coverage["projected"] == coverage["statements"])
    wait_until(settled, 20, "the worker has read everything")


@pytest.fixture
def learner(client: Client, worker: None) -> Client:
    """A client whose store knows one person, li, a key account."""
    add_person(client)
    return client
