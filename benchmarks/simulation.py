"""`python -m benchmarks.simulation`: estimates beside the truth, of learners who don't live by the estimator's model.

They have a level between 1 and 4. Practice takes them a share of the way to 4, each day shakes them a little, and what
isn't practised is forgotten by a power of the time, down to half of what is above 1. Who assesses them sees the level
of that day with a normal error, is severe or lenient, and judges on activities that are harder or easier than they
declare; and gives whole levels. Version 0 knows neither who is severe nor what is hard; a calibration finds out from
other learners of the same world.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from statistics import mean

from competencies.calibrating import calibrate
from competencies.calibration import DECLARED, Calibration
from competencies.evidence import DAY, Evidence
from competencies.frameworks import Decay
from competencies.outcomes import HIGHEST, LOWEST, graded
from competencies.proficiency import REMEMBERED, Decays, Proficiency, estimate

DAYS, AFTER = 240, 15  # in which attempts happen; until the estimate is asked for
ATTEMPTS = (1, 2, 4, 8, 16)
ASSESSORS, ACTIVITIES = 12, 20
MANY = 1000  # attempts of one learner
OTHERS = 200  # learners that a calibration is fitted to
WORLDS = 20  # each with assessors and activities of its own


@dataclass(frozen=True)
class World:
    """Standard deviations in levels, but where it says otherwise."""

    error: float = 0.45  # of one assessment
    severity: float = 0.2
    difficulty: float = 0.2
    learning: float = 0.03  # of the way to the highest level, each attempt
    shaking: float = 0.012  # each day
    forgetting: float = 0.05  # the power
    decay: Decay = REMEMBERED  # as it is stated for the competency; not how forgetting goes


@dataclass(frozen=True)
class Case:
    """One learner after their last attempt."""

    truth: float
    found: Proficiency
    furthest: float  # the most that an attempt moved the level, as a share of the interval's half before it


WORLD_NAMES = {"usual": World(), "rough assessors": World(error=0.6, severity=0.3), "fine assessors": World(error=0.35),
               "fast learners": World(learning=0.08), "forgetful": World(forgetting=0.12),
               "forgetful, stated": World(forgetting=0.12, decay=Decay(half_life=150, floor=1))}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("--learners", type=int, default=100, help="in each of 20 worlds of a kind (100)")
    options = parser.parse_args()
    print(f"{'':<18}" + "".join(f"{f'{n} attempts':>24}" for n in ATTEMPTS))
    print(f"{'':<18}" + "".join(f"{'90 % covers   right':>24}" for _ in ATTEMPTS))
    for name, world in WORLD_NAMES.items():
        told = [told_of(list(cases(world, n, options.learners))) for n in ATTEMPTS]
        print(f"{name:<18}" + "".join(f"{covered:>14.1%}{right:>10.1%}" for covered, right, _ in told)
              + f"   furthest move {max(furthest for *_, furthest in told):.2f}", flush=True)
    apart = World(severity=0.35, difficulty=0.35)
    before, after = (told_of(list(cases(apart, 8, options.learners, calibrated))) for calibrated in (False, True))
    print(f"8 attempts, assessors and activities 0.35 apart: covers {before[0]:.1%}, right {before[1]:.1%}; "
          f"calibrated: covers {after[0]:.1%}, right {after[1]:.1%}")
    evidence, _ = lived(World(), MANY, [0.0] * ASSESSORS, [0.0] * ACTIVITIES, Random(""))
    began = time.perf_counter()
    estimate(evidence, (DAYS + AFTER) * DAY)
    each = (time.perf_counter() - began) / MANY * 1e6
    print(f"a learner of {MANY} attempts recomputed alone: {each:.1f} µs an attempt")
    print("right: within half a level of the truth; furthest move: of half of the 90 % interval before it, 1 at most")


def told_of(found: list[Case]) -> tuple[float, float, float]:
    """Shares of cases that the interval covers, and that are right; and the furthest move."""
    return (mean(case.found.low <= case.truth <= case.found.high for case in found),
            mean(abs(case.found.level - case.truth) <= 0.5 for case in found), max(case.furthest for case in found))


def cases(world: World, attempts: int, learners: int, calibrated: bool = False) -> Iterator[Case]:
    for number in range(WORLDS):
        chance = Random(f"{number}")
        severity = [chance.gauss(0, world.severity) for _ in range(ASSESSORS)]
        difficulty = [chance.gauss(0, world.difficulty) for _ in range(ACTIVITIES)]
        calibration, decays = DECLARED, {"C": world.decay}
        if calibrated:
            others = {f"p{other}": lived(world, attempts, severity, difficulty, chance)[0] for other in range(OTHERS)}
            calibration = calibrate(others, decays, 1)
        for _ in range(learners):
            evidence, truth = lived(world, attempts, severity, difficulty, chance)
            yield Case(truth, estimate(evidence, (DAYS + AFTER) * DAY, calibration, decays)["C"],
                       _furthest(evidence, calibration, decays))


def lived(world: World, attempts: int, severity: list[float], difficulty: list[float],
          chance: Random) -> tuple[list[Evidence], float]:
    """What was seen of a learner, and their level at the end."""
    level, before, evidence = _on_scale(chance.gauss(2.4, 0.7)), 0.0, []
    for number, day in enumerate(sorted(chance.uniform(0, DAYS) for _ in range(attempts))):
        level = _later(world, level, day - before, chance)
        before, assessor, activity = day, chance.randrange(ASSESSORS), chance.randrange(ACTIVITIES)
        seen = level + chance.gauss(0, world.error) - severity[assessor] - difficulty[activity]
        given, above, below = graded(float(round(_on_scale(seen))))
        evidence.append(Evidence(f"s{number}", "A", "C", "li", given, 1.0, int(day * DAY), f"t{number}", f"a{assessor}",
                                 f"v{activity}", (), above, below))
        level += world.learning * (HIGHEST - level)
    return evidence, _later(world, level, DAYS + AFTER - before, chance)


def _later(world: World, level: float, days: float, chance: Random) -> float:
    kept = 0.5 + 0.5 * (1 + days) ** -world.forgetting
    return _on_scale(LOWEST + (level - LOWEST) * kept + chance.gauss(0, world.shaking * days ** 0.5))


def _on_scale(level: float) -> float:
    return min(HIGHEST, max(LOWEST, level))


def _furthest(evidence: list[Evidence], calibration: Calibration, decays: Decays) -> float:
    """The largest move of the level by one more attempt, at the moment of it, as a share of the interval's half."""
    moves = [0.0]
    for number in range(1, len(evidence)):
        moment = evidence[number].happened
        before, after = (estimate(evidence[:until], moment, calibration, decays)["C"] for until in (number, number + 1))
        room = (before.high - before.level) if after.level > before.level else (before.level - before.low)
        if before.level != after.level:
            moves.append(abs(after.level - before.level) / max(room, 0.01))
    return max(moves)


if __name__ == "__main__":
    main()
