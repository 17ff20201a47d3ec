"""Gap × resources × time → Plan, over catalogues and gaps of every shape."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.planning import brute, greedy
from competencies.gaps import IN_PROGRESS, Gap, compare
from competencies.optimum import Limits, solve, worth
from competencies.plan_words import bound_words, why_not
from competencies.plans import RENEWAL, Grounds, Plan, Wanted, draft, problem_of
from competencies.resources import KINDS, MEASURING, Closing, Offer
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


def drafted(gaps: list[Gap], offers: list[Offer], minutes: int, done: frozenset[str] = frozenset()) -> Plan:
    return draft(gaps, offers, Limits(minutes), Wanted(done))


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
        return drafted(self.gaps, self.offers, self.minutes, self.done)

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
        assert all(states[competency] in ("unproven", "stale") for competency in step.measures)
        assert all(states[competency] == "below" for competency in step.closes)
        assert not step.measures or case.by_code[step.resource].kind in MEASURING
        assert (step.purpose == "measure") == bool(step.measures)


@examples(250)
@given(CASES)
def test_steps_never_close_more_than_remains(case: Case) -> None:
    plan = case.plan
    for each in case.gaps:
        closed = sum(step.closes.get(each.competency, 0) for step in plan.steps)
        if each.proficiency is not None and each.open:
            short = max(0.0, each.required - each.proficiency.level)
            slack = 0.006 * (len(plan.steps) + 1)  # closes and remaining are shown in hundredths
            assert closed <= short + slack
            assert plan.remaining[each.competency] == pytest.approx(short - closed, abs=slack)


@examples(250)
@given(CASES)
def test_what_keeps_a_plan_from_more_is_named(case: Case) -> None:
    plan = case.plan
    touched = {competency for step in plan.steps for competency in (*step.closes, *step.measures)}
    assert set(plan.unreached) == {each.competency for each in case.gaps if each.open} - touched
    unreachable = {code for bound in plan.binding if bound.limit == "catalogue" for code in bound.competencies}
    assert unreachable <= set(plan.unreached)
    bound = {bound.limit for bound in plan.binding} - {"catalogue"}
    assert bool(bound) == (plan.possible > plan.weighted + 0.006) or abs(plan.possible - plan.weighted) < 0.02


@examples(200)
@given(CASES)
def test_every_step_closes_something_or_is_needed_by_one_that_does(case: Case) -> None:
    plan = case.plan
    for index, step in enumerate(plan.steps):
        later = {code for each in plan.steps[index + 1:] for code in case.by_code[each.resource].prerequisites}
        assert step.closes or step.measures or (step.purpose == "prerequisite" and step.resource in later)
        assert all(levels >= 0 for levels in step.closes.values())


@examples(120)
@given(CASES)
def test_no_choice_within_the_limits_closes_more(case: Case) -> None:
    problem = problem_of({gap.competency: gap for gap in case.gaps if gap.open}, case.offers, Limits(case.minutes),
                         Wanted(case.done), Grounds())
    ours = worth(problem, solve(problem) or ()).weighted
    slack = 0.0025 + 1e-5  # that is what minutes count beside it: EFFORT
    assert ours >= brute(problem) - slack - case.minutes * 0.01 / 60
    assert ours >= worth(problem, greedy(problem)).weighted - slack - case.minutes * 0.01 / 60


@pytest.mark.parametrize("ring", [("r1",), ("r1", "r2"), ("r1", "r2", "r3")])
def test_a_ring_of_prerequisites_is_never_entered(ring: tuple[str, ...]) -> None:
    after = dict(zip(ring, (*ring[1:], ring[0]), strict=True))
    offers = [offer(code, prerequisites=(after[code],), C1=1.0) for code in ring]
    plan = drafted([gap()], [*offers, offer("entry", prerequisites=("r1",), C1=1.0)], 1000)
    assert (plan.steps, plan.unreached) == ((), ("C1",))
    assert [(bound.limit, bound.competencies) for bound in plan.binding] == [("catalogue", ("C1",))]


def test_a_ring_that_was_done_in_part_is_open() -> None:
    offers = [offer("r1", prerequisites=("r2",), C1=1.0), offer("r2", prerequisites=("r1",), C1=1.0)]
    assert taken(drafted([gap()], offers, 1000, frozenset({"r2"}))) == ["r1"]


def test_a_prerequisite_that_nobody_offers_can_only_have_been_done() -> None:
    offers = [offer("r1", prerequisites=("gone",), C1=1.0)]
    assert taken(drafted([gap()], offers, 1000)) == []
    assert taken(drafted([gap()], offers, 1000, frozenset({"gone"}))) == ["r1"]


def test_the_prerequisites_of_prerequisites_are_taken_once_each_and_first() -> None:
    offers = [offer("a", prerequisites=("b", "c"), C1=1.0), offer("b", prerequisites=("d",)),
              offer("c", prerequisites=("d",)), offer("d")]
    plan = drafted([gap()], offers, 1000)
    assert taken(plan) == ["d", "b", "c", "a"]
    assert [step.purpose for step in plan.steps] == ["prerequisite", "prerequisite", "prerequisite", "close"]


def test_the_time_of_prerequisites_counts_against_a_resource() -> None:
    offers = [offer("a", 10, prerequisites=("b",), C1=1.0), offer("b", 200), offer("c", 100, C1=1.0)]
    assert taken(drafted([gap()], offers, 1000)) == ["c"]


def test_what_closes_most_for_its_time_comes_first() -> None:
    assert taken(drafted([gap(level=1.0)], [offer("a", 60, C1=1.0), offer("b", 30, C1=1.0)], 1000)) == ["b", "a"]


def test_what_takes_less_is_taken_where_both_suffice() -> None:
    assert taken(drafted([gap()], [offer("a", 60, C1=1.0), offer("b", 30, C1=1.0)], 1000)) == ["b"]


def test_the_best_is_taken_where_step_by_step_would_go_wrong() -> None:
    """The one that closes most for its time leaves no room for two that together close more."""
    offers = [offer("a", 50, C1=0.6), offer("b", 45, C1=0.5), offer("c", 45, C1=0.5)]
    problem = problem_of({"C1": gap()}, offers, Limits(90), Wanted(), Grounds())
    assert greedy(problem) == {"a"}
    assert solve(problem) == frozenset({"b", "c"})


def test_of_two_that_are_as_good_the_first_by_code_is_taken() -> None:
    assert taken(drafted([gap()], [offer("b", C1=1.0), offer("a", C1=1.0)], 1000)) == ["a"]


@pytest.mark.parametrize(("minutes", "steps"), [(59, []), (60, ["a"])])
def test_a_resource_fits_when_it_takes_all_that_is_left(minutes: int, steps: list[str]) -> None:
    assert taken(drafted([gap()], [offer("a", 60, C1=1.0)], minutes)) == steps


def test_together_resources_close_no_more_than_there_is() -> None:
    offers = [offer("a", 10, prerequisites=("b",), C1=1.0, C2=1.0), offer("b", 50, C1=0.75)]
    plan = drafted([gap("C1"), gap("C2")], offers, 1000)
    assert taken(plan) == ["b", "a"]
    assert sum(step.closes.get("C1", 0) for step in plan.steps) == pytest.approx(1.0)
    assert plan.remaining == {"C1": 0.0, "C2": 0.0}


def test_a_critical_gap_counts_twice() -> None:
    gaps = [gap("C1"), gap("C2", criticality="critical")]
    assert taken(drafted(gaps, [offer("a", 60, C1=1.0), offer("b", 100, C2=1.0)], 100)) == ["b"]


def test_when_the_best_does_not_fit_the_next_is_taken() -> None:
    assert taken(drafted([gap()], [offer("a", 60, C1=1.0), offer("b", 30, C1=0.1)], 30)) == ["b"]


def test_what_takes_people_no_further_than_they_are_is_not_taken() -> None:
    beginners = Offer("a", "course", 60, (Closing("C1", 1.0, 2.0, 1.0),))
    assert taken(drafted([gap(level=2.0)], [beginners], 1000)) == []
    assert taken(drafted([gap(level=1.9)], [beginners], 1000)) == ["a"]


@pytest.mark.parametrize("state", [{"level": None}, {"level": 2.0, "stale": True}])
def test_a_gap_without_fresh_evidence_is_measured_and_not_taught(state: dict[str, Any]) -> None:
    offers = [offer("course", 10, C1=2.0), offer("simulation", 90, "simulation", C1=2.0)]
    (step,) = drafted([gap(**state)], offers, 1000).steps
    assert (step.resource, step.purpose) == ("simulation", "measure")


def test_a_stale_level_that_suffices_is_proved_again() -> None:
    (step,) = drafted([gap(level=4.0, stale=True)], [offer("a", 60, "coaching", C1=2.0)], 1000).steps
    assert (step.purpose, step.measures, step.closes, step.weighted) == ("measure", ("C1",), {}, RENEWAL)


def test_a_gap_that_somebody_is_at_is_planned_for_like_any_other() -> None:
    begun = compare(target(), proficiency(level=2.0), begun=True)
    assert begun.state == IN_PROGRESS
    assert taken(drafted([begun], [offer("a", C1=1.0)], 100)) == ["a"]


def test_a_step_names_the_statements_it_rests_on_and_what_lost_to_it() -> None:
    plan = drafted([gap()], [offer("a", 60, C1=1.0), offer("b", 90, C1=1.0)], 1000)
    (step,) = plan.steps
    assert step.evidence == ("s1", "s2")
    assert step.runner_up is not None
    assert (step.runner_up.resource, step.runner_up.minutes, step.runner_up.loses) == ("b", 90, 0.0)
    words = why_not(step, step.runner_up, plan)
    assert words["en"].endswith("0.59 an hour, not 0.88; a plan with it closes as much, but takes more")
    assert "每小时 0.59，而本步骤为 0.88" in words["zh-CN"]


def test_a_better_rival_that_does_not_fit_is_named() -> None:
    plan = drafted([gap()], [offer("a", 60, C1=0.5), offer("b", 90, C1=1.0)], 60)
    (step,) = plan.steps
    assert step.runner_up is not None
    assert step.runner_up.resource == "b"
    assert "there is no plan with it within the limits" in why_not(step, step.runner_up, plan)["en"]


def test_a_resource_for_another_competency_is_no_runner_up() -> None:
    steps = drafted([gap("C1"), gap("C2")], [offer("a", C1=1.0), offer("b", C2=1.0)], 1000).steps
    assert [step.runner_up for step in steps] == [None, None]


def test_where_time_binds_it_says_how_much_would_do() -> None:
    plan = drafted([gap()], [offer("a", 90, C1=1.0), offer("b", 80, prerequisites=("c",), C1=1.0), offer("c", 50)], 70)
    (bound,) = plan.binding
    assert (bound.limit, bound.wanted, bound.given, bound.competencies) == ("minutes", 90, 70, ("C1",))
    assert bound_words(bound, plan, {})["en"] == (
        "1.17 hours: with 1.5 it would close 0.88 weighted levels more, in C1")


@pytest.mark.parametrize(("limits", "limit"), [
    (Limits(1000, money=50.0), "money"), (Limits(1000, coach=0.5), "coach"), (Limits(1000, seats={"a": 0}), "seats"),
    (Limits(1000, languages=frozenset({"zh-CN"})), "languages")])
def test_each_limit_that_binds_is_named(limits: Limits, limit: str) -> None:
    dear = Offer("a", "course", 60, (Closing("C1", 1.0, 4.0, 1.0),), (), (), "en", 100.0, 1.0, 4)
    plan = draft([gap()], [dear], limits)
    assert taken(plan) == []
    assert [bound.limit for bound in plan.binding] == [limit]


def test_what_builds_on_something_that_is_missing_waits_for_it() -> None:
    """C1 builds on C2, which is known to be missing half a level to what it asks."""
    grounds = Grounds({"C1": ("C2",)}, {"C2": proficiency(competency="C2", level=1.5)})
    offers = [offer("a", 60, C1=1.0), offer("ground", 60, C2=0.5)]
    assert taken(draft([gap("C1")], offers, Limits(1000), grounds=grounds)) == ["ground", "a"]
    assert taken(draft([gap("C1")], offers, Limits(100), grounds=grounds)) == []
    assert taken(draft([gap("C1")], offers, Limits(100), grounds=Grounds({"C1": ("C2",)}))) == ["a"]


def test_what_is_required_is_taken_and_what_is_not_wanted_is_not() -> None:
    offers = [offer("a", 60, C1=1.0), offer("b", 90, C1=1.0)]
    assert taken(draft([gap()], offers, Limits(100), Wanted(required=frozenset({"b"})))) == ["b"]
    assert taken(draft([gap()], offers, Limits(100), Wanted(excluded=frozenset({"a"})))) == ["b"]


def test_what_is_required_and_does_not_fit_is_explained() -> None:
    offers = [offer("a", 60, prerequisites=("b",), C1=1.0), offer("b", 90)]
    plan = draft([gap()], offers, Limits(100), Wanted(required=frozenset({"a"})))
    assert (plan.feasible, plan.steps) == (False, ())
    (bound,) = plan.binding
    assert bound_words(bound, plan, {}) == {"en": "what is required takes 2.5 hours, and there are 1.67",
                                            "zh-CN": "必选内容需要 2.5 小时，而只有 1.67"}
    gone = draft([gap()], offers[:1], Limits(1000), Wanted(required=frozenset({"a"})))
    assert [(bound.limit, bound.competencies) for bound in gone.binding] == [("catalogue", ("a",))]


def test_what_lost_to_a_step_that_something_required_needs_says_that_there_is_no_plan_with_it() -> None:
    offers = [offer("a", 60, prerequisites=("b",), C1=0.5), offer("b", 60, C1=0.2), offer("c", 60, C1=0.1)]
    plan = draft([gap()], offers, Limits(120), Wanted(required=frozenset({"a"})))
    steps = {step.resource: step for step in plan.steps}
    assert steps["b"].runner_up is not None
    assert steps["b"].runner_up.loses == float("inf")


def test_what_begins_higher_counts_once_others_take_the_person_there() -> None:
    advanced = Offer("advanced", "course", 60, (Closing("C1", 2.0, 4.0, 0.5),))
    basic = offer("basic", 60, C1=0.6)
    assert taken(drafted([gap(level=1.5)], [advanced], 1000)) == []
    assert taken(drafted([gap(level=1.5)], [advanced, basic], 1000)) == ["basic", "advanced"]


def test_without_gaps_or_without_time_there_is_nothing_to_do() -> None:
    assert drafted([], [offer("a", C1=1.0)], 1000).steps == ()
    assert drafted([gap(level=3.0)], [offer("a", C1=1.0)], 1000).steps == ()
    assert drafted([gap()], [offer("a", C1=1.0)], 0).steps == ()
