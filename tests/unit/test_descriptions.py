"""What statements add up to: the Activity, and the Person."""

from typing import Any

from lrs.descriptions import activity_of, person_of
from tests.unit.builders import LI, WU, statement

DRILL = "http://example.com/drill"


def about(**definition: Any) -> dict[str, Any]:
    return statement(object={"id": DRILL, "definition": definition})


def test_an_unknown_activity_is_its_id() -> None:
    assert activity_of(DRILL, []) == {"objectType": "Activity", "id": DRILL}
    assert activity_of(DRILL, [statement(object={"id": DRILL})]) == {"objectType": "Activity", "id": DRILL}


def test_language_maps_are_merged_and_the_latest_word_stands() -> None:
    found = activity_of(DRILL, [about(type="http://example.com/new", moreInfo="http://example.com/more"),
                                about(name={"en": "BATNA drill"}, description={"en": "Hold the line"}),
                                about(name={"en": "Drill", "zh": "练习"}, type="http://example.com/old")])
    assert found["definition"] == {
        "name": {"en": "BATNA drill", "zh": "练习"}, "description": {"en": "Hold the line"},
        "type": "http://example.com/new", "moreInfo": "http://example.com/more"}


def test_an_activity_is_found_in_contexts_and_substatements_and_no_other_is_taken_for_it() -> None:
    parent = {"contextActivities": {"parent": [{"id": DRILL, "definition": {"name": {"en": "Parent"}}}]}}
    inner = {"objectType": "SubStatement", "actor": LI, "verb": {"id": "http://example.com/v"},
             "object": {"id": DRILL, "definition": {"name": {"zh": "里面"}}}, "context": parent}
    other = statement(object={"id": f"{DRILL}2", "definition": {"name": {"fr": "Autre"}}}, context=parent)
    assert activity_of(DRILL, [statement(object=inner), other])["definition"]["name"] == {"zh": "里面", "en": "Parent"}


def test_a_person_has_arrays_and_each_name_once() -> None:
    named = [statement(actor={**LI, "name": name}) for name in ("Li", "李", "Li")]
    assert person_of({**LI, "name": "Li Wei"}, named) == {
        "objectType": "Person", "name": ["Li Wei", "Li", "李"], "mbox": [LI["mbox"]]}


def test_a_person_nothing_is_known_of_has_its_identifier_alone() -> None:
    account = {"homePage": "http://example.com", "name": "7"}
    assert person_of({"account": account}, []) == {"objectType": "Person", "account": [account]}


def test_names_are_found_wherever_the_agent_stands_and_other_peoples_are_left() -> None:
    named = {**LI, "name": "Li"}
    team = {"objectType": "Group", "name": "Team", "member": [named, {**WU, "name": "Wu"}]}
    places: list[dict[str, Any]] = [
        {"actor": team}, {"object": {"objectType": "Agent", **named}}, {"context": {"instructor": named}},
        {"context": {"team": team}}, {"authority": named},
        {"context": {"contextAgents": [{"agent": named}]}}, {"context": {"contextGroups": [{"group": team}]}},
        {"object": {"objectType": "SubStatement", "actor": named, "object": {"id": DRILL}}}]
    for place in places:
        assert person_of(LI, [statement(**{"actor": WU, **place})])["name"] == ["Li"], place
