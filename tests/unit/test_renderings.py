"""The formats ids and canonical, on a Statement that has something everywhere."""

import copy
from typing import Any

import pytest

from lrs.renderings import canonical, ids_only

LI = {"objectType": "Agent", "mbox": "mailto:li@example.com"}
WU = {"account": {"homePage": "http://example.com", "name": "wu"}}
NAMED_LI, NAMED_WU = {**LI, "name": "Li"}, {**WU, "name": "Wu"}
TEAM = {"objectType": "Group", "mbox": "mailto:team@example.com"}
NAMED_TEAM = {**TEAM, "name": "Team", "member": [NAMED_LI]}
BOTH, ENGLISH = {"en": "a", "zh": "甲"}, {"en": "a"}
VERB = {"id": "http://example.com/v"}


def activity(name: str, words: dict[str, str]) -> dict[str, Any]:
    definition = {"name": words, "description": words, "type": "http://example.com/t", "interactionType": "choice",
                  "choices": [{"id": "1", "description": words}, {"id": "2"}], "extensions": {"http://x.y": BOTH}}
    return {"objectType": "Activity", "id": f"http://example.com/{name}", "definition": definition}


def context(words: dict[str, str]) -> dict[str, Any]:
    return {"registration": "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f01", "instructor": NAMED_WU, "team": NAMED_TEAM,
            "contextActivities": {"parent": [activity("p", words), {"id": "http://example.com/q"}],
                                  "other": [activity("o", words)]},
            "contextAgents": [{"objectType": "contextAgent", "agent": NAMED_LI, "relevantTypes": ["http://x.y"]}],
            "contextGroups": [{"objectType": "contextGroup", "group": NAMED_TEAM}],
            "statement": {"objectType": "StatementRef", "id": "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f02"},
            "extensions": {"http://x.y": BOTH}}


def full(words: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A Statement whose language maps, where a rendering chooses, are `words`."""
    return {"id": "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f03",
            "actor": {"objectType": "Group", "name": "Pair", "member": [NAMED_LI, NAMED_WU]},
            "verb": {**VERB, "display": words}, "object": activity("a", words),
            "result": {"success": True, "extensions": {"http://x.y": BOTH}}, "context": context(words),
            "attachments": [{"usageType": "http://x.y", "display": BOTH}], "authority": NAMED_WU, "version": "2.0.0",
            "timestamp": "2026-01-05T10:00:00Z", "stored": "2026-01-05T10:00:00Z", **changes}


def substatement(words: dict[str, str]) -> dict[str, Any]:
    inner = full(words, actor=NAMED_LI)
    return {"objectType": "SubStatement", **{key: inner[key] for key in ("actor", "verb", "object", "context")}}


BARE_CONTEXT = {
    **context(BOTH), "instructor": WU, "team": TEAM,
    "contextActivities": {"parent": [{"id": "http://example.com/p"}, {"id": "http://example.com/q"}],
                          "other": [{"id": "http://example.com/o"}]},
    "contextAgents": [{"objectType": "contextAgent", "agent": LI, "relevantTypes": ["http://x.y"]}],
    "contextGroups": [{"objectType": "contextGroup", "group": TEAM}]}
BARE = full(BOTH, actor={"objectType": "Group", "member": [LI, WU]}, verb=VERB, object={"id": "http://example.com/a"},
            context=BARE_CONTEXT, authority=WU)
REFERENCE = {"objectType": "StatementRef", "id": "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f04"}


def english(tags: list[str]) -> str:
    return next(tag for tag in tags if tag == "en")


def test_ids_keeps_of_agents_activities_verbs_and_groups_only_what_identifies_them() -> None:
    assert ids_only(full(BOTH)) == BARE


@pytest.mark.parametrize(("found", "bare"), [
    (NAMED_TEAM, TEAM), (NAMED_LI, LI), (REFERENCE, REFERENCE),
    ({"objectType": "Group", "name": "Pair", "member": [NAMED_WU]}, {"objectType": "Group", "member": [WU]}),
    (substatement(BOTH), {"objectType": "SubStatement", "actor": LI, "verb": VERB, "object": BARE["object"],
                          "context": BARE_CONTEXT})])
def test_ids_bares_an_object_of_every_kind(found: dict[str, Any], bare: dict[str, Any]) -> None:
    assert ids_only(full(BOTH, object=found))["object"] == bare


@pytest.mark.parametrize("identifier", [
    {"mbox": "mailto:a@b"}, {"mbox_sha1sum": "0" * 40}, {"openid": "http://a"}, WU])
def test_ids_keeps_every_kind_of_identifier(identifier: dict[str, Any]) -> None:
    assert ids_only(full(BOTH, actor={"name": "A", **identifier}))["actor"] == identifier


def test_canonical_keeps_one_language_in_verbs_and_activities_and_nowhere_else_takes_one() -> None:
    assert canonical(full(BOTH), english) == full(ENGLISH)


def test_canonical_reaches_into_a_substatement() -> None:
    rendered = canonical(full(BOTH, object=substatement(BOTH)), english)
    assert rendered == full(ENGLISH, object=substatement(ENGLISH))


@pytest.mark.parametrize("found", [NAMED_TEAM, REFERENCE, {"id": "http://example.com/a"}])
def test_canonical_leaves_an_object_without_languages_as_it_is(found: dict[str, Any]) -> None:
    assert canonical(full(BOTH, object=found), english)["object"] == found


def test_canonical_asks_for_a_choice_only_where_there_is_one() -> None:
    for words in (ENGLISH, {"zh": "甲"}, {}):
        assert canonical(full(words), english) == full(words)


@pytest.mark.parametrize("words", [BOTH, ENGLISH])
def test_a_rendering_leaves_the_statement_itself_alone(words: dict[str, str]) -> None:
    given = full(words, object=substatement(words))
    before = copy.deepcopy(given)
    ids_only(given)
    canonical(given, english)
    assert given == before


@pytest.mark.parametrize("key", ["context", "authority", "attachments", "result"])
def test_a_rendering_adds_nothing_that_is_missing(key: str) -> None:
    given = full(BOTH)
    del given[key]
    assert key not in ids_only(given)
    assert key not in canonical(given, english)
