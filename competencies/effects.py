"""What resources did for those who took them: measured in one regression, and joined with what their authors expect
(pure).

For one competency, a window opens where somebody takes what trains it. What they were then believed to be able to do,
by all evidence before, is what to expect after it, if the resource did nothing: a belief allows for luck in what was
seen, so that those who were sent because they did badly once don't seem to gain by it. How far they are beyond that
afterwards, by evidence that isn't the resource's own, is regressed on everything that they took before it, at once, and
on where they started. Windows of those who took nothing say what happens anyway.

Effects have a prior: in what is reported, that there is none (so that few people show little); in what plans use, the
author's expectation. Both are solved from the same sums.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean
from typing import NamedTuple

import numpy as np

from competencies.calibration import AS_DECLARED
from competencies.evidence import DAY, Evidence, mean_level
from competencies.learner import NINETY_PERCENT, Learner
from competencies.outcomes import HIGHEST, LOWEST
from competencies.proficiency import Standard, attempts, estimate
from competencies.resources import Offer

LONGEST = 180 * DAY  # microseconds after taking something in which it shows
UNSURE = 0.3  # levels: how far effects differ from none, where nothing is known of them
TRUSTED = 0.2  # levels: how far they differ from what authors expect
FREE = 10.0  # of what is no effect: its prior says nothing
NOISE = 0.35  # levels, of a window's outcome beside what its evidence allows for, until windows say otherwise
ALLOWED = 10  # windows that the noise allowed for counts as


@dataclass(frozen=True)
class Effect:
    """One resource and one competency that it trains, over those with evidence on both sides of taking it."""

    resource: str
    competency: str
    people: int
    before: float  # the mean of what they were believed to be able to do when they took it
    after: float  # the mean of what they showed afterwards
    change: float  # its effect, in levels: adjusted, and shrunk towards none the fewer they are
    low: float  # the 90 % interval
    high: float
    expected: float  # levels gained, as the resource's author says
    combined: float  # both together: what plans count with
    combined_low: float
    combined_high: float


class Window(NamedTuple):
    """What somebody was believed to be able to do at a moment, and what they showed after it."""

    competency: str
    taken: frozenset[str]  # resources taken shortly before what they showed, and after what was known
    before: float  # levels
    doubt: float  # the variance of that
    after: float
    attempts: int


Measured = Mapping[tuple[str, str], Effect]  # by resource and competency


def effects(offers: Iterable[Offer], windows: Iterable[Window]) -> list[Effect]:
    """By resource and competency, what everybody's windows show."""
    by_competency: dict[str, list[Window]] = {}
    for window in windows:
        by_competency.setdefault(window.competency, []).append(window)
    training = trained(offers)
    found = [effect for competency, those in by_competency.items() if competency in training
             for effect in measured(competency, training[competency], those)]
    return sorted(found, key=lambda effect: (effect.resource, effect.competency))


def trained(offers: Iterable[Offer]) -> dict[str, dict[str, Offer]]:
    """By competency, what trains it, by code."""
    found: dict[str, dict[str, Offer]] = {}
    for offer in offers:
        for closing in offer.closings:
            found.setdefault(closing.competency, {})[offer.code] = offer
    return found


def windows(training: Mapping[str, Mapping[str, Offer]], taken: Mapping[str, int], evidence: Iterable[Evidence],
            standard: Standard) -> list[Window]:
    """One person's, on all competencies. `training`: as `trained`; `taken`: when they first took which resource
    (microseconds), by code.
    """
    pieces: dict[str, list[Evidence]] = {}
    for each in evidence:
        pieces.setdefault(each.competency, []).append(each)
    return [window for competency in sorted(pieces) if competency in training
            for window in windows_of(pieces[competency], training[competency], taken, standard)]


def windows_of(evidence: Sequence[Evidence], offers: Mapping[str, Offer], taken: Mapping[str, int],
               standard: Standard) -> list[Window]:
    """One person's windows on one competency: at each taking, and without any, in the middle of their evidence."""
    told = sorted((each for each in evidence if each.weight > 0), key=lambda each: (each.happened, each.id))
    here = {code: taken[code] for code in sorted(taken) if code in offers}
    if not told:
        return []
    found: dict[tuple[str, ...], Window] = {}
    for moment in sorted({*here.values()}) or [told[len(told) // 2].happened]:
        own = {activity for code, when in here.items() if when == moment for activity in offers[code].activities}
        others = [each for each in told if each.activity not in own]
        before = [each for each in others if each.happened < moment]
        after = [each for each in others if moment <= each.happened < _end(moment, here.values(), others)]
        if before and after:
            within = frozenset(code for code, when in here.items()
                               if before[-1].happened < when <= after[-1].happened)
            same = (before[-1].id, after[0].id, after[-1].id)  # of two taken between the same two, one window
            found.setdefault(same, _window(before, after, moment, within, standard))
    return list(found.values())


def _end(moment: int, takings: Collection[int], told: Sequence[Evidence]) -> int:
    """Where a window closes: when something more is taken, once anything was seen, and after LONGEST anyhow."""
    further = [each for each in takings if each > moment and any(moment <= one.happened < each for one in told)]
    return min([*further, moment + LONGEST])


def _window(before: list[Evidence], after: list[Evidence], moment: int, taken: frozenset[str],
            standard: Standard) -> Window:
    (known,) = estimate(before, moment, *standard).values()
    calibration = standard.calibration
    shown = []
    for attempt in attempts(Learner(calibration.spread), after, after[-1].happened, *standard):
        views = attempt.views
        harder = calibration.items.get(views[0].activity, AS_DECLARED).difficulty
        severe = fmean(calibration.severities.get(view.assessor or "", 0.0) for view in views)
        shown.append(mean_level(views) + (harder + severe) / calibration.steepness)
    return Window(known.competency, taken, known.level, known.deviation ** 2, fmean(shown), len(shown))


def measured(competency: str, offers: Mapping[str, Offer], windows: Sequence[Window]) -> list[Effect]:
    """The effects on one competency of each of these resources that anybody took."""
    codes = sorted({code for window in windows for code in window.taken if code in offers})
    if not codes:
        return []
    expected = {code: next(closing.effect for closing in offers[code].closings if closing.competency == competency)
                for code in codes}
    start = fmean(window.before for window in windows)
    rows = np.array([[1.0, window.before - start, *(float(code in window.taken) for code in codes)]
                     for window in windows])
    gained = np.array([window.after - window.before for window in windows])
    weights = np.array([1 / (NOISE ** 2 + window.doubt + _noise(window)) for window in windows])
    none = np.zeros(len(codes) + 2)
    weights *= _precision(rows, gained, weights, none)
    squares, sums = (rows.T * weights) @ rows, (rows.T * weights) @ gained
    hoped = np.array([0.0, 0.0, *(expected[code] for code in codes)])
    shown, shown_off = _posterior(squares, sums, none, UNSURE)
    both, both_off = _posterior(squares, sums, hoped, TRUSTED)
    found = []
    for place, code in enumerate(codes, 2):
        those = [window for window in windows if code in window.taken]
        margin, wide = NINETY_PERCENT * shown_off[place], NINETY_PERCENT * both_off[place]
        found.append(Effect(
            code, competency, len(those), round(fmean(window.before for window in those), 2),
            round(fmean(window.after for window in those), 2),
            round(shown[place], 2), round(shown[place] - margin, 2), round(shown[place] + margin, 2), expected[code],
            round(both[place], 3), round(both[place] - wide, 2), round(both[place] + wide, 2)))
    return found


def _precision(rows: np.ndarray, gained: np.ndarray, weights: np.ndarray, none: np.ndarray) -> float:
    """By how much what is left unexplained is less than was allowed for; few windows say little of it."""
    found, _ = _posterior((rows.T * weights) @ rows, (rows.T * weights) @ gained, none, UNSURE)
    left = float(weights @ (gained - rows @ np.array(found)) ** 2)
    return (ALLOWED + max(0, len(gained) - len(none))) / (ALLOWED + left)


def _noise(window: Window) -> float:
    """The variance of a mean of attempts, each right to about half a level."""
    return 0.25 / window.attempts


def _posterior(squares: np.ndarray, sums: np.ndarray, mean: np.ndarray,
               apart: float) -> tuple[list[float], list[float]]:
    """Means and standard deviations of intercept, slope and effects, of which the effects are `apart` from `mean`."""
    prior = np.diag([1 / FREE ** 2, 1 / FREE ** 2, *([1 / apart ** 2] * (len(mean) - 2))])
    spread = np.linalg.inv(squares + prior)
    found = spread @ (sums + prior @ mean)
    return found.tolist(), [sqrt(each) for each in np.diag(spread)]


def expected_effects(offer: Offer, known: Measured) -> Offer:
    """The offer as plans count with it: what was measured has its part in what it is expected to bring."""
    return replace(offer, closings=tuple(
        replace(closing, effect=min(HIGHEST - LOWEST, max(0.0, known[offer.code, closing.competency].combined)))
        if (offer.code, closing.competency) in known else closing for closing in offer.closings))
