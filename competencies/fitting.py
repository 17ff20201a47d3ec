"""Answers of many learners → a Readout: difficulties, loadings, swings and weights, fitted and frozen.

Activities, competencies and pairs of activities are random effects, each kind with a variance of its own that the data
give (empirical Bayes: MacKay 1992). What an effect is worth to learners whom it wasn't fitted on is found out of fold,
by learner, and is part of it. The beliefs are those of `learner`, folded anew with each round's difficulties.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from competencies.calibration import Item
from competencies.learner import RIGHT, WRONG, Learner, Spread
from competencies.prediction import MEASURES, Context, History, Id, Readout, measures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The same for every log: accuracy on learners left out hardly depends on them
SPREAD = Spread(ability=0.7, competency=0.5, form=0.3, ability_drift=0.002, competency_drift=0.005, daily_drift=0.0,
                form_kept=0.9, most=2.0)
FOLDS, ROUNDS, STEPS = 3, 3, 6
MOST_WEIGHED = 400_000  # answers that the weights are fitted to
LOADINGS = (0.3, 2.5)
LEAST = 0.01  # logits: smaller swings aren't kept
FURTHEST_STEP = 1.5
RIDGE = 1.0


class Answer(NamedTuple):
    """One answer in the order of time."""

    learner: Id
    competency: Id
    activity: Id
    is_right: bool


@dataclass(eq=False)
class _Effect:
    """One number for each of `keys`, times a factor of the answer; of `normal` size around 0."""

    keys: list[Any]
    key: Ints  # by answer, the place of its key
    factor: Floats | None  # by answer; None: 1
    size: float  # the variance of the numbers
    values: Floats
    trust: float = 1.0  # what it is worth out of fold
    doubt: float = 1.0  # the variance is taken to be that much larger

    @classmethod
    def of(cls, keys: Sequence[Any], factor: Floats | None = None, size: float = 0.1) -> "_Effect":
        places: dict[Any, int] = {}
        found = np.fromiter((places.setdefault(key, len(places)) for key in keys), np.int64, len(keys))
        return cls(list(places), found, factor, size, np.zeros(len(places)))

    def of_answers(self, values: Floats, rows: Any = slice(None)) -> Floats:
        found: Floats = values[self.key[rows]]
        return found if self.factor is None else found * self.factor[rows]

    def step(self, values: Floats, rows: Any, right: Floats, logit: Floats, learns_size: bool) -> tuple[Floats, Floats]:
        """One Newton step of every number, by its own answers; the new numbers, and the new logits of `rows`."""
        key, factor = self.key[rows], 1.0 if self.factor is None else self.factor[rows]
        probability = _probability(logit)
        variance = probability * (1 - probability) * factor * factor
        information = np.bincount(key, variance, len(values))
        slope = np.bincount(key, (right - probability) * factor, len(values))
        ridge = 1 / (self.size * self.doubt)
        moved = np.clip((slope - values * ridge) / (information + ridge), -FURTHEST_STEP, FURTHEST_STEP)
        values = values + moved
        if learns_size:
            determined = float((information / (information + ridge)).sum())
            self.size = float(np.clip(values @ values / max(determined, 1e-9), 1e-3, 4)) / self.doubt \
                if determined > 1 else 1e-3
        return values, logit + moved[key] * factor


class _Fit:
    """Rounds of effects, beliefs and weights; each uses what the one before found."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = answers
        self.right = np.array([answer.is_right for answer in answers], float)
        outcomes = [1.0 if answer.is_right else -1.0 for answer in answers]
        activities, competencies = ([answer[place] for answer in answers] for place in (2, 1))
        turn, last = _lagged(answers, competencies, outcomes, 1)
        previous, second = (_lagged(answers, activities, outcomes, lag) for lag in (1, 2))
        self.activity = _Effect.of(activities, size=0.5)
        self.competency = _Effect.of(competencies, size=0.5)
        self.loading = _Effect.of(activities, np.zeros(len(answers)))  # its factor are the beliefs
        turns, pairs = (list(zip(*each, strict=True)) for each in ((turn, competencies), (previous[0], activities)))
        self.contexts = [_Effect.of(turns), _Effect.of(turns, last), _Effect.of(pairs), _Effect.of(pairs, last),
                         _Effect.of(list(zip(second[0], activities, strict=True)), second[1])]
        random = np.random.default_rng(1)
        places: dict[Id, int] = {}
        learner = np.array([places.setdefault(answer.learner, len(places)) for answer in answers])
        self.fold = random.integers(0, FOLDS, len(places))[learner]
        share = min(1.0, MOST_WEIGHED / len(answers))
        self.weighed = np.flatnonzero((random.permutation(len(places)) < share * len(places))[learner])
        mean = self.right.mean()
        self.rest = np.full(len(answers), np.log(mean / (1 - mean)))  # the logit of all but the effects
        self.beliefs = np.zeros(len(answers))
        self.base, self.shift, self.weights = 0.0, 0.0, np.zeros(len(MEASURES))

    def run(self, tell: Callable[[int, int], None]) -> Readout:
        for number in range(ROUNDS):
            effects = [self.activity, self.competency]
            if number:
                effects += [self.loading, *self.contexts]
            out_of_fold = self._fit_effects(effects)
            known = self._fold(effects, out_of_fold)
            self._weigh(effects, out_of_fold, known)
            if 0 < number < ROUNDS - 1:
                for each in effects[2:]:
                    each.doubt = float(np.clip(each.doubt * np.clip(each.trust, 0.3, 4), 0.05, 30))
            tell(number + 1, ROUNDS + 1)
        known = self._fold(effects, out_of_fold, renews_base=False)  # the weights meet the beliefs as they'll be
        self._weigh(effects, out_of_fold, known, renews_trust=False)
        tell(ROUNDS + 1, ROUNDS + 1)
        return self._readout()

    def _fit_effects(self, effects: list[_Effect]) -> list[Floats]:
        """Fit them to all answers; by answer, the numbers that those of other folds alone give."""
        everything: Any = slice(None)
        for each, values in zip(effects, self._newton(effects, everything, STEPS, learns_size=True), strict=True):
            each.values = values
        found = [np.zeros(len(self.answers)) for _ in effects]
        for fold in range(FOLDS):
            others, own = np.flatnonzero(self.fold != fold), np.flatnonzero(self.fold == fold)
            for place, values in enumerate(self._newton(effects, others, STEPS // 2, learns_size=False)):
                found[place][own] = values[effects[place].key[own]]
        return found

    def _newton(self, effects: list[_Effect], rows: Any, steps: int, learns_size: bool) -> list[Floats]:
        values, right = [each.values.copy() for each in effects], self.right[rows]
        logit = self.rest[rows] + sum(each.of_answers(given, rows) for each, given in zip(effects, values, strict=True))
        for _ in range(steps):
            for place, each in enumerate(effects):
                values[place], logit = each.step(values[place], rows, right, logit, learns_size)
        return values

    def _fold(self, effects: list[_Effect], out_of_fold: list[Floats], renews_base: bool = True) -> Floats:
        """Everybody's beliefs under what was found out of fold: by answer, what was known before it."""
        ease = self.activity.trust * out_of_fold[0] + self.competency.trust * out_of_fold[1]
        loading = np.ones(len(self.answers))
        if self.loading in effects:
            loading = np.clip(1 + self.loading.trust * out_of_fold[2], *LOADINGS)
        if renews_base:
            self.base = _level(ease + self.beliefs, self.right)
        known = np.empty((len(self.answers), len(MEASURES)))
        rows = iter(_known(self.answers, (ease + self.base).tolist(), loading.tolist()))
        for start in range(0, len(self.answers), 20_000):
            known[start:start + 20_000] = list(islice(rows, 20_000))
        self.beliefs = known[:, 0] + known[:, 1] + known[:, 2]
        self.loading.factor = self.beliefs
        return known

    def _weigh(self, effects: list[_Effect], out_of_fold: list[Floats], known: Floats,
               renews_trust: bool = True) -> None:
        """What each effect is worth out of fold, and what is known before an answer."""
        rows = self.weighed
        parts = np.column_stack([
            given[rows] if each.factor is None else given[rows] * each.factor[rows]
            for each, given in zip(effects, out_of_fold, strict=True)])
        measured = np.column_stack([np.ones(len(rows)), known[rows]])
        if renews_trust:
            found = _logistic(np.column_stack([parts, measured]), self.right[rows])
            for each, trust in zip(effects, found, strict=False):
                each.trust = float(trust)
            found = found[len(effects):]
        else:
            settled = parts @ np.array([each.trust for each in effects])
            found = _logistic(measured, self.right[rows], settled)
        self.shift, self.weights = float(found[0]), found[1:]
        self.rest = self.shift + known @ self.weights

    def _readout(self) -> Readout:
        items = {key: Item(-float(easier) * self.activity.trust,
                           float(np.clip(1 + more * self.loading.trust, *LOADINGS)))
                 for key, easier, more in zip(self.activity.keys, self.activity.values, self.loading.values,
                                              strict=True)}
        means = {key: float(value) * self.competency.trust
                 for key, value in zip(self.competency.keys, self.competency.values, strict=True)}
        turn, turn_swing, pair, pair_swing, second_swing = self.contexts
        return Readout(SPREAD, self.base, self.shift - self.base, means, items, _contexts(turn, turn_swing),
                       _contexts(pair, pair_swing), _contexts(None, second_swing), tuple(self.weights.tolist()))


def fit(answers: Iterable[Answer], tell: Callable[[int, int], None] = lambda done, total: None) -> Readout:
    """Fit a Readout to answers, learner by learner in the order of time. `tell` hears of rounds done, of how many.

    Raises ValueError where all answers are right, or all wrong.
    """
    given = list(answers)
    if len({answer.is_right for answer in given}) < 2:
        raise ValueError("there must be right answers and wrong ones")
    return _Fit(given).run(tell)


def _known(answers: Sequence[Answer], ease: Sequence[float], loading: Sequence[float]) -> Iterable[tuple[float, ...]]:
    learner, history, who = Learner(SPREAD), History(), object()
    for answer, easy, loaded in zip(answers, ease, loading, strict=True):
        if answer.learner != who:
            learner, history, who = Learner(SPREAD), History(), answer.learner
        yield measures(learner, history, answer.competency, answer.activity)
        learner.take(answer.competency, RIGHT if answer.is_right else WRONG, -easy, loaded)
        history.note(answer.competency, answer.activity, answer.is_right)


def _lagged(answers: Sequence[Answer], ids: list[Id], outcomes: list[float],
            lag: int) -> tuple[list[Id | None], Floats]:
    """By answer, the id of the one `lag` answers before, by the same learner, and its outcome; else None and 0."""
    before: list[Id | None] = [None] * len(answers)
    found = np.zeros(len(answers))
    for place in range(lag, len(answers)):
        if answers[place].learner == answers[place - lag].learner:
            before[place], found[place] = ids[place - lag], outcomes[place - lag]
    return before, found


def _contexts(always: _Effect | None, swing: _Effect) -> dict[tuple[Id, Id], Context]:
    """Of two effects with the same keys; what is next to nothing is left out."""
    swings = (swing.values * swing.trust).tolist()
    constants = [0.0] * len(swings) if always is None else (always.values * always.trust).tolist()
    return {key: Context(constant, times) for key, constant, times in zip(swing.keys, constants, swings, strict=True)
            if key[0] is not None and max(abs(constant), abs(times)) > LEAST}


def _level(logit: Floats, right: Floats) -> float:
    """What to add to the logits for as many right answers as there are."""
    found = 0.0
    for _ in range(8):
        probability = _probability(logit + found)
        found += float((right - probability).sum() / (probability * (1 - probability)).sum())
    return found


def _logistic(columns: Floats, right: Floats, settled: Floats | float = 0.0) -> Floats:
    """Ridge logistic regression by Newton's steps."""
    weights: Floats = np.zeros(columns.shape[1])
    for _ in range(15):
        probability = _probability(columns @ weights + settled)
        curvature = (columns * (probability * (1 - probability))[:, None]).T @ columns + RIDGE * np.eye(len(weights))
        moved = np.linalg.solve(curvature, columns.T @ (right - probability) - RIDGE * weights)
        weights = weights + moved
        if np.abs(moved).max() < 1e-5:
            break
    return weights


def _probability(logit: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
    return found
