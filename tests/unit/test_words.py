"""An estimate in words, in both languages."""

from typing import Any

import pytest

from competencies.words import explanation
from tests.unit.builders import NOW, proficiency

DRILL = {"zh-CN": "高压谈判演练", "en": "High-pressure drill"}


def said(**changes: Any) -> dict[str, str]:
    return explanation(proficiency(**changes), DRILL, "Asia/Shanghai")


def test_it_says_the_level_what_it_rests_on_and_what_the_last_attempt_did() -> None:
    words = said(level=2.08, low=1.8, high=2.49, n=11, moved=-0.21)
    assert words["en"] == ("level 2.1 (1.8–2.5) from 11 attempts; the last, “High-pressure drill” on 4 October 2024, "
                           "lowered it by 0.2")
    assert words["zh-CN"] == ("等级 2.1（1.8–2.5），依据 11 次表现；最近一次是2024年10月4日的“高压谈判演练”，"
                              "使其下降 0.2")


@pytest.mark.parametrize(("changes", "english", "chinese"), [
    ({"n": 1, "moved": None}, "from 1 attempt, “High-pressure drill” on", "依据 1 次表现"),
    ({"moved": 0.0}, "left it as it was", "等级不变"), ({"moved": 0.02}, "raised it by 0.02", "上升 0.02"),
    ({"forgotten": 0.3}, "0.3 of it is taken to be forgotten since", "减去 0.3"),
    ({"disagreement": 1.8}, "assessors of one attempt were 1.8 apart", "评分人相差 1.8 级"),
    ({"stale": True}, "more than a year old", "已超过一年")])
def test_what_else_matters_is_said_where_it_is_so(changes: dict[str, Any], english: str, chinese: str) -> None:
    plain, words = said(), said(**changes)
    assert english in words["en"]
    assert english not in plain["en"]
    assert chinese in words["zh-CN"]
    assert chinese not in plain["zh-CN"]


def test_the_day_is_that_of_the_stores_time_zone() -> None:
    late = NOW + 20 * 3_600_000_000
    assert "5 October" in said(last_began=late)["en"]
    assert "4 October" in explanation(proficiency(last_began=late), DRILL, "UTC")["en"]


def test_a_name_in_another_language_is_better_than_none() -> None:
    assert "“nur deutsch”" in explanation(proficiency(), {"de": "nur deutsch"}, "UTC")["zh-CN"]
    assert "“colour”" in explanation(proficiency(), {"de": "Farbe", "en-GB": "colour"}, "UTC")["en"]
    assert len(explanation(proficiency(), {"en": "x" * 10**6}, "UTC")["en"]) < 400


@pytest.mark.parametrize("last", [-62_135_596_800_000_000, 253_402_300_799_999_999])
def test_the_first_and_the_last_day_that_there_are_have_words_in_every_zone(last: int) -> None:
    assert said(last_began=last)["en"].startswith("level")
    assert explanation(proficiency(last_began=last), DRILL, "America/Los_Angeles")["en"].startswith("level")
