"""Proficiency × Target → Gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.gaps import STATES, TOLERANCE, compare, explained
from tests.unit.builders import examples, proficiency, target


def test_without_evidence_a_target_is_unproven_and_no_shortfall_is_claimed() -> None:
    gap = compare(target(), None)
    assert (gap.state, gap.shortfall, gap.proficiency) == ("unproven", None, None)


@pytest.mark.parametrize(("level", "stale", "state", "shortfall"), [
    (2.0, False, "below", 1.0), (2.74, False, "below", 0.26), (2.75, False, "met", 0.0), (3.5, False, "met", 0.0),
    (2.0, True, "stale", 1.0), (3.5, True, "stale", 0.0)])
def test_a_gaps_state_follows_from_the_level_and_its_age(level: float, stale: bool, state: str,
                                                         shortfall: float) -> None:
    gap = compare(target(level=3.0), proficiency(level=level, stale=stale))
    assert (gap.state, gap.shortfall) == (state, shortfall)


DRAWN = {"heavy": 0.5, "light": 0.1, "good": 0.3, "unknown": 0.1}


def test_a_gap_is_explained_by_the_topics_that_fall_short_those_that_make_up_most_of_it_first() -> None:
    known = {topic: proficiency(competency=topic, level=level)
             for topic, level in (("heavy", 2.5), ("light", 1.0), ("good", 3.0), ("another", 1.0))}
    below = compare(target(level=3.0), proficiency(level=2.0))
    assert explained(below, DRAWN, known).explained_by == ("heavy", "light")
    assert explained(below, {**DRAWN, "light": 0.2}, known).explained_by == ("light", "heavy")
    assert explained(compare(target(level=3.0), None), DRAWN, known).explained_by == ("heavy", "light")
    assert explained(compare(target(level=2.0), proficiency(level=2.0)), DRAWN, known).explained_by == ()
    assert explained(below, DRAWN, {}).explained_by == ()


def test_a_level_is_met_by_the_estimate_and_not_by_its_interval() -> None:
    assert compare(target(level=3.0), proficiency(level=2.5, high=4.0)).state == "below"
    assert compare(target(level=3.0), proficiency(level=3.0, low=1.0)).state == "met"


def test_a_gap_keeps_what_its_target_says_and_what_is_known() -> None:
    known = proficiency()
    gap = compare(target(competency="C7", level=2.5, criticality="critical", mandatory=True), known)
    assert (gap.competency, gap.required, gap.criticality, gap.mandatory) == ("C7", 2.5, "critical", True)
    assert gap.proficiency is known


@examples(200)
@given(st.floats(1, 4), st.floats(1, 4), st.booleans())
def test_a_shortfall_is_never_negative_and_never_met(required: float, level: float, stale: bool) -> None:
    gap = compare(target(level=required), proficiency(level=level, stale=stale))
    missing = required - level
    assert gap.shortfall == pytest.approx(missing if missing > TOLERANCE else 0.0, abs=0.006) or abs(
        missing - TOLERANCE) < 0.006
    assert gap.shortfall is not None
    assert gap.shortfall >= 0
    assert gap.state in STATES
    assert not (gap.state == "met" and gap.shortfall)
