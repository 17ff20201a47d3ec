"""Frameworks, their competencies, how these hang together, and the rubrics by which they are assessed."""

from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from mongoengine import DictField, Document, FloatField, IntField, ListField, Q, StringField

ASSOCIATIONS = ("isChildOf", "isPartOf", "precedes", "isRelatedTo")
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
    place = IntField(required=True)  # in the framework's order
    meta = {"collection": "competencies", "auto_create_index": False}


class Association(Document):  # type: ignore[misc]
    """How one competency stands to another, in CASE's words (CASE 1.1, CFAssociation)."""

    key = StringField(primary_key=True)
    type = StringField(choices=ASSOCIATIONS, required=True)
    origin = StringField(required=True)
    destination = StringField(required=True)
    weight = FloatField()  # of isPartOf: how much of the destination the origin makes up
    meta = {"collection": "associations", "auto_create_index": False}


class Rubric(Document):  # type: ignore[misc]
    """Weighted criteria for one competency, each with a descriptor for each level, and the topics that it shows too."""

    code = StringField(primary_key=True)
    competency = StringField(required=True)
    title = DictField(required=True)
    criteria = ListField(DictField())
    meta = {"collection": "rubrics", "auto_create_index": False}

    def weighing(self) -> "Weighing":
        return Weighing(self.competency, {each["code"]: float(each["weight"]) for each in self.criteria},
                        {each["code"]: tuple(each.get("competencies", ())) for each in self.criteria})


class Weighing(NamedTuple):
    """What a rubric's criteria weigh for its competency, and which competencies each of them is evidence on besides."""

    competency: str
    weights: dict[str, float]
    besides: dict[str, tuple[str, ...]]


def weighings() -> dict[str, Weighing]:
    """By rubric code."""
    return {rubric.code: rubric.weighing() for rubric in Rubric.objects}


def rubrics_of(competencies: list[str]) -> list[Rubric]:
    return list(Rubric.objects(competency__in=competencies).order_by("code"))


def drawn_on() -> dict[str, dict[str, float]]:
    """By competency, the topics that it draws on, and how much of it each makes up."""
    found: dict[str, dict[str, float]] = {}
    for each in Association.objects(type="isPartOf"):
        found.setdefault(each.destination, {})[each.origin] = each.weight
    return found


def associations_of(competencies: list[str]) -> list[Association]:
    """Those that have one of these at either end."""
    return list(Association.objects(Q(origin__in=competencies) | Q(destination__in=competencies)).order_by("key"))


def codes_by_urn() -> dict[str, str]:
    """Each competency's code by the URN of its id, which is the same in every installation."""
    return {identifier("competencies", code).urn: code for code in Competency.objects.scalar("code")}


def names() -> dict[str, dict[str, Any]]:
    """Each competency's name, by code."""
    return {each.code: each.name for each in Competency.objects.only("code", "name")}
