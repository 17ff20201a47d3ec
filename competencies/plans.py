"""Gap × resources × time → Plan (pure).

Version 0: step by step the bundle (a resource with the prerequisites not yet done) that closes most of the
weighted gap for its hours, while it fits. Equal input gives the equal plan.
"""

from dataclasses import dataclass, field

from competencies.gaps import Gap
from competencies.outcomes import LOWEST
from competencies.resources import Offer

CRITICAL = 2.0  # how much more a critical gap counts
RENEWAL = 0.5  # what proving a stale competency again counts as, in levels
MEASURING = ("simulation", "coaching")  # kinds that end in a rubric, so that an unproven gap can be measured


@dataclass(frozen=True)
class Step:
    """One resource, why it is there, and what lost to it."""

    resource: str
    minutes: int
    closes: dict[str, float]  # competency → levels of the gap that it is expected to close
    purpose: str  # "close", "measure" or "prerequisite"
    prerequisites: tuple[str, ...]
    evidence: tuple[str, ...]  # the statements that the gap rests on
    runner_up: str | None  # what would close most of the same gaps instead
    runner_up_reason: str | None


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they can be taken."""

    steps: list[Step]
    minutes: int
    budget: int  # minutes
    remaining: dict[str, float]  # competency → levels of the gap left open
    unreached: list[str]  # competencies with an open gap that no step touches
    binding: list[str] = field(default_factory=list)  # and why, for each of these


@dataclass(frozen=True)
class _Bundle:
    """A resource after the prerequisites that aren't done, with what each of them closes."""

    parts: tuple[tuple[Offer, dict[str, float]], ...]
    gain: float  # weighted levels

    @property
    def wanted(self) -> Offer:
        return self.parts[-1][0]

    @property
    def codes(self) -> set[str]:
        return {offer.code for offer, _ in self.parts}

    @property
    def minutes(self) -> int:
        return sum(offer.minutes for offer, _ in self.parts)

    @property
    def closed(self) -> set[str]:
        return {competency for _, closes in self.parts for competency in closes}

    @property
    def rate(self) -> float:
        return self.gain / self.minutes


def draft(gaps: list[Gap], offers: list[Offer], minutes: int, done: frozenset[str] = frozenset()) -> Plan:
    """A plan within `minutes` for the gaps that aren't met. `done` are the codes of resources already taken."""
    by_code = {offer.code: offer for offer in offers}
    open_gaps = {gap.competency: gap for gap in gaps if gap.state != "met"}
    remaining = {gap.competency: _need(gap) for gap in open_gaps.values()}
    taken, steps, left = set(done), [], minutes
    while bundles := _ranked(by_code, open_gaps, remaining, taken):
        fitting = [bundle for bundle in bundles if bundle.minutes <= left]
        if not fitting:
            break
        best = fitting[0]
        steps += _steps(best, bundles, open_gaps, left)
        taken |= best.codes
        left -= best.minutes
        for _, closes in best.parts:
            for competency, levels in closes.items():
                remaining[competency] = round(remaining[competency] - levels, 4)
    touched = {competency for step in steps for competency in step.closes}
    unreached = sorted(set(open_gaps) - touched)
    return Plan(steps, minutes - left, minutes, {key: round(value, 2) for key, value in sorted(remaining.items())},
                unreached, _binding(unreached, by_code, open_gaps, remaining, taken, left))


def _need(gap: Gap) -> float:
    """Levels to gain; where nothing is known, what would be needed from the bottom of the scale."""
    if gap.proficiency is None:
        return max(gap.required - LOWEST, RENEWAL)
    return max(gap.required - gap.proficiency.level, RENEWAL if gap.state == "stale" else 0.0)


def _to_measure(gap: Gap) -> bool:
    return gap.state in ("unproven", "stale")


def _ranked(by_code: dict[str, Offer], gaps: dict[str, Gap], remaining: dict[str, float],
            taken: set[str]) -> list[_Bundle]:
    """Bundles that close something, best rate first; by code where rates are equal."""
    bundles = [bundle for offer in by_code.values() if offer.code not in taken
               and (bundle := _bundle(offer, by_code, gaps, remaining, taken)) and bundle.gain > 0]
    return sorted(bundles, key=lambda bundle: (-bundle.rate, bundle.wanted.code))


def _bundle(offer: Offer, by_code: dict[str, Offer], gaps: dict[str, Gap], remaining: dict[str, float],
            taken: set[str]) -> _Bundle | None:
    needed = _with_prerequisites(offer, by_code, taken)
    if needed is None:
        return None
    open_levels, parts, gain = dict(remaining), [], 0.0
    for each in needed:
        closes = _closable(each, gaps, open_levels)
        for competency, levels in closes.items():
            open_levels[competency] -= levels
            gain += levels * (CRITICAL if gaps[competency].criticality == "critical" else 1.0)
        parts.append((each, closes))
    return _Bundle(tuple(parts), gain)


def _closable(offer: Offer, gaps: dict[str, Gap], remaining: dict[str, float]) -> dict[str, float]:
    """What one resource may close; where evidence is missing or stale, only what measures is of use."""
    found: dict[str, float] = {}
    for closing in offer.closings:
        gap = gaps.get(closing.competency)
        if gap is None or remaining[closing.competency] <= 0:
            continue
        if _to_measure(gap):
            if offer.kind not in MEASURING:
                continue
        elif not closing.lowest <= gap.required - remaining[closing.competency] < closing.highest:
            continue  # for others than who is, or by then will be, at this level
        found[closing.competency] = min(closing.effect, remaining[closing.competency])
    return found


def _with_prerequisites(offer: Offer, by_code: dict[str, Offer], taken: set[str]) -> tuple[Offer, ...] | None:
    """The resource after all that must come before it; None where that can't be had (unknown, or a ring)."""
    order: list[Offer] = []

    def visit(each: Offer, above: frozenset[str]) -> bool:
        if each.code in taken or each in order:
            return True
        if each.code in above:
            return False
        for code in each.prerequisites:
            if code not in taken and (code not in by_code or not visit(by_code[code], above | {each.code})):
                return False
        order.append(each)
        return True

    return tuple(order) if visit(offer, frozenset()) else None


def _steps(best: _Bundle, ranked: list[_Bundle], gaps: dict[str, Gap], left: int) -> list[Step]:
    rivals = [bundle for bundle in ranked if not bundle.codes & best.codes and bundle.closed & best.closed]
    rival = max(rivals, key=lambda bundle: bundle.gain, default=None)  # of equal ones, that of the best rate
    steps = []
    for offer, closes in best.parts:
        last = offer is best.wanted
        evidence = tuple(statement for competency in sorted(closes)
                         if (known := gaps[competency].proficiency) for statement in known.statements)
        steps.append(Step(offer.code, offer.minutes, {key: round(levels, 2) for key, levels in sorted(closes.items())},
                          _purpose(closes, gaps, last), offer.prerequisites, evidence,
                          rival.wanted.code if rival and last else None,
                          _reason(rival, best, left) if rival and last else None))
    return steps


def _purpose(closes: dict[str, float], gaps: dict[str, Gap], last: bool) -> str:
    if not last:
        return "prerequisite"
    return "measure" if any(_to_measure(gaps[competency]) for competency in closes) else "close"


def _reason(rival: _Bundle, best: _Bundle, left: int) -> str:
    if rival.minutes > left:
        return f"it takes {rival.minutes} min, of which {left} are left"
    return f"it closes {rival.rate * 60:.2f} weighted levels an hour, not {best.rate * 60:.2f}"


def _binding(unreached: list[str], by_code: dict[str, Offer], gaps: dict[str, Gap], remaining: dict[str, float],
             taken: set[str], left: int) -> list[str]:
    """For each gap that no step touches: the hours, or the catalogue."""
    bundles = _ranked(by_code, gaps, remaining, taken)
    said = []
    for competency in unreached:
        useful = [bundle.minutes for bundle in bundles if competency in bundle.closed]
        said.append(f"{competency}: the shortest way takes {min(useful)} min, and {left} are left" if useful
                    else f"{competency}: no resource closes it")
    return said
