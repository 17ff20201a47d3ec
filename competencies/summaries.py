"""Gaps of many people, counted: by competency, unit or role (pure).

What is unproven is counted and has no part in any mean; beside each mean stands how many it is of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from competencies.effects import Effect
from competencies.gaps import BELOW, CRITICAL, IN_PROGRESS, MET, STALE, UNPROVEN

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


def summarised(rows: Iterable[Mapping[str, object]], by: str, effects: Iterable[Effect] = ()) -> list[Summary]:
    """Flat rows of gaps, by what they share; where most is expected to be missing first, then most is unproven."""
    raising: dict[str, list[Effect]] = {}
    for each in sorted(effects, key=lambda each: (-each.change, each.resource)):
        if each.change >= LEAST_RAISED:
            raising.setdefault(each.competency, []).append(each)
    grouped: dict[str | None, list[Mapping[str, object]]] = {}
    for row in rows:
        key = row[by]
        grouped.setdefault(None if key is None else str(key), []).append(row)
    found = [_summary(key, group, tuple(raising.get(key or "", ())[:MOST_DRILLS]) if by == COMPETENCY else ())
             for key, group in grouped.items()]
    return sorted(found, key=lambda each: (-each.weighted, -each.unproven, each.key or ""))


def _summary(key: str | None, rows: list[Mapping[str, object]], raised_by: tuple[Effect, ...]) -> Summary:
    states = [row["state"] for row in rows]
    known = [row for row in rows if row["level"] is not None]
    short = [(_number(row["expected_shortfall"]), row["criticality"] == "critical") for row in known]
    return Summary(
        key=key, people=len({row["person"] for row in rows}), gaps=len(rows), met=states.count(MET),
        below=states.count(BELOW), unproven=states.count(UNPROVEN), stale=states.count(STALE),
        in_progress=states.count(IN_PROGRESS),
        critical_open=sum(row["criticality"] == "critical" and row["state"] != MET for row in rows),
        measured=len(known), level=round(fmean(_number(row["level"]) for row in known), 2) if known else None,
        required=round(fmean(_number(row["required"]) for row in rows), 2),
        expected_shortfall=round(sum(levels for levels, _ in short), 2),
        weighted=round(sum(levels * (CRITICAL if critical else 1.0) for levels, critical in short), 2),
        raised_by=raised_by)


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
