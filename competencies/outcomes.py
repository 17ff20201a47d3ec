"""How a statement's result is read as a level, by the kinds of outcome that an alignment may state (pure).

| kind | reads | states |
|---|---|---|
| scaled | result.score.scaled | points |
| raw | result.score.raw between min and max | points; min and max, where the tool sends none |
| success | result.success | the levels of succeeded and failed |
| result | the first of these three that is there | all that they state |
| duration | result.duration, in seconds, by the target | points, target |
| count | the number at a path, by the target | points, target, path |
| completion | that it was done: the lowest level, of no weight, since doing isn't mastering | |
| level | the level that a statement of Waymark's own names | decides: it sets the estimate |
| rubric | a level for each criterion; see `by_rubric` | |

`points` are pairs of a share and the level there, rising by share; between two the level goes straight. `mastery` puts
the share that a statement names itself (cmi5's masteryScore) in place of the points: at it, its stated level.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from competencies.frameworks import Weighing
from competencies.jsonpath import select

RUBRIC_EXTENSION = "https://waymark.example/xapi/extensions/rubric-levels"
LEVEL_EXTENSION = "https://waymark.example/xapi/extensions/level"
LOWEST, HIGHEST = 1.0, 4.0
COMPLETION, RUBRIC, LEVEL = "completion", "rubric", "level"
_NUMBER = r"\d+(?:[.,]\d+)?"
_DURATION = re.compile(rf"P(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
                       rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?")

HALF = 0.5  # of a level: what is nearer to another level shows that one


class Shown(NamedTuple):
    """What a result shows: a level, and between which two it therefore is; None where there is no such bound."""

    level: float
    above: float | None
    below: float | None

    def at_most(self, ceiling: float) -> "Shown":
        """Under a ceiling, which is reached by whoever can do more: it proves no more, and disproves nothing."""
        if self.level < ceiling:
            return self
        if self.above is None:  # the least that it can show: a failure stays one
            return Shown(ceiling, None, self.below)
        return Shown(ceiling, min(self.above, ceiling - HALF), None)


Rubrics = dict[str, Weighing]  # by code
Outcome = tuple[str, Shown, float, tuple[tuple[str, float], ...]]  # competency, shown, share of the weight, criteria


class Unreadable(ValueError):
    """A statement matches an alignment, but its outcome can't be read: where, and why."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


def shown_by(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    """What a statement shows, by an outcome of any kind but `rubric`. Raises Unreadable."""
    return READERS[outcome["kind"]](statement, outcome)


def graded(level: float, lowest: float = LOWEST, highest: float = HIGHEST) -> Shown:
    """Of what can show any level between two: half a level on both sides, and at an end as far as there are levels."""
    if lowest >= highest:
        return Shown(level, level - HALF, level + HALF)
    return Shown(level, None if level <= lowest else level - HALF, None if level >= highest else level + HALF)


def _scaled(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    scaled = _score(statement).get("scaled")
    if scaled is None:
        raise Unreadable("$.result.score.scaled", "there is no scaled score")
    return _level(float(scaled), statement, outcome)


def _raw(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    score = _score(statement)
    if "raw" not in score:
        raise Unreadable("$.result.score.raw", "there is no raw score")
    low, high = _bound("min", score, outcome), _bound("max", score, outcome)
    if low >= high:
        raise Unreadable("$.result.score.max", f"{high:g} isn't above the min, {low:g}")
    return _level((score["raw"] - low) / (high - low), statement, outcome)


def _bound(name: str, score: dict[str, Any], outcome: dict[str, Any]) -> float:
    """The statement's own, else the alignment's."""
    if name in score:
        return float(score[name])
    if name in outcome:
        return float(outcome[name])
    raise Unreadable(f"$.result.score.{name}", f"there is no {name}, and the alignment states none")


def _success(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    """It has two ends only, and parts those who are nearer to one of their levels from those nearer to the other."""
    success = statement.get("result", {}).get("success")
    if success is None:
        raise Unreadable("$.result.success", "there is no success")
    succeeded, failed = float(outcome["succeeded"]), float(outcome["failed"])
    if succeeded <= failed:
        return graded(succeeded if success else failed)
    middle = (succeeded + failed) / 2
    return Shown(succeeded, middle, None) if success else Shown(failed, None, middle)


def _result(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    for read in (_scaled, _raw, _success):
        try:
            return read(statement, outcome)
        except Unreadable:
            continue
    raise Unreadable("$.result", "there is no scaled score, no raw one between a min and a max, and no success")


def _duration(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    given = statement.get("result", {}).get("duration")
    if given is None:
        raise Unreadable("$.result.duration", "there is no duration")
    found = _DURATION.fullmatch(given)
    if found is None:
        raise Unreadable("$.result.duration", f"{given!r:.60} holds years or months, which have no length")
    parts = {unit: float(value.replace(",", ".")) for unit, value in found.groupdict().items() if value}
    try:
        taken = timedelta(**parts)
    except OverflowError:
        raise Unreadable("$.result.duration", f"{given!r:.60} is more than can be") from None
    return _level(taken.total_seconds() / outcome["target"], statement, outcome)


def _count(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    found = select(statement, outcome["path"])
    if len(found) != 1 or isinstance(found[0], bool) or not isinstance(found[0], int | float):
        raise Unreadable(outcome["path"], "there is no one number")
    return _level(found[0] / outcome["target"], statement, outcome)


def _named_level(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    level = statement.get("result", {}).get("extensions", {}).get(LEVEL_EXTENSION)
    if isinstance(level, bool) or not isinstance(level, int | float) or not LOWEST <= level <= HIGHEST:
        raise Unreadable(f"$.result.extensions['{LEVEL_EXTENSION}']", f"it is no level from {LOWEST:g} to {HIGHEST:g}")
    return graded(float(level))


def _completion(statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    return Shown(LOWEST, None, None)


READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Shown]] = {
    "scaled": _scaled, "raw": _raw, "success": _success, "result": _result, "duration": _duration, "count": _count,
    COMPLETION: _completion, LEVEL: _named_level}


def _score(statement: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = statement.get("result", {}).get("score", {})
    return found


def _level(share: float, statement: dict[str, Any], outcome: dict[str, Any]) -> Shown:
    """The level at a share, straight between the points."""
    points = _points(statement, outcome)
    levels = [float(level) for _, level in points]
    return graded(_at(share, points), min(levels), max(levels))


def _at(share: float, points: list[list[float]]) -> float:
    if share <= points[0][0]:
        return float(points[0][1])
    for (left, low), (right, high) in pairwise(points):
        if share <= right:
            return float(low + (high - low) * (share - left) / (right - left))
    return float(points[-1][1])


def _points(statement: dict[str, Any], outcome: dict[str, Any]) -> list[list[float]]:
    if "mastery" in outcome:
        for found in select(statement, outcome["mastery"]["path"]):
            if not isinstance(found, bool) and isinstance(found, int | float) and 0 < found < 1:
                return [[0.0, LOWEST], [found, outcome["mastery"]["level"]], [1.0, HIGHEST]]
    points: list[list[float]] = outcome["points"]
    return points


def by_rubric(statement: dict[str, Any], rubrics: Rubrics) -> list[Outcome]:
    """What the criteria's levels say of the rubric's competency, and of those that each criterion shows besides.

    Raises Unreadable.
    """
    path = f"$.result.extensions['{RUBRIC_EXTENSION}']"
    given = statement.get("result", {}).get("extensions", {}).get(RUBRIC_EXTENSION)
    if not isinstance(given, dict) or not isinstance(given.get("levels"), dict) or not given["levels"]:
        raise Unreadable(path, "it is no Object with rubric and levels")
    if not isinstance(given.get("rubric"), str) or given["rubric"] not in rubrics:
        raise Unreadable(f"{path}.rubric", f"there is no rubric {given.get('rubric')!r}")
    rubric = rubrics[given["rubric"]]
    for criterion, level in given["levels"].items():
        if criterion not in rubric.weights:
            raise Unreadable(f"{path}.levels['{criterion}']", f"{given['rubric']} has no such criterion")
        if isinstance(level, bool) or not isinstance(level, int | float) or not LOWEST <= level <= HIGHEST:
            raise Unreadable(f"{path}.levels['{criterion}']", f"{level!r} is no level from {LOWEST:g} to {HIGHEST:g}")
    levels = {criterion: float(level) for criterion, level in given["levels"].items()}
    if not any(rubric.weights[criterion] for criterion in levels):
        raise Unreadable(f"{path}.levels", "none of these criteria weighs anything")
    showing = {rubric.competency: levels}
    for criterion, level in levels.items():
        for competency in rubric.besides.get(criterion, ()):
            showing.setdefault(competency, {})[criterion] = level
    return [_weighted(competency, shown, rubric.weights) for competency, shown in showing.items()
            if any(rubric.weights[criterion] for criterion in shown)]


def _weighted(competency: str, levels: dict[str, float], weights: dict[str, float]) -> Outcome:
    """The mean by weight; criteria left out take their share of the weight with them."""
    share = sum(weights[criterion] for criterion in levels)
    level = sum(weights[criterion] * level for criterion, level in levels.items()) / share
    return competency, graded(level), share / sum(weights.values()), tuple(sorted(levels.items()))
