"""Proficiency × Target → Gap (pure)."""

from dataclasses import dataclass

from competencies.proficiency import Proficiency
from competencies.roles import Target

STATES = ("met", "below", "unproven", "stale")


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


def compare(target: Target, proficiency: Proficiency | None) -> Gap:
    """One target beside the estimate for it, if there is one."""
    if proficiency is None:
        return _gap(target, "unproven", None, None)
    shortfall = round(max(0.0, target.level - proficiency.level), 2)
    state = "stale" if proficiency.stale else "below" if shortfall else "met"
    return _gap(target, state, shortfall, proficiency)


def _gap(target: Target, state: str, shortfall: float | None, proficiency: Proficiency | None) -> Gap:
    return Gap(target.competency, target.level, target.criticality, target.mandatory, state, shortfall, proficiency)
