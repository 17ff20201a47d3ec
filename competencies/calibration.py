"""What estimates are measured by: thresholds, difficulties, severities and how much learners differ (pure).

A calibration is versioned and frozen. Version 0 takes activities at the levels that they declare.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from competencies.learner import Spread
from competencies.outcomes import HALF, HIGHEST, LOWEST


class Item(NamedTuple):
    """An activity: by how many logits it is harder than it declares, and how much ability counts in it."""

    difficulty: float = 0.0
    loading: float = 1.0


AS_DECLARED = Item()


@dataclass(frozen=True)
class Calibration:
    """One version."""

    version: int
    thresholds: tuple[float, ...]  # in logits, between each two levels: at LOWEST + ½, LOWEST + 1½, …
    spread: Spread
    within: float  # the correlation of views of one attempt: n of them count as n / (1 + (n - 1) · within)
    means: Mapping[str, float] = field(default_factory=dict)  # by competency, in logits, of all learners
    items: Mapping[str, Item] = field(default_factory=dict)  # by activity
    severities: Mapping[str, float] = field(default_factory=dict)  # by assessor, in logits

    @property
    def steepness(self) -> float:
        """Logits a level, around the middle of the scale."""
        return (self.thresholds[-1] - self.thresholds[0]) / (len(self.thresholds) - 1)

    def logit(self, level: float) -> float:
        """Straight between the thresholds, and on beyond them."""
        place = min(max(int(level - LOWEST - HALF), 0), len(self.thresholds) - 2)
        low, high = self.thresholds[place:place + 2]
        return low + (high - low) * (level - LOWEST - HALF - place)

    def level(self, logit: float) -> float:
        """The inverse of `logit`, on the scale."""
        place = min(max(bisect_right(self.thresholds, logit) - 1, 0), len(self.thresholds) - 2)
        low, high = self.thresholds[place:place + 2]
        return min(HIGHEST, max(LOWEST, LOWEST + HALF + place + (logit - low) / (high - low)))


DECLARED = Calibration(
    version=0, thresholds=(-3.7, 0.0, 3.7), within=0.5,
    spread=Spread(ability=0.0, competency=4.3, form=0.0, ability_drift=0.0, competency_drift=0.02, daily_drift=0.0035,
                  form_kept=0.0, most=4.3))
