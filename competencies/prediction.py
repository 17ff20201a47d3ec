"""Whether a learner's next answer will be right: their beliefs, read out by frozen weights (pure).

The beliefs are those that serve learners (`learner`); beside them stands what a belief doesn't hold: how often, how
lately and with what luck a competency and an activity were met, and what the answers before say of this activity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log1p
from operator import mul
from typing import NamedTuple

from competencies.calibration import Item
from competencies.learner import RIGHT, WRONG, Learner, Spread, chance

Id = str | int
MEASURES = ("ability", "competency", "form", "right", "wrong", "activity right", "activity wrong", "last here",
            "since here", "streak here", "ability variance", "competency variance", "first here")
UNKNOWN = Item()


class Met(NamedTuple):
    """One answer on a competency: 1 or -1, its number among all, and how many right ones it ends."""

    outcome: int
    number: int
    streak: int


class Context(NamedTuple):
    """What comes from the answer before, in logits: always, and times its outcome (1 or -1)."""

    always: float = 0.0
    swing: float = 0.0


class History:
    """What a learner did so far."""

    __slots__ = ("activities", "answers", "before", "competencies", "competency", "outcome", "outcome_before",
                 "previous", "right")

    def __init__(self) -> None:
        self.answers = self.right = self.outcome = self.outcome_before = 0
        self.competency: Id | None = None  # of the last answer
        self.previous: Id | None = None  # its activity
        self.before: Id | None = None
        self.competencies: dict[Id, Met] = {}
        self.activities: dict[Id, tuple[int, int]] = {}  # right, wrong

    def note(self, competency: Id, activity: Id, is_right: bool) -> None:
        right, wrong = self.activities.get(activity, (0, 0))
        met, outcome = self.competencies.get(competency), 1 if is_right else -1
        self.answers += 1
        self.right += is_right
        self.competencies[competency] = Met(outcome, self.answers, (met.streak if met else 0) + 1 if is_right else 0)
        self.activities[activity] = (right + 1, wrong) if is_right else (right, wrong + 1)
        self.before, self.outcome_before = self.previous, self.outcome
        self.competency, self.previous, self.outcome = competency, activity, outcome


def measures(learner: Learner, history: History, competency: Id, activity: Id) -> tuple[float, ...]:
    """What is known before an answer, in the order of MEASURES."""
    right, wrong = history.activities.get(activity, (0, 0))
    whole = (log1p(history.right), log1p(history.answers - history.right), log1p(right), log1p(wrong))
    belief, met = learner.competencies.get(competency), history.competencies.get(competency)
    if belief is None or met is None:
        return (learner.ability, 0.0, learner.form, *whole, 0.0, 0.0, 0.0, learner.ability_variance,
                learner.spread.competency, 1.0)
    return (learner.ability, belief.mean, learner.form, *whole, met.outcome, log1p(history.answers - met.number),
            log1p(met.streak), learner.ability_variance, belief.variance, 0.0)


@dataclass(frozen=True)
class Readout:
    """Frozen parameters of one log of right and wrong answers."""

    spread: Spread
    base: float  # the logit that the beliefs start from
    shift: float  # what the readout adds to it
    means: Mapping[Id, float]  # by competency, in logits
    items: Mapping[Id, Item]  # by activity
    turns: Mapping[tuple[Id, Id], Context] = field(default_factory=dict)  # by the competency before, and this one
    following: Mapping[tuple[Id, Id], Context] = field(default_factory=dict)  # by the activity before, and this one
    second: Mapping[tuple[Id, Id], Context] = field(default_factory=dict)  # by the activity before that, and this one
    weights: tuple[float, ...] = (0.0,) * len(MEASURES)

    def answer(self, learner: Learner, history: History, competency: Id, activity: Id, is_right: bool) -> float:
        """The probability, before it, that this answer would be right; learner and history then learn of it."""
        item = self.items.get(activity, UNKNOWN)
        ease = self.base + self.means.get(competency, 0.0) - item.difficulty
        known = measures(learner, history, competency, activity)
        expected = ease + self.shift + self._context(history, competency, activity) + (
            item.loading - 1) * (known[0] + known[1] + known[2]) + sum(map(mul, self.weights, known))
        learner.take(competency, RIGHT if is_right else WRONG, -ease, item.loading)
        history.note(competency, activity, is_right)
        return chance(expected)

    def _context(self, history: History, competency: Id, activity: Id) -> float:
        found = 0.0
        if history.previous is None or history.competency is None:
            return found
        if (turn := self.turns.get((history.competency, competency))) is not None:
            found += turn.always + turn.swing * history.outcome
        if (last := self.following.get((history.previous, activity))) is not None:
            found += last.always + last.swing * history.outcome
        if history.before is not None and (second := self.second.get((history.before, activity))) is not None:
            found += second.swing * history.outcome_before
        return found
