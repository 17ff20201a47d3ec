"""A plan's steps in time: week by week as there are hours, with what must be reached by each week, month and quarter
(pure).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from competencies.days import MONTH, QUARTER, WEEK, period_of, week_of
from competencies.plans import Step


@dataclass(frozen=True)
class Dated:
    """When a step is to be taken: from the beginning of one week to the end of one."""

    resource: str
    begins: date
    due: date


@dataclass(frozen=True)
class Milestone:
    """What must be reached by the end of a week, month or quarter: steps done, and levels to expect by then."""

    period: str
    begins: date
    ends: date
    steps: tuple[str, ...]  # due in it
    minutes: int
    levels: dict[str, float]  # by competency that these steps close something of


def dated(steps: Iterable[Step], start: date, weekly: int, first: str) -> list[Dated]:
    """Each step's weeks, when so many minutes a week are given to them in their order."""
    week, spent, found = week_of(start, first), 0, []
    for step in steps:
        begins = week + timedelta(weeks=spent // weekly)
        spent += step.minutes
        due = week + timedelta(weeks=(spent - 1) // weekly, days=6)
        found.append(Dated(step.resource, max(begins, start), due))
    return found


def milestones(steps: Sequence[Step], when: Sequence[Dated], levels: Mapping[str, float],
               first: str) -> list[Milestone]:
    """For each period in which a step is due; quarters, months, then weeks. `levels`: now, where they are known."""
    found = []
    for period in (QUARTER, MONTH, WEEK):
        reached = dict(levels)
        by_period: dict[tuple[date, date], list[Step]] = {}
        for step, each in zip(steps, when, strict=True):
            by_period.setdefault(period_of(each.due, period, first), []).append(step)
        for (begins, ends), due in sorted(by_period.items(), key=lambda item: item[0]):
            moved = set()
            for step in due:
                for competency, closed in step.closes.items():
                    reached[competency] = reached.get(competency, 0.0) + closed
                    moved.add(competency)
            found.append(Milestone(period, begins, ends, tuple(step.resource for step in due),
                                   sum(step.minutes for step in due),
                                   {code: round(reached[code], 2) for code in sorted(moved)}))
    return found
