"""What only some credentials may do to what others see: define, align, and speak for Waymark."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from competencies.frameworks import identifier
from lrs.access import Gate
from lrs.models import AUTHORITY_HOME
from tests.api.conftest import NEGOTIATION, levels, row, scored, settle
from tests.conftest import Client, new_credential

ACTIVITY = "http://example.com/drill"
NAMED = identifier("competencies", NEGOTIATION).urn


def with_scopes(client: Client, gate: Gate, *scopes: str) -> Client:
    key, secret = new_credential(gate, client.store, scopes=scopes)
    return replace(client, key=key, secret=secret)


def saying(name: str) -> dict[str, Any]:
    """A statement that calls an activity and its actor something."""
    return {"id": str(uuid.uuid4()), "actor": {"mbox": "mailto:li@example.com", "name": name},
            "verb": {"id": "http://example.com/v"}, "object": {"id": ACTIVITY, "definition": {"name": {"en": name}}}}


def test_only_a_credential_that_may_define_says_what_things_are_called(client: Client, gate: Gate) -> None:
    writer, definer = (with_scopes(client, gate, "statements/write", *more) for more in ((), ("define",)))

    def called() -> tuple[Any, Any]:
        person = client.get("/xapi/agents", agent='{"mbox": "mailto:li@example.com"}').json()
        activity = client.get("/xapi/activities", activityId=ACTIVITY).json()
        return person.get("name"), activity.get("definition", {}).get("name")

    assert writer.post("/xapi/statements", saying("Nonsense")).status_code == 200
    assert called() == (None, None)
    assert definer.post("/xapi/statements", saying("Drill")).status_code == 200
    assert writer.post("/xapi/statements", saying("Nonsense again")).status_code == 200
    assert called() == (["Drill"], {"en": "Drill"})
    names = [each["object"]["definition"]["name"]["en"] for each in client.statements()]
    assert names == ["Nonsense again", "Drill", "Nonsense"], "the statements themselves stay as they were sent"


def naming(scaled: float, where: str) -> dict[str, Any]:
    """A scored statement on an activity that names a competency, by itself or in its context."""
    found = scored(1, object={"id": ACTIVITY}, result={"score": {"scaled": scaled}})
    if where == "object":
        found["object"] = {"id": NAMED}
    else:
        found["context"] = {"contextActivities": {where: {"id": NAMED}}}
    return found


@pytest.mark.parametrize("where", ["object", "parent", "grouping", "category", "other"])
def test_a_statement_that_names_a_competency_counts_only_where_its_credential_may_align(
        learner: Client, gate: Gate, where: str) -> None:
    aligner = with_scopes(learner, gate, "statements/write", "competencies/align")
    assert learner.post("/xapi/statements", naming(1.0, where)).status_code == 200
    settle(learner)
    assert row(learner)["state"] == "unproven", "all of a store isn't enough"
    assert learner.get("/api/v1/coverage").json()["outcomes"] == {"unmatched": 1}
    assert aligner.post("/xapi/statements", naming(0.8, where)).status_code == 200
    settle(learner)
    assert (levels(learner), row(learner)["attempts"]) == ([3.0], 1)


def test_explain_says_that_the_grant_is_what_is_missing(learner: Client, gate: Gate) -> None:
    aligner = with_scopes(learner, gate, "statements/write", "competencies/align")
    refused, taken = (
        next(each for each in client.post("/api/v1/explain", naming(0.8, "object")).json()["alignments"]
             if each["alignment"] == "names-a-competency") for client in (learner, aligner))
    assert (refused["matches"], taken["matches"]) == (False, True)
    assert refused["failed"] == [
        {"rule": "the credential has competencies/align", "path": "$.authority", "found": []}]


def test_who_only_stores_statements_is_not_told_who_they_are_of(learner: Client, gate: Gate) -> None:
    writer = with_scopes(learner, gate, "statements/write")
    assert writer.post("/api/v1/explain", scored(3)).json()["person"] is None
    assert learner.post("/api/v1/explain", scored(3)).json()["person"]["id"] == "li"


def test_nobody_speaks_for_waymark_or_for_another_credential(client: Client, gate: Gate) -> None:
    """Data 2.4.9: the authority is the LRS's to say; what a client says it is counts for nothing."""
    other = with_scopes(client, gate, "all")
    for forged in (other.key, "waymark"):
        sent = {**saying("x"), "authority": {"objectType": "Agent", "account": {
            "homePage": AUTHORITY_HOME, "name": forged}}}
        assert client.post("/xapi/statements", sent).status_code == 200
    assert {each["authority"]["account"]["name"] for each in client.statements()} == {client.key}
