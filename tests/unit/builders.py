"""What several unit tests start from: one plain thing of each kind, to be changed by keyword."""

import os
from typing import Any

from hypothesis import settings

from competencies.alignments import Alignment
from competencies.evidence import DAY, Evidence
from competencies.frameworks import Decay
from competencies.outcomes import graded
from competencies.proficiency import Proficiency
from competencies.roles import Target

NOW = 20_000 * DAY  # microseconds since 1970 UTC: a day in 2024
LI, WU, EXAMINER = ({"mbox": f"mailto:{name}@example.com"} for name in ("li", "wu", "examiner"))


FUZZ = int(os.environ.get("FUZZ", "1"))  # how many times as many examples as usual


def examples(most: int) -> settings:
    return settings(max_examples=most * FUZZ, deadline=None, database=None)


def statement(**changes: Any) -> dict[str, Any]:
    """A stored statement: Li passed a drill with a scaled score of 0.5."""
    return {"id": "6c1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f01", "actor": LI, "authority": EXAMINER,
            "verb": {"id": "http://example.com/verbs/passed"}, "object": {"id": "http://example.com/drill"},
            "result": {"score": {"scaled": 0.5}, "success": True, "completion": True},
            "timestamp": "2026-01-05T10:00:00Z", "stored": "2026-01-05T10:00:01Z", **changes}


def alignment(**changes: Any) -> Alignment:
    """An alignment that takes every statement's success for the competencies C1 and C2."""
    given = {"code": "A", "title": {"en": "A"}, "template": {}, "competencies": ["C1", "C2"], "weight": 1.0,
             "ceiling": 4.0, "authorities": [], "outcome": {"kind": "success", "succeeded": 3, "failed": 1.5}}
    return Alignment(**{**given, **changes})


def evidence(number: int = 0, **changes: Any) -> Evidence:
    """Evidence of level 2.5 from statement `number`, in an attempt of its own, that happened now."""
    given = {"statement": f"s{number}", "alignment": "A", "competency": "C1", "actor": "mbox|mailto:li@example.com",
             "level": 2.5, "weight": 1.0, "happened": NOW, "attempt": f"t{number}", "assessor": None,
             "activity": "http://example.com/drill"}
    _, above, below = graded(changes.get("level", given["level"]))
    return Evidence(**{**given, "above": above, "below": below, **changes})


def proficiency(**changes: Any) -> Proficiency:
    given = {"competency": "C1", "level": 2.0, "low": 1.5, "high": 2.5,
             "deviation": 0.3, "n": 3, "last": NOW, "stale": False,
             "last_statement": "s1", "last_began": NOW, "last_activity": "http://example.com/drill",
             "last_alignment": "A", "moved": 0.2, "forgotten": 0.0,
             "decay": Decay(), "difficulty": 0.0, "disagreement": 0.0, "shares": (("s1", 0.4), ("s2", 0.3))}
    return Proficiency(**{**given, **changes})


def target(**changes: Any) -> Target:
    return Target(**{"competency": "C1", "level": 3.0, "criticality": "normal", "mandatory": False, **changes})
