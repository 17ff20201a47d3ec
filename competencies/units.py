"""Units as a tree. One that nobody made comes into being, at the top, when somebody is first said to work in it."""

import re
from collections.abc import Iterable
from typing import Any

from bson import ObjectId
from mongoengine import Document, ObjectIdField, StringField
from pymongo.client_session import ClientSession

from competencies.people import Person
from lrs.errors import Invalid, NotFound

NAME = re.compile(r"(?!.*//)[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")  # as it can stand in a path


class Unit(Document):  # type: ignore[misc]  # mongoengine ships no types
    """A department, a team: where people work."""

    store = ObjectIdField(required=True)
    unit = StringField(required=True, max_length=200)  # its name, unique in the store
    parent = StringField()
    meta = {"collection": "units", "auto_create_index": False}


def get_unit(store: ObjectId, unit: str) -> Unit:
    """Raises NotFound."""
    found = Unit.objects(store=store, unit=unit).first()
    if found is None:
        raise NotFound(f"no unit {unit!r}")
    return found  # type: ignore[no-any-return]


def with_those_below(store: ObjectId, unit: str) -> list[str]:
    """The unit and all below it, by name; the name alone if there is no such unit."""
    children: dict[str | None, list[str]] = {}
    for name, parent in Unit.objects(store=store).scalar("unit", "parent"):
        children.setdefault(parent, []).append(name)
    found = [unit]
    for name in found:  # it grows while it is read
        found += children.get(name, [])
    return found


def check_parent(store: ObjectId, unit: str, parent: str | None) -> None:
    """A parent is there, and isn't below the unit. Raises Invalid."""
    if parent is None:
        return
    if Unit.objects(store=store, unit=parent).first() is None:
        raise Invalid("/parent", f"there is no unit {parent!r}")
    if parent in with_those_below(store, unit):
        raise Invalid("/parent", f"{parent!r} is {unit!r} or below it")


def check_unused(store: ObjectId, unit: str) -> None:
    """Raises NotFound, and Invalid where people work in it, or worked, or units stand below it."""
    get_unit(store, unit)
    if below := Unit.objects(store=store, parent=unit).first():
        raise Invalid("", f"{below.unit!r} stands below it: give it another parent first")
    if there := Person.objects(__raw__={"store": store, "positions.unit": unit}).first():
        raise Invalid("", f"{there.person!r} works in it, or worked")


def put_unit(store: ObjectId, unit: str, parent: str | None, session: ClientSession) -> None:
    Unit._get_collection().update_one({"store": store, "unit": unit}, {"$set": {"parent": parent}}, upsert=True,
                                      session=session)


def ensure_units(store: ObjectId, units: Iterable[str], session: ClientSession) -> None:
    for unit in sorted(set(units)):
        Unit._get_collection().update_one({"store": store, "unit": unit}, {"$setOnInsert": {"parent": None}},
                                          upsert=True, session=session)


def remove_unit(store: ObjectId, unit: str, session: ClientSession) -> None:
    Unit._get_collection().delete_one({"store": store, "unit": unit}, session=session)


def shown_units(store: ObjectId) -> list[dict[str, Any]]:
    """Each with its parent and how many people work in it now, itself alone."""
    counted = {row["_id"]: row["people"] for row in Person._get_collection().aggregate([
        {"$match": {"store": store}}, {"$group": {"_id": "$unit", "people": {"$sum": 1}}}])}
    return [{"unit": each.unit, "parent": each.parent, "people": counted.get(each.unit, 0)}
            for each in Unit.objects(store=store).order_by("unit")]
