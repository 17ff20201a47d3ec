"""Alignments: which statements bear on which competencies, and how their outcome is read.

A template is a Statement Template of the xAPI Profiles specification: determining properties, and rules with
location, selector, presence, any, all and none. Context activities are Arrays in whatever the store accepted.
"""

from dataclasses import dataclass
from typing import Any

from mongoengine import DictField, Document, FloatField, ListField, StringField

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


class Alignment(Document):  # type: ignore[misc]  # mongoengine ships no types
    """A template, the way its outcome is read, what it is worth, and whom it trusts."""

    code = StringField(primary_key=True)
    title = DictField(required=True)
    template = DictField(required=True)
    outcome = DictField(required=True)
    competencies = ListField(StringField())  # none where the outcome names them itself
    weight = FloatField(min_value=0, required=True)
    ceiling = FloatField(required=True)  # the highest level that it can prove
    authorities = ListField(StringField())  # actor keys; none: every credential of the store
    meta = {"collection": "alignments", "auto_create_index": False}


@dataclass(frozen=True)
class Failure:
    """A part of a template that a statement doesn't meet: the property or rule, its path, and what is there."""

    rule: str
    path: str
    found: tuple[Any, ...]


def failures(template: dict[str, Any], statement: dict[str, Any]) -> list[Failure]:
    """Why a statement doesn't match a template; empty when it does."""
    failed = [failure for name, path in DETERMINING.items() if name in template
              and (failure := _determining(name, path, template[name], statement))]
    return failed + [failure for rule in template.get("rules", ()) if (failure := _rule(rule, statement))]


def _determining(name: str, path: str, wanted: str | list[str], statement: dict[str, Any]) -> Failure | None:
    """Profiles: of several types "all of the values MUST be present"."""
    found = select(statement, path)
    missing = {wanted} if isinstance(wanted, str) else set(wanted)
    return Failure(f"{name} is {wanted}", path, tuple(found)) if missing - set(found) else None


def _rule(rule: dict[str, Any], statement: dict[str, Any]) -> Failure | None:
    path = rule["location"]
    found = select(statement, path)
    if "selector" in rule:
        found = [inner for value in found for inner in select(value, rule["selector"])]
        path = f"{path} » {rule['selector']}"
    presence = rule.get("presence")
    if presence == "included" and not found:
        return Failure("presence is included", path, ())
    if presence == "excluded" and found:
        return Failure("presence is excluded", path, tuple(found))
    if "any" in rule and not any(_among(value, rule["any"]) for value in found):
        return Failure(f"any of {rule['any']}", path, tuple(found))
    if "all" in rule and not (found and all(_among(value, rule["all"]) for value in found)):
        return Failure(f"all among {rule['all']}", path, tuple(found))
    if "none" in rule and any(_among(value, rule["none"]) for value in found):
        return Failure(f"none of {rule['none']}", path, tuple(found))
    return None


def _among(value: Any, choices: list[Any]) -> bool:
    """JSON's equality: true is no 1."""
    return any(value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in choices)
