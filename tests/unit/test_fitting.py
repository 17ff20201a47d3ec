"""Answers → a Readout, and the next answer from it."""

from math import exp
from random import Random
from statistics import correlation

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.proficiency import auc, calibration_error, predict
from competencies.fitting import Answer, fit
from competencies.prediction import Readout
from tests.unit.builders import examples

ITEMS = 30


def answers(learners: int, seed: int) -> list[Answer]:
    """Of learners who differ, at items of which the higher numbers are harder; two competencies."""
    chance = Random(seed)
    found = []
    for learner in range(learners):
        ability = chance.gauss(0, 1)
        for _ in range(40):
            item = chance.randrange(ITEMS)
            right = chance.random() < 1 / (1 + exp(-(ability - (item - ITEMS / 2) / 6)))
            found.append(Answer(f"{seed}/{learner}", f"c{item % 2}", f"i{item}", right))
    return found


@pytest.fixture(scope="module")
def readout() -> Readout:
    return fit(answers(150, 1))


def test_the_difficulty_of_items_is_found(readout: Readout) -> None:
    found = [readout.items[f"i{item}"].difficulty for item in range(ITEMS)]
    assert correlation(found, range(ITEMS)) > 0.95


def test_answers_of_new_learners_are_predicted_and_the_probabilities_are_meant(readout: Readout) -> None:
    new = answers(100, 2)
    predicted, right = np.array(predict(readout, new)), np.array([answer.is_right for answer in new], float)
    assert auc(right, predicted) > 0.75
    assert calibration_error(right, predicted) < 0.03


@examples(20)
@given(st.integers(0, 38), st.integers(0, 10**6))
def test_a_prediction_never_depends_on_that_answer_or_a_later_one(readout: Readout, place: int, seed: int) -> None:
    one = answers(1, seed)
    other = [*one[:place], *(each._replace(is_right=not each.is_right) for each in one[place:])]
    assert predict(readout, one)[:place + 1] == predict(readout, other)[:place + 1]


def test_what_was_never_seen_is_predicted_as_usual(readout: Readout) -> None:
    (chance,) = predict(readout, [Answer("new", "unknown", "unknown", True)])
    assert 0.2 < chance < 0.8


def test_the_same_answers_give_the_same_readout() -> None:
    some = answers(20, 3)
    assert fit(some) == fit(some)


@pytest.mark.parametrize("is_right", [True, False])
def test_answers_that_are_all_alike_are_refused(is_right: bool) -> None:
    with pytest.raises(ValueError, match="right answers and wrong ones"):
        fit([Answer("a", "c", "i", is_right)] * 3)


def test_the_measures_know_what_is_perfect_what_is_chance_and_what_is_certain() -> None:
    right = np.array([0.0, 0.0, 1.0, 1.0])
    assert auc(right, np.array([0.1, 0.2, 0.3, 0.4])) == 1.0
    assert auc(right, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert calibration_error(right, np.array([0.0, 0.0, 1.0, 1.0])) == 0.0
    assert calibration_error(right, np.array([0.9, 0.9, 0.9, 0.9])) == pytest.approx(0.4)
