"""What a team shares: never more than there is, near the best, and what each person has of their own stays theirs."""

import random
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from benchmarks.planning import case, fits
from competencies.optimum import ENDLESS, Limits, Problem, merit, useful
from competencies.sharing import Division, Shared, divide
from tests.unit.builders import FUZZ

EXACTLY = 1e-6


def divided(problems: dict[str, Problem], shared: Shared) -> Division:
    drafting = divide(problems, shared)
    while True:
        try:
            next(drafting)
        except StopIteration as done:
            found: Division = done.value
            return found


def team(seed: int, people: int, resources: int = 6) -> dict[str, Problem]:
    """People of their own gaps, who choose from the same resources."""
    offers = case(seed, resources, 3, (4,), limited=False).offers
    return {f"p{number}": case(100 * seed + number, resources, 3, (4,), limited=False)._replace(offers=offers).problem
            for number in range(people)}


def choices(problem: Problem) -> list[frozenset[str]]:
    """Every choice that a person can make."""
    codes = list(useful(problem))
    subsets = (frozenset(code for code, taken in zip(codes, bits, strict=True) if taken)
               for bits in product((False, True), repeat=len(codes)))
    return [each for each in subsets if fits(problem, set(each)) and all(
        before in each or before not in problem.offers for code in each
        for before in problem.offers[code].prerequisites)]


def best(problems: dict[str, Problem], shared: Shared) -> float:
    """The most that any division comes to, by trying every one."""
    def allowed(chosen: tuple[frozenset[str], ...]) -> bool:
        taken = [problem.offers[code] for problem, codes in zip(problems.values(), chosen, strict=True)
                 for code in codes]
        return (sum(each.coach_hours for each in taken) <= (shared.coach or ENDLESS) + EXACTLY
                and sum(each.cost for each in taken) <= (shared.money or ENDLESS) + EXACTLY
                and all(sum(each.code == code for each in taken) <= left for code, left in shared.seats.items()))
    return max(sum(merit(problem, codes) for problem, codes in zip(problems.values(), chosen, strict=True))
               for chosen in product(*map(choices, problems.values())) if allowed(chosen))


@pytest.mark.parametrize("seed", range(1, 6 + FUZZ))
def test_a_division_is_the_best_of_all_within_a_thousandth(seed: int) -> None:
    problems, chance = team(seed, 2), random.Random(seed)
    shared = Shared(money=chance.choice([None, 400.0]), coach=chance.choice([0.5, 1.0, None]),
                    seats={"r002": 1, "r004": chance.choice([0, 1])})
    found, most = divided(problems, shared), best(problems, shared)
    assert found.feasible
    assert found.merit == pytest.approx(most, abs=0.002 * abs(most) + EXACTLY)
    assert found.bound >= most - EXACTLY
    assert divided(problems, shared) == found, "equal input gives the equal division"


def test_of_many_none_takes_more_than_there_is() -> None:
    """Not even a little: going beyond has a price that a hundredth of an hour doesn't reach."""
    problems = team(3, 12, 12)
    free = divided(problems, Shared(coach=1000.0))
    assert free.used["coach"] > 1
    shared = Shared(coach=free.used["coach"] * 0.61)
    found = divided(problems, shared)
    assert found.used["coach"] <= found.given["coach"] + EXACTLY
    assert 0.97 * found.bound < found.merit <= found.bound + EXACTLY
    assert found.merit < free.merit


def test_a_persons_own_limits_stay_theirs() -> None:
    problems = team(2, 3, 12)
    person, problem = next(each for each in problems.items())
    problems[person] = replace(problem, limits=replace(problem.limits, money=0.0, coach=0.0))
    found = divided(problems, Shared(coach=100.0))
    assert sum(problem.offers[code].cost for code in found.chosen[person] or ()) == 0
    assert found.spent[person].get("coach", 0.0) == 0


@pytest.mark.parametrize("shared", [Shared(), Shared(coach=1.0)])
def test_where_nobody_can_have_what_is_required_nobody_has_anything(shared: Shared) -> None:
    problem: Any = replace(team(1, 1)["p0"], required=frozenset({"nothing"}), limits=Limits(60))
    found = divided({"p0": problem, "p1": problem}, shared)
    assert (dict(found.chosen), found.merit) == ({"p0": None, "p1": None}, 0)


def test_what_is_required_goes_beyond_what_there_is_and_that_is_told() -> None:
    problems = team(2, 2, 12)
    code = next(code for code, offer in problems["p0"].offers.items() if offer.coach_hours and not offer.prerequisites)
    required = {person: replace(problem, required=frozenset({code}), limits=Limits(ENDLESS))
                for person, problem in problems.items()}
    found = divided(required, Shared(seats={code: 1}))
    assert not found.feasible
    assert found.used[f"seats/{code}"] == 2
