"""Gap × resources × time → Plan, over catalogues and gaps of every shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.gaps import Gap, compare
from competencies.plans import MEASURING, RENEWAL, Plan, draft
from competencies.resources import KINDS, Closing, Offer
from tests.unit.builders import examples, proficiency, target

CODES = tuple(f"r{number}" for number in range(7))
COMPETENCIES = tuple(f"C{number}" for number in range(4))


def offer(code: str, minutes: int = 60, kind: str = "course", prerequisites: tuple[str, ...] = (),
          **effects: float) -> Offer:
    """A resource that closes the competencies named by keyword, by that many levels each."""
    closings = tuple(Closing(competency, 1.0, 4.0, effect) for competency, effect in effects.items())
    return Offer(code, kind, minutes, closings, prerequisites)


def gap(competency: str = "C1", level: float | None = 2.0, stale: bool = False, **changes: Any) -> Gap:
    """A target of level 3 beside an estimate; without a level, unproven."""
    known = None if level is None else proficiency(competency=competency, level=level, stale=stale)
    return compare(target(competency=competency, **changes), known)


def taken(plan: Plan) -> list[str]:
    return [step.resource for step in plan.steps]


@dataclass(frozen=True)
class Case:
    """What a plan is drafted from."""

    gaps: list[Gap]
    offers: list[Offer]
    minutes: int
    done: frozenset[str]

    @property
    def plan(self) -> Plan:
        return draft(self.gaps, self.offers, self.minutes, self.done)

    @property
    def by_code(self) -> dict[str, Offer]:
        return {each.code: each for each in self.offers}


CLOSINGS = st.lists(st.builds(Closing, st.sampled_from(COMPETENCIES), st.just(1.0), st.sampled_from((2.0, 3.0, 4.0)),
                              st.sampled_from((0.1, 0.25, 0.3333, 0.5, 1.0, 2.0))),
                    max_size=3, unique_by=lambda closing: closing.competency).map(tuple)
OFFERS = st.lists(st.builds(Offer, st.sampled_from(CODES), st.sampled_from(KINDS), st.integers(1, 120), CLOSINGS,
                            st.lists(st.sampled_from((*CODES, "unknown")), max_size=2, unique=True).map(tuple)),
                  max_size=7, unique_by=lambda each: each.code)
LEVELS = st.none() | st.floats(1, 4).map(lambda level: round(level, 2))
GAPS = st.lists(st.builds(gap, st.sampled_from(COMPETENCIES), LEVELS, st.booleans(),
                          criticality=st.sampled_from(("normal", "critical"))),
                max_size=4, unique_by=lambda each: each.competency)
CASES = st.builds(Case, GAPS, OFFERS, st.integers(0, 300), st.frozensets(st.sampled_from(CODES), max_size=3))


@examples(200)
@given(CASES)
def test_a_plan_is_never_over_its_budget(case: Case) -> None:
    plan = case.plan
    assert plan.minutes == sum(case.by_code[code].minutes for code in taken(plan)) <= case.minutes
    assert [step.minutes for step in plan.steps] == [case.by_code[code].minutes for code in taken(plan)]


@examples(200)
@given(CASES)
def test_prerequisites_always_come_before(case: Case) -> None:
    had = set(case.done)
    for step in case.plan.steps:
        assert set(case.by_code[step.resource].prerequisites) <= had
        had.add(step.resource)


@examples(200)
@given(CASES)
def test_nothing_is_taken_that_is_done_and_nothing_twice(case: Case) -> None:
    steps = taken(case.plan)
    assert len(set(steps)) == len(steps)
    assert not case.done & set(steps)


@examples(200)
@given(CASES)
def test_equal_input_gives_the_equal_plan_in_whatever_order_it_comes(case: Case) -> None:
    assert case.plan == Case(case.gaps[::-1], case.offers[::-1], case.minutes, case.done).plan


@examples(200)
@given(CASES)
def test_met_gaps_are_left_alone(case: Case) -> None:
    plan = case.plan
    met = {each.competency for each in case.gaps if each.state == "met"}
    assert not met & {competency for step in plan.steps for competency in step.closes}
    assert not met & (plan.remaining.keys() | set(plan.unreached))


@examples(250)
@given(CASES)
def test_where_evidence_is_missing_or_stale_only_what_measures_is_wanted(case: Case) -> None:
    states = {each.competency: each.state for each in case.gaps}
    for step in case.plan.steps:
        measured = {competency for competency in step.closes if states[competency] in ("unproven", "stale")}
        assert not measured or case.by_code[step.resource].kind in MEASURING
        assert (step.purpose == "measure") == (bool(measured) and step.purpose != "prerequisite")


@examples(250)
@given(CASES)
def test_steps_never_close_more_than_remains(case: Case) -> None:
    plan = case.plan
    for each in case.gaps:
        closed = sum(step.closes.get(each.competency, 0) for step in plan.steps)
        slack = 0.006 * (len(plan.steps) + 1)  # closes and remaining are shown in hundredths
        assert closed <= need(each) + slack
        if each.state != "met":
            assert plan.remaining[each.competency] == pytest.approx(need(each) - closed, abs=slack)
            assert plan.remaining[each.competency] >= 0


def need(gap: Gap) -> float:
    if gap.proficiency is None:
        return gap.required - 1.0
    short = max(0.0, gap.required - gap.proficiency.level)
    return max(short, RENEWAL) if gap.state == "stale" else short


@examples(250)
@given(CASES)
def test_every_gap_that_no_step_touches_is_named_and_what_binds_it(case: Case) -> None:
    plan = case.plan
    touched = {competency for step in plan.steps for competency in step.closes}
    assert plan.unreached == sorted({each.competency for each in case.gaps if each.state != "met"} - touched)
    assert [said.partition(":")[0] for said in plan.binding] == plan.unreached


@examples(200)
@given(CASES)
def test_every_step_closes_something_or_is_needed_by_one_that_does(case: Case) -> None:
    plan = case.plan
    for index, step in enumerate(plan.steps):
        later = {code for each in plan.steps[index + 1:] for code in case.by_code[each.resource].prerequisites}
        assert step.closes or (step.purpose == "prerequisite" and step.resource in later)
        assert all(levels >= 0 for levels in step.closes.values())


def reachable(case: Case) -> Iterator[Offer]:
    """The offers that could be taken in the time left after the plan, all prerequisites being had."""
    plan = case.plan
    had = case.done | set(taken(plan))
    return (each for each in case.offers if each.code not in had and each.minutes <= case.minutes - plan.minutes
            and set(each.prerequisites) <= had)


@examples(250)
@given(CASES)
def test_nothing_that_fits_and_helps_is_left_out(case: Case) -> None:
    remaining, gaps = case.plan.remaining, {each.competency: each for each in case.gaps}
    for each in reachable(case):
        for closing in each.closings:
            found = gaps.get(closing.competency)
            if found and found.state == "below":
                left = remaining[closing.competency]  # and so far will the person have come by the plan's end
                assert left == 0 or not closing.lowest <= found.required - left < closing.highest


@pytest.mark.parametrize("ring", [("r1",), ("r1", "r2"), ("r1", "r2", "r3")])
def test_a_ring_of_prerequisites_is_never_entered(ring: tuple[str, ...]) -> None:
    after = dict(zip(ring, (*ring[1:], ring[0]), strict=True))
    offers = [offer(code, prerequisites=(after[code],), C1=1.0) for code in ring]
    plan = draft([gap()], [*offers, offer("entry", prerequisites=("r1",), C1=1.0)], 1000)
    assert (plan.steps, plan.unreached, plan.binding) == ([], ["C1"], ["C1: no resource closes it"])


def test_a_ring_that_was_done_in_part_is_open() -> None:
    offers = [offer("r1", prerequisites=("r2",), C1=1.0), offer("r2", prerequisites=("r1",), C1=1.0)]
    assert taken(draft([gap()], offers, 1000, frozenset({"r2"}))) == ["r1"]


def test_a_prerequisite_that_nobody_offers_can_only_have_been_done() -> None:
    offers = [offer("r1", prerequisites=("gone",), C1=1.0)]
    assert taken(draft([gap()], offers, 1000)) == []
    assert taken(draft([gap()], offers, 1000, frozenset({"gone"}))) == ["r1"]


def test_the_prerequisites_of_prerequisites_are_taken_once_each_and_first() -> None:
    offers = [offer("a", prerequisites=("b", "c"), C1=1.0), offer("b", prerequisites=("d",)),
              offer("c", prerequisites=("d",)), offer("d")]
    plan = draft([gap()], offers, 1000)
    assert taken(plan) == ["d", "b", "c", "a"]
    assert [step.purpose for step in plan.steps] == ["prerequisite", "prerequisite", "prerequisite", "close"]


def test_the_time_of_prerequisites_counts_against_a_resource() -> None:
    offers = [offer("a", 10, prerequisites=("b",), C1=1.0), offer("b", 200), offer("c", 100, C1=1.0)]
    assert taken(draft([gap()], offers, 1000)) == ["c"]


def test_what_closes_most_for_its_time_comes_first() -> None:
    assert taken(draft([gap(level=1.0)], [offer("a", 60, C1=1.0), offer("b", 30, C1=1.0)], 1000)) == ["b", "a"]


def test_of_two_that_are_as_good_the_first_by_code_is_taken() -> None:
    assert taken(draft([gap()], [offer("b", C1=1.0), offer("a", C1=1.0)], 1000)) == ["a"]


@pytest.mark.parametrize(("minutes", "steps"), [(59, []), (60, ["a"])])
def test_a_resource_fits_when_it_takes_all_that_is_left(minutes: int, steps: list[str]) -> None:
    assert taken(draft([gap()], [offer("a", 60, C1=1.0)], minutes)) == steps


def test_a_resource_closes_only_what_its_prerequisite_leaves_open() -> None:
    offers = [offer("a", 10, prerequisites=("b",), C1=1.0, C2=1.0), offer("b", 50, C1=0.75)]
    plan = draft([gap("C1"), gap("C2")], offers, 1000)
    assert [step.closes for step in plan.steps] == [{"C1": 0.75}, {"C1": 0.25, "C2": 1.0}]


def test_a_critical_gap_counts_twice() -> None:
    gaps = [gap("C1"), gap("C2", criticality="critical")]
    assert taken(draft(gaps, [offer("a", 60, C1=1.0), offer("b", 100, C2=1.0)], 100)) == ["b"]


def test_when_the_best_does_not_fit_the_next_is_taken() -> None:
    assert taken(draft([gap()], [offer("a", 60, C1=1.0), offer("b", 30, C1=0.1)], 30)) == ["b"]


def test_what_takes_people_no_further_than_they_are_is_not_taken() -> None:
    beginners = Offer("a", "course", 60, (Closing("C1", 1.0, 2.0, 1.0),))
    assert taken(draft([gap(level=2.0)], [beginners], 1000)) == []
    assert taken(draft([gap(level=1.9)], [beginners], 1000)) == ["a"]


@pytest.mark.parametrize("state", [{"level": None}, {"level": 2.0, "stale": True}])
def test_a_gap_without_fresh_evidence_is_measured_and_not_taught(state: dict[str, Any]) -> None:
    offers = [offer("course", 10, C1=2.0), offer("simulation", 90, "simulation", C1=2.0)]
    (step,) = draft([gap(**state)], offers, 1000).steps
    assert (step.resource, step.purpose) == ("simulation", "measure")


def test_a_stale_level_that_suffices_is_proved_again() -> None:
    (step,) = draft([gap(level=4.0, stale=True)], [offer("a", 60, "coaching", C1=2.0)], 1000).steps
    assert (step.purpose, step.closes) == ("measure", {"C1": RENEWAL})


def test_a_step_names_the_statements_it_rests_on_and_what_lost_to_it() -> None:
    (step,) = draft([gap()], [offer("a", 60, C1=1.0), offer("b", 90, C1=1.0)], 1000).steps
    assert (step.evidence, step.runner_up) == (("s1", "s2"), "b")
    assert step.runner_up_reason == "it closes 0.67 weighted levels an hour, not 1.00"


def test_a_better_rival_that_does_not_fit_is_named_with_its_time() -> None:
    (step,) = draft([gap()], [offer("a", 60, C1=0.5), offer("b", 90, C1=1.0)], 60).steps
    assert (step.resource, step.runner_up) == ("a", "b")
    assert step.runner_up_reason == "it takes 90 min, of which 60 are left"


def test_a_resource_for_another_competency_is_no_runner_up() -> None:
    steps = draft([gap("C1"), gap("C2")], [offer("a", C1=1.0), offer("b", C2=1.0)], 1000).steps
    assert [step.runner_up for step in steps] == [None, None]


def test_where_time_binds_the_shortest_way_is_told() -> None:
    offers = [offer("a", 90, C1=1.0), offer("b", 80, prerequisites=("c",), C1=1.0), offer("c", 50)]
    plan = draft([gap()], offers, 70)
    assert plan.binding == ["C1: the shortest way takes 90 min, and 70 are left"]


def test_without_gaps_or_without_time_there_is_nothing_to_do() -> None:
    assert draft([], [offer("a", C1=1.0)], 1000).steps == []
    assert draft([gap(level=3.0)], [offer("a", C1=1.0)], 1000).steps == []
    assert draft([gap()], [offer("a", C1=1.0)], 0).steps == []
