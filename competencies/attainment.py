"""What a stated rule says of a person's attempts, and what parents come to by their parts (pure).

Both stand beside the estimates, and neither has a place in them.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from statistics import fmean

from competencies.evidence import DAY, Evidence, mean_level
from competencies.outcomes import HIGHEST, LOWEST
from competencies.proficiency import Proficiency

ALL, WEIGHTED, REQUIRED = "all", "weighted", "required"
ROUNDING = 1e-9


@dataclass(frozen=True)
class Rule:
    """So many attempts at or above a level, of the last so many, within a period, read by certain alignments."""

    attempts: int
    of: int | None = None  # None: of all
    within: float | None = None  # days; None: ever
    alignments: tuple[str, ...] = ()  # none: any


@dataclass(frozen=True)
class RollUp:
    """How a parent's level follows from its parts.

    `all`: the lowest of all; `required`: the lowest of those that are; `weighted`: the mean by weight, once the parts
    that are known make up `least` of the weight. What is unproven is never taken for a level.
    """

    how: str
    parts: Mapping[str, float]  # by competency, its weight
    required: tuple[str, ...] = ()
    least: float = 0.8

    @property
    def wanted(self) -> Mapping[str, float]:
        """The parts that are looked at, and what each weighs."""
        return {part: self.parts.get(part, 1.0) for part in self.required} if self.how == REQUIRED else self.parts


@dataclass(frozen=True)
class Met:
    """What a rule comes to."""

    competency: str
    level: float | None  # the highest that it is met at; None: at none
    counted: int  # attempts that it looks at
    rule: Rule
    statements: tuple[str, ...]  # by which it is met at that level, the latest first


@dataclass(frozen=True)
class RolledUp:
    """What a parent's parts come to."""

    competency: str
    how: str
    level: float | None  # None while too much is unproven
    known: float  # the share of the weight that is known
    unproven: tuple[str, ...]


def met(competency: str, rule: Rule, evidence: Iterable[Evidence], as_of: int) -> Met:
    """What the rule says of one learner's evidence that had happened by `as_of` (microseconds)."""
    begin = as_of - rule.within * DAY if rule.within is not None else None
    attempts: dict[str, list[Evidence]] = {}
    looked_at = [each for each in evidence if each.competency == competency and each.weight > 0
                 and each.happened <= as_of and (begin is None or each.happened >= begin)
                 and (not rule.alignments or each.alignment in rule.alignments)]
    for each in sorted(looked_at, key=lambda each: (-each.happened, each.id)):
        attempts.setdefault(each.attempt, []).append(each)
    counted = list(attempts.values())[:rule.of]
    levels = [mean_level(views) for views in counted]
    for level in range(int(HIGHEST), int(LOWEST) - 1, -1):
        good = [views for views, shown in zip(counted, levels, strict=True) if shown >= level]
        if len(good) >= rule.attempts:
            statements = dict.fromkeys(view.statement for views in good[:rule.attempts] for view in views)
            return Met(competency, float(level), len(counted), rule, tuple(statements))
    return Met(competency, None, len(counted), rule, ())


def rolled_up(rollups: Mapping[str, RollUp], estimates: Mapping[str, Proficiency]) -> dict[str, RolledUp]:
    """By parent, of which any part is known. A part that has no estimate but parts of its own counts by those; what
    stands in a ring, or on one, is left out.
    """
    found: dict[str, RolledUp] = {}
    order = TopologicalSorter({parent: [part for part in rollup.parts if part in rollups]
                               for parent, rollup in rollups.items()})
    with suppress(CycleError):
        order.prepare()
    while ready := order.get_ready():
        for parent in ready:
            levels = {part: _level_of(part, estimates, found) for part in rollups[parent].wanted}
            found[parent] = _rolled_up(parent, rollups[parent], levels)
        order.done(*ready)
    return {parent: found[parent] for parent in sorted(found) if found[parent].known}


def _level_of(competency: str, estimates: Mapping[str, Proficiency], found: Mapping[str, RolledUp]) -> float | None:
    if competency in estimates:
        return estimates[competency].level
    return found[competency].level if competency in found else None


def _rolled_up(competency: str, rollup: RollUp, levels: Mapping[str, float | None]) -> RolledUp:
    wanted = rollup.wanted
    known = {part: level for part in wanted if (level := levels[part]) is not None}
    total = sum(wanted.values())
    share = sum(wanted[part] for part in known) / total if total else 0.0
    unproven = tuple(sorted(wanted.keys() - known.keys()))
    level = None
    if share and rollup.how == WEIGHTED and share > rollup.least - ROUNDING:
        level = fmean(known.values(), (wanted[part] for part in known))
    elif known and rollup.how != WEIGHTED and not unproven:
        level = min(known.values())
    return RolledUp(competency, rollup.how, None if level is None else round(level, 2), round(share, 3), unproven)
