"""What a review says of a week or a month."""

from dataclasses import replace
from typing import Any

import pytest

from competencies.evidence import DAY, Evidence
from competencies.gaps import compare
from competencies.reviews import Advice, Known, Progress, Stalled, advice, moved, stalled, upcoming
from tests.unit.builders import NOW, evidence, proficiency, target


def known(level: float | None, **changes: Any) -> Known:
    """Somebody whose one critical gap is in C1."""
    estimates = {} if level is None else {"C1": proficiency(level=level, **changes)}
    return Known([compare(target(criticality="critical"), estimates.get("C1"))], estimates)


def shown(days: int, competency: str = "C1", weight: float = 1.0) -> Evidence:
    return replace(evidence(days, happened=NOW - days * DAY), competency=competency, weight=weight)


def test_what_moved_says_by_which_evidence() -> None:
    (found,) = moved(known(1.5), known(2.0), [shown(2), shown(3), shown(1, weight=0.0), shown(1, "C2")])
    assert (found.before, found.after, found.change, found.why) == (1.5, 2.0, 0.5, "evidence")
    assert [each.happened for each in found.evidence] == [NOW - 3 * DAY, NOW - 2 * DAY], "completion proves nothing"
    assert (found.state_before, found.state) == ("below", "below")


@pytest.mark.parametrize(("pieces", "why"), [([], "time"), ([shown(1, "C2")], "related")])
def test_without_evidence_of_its_own_it_was_time_or_what_it_goes_with(pieces: list[Evidence], why: str) -> None:
    (found,) = moved(known(2.0), known(1.9), pieces)
    assert (found.why, found.evidence) == (why, ())


def test_what_hardly_moved_isnt_told_unless_its_state_is_another() -> None:
    assert moved(known(2.0), known(2.04), [shown(1)]) == []
    (found,) = moved(known(2.99), known(2.99, stale=True), [])
    assert (found.state_before, found.state, found.why) == ("met", "stale", "time")
    before = known(2.0)
    (found,) = moved(before, replace(before, gaps=[]), [])
    assert (found.state, found.why) == (None, "other"), "another role"


def test_what_was_shown_for_the_first_time_has_no_change() -> None:
    (found,) = moved(known(None), known(2.0), [shown(1)])
    assert (found.before, found.change, found.state_before) == (None, None, "unproven")


def test_late_steps_those_left_and_gaps_to_which_nothing_happens_stall() -> None:
    steps: list[Progress] = [
        {"resource": "a", "state": "late", "last": None}, {"resource": "b", "state": "begun", "last": NOW - 15 * DAY},
        {"resource": "c", "state": "begun", "last": NOW - 13 * DAY}, {"resource": "d", "state": "done", "last": NOW}]
    assert [each.resource for each in stalled(steps, known(2.9), ["C1"], {}, NOW)] == ["a", "b"]
    untouched = Stalled("untouched", None, "C1", NOW - 29 * DAY)
    assert stalled([], known(2.0), [], {"C1": NOW - 29 * DAY}, NOW) == [untouched]
    assert stalled([], known(2.0), [], {"C1": NOW - 27 * DAY}, NOW) == []
    assert stalled([], known(2.0), ["C1"], {}, NOW) == [], "a step is for it"
    assert stalled([], known(2.99), [], {}, NOW) == [], "it is met"


def test_what_was_done_is_to_be_measured_or_replaced() -> None:
    done, trains = {"drill": NOW - 5 * DAY}, {"drill": ["C1"]}
    assert advice([], [], done, trains, known(2.0), [shown(6)]) == [Advice("measure", "drill", "C1")]
    assert advice([], [], done, trains, known(2.0), [shown(2)]) == [Advice("replace", "drill", "C1")]
    first = moved(known(None), known(2.0), [shown(2)])
    assert advice([], first, done, trains, known(2.0), [shown(2)]) == [], "it was shown for the first time"
    risen = moved(known(1.5), known(2.0), [shown(2)])
    assert advice([], risen, done, trains, known(2.0), [shown(2)]) == []


def test_what_fell_is_to_be_practised_and_what_nobody_knows_measured() -> None:
    fallen = moved(known(2.5), known(2.0), [shown(1)])
    assert advice([], fallen, {}, {}, known(2.0), [shown(1)]) == [Advice("practise", None, "C1")]
    assert advice([], [], {}, {}, known(None), []) == [Advice("measure", None, "C1")]
    late = [Stalled("late", "a", None, None)]
    assert advice(late, [], {}, {}, known(2.0), []) == [Advice("redraft")]


def test_next_is_what_isnt_done() -> None:
    states = ("done", "late", "begun", "not begun", "not begun")
    steps = [{"resource": name, "state": state} for name, state in zip("abcde", states, strict=True)]
    assert upcoming(steps) == ["b", "c", "d"]
