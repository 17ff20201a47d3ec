"""[Evidence] → Proficiency: what a person's evidence amounts to."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.calibration import DECLARED, Item
from competencies.evidence import DAY, Evidence
from competencies.frameworks import Decay
from competencies.outcomes import HIGHEST, LOWEST
from competencies.proficiency import CITED, STALE_AFTER, Proficiency, estimate
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
def test_an_estimate_and_its_interval_stand_on_the_scale(found: list[Evidence]) -> None:
    for each in estimate(found, NOW).values():
        assert LOWEST <= each.low <= each.level <= each.high <= HIGHEST
        assert 0 < sum(share for _, share in each.shares) <= 1.0026, "five that are rounded"


@examples(250)
@given(LISTS, VIEWS)
def test_one_more_statement_never_moves_a_level_out_of_its_interval(found: list[Evidence], more: Any) -> None:
    (added,) = made([(*more[:3], 0, None)])
    before = estimate(found, NOW).get(added.competency)
    after = estimate([*found, replace(added, statement="z", attempt="z")], NOW)[added.competency]
    assert before is None or before.low <= after.level <= before.high


@examples(100)
@given(LISTS)
def test_one_competencys_evidence_says_nothing_of_another(found: list[Evidence]) -> None:
    alone = estimate([each for each in found if each.competency == "C1"], NOW)
    assert alone.get("C1") == estimate(found, NOW).get("C1")


def test_several_assessors_of_one_attempt_tell_more_than_one_and_less_than_as_many_attempts() -> None:
    one = known(evidence(1, level=4.0))
    many = known(*(evidence(number, level=4.0, attempt="t", assessor=str(number)) for number in range(5)))
    attempts = known(*(evidence(number, level=4.0) for number in range(5)))
    assert (many.n, attempts.n) == (1, 5)
    assert one.level < many.level < attempts.level


def test_however_many_see_an_attempt_it_counts_less_than_two() -> None:
    crowd = known(*(evidence(number, attempt="t", level=4.0) for number in range(200)))
    assert crowd.level < known(*(evidence(number, level=4.0) for number in range(2))).level + 0.1


def test_a_severe_assessors_levels_count_for_more() -> None:
    strict = replace(DECLARED, severities={"strict": 1.5})
    seen = [evidence(1, assessor="strict"), evidence(2, assessor="strict")]
    assert estimate(seen, NOW, strict)["C1"].level > estimate(seen, NOW)["C1"].level


def test_what_was_shown_in_a_hard_activity_counts_for_more_and_says_how_hard_it_was() -> None:
    hard = replace(DECLARED, items={"http://example.com/drill": Item(difficulty=DECLARED.thresholds[-1] / 2)})
    found = estimate([evidence(1), evidence(2)], NOW, hard)["C1"]
    assert found.level > known(evidence(1), evidence(2)).level
    assert found.difficulty == 0.5


def test_an_attempt_that_reaches_the_ceiling_never_lowers_who_is_above_it() -> None:
    high = [evidence(number, level=4.0) for number in range(6)]
    capped = evidence(9, level=3.0, above=2.5, below=None)
    assert known(*high, capped).level >= known(*high).level
    assert known(*high, evidence(9, level=3.0)).level < known(*high).level


def test_attempts_count_by_their_weight() -> None:
    levels = [known(evidence(1, level=4.0, weight=weight), evidence(2, level=2.0)).level for weight in (0.2, 1.0, 3.0)]
    assert levels == sorted(set(levels))


def test_a_newer_attempt_counts_for_more_than_an_older_one() -> None:
    assert known(aged(300, 1, level=1.0), evidence(2, level=4.0)).level > known(
        aged(300, 1, level=4.0), evidence(2, level=1.0)).level


def test_what_isnt_practised_is_forgotten_by_half_in_each_half_life_and_never_below_the_floor() -> None:
    seen, decays = [evidence(number, level=3.0) for number in range(8)], {"C1": Decay(100.0, 2.0)}
    fresh, later, much_later = (estimate(seen, NOW + days * DAY, decays=decays)["C1"] for days in (0, 100, 10_000))
    assert later.level - 2.0 == pytest.approx((fresh.level - 2.0) / 2, abs=0.05)
    assert later.forgotten == pytest.approx(fresh.level - later.level, abs=0.05)
    assert (much_later.level, much_later.decay) == (2.0, Decay(100.0, 2.0))


def test_below_the_floor_nothing_is_forgotten() -> None:
    seen = [evidence(number, level=1.0) for number in range(4)]
    assert known(*seen, as_of=NOW + 900 * DAY).level == known(*seen).level
    assert known(*seen, as_of=NOW + 900 * DAY).forgotten == 0.0


def test_the_last_attempt_says_what_it_did_and_at_what() -> None:
    first = evidence(1, level=3.0)
    worse = evidence(2, level=1.0, happened=NOW + 1, activity="http://example.com/exam", alignment="B")
    before, found = known(first), known(first, worse, as_of=NOW + 1)
    assert before.moved is None
    assert found.moved == pytest.approx(found.level - before.level, abs=0.011)
    assert (found.last_activity, found.last_alignment) == ("http://example.com/exam", "B")


def test_where_competencies_go_together_evidence_on_one_says_a_little_of_another_that_has_some() -> None:
    together = replace(DECLARED, spread=replace(DECLARED.spread, ability=2.0))
    own, other = evidence(1), [evidence(number, competency="C2", level=4.0) for number in range(2, 8)]
    assert estimate([own, *other], NOW, together)["C1"].level > estimate([own], NOW, together)["C1"].level
    assert estimate(other, NOW, together).keys() == {"C2"}


def test_the_interval_narrows_with_every_attempt() -> None:
    widths = [width(known(*map(evidence, range(n)))) for n in range(1, 7)]
    assert widths == sorted(set(widths), reverse=True)


def test_the_interval_narrows_with_weight() -> None:
    assert width(known(evidence(weight=2.0))) < width(known(evidence(weight=1.0)))


def test_the_interval_widens_with_age() -> None:
    seen = [evidence(number, level=2.0) for number in range(4)]
    widths = [width(known(*seen, as_of=NOW + days * DAY)) for days in (0, 60, 180, 360)]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize(("after", "stale"), [
    (0, False), (int(STALE_AFTER * DAY), False), (int(STALE_AFTER * DAY) + 1, True)])
def test_an_estimate_is_stale_when_its_last_evidence_is_a_year_old(after: int, stale: bool) -> None:
    assert known(aged(1000, 1), evidence(2), as_of=NOW + after).stale is stale


@pytest.mark.parametrize("as_of", [NOW + 10**5 * DAY, 253_402_300_799_999_999, 2**63 - 1])
def test_in_the_far_future_the_floor_is_left_and_the_interval_of_who_is_unknown(as_of: int) -> None:
    found = known(evidence(1), evidence(2), as_of=as_of)
    assert (found.level, found.stale) == (2.0, True)
    assert width(found) > 1.5 * width(known(evidence(1), evidence(2)))


def test_evidence_of_the_far_past_fades_and_fails_nothing() -> None:
    found = known(evidence(1, happened=-62_135_596_800_000_000, level=1.0), evidence(2, level=4.0))
    assert (found.n, found.last) == (2, NOW)
    assert found.level > 2.5


def test_disagreement_is_the_widest_within_one_attempt() -> None:
    views = [evidence(number, attempt=attempt, level=level, assessor=f"a{number}")
             for number, (attempt, level) in enumerate([("t", 2.0), ("t", 2.5), ("u", 1.0), ("u", 2.75), ("v", 4.0)])]
    assert known(*views).disagreement == 1.75


def test_one_assessors_views_of_an_attempt_and_the_questions_of_a_quiz_dont_disagree() -> None:
    answers = [evidence(number, attempt="t", level=level) for number, level in enumerate([4.0, 1.0, 4.0])]
    assert known(*answers).disagreement == 0.0
    assert known(*answers, evidence(9, attempt="t", level=2.0, assessor="a")).disagreement == 1.0


def test_attempts_that_differ_are_no_disagreement() -> None:
    assert known(evidence(1, level=1.0), evidence(2, level=4.0)).disagreement == 0.0


def test_last_is_when_the_newest_evidence_happened() -> None:
    assert known(evidence(1, happened=NOW - 5), aged(3, 2)).last == NOW - 5


def test_the_statements_that_weigh_most_are_cited_first() -> None:
    light, old, new = evidence(1, weight=0.1), aged(100, 2), evidence(3)
    assert known(light, old, new).statements == ("s3", "s2", "s1")


def test_the_last_attempt_is_cited_however_little_it_weighs() -> None:
    found = known(*(aged(10 - number, number) for number in range(8)), evidence(9, weight=0.05))
    assert found.statements[-1] == "s9"
    assert len(found.statements) == CITED


def test_no_more_statements_are_cited_than_agreed_and_none_twice() -> None:
    found = known(*(evidence(number, statement=f"s{number // 2}") for number in range(20)))
    assert found.statements == tuple(dict.fromkeys(found.statements))
    assert 0 < len(found.statements) <= CITED
