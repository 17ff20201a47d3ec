"""One person's week or month: what moved and by which evidence, what stalled, what to change, what is next (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from competencies.evidence import DAY, Evidence
from competencies.gaps import CRITICAL, MET, Gap
from competencies.kept_plans import BEGUN, DONE, LATE
from competencies.proficiency import Proficiency

LEAST = 0.05  # levels: less is no movement
MUCH = 0.2  # levels lost by which practice is called for
RESTING = 14  # days after which what was begun stalls
UNTOUCHED = 28  # days after which an open gap does, to which nothing happened
MOST_NEXT = 3
EVIDENCE, RELATED, TIME, OTHER = "evidence", "related", "time", "other"
REDRAFT, MEASURE, REPLACE, PRACTISE = "redraft", "measure", "replace", "practise"
Progress = Mapping[str, object]  # of a step: resource, state, due, done (microseconds), last (microseconds)


@dataclass(frozen=True)
class Moved:
    """A competency whose estimate isn't what it was: by what was shown of it, of what it goes with, by time, or
    its state alone, by something else: another role, something that was begun.
    """

    competency: str
    before: float | None
    after: float
    change: float | None  # None where nothing was known before
    state_before: str | None  # None where the role doesn't require it
    state: str | None
    why: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Stalled:
    """What doesn't go on: a step that is late or was begun and left, or a gap to which nothing happens."""

    kind: str  # late, begun, untouched
    resource: str | None
    competency: str | None
    since: int | None  # microseconds


@dataclass(frozen=True)
class Advice:
    """What to change, and what it is about."""

    kind: str
    resource: str | None = None
    competency: str | None = None


@dataclass(frozen=True)
class Known:
    """What is known of somebody at a moment."""

    gaps: Sequence[Gap]
    estimates: Mapping[str, Proficiency]

    @property
    def states(self) -> dict[str, str]:
        return {gap.competency: gap.state for gap in self.gaps}


def moved(before: Known, after: Known, shown: Iterable[Evidence]) -> list[Moved]:
    """What moved between two moments: first what the role requires, and then most first; `shown`: the evidence between
    them.
    """
    by_competency: dict[str, list[Evidence]] = {}
    for each in sorted((each for each in shown if each.weight > 0), key=lambda each: (each.happened, each.id)):
        by_competency.setdefault(each.competency, []).append(each)
    found = []
    for code, now in after.estimates.items():
        earlier = before.estimates.get(code)
        change = None if earlier is None else round(now.level - earlier.level, 2)
        if change is not None and abs(change) < LEAST and before.states.get(code) == after.states.get(code):
            continue
        why = (EVIDENCE if code in by_competency else RELATED if by_competency and abs(change or 0.0) >= LEAST
               else TIME if now.stale or (change or 0.0) <= -LEAST else OTHER)
        found.append(Moved(code, earlier.level if earlier else None, now.level, change, before.states.get(code),
                           after.states.get(code), why, tuple(by_competency.get(code, ()))))
    return sorted(found, key=lambda each: (
        each.state is None, -abs(each.change if each.change is not None else each.after), each.competency))


def stalled(steps: Iterable[Progress], known: Known, planned: Iterable[str], last: Mapping[str, int],
            now: int) -> list[Stalled]:
    """`planned`: competencies that the plan's steps are for; `last`: the last evidence on each (microseconds)."""
    found = []
    for step in steps:
        seen = step.get("last")
        if step["state"] == LATE:
            found.append(Stalled("late", str(step["resource"]), None, None))
        elif step["state"] == BEGUN and isinstance(seen, int) and seen < now - RESTING * DAY:
            found.append(Stalled("begun", str(step["resource"]), None, seen))
    wanted = set(planned)
    for gap in known.gaps:
        when = last.get(gap.competency)
        if gap.criticality == CRITICAL and gap.open and gap.competency not in wanted and (
                when is None or when < now - UNTOUCHED * DAY):
            found.append(Stalled("untouched", None, gap.competency, when))
    return found


def advice(stopped: Iterable[Stalled], movements: Iterable[Moved], done: Mapping[str, int],
           trains: Mapping[str, Iterable[str]], known: Known, shown: Iterable[Evidence]) -> list[Advice]:
    """`done`: when each resource was finished in this time; `trains`: the open gaps that each is for."""
    changes = {each.competency: each for each in movements}
    pieces = [each for each in shown if each.weight > 0]
    found = [Advice(REDRAFT)] if any(each.kind in ("late", "begun") for each in stopped) else []
    for resource, when in sorted(done.items()):
        for code in trains.get(resource, ()):
            after = [each for each in pieces if each.competency == code and each.happened >= when]
            if not after:
                found.append(Advice(MEASURE, resource, code))
            elif _has_not_risen(changes.get(code)):
                found.append(Advice(REPLACE, resource, code))
    found += [Advice(PRACTISE, None, each.competency) for each in movements
              if each.change is not None and each.change <= -MUCH and each.why == EVIDENCE]
    found += [Advice(MEASURE, None, gap.competency) for gap in known.gaps
              if gap.criticality == CRITICAL and gap.state != MET and gap.to_measure
              and not any(each.competency == gap.competency for each in found)]
    return list(dict.fromkeys(found))


def _has_not_risen(moved: Moved | None) -> bool:
    """What was shown for the first time has."""
    return moved is None or (moved.change is not None and moved.change <= 0)


def upcoming(steps: Iterable[Progress]) -> list[str]:
    """The resources that come next."""
    return [str(step["resource"]) for step in steps if step["state"] != DONE][:MOST_NEXT]
