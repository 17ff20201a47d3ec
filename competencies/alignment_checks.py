"""What an alignment that somebody sends must be like, so that every statement can be held against it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from competencies.alignments import DETERMINING, LISTED, Alignment
from competencies.jsonpath import BadPath, parse
from competencies.outcomes import COMPLETION, HIGHEST, LOWEST, RUBRIC
from lrs.errors import Invalid
from lrs.rules.refusal import escaped

POINTS = [[0.0, 1.0], [0.5, 2.0], [0.8, 3.0], [1.0, 4.0]]  # where none are stated
SUCCEEDED, FAILED = 3.0, 1.0
PRESENCE = ("included", "excluded", "recommended")
VALUES = ("any", "all", "none")
LONGEST_PATH = 500  # characters
MOST_RULES, MOST_VALUES = 50, 1000  # of a template; of one rule
LARGEST = 2**63 - 1
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+")
NOTES = ("scopeNote",)  # members of a rule that say nothing of statements
STATED: dict[str, tuple[str, ...]] = {  # what an outcome of each kind may state
    "scaled": ("points", "mastery"), "raw": ("points", "mastery", "min", "max"), "success": ("succeeded", "failed"),
    "result": ("points", "mastery", "min", "max", "succeeded", "failed"), "duration": ("points", "target"),
    "count": ("points", "target", "path"), COMPLETION: (), RUBRIC: ()}


@dataclass(frozen=True)
class Known:
    """What an alignment may refer to: competencies by code, and the templates of imported profiles by id."""

    competencies: Collection[str]
    templates: Mapping[str, dict[str, Any]]


def checked(alignment: Alignment, known: Known) -> Alignment:
    """The alignment with its outcome complete. Raises Invalid, with a pointer."""
    template = alignment.template
    check_template(template, "/template")
    if alignment.verbs is None and "objectActivityType" not in template and not alignment.activities:
        raise Invalid("/template", "a verb, an objectActivityType or activities must be stated: without one, every "
                                   "statement of the store would be held against it")
    outcome = _outcome(alignment.outcome)
    for index, each in enumerate(alignment.competencies):
        if each not in known.competencies:
            raise Invalid(f"/competencies/{index}", f"there is no competency {each!r}")
    listed = alignment.bears_on == LISTED and outcome["kind"] != RUBRIC
    if listed != bool(alignment.competencies):
        raise Invalid("/competencies", "at least one must be listed" if listed else
                      "none is listed where the rubric, or what a statement names or a resource trains, says which")
    if outcome["kind"] == COMPLETION and alignment.weight:
        raise Invalid("/weight", "completion has the weight 0: doing isn't mastering")
    return Alignment(**{**vars(alignment), "outcome": outcome, "template": without_notes(template),
                        "competencies": list(dict.fromkeys(alignment.competencies))})


def without_notes(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template that was checked, without what its rules say to people."""
    rules = [{name: value for name, value in rule.items() if name not in NOTES} for rule in template.get("rules", ())]
    return {**template, **({"rules": rules} if rules else {})}


def check_template(template: Any, at: str) -> None:
    """Raises Invalid where it is no Statement Template of what Waymark looks at."""
    if not isinstance(template, dict):
        raise Invalid(at, "it must be an Object, or the id of an imported profile's template")
    if unknown := template.keys() - DETERMINING.keys() - {"rules"}:
        raise Invalid(f"{at}/{escaped(min(unknown))}",
                      f"there is no such property; there are {', '.join(DETERMINING)}, rules")
    for name in template.keys() & DETERMINING.keys():
        value, single = template[name], name in ("verb", "objectActivityType")
        if not isinstance(value, str) and (single or not _are_strings(value)):
            raise Invalid(f"{at}/{name}", "it must be a string" if single else "it must be a string, or a list of them")
        for each in [value] if isinstance(value, str) else value:
            if not IRI.fullmatch(each):
                raise Invalid(f"{at}/{name}", f"{each!r:.200} is no IRI")
    rules = template.get("rules", [])
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise Invalid(f"{at}/rules", f"it must be a list of at most {MOST_RULES} rules")
    for index, rule in enumerate(rules):
        _check_rule(rule, f"{at}/rules/{index}")


def _check_rule(rule: Any, at: str) -> None:
    if not isinstance(rule, dict):
        raise Invalid(at, "it must be an Object")
    if unknown := rule.keys() - {"location", "selector", "presence", *VALUES, *NOTES}:
        raise Invalid(f"{at}/{escaped(min(unknown))}", "a rule has location, selector, presence, any, all, none")
    check_path(rule.get("location"), f"{at}/location")
    if "selector" in rule:
        check_path(rule["selector"], f"{at}/selector")
    if "presence" in rule and rule["presence"] not in PRESENCE:
        raise Invalid(f"{at}/presence", f"it must be one of {', '.join(PRESENCE)}")
    for name in rule.keys() & set(VALUES):
        if not isinstance(rule[name], list) or not 0 < len(rule[name]) <= MOST_VALUES:
            raise Invalid(f"{at}/{name}", f"it must be a list of 1 to {MOST_VALUES} values")
        for index, value in enumerate(rule[name]):
            if not isinstance(value, str | bool | int | float | None) or (
                    isinstance(value, int) and abs(value) > LARGEST):
                raise Invalid(f"{at}/{name}/{index}", "it must be a string, a number of 64 bits, true, false or null")
    if not rule.keys() & {"presence", *VALUES}:
        raise Invalid(at, "it must have presence, any, all or none (Profiles, Structure 8.1)")


def check_path(path: Any, at: str) -> None:
    """Raises Invalid where it isn't of the JSONPath that templates may use."""
    if not isinstance(path, str) or len(path) > LONGEST_PATH:
        raise Invalid(at, f"it must be a string of at most {LONGEST_PATH} characters")
    try:
        parse(path)
    except BadPath as bad:
        raise Invalid(at, str(bad)) from None


def _outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    kind = outcome.get("kind")
    if not isinstance(kind, str) or kind not in STATED:
        raise Invalid("/outcome/kind", f"it must be one of {', '.join(STATED)}")
    stated = STATED[kind]
    if unknown := outcome.keys() - {"kind", *stated}:
        raise Invalid(f"/outcome/{escaped(min(unknown))}",
                      f"an outcome of kind {kind} states {', '.join(stated) or 'nothing'}")
    defaults = {"points": POINTS, "succeeded": SUCCEEDED, "failed": FAILED}
    complete = {**{name: defaults[name] for name in stated if name in defaults}, **outcome}
    for name, (lowest, highest) in {"succeeded": (LOWEST, HIGHEST), "failed": (LOWEST, HIGHEST),
                                    "min": (-1e9, 1e9), "max": (-1e9, 1e9)}.items():
        if name in complete:
            _check_number(complete[name], lowest, highest, f"/outcome/{name}")
    if "target" in stated:
        _check_number(complete.get("target"), 1e-9, 1e9, "/outcome/target")
    if "path" in stated:
        check_path(complete.get("path"), "/outcome/path")
    if "points" in stated:
        _check_points(complete["points"])
    if "mastery" in complete:
        _check_mastery(complete["mastery"])
    return complete


def _check_points(points: Any) -> None:
    if not isinstance(points, list) or len(points) < 2:
        raise Invalid("/outcome/points", "it must be a list of at least two pairs of a share and a level")
    for index, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 2:
            raise Invalid(f"/outcome/points/{index}", "it must be a share and a level")
        _check_number(point[0], 0, 1e9, f"/outcome/points/{index}/0")
        _check_number(point[1], LOWEST, HIGHEST, f"/outcome/points/{index}/1")
    for index, (left, right) in enumerate(pairwise(points), 1):
        if left[0] >= right[0]:
            raise Invalid(f"/outcome/points/{index}/0", "shares must rise from point to point")


def _check_mastery(mastery: Any) -> None:
    if not isinstance(mastery, dict) or mastery.keys() != {"path", "level"}:
        raise Invalid("/outcome/mastery", "it must have a path and a level, and no more")
    check_path(mastery["path"], "/outcome/mastery/path")
    _check_number(mastery["level"], LOWEST, HIGHEST, "/outcome/mastery/level")


def _check_number(value: Any, lowest: float, highest: float, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise Invalid(at, f"it must be a number from {lowest:g} to {highest:g}")


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)
