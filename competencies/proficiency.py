"""[Evidence] → Proficiency (pure).

A learner's attempts are folded, in (happened, id) order, into beliefs about their competencies: see `learner`. What a
belief is as a level, with its 90 % interval, follows from the calibration's thresholds. Several statements on one
attempt are views of one thing: assessors' severities are taken off, and n of them count as fewer than n. Nobody
without evidence on a competency has a level in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

from competencies import learner
from competencies.calibration import AS_DECLARED, DECLARED, Calibration
from competencies.evidence import DAY, Evidence
from competencies.frameworks import Decay
from competencies.learner import NINETY_PERCENT, Learner, Taken, View

STALE_AFTER = 365.0  # days
CITED = 5
SAME = 0.01  # logits


REMEMBERED = Decay()  # where a competency states nothing else
Decays = Mapping[str, Decay]  # by competency


@dataclass(frozen=True)
class Proficiency:
    """The estimate for one competency, from at least one attempt."""

    competency: str
    level: float
    low: float
    high: float
    n: int  # attempts
    last: int  # when the last attempt happened, in microseconds since 1970 UTC
    last_activity: str
    last_alignment: str  # that read it
    moved: float | None  # levels by which the last attempt raised or lowered it; None of the first
    stale: bool
    forgotten: float  # levels that decay took since the last attempt
    decay: Decay
    difficulty: float  # levels by which what was attempted is harder than it declares, by share
    disagreement: float  # the widest difference between assessors of one attempt, in levels
    shares: tuple[tuple[str, float], ...]  # statements that weigh most, and how much of the estimate rests on each

    @property
    def statements(self) -> tuple[str, ...]:
        return tuple(statement for statement, _ in self.shares)


class _Attempt(NamedTuple):
    """What was seen of one attempt at one competency, and what it did to the estimate."""

    views: list[Evidence]
    taken: Taken
    share: float  # of the estimate right after it


def estimate(evidence: Iterable[Evidence], as_of: int, calibration: Calibration = DECLARED,
             decays: Decays | None = None) -> dict[str, Proficiency]:
    """By competency, what one learner's `evidence` that had happened by `as_of` (microseconds) shows."""
    decays = decays or {}
    folded, seen = Learner(calibration.spread), dict[str, list[_Attempt]]()
    for views in _attempts(evidence, as_of):
        competency = views[0].competency
        decay = _in_logits(decays.get(competency, REMEMBERED), competency, calibration)
        taken = _take(folded, views, decay, calibration)
        seen.setdefault(competency, []).append(_Attempt(views, taken, _share(views, taken, calibration)))
    return {competency: _proficiency(folded, competency, seen[competency], as_of, calibration,
                                     decays.get(competency, REMEMBERED)) for competency in sorted(seen)}


def _attempts(evidence: Iterable[Evidence], as_of: int) -> list[list[Evidence]]:
    """The views of each attempt, in the order in which attempts were first seen."""
    counted = sorted((each for each in evidence if each.happened <= as_of and each.weight > 0),
                     key=lambda each: (each.happened, each.id))
    attempts: dict[tuple[str, str], list[Evidence]] = {}
    for each in counted:
        attempts.setdefault((each.competency, each.attempt), []).append(each)
    return list(attempts.values())


def _take(folded: Learner, views: list[Evidence], decay: learner.Decay, calibration: Calibration) -> Taken:
    """The attempt's views share the weight that they have together; a quiz's questions have one activity."""
    first, n = views[0], len(views)
    together = 1 / (1 + (n - 1) * calibration.within)  # Kish's design effect
    seen = [View(_bound(view.above, -inf, view, calibration), _bound(view.below, inf, view, calibration),
                 view.weight * together) for view in views]
    item = calibration.items.get(first.activity, AS_DECLARED)
    return folded.take(first.competency, seen, item.difficulty - calibration.means.get(first.competency, 0.0),
                       item.loading, first.happened / DAY, decay)


def _share(views: list[Evidence], taken: Taken, calibration: Calibration) -> float:
    """How much of the estimate rests on an attempt: how far it took it towards the level that it showed, or, where that
    is what was believed, how much it confirmed.
    """
    weight = sum(view.weight for view in views)
    shown = calibration.logit(sum(view.level * view.weight for view in views) / weight)
    shown -= calibration.means.get(views[0].competency, 0.0) + taken.before
    taken_there = (taken.after - taken.before) / shown if abs(shown) > SAME else 0.0
    return min(1.0, max(taken_there, taken.share))


def _bound(level: float | None, unbounded: float, view: Evidence, calibration: Calibration) -> float:
    """Where a severe assessor gives a level, others give more."""
    if level is None:
        return unbounded
    return calibration.logit(level) + calibration.severities.get(view.assessor or "", 0.0)


def _in_logits(decay: Decay, competency: str, calibration: Calibration) -> learner.Decay:
    return learner.Decay(decay.half_life, calibration.logit(decay.floor) - calibration.means.get(competency, 0.0))


def _proficiency(folded: Learner, competency: str, attempts: list[_Attempt], as_of: int, calibration: Calibration,
                 decay: Decay) -> Proficiency:
    usual, last = calibration.means.get(competency, 0.0), attempts[-1]
    mean, variance = folded.expect(competency, as_of / DAY, _in_logits(decay, competency, calibration))
    margin = NINETY_PERCENT * sqrt(variance)
    low, level, high, held, before, after = (calibration.level(usual + logit) for logit in (
        mean - margin, mean, mean + margin, folded.believed(competency), last.taken.before, last.taken.after))
    shares = _shares(attempts)
    seen = max(each.happened for attempt in attempts for each in attempt.views)
    return Proficiency(
        competency=competency, level=round(level, 2), low=round(low, 2), high=round(high, 2), n=len(attempts),
        last=seen, last_activity=last.views[0].activity, last_alignment=last.views[0].alignment,
        moved=round(after - before, 2) if len(attempts) > 1 else None, stale=as_of - seen > STALE_AFTER * DAY,
        forgotten=round(max(0.0, held - level), 2), decay=decay,
        difficulty=round(_difficulty(shares.values(), calibration), 2),
        disagreement=round(max(map(_disagreement, attempts)), 2), shares=_cited(shares))


def _cited(shares: Mapping[str, tuple[float, Evidence]]) -> tuple[tuple[str, float], ...]:
    """The statements with the largest shares, the latest first of equal ones."""
    ranked = sorted(shares.items(), key=lambda share: (-share[1][0], -share[1][1].happened, share[1][1].id))
    return tuple((statement, round(share, 3)) for statement, (share, _) in ranked[:CITED])


def _shares(attempts: list[_Attempt]) -> dict[str, tuple[float, Evidence]]:
    """By statement, how much of the estimate rests on it: what later attempts left of its share."""
    found: dict[str, tuple[float, Evidence]] = {}
    left = 1.0
    for attempt in reversed(attempts):
        total = sum(view.weight for view in attempt.views)
        for view in attempt.views:
            before = found.get(view.statement, (0.0, view))[0]
            found[view.statement] = before + left * attempt.share * view.weight / total, view
        left *= 1 - attempt.share
    return found


def _difficulty(shares: Iterable[tuple[float, Evidence]], calibration: Calibration) -> float:
    """In levels around the middle of the scale."""
    whole = part = 0.0
    for share, view in shares:
        whole += share
        part += share * calibration.items.get(view.activity, AS_DECLARED).difficulty
    steepness = (calibration.thresholds[-1] - calibration.thresholds[0]) / (len(calibration.thresholds) - 1)
    return part / whole / steepness if whole else 0.0


def _disagreement(attempt: _Attempt) -> float:
    levels = _levels_by_assessor(attempt.views)
    return max(levels) - min(levels)


def _levels_by_assessor(views: list[Evidence]) -> list[float]:
    """Each assessor's mean: the questions of a quiz are one view of it, however they were answered."""
    by_assessor: dict[str | None, list[float]] = {}
    for view in views:
        by_assessor.setdefault(view.assessor, []).append(view.level)
    return [sum(levels) / len(levels) for levels in by_assessor.values()]
