"""The demo's story: what is planted in it shows through the API, and on its screen."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.clients.conftest import HERE
from tests.conftest import wait_until
from tests.flow.conftest import Installation
from waymark.demo.story import SHOWN, people
from waymark.demo.tools import TOOLS, statements

NEGOTIATION, PRODUCT = "SA-6.1.3", "SA-6.1.2"
ABOUT = {"course platform": 640, "cmi5": 580, "simulator": 190, "crm sandbox": 1250, "quiz tool": 960, "checklist": 96,
         "video": 700}
EXPLAINED = {  # by verb, by which alignments 王磊's latest statement of each tool is evidence
    "course platform": ("completed", {"scored-activity"}), "cmi5": ("failed", {"cmi5"}),
    "simulator": ("scored", {"rubric-levels"}), "quiz tool": ("answered", {"quiz-question"}),
    "crm sandbox": ("scored", {"crm-exercise-score", "names-a-competency"}),
    "checklist": ("scored", {"rubric-levels"}), "video": ("played", set())}
BY_NODE = ("cmi5", "simulator", "quiz tool")


def test_each_planted_truth_shows_through_the_api(node: str, installation: Installation) -> None:
    installation.start("demo", "--node-modules", str(HERE / "node_modules"))
    wait_until(lambda: "curl -u" in installation.log.read_text(), 120, installation.log.read_text())
    screen, coverage = installation.log.read_text(), get(installation, "coverage")
    everybody = get(installation, "gaps", unit="销售部", limit=1000)["gaps"]
    rows = {(row["person"], row["competency"]): row for row in everybody}
    assert Counter(unit for unit, _ in {(row["unit"], row["person"]) for row in everybody}) == {"华东": 8, "华南": 8}
    assert {(row["manager"], row["unit"]) for row in rows.values()} == {("chen-jing", "华东"), ("liu-yang", "华南")}
    check_tools(screen, coverage)

    wang = rows["wang-lei", NEGOTIATION]
    assert (wang["role"], wang["state"], wang["explained_by"][0]) == ("key-account", "below", "SA-2.3.2")
    assert [rows["wang-lei", other]["state"] for other in ("SA-6.1.1", PRODUCT, "SA-6.1.4")] == ["met"] * 3
    assert rows["zhou-ting", NEGOTIATION]["state"] == "unproven"
    assert sum(row["state"] == "unproven" for row in rows.values()) == 1
    assert [key for key, row in rows.items() if row["state"] == "stale"] == [("zhao-min", PRODUCT)]
    found = get(installation, "people/zhang-wei/proficiencies")["proficiencies"]
    assert next(each["disagreement"] for each in found if each["competency"] == NEGOTIATION) > 1.5

    effects = {each["resource"]: each for each in get(installation, "effects")["effects"]
               if each["competency"] == NEGOTIATION}
    drill, video = effects["high-pressure-drill"], effects["negotiation-video"]
    assert (drill["people"], video["people"]) == (6, 6)
    assert drill["low"] > 0, "effective"
    assert video["low"] < 0 < video["high"], "not shown to be effective"
    assert video["change"] < 0.1
    check_plans(installation)
    check_review(installation)
    check_explained(installation)


def get(installation: Installation, path: str, **parameters: Any) -> Any:
    return installation.get(f"/api/v1/{path}", "demo", **parameters)


def check_tools(screen: str, coverage: dict[str, Any]) -> None:
    """About as many statements of each tool as the story says, by two clients; and every one is accounted for."""
    for tool, about in ABOUT.items():
        (line,) = [line for line in screen.splitlines() if line.strip().startswith(f"{tool} ") and " by " in line]
        assert abs(int(line.split("statements")[0].split()[-1]) - about) < 0.1 * about, line
        assert line.endswith("@xapi/xapi" if tool in BY_NODE else "tincan")
    outcomes = coverage["outcomes"]
    assert sum(outcomes.values()) == coverage["statements"] == coverage["projected"]
    assert (outcomes["voided"], outcomes["voiding"]) == (2, 2)
    assert outcomes["unmatched"] > 700
    assert "unreadable" not in outcomes
    assert f"{coverage['statements']:,} stored, once each" in screen
    unknown = {each["actor"]: each["suggestions"] for each in coverage["most_frequent"]}
    (guest,) = unknown["account|https://simulator.sales.example|chen.jing"]
    assert guest["person"] == "chen-jing"


def check_plans(installation: Installation) -> None:
    """王磊's plans, at three hours a week and within four hours in all."""
    plan = get(installation, "people/wang-lei/plan", hours_per_week=3, weeks=4)
    steps = [step["resource"] for step in plan["steps"]]
    assert steps == ["batna-drill", "concessions-course", "coached-role-play", "negotiation-reassessment"]
    assert plan["steps"][0]["runner_up"]["resource"] == "negotiation-seminar"
    assert "weighted levels in 8 h" in plan["steps"][0]["runner_up"]["words"]["en"]
    assert plan["remaining"][NEGOTIATION] == 0
    few = get(installation, "people/wang-lei/plan", hours=4)
    assert [step["resource"] for step in few["steps"]] == ["batna-drill", "high-pressure-drill"], "the effective one"
    assert 0.3 < few["remaining"][NEGOTIATION] < 0.8
    assert "王磊: a plan within 4 hours in all" in installation.log.read_text()
    assert json.loads((installation.data / "demo.json").read_text())["sent"]["again"] > 0


def check_review(installation: Installation) -> None:
    """王磊's months: what moved by evidence, what is next, what the work came to; and what was concluded of one."""
    day, months = datetime.now(UTC).date(), []
    for _ in range(6):
        day = day.replace(day=1) - timedelta(days=1)
        months.append(get(installation, "people/wang-lei/review", period="month", date=str(day)))
    coming = [step["resource"] for step in months[0]["next"]]
    assert coming == ["batna-drill", "concessions-course", "coached-role-play"]
    moved = [each for review in months for each in review["moved"] if each["competency"] == NEGOTIATION]
    assert {each["why"] for each in moved} == {"evidence"}
    assert all(each["evidence"] for each in moved)
    assert all(review["outcomes"]["conversion"]["of"] >= 25 for review in months)
    team = get(installation, "review", unit="华东", period="month", date=months[0]["ends"])
    assert (team["people"], team["weakest"][0]["key"]) == (8, NEGOTIATION)
    beside = get(installation, "outcomes", by="state", competency=NEGOTIATION)["outcomes"]
    assert {"met", "below", "unproven"} <= {each["key"] for each in beside}
    (kept,) = get(installation, "experience")["experience"]
    assert (kept["kind"], kept["tags"]) == ("case", ["需求", "赢单共性"])
    screen = installation.log.read_text()
    assert f"王磊: a review of {months[0]['begins']} to {months[0]['ends']}" in screen
    assert "neither is said to be why of the other" in screen


def check_explained(installation: Installation) -> None:
    """One statement of each of the seven tools: whose it is, and what it is evidence of."""
    found, called = json.loads((installation.data / "demo.json").read_text()), dict(people())[SHOWN.id]["identifiers"]
    for tool, story in statements(datetime.now(UTC)).items():
        verb, alignments = EXPLAINED[tool]
        own = [each for each in story if each["actor"] in called and each["verb"]["id"].endswith(f"/{verb}")]
        answer = requests.post(f"{installation.url}/api/v1/explain", json=own[-1], timeout=30,
                               auth=(found["key"], found["secret"]))
        said = answer.json()
        assert (said["accepted"], said["person"]["id"]) == (True, SHOWN.id), tool
        print(tool, [(each["alignment"], each["competency"], each["level"]) for each in said["evidence"]])
        assert {each["alignment"] for each in said["evidence"]} == alignments, tool
    assert set(EXPLAINED) == set(TOOLS)
