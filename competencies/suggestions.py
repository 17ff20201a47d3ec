"""What a store's unmatched statements could be aligned by, most frequent first: a draft for each verb and type."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from bson import ObjectId
from pymongo.database import Database

from competencies.outcomes import COMPLETION
from competencies.projection import COVERAGE, reading
from lrs.statements import Lrs

MOST, SAMPLE = 20, 20  # kinds of statements, and statements of each that are looked at
MOST_ACTIVITIES = 5


def suggested(database: Database[Any], lrs: Lrs, store: ObjectId,
              kinds: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each unmatched kind, as coverage counts them, what to PUT under /alignments once the competencies are filled
    in. Kinds that have nothing to read but that they happened come as completion, which proves no level.
    """
    unmatched = [kind for kind in kinds if kind["outcome"] == "unmatched"][:MOST]
    return [_suggestion(database, lrs, store, kind) for kind in unmatched]


def _suggestion(database: Database[Any], lrs: Lrs, store: ObjectId, kind: Mapping[str, Any]) -> dict[str, Any]:
    of_kind = {"store": store, "outcome": "unmatched", "verb": kind["verb"], "type": kind["type"]}
    sample = reading(lambda: list(database[COVERAGE].find(of_kind, {"activity": 1}).limit(SAMPLE)))
    rows = lrs.statements.get([each["_id"] for each in sample], "body")
    read = Counter(_readable(orjson.loads(row["body"]).get("result", {})) for row in rows.values())
    outcome = read.most_common(1)[0][0] if read else COMPLETION
    template = {"verb": kind["verb"], **({"objectActivityType": kind["type"]} if kind["type"] else {})}
    weight = {"weight": 0} if outcome == COMPLETION else {}
    least = {"min": 0} if outcome == "raw" else {}  # where the tool sends none
    activities = Counter(each["activity"] for each in sample if each["activity"])
    return {"verb": kind["verb"], "type": kind["type"], "statements": kind["statements"],
            "activities": [activity for activity, _ in activities.most_common(MOST_ACTIVITIES)],
            "alignment": {"template": template, "outcome": {"kind": outcome, **least}, "competencies": [], **weight}}


def _readable(result: Mapping[str, Any]) -> str:
    """The kind of outcome that reads most of this result."""
    score = result.get("score", {})
    if "scaled" in score:
        return "scaled"
    if "raw" in score and "max" in score:
        return "raw"
    return "success" if "success" in result else COMPLETION
