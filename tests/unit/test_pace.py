"""The bucket of each caller, by a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import TooMany
from lrs.pace import Pace


class Clock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def taken(pace: Pace, times: int, rate: float, caller: str = "li") -> int:
    """How many of so many tries were let through."""
    done = 0
    for _ in range(times):
        try:
            pace.take(caller, rate)
        except TooMany:
            continue
        done += 1
    return done


def test_as_many_as_in_a_second_may_come_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert taken(pace, 50, 10) == 10
    clock.time = 0.1
    assert taken(pace, 50, 10) == 1
    clock.time = 100.0
    assert taken(pace, 50, 10) == 10


def test_who_is_refused_is_told_when_there_is_room() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert taken(pace, 4, 4) == 4
    with pytest.raises(TooMany) as refused:
        pace.take("li", 4)
    assert refused.value.seconds == pytest.approx(0.25)
    clock.time = refused.value.seconds
    assert taken(pace, 2, 4) == 1


def test_a_slow_rate_lets_the_first_one_through() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert taken(pace, 3, 0.1) == 1
    clock.time = 10.0
    assert taken(pace, 3, 0.1) == 1


def test_callers_have_buckets_of_their_own_and_no_rate_is_no_limit() -> None:
    pace = Pace(Clock())
    assert taken(pace, 5, 2) == taken(pace, 5, 2, "wu") == 2
    assert taken(pace, 500, 0) == 500


@given(st.floats(0.5, 1000), st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_more_than_the_rate_and_one_bucket_come_through_whatever_the_times(rate: float, steps: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock)
    done = 0
    for step in steps:
        clock.time += step
        done += taken(pace, 5, rate)
    assert done <= max(rate, 1) + rate * sum(steps) + 1e-6
