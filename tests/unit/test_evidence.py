"""Statement → Evidence: what one statement says of which competencies."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.alignments import Alignment, Alignments
from competencies.evidence import Evidence, Measures, Reading, derive, evidence_of, matching
from competencies.frameworks import Weighing
from competencies.outcomes import RUBRIC_EXTENSION
from competencies.projection import evidence_from
from lrs.rules.formats import parse_timestamp
from tests.unit.builders import EXAMINER, LI, WU, alignment, evidence, examples, statement

NAME = "urn:uuid:5a6f1d3e-4c1b-5d0a-8a6e-0d9b6c1f2a3b"
MEASURES = Measures({"R": Weighing("C9", {"clarity": 1.0, "depth": 3.0}, {"depth": ("C5",)})}, {NAME: "C8"})
POINTS = [[0.0, 1.0], [0.5, 2.0], [0.8, 3.0], [1.0, 4.0]]
REGISTRATION = "0a0f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f02"


def read(given: dict[str, Any], by: Alignment | None = None) -> Reading:
    (reading,) = derive(given, [by or alignment()], MEASURES)
    return reading


def only(given: dict[str, Any], by: Alignment | None = None) -> Evidence:
    """The first evidence of a statement that is read."""
    return read(given, by).evidence[0]


def scored(scaled: float) -> dict[str, Any]:
    return statement(result={"score": {"scaled": scaled}})


def scaled(**changes: Any) -> Alignment:
    return alignment(outcome={"kind": "scaled", "points": POINTS}, **changes)


def rated(levels: Any, rubric: Any = "R") -> dict[str, Any]:
    return statement(result={"extensions": {RUBRIC_EXTENSION: {"rubric": rubric, "levels": levels}}})


def by_rubric(**changes: Any) -> Alignment:
    return alignment(competencies=[], outcome={"kind": "rubric"}, **changes)


def unreadable(given: dict[str, Any], by: Alignment) -> str:
    """The path at which a statement that matches can't be read."""
    reading = read(given, by)
    assert reading.unreadable is not None
    assert (reading.evidence, reading.failed) == ((), ())
    return reading.unreadable.path


@pytest.mark.parametrize(("success", "level"), [(True, 3.0), (False, 1.5)])
def test_success_is_read_as_its_stated_level_for_every_competency(success: bool, level: float) -> None:
    found = read(statement(result={"success": success})).evidence
    assert [(each.competency, each.level) for each in found] == [("C1", level), ("C2", level)]


@pytest.mark.parametrize(("score", "level"), [
    (-1, 1.0), (0, 1.0), (0.25, 1.5), (0.5, 2.0), (0.65, 2.5), (0.8, 3.0), (0.9, 3.5), (1, 4.0)])
def test_a_scaled_score_is_read_straight_between_the_points(score: float, level: float) -> None:
    assert only(scored(score), scaled()).level == pytest.approx(level)


def test_a_score_beyond_the_last_point_has_its_level() -> None:
    by = alignment(outcome={"kind": "scaled", "points": [[0.2, 1.5], [0.6, 3.0]]})
    assert [only(scored(score), by).level for score in (-0.5, 0.1, 0.7, 1)] == [1.5, 1.5, 3.0, 3.0]


@examples(200)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_higher_score_never_shows_a_lower_level(one: float, two: float) -> None:
    low, high = (only(scored(score), scaled()).level for score in sorted((one, two)))
    assert 1.0 <= low <= high <= 4.0


def test_a_rubric_gives_the_mean_of_its_criteria_by_weight() -> None:
    found = only(rated({"depth": 4, "clarity": 2}), by_rubric())
    assert (found.competency, found.level, found.weight) == ("C9", 3.5, 1.0)
    assert found.criteria == (("clarity", 2.0), ("depth", 4.0))


@pytest.mark.parametrize(("levels", "level", "share"), [({"clarity": 2}, 2.0, 0.25), ({"depth": 1.5}, 1.5, 0.75)])
def test_criteria_left_out_take_their_share_of_the_weight_with_them(levels: Any, level: float, share: float) -> None:
    found = only(rated(levels), by_rubric(weight=2.0))
    assert (found.level, found.weight) == (level, 2.0 * share)


def test_a_criterion_is_evidence_on_what_it_shows_besides_with_its_own_share_of_the_weight() -> None:
    found = read(rated({"depth": 4, "clarity": 2}), by_rubric(weight=2.0)).evidence
    assert [(each.competency, each.level, each.weight, each.criteria) for each in found] == [
        ("C9", 3.5, 2.0, (("clarity", 2.0), ("depth", 4.0))), ("C5", 4.0, 1.5, (("depth", 4.0),))]


def test_what_a_criterion_left_out_would_show_has_no_evidence() -> None:
    assert [each.competency for each in read(rated({"clarity": 2}), by_rubric()).evidence] == ["C9"]


@pytest.mark.parametrize("by", [alignment(ceiling=2.5), scaled(ceiling=2.5), by_rubric(ceiling=2.5)])
def test_a_level_is_capped_by_the_alignments_ceiling(by: Alignment) -> None:
    best = rated({"depth": 4, "clarity": 4})
    best["result"] |= {"success": True, "score": {"scaled": 1}}
    assert only(best, by).level == 2.5


def test_a_level_below_the_ceiling_is_left_as_it_is() -> None:
    assert only(scored(0.25), scaled(ceiling=2.5)).level == 1.5


@pytest.mark.parametrize("result", [{"completion": True}, {"completion": True, "duration": "PT1H", "response": "done"}])
@pytest.mark.parametrize(("by", "place"), [
    (alignment(), "$.result.success"), (scaled(), "$.result.score.scaled"),
    (by_rubric(), f"$.result.extensions['{RUBRIC_EXTENSION}']")])
def test_completion_alone_proves_nothing(by: Alignment, place: str, result: dict[str, Any]) -> None:
    assert unreadable(statement(result=result), by) == place


@pytest.mark.parametrize("by", [alignment(), scaled(), by_rubric()])
def test_a_statement_without_a_result_proves_nothing(by: Alignment) -> None:
    given = statement()
    del given["result"]
    assert unreadable(given, by).startswith("$.result.")


def test_a_raw_score_is_not_taken_for_a_scaled_one() -> None:
    assert unreadable(statement(result={"score": {"raw": 9, "max": 10}}), scaled()) == "$.result.score.scaled"


@pytest.mark.parametrize("level", [0, 0.9, 4.1, 5, -1, "3", True, None, [3], {"level": 3}])
def test_a_rating_that_is_no_level_is_unreadable_at_its_criterion(level: Any) -> None:
    assert unreadable(rated({"clarity": 2, "depth": level}), by_rubric()).endswith(".levels['depth']")


@pytest.mark.parametrize(("levels", "rubric", "end"), [
    ({"wit": 3}, "R", ".levels['wit']"), ({"clarity": 3}, "S", ".rubric"), ({"clarity": 3}, None, ".rubric"),
    ({}, "R", "']"), ([], "R", "']"), ("3", "R", "']"), (None, "R", "']")])
def test_an_unreadable_rubric_is_named_by_its_place(levels: Any, rubric: Any, end: str) -> None:
    assert unreadable(rated(levels, rubric), by_rubric()).endswith(end)


@pytest.mark.parametrize("extension", [None, 3, "R", [], ["R"], {}])
def test_a_rubric_extension_of_another_shape_is_unreadable(extension: Any) -> None:
    given = statement(result={"extensions": {RUBRIC_EXTENSION: extension}})
    assert unreadable(given, by_rubric()).endswith("']")


@pytest.mark.parametrize("actor", [
    {"objectType": "Group", "member": [LI]}, {"objectType": "Group", "mbox": "mailto:team@example.com"},
    {"objectType": "Group", "mbox": "mailto:team@example.com", "member": [LI, WU]}])
def test_a_group_gets_no_evidence_and_neither_do_its_members(actor: dict[str, Any]) -> None:
    reading = read(statement(actor=actor))
    assert reading.evidence == ()
    assert [failure.path for failure in reading.failed] == ["$.actor"]


@pytest.mark.parametrize("authority", [WU, {"objectType": "Group", "member": [EXAMINER, WU]}])
def test_an_authority_that_is_not_trusted_proves_nothing(authority: dict[str, Any]) -> None:
    reading = read(statement(authority=authority), alignment(authorities=["mbox|mailto:examiner@example.com"]))
    assert reading.evidence == ()
    assert [failure.path for failure in reading.failed] == ["$.authority"]


@pytest.mark.parametrize("trusted", [
    [], ["mbox|mailto:examiner@example.com"], ["x", "mbox|mailto:examiner@example.com"]])
def test_an_authority_that_is_named_or_none_is_trusted(trusted: list[str]) -> None:
    assert len(read(statement(), alignment(authorities=trusted)).evidence) == 2


@pytest.mark.parametrize(("timestamp", "stored", "happened"), [
    ("2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z", "2026-01-05T10:00:00Z"),
    ("2027-01-05T10:00:00Z", "2026-01-05T11:00:00Z", "2026-01-05T11:00:00Z"),
    ("2026-01-05T18:30:00+08:00", "2026-01-05T11:00:00Z", "2026-01-05T10:30:00Z")])
def test_it_happened_at_its_timestamp_but_never_after_it_was_stored(timestamp: str, stored: str, happened: str) -> None:
    assert only(statement(timestamp=timestamp, stored=stored)).happened == parse_timestamp(happened)


def registered(**changes: Any) -> str:
    """The attempt of a statement under REGISTRATION."""
    return only(statement(**{"context": {"registration": REGISTRATION}, **changes})).attempt


def test_statements_under_one_registration_are_views_of_one_attempt() -> None:
    capitals = {"registration": REGISTRATION.upper(), "instructor": WU}
    other_id = "aaaaaaaa-7c1b-4f1a-9d53-0a2f6c0b1f03"
    assert registered() == registered(id=other_id, context=capitals, authority=WU, timestamp="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("changes", [
    {"actor": WU}, {"object": {"id": "http://example.com/other"}}, {"context": {}},
    {"context": {"registration": REGISTRATION.replace("0a0f", "0b0f")}}])
def test_another_learner_activity_or_registration_is_another_attempt(changes: dict[str, Any]) -> None:
    assert registered(**changes) != registered()


def test_statements_without_a_registration_are_attempts_of_their_own() -> None:
    assert only(statement(id="A")).attempt != only(statement(id="B")).attempt
    assert only(statement(id="A")).attempt == only(statement(id="a")).attempt


def test_evidence_says_who_learnt_who_assessed_and_in_what() -> None:
    found = only(statement(context={"instructor": WU}))
    assert (found.actor, found.assessor) == ("mbox|mailto:li@example.com", "mbox|mailto:wu@example.com")
    assert found.activity == "http://example.com/drill"


def test_without_an_instructor_nobody_assessed() -> None:
    assert only(statement(context={"platform": "x"})).assessor is None


def test_the_alignments_weight_is_the_evidences() -> None:
    assert only(scored(0.5), scaled(weight=0.6)).weight == 0.6


def test_evidence_ids_are_distinct_by_statement_alignment_and_competency() -> None:
    one = only(statement(id="A"))
    others = [replace(one, statement="b"), replace(one, alignment="B"), replace(one, competency="C2")]
    assert len({each.id for each in (one, *others)}) == 4
    assert replace(one, level=1.0, weight=0.5).id == one.id


def test_each_alignment_has_its_own_reading_and_the_evidence_of_all_is_gathered() -> None:
    refusing = alignment(code="B", template={"verb": "http://example.com/verbs/failed"})
    readings = derive(statement(), [refusing, by_rubric(code="D"), alignment(competencies=["C3"])], MEASURES)
    assert [(each.alignment, bool(each.failed), bool(each.unreadable)) for each in readings] == [
        ("B", True, False), ("D", False, True), ("A", False, False)]
    assert [(each.alignment, each.competency) for each in evidence_of(readings)] == [("A", "C3")]


VERBS = [f"http://example.com/verbs/{name}" for name in ("passed", "failed", "scored")]
TEMPLATES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.sampled_from(VERBS).map(lambda verb: {"verb": verb}),
    st.lists(st.fixed_dictionaries(
        {"location": st.sampled_from(["$.verb.id", "$.object.id", "$.result.score.scaled", "$.verb"])},
        optional={"any": st.lists(st.sampled_from([*VERBS, "http://example.com/drill"]), min_size=1, max_size=2),
                  "none": st.lists(st.sampled_from(VERBS), min_size=1, max_size=2), "selector": st.just("$.id"),
                  "presence": st.sampled_from(["included", "excluded"])}),
        max_size=2).map(lambda rules: {"rules": rules}))


@examples(400)
@given(st.lists(TEMPLATES, max_size=5), st.sampled_from(VERBS), st.booleans())
def test_by_verb_the_same_alignments_match_with_the_same_readings(templates: list[dict[str, Any]], verb: str,
                                                                  by_group: bool) -> None:
    """The worker's quick way to the readings, beside the one that explains them all."""
    given = statement(verb={"id": verb}, **({"actor": {**LI, "objectType": "Group"}} if by_group else {}))
    all_of_them = [alignment(code=str(number), template=template) for number, template in enumerate(templates)]
    assert matching(given, Alignments(all_of_them), MEASURES) == [
        reading for reading in derive(given, all_of_them, MEASURES) if not reading.failed]


def test_evidence_that_was_kept_before_there_were_bounds_has_those_of_its_level() -> None:
    kept = {**asdict(evidence(level=3.0)), "criteria": {"a": 3.0}}
    assert evidence_from(kept) == evidence(level=3.0, criteria=(("a", 3.0),))
    older = {name: value for name, value in kept.items() if name not in ("above", "below", "decides")}
    assert evidence_from(older) == evidence_from(kept)
