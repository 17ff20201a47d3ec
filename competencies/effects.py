"""What was measured before and after people took a resource, side by side (pure).

This is raw: nothing accounts for who takes what, nor for what they do beside it. What the resource itself reports
counts on neither side.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from competencies.evidence import Evidence
from competencies.learner import NINETY_PERCENT
from competencies.proficiency import Standard, estimate
from competencies.resources import Offer

FEWEST = 3  # people for an interval


@dataclass(frozen=True)
class Effect:
    """One resource and one competency that it trains, over those with evidence on both sides of taking it."""

    resource: str
    competency: str
    people: int
    before: float  # the mean of their levels
    after: float
    change: float
    low: float | None  # the 90 % interval of the mean change; None for fewer than FEWEST people
    high: float | None
    expected: float  # levels gained, as the resource's author says


def effects(offers: Iterable[Offer], taken: Mapping[str, Mapping[str, int]],
            evidence: Mapping[str, Collection[Evidence]], standard: Standard) -> list[Effect]:
    """By resource and competency. `taken`: by person, when they first took which resource (microseconds), by code;
    `evidence`: by person.
    """
    found = []
    for offer in offers:
        for closing in offer.closings:
            pairs = [pair for person, moments in taken.items() if offer.code in moments and (pair := _sides(
                evidence.get(person, ()), closing.competency, offer.activities, moments[offer.code], standard))]
            if pairs:
                found.append(_effect(offer.code, closing.competency, closing.effect, pairs))
    return found


def _sides(evidence: Collection[Evidence], competency: str, own: Collection[str], moment: int,
           standard: Standard) -> tuple[float, float] | None:
    """The level at a moment by the evidence before it, and that at the end of the evidence after it; None without both.
    """
    told = [each for each in evidence if each.competency == competency and each.activity not in own]
    before = estimate((each for each in told if each.happened < moment), moment, *standard)
    later = [each for each in told if each.happened > moment]
    after = estimate(later, max((each.happened for each in later), default=moment), *standard)
    return (before[competency].level, after[competency].level) if before and after else None


def _effect(resource: str, competency: str, expected: float, pairs: list[tuple[float, float]]) -> Effect:
    changes = [after - before for before, after in pairs]
    change, low, high = mean(changes), None, None
    if len(pairs) >= FEWEST:
        margin = NINETY_PERCENT * stdev(changes) / sqrt(len(pairs))
        low, high = round(change - margin, 2), round(change + margin, 2)
    return Effect(resource, competency, len(pairs), round(mean(before for before, _ in pairs), 2),
                  round(mean(after for _, after in pairs), 2), round(change, 2), low, high, expected)
