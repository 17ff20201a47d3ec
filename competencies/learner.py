"""What one learner's attempts say of their abilities: a Gaussian belief that each attempt moves (pure).

On the logit scale an attempt comes out by an ability in general, one on the attempt's competency, and a form that
passes, less the activity's difficulty. Each is believed to be normal, apart from the others. An attempt says that
performance lay between two thresholds (a graded response: Samejima 1969); its likelihood is logistic, and is taken by
one step of assumed-density filtering: the slope and the curvature of its logarithm, averaged over the belief
(σ(m/√(1 + πV/8)): MacKay 1992), move the mean and narrow the variance. A few microseconds an attempt, and nothing is
kept of it but the belief.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf, sqrt
from typing import NamedTuple

NINETY_PERCENT = 1.645
MODERATION = 0.3927  # π/8
FURTHEST = 30.0  # logits: beyond it a probability is 0 or 1


@dataclass(frozen=True)
class Spread:
    """How far apart learners are, and how fast one changes: variances, in square logits."""

    ability: float
    competency: float
    form: float
    ability_drift: float  # for each attempt
    competency_drift: float  # for each attempt at it
    daily_drift: float  # of a competency, for each day
    form_kept: float  # what is left of the form after an attempt
    most: float  # no drift makes a belief vaguer than this


class View(NamedTuple):
    """One look at an attempt: performance lay between two thresholds, in logits; infinite where there is no such bound.

    `weight`: how much it counts, 1 for a whole attempt.
    """

    lower: float
    upper: float
    weight: float = 1.0


class Decay(NamedTuple):
    """What is forgotten without practice: half of what is above the floor in each half-life."""

    half_life: float  # days
    floor: float  # logits


class Taken(NamedTuple):
    """What an attempt did to the belief in its competency; means in logits."""

    before: float
    after: float
    share: float  # of the belief in the competency that rests on this attempt, right after it
    expected: float  # performance, the difficulty taken off
    moderation: float  # what the logit of a threshold is times, since the expectation is uncertain


class Belief:
    """About one competency, apart from the ability in general."""

    __slots__ = ("day", "mean", "variance")

    def __init__(self, variance: float, day: float) -> None:
        self.mean = 0.0
        self.variance = variance
        self.day = day  # of the last attempt


class Learner:
    """One learner under one spread: feed it attempts in their order."""

    __slots__ = ("ability", "ability_variance", "competencies", "form", "form_variance", "spread")

    def __init__(self, spread: Spread) -> None:
        self.spread = spread
        self.ability, self.ability_variance = 0.0, spread.ability
        self.form, self.form_variance = 0.0, spread.form
        self.competencies: dict[str | int, Belief] = {}

    def expect(self, competency: str | int, day: float = 0.0, decay: Decay | None = None) -> tuple[float, float]:
        """The mean and the variance of ability and competency together on a day; form has passed by then."""
        belief = self.competencies.get(competency)
        if belief is None:
            return self.ability, self.ability_variance + self.spread.competency
        mean, variance = self._aged(belief, day, decay)
        return self.ability + mean, self.ability_variance + variance

    def believed(self, competency: str | int) -> float:
        """The mean right after the last attempt at a competency."""
        return self.ability + self.competencies[competency].mean

    def set(self, competency: str | int, mean: float, variance: float, day: float = 0.0) -> None:
        """Believe this of ability and competency together, whatever was believed before."""
        belief = self.competencies.setdefault(competency, Belief(variance, day))
        belief.mean, belief.variance, belief.day = mean - self.ability, variance, day

    def take(self, competency: str | int, views: Iterable[View], difficulty: float = 0.0, loading: float = 1.0,
             day: float = 0.0, decay: Decay | None = None) -> Taken:
        """Learn from one attempt at an activity of this difficulty (logits) that ability counts by `loading` in.

        It moves no belief by more than the half of its 90 % interval.
        """
        spread, belief = self.spread, self.competencies.get(competency)
        if belief is None:
            belief = self.competencies[competency] = Belief(spread.competency, day)
            mean, own = 0.0, spread.competency
        else:
            mean, own = self._aged(belief, day, decay)
        ability, form = self.ability_variance, self.form_variance
        total = loading * loading * (ability + own + form)
        expected = loading * (self.ability + mean + self.form) - difficulty
        moderation = 1 / sqrt(1 + MODERATION * total)
        slope, curvature = likelihood(views, expected, moderation)
        curvature *= moderation  # of the averaged likelihood
        kept = 1 + curvature * total
        step, narrower = loading * slope / kept, loading * loading * curvature / kept
        bounded = NINETY_PERCENT * sqrt(ability + own)
        if abs(step) * (ability + own) > bounded:
            step = bounded / (ability + own) * (1 if step > 0 else -1)
        before = self.ability + mean
        self.ability += ability * step
        belief.mean, belief.day = mean + own * step, day
        self.ability_variance = min(ability - ability * ability * narrower + spread.ability_drift, spread.most)
        belief.variance = min(own - own * own * narrower + spread.competency_drift, spread.most)
        self.form = spread.form_kept * (self.form + form * step)
        left = spread.form_kept * spread.form_kept
        self.form_variance = left * (form - form * form * narrower) + (1 - left) * spread.form
        return Taken(before, self.ability + belief.mean, own * narrower, expected, moderation)

    def _aged(self, belief: Belief, day: float, decay: Decay | None) -> tuple[float, float]:
        """What is left of a belief on a later day: it is vaguer, and lower where the competency decays."""
        days = day - belief.day
        if days <= 0:
            return belief.mean, belief.variance
        mean, variance = belief.mean, min(belief.variance + days * self.spread.daily_drift, self.spread.most)
        if decay is not None and (above := self.ability + mean - decay.floor) > 0:
            mean -= above * (1 - 0.5 ** (days / decay.half_life))
        return mean, variance


def likelihood(views: Iterable[View], expected: float, moderation: float) -> tuple[float, float]:
    """The slope of the logarithm of the likelihood at the expected performance, and its curvature, downwards."""
    slope = curvature = 0.0
    for lower, upper, weight in views:
        above, beyond = chance(moderation * (expected - lower)), chance(moderation * (expected - upper))
        slope += weight * (1 - above - beyond)
        curvature += weight * (above * (1 - above) + beyond * (1 - beyond))
    return slope, curvature


def chance(logit: float) -> float:
    """The probability of a logit."""
    if logit > FURTHEST:
        return 1.0
    return 1 / (1 + exp(-logit)) if logit > -FURTHEST else 0.0


RIGHT, WRONG = (View(0.0, inf),), (View(-inf, 0.0),)  # an answer that is one or the other
