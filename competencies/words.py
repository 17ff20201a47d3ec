"""An estimate in words, in both languages (pure)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from competencies.proficiency import Proficiency
from lrs.rules.formats import EPOCH

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
LONGEST = 100  # characters of a name
LEAST = 0.005  # of a level: less is shown as none

Words = dict[str, str]  # by language


def explanation(found: Proficiency, last: Mapping[str, str], zone: str) -> Words:
    """What the estimate is, what it rests on, and what the last attempt did to it. `last`: what that was called."""
    moment = _moment(found.last_began, zone)
    return {"en": _english(found, last, moment), "zh-CN": _chinese(found, last, moment)}


def _moment(micros: int, zone: str) -> datetime:
    moment = EPOCH + timedelta(microseconds=micros)
    try:
        return moment.astimezone(ZoneInfo(zone))
    except OverflowError:  # on the first or the last day of all years
        return moment


def _english(found: Proficiency, last: Mapping[str, str], moment: datetime) -> str:
    day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    said = f"level {found.level:.1f} ({found.low:.1f}–{found.high:.1f}) from "
    if found.moved is None:
        said += f"1 attempt, “{called(last, 'en')}” on {day}"
    else:
        said += f"{found.n} attempts; the last, “{called(last, 'en')}” on {day}, {_moved_english(found.moved)}"
    if found.forgotten > LEAST:
        said += (f"; {found.forgotten:.1f} of it is taken to be forgotten since, half of what is above level "
                 f"{found.decay.floor:g} in {found.decay.half_life:g} days")
    if found.disagreement >= 1:
        said += f"; assessors of one attempt were {found.disagreement:.1f} apart"
    return said + ("; the last evidence is more than a year old" if found.stale else "")


def _chinese(found: Proficiency, last: Mapping[str, str], moment: datetime) -> str:
    day = f"{moment.year}年{moment.month}月{moment.day}日"
    said = f"等级 {found.level:.1f}（{found.low:.1f}–{found.high:.1f}），依据 {found.n} 次表现"
    said += f"；最近一次是{day}的“{called(last, 'zh-CN')}”"
    if found.moved is not None:
        said += f"，{_moved_chinese(found.moved)}"
    if found.forgotten > LEAST:
        said += (f"；此后未再练习，按每 {found.decay.half_life:g} 天遗忘 {found.decay.floor:g} 级以上部分的一半计，"
                 f"减去 {found.forgotten:.1f}")
    if found.disagreement >= 1:
        said += f"；同一次表现的评分人相差 {found.disagreement:.1f} 级"
    return said + ("；最近的证据已超过一年" if found.stale else "")


def _moved_english(moved: float) -> str:
    if abs(moved) < LEAST:
        return "left it as it was"
    return f"{'raised' if moved > 0 else 'lowered'} it by {_amount(moved)}"


def _moved_chinese(moved: float) -> str:
    return "等级不变" if abs(moved) < LEAST else f"使其{'上升' if moved > 0 else '下降'} {_amount(moved)}"


def _amount(moved: float) -> str:
    """Never "0.0" for what is more than nothing."""
    return f"{abs(moved):.1f}" if abs(moved) >= 0.05 else f"{abs(moved):.2f}"


def named(names: Mapping[str, Mapping[str, str]], code: str, language: str) -> str:
    """What is called so by code; the code where nothing is known of it."""
    return called(names[code], language) if names.get(code) else code


def called(names: Mapping[str, str], language: str) -> str:
    """A name in a language, as in `said`, not longer than a name is."""
    found = said(names, language)
    return found if len(found) <= LONGEST else f"{found[:LONGEST]}…"


def said(texts: Mapping[str, str], language: str) -> str:
    """In a language, or a variety of it, else in another."""
    alike = (each for tag, each in texts.items() if tag.partition("-")[0] == language.partition("-")[0])
    return texts.get(language) or next(alike, None) or next(iter(texts.values()), "?")
