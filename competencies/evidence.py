"""Statement → Evidence: what one statement says of which competencies (pure).

Evidence keeps the actor key, not a person: who the actor is can be learned later without touching it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from competencies.alignments import Alignment, Alignments, Failure, failures
from competencies.jsonpath import select
from lrs.actors import actor_key
from lrs.statements import happened

RUBRIC_EXTENSION = "https://waymark.example/xapi/extensions/rubric-levels"
LOWEST, HIGHEST = 1.0, 4.0
NAMED = "named"  # the kind of outcome whose statements say themselves which competencies they bear on
NAMING = ("$.object.id", *(f"$.context.contextActivities.{relation}[*].id"
                           for relation in ("parent", "grouping", "category", "other")))

Rubrics = dict[str, tuple[str, dict[str, float]]]  # code → competency, weight of each criterion


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

    @property
    def id(self) -> str:
        return f"{self.statement}/{self.alignment}/{self.competency}"


class Unreadable(ValueError):
    """A statement matches an alignment, but its outcome can't be read: where, and why."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


@dataclass(frozen=True)
class Reading:
    """One alignment's view of one statement: why it doesn't match, or why it can't be read, or the evidence."""

    alignment: str
    failed: tuple[Failure, ...] = ()
    unreadable: Unreadable | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Measures:
    """What outcomes are read by: rubrics by code, and the code of each competency by the URN that names it."""

    rubrics: Rubrics
    named: Mapping[str, str] = field(default_factory=dict)


def derive(statement: dict[str, Any], alignments: list[Alignment], measures: Measures,
           aligns: bool = False) -> list[Reading]:
    """Each alignment's reading of a stored statement; `aligns` when its credential may align its statements itself."""
    return [Reading(each.code, tuple(failed)) if (failed := list(_mismatches(statement, each, measures, aligns)))
            else _read(statement, each, measures) for each in alignments]


def matching(statement: dict[str, Any], alignments: Alignments, measures: Measures,
             aligns: bool = False) -> list[Reading]:
    """The readings of those alignments that match: what `derive` gives of all, without why the others don't."""
    return [_read(statement, each, measures) for each in alignments.of_verb(statement["verb"]["id"])
            if next(_mismatches(statement, each, measures, aligns), None) is None]


def evidence_of(readings: list[Reading]) -> list[Evidence]:
    return [evidence for reading in readings for evidence in reading.evidence]


def _mismatches(statement: dict[str, Any], alignment: Alignment, measures: Measures, aligns: bool) -> Iterator[Failure]:
    yield from failures(alignment.template, statement)
    if alignment.outcome["kind"] == NAMED:
        yield from _naming_failures(statement, measures, aligns)
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


def _evidence(statement: dict[str, Any], alignment: Alignment, learner: str, competency: str, level: float,
              weight: float, criteria: tuple[tuple[str, float], ...]) -> Evidence:
    context = statement.get("context", {})
    activity = str(statement["object"].get("id", ""))
    registration = context.get("registration")
    attempt = f"{learner}|{activity}|{registration.lower()}" if registration else statement["id"].lower()
    assessor = actor_key(context["instructor"]) if "instructor" in context else None
    return Evidence(statement["id"].lower(), alignment.code, competency, learner, min(level, alignment.ceiling),
                    alignment.weight * weight, happened(statement), attempt, assessor, activity, criteria)


Outcome = tuple[str, float, float, tuple[tuple[str, float], ...]]  # competency, level, share of the weight, criteria


def _outcomes(statement: dict[str, Any], alignment: Alignment, measures: Measures) -> list[Outcome]:
    kind = alignment.outcome["kind"]
    if kind == "rubric":
        return [_by_rubric(statement, measures.rubrics)]
    competencies = _named(statement, measures) if kind == NAMED else alignment.competencies
    read = _by_success if kind == "success" else _by_score
    level = read(statement, alignment.outcome)
    return [(competency, level, 1.0, ()) for competency in competencies]


def _naming_failures(statement: dict[str, Any], measures: Measures, aligns: bool) -> list[Failure]:
    """Who may post statements could otherwise say of anything that it proves a competency."""
    if not _named(statement, measures):
        return [Failure("an activity's id is urn:uuid: and a competency's id", " or ".join(NAMING), ())]
    return [] if aligns else [Failure("the credential has competencies/align", "$.authority", ())]


def _named(statement: dict[str, Any], measures: Measures) -> list[str]:
    """The competencies that an activity here names: its id is `urn:uuid:` and the competency's id."""
    ids = [each for path in NAMING for each in select(statement, path)]
    return sorted({measures.named[each] for each in ids if isinstance(each, str) and each in measures.named})


def _by_score(statement: dict[str, Any], outcome: dict[str, Any]) -> float:
    """The level at the scaled score, straight between the stated points."""
    scaled = statement.get("result", {}).get("score", {}).get("scaled")
    if scaled is None:
        raise Unreadable("$.result.score.scaled", "there is no scaled score")
    points = outcome["points"]
    if scaled <= points[0][0]:
        return float(points[0][1])
    for (left, low), (right, high) in pairwise(points):
        if scaled <= right:
            return float(low + (high - low) * (scaled - left) / (right - left))
    return float(points[-1][1])


def _by_success(statement: dict[str, Any], outcome: dict[str, Any]) -> float:
    success = statement.get("result", {}).get("success")
    if success is None:
        raise Unreadable("$.result.success", "there is no success")
    return float(outcome["succeeded"] if success else outcome["failed"])


def _by_rubric(statement: dict[str, Any], rubrics: Rubrics) -> Outcome:
    """The criteria's levels by the rubric's weights; criteria left out take their share of the weight with them."""
    path = f"$.result.extensions['{RUBRIC_EXTENSION}']"
    given = statement.get("result", {}).get("extensions", {}).get(RUBRIC_EXTENSION)
    if not isinstance(given, dict) or not isinstance(given.get("levels"), dict) or not given["levels"]:
        raise Unreadable(path, "it is no Object with rubric and levels")
    if not isinstance(given.get("rubric"), str) or given["rubric"] not in rubrics:
        raise Unreadable(f"{path}.rubric", f"there is no rubric {given.get('rubric')!r}")
    competency, weights = rubrics[given["rubric"]]
    for criterion, level in given["levels"].items():
        if criterion not in weights:
            raise Unreadable(f"{path}.levels['{criterion}']", f"{given['rubric']} has no such criterion")
        if isinstance(level, bool) or not isinstance(level, int | float) or not LOWEST <= level <= HIGHEST:
            raise Unreadable(f"{path}.levels['{criterion}']", f"{level!r} is no level from {LOWEST:g} to {HIGHEST:g}")
    criteria = tuple(sorted((criterion, float(level)) for criterion, level in given["levels"].items()))
    share = sum(weights[criterion] for criterion, _ in criteria)
    if not share:
        raise Unreadable(f"{path}.levels", "none of these criteria weighs anything")
    level = sum(weights[criterion] * level for criterion, level in criteria) / share
    return competency, level, share / sum(weights.values()), criteria
