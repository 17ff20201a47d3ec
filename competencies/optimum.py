"""Which resources close most of what is needed within limits: exactly, by mixed-integer programming (pure).

A resource takes a person to a level, from one at which it begins: together those that reach no further than a level
take nobody beyond it, and one that begins higher counts where the others take a person to its beginning. What a level
closed is worth falls as the requirement comes nearer: it is the expected shortfall that goes away, by criticality.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from competencies.programs import INFINITE, Program, Solution
from competencies.resources import Closing, Offer

EFFORT = 0.01 / 60  # weighted levels that a minute must bring at least
FIRST = 1e-6  # what one place in the order of codes counts, so that of two that are as good the first is taken
ROUNDING = 1e-9
NEARLY = 0.01  # of what is best: as near as it must come to say what a limit keeps from being closed
ENDLESS = 10**9  # minutes: no limit
MONEY, COACH, SEATS, MINUTES = "money", "coach", "seats", "minutes"
SPENDING: dict[str, Callable[[Offer], float]] = {  # what taking a resource uses, of what there is an amount of
    MINUTES: lambda offer: float(offer.minutes), MONEY: lambda offer: offer.cost,
    COACH: lambda offer: offer.coach_hours}


@dataclass(frozen=True)
class Need:
    """One competency's gap as an optimisation sees it."""

    competency: str
    level: float | None  # now; None where it must be measured first
    most: float  # levels that count, from there
    worth: tuple[float, ...]  # of a level in each equal part of `most`, by weight, falling; to measure it: the whole
    after: tuple["Foundation", ...] = ()


class Foundation(NamedTuple):
    """A competency that another builds on, and the levels missing in it before the other is trained."""

    competency: str
    missing: float


@dataclass(frozen=True)
class Limits:
    """What there is to spend. None: no such limit."""

    minutes: int
    money: float | None = None
    coach: float | None = None  # hours
    seats: Mapping[str, int] = field(default_factory=dict)  # left, by resource; others: enough
    languages: frozenset[str] | None = None

    @property
    def amounts(self) -> dict[str, float | None]:
        """How much there is to spend, by what."""
        return {MINUTES: float(self.minutes), MONEY: self.money, COACH: self.coach}

    def allow(self, offer: Offer) -> bool:
        return self.seats.get(offer.code, 1) > 0 and self.speaks(offer)

    def speaks(self, offer: Offer) -> bool:
        return self.languages is None or any(alike(offer.language, each) for each in self.languages)


@dataclass(frozen=True)
class Problem:
    """What one person needs, and what could be taken: nothing that is done, nor what can't be had."""

    needs: tuple[Need, ...]  # by competency
    offers: Mapping[str, Offer]
    limits: Limits
    required: frozenset[str] = frozenset()  # steps that somebody wants in any case

    @cached_property
    def serving(self) -> dict[str, dict[str, Closing]]:
        """By competency that is needed, what each resource does for it, by code in order."""
        found: dict[str, dict[str, Closing]] = {need.competency: {} for need in self.needs}
        needs = {need.competency: need for need in self.needs}
        for code, offer in self.offers.items():
            for closing in offer.closings:
                if closing.competency in needs and _serves(needs[closing.competency], closing, offer):
                    found[closing.competency].setdefault(code, closing)
        return found


class Closed(NamedTuple):
    """What a choice of resources closes."""

    levels: dict[str, dict[str, float]]  # by competency and resource
    measured: dict[str, str]  # by competency, the first resource that proves it
    weighted: float


def alike(language: str, other: str) -> bool:
    """Varieties of a language serve for each other: zh-CN for zh."""
    return language.partition("-")[0].lower() == other.partition("-")[0].lower()


def available(offers: Iterable[Offer], limits: Limits, done: Collection[str],
              excluded: Collection[str] = ()) -> dict[str, Offer]:
    """By code, in order, what could be taken: within limits that are each resource's own, with its prerequisites."""
    found = {each.code: each for each in sorted(offers, key=lambda each: each.code)
             if each.code not in done and each.code not in excluded and limits.allow(each)}
    order = _reachable(found, done)
    return {code: found[code] for code in found if code in order}


def had_before(problem: Problem) -> set[str]:
    """What must have been done, for what asks for it to be on offer."""
    return {before for offer in problem.offers.values() for before in offer.prerequisites} - problem.offers.keys()


def _reachable(offers: Mapping[str, Offer], done: Collection[str]) -> set[str]:
    """Those whose prerequisites, and theirs, are done or can be: neither unknown nor in a ring."""
    had: set[str] = set()
    while more := {code for code, each in offers.items() if code not in had
                   and all(before in done or before in had for before in each.prerequisites)}:
        had |= more
    return had


def useful(problem: Problem) -> dict[str, Offer]:
    """What serves a need or is required, and what must come before it."""
    wanted = list(dict.fromkeys([*problem.required, *(code for by in problem.serving.values() for code in by)]))
    for code in wanted:  # it grows while it is read
        wanted += [before for before in problem.offers[code].prerequisites
                   if before in problem.offers and before not in wanted]
    return {code: problem.offers[code] for code in sorted(wanted)}


def _serves(need: Need, closing: Closing, offer: Offer) -> bool:
    if need.level is None:
        return offer.measures
    return closing.highest > need.level and closing.effect > 0


def worth(problem: Problem, chosen: Collection[str]) -> Closed:
    """What these resources close, whatever they cost."""
    levels, measured, weighted = dict[str, dict[str, float]](), dict[str, str](), 0.0
    waiting = list(problem.needs)
    while ready := [need for need in waiting if all(
            sum(levels.get(each.competency, {}).values()) > each.missing - ROUNDING for each in need.after)]:
        for need in ready:
            waiting.remove(need)
            if need.level is not None:
                levels[need.competency] = _filled(need, problem, chosen)
                weighted += value(need, sum(levels[need.competency].values()))
            elif proving := [each for each in problem.serving[need.competency] if each in chosen]:
                measured[need.competency] = proving[0]
                weighted += need.worth[0]
    return Closed({code: found for code, found in levels.items() if found}, measured, weighted)


def _filled(need: Need, problem: Problem, chosen: Collection[str]) -> dict[str, float]:
    """The levels that each of the resources closes of a need; those that reach least are counted first."""
    if need.level is None:
        return {}
    reached, found = 0.0, dict[str, float]()
    serve = [(closing, code) for code, closing in problem.serving[need.competency].items() if code in chosen]
    counted: list[tuple[Closing, str]] = []
    for closing, code in sorted(serve, key=lambda each: (each[0].lowest, each[1])):
        if closing.lowest <= need.level + reached + ROUNDING:
            counted.append((closing, code))
            found = _shares(need, counted)
            reached = sum(found.values())
    return found


def _shares(need: Need, counted: list[tuple[Closing, str]]) -> dict[str, float]:
    assert need.level is not None
    reached, found = 0.0, {}
    for closing, code in sorted(counted, key=lambda each: (each[0].highest, each[0].lowest, each[1])):
        share = min(closing.effect, closing.highest - need.level - reached, need.most - reached)
        if share > ROUNDING:
            found[code] = share
            reached += share
    return found


def value(need: Need, levels: float) -> float:
    """What so many levels of a need are worth, closed."""
    part = need.most / len(need.worth)
    return sum(each * min(part, max(0.0, levels - number * part)) for number, each in enumerate(need.worth))


def solve(problem: Problem, gap: float = 0.0, prices: Mapping[str, float] | None = None) -> frozenset[str] | None:
    """The resources to take, the best that there are or within this share of them; None where what is required isn't on
    offer or doesn't fit the limits. `prices`: by resource, the weighted levels that it must bring besides.
    """
    if not problem.required <= problem.offers.keys():
        return None
    offers = useful(problem)
    if not offers:
        return frozenset()
    program = Program()
    model = _Model(program, problem, offers, prices or {})
    found = program.solve(gap)
    return found and model.chosen(found)


def solve_together(problems: Mapping[str, Problem], given: Mapping[str, float],
                   spent: Callable[[Offer], Mapping[str, float]], gap: float,
                   nodes: int) -> tuple[dict[str, frozenset[str]], float] | None:
    """What each of a few people takes, by person, as near to the best as in so many nodes, within what is `given` to
    all, by what each resource has `spent` of it; and a bound that nothing else exceeds. None where nothing was found.
    """
    program, models = Program(), dict[str, _Model]()
    for person, problem in problems.items():
        if not problem.required <= problem.offers.keys():
            return None
        models[person] = _Model(program, problem, useful(problem), {})
    for name, most in given.items():
        program.row(-INFINITE, most, [(column, amount) for person, model in models.items()
                                      for code, column in model.taken.items()
                                      if (amount := spent(problems[person].offers[code]).get(name))])
    found = program.solve(gap, nodes)
    return found and ({person: model.chosen(found) for person, model in models.items()}, found.bound)


def merit(problem: Problem, chosen: Collection[str]) -> float:
    """What `solve` makes as large as it can, without prices: what is closed, less the effort."""
    places = {code: place for place, code in enumerate(useful(problem))}
    return worth(problem, chosen).weighted - sum(effort(problem.offers[code], places[code]) for code in chosen)


def effort(offer: Offer, place: int) -> float:
    """The least that a resource must bring; `place`: in the order of codes."""
    return EFFORT * offer.minutes + FIRST * place


class _Model:
    """One person's part of a program."""

    def __init__(self, program: Program, problem: Problem, offers: Mapping[str, Offer],
                 prices: Mapping[str, float]) -> None:
        self._program = program
        self.taken = {
            code: self._program.column(-effort(offer, place) - prices.get(code, 0.0), 1.0, True,
                                       float(code in problem.required))
            for place, (code, offer) in enumerate(offers.items())}
        self._limit(problem.limits, offers)
        for code, offer in offers.items():
            for before in offer.prerequisites:
                if before in self.taken:
                    self._program.row(-INFINITE, 0.0, [(self.taken[code], 1.0), (self.taken[before], -1.0)])
        totals = {need.competency: self._add(need, problem.serving[need.competency]) for need in problem.needs}
        for need in problem.needs:
            self._build_on(need, totals)

    def chosen(self, found: Solution) -> frozenset[str]:
        return frozenset(code for code, place in self.taken.items() if found.values[place] > 0.5)

    def _limit(self, limits: Limits, offers: Mapping[str, Offer]) -> None:
        for name, most in limits.amounts.items():
            if most is not None:
                self._program.row(-INFINITE, most, [(self.taken[code], SPENDING[name](offer))
                                                    for code, offer in offers.items()])

    def _add(self, need: Need, serving: Mapping[str, Closing]) -> list[tuple[int, float]]:
        """A need's columns; the sum of what is closed of it."""
        serve = list(serving.items())
        if need.level is None:
            proved = self._program.column(need.worth[0], 1.0)
            self._program.row(-INFINITE, 0.0, [(proved, 1.0), *((self.taken[code], -1.0) for code, _ in serve)])
            return []
        counting: list[tuple[Closing, int]] = []
        for lowest in sorted({max(closing.lowest, need.level) for _, closing in serve}):
            here = [(closing, self.taken[code]) for code, closing in serve
                    if max(closing.lowest, need.level) == lowest]
            counting += here if lowest == need.level else self._begun(lowest - need.level, need, counting, here)
        parts = [(self._program.column(each, need.most / len(need.worth)), 1.0) for each in need.worth]
        self._program.row(-INFINITE, 0.0, [*parts, *self._reached(need, counting)])
        return parts

    def _reached(self, need: Need, counting: Iterable[tuple[Closing, int]]) -> list[tuple[int, float]]:
        """The levels, negated, that resources take the person on by: those that end at a level not beyond it."""
        assert need.level is not None
        by_end: dict[float, list[tuple[int, float]]] = {}
        for closing, column in counting:
            by_end.setdefault(min(closing.highest - need.level, need.most), []).append((column, -closing.effect))
        total: list[tuple[int, float]] = []
        for end in sorted(by_end):
            total += by_end[end]
            if end < need.most:
                column = self._program.column(0.0, end)
                self._program.row(-INFINITE, 0.0, [(column, 1.0), *total])
                total = [(column, -1.0)]
        return total

    def _begun(self, beginning: float, need: Need, lower: list[tuple[Closing, int]],
               here: list[tuple[Closing, int]]) -> list[tuple[Closing, int]]:
        """Columns of whether each of `here` counts: it is taken, and those that begin lower reach its beginning."""
        begun = self._program.column(0.0, 1.0, True)
        self._program.row(-INFINITE, 0.0, [(begun, beginning), *self._reached(need, lower)])
        found = []
        for closing, taken in here:
            counts = self._program.column(0.0, 1.0)
            self._program.row(-INFINITE, 0.0, [(counts, 1.0), (taken, -1.0)])
            self._program.row(-INFINITE, 0.0, [(counts, 1.0), (begun, -1.0)])
            found.append((closing, counts))
        return found

    def _build_on(self, need: Need, totals: Mapping[str, list[tuple[int, float]]]) -> None:
        """Nothing counts of what builds on something that is missing."""
        if need.level is None or not need.after or not totals[need.competency]:
            return
        opened = self._program.column(0.0, 1.0, True)
        self._program.row(-INFINITE, 0.0, [*totals[need.competency], (opened, -need.most)])
        for foundation in need.after:
            self._program.row(0.0, INFINITE, [*totals.get(foundation.competency, []), (opened, -foundation.missing)])
