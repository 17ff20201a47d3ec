"""[Evidence] → Proficiency (pure).

A learner's attempts are folded, in (happened, id) order, into beliefs about their competencies: see `learner`. What a
belief is as a level, with its 90 % interval, follows from the calibration's thresholds. Several statements on one
attempt are views of one thing: assessors' severities are taken off, and n of them count as fewer than n. Nobody
without evidence on a competency has a level in it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

from competencies import learner
from competencies.calibration import AS_DECLARED, DECLARED, Calibration
from competencies.evidence import DAY, Evidence, mean_level
from competencies.frameworks import Decay
from competencies.learner import NINETY_PERCENT, Learner, Taken, View

STALE_AFTER = 365.0  # days
CITED = 5
SAME = 0.01  # logits
DECIDED = 0.5  # the standard deviation of what an override sets, in logits: a sixth of a level


REMEMBERED = Decay()  # where a competency states nothing else
Decays = Mapping[str, Decay]  # by competency


class Standard(NamedTuple):
    """What a store's estimates are measured by."""

    calibration: Calibration = DECLARED
    decays: Decays = {}


@dataclass(frozen=True)
class Proficiency:
    """The estimate for one competency, from at least one attempt."""

    competency: str
    level: float
    low: float
    high: float
    deviation: float  # the standard deviation of what is believed, in levels
    n: int  # attempts
    last: int  # when the last attempt happened, in microseconds since 1970 UTC
    last_began: int  # when the last attempt was first seen; an earlier one can have been seen again since
    last_statement: str  # the first on that attempt
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


class Attempt(NamedTuple):
    """What was seen of one attempt at one competency, and what it did to the estimate."""

    views: list[Evidence]
    seen: list[View]  # of each, between which thresholds
    taken: Taken
    share: float  # of the estimate right after it


def estimate(evidence: Iterable[Evidence], as_of: int, calibration: Calibration = DECLARED,
             decays: Decays | None = None) -> dict[str, Proficiency]:
    """By competency, what one learner's `evidence` that had happened by `as_of` (microseconds) shows."""
    decays = decays or {}
    folded, seen = Learner(calibration.spread), dict[str, list[Attempt]]()
    for attempt in attempts(folded, evidence, as_of, calibration, decays):
        seen.setdefault(attempt.views[0].competency, []).append(attempt)
    return {competency: _proficiency(folded, competency, seen[competency], as_of, calibration,
                                     decays.get(competency, REMEMBERED)) for competency in sorted(seen)}


def attempts(folded: Learner, evidence: Iterable[Evidence], as_of: int, calibration: Calibration,
             decays: Decays) -> Iterator[Attempt]:
    """One learner's attempts, as each is folded."""
    for views in _views_of_attempts(evidence, as_of):
        competency = views[0].competency
        if views[0].decides:
            yield _decided(folded, views, calibration)
            continue
        decay = _in_logits(decays.get(competency, REMEMBERED), competency, calibration)
        seen = _seen(views, calibration)
        item = calibration.items.get(views[0].activity, AS_DECLARED)
        taken = folded.take(competency, seen, item.difficulty - calibration.means.get(competency, 0.0), item.loading,
                            views[0].happened / DAY, decay)
        yield Attempt(views, seen, taken, _share(views, taken, calibration))


def _views_of_attempts(evidence: Iterable[Evidence], as_of: int) -> list[list[Evidence]]:
    """The views of each attempt, in the order in which attempts were first seen."""
    counted = sorted((each for each in evidence if each.happened <= as_of and each.weight > 0),
                     key=lambda each: (each.happened, each.id))
    found: dict[tuple[str, str], list[Evidence]] = {}
    for each in counted:
        found.setdefault((each.competency, each.attempt), []).append(each)
    return list(found.values())


def _decided(folded: Learner, views: list[Evidence], calibration: Calibration) -> Attempt:
    """What an override does: the level is believed as it says, and later attempts move it."""
    view = views[-1]
    mean = calibration.logit(view.level) - calibration.means.get(view.competency, 0.0)
    day = view.happened / DAY
    before, _ = folded.expect(view.competency, day)
    folded.set(view.competency, mean, DECIDED * DECIDED, day)
    return Attempt(views, [], Taken(before, mean, 1.0, mean, 1.0), 1.0)


def _seen(views: list[Evidence], calibration: Calibration) -> list[View]:
    """The attempt's views share the weight that they have together."""
    together = 1 / (1 + (len(views) - 1) * calibration.within)  # Kish's design effect
    return [View(bound(view.above, -inf, view, calibration), bound(view.below, inf, view, calibration),
                 view.weight * together) for view in views]


def _share(views: list[Evidence], taken: Taken, calibration: Calibration) -> float:
    """How much of the estimate rests on an attempt: how far it took it towards the level that it showed, or, where that
    is what was believed, how much it confirmed.
    """
    shown = calibration.logit(mean_level(views))
    shown -= calibration.means.get(views[0].competency, 0.0) + taken.before
    taken_there = (taken.after - taken.before) / shown if abs(shown) > SAME else 0.0
    return min(1.0, max(taken_there, taken.share))


def bound(level: float | None, unbounded: float, view: Evidence, calibration: Calibration) -> float:
    """Where a severe assessor gives a level, others give more."""
    if level is None:
        return unbounded
    return calibration.logit(level) + calibration.severities.get(view.assessor or "", 0.0)


def _in_logits(decay: Decay, competency: str, calibration: Calibration) -> learner.Decay:
    return learner.Decay(decay.half_life, calibration.logit(decay.floor) - calibration.means.get(competency, 0.0))


def _proficiency(folded: Learner, competency: str, made: list[Attempt], as_of: int, calibration: Calibration,
                 decay: Decay) -> Proficiency:
    usual, last = calibration.means.get(competency, 0.0), made[-1]
    mean, variance = folded.expect(competency, as_of / DAY, _in_logits(decay, competency, calibration))
    margin = NINETY_PERCENT * sqrt(variance)
    low, level, high, held, before, after = (calibration.level(usual + logit) for logit in (
        mean - margin, mean, mean + margin, folded.believed(competency), last.taken.before, last.taken.after))
    shares, of_last = _shares(made), {view.statement for view in last.views}
    seen = max(each.happened for attempt in made for each in attempt.views)
    return Proficiency(
        competency=competency, level=round(level, 2), low=round(low, 2), high=round(high, 2),
        deviation=round(sqrt(variance) / calibration.steepness, 3), n=len(made),
        last=seen, last_began=last.views[0].happened, last_statement=last.views[0].statement,
        last_activity=last.views[0].activity, last_alignment=last.views[0].alignment,
        moved=round(after - before, 2) + 0.0 if len(made) > 1 else None, stale=as_of - seen > STALE_AFTER * DAY,
        forgotten=round(max(0.0, held - level), 2), decay=decay,
        difficulty=round(_difficulty(shares.values(), calibration), 2),
        disagreement=round(max(map(_disagreement, made)), 2), shares=_cited(shares, of_last))


def _cited(shares: Mapping[str, tuple[float, Evidence]], last: Collection[str]) -> tuple[tuple[str, float], ...]:
    """The statements with the largest shares, the latest first of equal ones; one of the `last` attempt's among them,
    for it is why the estimate isn't what it was.
    """
    resting = [each for each in shares if shares[each][0] > 0 or each in last]
    ranked = sorted(resting, key=lambda each: (-shares[each][0], -shares[each][1].happened, shares[each][1].id))
    cited = ranked[:CITED]
    if not set(cited) & set(last):
        cited[-1] = next(each for each in ranked if each in last)
    return tuple((statement, round(shares[statement][0], 3)) for statement in cited)


def _shares(made: list[Attempt]) -> dict[str, tuple[float, Evidence]]:
    """By statement, how much of the estimate rests on it: what later attempts left of its share."""
    found: dict[str, tuple[float, Evidence]] = {}
    left = 1.0
    for attempt in reversed(made):
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
    return part / whole / calibration.steepness if whole else 0.0


def _disagreement(attempt: Attempt) -> float:
    levels = _levels_by_assessor(attempt.views)
    return max(levels) - min(levels)


def _levels_by_assessor(views: list[Evidence]) -> list[float]:
    """Each assessor's mean: the questions of a quiz are one view of it, however they were answered."""
    by_assessor: dict[str | None, list[float]] = {}
    for view in views:
        by_assessor.setdefault(view.assessor, []).append(view.level)
    return [sum(levels) / len(levels) for levels in by_assessor.values()]
