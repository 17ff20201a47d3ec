"""Outcomes: how a result is read as a level, and what the built-in alignments make of the tools' statements."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isodate import duration_isoformat  # type: ignore[import-untyped]

from competencies import builtin
from competencies.alignments import Alignment, Alignments
from competencies.evidence import Evidence, Measures, evidence_of, matching
from competencies.frameworks import Rubric
from competencies.outcomes import READERS, RUBRIC_EXTENSION, Shown, Unreadable, graded, shown_by
from competencies.proficiency import estimate
from tests.unit.builders import LI, WU, examples, statement

POINTS = [[0.0, 1.0], [0.5, 2.0], [1.0, 4.0]]
STATED: dict[str, Any] = {"points": POINTS, "succeeded": 3.0, "failed": 1.5}
MASTERY = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
VERBS, TYPES = "http://adlnet.gov/expapi/verbs/", "http://adlnet.gov/expapi/activities/"
OURS = "https://waymark.example/xapi/activity-types/"
COURSE, QUIZ = "https://learn.example/course", "https://quiz.example/quiz"
NAME = "urn:uuid:5a6f1d3e-4c1b-5d0a-8a6e-0d9b6c1f2a3b"


def level(kind: str, result: Any, **stated: Any) -> float:
    return shown(kind, result, **stated).level


def shown(kind: str, result: Any, **stated: Any) -> Shown:
    return shown_by(statement(result=result), {"kind": kind, **STATED, **stated})


def place(kind: str, result: Any, **stated: Any) -> str:
    """Where it can't be read."""
    with pytest.raises(Unreadable) as unreadable:
        level(kind, result, **stated)
    return unreadable.value.path


@pytest.mark.parametrize(("kind", "result", "stated", "expected"), [
    ("scaled", {"score": {"scaled": 0.75}}, {}, 3.0),
    ("raw", {"score": {"raw": 15, "min": 0, "max": 20}}, {}, 3.0),
    ("raw", {"score": {"raw": 15, "min": 10, "max": 20}}, {}, 2.0),
    ("raw", {"score": {"raw": 15}}, {"min": 0, "max": 20}, 3.0),
    ("raw", {"score": {"raw": 15, "max": 20}}, {"min": 0, "max": 1000}, 3.0),
    ("raw", {"score": {"raw": -5, "min": -10, "max": 0}}, {}, 2.0),
    ("raw", {"score": {"raw": 30}}, {"min": 0, "max": 20}, 4.0),
    ("success", {"success": False}, {}, 1.5),
    ("result", {"score": {"scaled": 0.5, "raw": 20, "min": 0, "max": 20}, "success": True}, {}, 2.0),
    ("result", {"score": {"raw": 20, "min": 0, "max": 20}, "success": False}, {}, 4.0),
    ("result", {"score": {"raw": 20}, "success": True}, {}, 3.0),
    ("result", {"success": True}, {}, 3.0),
    ("duration", {"duration": "PT5M"}, {"target": 600}, 2.0),
    ("duration", {"duration": "PT1H"}, {"target": 600}, 4.0),
    ("duration", {"duration": "PT10M"}, {"target": 600, "points": [[0.5, 4.0], [1.0, 3.0], [2.0, 1.0]]}, 3.0),
    ("count", {"extensions": {"http://x.y/calls": 15}}, {
        "path": "$.result.extensions['http://x.y/calls']", "target": 20}, 3.0),
    ("completion", {"completion": True}, {}, 1.0)])
def test_each_kind_reads_its_own_part_of_the_result(kind: str, result: Any, stated: Any, expected: float) -> None:
    assert level(kind, result, **stated) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "result", "stated", "path"), [
    ("scaled", {"score": {"raw": 9, "max": 10}}, {}, "$.result.score.scaled"),
    ("raw", {"score": {"scaled": 1}}, {}, "$.result.score.raw"),
    ("raw", {"score": {"raw": 1, "min": 0}}, {}, "$.result.score.max"),
    ("raw", {"score": {"raw": 1, "max": 9}}, {}, "$.result.score.min"),
    ("raw", {"score": {"raw": 1, "max": 1}}, {"min": 1}, "$.result.score.max"),
    ("success", {"completion": True}, {}, "$.result.success"),
    ("result", {"completion": True, "score": {"raw": 9}}, {}, "$.result"),
    ("duration", {}, {"target": 600}, "$.result.duration"),
    ("duration", {"duration": "P1M"}, {"target": 600}, "$.result.duration"),
    ("count", {"response": "7"}, {"path": "$.result.response", "target": 1}, "$.result.response"),
    ("count", {"success": True}, {"path": "$.result.success", "target": 1}, "$.result.success"),
    ("count", {}, {"path": "$.result.response", "target": 1}, "$.result.response")])
def test_what_cant_be_read_is_named_by_its_place(kind: str, result: Any, stated: Any, path: str) -> None:
    assert place(kind, result, **stated) == path


@pytest.mark.parametrize(("kind", "result", "stated", "between"), [
    ("scaled", {"score": {"scaled": 0.75}}, {}, (2.5, 3.5)),
    ("scaled", {"score": {"scaled": 0}}, {}, (None, 1.5)),
    ("scaled", {"score": {"scaled": 1}}, {}, (3.5, None)),
    ("scaled", {"score": {"scaled": 1}}, {"points": [[0.0, 1.0], [0.9, 3.0]]}, (2.5, None)),
    ("duration", {"duration": "PT1M"}, {"target": 600, "points": [[0.5, 4.0], [1.0, 3.0]]}, (3.5, None)),
    ("duration", {"duration": "PT1H"}, {"target": 600, "points": [[0.5, 4.0], [1.0, 3.0]]}, (None, 3.5)),
    ("success", {"success": True}, {}, (2.25, None)),
    ("success", {"success": False}, {}, (None, 2.25)),
    ("success", {"success": True}, {"succeeded": 2.0, "failed": 3.0}, (1.5, 2.5)),
    ("scaled", {"score": {"scaled": 0.5}}, {"points": [[0.0, 3.0], [1.0, 3.0]]}, (2.5, 3.5)),
    ("result", {"success": False}, {}, (None, 2.25))])
def test_a_result_shows_between_which_levels_it_was(kind: str, result: Any, stated: Any, between: Any) -> None:
    assert shown(kind, result, **stated)[1:] == between


@pytest.mark.parametrize(("given", "ceiling", "expected"), [
    (graded(2.0), 3.0, (2.0, 1.5, 2.5)), (graded(3.0), 3.0, (3.0, 2.5, None)), (graded(4.0), 3.0, (3.0, 2.5, None)),
    (Shown(4.0, 1.0, None), 3.0, (3.0, 1.0, None)), (Shown(1.0, None, 2.5), 3.0, (1.0, None, 2.5)),
    (Shown(2.0, None, 3.0), 2.0, (2.0, None, 3.0)), (Shown(2.0, None, 3.0), 1.5, (1.5, None, 3.0))])
def test_a_ceiling_is_the_most_that_is_proved_and_disproves_nothing(
        given: Shown, ceiling: float, expected: Any) -> None:
    assert given.at_most(ceiling) == expected


@pytest.mark.parametrize("kind", READERS)
def test_without_a_result_only_completion_is_read(kind: str) -> None:
    bare = statement()
    del bare["result"]
    if kind == "completion":
        assert shown_by(bare, {"kind": kind}) == (1.0, None, None)
    else:
        with pytest.raises(Unreadable):
            shown_by(bare, {"kind": kind, "path": "$.result.x", "target": 1, **STATED})


@examples(200)
@given(st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_duration_is_as_long_as_another_library_wrote_it(taken: timedelta) -> None:
    linear = [[0.0, 1.0], [1.0, 4.0]]
    month = timedelta(days=60).total_seconds()
    found = level("duration", {"duration": duration_isoformat(taken)}, target=month, points=linear)
    assert found == pytest.approx(1 + 3 * taken.total_seconds() / month, abs=1e-6)


@pytest.mark.parametrize(("mastery", "expected"), [(0.5, 3.0), (0.25, 3.0 + 1 / 3), (None, 2.0), ("0.5", 2.0), (0, 2.0),
                                                   (1, 2.0), (True, 2.0)])
def test_a_mastery_score_that_the_statement_names_takes_the_place_of_the_points(mastery: Any, expected: float) -> None:
    given = statement(result={"score": {"scaled": 0.5}}, context={"extensions": {MASTERY: mastery}})
    outcome = {"kind": "scaled", "points": POINTS,
               "mastery": {"path": f"$.context.extensions['{MASTERY}']", "level": 3.0}}
    assert shown_by(given, outcome).level == pytest.approx(expected)


BUILT_IN = Alignments(sorted((Alignment(**{"authorities": [], **each}) for each in builtin.read("alignments")),
                             key=lambda each: each.code))
MEASURES = Measures({each["code"]: Rubric(**each).weighing() for each in builtin.read("rubrics")}, {NAME: "SA-2.3.2"},
                    {COURSE: ("SA-1.1.4",), QUIZ: ("SA-1.2.1",)})


def found(given: dict[str, Any], aligns: bool = False) -> list[Evidence]:
    """What the built-in alignments make of a statement."""
    return evidence_of(matching(given, BUILT_IN, MEASURES, aligns))


def said(given: dict[str, Any], aligns: bool = False) -> list[tuple[str, str, float, float]]:
    return [(each.alignment, each.competency, round(each.level, 4), round(each.weight, 4))
            for each in found(given, aligns)]


def posted(verb: str, activity: str, result: Any, kind: str | None = None, **context: Any) -> dict[str, Any]:
    """A tool's statement; `context` are relations of context activities, or members of the context."""
    related = {name: context.pop(name) for name in ("parent", "grouping", "category") if name in context}
    if related:
        context["contextActivities"] = {name: [{"id": each} for each in ids] for name, ids in related.items()}
    definition = {"definition": {"type": kind}} if kind else {}
    return statement(verb={"id": VERBS + verb}, object={"id": activity, **definition}, result=result, context=context)


SCO = "https://lms.example/package/sco-3"


@pytest.mark.parametrize(("given", "expected"), [
    (posted("passed", COURSE, {"score": {"scaled": 0.7}, "success": True}, category=[CMI5],
            extensions={MASTERY: 0.7}), [("cmi5", "SA-1.1.4", 3.0, 0.4)]),
    (posted("failed", COURSE, {"success": False}, category=[CMI5]), [("cmi5", "SA-1.1.4", 1.0, 0.4)]),
    (posted("completed", COURSE, {"completion": True, "success": True, "score": {"scaled": 0.5}}),
     [("scored-activity", "SA-1.1.4", 2.0, 0.4)]),
    (posted("scored", SCO, {"score": {"raw": 40, "max": 80}}, grouping=[COURSE]),
     [("scored-activity", "SA-1.1.4", 2.0, 0.4)]),
    (posted("completed", COURSE, {"completion": True}), [("completion", "SA-1.1.4", 1.0, 0.0)]),
    (posted("completed", COURSE, {"completion": True}, category=[CMI5]), [("completion", "SA-1.1.4", 1.0, 0.0)]),
    (posted("initialized", COURSE, {}, category=[CMI5]), []),
    (posted("completed", SCO, {"completion": True, "score": {"scaled": 1}}), []),
    (posted("answered", f"{QUIZ}/q1", {"success": True}, f"{TYPES}cmi.interaction", parent=[QUIZ]),
     [("quiz-question", "SA-1.2.1", 4.0, 0.3)]),
    (posted("answered", f"{QUIZ}/q1", {"success": True}, f"{TYPES}cmi.interaction"), []),
    (posted("answered", "https://crm.example/funnel", {"score": {"raw": 16, "max": 20}, "duration": "PT9M"},
            f"{OURS}crm-exercise"), [("crm-exercise-score", "SA-6.1.4", 3.0, 0.3)]),
    (posted("answered", "https://crm.example/funnel", {"success": True}, f"{OURS}crm-exercise"),
     [("crm-exercise", "SA-6.1.4", 3.0, 0.3)]),
    (posted("scored", "https://bi.example/board", {"score": {"scaled": 0.5}}, f"{OURS}bi-exercise"),
     [("bi-exercise", "SA-3.1.2", 2.0, 0.3), ("bi-exercise", "SA-6.1.4", 2.0, 0.3)]),
    (posted("passed", NAME, {"success": True}), []),
    (posted("played", "https://video.example/1", {}), [])])
def test_the_built_in_alignments_read_each_tools_statements(given: Any, expected: Any) -> None:
    assert said(given) == expected


def test_an_activity_that_names_a_competency_is_read_for_who_may_align() -> None:
    given = posted("passed", NAME, {"score": {"raw": 13, "min": 0, "max": 20}, "success": True})
    assert said(given, aligns=True) == [("names-a-competency", "SA-2.3.2", 2.5, 0.3)]


def test_a_simulation_and_an_observers_checklist_are_read_criterion_by_criterion() -> None:
    given = posted("scored", "https://simulator.example/drill", {"extensions": {RUBRIC_EXTENSION: {
        "rubric": "RB-6.1.3", "levels": {"price-gaming": 1.5, "objection-handling": 2.5}}}}, instructor=WU)
    assert said(given) == [("rubric-levels", "SA-6.1.3", 2.0, 0.5), ("rubric-levels", "SA-2.3.2", 1.5, 0.25),
                           ("rubric-levels", "SA-2.3.1", 2.5, 0.25)]


def answers(right: int, wrong: int, **changes: Any) -> list[Evidence]:
    return [each for number in range(right + wrong) for each in found({
        **posted("answered", f"{QUIZ}/q{number}", {"success": number < right}, f"{TYPES}cmi.interaction",
                 parent=[QUIZ]), "id": f"6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b{number:04x}", **changes})]


def test_the_questions_of_a_quiz_are_one_attempt_at_the_level_of_the_share_that_is_right() -> None:
    now = answers(1, 0)[0].happened
    known = estimate(answers(2, 1), now)["SA-1.2.1"]
    better, worse = (estimate(answers(right, 10 - right), now)["SA-1.2.1"].level for right in (9, 3))
    assert (known.n, known.disagreement) == (1, 0.0)
    assert worse < known.level < better
    assert {each.activity for each in answers(2, 1)} == {QUIZ}


def test_without_a_registration_a_quiz_taken_on_another_day_or_by_another_is_another_attempt() -> None:
    one = {each.attempt for each in answers(2, 0)}
    later = {each.attempt for each in answers(2, 0, timestamp="2026-01-04T10:00:00Z")}
    theirs = {each.attempt for each in answers(2, 0, actor=WU)}
    assert (len(one), len(later), len(one | later | theirs)) == (1, 1, 3)
    assert {each.actor for each in answers(1, 0)} == {f"mbox|{LI['mbox']}"}


def test_completion_never_gives_a_level() -> None:
    done = found(posted("completed", COURSE, {"completion": True}))
    assert done
    assert estimate(done, as_of=2**60) == {}
