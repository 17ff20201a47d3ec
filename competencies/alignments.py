"""Alignments: which statements bear on which competencies, and how their outcome is read.

A template is a Statement Template of the xAPI Profiles specification: determining properties, and rules with
location, selector, presence, any, all and none. Context activities are Arrays in whatever the store accepted.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from mongoengine import BooleanField, DictField, FloatField, ListField, StringField

from competencies.catalogued import Catalogued
from competencies.jsonpath import select

DETERMINING = {  # property → where its value stands
    "verb": "$.verb.id",
    "objectActivityType": "$.object.definition.type",
    "contextParentActivityType": "$.context.contextActivities.parent[*].definition.type",
    "contextGroupingActivityType": "$.context.contextActivities.grouping[*].definition.type",
    "contextCategoryActivityType": "$.context.contextActivities.category[*].definition.type",
    "contextOtherActivityType": "$.context.contextActivities.other[*].definition.type",
    "attachmentUsageType": "$.attachments[*].usageType",
}
LISTED, NAMED, RESOURCE = "listed", "named", "resource"
BEARING = (LISTED, NAMED, RESOURCE)


@dataclass(frozen=True)
class Alignment:
    """A template, the way its outcome is read, what it is worth, and whom it trusts."""

    code: str
    title: dict[str, str]
    template: dict[str, Any]
    outcome: dict[str, Any]
    competencies: list[str]  # where it bears on those that are listed
    weight: float
    ceiling: float  # the highest level that it can prove
    authorities: list[str]  # actor keys; none: every credential of the store
    bears_on: str = LISTED  # or on those that an activity names by URN, or that the activity's resource trains
    rolled_up: bool = False  # it counts for its parent: the questions of a quiz are views of one attempt at it
    activities: Collection[str] = ()  # the objects that it takes, by id or by its beginning and a *; none: any

    @property
    def verbs(self) -> frozenset[str] | None:
        """The verbs that a statement must have one of to match; None where any will do."""
        if "verb" in self.template:
            return frozenset((str(self.template["verb"]),))
        for rule in self.template.get("rules", ()):
            if rule["location"] == DETERMINING["verb"] and "any" in rule and "selector" not in rule:
                return frozenset(each for each in rule["any"] if isinstance(each, str))
        return None

    @property
    def measures(self) -> bool:
        """Whether what it bears on follows from the catalogue: from rubrics, names or resources."""
        return self.bears_on != LISTED or self.outcome["kind"] == "rubric"

    def takes(self, activity: str) -> bool:
        return not self.activities or any(
            activity.startswith(each[:-1]) if each.endswith("*") else activity == each for each in self.activities)


class StoredAlignment(Catalogued):
    """A built-in Alignment. Reading a field of a Document is slow: statements are held against plain ones."""

    title = DictField(required=True)
    template = DictField(required=True)
    outcome = DictField(required=True)
    competencies = ListField(StringField())
    weight = FloatField(min_value=0, required=True)
    ceiling = FloatField(required=True)
    authorities = ListField(StringField())
    bears_on = StringField(choices=BEARING, default=LISTED)
    rolled_up = BooleanField(default=False)
    meta = {"collection": "alignments", "auto_create_index": False}

    def plain(self) -> Alignment:
        unsaid: dict[str, Any] = {"competencies": [], "authorities": [], "activities": []}
        stored = {**unsaid, **self.to_mongo().to_dict(), "code": self.code}
        return Alignment(**{field.name: stored[field.name] for field in fields(Alignment)})


class Alignments:
    """All of a catalogue, and quickly those that a statement has the verb and the object for."""

    def __init__(self, alignments: Iterable[Alignment]) -> None:
        self.all = list(alignments)
        elsewhere = [each for each in self.all if not each.activities]
        self._of_any = [each for each in elsewhere if each.verbs is None]
        named = {verb for each in elsewhere for verb in each.verbs or ()}
        self._of_verb = {verb: [each for each in elsewhere if each.verbs is None or verb in each.verbs]
                         for verb in named}
        self._of_activity: dict[str, list[Alignment]] = {}
        for alignment in self.all:
            for activity in alignment.activities:
                self._of_activity.setdefault(activity, []).append(alignment)
        self._lengths = sorted({len(each) - 1 for each in self._of_activity if each.endswith("*")})

    def meeting(self, verb: str, activity: str) -> list[Alignment]:
        """Those whose templates a statement with this verb and this object can meet."""
        found = self._of_verb.get(verb, self._of_any)
        if not self._of_activity:
            return found
        named = [activity, *(f"{activity[:length]}*" for length in self._lengths if length <= len(activity))]
        beside = {each.code: each for name in named for each in self._of_activity.get(name, ())}
        return [*found, *beside.values()]


@dataclass(frozen=True)
class Failure:
    """A part of a template that a statement doesn't meet: the property or rule, its path, and what is there."""

    rule: str
    path: str
    found: tuple[Any, ...]


def failures(template: dict[str, Any], statement: dict[str, Any]) -> Iterator[Failure]:
    """Why a statement doesn't match a template, found out one by one; none when it does."""
    for name, path in DETERMINING.items():
        if name in template and (failure := _determining(name, path, template[name], statement)):
            yield failure
    for rule in template.get("rules", ()):
        if failure := _rule(rule, statement):
            yield failure


def _determining(name: str, path: str, wanted: str | list[str], statement: dict[str, Any]) -> Failure | None:
    """Profiles: of several types "all of the values MUST be present"."""
    found = select(statement, path)
    missing = {wanted} if isinstance(wanted, str) else set(wanted)
    return Failure(f"{name} is {wanted}", path, tuple(found)) if missing - set(found) else None


def _rule(rule: dict[str, Any], statement: dict[str, Any]) -> Failure | None:
    """Profiles, Structure 8.1. A value at the location in which the selector finds nothing is unmatchable."""
    path, found, unmatchable = rule["location"], select(statement, rule["location"]), False
    if "selector" in rule:
        selected = [select(value, rule["selector"]) for value in found]
        unmatchable = not all(selected)
        found = [inner for values in selected for inner in values]
        path = f"{path} » {rule['selector']}"
    presence = rule.get("presence")
    if presence == "included" and (not found or unmatchable):
        return Failure("presence is included", path, tuple(found))
    if presence == "excluded":  # "any", "all" and "none" are asked of what may be there
        return Failure("presence is excluded", path, tuple(found)) if found else None
    if presence == "recommended" and not found:
        return None
    return _values_failure(rule, path, found, unmatchable)


def _values_failure(rule: dict[str, Any], path: str, found: list[Any], unmatchable: bool) -> Failure | None:
    if "any" in rule and not any(_among(value, rule["any"]) for value in found):
        return Failure(f"any of {rule['any']}", path, tuple(found))
    if "all" in rule and (unmatchable or not all(_among(value, rule["all"]) for value in found)):
        return Failure(f"all among {rule['all']}", path, tuple(found))
    if "none" in rule and any(_among(value, rule["none"]) for value in found):
        return Failure(f"none of {rule['none']}", path, tuple(found))
    return None


def _among(value: Any, choices: list[Any]) -> bool:
    """JSON's equality: true is no 1."""
    return any(value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in choices)
