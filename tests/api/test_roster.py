"""POST /api/v1/roster: a personnel department's list, tried and then taken."""

from typing import Any

from competencies.tables import CSV
from tests.conftest import Client

LIST = ("工号,姓名,部门,直属上级,岗位\n1001,王磊,华东,陈静,大客户销售\n100,陈静,华东,,\n1002,周婷,华东,100,新人\n"
        "1003,赵敏,华东,陈敬,新人\n")


def send(client: Client, text: str, **parameters: Any) -> Any:
    answer = client.request("POST", "/api/v1/roster", data=text.encode("gb18030"), params=parameters,
                            headers={"Content-Type": CSV})
    assert answer.status_code == 200, answer.text
    return answer.json()


def people(client: Client) -> dict[str, Any]:
    return {each["id"]: each for each in client.get("/api/v1/people").json()["people"]}


def test_a_dry_run_says_what_would_change_and_changes_nothing(client: Client) -> None:
    said = send(client, LIST, dry_run="true")
    assert (said["dry_run"], said["created"], said["changed"], said["unchanged"]) == (True, 3, 0, 0)
    assert [row["id"] for row in said["rows"]] == ["1001", "100", "1002"]
    assert said["bad"] == [{"row": 5, "column": "直属上级", "value": "陈敬",
                            "why": "nobody here or in the file has this number or name"}]
    assert people(client) == {}


def test_what_a_dry_run_says_is_what_the_import_does_and_a_second_time_nothing(client: Client) -> None:
    tried, done = send(client, LIST, dry_run="true"), send(client, LIST)
    assert done == {**tried, "dry_run": False}
    found = people(client)
    assert {key: (each["name"], each["manager"], each["role"]) for key, each in found.items()} == {
        "100": ("陈静", None, None), "1001": ("王磊", "100", "key-account"), "1002": ("周婷", "100", "newcomer")}
    again = send(client, LIST)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 3)
    assert people(client) == found


def test_an_import_that_turns_the_hierarchy_round_against_the_rest_of_the_store_reports_the_row(client: Client) -> None:
    send(client, "工号,姓名,部门,直属上级\n1,甲,U,\n2,乙,U,1\n3,丙,U,2\n")
    done = send(client, "工号,姓名,部门,直属上级\n1,甲,U,3\n")
    assert (done["changed"], [bad["row"] for bad in done["bad"]]) == (0, [2])
    assert people(client)["1"]["manager"] is None


def test_a_body_that_is_no_table_is_refused(client: Client) -> None:
    answer = client.post("/api/v1/roster", [])
    assert answer.status_code == 400
    assert "text/csv" in answer.json()["detail"]
