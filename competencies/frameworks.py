"""Frameworks, their competencies, how these hang together, and the rubrics by which they are assessed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from bson import ObjectId
from mongoengine import DictField, FloatField, IntField, ListField, Q, StringField

from competencies.catalogued import Catalogued
from lrs.errors import Invalid

ASSOCIATIONS = ("isChildOf", "isPartOf", "precedes", "isRelatedTo")
CARRYING = ("exactMatchOf", "replacedBy")  # by these, evidence on one competency counts for another
MOST_COUNTED = 20
NAMESPACE = uuid5(NAMESPACE_URL, "https://waymark.example/catalogue")


def identifier(kind: str, code: str) -> UUID:
    """The UUID that a code always has, in every installation."""
    return uuid5(NAMESPACE, f"{kind}/{code}")


class Decay(NamedTuple):
    """What is forgotten without practice: half of what is above the floor in each half-life."""

    half_life: float = 730.0  # days
    floor: float = 2.0  # a level


class Framework(Catalogued):
    """A set of competencies on one scale."""

    version = StringField(required=True)
    title = DictField(required=True)
    description = DictField()
    scale = ListField(DictField())
    meta = {"collection": "frameworks", "auto_create_index": False}


class Competency(Catalogued):
    """Something that a person can be more or less able to do, with an observable behaviour for each level."""

    framework = StringField(required=True)
    name = DictField(required=True)
    statement = DictField(required=True)
    levels = ListField(DictField())
    place = IntField(required=True)  # in the framework's order
    decay = DictField()  # half_life, in days, and floor, a level; none: as Decay has them
    rule = DictField()  # attempts, of, within, alignments; none: no rule
    rollup = DictField()  # how, required, least; none: by weight, where it has parts
    meta = {"collection": "competencies", "auto_create_index": False}


class Association(Catalogued):
    """How one competency stands to another, in CASE's words (CASE 1.1, CFAssociation); its code is what it says."""

    type = StringField(choices=(*ASSOCIATIONS, *CARRYING), required=True)
    origin = StringField(required=True)
    destination = StringField(required=True)
    weight = FloatField()  # of isPartOf: how much of the destination the origin makes up
    meta = {"collection": "associations", "auto_create_index": False}


class Rubric(Catalogued):
    """Weighted criteria for one competency, each with a descriptor for each level, and the topics that it shows too."""

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


def weighings(store: ObjectId | None) -> dict[str, Weighing]:
    """By rubric code."""
    return {rubric.code: rubric.weighing() for rubric in Rubric.of(store)}


def rubrics_of(store: ObjectId, competencies: list[str]) -> list[Rubric]:
    return list(Rubric.of(store, competency__in=competencies).order_by("code"))


def drawn_on(store: ObjectId) -> dict[str, dict[str, float]]:
    """By competency, the topics that it draws on, and how much of it each makes up."""
    found: dict[str, dict[str, float]] = {}
    for each in Association.of(store, type="isPartOf"):
        found.setdefault(each.destination, {})[each.origin] = each.weight
    return found


def preceding(store: ObjectId) -> dict[str, tuple[str, ...]]:
    """By competency, those that plainly come first."""
    found: dict[str, tuple[str, ...]] = {}
    for each in Association.of(store, type="precedes").order_by("code"):
        found[each.destination] = (*found.get(each.destination, ()), each.origin)
    return found


def associations_of(store: ObjectId, competencies: list[str]) -> list[Association]:
    """Those that have one of these at either end."""
    either = Q(origin__in=competencies) | Q(destination__in=competencies)
    return list(Association.of(store).filter(either).order_by("code"))


def codes_by_urn(store: ObjectId | None) -> dict[str, str]:
    """Each competency's code by the URN of its id; that of a built-in one is the same in every installation."""
    return {identifier("competencies", key).urn: code for key, code in Competency.of(store).scalar("key", "code")}


def names(store: ObjectId) -> dict[str, dict[str, Any]]:
    """Each competency's name, by code."""
    return {each.code: each.name for each in Competency.of(store).only("code", "name")}


def decays_of(store: ObjectId) -> dict[str, Decay]:
    """By competency, what is forgotten of it, where it states that."""
    return {code: Decay(**decay) for code, decay in stated(store, "decay").items()}


def stated(store: ObjectId, what: str) -> dict[str, dict[str, Any]]:
    """By competency, its decay, rule or rollup, where it states one."""
    stating = Competency.of(store).filter(**{f"{what}__exists": True}).only("code", what)
    return {each.code: dict(found) for each in stating if (found := getattr(each, what))}


def parts_of(store: ObjectId) -> dict[str, dict[str, float]]:
    """By competency, what it is made of and the weight of each: what it draws on, else its children alike."""
    found: dict[str, dict[str, float]] = {}
    for each in Association.of(store, type="isChildOf"):
        found.setdefault(each.destination, {})[each.origin] = 1.0
    return found | drawn_on(store)


def carrying(store: ObjectId) -> Mapping[str, tuple[str, ...]] | None:
    """By competency, those that evidence on it counts for, now; None where each counts for itself alone.

    That which replaces it, and so on, and those that match it exactly, which work both ways.
    """
    if not Framework.objects(store=store).first():
        return None
    links = Association.of(store, type__in=CARRYING).scalar("type", "origin", "destination")
    return carried(names(store).keys(), links)


def carried(current: Collection[str], links: Iterable[tuple[str, str, str]]) -> dict[str, tuple[str, ...]]:
    """As `carrying`, of the codes that there are and of links as type, origin, destination (pure).

    Raises Invalid where evidence on one would count for more than MOST_COUNTED.
    """
    leads: dict[str, set[str]] = {code: set() for code in current}
    for kind, origin, destination in links:
        leads.setdefault(origin, set()).add(destination)
        leads.setdefault(destination, set())
        if kind == "exactMatchOf":
            leads[destination].add(origin)
    found = {}
    for code in leads:
        reached, seen = [code], {code}
        for each in reached:  # it grows while it is read
            further = sorted(leads[each] - seen)
            reached += further
            seen.update(further)
        found[code] = tuple(each for each in reached if each in current)
        if len(found[code]) > MOST_COUNTED:
            raise Invalid("/associations", f"what shows {code!r} would count for more than {MOST_COUNTED} competencies")
    return found
