"""/api/v1/drafts and publishing: a store's own frameworks beside the built-in one, and what becomes of evidence."""

import copy
from typing import Any

import pytest

from competencies.outcomes import RUBRIC_EXTENSION
from tests.api.conftest import NEGOTIATION, add_person, levels, row, scored, settle
from tests.api.test_alignments import carried_out, place, put, talk
from tests.conftest import Client, wait_until

HERE = "/api/v1/drafts/SERVICE"
PACKAGE: dict[str, Any] = {
    "title": {"zh-CN": "客户服务能力框架", "en": "Service framework"},
    "competencies": [{"code": "SV-1", "name": {"zh-CN": "投诉处理", "en": "Handling complaints"}},
                     {"code": "SV-2", "name": {"en": "Patience"}}],
    "associations": [{"type": "isPartOf", "origin": "SV-2", "destination": "SV-1", "weight": 1.0}],
    "rubrics": [{"code": "RB-SV-1", "competency": "SV-1", "title": {"en": "Complaints"}, "criteria": [
        {"code": "listens", "name": {"en": "Listens"}, "weight": 0.5, "competencies": ["SV-2"]},
        {"code": "solves", "name": {"en": "Solves"}, "weight": 0.5}]}],
    "roles": [{"code": "service-desk", "name": {"en": "Service desk"}, "targets": [
        {"competency": "SV-1", "level": 3, "criticality": "critical"}, {"competency": NEGOTIATION, "level": 2}]}],
    "resources": [{"code": "complaints-drill", "kind": "simulation", "title": {"en": "Complaints drill"},
                   "language": "en", "address": "https://tools.example/complaints",
                   "activities": ["https://tools.example/complaints"], "minutes": 60,
                   "closes": [{"competency": "SV-1", "from": 1, "to": 3, "effect": 0.5}]}]}


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PACKAGE), **parts}


def publish(client: Client, package: dict[str, Any], dry_run: bool = False) -> Any:
    assert client.put(HERE, package).status_code in (200, 201)
    answer = client.request("POST", f"{HERE}/publish", params={"dry_run": str(dry_run).lower()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def complaint(level: float) -> dict[str, Any]:
    levels = {"rubric": "RB-SV-1", "levels": {"listens": level, "solves": level}}
    return scored(1, result={"extensions": {RUBRIC_EXTENSION: levels}})


def test_a_published_framework_is_what_people_are_measured_by(learner: Client, other: Client) -> None:
    learner.post("/xapi/statements", complaint(2))
    settle(learner)
    assert learner.get("/api/v1/coverage").json()["outcomes"] == {"unreadable": 1}
    tried = publish(learner, PACKAGE, dry_run=True)
    assert learner.get("/api/v1/competencies/SV-1").status_code == 404
    done = publish(learner, PACKAGE)
    assert {**tried, "dry_run": False, "at": done["at"]} == done
    assert (done["version"], done["added"], done["lost"]) == (1, ["SV-1", "SV-2"], [])
    carried_out(learner)
    assert learner.get("/api/v1/coverage").json()["outcomes"] == {"evidence": 1}, "what was there is read again"
    add_person(learner, role="service-desk")
    found = row(learner, "SV-1")
    assert (found["state"], levels(learner, "SV-1"), found["competency_zh"], found["explained_by"]) == (
        "below", [2.0], "投诉处理", ["SV-2"])
    plan = learner.get("/api/v1/people/li/plan", hours=8).json()
    assert plan["steps"][0]["resource"] == "complaints-drill"
    assert plan["steps"][0]["title"] == {"en": "Complaints drill"}
    shown = learner.get("/api/v1/competencies/SV-1").json()
    assert (shown["framework"], [each["code"] for each in shown["rubrics"]]) == ("SERVICE", ["RB-SV-1"])
    assert {each["code"] for each in learner.get("/api/v1/frameworks").json()["frameworks"]} == {"SALES", "SERVICE"}
    assert other.get("/api/v1/competencies/SV-1").status_code == 404
    put(learner, {"template": {"verb": "https://tools.example/verbs/ate"}, "outcome": {"kind": "scaled"},
                  "competencies": ["SV-2"]}, "/api/v1/alignments/talks")
    assert place(other.request("PUT", "/api/v1/alignments/talks", json={
        "template": {"verb": "https://x.example"}, "outcome": {"kind": "scaled"},
        "competencies": ["SV-2"]})) == "/competencies/0"


def test_what_replaces_a_competency_has_its_evidence_and_what_nothing_replaces_is_told(learner: Client) -> None:
    publish(learner, PACKAGE)
    add_person(learner, role="service-desk")
    put(learner, {"template": {"verb": "https://tools.example/verbs/ate"}, "outcome": {"kind": "scaled"},
                  "competencies": ["SV-1", "SV-2"]}, "/api/v1/alignments/talks")
    learner.post("/xapi/statements", [talk(0.5), talk(0.5)])
    wait_until(lambda: row(learner, "SV-1")["attempts"] == 2, 10, "it counts")
    renamed = changed(
        competencies=[{"code": "SV-9", "name": {"en": "Complaints"}}], rubrics=[], resources=[],
        associations=[{"type": "replacedBy", "origin": "SV-1", "destination": "SV-9"}],
        roles=[{"code": "desk", "name": {"en": "Desk"}, "targets": [{"competency": "SV-9", "level": 3}]}])
    done = publish(learner, renamed)
    assert (done["version"], done["added"], done["removed"]) == (2, ["SV-9"], ["SV-1", "SV-2"])
    assert done["carried"] == [{"origin": "SV-1", "destination": "SV-9", "type": "replacedBy", "evidence": 2}]
    assert done["lost"] == [{"competency": "SV-2", "evidence": 2}]
    assert (done["alignments"], done["roles"]) == (["talks"], [{"role": "service-desk", "people": 1}])
    add_person(learner, role="desk")
    assert (row(learner, "SV-9")["attempts"], levels(learner, "SV-9")) == (2, [2.0, 2.0])
    found = learner.get("/api/v1/people/li/proficiencies").json()["proficiencies"]
    assert [each["competency"] for each in found] == ["SV-9"]
    forgotten = publish(learner, {**renamed, "associations": []}, dry_run=True)
    assert forgotten["lost"] == [{"competency": "SV-1", "evidence": 2}, {"competency": "SV-2", "evidence": 2}]
    versions = learner.get("/api/v1/frameworks/SERVICE/versions").json()["versions"]
    assert [each["version"] for each in versions] == [2, 1]
    assert versions[0] == done


def test_an_exact_match_counts_both_ways(learner: Client) -> None:
    learner.post("/xapi/statements", [scored(3), complaint(1)])
    settle(learner)
    done = publish(learner, changed(associations=[
        {"type": "exactMatchOf", "origin": "SV-1", "destination": NEGOTIATION}]))
    assert {(each["origin"], each["destination"]): each["evidence"] for each in done["carried"]} == {
        ("SV-1", NEGOTIATION): 0, (NEGOTIATION, "SV-1"): 1}
    carried_out(learner)
    add_person(learner, role="service-desk")
    assert row(learner, "SV-1")["attempts"] == row(learner, NEGOTIATION)["attempts"] == 2
    assert row(learner, "SV-1")["level"] == row(learner, NEGOTIATION)["level"]


def test_drafts_change_by_etag_and_may_be_thrown_away(client: Client) -> None:
    first = client.put(HERE, PACKAGE)
    assert (first.status_code, first.json()["by"]) == (201, client.key)
    assert client.get(HERE).headers["ETag"] == first.headers["ETag"]
    second = client.request("PUT", HERE, json=PACKAGE, headers={"If-Match": first.headers["ETag"]})
    assert second.status_code == 200
    for method, path in (("PUT", HERE), ("DELETE", HERE), ("POST", f"{HERE}/publish")):
        body = {"json": PACKAGE} if method == "PUT" else {}
        answer = client.request(method, path, headers={"If-Match": first.headers["ETag"]}, **body)
        assert answer.status_code == 412, method
    assert client.request("PUT", HERE, json=PACKAGE, headers={"If-None-Match": "*"}).status_code == 412
    assert [each["code"] for each in client.get("/api/v1/drafts").json()["drafts"]] == ["SERVICE"]
    again = client.request("DELETE", HERE), client.put(HERE, PACKAGE)
    assert [answer.status_code for answer in again] == [204, 201]
    assert again[1].headers["ETag"] not in (first.headers["ETag"], second.headers["ETag"]), "another draft"
    assert client.request("DELETE", HERE).status_code == 204
    assert client.get(HERE).status_code == client.request("DELETE", HERE).status_code == 404
    assert client.request("POST", f"{HERE}/publish").status_code == 404
    assert client.get("/api/v1/frameworks/SERVICE/versions").status_code == 404
    assert place(client.put("/api/v1/drafts/SALES", PACKAGE)) == "/code"


def test_a_link_that_goes_is_told_with_the_evidence_that_counted_by_it(learner: Client) -> None:
    publish(learner, changed(associations=[{"type": "exactMatchOf", "origin": "SV-1", "destination": NEGOTIATION}]))
    learner.post("/xapi/statements", scored(3))
    settle(learner)
    add_person(learner, role="service-desk")
    assert row(learner, "SV-1")["attempts"] == 1
    done = publish(learner, PACKAGE)
    assert done["unlinked"] == [{"origin": NEGOTIATION, "destination": "SV-1", "type": "exactMatchOf", "evidence": 1}]
    assert row(learner, "SV-1")["state"] == "unproven"


def test_what_another_framework_refers_to_does_not_go(client: Client) -> None:
    publish(client, PACKAGE)
    other = {"title": {"en": "Other"}, "roles": [{"code": "desk-2", "name": {"en": "x"}, "targets": [
        {"competency": "SV-2", "level": 2}]}]}
    assert client.put("/api/v1/drafts/OTHER", other).status_code == 201
    assert client.request("POST", "/api/v1/drafts/OTHER/publish").status_code == 200
    without = changed(competencies=PACKAGE["competencies"][:1], associations=[], rubrics=[])
    assert client.put(HERE, without).status_code == 200
    answer = client.request("POST", f"{HERE}/publish")
    assert place(answer) == "/competencies"
    assert "OTHER" in answer.json()["detail"]


def test_who_has_a_role_that_went_may_still_be_changed(learner: Client) -> None:
    publish(learner, PACKAGE)
    add_person(learner, role="service-desk")
    publish(learner, changed(roles=[]))
    assert learner.post("/api/v1/people/li/identifiers", {"mbox": "mailto:li-2@example.com"}).status_code == 200


def one(part: str, **members: Any) -> dict[str, Any]:
    """The package with the first of a part changed."""
    found = changed()
    found[part][0] |= members
    return found


@pytest.mark.parametrize(("package", "pointer"), [
    (one("competencies", code="SA-1.1"), "/competencies/0/code"),
    (one("competencies", code="SV-2"), "/competencies/1/code"),
    (one("associations", origin="SV-7"), "/associations/0/origin"),
    (one("associations", type="precedes"), "/associations/0/weight"),
    (one("associations", destination="SV-2"), "/associations/0/destination"),
    (one("associations", type="replacedBy"), "/associations/0/origin"),
    (changed(associations=[{"type": "precedes", "origin": "SA-1.1", "destination": "SA-1.2"}]), "/associations/0"),
    (changed(associations=[{"type": "isChildOf", "origin": "SV-1", "destination": "SV-2"},
                           {"type": "isChildOf", "origin": "SV-2", "destination": "SV-1"}]), "/associations"),
    (one("rubrics", competency="SV-7"), "/rubrics/0/competency"),
    (one("rubrics", criteria=[{"code": "a", "name": {"en": "A"}, "weight": 0.4}]), "/rubrics/0/criteria"),
    (one("rubrics", criteria=[{"code": "a", "name": {"en": "A"}, "weight": 0.5}] * 2), "/rubrics/0/criteria"),
    (one("rubrics", criteria=[{"code": "a", "name": {"en": "A"}, "weight": 1, "competencies": ["X"]}]),
     "/rubrics/0/criteria/0/competencies/0"),
    (one("roles", code="newcomer"), "/roles/0/code"),
    (one("roles", targets=[{"competency": "SV-7", "level": 2}]), "/roles/0/targets/0/competency"),
    (one("competencies", rollup={"how": "required", "required": ["SV-1", "SV-7"]}),
     "/competencies/0/rollup/required/1"),
    (changed(associations=PACKAGE["associations"] * 2), "/associations/1"),
    (changed(associations=[{"type": "replacedBy", "origin": "SA-6.1.3", "destination": "SV-1"}]),
     "/associations/0/origin"),
    (one("roles", targets=[{"competency": "SV-1", "level": 2}] * 2), "/roles/0/targets/1/competency"),
    (changed(competencies=[{"code": f"SV-{number}", "name": {"en": "x"}} for number in range(40)],
             associations=[{"type": "exactMatchOf", "origin": f"SV-{number}", "destination": f"SV-{number + 1}"}
                           for number in range(39)], rubrics=[], roles=[], resources=[]), "/associations"),
    (one("resources", prerequisites=["nothing"]), "/resources/0/prerequisites/0"),
    (one("resources", prerequisites=["complaints-drill"]), "/resources"),
    (one("resources", closes=[{"competency": "SV-1", "from": 3, "to": 2, "effect": 1}]), "/resources/0/closes/0/to"),
])
def test_a_draft_that_does_not_hold_together_is_kept_and_not_published(client: Client, package: dict[str, Any],
                                                                      pointer: str) -> None:
    assert client.put(HERE, package).status_code == 201
    answer = client.request("POST", f"{HERE}/publish")
    assert answer.status_code == 400
    assert place(answer) == pointer
    assert client.get("/api/v1/competencies/SV-1").status_code == 404


@pytest.mark.parametrize(("package", "pointer"), [
    (one("competencies", code="S V"), "/competencies/0/code"), (one("competencies", name={}), "/competencies/0/name"),
    (one("roles", targets=[]), "/roles/0/targets"), (one("resources", minutes="90"), "/resources/0/minutes"),
    (one("resources", address="javascript:alert(1)"), "/resources/0/address"), (changed(title=None), "/title"),
    ({**PACKAGE, "scale": []}, "/scale"),
])
def test_a_draft_of_another_shape_is_refused_with_the_place(client: Client, package: dict[str, Any],
                                                            pointer: str) -> None:
    answer = client.put(HERE, package)
    assert answer.status_code == 400
    assert place(answer) == pointer
