"""Proficiency × Target → Gap (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import erf, exp, pi, sqrt

from competencies.proficiency import Proficiency
from competencies.roles import Target

MOST_EXPLAINING = 3
TOLERANCE = 0.25  # of a level: with less than this missing, the level that is required is the nearest half level shown
MET, BELOW, UNPROVEN, STALE, IN_PROGRESS = STATES = ("met", "below", "unproven", "stale", "in progress")
CRITICAL, NORMAL = "critical", "normal"
WEIGHTS = {CRITICAL: 2.0, NORMAL: 1.0}  # how much a gap counts
DIGITS = 3  # of what is expected: less says nothing


@dataclass(frozen=True)
class Gap:
    """What a role requires beside what is known. Without evidence there is no level: unproven isn't below."""

    competency: str
    required: float
    criticality: str
    mandatory: bool
    state: str
    shortfall: float | None  # levels; None while unproven
    proficiency: Proficiency | None
    below: float | None = None  # the probability that more than TOLERANCE is missing; None while unproven
    expected: float | None = None  # levels: the shortfall to expect, whatever the level really is
    explained_by: tuple[str, ...] = ()  # topics that fall short of what is required, those that explain most first

    @property
    def weight(self) -> float:
        return WEIGHTS[self.criticality]

    @property
    def open(self) -> bool:
        return self.state != MET

    @property
    def to_measure(self) -> bool:
        """Whether the next thing to do is to look: nothing is known, or nothing of late."""
        return self.proficiency is None or self.proficiency.stale

    def expected_after(self, levels: float) -> float:
        """The shortfall to expect once so many levels are gained; of a gap that isn't unproven."""
        assert self.proficiency is not None
        return shortfall(self.required - self.proficiency.level - levels, self.proficiency.deviation)


def compare(target: Target, proficiency: Proficiency | None, begun: bool = False) -> Gap:
    """One target beside the estimate for it, if there is one. `begun`: the person is at something that trains it."""
    if proficiency is None:
        return _gap(target, IN_PROGRESS if begun else UNPROVEN, None, None)
    missing = round(target.level - proficiency.level, 2)
    short = missing if missing > TOLERANCE else 0.0
    state = STALE if proficiency.stale else BELOW if short else MET
    gap = _gap(target, IN_PROGRESS if begun and state != MET else state, short, proficiency)
    return replace(gap, below=round(chance_below(missing - TOLERANCE, proficiency.deviation), DIGITS),
                   expected=round(shortfall(missing, proficiency.deviation), DIGITS))


def explained(gap: Gap, drawn: Mapping[str, float], estimates: Mapping[str, Proficiency]) -> Gap:
    """The gap with the topics that explain it. `drawn`: what each topic makes up of the competency, by code.

    A topic explains as much as its own shortfall makes up of the competency's.
    """
    if not gap.open:
        return gap
    parts = {topic: weight * (gap.required - estimates[topic].level) for topic, weight in drawn.items()
             if topic in estimates and estimates[topic].level < gap.required}
    return replace(gap, explained_by=tuple(sorted(parts, key=lambda topic: (-parts[topic], topic))[:MOST_EXPLAINING]))


def chance_below(missing: float, deviation: float) -> float:
    """That a level is below what it is expected to lack `missing` of; levels, as normally distributed."""
    return 0.5 + 0.5 * erf(missing / (deviation * sqrt(2)))


def shortfall(missing: float, deviation: float) -> float:
    """The mean of what is missing where anything is, of a level that is expected to lack `missing`."""
    apart = missing / deviation
    return missing * chance_below(missing, deviation) + deviation * exp(-apart * apart / 2) / sqrt(2 * pi)


def _gap(target: Target, state: str, shortfall: float | None, proficiency: Proficiency | None) -> Gap:
    return Gap(target.competency, target.level, target.criticality, target.mandatory, state, shortfall, proficiency)
