"""Statement → Evidence: what one statement says of which competencies (pure).

Evidence keeps the actor key, not a person: who the actor is can be learned later without touching it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from competencies.alignments import NAMED, RESOURCE, Alignment, Alignments, Failure, failures
from competencies.jsonpath import select
from competencies.outcomes import COMPLETION, RUBRIC, Outcome, Rubrics, Shown, Unreadable, by_rubric, shown_by
from lrs.actors import actor_key
from lrs.statements import happened

RELATIONS = ("parent", "grouping", "category", "other")
NAMING = ("$.object.id", *(f"$.context.contextActivities.{relation}[*].id" for relation in RELATIONS))
PARENT = "$.context.contextActivities.parent[*].id"
DAY = 86_400_000_000  # microseconds
TRAINING = ("$.object.id", PARENT, "$.context.contextActivities.grouping[*].id")  # the first that is a resource's


@dataclass(frozen=True)
class Evidence:
    """One statement bearing on one competency."""

    statement: str  # the statement's id
    alignment: str
    competency: str
    actor: str  # the learner's actor key
    level: float  # on the framework's scale, already under the alignment's ceiling
    weight: float
    happened: int  # microseconds since 1970 UTC
    attempt: str  # statements with the same one are several views of one attempt
    assessor: str | None
    activity: str
    criteria: tuple[tuple[str, float], ...] = ()
    above: float | None = None  # the levels between which it shows the learner to be; None: no such bound
    below: float | None = None
    decides: bool = False  # it sets the estimate, whatever was shown before

    @property
    def id(self) -> str:
        return f"{self.statement}/{self.alignment}/{self.competency}"


@dataclass(frozen=True)
class Reading:
    """One alignment's view of one statement: why it doesn't match, or why it can't be read, or the evidence."""

    alignment: str
    failed: tuple[Failure, ...] = ()
    unreadable: Unreadable | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Measures:
    """What outcomes are read by: rubrics by code, the code of each competency by the URN that names it, and the
    codes that the resource which reports under an activity bears on by the activity's id.
    """

    rubrics: Rubrics
    named: Mapping[str, str] = field(default_factory=dict)
    trained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def derive(statement: dict[str, Any], alignments: list[Alignment], measures: Measures,
           aligns: bool = False) -> list[Reading]:
    """Each alignment's reading of a stored statement; `aligns` when its credential may align its statements itself."""
    return [Reading(each.code, tuple(failed)) if (failed := list(_mismatches(statement, each, measures, aligns)))
            else _read(statement, each, measures) for each in alignments]


def matching(statement: dict[str, Any], alignments: Alignments, measures: Measures,
             aligns: bool = False) -> list[Reading]:
    """The readings of those alignments that match: what `derive` gives of all, without why the others don't."""
    meeting = alignments.meeting(statement["verb"]["id"], object_id(statement))
    return [_read(statement, each, measures) for each in meeting
            if next(_mismatches(statement, each, measures, aligns), None) is None]


def evidence_of(readings: list[Reading]) -> list[Evidence]:
    return [evidence for reading in readings for evidence in reading.evidence]


def counting(evidence: Iterable[Evidence], links: Mapping[str, tuple[str, ...]] | None) -> list[Evidence]:
    """The evidence on each competency that it counts for, by `links`; None: on its own alone. What counts for none is
    left out.
    """
    if links is None:
        return list(evidence)
    return [each if code == each.competency else replace(each, competency=code)
            for each in evidence for code in links.get(each.competency, ())]


def mean_level(views: Collection[Evidence]) -> float:
    """What several views of one attempt show together, by their weights."""
    return fmean((view.level for view in views), (view.weight for view in views))


def _mismatches(statement: dict[str, Any], alignment: Alignment, measures: Measures, aligns: bool) -> Iterator[Failure]:
    yield from failures(alignment.template, statement)
    if not alignment.takes(object_id(statement)):
        yield Failure(f"the object is one of {list(alignment.activities)}", "$.object.id", (object_id(statement),))
    if alignment.bears_on == NAMED:
        yield from _naming_failures(statement, measures, aligns)
    elif alignment.bears_on == RESOURCE and not _trained(statement, measures):
        yield Failure("a resource reports under one of these, and trains what has no rubric", " or ".join(TRAINING), ())
    if alignment.rolled_up and not select(statement, PARENT):
        yield Failure("there is a parent to count it for", PARENT, ())
    authority = actor_key(statement["authority"])
    if alignment.authorities and authority not in alignment.authorities:
        yield Failure("the authority is trusted", "$.authority", (authority,))
    if actor_key(statement["actor"]) is None or statement["actor"].get("objectType") == "Group":
        yield Failure("the learner is one Agent", "$.actor", ())


def _read(statement: dict[str, Any], alignment: Alignment, measures: Measures) -> Reading:
    """A matching statement's evidence."""
    learner = actor_key(statement["actor"])
    assert learner is not None, "it matches"
    try:
        outcomes = _outcomes(statement, alignment, measures)
    except Unreadable as why:
        return Reading(alignment.code, unreadable=why)
    made = (_evidence(statement, alignment, learner, *outcome) for outcome in outcomes)
    return Reading(alignment.code, evidence=tuple(made))


def _evidence(statement: dict[str, Any], alignment: Alignment, learner: str, competency: str, shown: Shown,
              share: float, criteria: tuple[tuple[str, float], ...]) -> Evidence:
    context = statement.get("context", {})
    activity = select(statement, PARENT)[0] if alignment.rolled_up else object_id(statement)
    attempt = _attempt(statement, alignment, learner, activity)
    assessor = actor_key(context["instructor"]) if "instructor" in context else None
    weight = 0.0 if alignment.outcome["kind"] == COMPLETION else alignment.weight * share
    level, above, below = shown.at_most(alignment.ceiling)
    return Evidence(statement["id"].lower(), alignment.code, competency, learner, level, weight, happened(statement),
                    attempt, assessor, activity, criteria, above, below, bool(alignment.outcome.get("decides")))


def _attempt(statement: dict[str, Any], alignment: Alignment, learner: str, activity: str) -> str:
    """By registration; without one a statement is an attempt of its own, or belongs to its parent's of that day."""
    registration = statement.get("context", {}).get("registration")
    if registration:
        return f"{learner}|{activity}|{registration.lower()}"
    if alignment.rolled_up:
        return f"{learner}|{activity}|{happened(statement) // DAY}"
    return str(statement["id"].lower())


def object_id(statement: dict[str, Any]) -> str:
    """The id of the object that is an Activity; empty where it is none."""
    found = statement["object"]
    return str(found["id"]) if found.get("objectType", "Activity") == "Activity" else ""


def _outcomes(statement: dict[str, Any], alignment: Alignment, measures: Measures) -> list[Outcome]:
    if alignment.outcome["kind"] == RUBRIC:
        return by_rubric(statement, measures.rubrics)
    shown = shown_by(statement, alignment.outcome)
    return [(competency, shown, 1.0, ()) for competency in _competencies(statement, alignment, measures)]


def _competencies(statement: dict[str, Any], alignment: Alignment, measures: Measures) -> Iterable[str]:
    if alignment.bears_on == NAMED:
        return _named(statement, measures)
    return _trained(statement, measures) if alignment.bears_on == RESOURCE else alignment.competencies


def _trained(statement: dict[str, Any], measures: Measures) -> tuple[str, ...]:
    """What the resource that this statement reports on bears on: the nearest activity that is one's."""
    for path in TRAINING:
        for activity in select(statement, path):
            if isinstance(activity, str) and activity in measures.trained:
                return measures.trained[activity]
    return ()


def _naming_failures(statement: dict[str, Any], measures: Measures, aligns: bool) -> list[Failure]:
    """Who may post statements could otherwise say of anything that it proves a competency."""
    if not _named(statement, measures):
        return [Failure("an activity's id is urn:uuid: and a competency's id", " or ".join(NAMING), ())]
    return [] if aligns else [Failure("the credential has competencies/align", "$.authority", ())]


def _named(statement: dict[str, Any], measures: Measures) -> list[str]:
    """The competencies that an activity here names: its id is `urn:uuid:` and the competency's id."""
    ids = [each for path in NAMING for each in select(statement, path)]
    return sorted({measures.named[each] for each in ids if isinstance(each, str) and each in measures.named})
