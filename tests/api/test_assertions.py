"""What people say of a person's level: who may, what becomes of it, and that nobody else can say it."""

from typing import Any

import pytest

from competencies.assertions import AUTHORITY, KINDS, VERBS
from competencies.frameworks import identifier
from competencies.outcomes import LEVEL_EXTENSION
from lrs.access import Gate
from tests.api.conftest import NEGOTIATION, add_person, levels, row, scored, settle
from tests.api.test_granted import with_scopes
from tests.conftest import Client, wait_until

HERE = "/api/v1/people/li/assertions"


def say(client: Client, kind: str = "review", level: float = 3.0, status: int = 201, **changes: Any) -> Any:
    answer = client.post(HERE, {"kind": kind, "competency": NEGOTIATION, "level": level, **changes})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_recorded_as_a_statement_and_is_evidence_of_its_own(learner: Client, kind: str) -> None:
    said = say(learner, kind, 2.5, note="After two visits.")
    wait_until(lambda: levels(learner) == [2.5], 10, "it counts")
    statement = learner.get("/xapi/statements", statementId=said["statement"]).json()
    assert statement["authority"]["account"] == AUTHORITY["account"]
    assert ("instructor" in statement.get("context", {})) == (kind != "self-assessment")
    assert statement["result"]["response"] == "After two visits."
    (found,) = learner.get("/api/v1/people/li/evidence").json()["evidence"]
    assert (found["alignment"], found["decides"]) == (kind, kind == "override")


def test_an_override_sets_the_level_and_later_attempts_move_it(learner: Client) -> None:
    learner.post("/xapi/statements", [scored(1.5) for _ in range(6)])
    settle(learner)
    assert row(learner)["level"] < 2
    said = say(learner, "override", 3.5)
    wait_until(lambda: row(learner)["level"] == 3.5, 10, "it is set")
    assert row(learner)["evidence"] == [said["statement"]]
    learner.post("/xapi/statements", scored(2))
    wait_until(lambda: row(learner)["level"] < 3.5, 10, "it moves")
    assert learner.request("DELETE", f"{HERE}/{said['statement']}").status_code == 204
    wait_until(lambda: row(learner)["level"] < 2, 10, "it is withdrawn")


def test_a_self_assessment_moves_little_and_a_simulation_much(learner: Client) -> None:
    learner.post("/xapi/statements", [scored(2) for _ in range(4)])
    settle(learner)
    before = row(learner)["level"]
    say(learner, "self-assessment", 4)
    wait_until(lambda: len(levels(learner)) == 5, 10, "it counts")
    assert before <= row(learner)["level"] < before + 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_no_tool_can_say_it_itself(learner: Client, gate: Gate, kind: str) -> None:
    tool = with_scopes(learner, gate, "statements/write", "competencies/align")
    forged = scored(4, verb={"id": f"{VERBS}{kind}"}, authority=AUTHORITY,
                    object={"id": identifier("competencies", NEGOTIATION).urn},
                    result={"extensions": {LEVEL_EXTENSION: 4}})
    assert tool.post("/xapi/statements", forged).status_code == 200
    settle(learner)
    assert levels(learner) == []
    changes: tuple[dict[str, Any], ...] = ({"authorities": []}, {"enabled": False}, {"weight": 100})
    for change in changes:
        assert learner.put(f"/api/v1/alignments/{kind}", change).status_code == 400


@pytest.mark.parametrize(("changes", "pointer"), [
    ({"competency": "SA-99"}, "/competency"), ({"level": 5}, "/level"), ({"level": "3"}, "/level"),
    ({"kind": "praise"}, "/kind"), ({"note": ""}, "/note"), ({"more": 1}, "/more")])
def test_what_is_wrong_is_named(learner: Client, changes: dict[str, Any], pointer: str) -> None:
    assert pointer in str(say(learner, **{"status": 400, **changes}))


def test_of_who_has_no_identifier_nothing_can_be_said(learner: Client) -> None:
    add_person(learner, "wu", identifiers=[])
    answer = learner.post("/api/v1/people/wu/assertions", {"kind": "review", "competency": NEGOTIATION, "level": 2})
    assert (answer.status_code, "no identifier" in answer.text) == (400, True)


def test_only_what_was_recorded_of_the_person_can_be_withdrawn_once(learner: Client) -> None:
    add_person(learner, "wu")
    sent, said = scored(2), say(learner)["statement"]
    learner.post("/xapi/statements", sent)
    for path in (f"{HERE}/{sent['id']}", f"{HERE}/nonsense", f"/api/v1/people/wu/assertions/{said}"):
        assert learner.request("DELETE", path).status_code == 404
    assert learner.request("DELETE", f"{HERE}/{said}").status_code == 204
    assert learner.request("DELETE", f"{HERE}/{said}").status_code == 404
