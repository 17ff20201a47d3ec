"""/api/v1/people and units: identifiers and positions with dates, claims, merges, splits, the tree of units."""

from hashlib import sha1
from typing import Any

import pytest

from tests.api.conftest import add_person, row, scored, settle
from tests.conftest import Client

ACCOUNT = {"objectType": "Agent", "account": {"homePage": "https://simulator.sales.example", "name": "17"}}
SPRING = "2026-03-01T00:00:00.000000Z"


def change(client: Client, path: str, body: Any, status: int = 200) -> Any:
    answer = client.post(f"/api/v1/people/{path}", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 400, answer.text
    return answer.json()["pointer"], answer.json()["detail"]


def attempts(client: Client, person: str, **parameters: Any) -> int:
    return int(row(client, person=person, **parameters)["attempts"])


def test_an_identifier_that_changes_hands_counts_for_whose_it_was(learner: Client) -> None:
    add_person(learner, "li", identifiers=[{**ACCOUNT, "until": SPRING}])
    add_person(learner, "wu", identifiers=[{**ACCOUNT, "since": SPRING}])
    learner.post("/xapi/statements", [
        {**scored(2, timestamp="2026-02-28T23:59:59Z"), "actor": ACCOUNT},
        {**scored(4, timestamp=SPRING), "actor": ACCOUNT},
        {**scored(4, timestamp="2026-04-01T10:00:00Z"), "actor": ACCOUNT}])
    settle(learner)
    assert (attempts(learner, "li"), attempts(learner, "wu")) == (1, 2)
    assert learner.get("/api/v1/coverage").json()["unknown_actors"] == 0
    shown = learner.get("/api/v1/people/wu").json()
    assert shown["identifiers"] == [{**ACCOUNT, "since": SPRING}]
    assert learner.put("/api/v1/people/wu", shown).json() == shown
    overlapping = learner.put("/api/v1/people/wu", {**shown, "identifiers": [ACCOUNT]})
    assert refused(overlapping) == ("/identifiers/0", "li has this one")
    twice = [{**ACCOUNT, "since": SPRING}, {**ACCOUNT, "since": "2026-05-01"}]
    assert refused(learner.put("/api/v1/people/wu", {**shown, "identifiers": twice}))[0] == "/identifiers/1"
    ends = [{**ACCOUNT, "since": SPRING, "until": SPRING}]
    assert refused(learner.put("/api/v1/people/wu", {**shown, "identifiers": ends}))[0] == "/identifiers/0/until"


def test_a_date_means_its_beginning_where_the_store_is(client: Client) -> None:
    client.store.modify(set__time_zone="Asia/Shanghai")
    add_person(client, identifiers=[{**ACCOUNT, "since": "2026-03-01"}])
    assert client.get("/api/v1/people/li").json()["identifiers"][0]["since"] == "2026-02-28T16:00:00.000000Z"


def test_gaps_are_those_of_the_role_unit_and_manager_of_the_time(client: Client) -> None:
    add_person(client, "chen")
    add_person(client, "zhang", role="newcomer")
    add_person(client, "zhang", role="key-account", unit="West", manager="chen", since=SPRING)
    held = client.get("/api/v1/people/zhang").json()["positions"]
    assert held == [{"since": None, "unit": "East", "role": "newcomer", "manager": None},
                    {"since": SPRING, "unit": "West", "role": "key-account", "manager": "chen"}]

    def rows(**parameters: Any) -> set[tuple[str, str, str | None]]:
        found = client.get("/api/v1/gaps", **parameters).json()["gaps"]
        return {(each["unit"], each["role"], each["manager"]) for each in found if each["person"] == "zhang"}

    assert rows() == rows(unit="West") == rows(manager="chen") == {("West", "key-account", "chen")}
    assert rows(unit="East") == set()
    assert rows(as_of="2026-02-01") == rows(as_of="2026-02-01", unit="East") == {("East", "newcomer", None)}
    assert rows(as_of="2026-02-01", manager="chen") == set()


def test_positions_are_put_right_and_none_is_of_the_future(client: Client) -> None:
    add_person(client, "li", since="2026-02-01", role="newcomer")
    assert client.get("/api/v1/gaps", as_of="2026-01-01").json()["gaps"] == []
    shown = client.get("/api/v1/people/li").json()
    assert client.put("/api/v1/people/li", shown).json() == shown
    for changes, pointer in (({"since": "2099-01-01"}, "/since"), ({"since": "2026-01-01", "unit": "W"}, "/since"),
                             ({"since": "yesterday"}, "/since"),
                             ({"positions": [{"since": "2099-01-01", "unit": "W"}]}, "/positions/0/since"),
                             ({"positions": [{"since": SPRING, "unit": "W"}, {"since": SPRING, "unit": "E"}]},
                              "/positions/1/since")):
        assert refused(client.put("/api/v1/people/li", {**shown, **changes}))[0] == pointer
    right = [{"since": None, "unit": "North", "role": None, "manager": None}, *shown["positions"]]
    assert client.put("/api/v1/people/li", {**shown, "positions": right}).json()["positions"] == right
    change = {"positions": None, "role": None, "since": "2026-02-01"}
    corrected = client.put("/api/v1/people/li", {**shown, **change}).json()
    assert corrected["positions"][-1]["role"] is None
    assert len(corrected["positions"]) == 2


def test_claiming_an_unknown_actor_counts_its_past_and_leaves_a_trace(learner: Client) -> None:
    called = [ACCOUNT, {**ACCOUNT, "name": "Li"}]
    learner.post("/xapi/statements", [{**scored(3), "actor": {**each, "name": "Li"}} for each in called])
    settle(learner)
    (unknown,) = learner.get("/api/v1/coverage").json()["most_frequent"]
    assert (unknown["statements"], [each["person"] for each in unknown["suggestions"]]) == (2, ["li"])
    claimed = change(learner, "li/identifiers", ACCOUNT)
    assert claimed["identifiers"] == [{"objectType": "Agent", "mbox": "mailto:li@example.com"}, ACCOUNT]
    assert attempts(learner, "li") == 2
    assert learner.get("/api/v1/coverage").json()["most_frequent"] == []
    history = learner.get("/api/v1/people/li/history").json()["changes"]
    assert [(each["kind"], each["by"]) for each in history] == [("claimed", learner.key), ("created", learner.key)]
    assert change(learner, "li/identifiers", ACCOUNT) == claimed
    assert len(learner.get("/api/v1/people/li/history").json()["changes"]) == 2, "a second time changes nothing"
    add_person(learner, "wu")
    assert refused(learner.post("/api/v1/people/wu/identifiers", ACCOUNT)) == ("", "li has this one")
    assert refused(learner.post("/api/v1/people/wu/identifiers", {"mbox": "x"}))[0] == "/mbox"
    assert refused(learner.post("/api/v1/people/wu/identifiers", []))[0] == ""
    assert learner.post("/api/v1/people/nobody/identifiers", ACCOUNT).status_code == 404


def state(client: Client) -> Any:
    """Everybody as they stand now, and the two gaps."""
    people = client.get("/api/v1/people").json()["people"]
    return [{name: value for name, value in each.items() if name != "positions"} for each in people], [
        row(client, person=each, as_of="2099-01-01") for each in ("li", "li-2")]


def test_two_that_are_one_are_merged_and_split_again_and_nothing_is_lost(learner: Client) -> None:
    add_person(learner, "li-2", login="li@idp", identifiers=[ACCOUNT])
    add_person(learner, "wu", manager="li-2")
    learner.post("/xapi/statements", [scored(2), {**scored(4), "actor": ACCOUNT}])
    settle(learner)
    before = state(learner)
    merged = change(learner, "li/merge", {"person": "li-2"})
    assert (merged["login"], len(merged["identifiers"]), attempts(learner, "li")) == ("li@idp", 2, 2)
    assert learner.get("/api/v1/people/li-2").status_code == 404
    assert learner.get("/api/v1/people/wu").json()["manager"] == "li"
    (trace, *_) = learner.get("/api/v1/people/li-2/history").json()["changes"]
    assert (trace["kind"], trace["person"], trace["other"]) == ("merged", "li", "li-2")
    gone = next(each for each in trace["changes"] if each["person"] == "li-2")
    assert (gone["before"]["identifiers"], gone["after"]) == ([ACCOUNT], None)
    alone = {**merged, "login": None, "identifiers": merged["identifiers"]}
    assert learner.put("/api/v1/people/li", alone).status_code == 200
    body = {name: value for name, value in gone["before"].items() if name != "id"} | {"id": "li-2"}
    change(learner, "li/split", body, 201)
    learner.put("/api/v1/people/wu", {**learner.get("/api/v1/people/wu").json(), "manager": "li-2"})
    assert attempts(learner, "li") == attempts(learner, "li-2") == 1
    assert state(learner) == before
    assert refused(learner.post("/api/v1/people/li/merge", {"person": "li"}))[0] == "/person"
    assert refused(learner.post("/api/v1/people/li/merge", {"person": "nobody"}))[0] == "/person"
    assert refused(learner.post("/api/v1/people/wu/merge", {"person": "li-2"}))[0] == "/person"
    stranger = {"name": "X", "unit": "E", "identifiers": [{"mbox": "mailto:x@example.com"}]}
    assert refused(learner.post("/api/v1/people/li/split", stranger))[0] == "/identifiers/0"
    assert refused(learner.post("/api/v1/people/li/split", {**stranger, "identifiers": []}))[0] == "/identifiers"
    assert refused(learner.post("/api/v1/people/li/split", {**body, "id": "wu"}))[0] == "/id"


def test_units_are_a_tree_and_a_filter_takes_in_those_below(client: Client) -> None:
    add_person(client, "li", unit="East")
    add_person(client, "wu", unit="East 1")
    add_person(client, "zhao", unit="West")
    assert client.put("/api/v1/units/Sales", {"parent": None}).json() == {"unit": "Sales", "parent": None}
    for unit, parent in (("East", "Sales"), ("East 1", "East"), ("A/B", "West")):
        assert client.put(f"/api/v1/units/{unit}", {"parent": parent}).status_code == 200
    assert [(each["unit"], each["parent"], each["people"]) for each in client.get("/api/v1/units").json()["units"]] == [
        ("A/B", "West", 0), ("East", "Sales", 1), ("East 1", "East", 1), ("Sales", None, 0), ("West", None, 1)]
    for unit, below in (("Sales", {"li", "wu"}), ("East", {"li", "wu"}), ("East 1", {"wu"}), ("West", {"zhao"})):
        assert {each["id"] for each in client.get("/api/v1/people", unit=unit).json()["people"]} == below
        assert {each["person"] for each in client.get("/api/v1/gaps", unit=unit).json()["gaps"]} == below
    assert refused(client.put("/api/v1/units/Sales", {"parent": "East 1"}))[0] == "/parent"
    assert refused(client.put("/api/v1/units/Sales", {"parent": "Nowhere"}))[0] == "/parent"
    for unit in ("East", "Sales", "West"):
        assert client.request("DELETE", f"/api/v1/units/{unit}").status_code == 400
    assert client.request("DELETE", "/api/v1/units/A/B").status_code == 204
    assert client.request("DELETE", "/api/v1/units/A/B").status_code == 404


@pytest.mark.parametrize(("actor", "why"), [
    ({"mbox_sha1sum": sha1(b"mailto:wei.zhang@yuanhang.example", usedforsecurity=False).hexdigest()}, "SHA-1"),
    ({"mbox": "mailto:1004@games.example"}, "mailbox begins"),
    ({"mbox": "mailto:Wei.Zhang@other.example"}, "mailbox begins"),
    ({"account": {"homePage": "https://t.example", "name": "wei.zhang@yuanhang.example"}}, "as their mailbox is"),
    ({"account": {"homePage": "https://t.example", "name": "zw"}}, "id, login"),
    ({"openid": "https://openid.example/1004"}, "ends as"),
    ({"mbox": "mailto:guest@games.example", "name": "张伟"}, "by their name"),
    ({"mbox": "mailto:guest@games.example", "name": "王磊"}, ""),
    ({"mbox": "mailto:guest@games.example"}, ""),
])
def test_unknown_actors_come_with_who_they_could_be_and_why(learner: Client, actor: dict[str, Any], why: str) -> None:
    mailbox = {"mbox": "mailto:wei.zhang@yuanhang.example"}
    add_person(learner, "1004", name="张伟", login="zw@idp", identifiers=[mailbox])
    for twin in ("1005", "1006"):  # a name that two have tells neither
        add_person(learner, twin, name="王磊", identifiers=[])
    learner.post("/xapi/statements", {**scored(3), "actor": actor})
    settle(learner)
    (found,) = learner.get("/api/v1/coverage").json()["most_frequent"]
    assert [each["person"] for each in found["suggestions"]] == (["1004"] if why else [])
    assert all(why in each["why"] for each in found["suggestions"])



@pytest.mark.parametrize("member", [{"since": "0001-01-01"}, {"positions": [{"since": "0001-01-01", "unit": "E"}]},
                                    {"identifiers": [{**ACCOUNT, "since": "0001-01-01"}]}])
def test_a_moment_before_all_years_is_refused_and_breaks_nothing(client: Client, member: dict[str, Any]) -> None:
    client.store.modify(set__time_zone="Asia/Shanghai")
    answer = client.put("/api/v1/people/li", {"name": "Li", "unit": "E", **member})
    assert refused(answer)[0].endswith("/since")
    assert client.get("/api/v1/people").json()["people"] == []


def test_a_split_moves_the_span_that_is_listed(client: Client) -> None:
    add_person(client, "li", identifiers=[{**ACCOUNT, "until": SPRING}, {**ACCOUNT, "since": SPRING}])
    listed = [{**ACCOUNT, "since": SPRING}]
    change(client, "li/split", {"id": "wu", "name": "Wu", "unit": "E", "identifiers": listed}, 201)
    assert client.get("/api/v1/people/li").json()["identifiers"] == [{**ACCOUNT, "until": SPRING}]
    assert client.get("/api/v1/people/wu").json()["identifiers"] == [{**ACCOUNT, "since": SPRING}]


def test_what_was_done_outside_of_all_spans_is_an_unknown_actors(learner: Client) -> None:
    add_person(learner, "li", identifiers=[{**ACCOUNT, "until": SPRING}])
    learner.post("/xapi/statements", [{**scored(2, timestamp=moment), "actor": ACCOUNT}
                                      for moment in ("2026-02-01T10:00:00Z", "2026-04-01T10:00:00Z")])
    settle(learner)
    (unknown,) = learner.get("/api/v1/coverage").json()["most_frequent"]
    assert (unknown["actor"], unknown["statements"]) == ("account|https://simulator.sales.example|17", 1)


def test_a_merged_managers_reports_of_the_past_are_the_others_too(client: Client) -> None:
    for person in ("chen", "chen-2"):
        add_person(client, person)
    add_person(client, "li", manager="chen-2", since="2026-01-01")
    add_person(client, "li", manager=None, since=SPRING)
    change(client, "chen/merge", {"person": "chen-2"})
    rows = client.get("/api/v1/gaps", manager="chen", as_of="2026-02-01").json()["gaps"]
    assert {row["person"] for row in rows} == {"li"}
    assert client.get("/api/v1/gaps", manager="chen").json()["gaps"] == []


@pytest.mark.parametrize("unit", ["/East", "A//B", "A\nB", "", "x" * 201])
def test_a_units_name_can_stand_in_a_path(client: Client, unit: str) -> None:
    assert refused_place(client.put("/api/v1/people/li", {"name": "Li", "unit": unit})) == "/unit"


def refused_place(answer: Any) -> Any:
    assert answer.status_code == 400
    return answer.json()["errors"][0]["pointer"]
