"""Frameworks, their competencies and the rubrics by which these are assessed."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from mongoengine import DictField, Document, ListField, StringField

NAMESPACE = uuid5(NAMESPACE_URL, "https://waymark.example/catalogue")


def identifier(kind: str, code: str) -> UUID:
    """The UUID that a code always has, in every installation."""
    return uuid5(NAMESPACE, f"{kind}/{code}")


class Framework(Document):  # type: ignore[misc]  # mongoengine ships no types
    """A set of competencies on one scale."""

    code = StringField(primary_key=True)
    version = StringField(required=True)
    title = DictField(required=True)
    description = DictField()
    scale = ListField(DictField())
    meta = {"collection": "frameworks", "auto_create_index": False}


class Competency(Document):  # type: ignore[misc]
    """Something that a person can be more or less able to do, with an observable behaviour for each level."""

    code = StringField(primary_key=True)
    framework = StringField(required=True)
    name = DictField(required=True)
    statement = DictField(required=True)
    levels = ListField(DictField())
    meta = {"collection": "competencies", "auto_create_index": False}


class Rubric(Document):  # type: ignore[misc]
    """Weighted criteria for one competency, each with a descriptor for each level."""

    code = StringField(primary_key=True)
    competency = StringField(required=True)
    title = DictField(required=True)
    criteria = ListField(DictField())
    meta = {"collection": "rubrics", "auto_create_index": False}

    def weights(self) -> dict[str, float]:
        return {criterion["code"]: float(criterion["weight"]) for criterion in self.criteria}


def rubric_weights() -> dict[str, tuple[str, dict[str, float]]]:
    """By rubric code: the competency, and each criterion's weight."""
    return {rubric.code: (rubric.competency, rubric.weights()) for rubric in Rubric.objects}


def codes_by_urn() -> dict[str, str]:
    """Each competency's code by the URN of its id, which is the same in every installation."""
    return {identifier("competencies", code).urn: code for code in Competency.objects.scalar("code")}


def names() -> dict[str, dict[str, Any]]:
    """Each competency's name, by code."""
    return {each.code: each.name for each in Competency.objects.only("code", "name")}
