"""Templates: which statements an alignment takes, and why it doesn't take another."""

from typing import Any

import pytest

from competencies import alignments
from competencies.alignments import DETERMINING, Failure
from tests.unit.builders import statement

ACTIVITY_TYPE, OTHER_TYPE = "http://example.com/types/drill", "http://example.com/types/other"
USAGE = "http://example.com/u"
PASSED = "http://example.com/verbs/passed"


def failures(template: dict[str, Any], statement: dict[str, Any]) -> list[Failure]:
    return list(alignments.failures(template, statement))


def activities(*types: str) -> list[dict[str, Any]]:
    return [{"id": f"http://example.com/{number}", "definition": {"type": each}} for number, each in enumerate(types)]


def full() -> dict[str, Any]:
    """A statement with something at the place of every determining property."""
    relations = {relation: activities(ACTIVITY_TYPE, f"{ACTIVITY_TYPE}/{relation}")
                 for relation in ("parent", "grouping", "category", "other")}
    return statement(object=activities(ACTIVITY_TYPE)[0], context={"contextActivities": relations},
                     attachments=[{"usageType": USAGE}, {"usageType": f"{USAGE}/2"}])


def failed(statement: dict[str, Any], **rule: Any) -> list[Failure]:
    return failures({"rules": [rule]}, statement)


MATCHING: dict[str, str | list[str]] = {
    "verb": PASSED, "objectActivityType": ACTIVITY_TYPE, "attachmentUsageType": [USAGE, f"{USAGE}/2"],
    **{f"context{relation.title()}ActivityType": [f"{ACTIVITY_TYPE}/{relation}", ACTIVITY_TYPE]
       for relation in ("parent", "grouping", "category", "other")}}


def test_a_template_of_nothing_matches_everything() -> None:
    assert failures({}, statement()) == []


def test_every_determining_property_can_match() -> None:
    assert MATCHING.keys() == DETERMINING.keys()
    assert failures(dict(MATCHING), full()) == []


@pytest.mark.parametrize("name", DETERMINING)
def test_a_determining_property_reads_its_own_place_only(name: str) -> None:
    wanted = MATCHING[name] if isinstance(MATCHING[name], str) else MATCHING[name][0]
    changed = full()
    places: dict[str, Any] = {"verb": changed["verb"], "objectActivityType": changed["object"]["definition"],
                              "attachmentUsageType": changed["attachments"][0]}
    relation = name.removeprefix("context").removesuffix("ActivityType").lower()
    place = places[name] if name in places else changed["context"]["contextActivities"][relation][1]["definition"]
    place.update({key: OTHER_TYPE for key, value in place.items() if value == wanted})
    (failure,) = failures({name: wanted}, changed)
    assert failure.path == DETERMINING[name]
    assert OTHER_TYPE in failure.found
    assert str(wanted) in failure.rule


@pytest.mark.parametrize("name", ["contextParentActivityType", "contextCategoryActivityType", "attachmentUsageType"])
def test_of_several_types_all_must_be_present(name: str) -> None:
    wanted = MATCHING[name]
    assert isinstance(wanted, list)
    assert failures({name: wanted[:1]}, full()) == []
    assert [failure.path for failure in failures({name: [*wanted, OTHER_TYPE]}, full())] == [DETERMINING[name]]


@pytest.mark.parametrize("name", sorted(DETERMINING.keys() - {"verb"}))
def test_a_determining_property_of_a_place_that_is_missing_fails_with_nothing_found(name: str) -> None:
    assert [failure.found for failure in failures({name: ACTIVITY_TYPE}, statement())] == [()]


def test_every_part_that_fails_is_named_in_the_templates_order() -> None:
    template = {"verb": OTHER_TYPE, "rules": [{"location": "$.x", "presence": "included"},
                                              {"location": "$.id", "presence": "included"},
                                              {"location": "$.actor", "presence": "excluded"}]}
    assert [failure.path for failure in failures(template, statement())] == ["$.verb.id", "$.x", "$.actor"]


SCORES = {"scores": [1, 2, 2], "none": None, "false": False, "empty": []}


@pytest.mark.parametrize(("rule", "matches"), [
    ({"location": "$.scores", "presence": "included"}, True),
    ({"location": "$.missing", "presence": "included"}, False),
    ({"location": "$.empty[*]", "presence": "included"}, False),
    ({"location": "$.false", "presence": "included"}, True),
    ({"location": "$.none", "presence": "included"}, True),
    ({"location": "$.false", "presence": "excluded"}, False),
    ({"location": "$.missing", "presence": "excluded"}, True),
    ({"location": "$.missing", "presence": "recommended"}, True),
    ({"location": "$.scores[*]", "any": [2, 9]}, True),
    ({"location": "$.scores[*]", "any": [8, 9]}, False),
    ({"location": "$.missing", "any": [1]}, False),
    ({"location": "$.scores[*]", "all": [1, 2, 3]}, True),
    ({"location": "$.scores[*]", "all": [2]}, False),
    ({"location": "$.missing", "all": [1]}, True),
    ({"location": "$.missing", "presence": "recommended", "any": [1]}, True),
    ({"location": "$.scores[*]", "presence": "recommended", "any": [9]}, False),
    ({"location": "$.missing", "presence": "excluded", "any": [1]}, True),
    ({"location": "$.scores[*] | $.false", "any": [False]}, True),
    ({"location": "$['none','false']", "all": [None, False]}, True),
    ({"location": "$.scores[*]", "none": [3]}, True),
    ({"location": "$.scores[*]", "none": [3, 1]}, False),
    ({"location": "$.missing", "none": [1]}, True),
    ({"location": "$.scores", "any": [[1, 2, 2]]}, True),
    ({"location": "$.scores[*]", "any": [1], "none": [2]}, False),
    ({"location": "$.scores[*]", "presence": "included", "any": [9]}, False),
    ({"location": "$.scores[*]", "any": [1], "all": [1]}, False)])
def test_a_rule_holds_by_what_stands_at_its_location(rule: dict[str, Any], matches: bool) -> None:
    assert (failed(SCORES, **rule) == []) == matches


@pytest.mark.parametrize(("rule", "says", "found"), [
    ({"location": "$.scores[*]", "presence": "excluded"}, "presence is excluded", (1, 2, 2)),
    ({"location": "$.missing", "presence": "included"}, "presence is included", ()),
    ({"location": "$.scores[*]", "any": [9]}, "any of [9]", (1, 2, 2)),
    ({"location": "$.scores[0]", "all": [9]}, "all among [9]", (1,)),
    ({"location": "$.false", "none": [False]}, "none of [False]", (False,))])
def test_a_failure_shows_the_rule_its_path_and_what_is_there(rule: dict[str, Any], says: str, found: Any) -> None:
    assert failed(SCORES, **rule) == [Failure(says, rule["location"], found)]


def test_a_selector_looks_inside_each_value_at_the_location() -> None:
    assert failed(full(), location="$.attachments[*]", selector="$.usageType", all=[USAGE, f"{USAGE}/2"]) == []


def test_a_failure_behind_a_selector_shows_both_paths() -> None:
    (failure,) = failed(full(), location="$.attachments[*]", selector="$.usageType", none=[USAGE])
    assert failure.path == "$.attachments[*] » $.usageType"
    assert failure.found == (USAGE, f"{USAGE}/2")


@pytest.mark.parametrize(("rule", "matches"), [
    ({"presence": "included"}, False), ({"all": ["http://example.com/file"]}, False),
    ({"any": ["http://example.com/file"]}, True), ({"none": ["http://example.com/other"]}, True),
    ({"presence": "recommended", "all": ["http://example.com/file"]}, False)])
def test_where_a_selector_finds_nothing_in_one_of_several_that_one_is_unmatchable(rule: Any, matches: bool) -> None:
    given = full()
    given["attachments"][0]["fileUrl"] = "http://example.com/file"
    assert (failed(given, location="$.attachments[*]", selector="$.fileUrl", **rule) == []) == matches


def test_an_excluded_value_may_be_missing_from_every_place_that_the_selector_looks_in() -> None:
    assert failed(full(), location="$.attachments[*]", selector="$.fileUrl", presence="excluded") == []


def test_a_selector_that_leads_nowhere_finds_nothing_present() -> None:
    (failure,) = failed(full(), location="$.attachments[*]", selector="$.fileUrl", presence="included")
    assert failure.found == ()
