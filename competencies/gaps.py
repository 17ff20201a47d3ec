"""Proficiency × Target → Gap (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from competencies.proficiency import Proficiency
from competencies.roles import Target

MOST_EXPLAINING = 3
TOLERANCE = 0.25  # of a level: with less than this missing, the level that is required is the nearest half level shown
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
    explained_by: tuple[str, ...] = ()  # topics that fall short of what is required, those that explain most first


def explained(gap: Gap, drawn: Mapping[str, float], estimates: Mapping[str, Proficiency]) -> Gap:
    """The gap with the topics that explain it. `drawn`: what each topic makes up of the competency, by code.

    A topic explains as much as its own shortfall makes up of the competency's.
    """
    if gap.state == "met":
        return gap
    parts = {topic: weight * (gap.required - estimates[topic].level) for topic, weight in drawn.items()
             if topic in estimates and estimates[topic].level < gap.required}
    return replace(gap, explained_by=tuple(sorted(parts, key=lambda topic: (-parts[topic], topic))[:MOST_EXPLAINING]))


def compare(target: Target, proficiency: Proficiency | None) -> Gap:
    """One target beside the estimate for it, if there is one."""
    if proficiency is None:
        return _gap(target, "unproven", None, None)
    missing = round(target.level - proficiency.level, 2)
    shortfall = missing if missing > TOLERANCE else 0.0
    state = "stale" if proficiency.stale else "below" if shortfall else "met"
    return _gap(target, state, shortfall, proficiency)


def _gap(target: Target, state: str, shortfall: float | None, proficiency: Proficiency | None) -> Gap:
    return Gap(target.competency, target.level, target.criticality, target.mandatory, state, shortfall, proficiency)
