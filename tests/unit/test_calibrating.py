"""Everybody's evidence → a Calibration: what was planted is found, and learners left out are predicted better."""

from random import Random
from statistics import correlation

import pytest

from competencies.calibrating import PASSES, calibrate, parted, score
from competencies.calibration import DECLARED
from competencies.evidence import DAY, Evidence
from competencies.outcomes import graded
from competencies.proficiency import estimate
from tests.unit.builders import NOW, evidence

SEVERITIES = {"strict": 0.8, "fair": 0.0, "mild": -0.8}
DIFFICULTIES = {"http://example.com/easy": -0.6, "http://example.com/usual": 0.0, "http://example.com/hard": 0.6}


def learners(count: int, seed: str = "") -> dict[str, list[Evidence]]:
    """People of some level, who are assessed eight times."""
    chance = Random(f"{count}{seed}")
    found = {}
    for number in range(count):
        level = chance.gauss(2.5, 0.6)
        found[f"p{number}"] = [_assessed(f"{number}-{at}", level, NOW - at * DAY, chance) for at in range(8)]
    return found


def _assessed(name: str, level: float, happened: int, chance: Random) -> Evidence:
    assessor, activity = chance.choice(sorted(SEVERITIES)), chance.choice(sorted(DIFFICULTIES))
    seen = level + chance.gauss(0, 0.4) - SEVERITIES[assessor] - DIFFICULTIES[activity]
    given, above, below = graded(float(min(4, max(1, round(seen)))))
    return evidence(0, statement=name, attempt=name, level=given, above=above, below=below, happened=happened,
                    assessor=assessor, activity=activity)


def test_planted_severities_and_difficulties_are_found_in_levels() -> None:
    found = calibrate(learners(150), {}, 1)
    steepness = found.thresholds[1] - found.thresholds[0]
    severities = {name: found.severities[name] / steepness for name in SEVERITIES}
    difficulties = {name: found.items[name].difficulty / steepness for name in DIFFICULTIES}
    assert severities == pytest.approx(SEVERITIES, abs=0.25)
    assert difficulties == pytest.approx(DIFFICULTIES, abs=0.25)


def test_without_any_severity_none_is_found() -> None:
    fair = {person: [each for each in found if each.assessor == "fair" and each.activity.endswith("usual")]
            for person, found in learners(300).items()}
    found = calibrate(fair, {}, 1)
    assert max(map(abs, (*found.severities.values(), *(item.difficulty for item in found.items.values())))) < 0.2


def test_learners_left_out_are_predicted_better_and_their_levels_come_nearer() -> None:
    most, others = parted(learners(150))
    assert 10 < len(others) < 60
    assert not most.keys() & others.keys()
    found = calibrate(most, {}, 1)
    before, after = score(others, {}, DECLARED), score(others, {}, found)
    assert after.attempts == before.attempts == sum(map(len, others.values()))
    assert after.log_probability > before.log_probability + 0.05


def test_an_estimate_no_longer_depends_on_who_assessed() -> None:
    found = calibrate(learners(150), {}, 1)
    by = {name: [evidence(number, level=2.5 - severity, above=2.0 - severity, below=3.0 - severity, assessor=name)
                 for number in range(6)] for name, severity in SEVERITIES.items()}
    levels = [estimate(each, NOW, found)["C1"].level for each in by.values()]
    declared = [estimate(each, NOW)["C1"].level for each in by.values()]
    assert max(levels) - min(levels) < 0.5 * (max(declared) - min(declared))


def test_the_same_evidence_gives_the_same_calibration_and_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    assert calibrate(learners(12), {}, 3, lambda *done: told.append(done)) == calibrate(learners(12), {}, 3)
    assert told[-1] == (PASSES, PASSES)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_levels_that_nothing_is_known_of_and_no_learners_at_all_fail_nothing() -> None:
    found = calibrate({}, {}, 1)
    assert (found.items, found.severities, found.version) == ({}, {}, 1)
    assert score({}, {}, found) == (0, 0.0, 0.0)


def test_severities_agree_with_what_was_planted_whatever_the_learners() -> None:
    found = [calibrate(learners(100, seed), {}, 1).severities for seed in ("a", "b")]
    for each in found:
        assert correlation([each[name] for name in SEVERITIES], list(SEVERITIES.values())) > 0.95
