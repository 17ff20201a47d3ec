"""[Evidence] → Proficiency: what a person's evidence amounts to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.evidence import DAY, Evidence
from competencies.outcomes import HIGHEST, LOWEST
from competencies.proficiency import CITED, HALF_LIFE, STALE_AFTER, Proficiency, estimate
from tests.unit.builders import NOW, evidence, examples

VIEWS = st.tuples(st.sampled_from(("C1", "C2")), st.floats(LOWEST, HIGHEST), st.floats(0.05, 2.0),
                  st.integers(0, 3000), st.sampled_from("tuv") | st.none())


def made(views: list[tuple[str, float, float, int, str | None]]) -> list[Evidence]:
    """Evidence with ids of its own; None for an attempt of its own."""
    return [evidence(number, competency=competency, level=level, weight=weight, happened=NOW - age * DAY,
                     attempt=f"{competency}{attempt or number}")
            for number, (competency, level, weight, age, attempt) in enumerate(views)]


LISTS = st.lists(VIEWS, max_size=12).map(made)


def known(*found: Evidence, as_of: int = NOW) -> Proficiency:
    return estimate(found, as_of)["C1"]


def width(found: Proficiency) -> float:
    return found.high - found.low


def aged(days: float, number: int = 0, **changes: Any) -> Evidence:
    return evidence(number, happened=NOW - int(days * DAY), **changes)


def test_without_evidence_there_is_no_level() -> None:
    assert estimate([], NOW) == {}
    assert estimate([evidence(competency="C2")], NOW).keys() == {"C2"}


@examples(150)
@given(LISTS, st.integers(0, 3000))
def test_as_of_leaves_out_exactly_what_happened_later(found: list[Evidence], days: int) -> None:
    as_of = NOW - days * DAY
    assert estimate(found, as_of) == estimate([each for each in found if each.happened <= as_of], as_of)


def test_evidence_of_the_very_moment_counts() -> None:
    assert estimate([evidence()], NOW)
    assert not estimate([evidence()], NOW - 1)


@examples(250)
@given(LISTS, st.data())
def test_the_order_of_evidence_never_matters(found: list[Evidence], data: st.DataObject) -> None:
    assert estimate(data.draw(st.permutations(found)), NOW) == estimate(found, NOW)


@examples(250)
@given(LISTS)
def test_an_estimate_lies_within_the_evidence_and_its_interval_on_the_scale(found: list[Evidence]) -> None:
    for competency, each in estimate(found, NOW).items():
        levels = [view.level for view in found if view.competency == competency]
        assert min(levels) - 0.01 <= each.level <= max(levels) + 0.01
        assert LOWEST <= each.low <= each.level <= each.high <= HIGHEST


@examples(100)
@given(LISTS)
def test_one_competencys_evidence_says_nothing_of_another(found: list[Evidence]) -> None:
    alone = estimate([each for each in found if each.competency == "C1"], NOW)
    assert alone.get("C1") == estimate(found, NOW).get("C1")


def test_several_assessors_of_one_attempt_count_once() -> None:
    one = known(evidence(1, attempt="t"))
    many = known(*(evidence(number, attempt="t", assessor=str(number)) for number in range(5)))
    assert (many.n, many.level, many.low, many.high) == (1, one.level, one.low, one.high)


def test_an_attempt_seen_by_many_weighs_no_more_than_one_seen_by_one() -> None:
    crowd = [evidence(number, attempt="t", level=4.0) for number in range(9)]
    assert known(*crowd, evidence(9, level=2.0)).level == 3.0


def test_the_views_of_one_attempt_are_pooled_by_their_weights() -> None:
    assert known(evidence(1, attempt="t", level=4.0, weight=3.0), evidence(2, attempt="t", level=2.0)).level == 3.5


def test_attempts_count_by_their_weight() -> None:
    assert known(evidence(1, level=4.0, weight=3.0), evidence(2, level=2.0, weight=1.0)).level == 3.5


def test_a_half_lifes_age_halves_what_an_attempt_weighs() -> None:
    assert known(aged(HALF_LIFE, 1, level=1.0), evidence(2, level=4.0)).level == 3.0


def test_the_interval_narrows_with_every_attempt() -> None:
    widths = [width(known(*map(evidence, range(n)))) for n in range(1, 7)]
    assert widths == sorted(set(widths), reverse=True)


def test_the_interval_narrows_with_weight() -> None:
    assert width(known(evidence(weight=2.0))) < width(known(evidence(weight=1.0)))


def test_the_interval_widens_with_age_while_the_level_stays() -> None:
    seen = [evidence(number) for number in range(4)]
    found = [known(*seen, as_of=NOW + days * DAY) for days in (0, 60, 180, 360)]
    assert [width(each) for each in found] == sorted({width(each) for each in found})
    assert {each.level for each in found} == {2.5}


@pytest.mark.parametrize(("after", "stale"), [
    (0, False), (int(STALE_AFTER * DAY), False), (int(STALE_AFTER * DAY) + 1, True)])
def test_an_estimate_is_stale_when_its_last_evidence_is_a_year_old(after: int, stale: bool) -> None:
    assert known(aged(1000, 1), evidence(2), as_of=NOW + after).stale is stale


@pytest.mark.parametrize("as_of", [NOW + 10**5 * DAY, 253_402_300_799_999_999, 2**63 - 1])
def test_in_the_far_future_the_level_is_kept_and_the_interval_is_the_scale(as_of: int) -> None:
    found = known(evidence(1), evidence(2), as_of=as_of)
    assert (found.level, found.low, found.high, found.stale) == (2.5, LOWEST, HIGHEST, True)


def test_evidence_of_the_far_past_fades_and_fails_nothing() -> None:
    found = known(evidence(1, happened=-62_135_596_800_000_000, level=1.0), evidence(2, level=4.0))
    assert (found.level, found.n, found.last) == (4.0, 2, NOW)


def test_disagreement_is_the_widest_within_one_attempt() -> None:
    views = [evidence(number, attempt=attempt, level=level, assessor=f"a{number}")
             for number, (attempt, level) in enumerate([("t", 2.0), ("t", 2.5), ("u", 1.0), ("u", 2.75), ("v", 4.0)])]
    assert known(*views).disagreement == 1.75


def test_one_assessors_views_of_an_attempt_and_the_questions_of_a_quiz_dont_disagree() -> None:
    answers = [evidence(number, attempt="t", level=level) for number, level in enumerate([4.0, 1.0, 4.0])]
    assert known(*answers).disagreement == 0.0
    assert known(*answers).level == 3.0
    assert known(*answers, evidence(9, attempt="t", level=2.0, assessor="a")).disagreement == 1.0


def test_attempts_that_differ_are_no_disagreement() -> None:
    assert known(evidence(1, level=1.0), evidence(2, level=4.0)).disagreement == 0.0


def test_last_is_when_the_newest_evidence_happened() -> None:
    assert known(evidence(1, happened=NOW - 5), aged(3, 2)).last == NOW - 5


def test_the_statements_that_weigh_most_are_cited_first() -> None:
    light, old, new = evidence(1, weight=0.1), aged(100, 2), evidence(3)
    assert known(light, old, new).statements == ("s3", "s2", "s1")


def test_no_more_statements_are_cited_than_agreed_and_none_twice() -> None:
    found = known(*(evidence(number, statement=f"s{number // 2}") for number in range(20)))
    assert found.statements == tuple(dict.fromkeys(found.statements))
    assert 0 < len(found.statements) <= CITED
