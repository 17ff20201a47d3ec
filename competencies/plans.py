"""Gap × resources × time → Plan (pure).

What is taken is the best that there is within the limits, by `optimum`; here its steps are put in order and explained.
Equal input gives the equal plan.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from competencies.gaps import Gap
from competencies.optimum import (
    COACH,
    ENDLESS,
    MINUTES,
    MONEY,
    NEARLY,
    SEATS,
    SPENDING,
    Closed,
    Foundation,
    Limits,
    Need,
    Problem,
    available,
    had_before,
    solve,
    useful,
    value,
    worth,
)
from competencies.proficiency import Proficiency
from competencies.resources import Offer

RENEWAL = 0.5  # levels that it counts as to prove what is unproven or stale
PARTS = 4  # of a gap: what closing more of it is worth falls from each to the next
GROUND = 2.0  # the level, "applies with help", that what builds on a competency asks of it
LEAST = 0.005  # weighted levels: less is no difference
LANGUAGES, CATALOGUE, TOGETHER = "languages", "catalogue", "together"


@dataclass(frozen=True)
class RunnerUp:
    """What would be taken instead of a step, and what the plan would lose by it."""

    resource: str
    minutes: int  # with what must come first
    closes: float  # weighted levels of the same gaps, if it were there instead
    loses: float  # weighted levels that the best plan with it, and without the step, closes less; inf: it doesn't fit


@dataclass(frozen=True)
class Step:
    """One resource, why it is there, and what lost to it."""

    resource: str
    minutes: int
    cost: float
    coach_hours: float
    closes: dict[str, float]  # competency → levels of the gap that it is expected to close
    measures: tuple[str, ...]  # competencies that it proves, for nothing is known of them, or nothing of late
    purpose: str  # "measure", "close" or "prerequisite"
    prerequisites: tuple[str, ...]
    evidence: tuple[str, ...]  # the statements that the gaps rest on
    required: bool  # somebody wants it in any case
    weighted: float  # what it closes, by criticality, in levels
    runner_up: RunnerUp | None = None


@dataclass(frozen=True)
class Bound:
    """What keeps a plan from closing more."""

    limit: str  # minutes, money, coach, seats, languages; catalogue: nothing closes it; together: several at once
    more: float  # weighted levels that it would close without this limit
    wanted: float | None = None  # how much of it would then be used
    given: float | None = None
    competencies: tuple[str, ...] = ()  # which would be closed further; of the catalogue, those which nothing closes


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they can be taken."""

    steps: tuple[Step, ...]
    limits: Limits
    weighted: float  # what the steps close, by criticality, in levels
    possible: float  # what could be closed without limits
    remaining: dict[str, float]  # competency → levels of the gap left open, where a level is known
    unreached: tuple[str, ...]  # competencies with an open gap that no step touches
    binding: tuple[Bound, ...] = ()
    feasible: bool = True  # False: what is required doesn't fit the limits, and there are no steps

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)

    @property
    def cost(self) -> float:
        return sum(step.cost for step in self.steps)

    @property
    def coach_hours(self) -> float:
        return sum(step.coach_hours for step in self.steps)


@dataclass(frozen=True)
class Wanted:
    """What somebody decided beforehand."""

    done: frozenset[str] = frozenset()  # resources already taken
    required: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grounds:
    """What competencies build on, and the levels that are known of those."""

    before: Mapping[str, Collection[str]] = field(default_factory=dict)  # by competency, those that precede it
    known: Mapping[str, Proficiency] = field(default_factory=dict)

    def of(self, competency: str) -> tuple[Foundation, ...]:
        """What is known to be missing. What nobody knows of keeps nobody from going on."""
        return tuple(Foundation(each, GROUND - self.known[each].level) for each in sorted(self.before.get(
            competency, ())) if each in self.known and self.known[each].level < GROUND)


def draft(gaps: Iterable[Gap], offers: Iterable[Offer], limits: Limits, wanted: Wanted = Wanted(),
          grounds: Grounds = Grounds(), explain: bool = True, chosen: frozenset[str] | None = None) -> Plan:
    """The plan that closes most within the limits, or the one of what was `chosen` already. `explain`: say what binds,
    and what lost to each step.
    """
    open_gaps = {gap.competency: gap for gap in sorted(gaps, key=lambda gap: gap.competency) if gap.open}
    whole = tuple(offers)
    problem = problem_of(open_gaps, whole, limits, wanted, grounds)
    chosen = solve(problem) if chosen is None else chosen
    if chosen is None:
        return _infeasible(problem, open_gaps, whole, wanted)
    plan = arranged(problem, chosen, open_gaps)
    return _explained(plan, problem, open_gaps, whole, wanted) if explain else plan


def problem_of(gaps: Mapping[str, Gap], offers: Iterable[Offer], limits: Limits, wanted: Wanted,
               grounds: Grounds) -> Problem:
    needs = {code: _need(gap, grounds.of(code)) for code, gap in gaps.items()}
    for need in list(needs.values()):
        for each in need.after:
            known = grounds.known[each.competency]
            needs.setdefault(each.competency, Need(each.competency, known.level, each.missing, (0.0,)))
    return Problem(tuple(needs[code] for code in sorted(needs)),
                   available(offers, limits, wanted.done, wanted.excluded), limits, wanted.required - wanted.done)


def _need(gap: Gap, after: tuple[Foundation, ...]) -> Need:
    """To know where one stands comes before everything else."""
    if gap.proficiency is None or gap.to_measure:
        return Need(gap.competency, None, RENEWAL, (gap.weight * RENEWAL,))
    most = max(gap.required - gap.proficiency.level, 0.0)
    left = [gap.expected_after(most * part / PARTS) for part in range(PARTS + 1)]
    falls = tuple(gap.weight * (before - after_) * PARTS / most if most else 0.0
                  for before, after_ in pairwise(left))
    return Need(gap.competency, gap.proficiency.level, most, falls, after)


def arranged(problem: Problem, chosen: Collection[str], gaps: Mapping[str, Gap]) -> Plan:
    """The chosen resources as steps: what closes most for its time first, after what must come before it."""
    closed = worth(problem, chosen)
    steps = tuple(_step(problem, code, closed, gaps) for code in _in_order(problem, chosen))
    remaining = {}
    for code, gap in gaps.items():
        if gap.proficiency is not None:
            gained = sum(closed.levels.get(code, {}).values())
            remaining[code] = round(max(0.0, gap.required - gap.proficiency.level - gained), 2)
    touched = closed.levels.keys() | closed.measured.keys()
    return Plan(steps, problem.limits, closed.weighted, closed.weighted, remaining,
                tuple(code for code in gaps if code not in touched))


def _in_order(problem: Problem, chosen: Collection[str]) -> list[str]:
    order: list[str] = []
    while left := sorted(set(chosen) - set(order)):
        ways = {code: _way(problem, code, chosen, order, _grounding(problem, code, chosen)) for code in left}
        best = max(left, key=lambda code: (_rate(problem, ways[code], order), -left.index(code)))
        order += ways[best]
    return order


def _way(problem: Problem, code: str, chosen: Collection[str], had: Collection[str],
         grounding: Iterable[str] = ()) -> list[str]:
    """A chosen resource after those of its prerequisites, and of what it is grounded on, that aren't had."""
    way: list[str] = []
    for before in (*problem.offers[code].prerequisites, *grounding):
        if before in chosen and before not in had and before not in way and before != code:
            way += [each for each in _way(problem, before, chosen, had) if each not in way]
    return [*way, code]


def _grounding(problem: Problem, code: str, chosen: Collection[str]) -> list[str]:
    """The chosen resources that train what a resource's competencies build on."""
    asked = {each.competency for need in problem.needs if need.after and code in problem.serving[need.competency]
             for each in need.after}
    return [each for each in sorted(chosen) if any(each in problem.serving[ground] for ground in asked)
            and code not in _way(problem, each, chosen, ())]


def _rate(problem: Problem, way: list[str], had: list[str]) -> float:
    touched = {code for code, by in problem.serving.items() if not by.keys().isdisjoint(way)}
    needs = [need for need in problem.needs if need.competency in touched
             or any(each.competency in touched for each in need.after)]
    grounds = {each.competency for need in needs for each in need.after}
    part = replace(problem, needs=tuple(need for need in problem.needs if need in needs or need.competency in grounds))
    gain = worth(part, {*had, *way}).weighted - worth(part, had).weighted
    return round(gain / sum(problem.offers[code].minutes for code in way), 9)


def _step(problem: Problem, code: str, closed: Closed, gaps: Mapping[str, Gap]) -> Step:
    offer, needs = problem.offers[code], {need.competency: need for need in problem.needs}
    closes = {competency: round(by[code], 2) for competency, by in closed.levels.items()
              if code in by and competency in gaps}
    measures = tuple(competency for competency, by in closed.measured.items() if by == code)
    weighted = sum(_part(needs[competency], closed.levels[competency], code) for competency in closes)
    weighted += sum(needs[competency].worth[0] for competency in measures)
    rests = [statement for competency in sorted({*closes, *measures})
             if (known := gaps[competency].proficiency) for statement in known.statements]
    return Step(code, offer.minutes, offer.cost, offer.coach_hours, closes, measures,
                "measure" if measures else "close" if closes else "prerequisite", offer.prerequisites,
                tuple(dict.fromkeys(rests)), code in problem.required, round(weighted, 4))


def _part(need: Need, levels: Mapping[str, float], code: str) -> float:
    """What one resource's levels are worth: its share of the whole."""
    whole = sum(levels.values())
    return value(need, whole) * levels[code] / whole


def _explained(plan: Plan, problem: Problem, gaps: Mapping[str, Gap], offers: tuple[Offer, ...],
               wanted: Wanted) -> Plan:
    steps = tuple(replace(step, runner_up=_runner_up(step, plan, problem)) for step in plan.steps)
    possible, binding = _binding(plan, problem, gaps, offers, wanted)
    return replace(plan, steps=steps, possible=possible, binding=binding)


def _runner_up(step: Step, plan: Plan, problem: Problem) -> RunnerUp | None:
    """Of what isn't in the plan and serves the same gaps, what would close most of them in the step's place."""
    taken, needs = {each.resource for each in plan.steps}, {need.competency: need for need in problem.needs}
    wanted = [needs[code] for code in (*step.closes, *step.measures)]
    closing = replace(problem, needs=tuple(wanted), limits=Limits(ENDLESS))
    rest = {each for each in taken if step.resource not in _way(problem, each, taken, ())}
    base = worth(closing, rest).weighted
    found = []
    for code in problem.offers:
        if code not in taken and any(code in problem.serving[need.competency] for need in wanted):
            way = _way(problem, code, problem.offers, rest)
            if step.resource not in way:
                gain = worth(closing, {*rest, *way}).weighted - base
                found.append((round(gain, 6), -sum(problem.offers[each].minutes for each in way), code))
    if not found or max(found)[0] <= 0:
        return None
    gain, minutes, code = max(found, key=lambda each: (each[0], each[1], _last_first(each[2])))
    without = {each: offer for each, offer in problem.offers.items() if each != step.resource}
    other = solve(replace(problem, offers=available(without.values(), problem.limits, had_before(problem)),
                          required=problem.required - {step.resource} | {code}))
    loses = float("inf") if other is None else max(0.0, round(plan.weighted - worth(problem, other).weighted, 4))
    return RunnerUp(code, -minutes, round(gain, 4), loses)


def _last_first(code: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in code)


def _binding(plan: Plan, problem: Problem, gaps: Mapping[str, Gap], offers: tuple[Offer, ...],
             wanted: Wanted) -> tuple[float, tuple[Bound, ...]]:
    """What could be closed without limits, and which of them keep the plan from it."""
    free = _relaxed(problem, offers, wanted, Limits(ENDLESS))
    best = worth(free, useful(free))  # to take more never closes less
    found, ours = [], worth(problem, {step.resource for step in plan.steps})
    if best.weighted > plan.weighted + LEAST:
        for limit, limits in _without_each(problem.limits):
            freer = _relaxed(problem, offers, wanted, limits)
            chosen = solve(freer, NEARLY) or frozenset()
            closed = worth(freer, chosen)
            if closed.weighted > plan.weighted + LEAST:
                found.append(Bound(limit, round(closed.weighted - plan.weighted, 4),
                                   _used(limit, freer, chosen), problem.limits.amounts.get(limit),
                                   _further(closed, ours)))
        if not found:
            found.append(Bound(TOGETHER, round(best.weighted - plan.weighted, 4)))
    nothing = tuple(code for code in gaps if code not in best.levels and code not in best.measured)
    if nothing:
        found.append(Bound(CATALOGUE, 0.0, competencies=nothing))
    return round(best.weighted, 4), tuple(found)


def _relaxed(problem: Problem, offers: tuple[Offer, ...], wanted: Wanted, limits: Limits) -> Problem:
    return replace(problem, limits=limits, offers=available(offers, limits, wanted.done, wanted.excluded))


def _without_each(limits: Limits) -> list[tuple[str, Limits]]:
    """The limits with one of them away."""
    found = [(MINUTES, replace(limits, minutes=ENDLESS))]
    if limits.money is not None:
        found.append((MONEY, replace(limits, money=None)))
    if limits.coach is not None:
        found.append((COACH, replace(limits, coach=None)))
    if limits.languages is not None:
        found.append((LANGUAGES, replace(limits, languages=None)))
    if any(left <= 0 for left in limits.seats.values()):
        found.append((SEATS, replace(limits, seats={})))
    return found


def _used(limit: str, problem: Problem, chosen: Collection[str]) -> float | None:
    spent = SPENDING.get(limit)
    return None if spent is None else round(sum(spent(problem.offers[code]) for code in chosen), 2)


def _further(more: Closed, closed: Closed) -> tuple[str, ...]:
    """The competencies that the one closes further than the other."""
    def gained(found: Closed, code: str) -> float:
        return sum(found.levels.get(code, {}).values()) + (code in found.measured)
    codes = sorted({*more.levels, *more.measured})
    return tuple(code for code in codes if gained(more, code) > gained(closed, code) + LEAST)


def _infeasible(problem: Problem, gaps: Mapping[str, Gap], offers: tuple[Offer, ...], wanted: Wanted) -> Plan:
    """No plan, and which limits what is required goes beyond, or that it can't be had at all."""
    needed = wanted.required - wanted.done
    everything = available(offers, Limits(ENDLESS), wanted.done, wanted.excluded)
    free = Problem((), everything, Limits(ENDLESS), needed & everything.keys())
    had = useful(free).keys()
    found = [Bound(limit, 0.0, used, given) for limit, given in problem.limits.amounts.items() if given is not None
             and (used := _used(limit, free, had)) is not None and used > given]
    limits = problem.limits
    if spoken := tuple(sorted(code for code in had if not limits.speaks(everything[code]))):
        found.append(Bound(LANGUAGES, 0.0, competencies=spoken))
    if full := tuple(sorted(code for code in had if limits.seats.get(code, 1) <= 0)):
        found.append(Bound(SEATS, 0.0, competencies=full))
    if gone := tuple(sorted(needed - everything.keys())):
        found.append(Bound(CATALOGUE, 0.0, competencies=gone))
    remaining = {code: round(max(0.0, gap.required - gap.proficiency.level), 2) for code, gap in gaps.items()
                 if gap.proficiency is not None}
    return Plan((), limits, 0.0, 0.0, remaining, tuple(gaps), tuple(found), feasible=False)
