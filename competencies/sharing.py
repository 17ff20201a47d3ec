"""Plans of many who share money, coach hours and seats: what each takes, so that together they close most (pure).

Each person's best choice is an exact program of its own. What is shared gets a price, in weighted levels for a unit; at
these prices everybody chooses again, and a program over all choices seen so far says what the prices should rather be
(Dantzig and Wolfe, Decomposition principle for linear programs, 1960). What the choices come to at the last prices is a
bound that no division of what is shared can exceed: the result says how near it comes.
"""

from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from competencies.optimum import (
    COACH,
    MONEY,
    SEATS,
    SPENDING,
    Problem,
    available,
    had_before,
    merit,
    solve,
    solve_together,
    useful,
)
from competencies.programs import INFINITE, Program
from competencies.resources import Offer

ROUNDS = 12
NEAR = 0.001  # of the bound: near enough
NODES = 500
FEW = 8  # people, for whom one program of all of them is solved besides
BEYOND = 100.0  # weighted levels for a unit beyond what there is: so that only what is required goes there


@dataclass(frozen=True)
class Shared:
    """What there is for all of them together. None, and resources that aren't named: enough."""

    money: float | None = None  # yuan
    coach: float | None = None  # hours
    seats: Mapping[str, int] = field(default_factory=dict)  # by resource

    def given(self) -> dict[str, float]:
        """By what is limited: money, coach, and the resources whose seats are."""
        found = {name: most for name, most in ((MONEY, self.money), (COACH, self.coach)) if most is not None}
        return found | {f"{SEATS}/{code}": float(left) for code, left in sorted(self.seats.items())}


class Choice(NamedTuple):
    """What a person could take, and what it spends of what is shared."""

    chosen: frozenset[str]
    merit: float
    spent: Mapping[str, float]


class Progress(NamedTuple):
    """How many people have chosen in this round; rounds are counted from 1."""

    round: int
    done: int
    of: int


@dataclass(frozen=True)
class Division:
    """What each takes; None for those whom what is required doesn't fit."""

    chosen: Mapping[str, frozenset[str] | None]
    merit: float  # weighted levels closed, less the effort
    bound: float  # which no other division exceeds
    prices: Mapping[str, float]  # weighted levels that one more unit of what is shared would close
    spent: Mapping[str, Mapping[str, float]]  # by person, of what is shared
    given: Mapping[str, float]
    rounds: int

    @property
    def used(self) -> dict[str, float]:
        return _used(self.spent.values(), self.given)

    @property
    def feasible(self) -> bool:
        return all(self.used[name] <= self.given[name] + 1e-6 for name in self.given)


def divide(problems: Mapping[str, Problem], shared: Shared) -> Generator[Progress, None, Division]:
    """Yields after each choice that a person makes; equal input gives the equal division."""
    given = shared.given()
    seen: dict[str, list[Choice]] = {}
    prices: dict[str, float] = dict.fromkeys(given, 0.0)
    bound = INFINITE
    for number in range(1, ROUNDS + 1):
        best = sum(prices[name] * most for name, most in given.items())
        new = False
        for done, (person, problem) in enumerate(problems.items(), 1):
            choice = _choose(problem, given, prices)
            yield Progress(number, done, len(problems))
            if choice is not None:
                known = seen.setdefault(person, _least(problem, given))
                best += choice.merit - sum(prices[name] * spent for name, spent in choice.spent.items())
                if choice.chosen not in [each.chosen for each in known]:
                    known.append(choice)
                    new = True
        bound = min(bound, best)
        reached, prices = _priced(seen, given)
        if not new or reached >= bound - NEAR * abs(bound):
            break
    taken = _settled(seen, given)
    if len(problems) <= FEW and seen.keys() == problems.keys():
        taken, bound = _exactly(problems, taken, given, bound)
    for done, person in enumerate(taken, 1):
        taken[person] = _mended(person, problems[person], taken, given)
        yield Progress(number + 1, done, len(taken))
    chosen = {person: taken[person].chosen if person in taken else None for person in problems}
    return Division(chosen, sum(choice.merit for choice in taken.values()), bound, prices,
                    {person: choice.spent for person, choice in taken.items()}, given, number + 1)


def _choose(problem: Problem, given: Mapping[str, float], prices: Mapping[str, float]) -> Choice | None:
    """What is best for one person at these prices."""
    asked = {code: price for code, offer in problem.offers.items()
             if (price := sum(prices[name] * spent for name, spent in _spent(offer, given).items()))}
    chosen = solve(problem, prices=asked)
    return None if chosen is None else _choice(problem, chosen, given)


def _least(problem: Problem, given: Mapping[str, float]) -> list[Choice]:
    """What is required alone, if it is any choice."""
    chosen = frozenset(useful(Problem((), problem.offers, problem.limits, problem.required)))
    return [_choice(problem, chosen, given)]


def _choice(problem: Problem, chosen: frozenset[str], given: Mapping[str, float]) -> Choice:
    spent = dict.fromkeys(given, 0.0)
    for code in sorted(chosen):
        for name, amount in _spent(problem.offers[code], given).items():
            spent[name] += amount
    return Choice(chosen, merit(problem, chosen), {name: amount for name, amount in spent.items() if amount})


def _spent(offer: Offer, given: Mapping[str, float]) -> dict[str, float]:
    found = {name: amount for name, of in SPENDING.items() if name in given and (amount := of(offer))}
    return found | ({seat: 1.0} if (seat := f"{SEATS}/{offer.code}") in given else {})


def _priced(seen: Mapping[str, Collection[Choice]], given: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """The best mixture of what was seen, and what it says that one more unit of each is worth."""
    program, _, limits = _program(seen, given)
    if not seen:
        return 0.0, dict.fromkeys(given, 0.0)
    found = program.solve()
    assert found is not None, "there is always what lies beyond"
    return found.best, {name: max(0.0, found.prices[row]) for name, row in limits.items()}


def _settled(seen: Mapping[str, list[Choice]], given: Mapping[str, float]) -> dict[str, Choice]:
    """One choice for each, of those that were seen: within what there is, if what is required leaves that."""
    if not seen:
        return {}
    for beyond in (False, True):
        program, columns, _ = _program(seen, given, whole=True, beyond=beyond)
        if found := program.solve(NEAR / 10, NODES):
            break
    assert found is not None, "there is always what lies beyond"
    return {person: choices[max(range(len(choices)), key=lambda place: found.values[columns[person][place]])]
            for person, choices in seen.items()}


def _exactly(problems: Mapping[str, Problem], taken: dict[str, Choice], given: Mapping[str, float],
             bound: float) -> tuple[dict[str, Choice], float]:
    """The choices of one program of all of them, if it finds better ones, and the lower bound."""
    found = solve_together(problems, given, lambda offer: _spent(offer, given), NEAR, NODES)
    if found is None:
        return taken, bound
    others = {person: _choice(problems[person], chosen, given) for person, chosen in found[0].items()}
    better = sum(choice.merit for choice in others.values()) > sum(choice.merit for choice in taken.values())
    return others if better else taken, min(bound, found[1])


def _mended(person: str, problem: Problem, taken: Mapping[str, Choice], given: Mapping[str, float]) -> Choice:
    """The person's choice, or a better one within what all the others leave."""
    used, own = _used((choice.spent for choice in taken.values()), given), taken[person].spent
    left = {name: given[name] - used[name] + own.get(name, 0.0) for name in given}
    if any(amount < 0 for amount in left.values()):
        return taken[person]
    seats = {code: int(amount) for name, amount in left.items() if (code := name.removeprefix(f"{SEATS}/")) != name}
    own_limits = problem.limits
    limits = replace(own_limits, money=_lower(own_limits.money, left.get(MONEY)),
                     coach=_lower(own_limits.coach, left.get(COACH)), seats={**own_limits.seats, **seats})
    there = available(problem.offers.values(), limits, had_before(problem))
    better = solve(replace(problem, offers=there, limits=limits))
    found = taken[person] if better is None else _choice(problem, better, given)
    return max(taken[person], found, key=lambda choice: choice.merit)


def _lower(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _used(spent: Iterable[Mapping[str, float]], given: Mapping[str, float]) -> dict[str, float]:
    every = list(spent)
    return {name: round(sum(each.get(name, 0.0) for each in every), 6) for name in given}


def _program(seen: Mapping[str, Collection[Choice]], given: Mapping[str, float],
             whole: bool = False, beyond: bool = True) -> tuple[Program, dict[str, list[int]], dict[str, int]]:
    """Which choice each takes; columns by person, and rows by what is shared."""
    program = Program()
    columns = {person: [program.column(choice.merit, 1.0, whole) for choice in choices]
               for person, choices in seen.items()}
    for places in columns.values():
        program.row(1.0, 1.0, [(place, 1.0) for place in places])
    limits = {}
    for name, most in given.items():
        further = program.column(-BEYOND, INFINITE if beyond else 0.0)
        spending = [(place, choice.spent[name]) for person, choices in seen.items()
                    for place, choice in zip(columns[person], choices, strict=True) if name in choice.spent]
        limits[name] = program.row(-INFINITE, most, [*spending, (further, -1.0)])
    return program, columns, limits
