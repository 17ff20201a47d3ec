"""What resources did for those who took them: planted effects are found, and none where there is none."""

from statistics import fmean

import pytest

from benchmarks.effects import WORLDS_BY_NAME, measure
from competencies.effects import Effect, effects, expected_effects, trained, windows, windows_of
from competencies.evidence import DAY, Evidence
from competencies.proficiency import Standard
from competencies.resources import Closing, Offer
from tests.unit.builders import NOW, evidence

DRILL = Offer("drill", "simulation", 60, (Closing("C1", 1.0, 4.0, 0.3),), (), ("http://example.com/own",))
VIDEO = Offer("video", "course", 60, (Closing("C1", 1.0, 4.0, 0.3),))
WORLDS = 12


def seen(*levels: tuple[int, float], activity: str = "http://example.com/assessment") -> list[Evidence]:
    """Evidence of levels at days before now."""
    return [evidence(number, level=level, happened=NOW - days * DAY, activity=activity, attempt=f"{activity}{days}")
            for number, (days, level) in enumerate(levels)]


def mean_of(world: str, resource: str) -> float:
    return fmean(measure(WORLDS_BY_NAME[world], seed)[resource][0] for seed in range(WORLDS))


@pytest.mark.parametrize("world", ["none, at random", "none, the weak are sent"])
def test_where_nothing_is_planted_nothing_is_shown(world: str) -> None:
    """Nor where those are sent who did badly the last time, who do better the next time anyhow."""
    found = [measure(WORLDS_BY_NAME[world], seed)["a"] for seed in range(WORLDS)]
    assert abs(fmean(each[0] for each in found)) < 0.06
    assert sum(low > 0 or high < 0 for _, low, high, _ in found) <= 1


@pytest.mark.parametrize(("world", "least"), [
    ("half a level, at random", 0.33), ("half a level, the able choose it", 0.33), ("half a level, 200 people", 0.33)])
def test_what_is_planted_is_found(world: str, least: float) -> None:
    assert least < mean_of(world, "a") < 0.6


def test_what_was_taken_beside_it_gets_no_credit_for_it() -> None:
    assert mean_of("half a level, together with one of none", "b") < 0.1
    assert mean_of("half a level, together with one of none", "a") > 0.3


def test_the_fewer_they_are_the_less_is_said_and_the_more_the_author_counts() -> None:
    few = fmean(measure(WORLDS_BY_NAME["half a level, 16 people"], seed)["a"][0] for seed in range(WORLDS))
    assert few < mean_of("half a level, at random", "a")
    assert fmean(measure(WORLDS_BY_NAME["none, 8 people"], seed)["a"][3] for seed in range(WORLDS)) > 0.2


def test_what_a_resource_itself_reports_is_on_neither_side() -> None:
    own = seen((30, 4.0), activity="http://example.com/own")
    (window,) = windows_of([*seen((60, 2.0), (10, 2.5)), *own], {"drill": DRILL}, {"drill": NOW - 30 * DAY}, Standard())
    assert (window.after, window.attempts, window.taken) == (2.5, 1, frozenset({"drill"}))
    assert windows_of([*seen((60, 2.0)), *own], {"drill": DRILL}, {"drill": NOW - 30 * DAY}, Standard()) == []


def test_what_is_taken_between_the_same_two_assessments_shares_one_window() -> None:
    taken = {"drill": NOW - 30 * DAY, "video": NOW - 20 * DAY}
    (window,) = windows_of(seen((60, 2.0), (10, 2.5)), {"drill": DRILL, "video": VIDEO}, taken, Standard())
    assert window.taken == {"drill", "video"}


def test_a_window_closes_when_something_more_is_taken_and_after_half_a_year() -> None:
    taken = {"drill": NOW - 50 * DAY, "video": NOW - 20 * DAY}
    told, offers = seen((60, 2.0), (40, 2.5), (10, 3.5)), {"drill": DRILL, "video": VIDEO}
    first, second = windows_of(told, offers, taken, Standard())
    assert (first.after, first.taken) == (2.5, frozenset({"drill"}))
    assert (second.after, second.taken) == (3.5, frozenset({"video"}))
    late = {"drill": NOW - 250 * DAY}
    assert windows_of(seen((300, 2.0), (10, 3.0)), {"drill": DRILL}, late, Standard()) == []


def test_nobody_who_took_it_is_no_effect() -> None:
    assert effects([DRILL], windows(trained([DRILL]), {}, seen((60, 2.0), (10, 3.0)), Standard())) == []


def test_plans_count_with_what_was_measured_and_never_with_a_loss() -> None:
    def effect(combined: float) -> Effect:
        return Effect("drill", "C1", 9, 2.0, 2.1, 0.0, -0.1, 0.1, 0.3, combined, combined - 0.1, combined + 0.1)
    assert expected_effects(DRILL, {("drill", "C1"): effect(0.12)}).closings[0].effect == 0.12
    assert expected_effects(DRILL, {("drill", "C1"): effect(-0.12)}).closings[0].effect == 0.0
    assert expected_effects(DRILL, {}) == DRILL
