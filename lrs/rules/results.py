"""Results and scores (Data 2.4.5)."""

from typing import Any

from lrs.rules.formats import is_duration
from lrs.rules.refusal import refuse, refuse_unknown
from lrs.rules.values import check_boolean, check_extensions, check_number, check_object, check_string

RESULT_KEYS = frozenset(("score", "success", "completion", "response", "duration", "extensions"))
SCORE_KEYS = frozenset(("scaled", "raw", "min", "max"))


def check_result(result: Any, at: str) -> None:
    check_object(result, "XAPI-00006", at)
    if not result.keys() <= RESULT_KEYS:
        refuse_unknown(result, RESULT_KEYS, at)
    if "score" in result:
        _check_score(result["score"], f"{at}/score")
    if "success" in result:
        check_boolean(result["success"], "XAPI-00074", f"{at}/success")
    if "completion" in result:
        check_boolean(result["completion"], "XAPI-00075", f"{at}/completion")
    if "response" in result:
        check_string(result["response"], "XAPI-00076", f"{at}/response")
    if "duration" in result:
        check_string(result["duration"], "XAPI-00077", f"{at}/duration")
        if not is_duration(result["duration"]):
            refuse("XAPI-00124", f"{at}/duration", result["duration"])
    if "extensions" in result:
        check_extensions(result["extensions"], f"{at}/extensions")


def _check_score(score: Any, at: str) -> None:
    check_object(score, "XAPI-00079", at)
    if not score.keys() <= SCORE_KEYS:
        refuse_unknown(score, SCORE_KEYS, at)
    for key, requirement in (("scaled", "XAPI-00083"), ("max", "XAPI-00080"), ("min", "XAPI-00081"),
                             ("raw", "XAPI-00082")):
        if key in score:
            check_number(score[key], requirement, f"{at}/{key}")
    if "scaled" in score and not -1 <= score["scaled"] <= 1:
        refuse("XAPI-00083", f"{at}/scaled", score["scaled"])
    if "min" in score and "max" in score and score["min"] >= score["max"]:
        refuse("XAPI-00081", f"{at}/min", score["min"])
    if "raw" in score:
        _check_raw(score, f"{at}/raw")


def _check_raw(score: dict[str, Any], at: str) -> None:
    if ("min" in score and score["raw"] < score["min"]) or ("max" in score and score["raw"] > score["max"]):
        refuse("XAPI-00082", at, score["raw"])
