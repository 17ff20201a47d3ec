"""/api/v1/alignments and profiles: a store says itself which statements prove what, and all that is there follows."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from competencies.tables import CSV
from lrs.access import Gate
from tests.api.conftest import NEGOTIATION, levels, row, scored, settle
from tests.conftest import Client, new_credential, wait_until

TALK = "https://tools.example/talks/1"
ATE = "https://tools.example/verbs/ate"
TALKS: dict[str, Any] = {"template": {"verb": ATE}, "activities": ["https://tools.example/talks/*"],
                         "outcome": {"kind": "scaled"}, "competencies": [NEGOTIATION], "weight": 0.5, "ceiling": 4}
HERE = "/api/v1/alignments/talks"


def talk(scaled: float, activity: str = TALK, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": ATE},
            "object": {"id": activity}, "result": {"score": {"scaled": scaled}}, **changes}


def put(client: Client, body: dict[str, Any], path: str = HERE, status: int = 201, **headers: str) -> Any:
    answer = client.request("PUT", path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


def place(refused: Any) -> Any:
    said = refused.json()
    return said["pointer"] if "pointer" in said else said["errors"][0]["pointer"]


def carried_out(client: Client) -> dict[str, Any]:
    """Once nothing is pending, how far it has come."""
    def done() -> Any:
        found = client.get("/api/v1/alignments").json()["realignment"]
        return not found["pending"] and found
    found: dict[str, Any] = wait_until(done, 20, "the edit is carried out")
    return found


def test_an_alignment_of_a_stores_own_makes_evidence_of_what_is_there_and_of_what_comes(learner: Client) -> None:
    learner.post("/xapi/statements", [talk(0.5), talk(1, "https://tools.example/walks/1")])
    settle(learner)
    assert row(learner)["state"] == "unproven"
    answer = put(learner, TALKS)
    assert answer.headers["Location"].endswith(HERE)
    assert (answer.json()["outcome"]["points"][0], answer.json()["origin"]) == ([0.0, 1.0], "own")
    wait_until(lambda: row(learner)["attempts"] == 1, 10, "what is there counts")
    learner.post("/xapi/statements", talk(0.5))
    wait_until(lambda: row(learner)["attempts"] == 2, 10, "what comes counts")
    assert levels(learner) == [2.0, 2.0]


def test_editing_and_removing_one_moves_what_rests_on_it_and_a_built_in_stands_again(learner: Client) -> None:
    put(learner, TALKS)
    learner.post("/xapi/statements", [talk(0.5), scored(3)])
    wait_until(lambda: row(learner)["attempts"] == 2, 10, "both count")
    put(learner, {**TALKS, "competencies": ["SA-6.1.1"]}, status=200)
    wait_until(lambda: row(learner)["attempts"] == 1, 10, "one counts elsewhere")
    put(learner, {"enabled": False}, "/api/v1/alignments/rubric-levels")
    wait_until(lambda: row(learner)["state"] == "unproven", 10, "the built-in one is switched off")
    assert learner.request("DELETE", "/api/v1/alignments/rubric-levels").status_code == 204
    wait_until(lambda: levels(learner) == [3.0], 10, "it stands again")
    assert learner.request("DELETE", HERE).status_code == 204
    carried_out(learner)
    assert learner.get("/api/v1/coverage").json()["outcomes"] == {"evidence": 1, "unmatched": 1}
    assert learner.get(HERE).status_code == 404
    assert learner.request("DELETE", HERE).status_code == 404


def test_a_preview_says_what_the_edit_then_does(learner: Client) -> None:
    learner.post("/xapi/statements", [talk(0.8), talk(0.8), scored(2), talk(1, actor={"mbox": "mailto:x@example.com"})])
    settle(learner)
    before = row(learner)
    answer = learner.post(f"{HERE}/preview", TALKS)
    said = answer.json()
    assert answer.status_code == 200
    assert {name: said[name] for name in ("statements", "examined", "added", "removed", "changed", "unknown_actors",
                                          "moving")} == {"statements": 3, "examined": 3, "added": 3, "removed": 0,
                                                         "changed": 0, "unknown_actors": 1, "moving": 1}
    assert row(learner)["attempts"] == 1
    assert learner.get(HERE).status_code == 404
    put(learner, TALKS)
    wait_until(lambda: row(learner)["attempts"] == 3, 10, "it is carried out")
    assert said["estimates"] == [{"person": "li", "name": "Li", "competency": NEGOTIATION, "before": before["level"],
                                  "after": row(learner)["level"]}]
    off = learner.post(f"{HERE}/preview", {**TALKS, "enabled": False}).json()
    assert (off["removed"], off["estimates"][0]["after"]) == (3, before["level"])


def test_who_changes_what_another_changed_meanwhile_is_told(learner: Client) -> None:
    first = put(learner, TALKS).headers["ETag"]
    assert learner.get(HERE).headers["ETag"] == first
    second = put(learner, {**TALKS, "weight": 0.2}, status=200, **{"If-Match": first}).headers["ETag"]
    assert second != first
    put(learner, TALKS, status=412, **{"If-Match": first})
    put(learner, TALKS, status=412, **{"If-None-Match": "*"})
    assert learner.request("DELETE", HERE, headers={"If-Match": first}).status_code == 412
    assert learner.get(HERE).json()["weight"] == 0.2


@pytest.mark.parametrize(("changes", "pointer"), [
    ({"template": {"verb": 3}}, "/template/verb"),
    ({"template": {"wherb": ATE}}, "/template/wherb"),
    ({"template": {"verb": ATE, "rules": [{"location": "$..x", "presence": "excluded"}]}},
     "/template/rules/0/location"),
    ({"template": {"verb": ATE, "rules": [{"location": "$.x"}]}}, "/template/rules/0"),
    ({"template": {"verb": ATE, "rules": [{"location": "$.x", "any": "y"}]}}, "/template/rules/0/any"),
    ({"template": {}, "activities": []}, "/template"),
    ({"template": "https://profiles.example/none"}, "/template"),
    ({"activities": ["*"]}, "/activities/0"),
    ({"outcome": {"kind": "magic"}}, "/outcome/kind"),
    ({"outcome": {"kind": "scaled", "target": 3}}, "/outcome/target"),
    ({"outcome": {"kind": "scaled", "points": [[0, 1], [0, 4]]}}, "/outcome/points/1/0"),
    ({"outcome": {"kind": "scaled", "points": [[0, 1], [1, 9]]}}, "/outcome/points/1/1"),
    ({"outcome": {"kind": "duration"}}, "/outcome/target"),
    ({"outcome": {"kind": "count", "target": 3, "path": "$["}}, "/outcome/path"),
    ({"outcome": {"kind": "completion"}}, "/weight"),
    ({"outcome": {"kind": "rubric"}}, "/competencies"),
    ({"competencies": ["SA-9.9.9"]}, "/competencies/0"),
    ({"competencies": []}, "/competencies"),
    ({"weight": 2}, "/weight"),
    ({"authorities": [{"mbox": "li@example.com"}]}, "/authorities/0/mbox"),
    ({"template": {"verb": "no IRI"}}, "/template/verb"),
    ({"template": {"verb": ATE, "rules": [{"location": "$.x", "any": [{"a": 1}]}]}}, "/template/rules/0/any/0"),
    ({"template": {"verb": ATE, "rules": [{"location": "$.x", "any": [2**64 - 1]}]}}, "/template/rules/0/any/0"),
    ({"template": {"verb": ATE, "rules": [{"location": "$" + ".x" * 300, "any": [1]}]}}, "/template/rules/0/location"),
    ({"outcome": {"kind": "count", "target": 1, "path": f"$[{'9' * 400}]"}}, "/outcome/path"),
    ({"outcome": {"kind": "scaled", "a/b": 1}}, "/outcome/a~1b"),
    ({"weight": "0.5"}, "/weight"), ({"enabled": 0}, "/enabled"), ({"title": {"": "x"}}, "/title//key"),
])
def test_an_alignment_that_makes_no_sense_is_refused_with_the_place(client: Client, changes: dict[str, Any],
                                                                   pointer: str) -> None:
    answer = client.request("PUT", HERE, json={**TALKS, **changes})
    assert answer.status_code == 400
    assert place(answer) == pointer


def test_one_that_makes_too_much_of_a_statement_is_counted_and_holds_nothing_up(learner: Client) -> None:
    codes = [each["code"] for each in learner.get("/api/v1/competencies").json()["competencies"]]
    put(learner, {**TALKS, "competencies": codes[:50]})
    for number in range(2):
        put(learner, {**TALKS, "competencies": codes[:50]}, f"{HERE}-{number}")
    learner.post("/xapi/statements", [talk(1), scored(3)])
    wait_until(lambda: learner.get("/api/v1/coverage").json()["outcomes"] == {"failed": 1, "evidence": 1}, 10,
               "it is counted")
    assert learner.request("DELETE", HERE).status_code == 204
    wait_until(lambda: learner.get("/api/v1/coverage").json()["outcomes"] == {"evidence": 2}, 10, "it is read again")


def test_a_duration_without_end_is_unreadable_and_leaves_what_others_read(learner: Client) -> None:
    put(learner, {**TALKS, "outcome": {"kind": "duration", "target": 60}})
    put(learner, {**TALKS, "outcome": {"kind": "success"}, "competencies": ["SA-6.1.1"]}, f"{HERE}-2")
    endless = talk(1, result={"success": True, "duration": "P99999999999999D"})
    assert learner.post("/api/v1/explain", endless).status_code == 200
    learner.post("/xapi/statements", endless)
    wait_until(lambda: row(learner, "SA-6.1.1")["attempts"] == 1, 10, "the other one reads it")
    assert row(learner)["attempts"] == 0


def test_a_preview_tells_of_people_only_who_may_read_them(learner: Client, gate: Gate) -> None:
    learner.post("/xapi/statements", talk(1))
    settle(learner)
    key, secret = new_credential(gate, learner.store, scopes=("frameworks/write",))
    said = replace(learner, key=key, secret=secret).post(f"{HERE}/preview", TALKS).json()
    assert (said["moving"], said["estimates"]) == (1, [])


def test_a_built_in_one_may_be_named_by_if_match(client: Client) -> None:
    shown = client.get("/api/v1/alignments/cmi5")
    put(client, {"enabled": False}, "/api/v1/alignments/cmi5", 201, **{"If-Match": shown.headers["ETag"]})
    put(client, {"enabled": False}, "/api/v1/alignments/cmi5", 412, **{"If-Match": shown.headers["ETag"]})


def test_only_trusted_authorities_count(learner: Client) -> None:
    learner.post("/xapi/statements", talk(1))
    settle(learner)
    put(learner, {**TALKS, "authorities": [{"mbox": "mailto:nobody@example.com"}]})
    carried_out(learner)
    assert row(learner)["state"] == "unproven"
    authority = learner.statements()[0]["authority"]
    shown = put(learner, {**TALKS, "authorities": [authority]}, status=200).json()["authorities"]
    assert shown == [{"account": authority["account"], "objectType": "Agent"}]
    wait_until(lambda: row(learner)["attempts"] == 1, 10, "its own authority is trusted")


def test_one_store_aligns_nothing_of_another(learner: Client, other: Client) -> None:
    learner.post("/xapi/statements", talk(1))
    settle(learner)
    put(other, TALKS)
    carried_out(other)
    assert learner.get(HERE).status_code == 404
    assert row(learner)["state"] == "unproven"


LIST = f"""活动,动词,能力,权重,上限
https://tools.example/talks/*,{ATE},{NEGOTIATION},0.5,4
https://tools.example/walks/7,completed,SA-6.1.1,,
https://tools.example/walks/8,completed,SA-0.0.0,,
https://tools.example/walks/9,,SA-6.1.1,viel,
nowhere,,SA-6.1.1,,
https://tools.example/walks/10,pas sed,SA-6.1.1,0_1,
https://tools.example/walks/7,completed,SA-6.1.1,0.9,
"""


def send(client: Client, text: str, **parameters: Any) -> Any:
    answer = client.request("POST", "/api/v1/alignments", data=text.encode("gb18030"), params=parameters,
                            headers={"Content-Type": CSV})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_list_of_activities_is_tried_and_then_taken_and_a_second_time_changes_nothing(learner: Client) -> None:
    learner.post("/xapi/statements", talk(0.5))
    settle(learner)
    tried = send(learner, LIST, dry_run="true")
    assert (tried["created"], tried["changed"], tried["unchanged"]) == (2, 0, 0)
    assert [(bad["row"], bad["column"]) for bad in tried["bad"]] == [
        (4, "能力"), (5, "权重"), (6, "活动"), (7, "动词"), (8, "活动")]
    assert row(learner)["state"] == "unproven"
    assert send(learner, LIST) == {**tried, "dry_run": False}
    wait_until(lambda: levels(learner) == [2.0], 10, "it counts")
    version = carried_out(learner)["version"]
    again = send(learner, LIST)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert carried_out(learner)["version"] == version
    assert send(learner, LIST.replace("0.5,4", "0.6,4"))["changed"] == 1


PROFILE: dict[str, Any] = {
    "@context": "https://w3id.org/xapi/profiles/context", "id": "https://profiles.example/talks", "type": "Profile",
    "prefLabel": {"en": "Talks"}, "versions": [{"id": "https://profiles.example/talks/v1"}], "concepts": [],
    "templates": [
        {"id": "https://profiles.example/talks#held", "type": "StatementTemplate", "inScheme": "https://profiles.example/v1",
         "prefLabel": {"en": "Held"}, "definition": {"en": "A talk was held"}, "verb": ATE,
         "rules": [{"location": "$.result.score.scaled", "presence": "included", "scopeNote": {"en": "its score"}}]},
        {"id": "https://profiles.example/talks#refers", "type": "StatementTemplate", "verb": ATE,
         "objectStatementRefTemplate": ["https://profiles.example/talks#held"]},
        {"id": "https://profiles.example/talks#odd", "type": "StatementTemplate",
         "rules": [{"location": "$..score", "presence": "included"}]}]}


def test_the_templates_of_an_imported_profile_are_used_by_their_ids(learner: Client) -> None:
    answer = learner.post("/api/v1/profiles", PROFILE)
    assert answer.status_code == 201
    found = {each["id"].partition("#")[2]: each["why"] for each in answer.json()["templates"]}
    assert found["held"] is None
    assert found["refers"].startswith("objectStatementRefTemplate")
    assert found["odd"].startswith("/rules/0/location")
    assert learner.post("/api/v1/profiles", PROFILE).status_code == 200
    assert len(learner.get("/api/v1/profiles").json()["profiles"]) == 1
    shown = put(learner, {**TALKS, "template": "https://profiles.example/talks#held"}).json()["template"]
    assert shown == {"verb": ATE, "rules": [{"location": "$.result.score.scaled", "presence": "included"}]}
    refused = learner.request("PUT", HERE, json={**TALKS, "template": "https://profiles.example/talks#refers"})
    assert place(refused) == "/template"
    learner.post("/xapi/statements", [talk(1), talk(1, result={"success": True})])
    wait_until(lambda: row(learner)["attempts"] == 1, 10, "the one with a score counts")


@pytest.mark.parametrize(("document", "pointer"), [
    ([], ""), ({"id": "x"}, "/type"), ({"type": "Profile"}, "/id"),
    ({"type": "Profile", "id": "https://p.example", "templates": 3}, "/templates"),
    ({"type": "Profile", "id": "https://p.example", "templates": [{"id": "x"}]}, "/templates/0"),
])
def test_what_is_no_profile_is_refused_with_the_place(client: Client, document: Any, pointer: str) -> None:
    answer = client.post("/api/v1/profiles", document)
    assert answer.status_code == 400
    assert place(answer) == pointer


def test_coverage_suggests_what_to_align_and_the_suggestion_works(learner: Client) -> None:
    ran = talk(1, verb={"id": "https://tools.example/verbs/ran"}, result={})
    learner.post("/xapi/statements", [talk(0.8), talk(0.8), ran])
    settle(learner)
    first, second = learner.get("/api/v1/coverage").json()["suggestions"]
    assert (first["verb"], first["type"], first["statements"], first["activities"]) == (ATE, None, 2, [TALK])
    assert first["alignment"]["outcome"] == {"kind": "scaled"}
    assert second["alignment"]["outcome"] == {"kind": "completion"}
    put(learner, {**first["alignment"], "competencies": [NEGOTIATION]})
    wait_until(lambda: levels(learner) == [3.0, 3.0], 10, "it counts")
    assert [each["verb"] for each in learner.get("/api/v1/coverage").json()["suggestions"]] == [second["verb"]]


def test_explain_goes_by_the_stores_own(learner: Client) -> None:
    put(learner, TALKS)
    put(learner, {"enabled": False}, "/api/v1/alignments/completion")
    said = learner.post("/api/v1/explain", talk(0.5)).json()
    assert [(each["alignment"], each["level"]) for each in said["evidence"]] == [("talks", 2.0)]
    assert "completion" not in {each["alignment"] for each in said["alignments"]}
    elsewhere = learner.post("/api/v1/explain", talk(0.5, "https://tools.example/walks/1")).json()
    talks = next(each for each in elsewhere["alignments"] if each["alignment"] == "talks")
    assert [each["path"] for each in talks["failed"]] == ["$.object.id"]
