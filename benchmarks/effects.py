"""Whether measured effects are what was planted: worlds in which every resource's true effect is known.

    .venv/bin/python -m benchmarks.effects

Learners have a true level and are scored in half levels by others who err; some then take resources, for reasons that
differ by world, and are scored again. What is reported is compared with the truth: its mean, how often the 90 %
interval holds it, and how often an effect is said to be shown: the interval is on one side of none.
"""

import random
from collections.abc import Callable
from statistics import fmean
from typing import NamedTuple

from competencies.effects import effects, trained, windows
from competencies.evidence import DAY, Evidence
from competencies.outcomes import HIGHEST, LOWEST, graded
from competencies.proficiency import Standard
from competencies.resources import Closing, Offer

WORLDS = 40
BEFORE, AFTER = 3, 3  # assessments
ERROR = 0.5  # of a level
NOW = 20_000


class Learner(NamedTuple):
    level: float
    shown: list[float]  # before


class World(NamedTuple):
    """How many there are, what each resource does, and who takes it: by their true level and what they showed last."""

    people: int
    truth: dict[str, float]
    takes: Callable[[str, Learner, random.Random, set[str]], bool]
    expected: float = 0.3


def at_random(resource: str, learner: Learner, chance: random.Random, had: set[str]) -> bool:
    return chance.random() < 0.4


def the_weak(resource: str, learner: Learner, chance: random.Random, had: set[str]) -> bool:
    """Who did badly the last time is sent: regression to the mean."""
    return learner.shown[-1] < 2 and chance.random() < 0.8


def the_able(resource: str, learner: Learner, chance: random.Random, had: set[str]) -> bool:
    """Who is good takes it by themselves."""
    return chance.random() < (0.7 if learner.level > 2.5 else 0.2)


def together(resource: str, learner: Learner, chance: random.Random, had: set[str]) -> bool:
    """Who takes the one mostly takes the other."""
    return chance.random() < (0.8 if had else 0.3)


WORLDS_BY_NAME: dict[str, World] = {
    "none, at random": World(60, {"a": 0.0, "b": 0.0}, at_random),
    "none, the weak are sent": World(60, {"a": 0.0, "b": 0.0}, the_weak),
    "none, the able choose it": World(60, {"a": 0.0, "b": 0.0}, the_able),
    "none, 8 people": World(8, {"a": 0.0}, at_random),
    "half a level, at random": World(60, {"a": 0.5, "b": 0.0}, at_random),
    "half a level, the weak are sent": World(60, {"a": 0.5, "b": 0.0}, the_weak),
    "half a level, the able choose it": World(60, {"a": 0.5, "b": 0.0}, the_able),
    "half a level, together with one of none": World(60, {"a": 0.5, "b": 0.0}, together),
    "half a level, 16 people": World(16, {"a": 0.5, "b": 0.0}, at_random),
    "half a level, 200 people": World(200, {"a": 0.5, "b": 0.0}, the_weak),
}


def history(world: World, number: int, chance: random.Random) -> tuple[list[Evidence], dict[str, int]]:
    """One learner's evidence, and when they took what."""
    level = min(3.6, max(1.2, chance.gauss(2.3, 0.6)))
    learner = Learner(level, [_shown(level, chance) for _ in range(BEFORE)])
    taken: dict[str, int] = {}
    for place, resource in enumerate(world.truth):
        if world.takes(resource, learner, chance, set(taken)):
            taken[resource] = (NOW - 60 + place) * DAY
    after = min(HIGHEST, level + sum(world.truth[resource] for resource in taken))
    days = [NOW - 150 + 20 * place for place in range(BEFORE)] + [NOW - 40 + 10 * place for place in range(AFTER)]
    levels = [*learner.shown, *(_shown(after, chance) for _ in range(AFTER))]
    return [_evidence(f"{number}/{place}", number, level, day * DAY)
            for place, (level, day) in enumerate(zip(levels, days, strict=True))], taken


def _shown(level: float, chance: random.Random) -> float:
    return min(HIGHEST, max(LOWEST, round(2 * (level + chance.gauss(0, ERROR))) / 2))


def _evidence(statement: str, number: int, level: float, happened: int) -> Evidence:
    _, above, below = graded(level)
    return Evidence(statement, "A", "C1", f"mbox|mailto:{number}@example.com", level, 1.0, happened, statement, None,
                    "http://example.com/assessment", (), above, below)


def measure(world: World, seed: int) -> dict[str, tuple[float, float, float, float]]:
    """By resource: what is reported, its interval, and what plans would count with."""
    chance = random.Random(seed)
    offers = [Offer(code, "course", 60, (Closing("C1", 1.0, 4.0, world.expected),)) for code in world.truth]
    histories = [history(world, number, chance) for number in range(world.people)]
    training = trained(offers)
    found = effects(offers, (window for evidence, taken in histories
                             for window in windows(training, taken, evidence, Standard())))
    return {each.resource: (each.change, each.low, each.high, each.combined) for each in found}


def main() -> None:
    print(f"{WORLDS} worlds of each kind; levels; the author expects 0.3 of every resource\n")
    print(f"{'world':<42} {'truth':>6} {'mean':>6} {'in 90 %':>8} {'shown':>6} {'plans':>6}")
    for name, world in WORLDS_BY_NAME.items():
        runs = [measure(world, seed) for seed in range(WORLDS)]
        for resource, truth in world.truth.items():
            found = [run[resource] for run in runs if resource in run]
            held = fmean(low <= truth <= high for _, low, high, _ in found)
            shown = fmean(low > 0 or high < 0 for _, low, high, _ in found)
            print(f"{name + ', ' + resource:<42} {truth:>6.2f} {fmean(each[0] for each in found):>6.2f} {held:>8.0%} "
                  f"{shown:>6.0%} {fmean(each[3] for each in found):>6.2f}", flush=True)


if __name__ == "__main__":
    main()
