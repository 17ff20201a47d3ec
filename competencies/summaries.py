"""Gaps of many people, counted: by competency, unit or role (pure).

What is unproven is counted and has no part in any mean; beside each mean stands how many it is of.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from competencies.effects import Effect
from competencies.gaps import BELOW, CRITICAL, IN_PROGRESS, MET, STALE, UNPROVEN, WEIGHTS

COMPETENCY = "competency"
MOST_DRILLS = 3
LEAST_RAISED = 0.05  # levels


@dataclass(frozen=True)
class Summary:
    """The gaps that share a competency, a unit or a role."""

    key: str | None
    people: int
    gaps: int  # a person and a competency that their role requires, each
    met: int
    below: int
    unproven: int
    stale: int
    in_progress: int
    critical_open: int
    measured: int  # of which there is an estimate: what the means are of
    level: float | None  # the mean
    required: float  # the mean, of all
    expected_shortfall: float  # the sum, in levels, of what is measured
    weighted: float  # the same by criticality
    raised_by: tuple[Effect, ...] = ()  # what raised it most, as measured; of a competency alone


Tally = Mapping[str, float]  # counts and sums; those of two sets of people add up
STATE_COUNTS = {MET: "met", BELOW: "below", UNPROVEN: "unproven", STALE: "stale", IN_PROGRESS: "in_progress"}
SUMS = ("gaps", *STATE_COUNTS.values(), "critical_open", "measured", "level", "required", "expected_shortfall",
        "weighted")


def tallied(rows: Iterable[Mapping[str, Any]], by: str) -> dict[str | None, Tally]:
    """Flat rows of gaps, by what they share."""
    found: dict[str | None, dict[str, float]] = {}
    people: dict[str | None, set[str]] = {}
    for row in rows:
        tally = found.setdefault(row[by], dict.fromkeys(SUMS, 0))
        people.setdefault(row[by], set()).add(row["person"])
        for name, value in _of(row):
            tally[name] += value
    return {key: {**tally, "people": len(people[key])} for key, tally in found.items()}


def _of(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield "gaps", 1
    yield STATE_COUNTS[row["state"]], 1
    yield "critical_open", row["criticality"] == CRITICAL and row["state"] != MET
    yield "required", row["required"]
    if row["level"] is not None:
        yield "measured", 1
        yield "level", row["level"]
        yield "expected_shortfall", row["expected_shortfall"]
        yield "weighted", row["expected_shortfall"] * WEIGHTS[row["criticality"]]


def together(*tallies: Mapping[str | None, Tally]) -> dict[str | None, Tally]:
    """Those of different people, added up."""
    found: dict[str | None, Tally] = {}
    for each in tallies:
        for key, tally in each.items():
            before = found.get(key, {})
            found[key] = {name: before.get(name, 0) + value for name, value in tally.items()}
    return found


def summarised(tallies: Mapping[str | None, Tally], by: str, effects: Iterable[Effect] = ()) -> list[Summary]:
    """Where most is expected to be missing first, then most is unproven."""
    raising: dict[str | None, list[Effect]] = {}
    for each in sorted(effects, key=lambda each: (-each.change, each.resource)):
        if by == COMPETENCY and each.change >= LEAST_RAISED:
            raising.setdefault(each.competency, []).append(each)
    found = [_summary(key, tally, tuple(raising.get(key, ())[:MOST_DRILLS])) for key, tally in tallies.items()]
    return sorted(found, key=lambda each: (-each.weighted, -each.unproven, each.key or ""))


def _summary(key: str | None, tally: Tally, raised_by: tuple[Effect, ...]) -> Summary:
    measured = int(tally["measured"])
    return Summary(
        key=key, **{name: int(tally[name]) for name in ("people", "gaps", *STATE_COUNTS.values(), "critical_open")},
        measured=measured, level=round(tally["level"] / measured, 2) if measured else None,
        required=round(tally["required"] / tally["gaps"], 2),
        expected_shortfall=round(tally["expected_shortfall"], 2), weighted=round(tally["weighted"], 2),
        raised_by=raised_by)
