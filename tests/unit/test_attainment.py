"""What a stated rule says of attempts, and what parents come to by their parts."""

from typing import Any

import pytest

from competencies.attainment import RollUp, Rule, met, rolled_up
from competencies.evidence import DAY, Evidence
from competencies.proficiency import Proficiency
from tests.unit.builders import NOW, evidence, proficiency


def shown(*levels: float, **changes: Any) -> list[Evidence]:
    """Attempts a day apart, the last one now."""
    return [evidence(number, level=level, happened=NOW - (len(levels) - 1 - number) * DAY, **changes)
            for number, level in enumerate(levels)]


@pytest.mark.parametrize(("rule", "levels", "expected"), [
    (Rule(2), (3.0, 3.5, 1.0), 3.0), (Rule(2), (3.0, 2.9), 2.0), (Rule(2), (4.0,), None), (Rule(1), (), None),
    (Rule(2, of=2), (3.0, 3.0, 1.0), 1.0), (Rule(2, of=3), (3.0, 3.0, 1.0), 3.0),
    (Rule(2, within=1.5), (3.0, 3.0, 1.0), 1.0), (Rule(2, within=2), (3.0, 3.0, 1.0), 3.0)])
def test_a_rule_is_met_at_the_highest_level_that_enough_attempts_reach(
        rule: Rule, levels: tuple[float, ...], expected: float | None) -> None:
    assert met("C1", rule, shown(*levels), NOW).level == expected


def test_only_attempts_that_its_alignments_read_on_its_competency_until_then_count() -> None:
    found = [*shown(4.0, 4.0, alignment="B"), *shown(4.0, 4.0, competency="C2"), evidence(8, level=2.0),
             evidence(9, level=4.0, happened=NOW + 1)]
    assert met("C1", Rule(1, alignments=("A",)), found, NOW).level == 2.0
    assert met("C1", Rule(1, alignments=("A",)), found, NOW + 1).level == 4.0


def test_views_of_one_attempt_are_one_and_completions_none() -> None:
    views = [evidence(number, level=level, attempt="t") for number, level in enumerate((2.0, 4.0))]
    assert met("C1", Rule(2), views, NOW).level is None
    assert met("C1", Rule(1), views, NOW).level == 3.0
    assert met("C1", Rule(1), [evidence(weight=0.0)], NOW).counted == 0


def test_it_cites_the_statements_by_which_it_is_met_the_latest_first() -> None:
    assert met("C1", Rule(2), shown(3.0, 3.0, 3.0), NOW).statements == ("s2", "s1")


def estimates(**levels: float) -> dict[str, Proficiency]:
    return {code: proficiency(competency=code, level=level) for code, level in levels.items()}


PARTS = {"A": 0.5, "B": 0.4, "C": 0.1}


@pytest.mark.parametrize(("rollup", "levels", "level", "known", "unproven"), [
    (RollUp("weighted", PARTS), {"A": 2.0, "B": 3.0}, 2.44, 0.9, ("C",)),
    (RollUp("weighted", PARTS), {"A": 2.0, "C": 3.0}, None, 0.6, ("B",)),
    (RollUp("weighted", PARTS, least=0.5), {"A": 2.0}, 2.0, 0.5, ("B", "C")),
    (RollUp("all", PARTS), {"A": 2.0, "B": 3.0}, None, 0.9, ("C",)),
    (RollUp("all", PARTS), {"A": 2.0, "B": 3.0, "C": 4.0}, 2.0, 1.0, ()),
    (RollUp("required", PARTS, required=("B", "C")), {"B": 3.0, "C": 2.5}, 2.5, 1.0, ()),
    (RollUp("required", PARTS, required=("B", "C")), {"A": 3.0, "B": 3.0}, None, 0.8, ("C",))])
def test_a_parent_comes_to_what_its_parts_come_to_and_the_unproven_are_named(
        rollup: RollUp, levels: dict[str, float], level: float | None, known: float, unproven: tuple[str, ...]) -> None:
    found = rolled_up({"P": rollup}, estimates(**levels))["P"]
    assert (found.level, found.known, found.unproven) == (level, known, unproven)


def test_a_part_without_an_estimate_counts_by_its_own_parts() -> None:
    rollups = {"P": RollUp("all", {"Q": 1.0, "A": 1.0}), "Q": RollUp("weighted", {"B": 1.0})}
    found = rolled_up(rollups, estimates(A=3.0, B=2.0))
    assert (found["P"].level, found["Q"].level) == (2.0, 2.0)
    assert rolled_up(rollups, estimates(A=3.0, Q=4.0, B=2.0))["P"].level == 3.0, "its own estimate comes first"


def test_where_nothing_is_known_nothing_is_said_and_a_ring_ends() -> None:
    assert rolled_up({"P": RollUp("all", {"A": 1.0})}, {}) == {}
    ring = {"P": RollUp("all", {"Q": 1.0}), "Q": RollUp("all", {"P": 1.0}), "R": RollUp("all", {"A": 1.0})}
    assert rolled_up(ring, estimates(A=2.0)).keys() == {"R"}


def test_however_deep_parts_stand_what_they_come_to_is_found() -> None:
    chain = {f"P{number}": RollUp("all", {f"P{number + 1}": 1.0}) for number in range(3000)}
    assert rolled_up(chain, estimates(P3000=2.5))["P0"].level == 2.5


def test_what_weighs_nothing_is_no_level_and_what_is_required_needs_be_no_part() -> None:
    assert rolled_up({"P": RollUp("weighted", {"A": 0.0, "B": 1.0}, least=0.0)}, estimates(A=2.0)) == {}
    found = rolled_up({"P": RollUp("required", {"A": 1.0}, required=("A", "X"))}, estimates(A=2.0))["P"]
    assert (found.level, found.unproven) == (None, ("X",))
