"""[Evidence] → Proficiency (pure).

Version 0 of the estimate, simple and stated: the mean of a person's attempts by weight, where weight halves
every HALF_LIFE days, with a 90 % interval from a stated error of measurement. Several statements on one attempt
are pooled first: they are views of one thing, not independent. There is no prior, so nobody without evidence has
a level.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import sqrt

from competencies.evidence import DAY, Evidence
from competencies.outcomes import HIGHEST, LOWEST

HALF_LIFE = 180.0  # days
STALE_AFTER = 365.0  # days
ERROR = 0.6  # standard deviation, in levels, of one attempt of weight 1 around the level it shows
NINETY_PERCENT = 1.645
CITED = 5


@dataclass(frozen=True)
class Proficiency:
    """The estimate for one competency, from at least one attempt."""

    competency: str
    level: float
    low: float
    high: float
    n: int  # attempts
    last: int  # microseconds since 1970 UTC
    stale: bool
    disagreement: float  # the widest difference between assessors of one attempt, in levels
    statements: tuple[str, ...]  # those that weigh most, most first


def estimate(evidence: Iterable[Evidence], as_of: int) -> dict[str, Proficiency]:
    """By competency, what `evidence` that had happened by `as_of` (microseconds) shows."""
    counted = sorted((each for each in evidence if each.happened <= as_of and each.weight > 0),
                     key=lambda each: (each.competency, each.happened, each.id))
    return {competency: _estimate(competency, list(group), as_of)
            for competency, group in groupby(counted, key=lambda each: each.competency)}


def _estimate(competency: str, evidence: list[Evidence], as_of: int) -> Proficiency:
    attempts: dict[str, list[Evidence]] = {}
    for each in evidence:
        attempts.setdefault(each.attempt, []).append(each)
    last = evidence[-1].happened
    weights, levels = [], []
    for views in attempts.values():
        weights.append(max(_weight(view, last) for view in views))
        total = sum(view.weight for view in views)
        levels.append(sum(view.level * view.weight for view in views) / total)
    level = sum(weight * level for weight, level in zip(weights, levels, strict=True)) / sum(weights)
    left = sum(weights) * _decay(as_of - last)  # of all weight; it can vanish in a far future
    margin = NINETY_PERCENT * ERROR / sqrt(left) if left else HIGHEST - LOWEST
    cited = sorted(evidence, key=lambda each: (-_weight(each, last), -each.happened, each.id))[:CITED]
    return Proficiency(competency, round(level, 2), round(max(LOWEST, level - margin), 2),
                       round(min(HIGHEST, level + margin), 2), len(attempts), last,
                       as_of - last > STALE_AFTER * DAY, round(_disagreement(attempts.values()), 2),
                       tuple(dict.fromkeys(each.statement for each in cited)))


def _weight(evidence: Evidence, as_of: int) -> float:
    return evidence.weight * _decay(as_of - evidence.happened)


def _decay(age: int) -> float:
    return float(0.5 ** (age / (HALF_LIFE * DAY)))


def _disagreement(attempts: Iterable[list[Evidence]]) -> float:
    return max(max(levels) - min(levels) for levels in map(_levels_by_assessor, attempts))


def _levels_by_assessor(views: list[Evidence]) -> list[float]:
    """Each assessor's mean: the questions of a quiz are one view of it, however they were answered."""
    by_assessor: dict[str | None, list[float]] = {}
    for view in views:
        by_assessor.setdefault(view.assessor, []).append(view.level)
    return [sum(levels) / len(levels) for levels in by_assessor.values()]
