"""The built-in sales framework: whole in itself, and against the customer's outline where that is at hand."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from competencies import builtin
from competencies.alignments import DETERMINING
from competencies.frameworks import ASSOCIATIONS
from competencies.outcomes import READERS
from competencies.resources import KINDS, LAUNCHES
from tests.conftest import ROOT, SHARED

COMPETENCIES = {each["code"]: each for each in builtin.competencies()}
LISTS = ("associations", "rubrics", "roles", "resources")
ASSOCIATED, RUBRICS, ROLES, RESOURCES = (builtin.read(name) for name in LISTS)
OUTLINE = SHARED / "sales-framework-outline.md"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ASSESSED, SIMULATED = "SA-6.1", "SA-6.2"


def texts(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text in two languages, with its place."""
    if isinstance(value, dict) and "zh-CN" in value:
        yield at, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts(inner, f"{at}/{index}")


def outlined() -> dict[str, str]:
    """The outline's numbered topics: code → the Chinese name."""
    found, area, section = {}, "", ""
    for line in OUTLINE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## What the assessment system asks"):
            break
        if heading := re.match(r"## (SA-\d) (\S+) · ", line):
            area = heading[1]
            found[area] = heading[2]
        elif numbered := re.match(r"( *)(?:\*\*)?(\d)\. (?:\*\*)?([^·:*（]+)", line):
            code = f"{section if numbered[1] else area}.{numbered[2]}"
            section = section if numbered[1] else code
            found[code] = numbered[3].strip()
    return found


@pytest.mark.skipif(not OUTLINE.exists(), reason="the shared data isn't beside this checkout")
def test_nothing_of_the_outline_is_missing_and_every_topic_has_the_outlines_name() -> None:
    topics = outlined()
    assert len(topics) == 83
    assert set(topics) == set(COMPETENCIES)
    differing = {code: (name, COMPETENCIES[code]["name"]["zh-CN"]) for code, name in topics.items()
                 if "".join(name.split()) not in "".join(COMPETENCIES[code]["name"]["zh-CN"].split())}
    assert not differing


@pytest.mark.parametrize("content", [COMPETENCIES, RUBRICS, ROLES, RESOURCES, builtin.read("framework"),
                                     builtin.read("alignments")],
                         ids=["competencies", "rubrics", "roles", "resources", "framework", "alignments"])
def test_every_text_is_there_in_chinese_and_in_english(content: Any) -> None:
    found = list(texts(content))
    assert found
    for at, text in found:
        assert text.keys() == {"zh-CN", "en"}, at
        assert CHINESE.search(text["zh-CN"]), at
        assert text["en"].strip(), at
        assert not CHINESE.search(text["en"]), at


def test_every_competency_has_a_statement_and_a_behaviour_of_its_own_for_each_level() -> None:
    behaviours = Counter(level["behaviour"]["en"] for each in COMPETENCIES.values() for level in each["levels"])
    assert [text for text, times in behaviours.items() if times > 1] == []
    for code, each in COMPETENCIES.items():
        assert [level["level"] for level in each["levels"]] == [1, 2, 3, 4], code
        assert each["statement"]["zh-CN"].count("。") == 1, code


def test_every_association_resolves_and_no_competency_has_two_parents_or_none() -> None:
    assert {each["type"] for each in ASSOCIATED} == set(ASSOCIATIONS)
    for each in ASSOCIATED:
        assert {each["origin"], each["destination"]} <= COMPETENCIES.keys(), each
        assert ("weight" in each) == (each["type"] == "isPartOf"), each
    keys = [(each["type"], each["origin"], each["destination"]) for each in ASSOCIATED]
    assert len(keys) == len(set(keys))
    parents = {origin: destination for kind, origin, destination in keys if kind == "isChildOf"}
    assert parents == {code: code.rpartition(".")[0] for code in COMPETENCIES if "." in code}


def test_what_a_skill_draws_on_weighs_one_in_all() -> None:
    drawn = Counter[str]()
    for each in ASSOCIATED:
        drawn[each["destination"]] += each.get("weight", 0)
    skills = [code for code in COMPETENCIES if code.rpartition(".")[0] in (ASSESSED, SIMULATED)]
    assert len(skills) == 8
    assert {code: round(drawn[code], 6) for code in skills} == dict.fromkeys(skills, 1.0)


@pytest.mark.parametrize("after", [
    {code: [each["origin"] for each in ASSOCIATED if (each["type"], each["destination"]) == ("precedes", code)]
     for code in COMPETENCIES},
    {each["code"]: each["prerequisites"] for each in RESOURCES}], ids=["precedes", "prerequisites"])
def test_what_comes_first_makes_no_ring(after: dict[str, list[str]]) -> None:
    assert any(after.values())
    done: set[str] = set()
    while ready := {code for code in after.keys() - done if done.issuperset(after[code])}:
        done |= ready
    assert done == after.keys()


def test_each_assessed_skill_and_each_simulation_has_a_rubric_whose_criteria_show_topics() -> None:
    assert sorted(rubric["competency"] for rubric in RUBRICS) == sorted(
        code for code in COMPETENCIES if code.rpartition(".")[0] in (ASSESSED, SIMULATED))
    for rubric in RUBRICS:
        assert round(sum(each["weight"] for each in rubric["criteria"]), 6) == 1
        for criterion in rubric["criteria"]:
            assert [level["level"] for level in criterion["levels"]] == [1, 2, 3, 4]
            assert criterion["competencies"]
            assert set(criterion["competencies"]) <= COMPETENCIES.keys() - {rubric["competency"]}


def test_the_roles_require_what_the_customer_asks() -> None:
    required = {role["code"]: [(target["level"], target["criticality"]) for target in role["targets"]]
                for role in ROLES}
    normal = "normal"
    assert required == {
        "key-account": [(3, normal), (3, normal), (3, "critical"), (2, normal)],
        "small-medium": [(3, normal), (3, normal), (3, normal), (2, normal)],
        "digital-marketing": [(2, normal), (2, normal), (2, normal), (3, normal)],
        "newcomer": [(2, normal), (2, normal), (1, normal), (1, normal)]}
    assert {target["competency"] for role in ROLES for target in role["targets"]} == {
        f"{ASSESSED}.{number}" for number in (1, 2, 3, 4)}


def test_the_page_on_alignments_names_each_and_what_it_is_worth() -> None:
    page = (ROOT / "docs" / "alignments.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for each in builtin.read("alignments"):
        (row,) = (row for row in rows if f"`{each['code']}`" in row.split("|")[1])
        worth = f"{each['weight']:g}, level {each['ceiling']:g}" if each["weight"] else "0"
        assert row.split("|")[-2].strip() == worth, each["code"]
    for kind in (*READERS, "rubric"):
        assert f"`{kind}`" in page
    for name in DETERMINING:
        assert f"`{name}`" in page


def test_at_least_sixty_resources_of_every_kind_close_every_lowest_topic() -> None:
    assert len(RESOURCES) >= 60
    assert {each["kind"] for each in RESOURCES} == set(KINDS)
    assert {each["launch"] for each in RESOURCES} == set(LAUNCHES)
    assert {each["language"] for each in RESOURCES} == {"zh-CN", "en"}
    activities = [activity for each in RESOURCES for activity in each["activities"]]
    assert len(activities) == len(set(activities)) >= len(RESOURCES)
    closed = {closing["competency"] for each in RESOURCES for closing in each["closes"]}
    parents = {code.rpartition(".")[0] for code in COMPETENCIES}
    assert COMPETENCIES.keys() - parents - closed == set()
    assert closed <= COMPETENCIES.keys()


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each["code"])
def test_a_resource_says_all_that_a_plan_asks(resource: dict[str, Any]) -> None:
    assert resource["minutes"] > 0
    assert resource["cost"] >= 0
    assert resource["coach_hours"] >= 0
    assert resource["seats"] is None or resource["seats"] > 0
    assert resource["address"].startswith("https://")
    assert resource["closes"]
    for closing in resource["closes"]:
        assert 1 <= closing["from"] < closing["to"] <= 4
        assert 0 < closing["effect"] <= 1
