"""Resources: what people can learn from, what each is expected to bring, and what must come first."""

from collections.abc import Collection
from dataclasses import dataclass, field

from bson import ObjectId
from mongoengine import DictField, FloatField, IntField, ListField, StringField

from competencies.catalogued import Catalogued
from competencies.frameworks import names

KINDS = ("course", "simulation", "reading", "news feed", "coaching", "case")
MEASURING = ("simulation", "coaching")  # kinds that end in a rubric, so that an unproven gap can be measured
LAUNCHES = ("link", "tincan", "cmi5")


@dataclass(frozen=True)
class Closing:
    """What a resource does for one competency: it takes people from one level towards another."""

    competency: str
    lowest: float
    highest: float
    effect: float  # levels gained, as its author expects


@dataclass(frozen=True)
class Offer:
    """A resource as plans see it."""

    code: str
    kind: str
    minutes: int
    closings: tuple[Closing, ...]
    prerequisites: tuple[str, ...] = ()
    activities: tuple[str, ...] = field(default=(), compare=False)
    language: str = "zh-CN"
    cost: float = 0.0  # yuan a person
    coach_hours: float = 0.0
    seats: int | None = None  # at one time; None: any number

    @property
    def measures(self) -> bool:
        return self.kind in MEASURING


class Resource(Catalogued):
    """A course, a simulation, a coach's hour: anything with an address that competencies can grow by."""

    kind = StringField(choices=KINDS, required=True)
    title = DictField(required=True)
    summary = DictField()
    language = StringField(required=True)
    address = StringField(required=True)
    activities = ListField(StringField())  # the activity ids that it reports under
    minutes = IntField(min_value=1, required=True)
    cost = FloatField(default=0)  # yuan a person
    launch = StringField(choices=LAUNCHES, default="link")  # how its address is opened
    seats = IntField(min_value=1)  # at one time; none: any number
    coach_hours = FloatField(min_value=0, default=0)  # a person
    closes = ListField(DictField())
    prerequisites = ListField(StringField())
    tags = ListField(StringField())
    concluded = DictField()  # of what a review concluded: text, by, at, review; none: it came with a framework
    meta = {"collection": "resources", "auto_create_index": False}

    def offer(self) -> Offer:
        closings = (Closing(each["competency"], each["from"], each["to"], each["effect"]) for each in self.closes)
        return Offer(self.code, self.kind, self.minutes, tuple(closings), tuple(self.prerequisites),
                     tuple(self.activities), self.language, self.cost, self.coach_hours, self.seats)


def trained_by_activity(store: ObjectId | None, assessed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What a result in each activity bears on: the competencies that its resource trains, but for those `assessed` by
    a rubric. A score in a course on negotiation says what is known of it, not how somebody negotiates.
    """
    return {activity: trained for resource in Resource.of(store).order_by("code") for activity in resource.activities
            if (trained := tuple(each["competency"] for each in resource.closes if each["competency"] not in assessed))}


def names_of_all(store: ObjectId) -> dict[str, dict[str, str]]:
    """Titles of resources and names of competencies, by code."""
    return {each.code: dict(each.title) for each in Resource.of(store).only("code", "title")} | names(store)


def offers(store: ObjectId) -> list[Offer]:
    return [resource.offer() for resource in Resource.of(store).order_by("code")]
