"""How fast plans are drafted, and how good they are beside greedy choice and beside trying everything.

    .venv/bin/python -m benchmarks.planning
"""

import random
import time
from itertools import combinations
from statistics import median
from typing import NamedTuple

from competencies.gaps import Gap, compare
from competencies.optimum import ROUNDING, Limits, Problem, solve, useful, worth
from competencies.plans import Grounds, Wanted, draft, problem_of
from competencies.proficiency import Proficiency
from competencies.resources import Closing, Offer
from competencies.roles import Target
from tests.unit.builders import proficiency

CASES, SMALL_CASES = 40, 200


class Case(NamedTuple):
    gaps: list[Gap]
    offers: list[Offer]
    limits: Limits

    @property
    def problem(self) -> Problem:
        return problem_of({gap.competency: gap for gap in self.gaps if gap.open}, self.offers, self.limits, Wanted(),
                          Grounds())


def case(seed: int, resources: int, competencies: int, hours: tuple[int, ...], limited: bool) -> Case:
    """Resources for one to three competencies each, a third after others; a tenth of the gaps stale, a fifth unproven.
    """
    chance = random.Random(seed)
    codes = [f"C{number:02}" for number in range(competencies)]
    offers = []
    for number in range(resources):
        closings = tuple(Closing(code, chance.choice((1.0, 1.0, 1.0, 2.0)), chance.choice((3.0, 3.0, 4.0)),
                                 chance.choice((0.15, 0.2, 0.3, 0.4, 0.5)))
                         for code in chance.sample(codes, chance.randint(1, min(3, competencies))))
        before = {f"r{chance.randrange(number):03}" for _ in range(chance.choice((0, 0, 0, 1, 1, 2)))
                  } if number > resources // 10 else set()
        offers.append(Offer(f"r{number:03}", chance.choice(("course", "simulation", "reading", "coaching")),
                            chance.choice((30, 45, 60, 90, 120, 180, 240)), closings, tuple(sorted(before)), (),
                            "zh-CN", chance.choice((0.0, 0.0, 200.0, 500.0)), chance.choice((0.0, 0.0, 0.5, 1.0))))
    gaps = [compare(Target(code, chance.choice((2.0, 3.0, 3.0)), chance.choice(("normal", "critical")), False),
                    _known(code, chance)) for code in codes]
    minutes = chance.choice(hours) * 60
    return Case(gaps, offers, Limits(minutes, 2000.0, 4.0) if limited else Limits(minutes))


def _known(code: str, chance: random.Random) -> Proficiency | None:
    place = chance.random()
    level, deviation = round(chance.uniform(1, 3.2), 2), chance.uniform(0.15, 0.5)
    return None if place < 0.2 else proficiency(competency=code, level=level, deviation=deviation, stale=place < 0.3)


def greedy(problem: Problem) -> set[str]:
    """Step by step the resource, with what must come before it, that closes most for its time, while it fits."""
    taken: set[str] = set()
    offers = useful(problem)
    while True:
        base, best = worth(problem, taken).weighted, (0.0, "")
        for code in offers:
            way = taken | _way(code, offers, taken)
            spent = sum(offers[each].minutes for each in way - taken)
            if code not in taken and spent and fits(problem, way):
                rate = (worth(problem, way).weighted - base) / spent
                best = max(best, (rate, code), key=lambda each: each[0])
        if best[0] <= ROUNDING:
            return taken
        taken |= _way(best[1], offers, taken)


def _way(code: str, offers: dict[str, Offer], taken: set[str]) -> set[str]:
    found = {code}
    for before in offers[code].prerequisites:
        if before in offers and before not in taken:
            found |= _way(before, offers, taken)
    return found


def fits(problem: Problem, chosen: set[str]) -> bool:
    offers, limits = [problem.offers[code] for code in chosen], problem.limits
    return (sum(each.minutes for each in offers) <= limits.minutes
            and (limits.money is None or sum(each.cost for each in offers) <= limits.money)
            and (limits.coach is None or sum(each.coach_hours for each in offers) <= limits.coach))


def brute(problem: Problem) -> float:
    """The most that any choice within the limits closes, by trying every one."""
    offers = useful(problem)
    best = 0.0
    for size in range(len(offers) + 1):
        for choice in combinations(offers, size):
            chosen = set(choice)
            if fits(problem, chosen) and all(before in chosen or before not in offers for code in chosen
                                             for before in offers[code].prerequisites):
                best = max(best, worth(problem, chosen).weighted)
    return best


def _timed(limited: bool) -> None:
    alone, explained, shares = [], [], []
    for seed in range(CASES):
        given = case(seed, 200, 40, (8, 16, 32), limited)
        began = time.perf_counter()
        plan = draft(given.gaps, given.offers, given.limits, explain=False)
        alone.append(time.perf_counter() - began)
        if seed < CASES // 4:
            began = time.perf_counter()
            draft(given.gaps, given.offers, given.limits)
            explained.append(time.perf_counter() - began)
        problem = given.problem
        shares.append(worth(problem, greedy(problem)).weighted / plan.weighted)
        again = solve(problem)
        assert again == solve(problem), "equal input gives the equal plan"
    said = "hours, money and coach hours" if limited else "hours"
    print(f"within {said}: median {median(alone) * 1000:.0f} ms, at most {max(alone) * 1000:.0f} ms; with every step "
          f"explained {median(explained) * 1000:.0f} ms\n  greedy choice closes {median(shares):.3f} of it, "
          f"{min(shares):.3f} at worst, {max(shares):.3f} at best")


def main() -> None:
    print(f"200 resources, 40 competencies, {CASES} cases each")
    _timed(limited=False)
    _timed(limited=True)
    apart, behind = 0.0, 0.0
    for seed in range(SMALL_CASES):
        problem = case(seed, 11, 4, (2, 4, 8), seed % 2 == 0).problem
        ours, best = worth(problem, solve(problem) or ()).weighted, brute(problem)
        apart = max(apart, best - ours)
        behind += worth(problem, greedy(problem)).weighted < best - 1e-4
    print(f"{SMALL_CASES} cases of 11 resources: the best of all choices closes at most {apart:.4f} weighted levels "
          f"more than ours; greedy choice closes less than it in {behind:.0f}")


if __name__ == "__main__":
    main()
