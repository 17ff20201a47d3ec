"""Everybody's evidence → a Calibration: how hard activities are, how severe assessors, how much learners differ (pure).

Each attempt is predicted from the learner's earlier ones, by the fold that serves learners. What was shown beyond what
was expected, of an activity, by an assessor, in a competency, moves its number by a damped Newton step, shrunk towards
0 by a variance that the data give; then the steepness of the thresholds and the spread of learners are searched for
what predicts best. How good a calibration is, its predictions of learners left out of the fit say.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from math import floor, inf, log
from typing import NamedTuple

from competencies.calibration import DECLARED, Calibration, Item
from competencies.evidence import Evidence, mean_level
from competencies.learner import Learner, chance, likelihood
from competencies.outcomes import HALF
from competencies.proficiency import Attempt, Decays, attempts, bound

ROUNDS = 8
DAMPING = 0.5  # activities, assessors and competencies move at once, and each explains a part of the same
FACTORS = (0.8, 1.25)  # by which each part of the spread is tried smaller and larger
SEARCHES = 2
SPREAD = ("competency", "competency_drift", "daily_drift")
LEAST_SIZE, FIRST_SIZE = 0.01, 0.3  # variances of difficulties, severities and means, in square logits
LEFT_OUT = 5  # one learner of so many
LEAST_PROBABILITY = 1e-6
FOREVER = 2**62
Tell = Callable[[int, int], None]  # passes over all evidence done, of how many
PASSES = ROUNDS + SEARCHES * len(FACTORS) * (len(SPREAD) + 1) + 1
Learners = Mapping[str, Collection[Evidence]]  # by person


class Score(NamedTuple):
    """How well attempts were predicted from what was known before each."""

    attempts: int
    log_probability: float  # of what was shown, the mean
    error: float  # levels between what was expected and what was shown, the mean


@dataclass
class _Numbers:
    """One number for each activity, assessor or competency."""

    values: dict[str, float]
    size: float = FIRST_SIZE

    def moved(self, slopes: Mapping[str, list[float]]) -> "_Numbers":
        """By a damped Newton step each; slopes and curvatures by key."""
        values, determined = {}, 0.0
        for key, (slope, curvature) in slopes.items():
            before = self.values.get(key, 0.0)
            kept = curvature + 1 / self.size
            values[key] = before + DAMPING * (slope - before / self.size) / kept
            determined += curvature / kept
        squares = sum(value * value for value in values.values())
        return _Numbers(values, max(LEAST_SIZE, squares / determined) if determined > 1 else LEAST_SIZE)

    def centred(self, groups: Mapping[str, str], slopes: Mapping[str, list[float]]) -> "_Numbers":
        """Around 0 in each group, by what is known of each: on average, what is declared holds."""
        sums: dict[str, list[float]] = {}
        for key, value in self.values.items():
            curvature = slopes[key][1]
            _add(sums, groups.get(key, ""), value * curvature, curvature)
        middles = {group: total / weight if weight else 0.0 for group, (total, weight) in sums.items()}
        return _Numbers({key: value - middles[groups.get(key, "")] for key, value in self.values.items()}, self.size)


def calibrate(learners: Learners, decays: Decays, version: int, tell: Tell = lambda done, total: None) -> Calibration:
    """Fit a calibration to everybody's evidence. `tell` hears of passes done, of how many."""
    found, done, groups = DECLARED, 0, _competency_of_each(learners)
    items, severities, means = _Numbers({}), _Numbers({}), _Numbers({})
    for _ in range(ROUNDS):
        by_activity, by_assessor, by_competency = _slopes(learners, decays, found)
        items, severities, means = (
            numbers.moved(slopes) for numbers, slopes in (
                (items, by_activity), (severities, by_assessor), (means, by_competency)))
        items, severities = items.centred(groups, by_activity), severities.centred({}, by_assessor)
        found = replace(found, items={key: Item(value) for key, value in items.values.items()},
                        severities=severities.values, means=means.values)
        done += 1
        tell(done, PASSES)
    best = score(learners, decays, found).log_probability
    for _ in range(SEARCHES):
        for varied in _variations():
            for factor in FACTORS:
                tried = varied(found, factor)
                reached = score(learners, decays, tried).log_probability
                if reached > best:
                    found, best = tried, reached
                done += 1
                tell(done, PASSES)
    tell(PASSES, PASSES)
    return replace(found, version=version)


def parted(learners: Learners) -> tuple[Learners, Learners]:
    """Those to fit to, and those left out, always the same of the same."""
    out = {person for person in learners if blake2b(person.encode(), digest_size=2).digest()[0] % LEFT_OUT == 0}
    return ({person: found for person, found in learners.items() if person not in out},
            {person: learners[person] for person in out})


def score(learners: Learners, decays: Decays, calibration: Calibration) -> Score:
    """How well each attempt was predicted from the earlier ones."""
    count, total, error = 0, 0.0, 0.0
    for attempt in _folded(learners, decays, calibration):
        count += 1
        weight = sum(view.weight for view in attempt.views)
        total += sum(view.weight * _log_probability(view, attempt, calibration) for view in attempt.views) / weight
        usual = calibration.means.get(attempt.views[0].competency, 0.0)
        error += abs(calibration.level(usual + attempt.taken.before) - mean_level(attempt.views))
    return Score(count, round(total / count, 4) if count else 0.0, round(error / count, 3) if count else 0.0)


def _folded(learners: Learners, decays: Decays, calibration: Calibration) -> Iterator[Attempt]:
    """Every attempt, learner by learner; what was decided says nothing of activities."""
    for evidence in learners.values():
        for attempt in attempts(Learner(calibration.spread), evidence, FOREVER, calibration, decays):
            if attempt.seen:
                yield attempt


def _slopes(learners: Learners, decays: Decays,
            calibration: Calibration) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, list[float]]]:
    """By activity, assessor and competency: the slope and the curvature of the likelihood by its number."""
    activities: dict[str, list[float]] = {}
    assessors: dict[str, list[float]] = {}
    competencies: dict[str, list[float]] = {}
    for attempt in _folded(learners, decays, calibration):
        for view, seen in zip(attempt.views, attempt.seen, strict=True):
            slope, curvature = likelihood([seen], attempt.taken.expected, attempt.taken.moderation)
            _add(activities, view.activity, -slope, curvature)
            _add(competencies, view.competency, slope, curvature)
            if view.assessor:
                _add(assessors, view.assessor, -slope, curvature)
    return activities, assessors, competencies


def _competency_of_each(learners: Learners) -> dict[str, str]:
    """By activity, the competency that it is evidence on most often."""
    seen: dict[str, Counter[str]] = {}
    for evidence in learners.values():
        for each in evidence:
            seen.setdefault(each.activity, Counter())[each.competency] += 1
    return {activity: max(sorted(counts), key=lambda each: counts[each]) for activity, counts in seen.items()}


def _add(sums: dict[str, list[float]], key: str, slope: float, curvature: float) -> None:
    found = sums.setdefault(key, [0.0, 0.0])
    found[0] += slope
    found[1] += curvature


def _variations() -> Iterator[Callable[[Calibration, float], Calibration]]:
    """The steepness of the thresholds, and each part of the spread, by a factor."""
    yield lambda found, factor: replace(found, thresholds=tuple(each * factor for each in found.thresholds))
    for name in SPREAD:
        yield partial(_widened, name)


def _widened(name: str, found: Calibration, factor: float) -> Calibration:
    spread = replace(found.spread, **{name: getattr(found.spread, name) * factor})
    return replace(found, spread=replace(spread, most=spread.ability + spread.competency))


def _log_probability(view: Evidence, attempt: Attempt, calibration: Calibration) -> float:
    """Of what one view shows, among whole levels: what lies between two shows either by its nearness."""
    return sum(share * log(max(LEAST_PROBABILITY, _probability(above, below, view, attempt, calibration)))
               for above, below, share in _whole_levels(view))


def _whole_levels(view: Evidence) -> list[tuple[float | None, float | None, float]]:
    """Bounds and shares. Half a level around any would overlap, and count the sure for more than the right."""
    if view.above is None or view.below is None:
        return [(view.above, view.below, 1.0)]
    lower, beyond = floor(view.level), view.level % 1
    return [(level - HALF, level + HALF, share) for level, share in ((lower, 1 - beyond), (lower + 1, beyond)) if share]


def _probability(above: float | None, below: float | None, view: Evidence, attempt: Attempt,
                 calibration: Calibration) -> float:
    moderation, expected = attempt.taken.moderation, attempt.taken.expected
    lower, upper = bound(above, -inf, view, calibration), bound(below, inf, view, calibration)
    return chance(moderation * (expected - lower)) - chance(moderation * (expected - upper))
