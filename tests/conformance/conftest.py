"""What the tests of the communication half share: a client of each version, and a Statement."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Client

AGENT = {"mbox": "mailto:li@example.com"}
ACTIVITY = "http://example.com/drill"


@pytest.fixture(params=["1.0.3", "2.0.0"])
def client(client: Client, request: pytest.FixtureRequest) -> Client:
    """The store's client, speaking each version in turn."""
    return replace(client, version=request.param)


def statement(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": AGENT, "verb": {"id": "http://example.com/v"},
            "object": {"id": ACTIVITY}, **changes}


def refusal(answer: Any) -> tuple[int, str]:
    """The status and the requirement that a refusal names."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["requirement"]
