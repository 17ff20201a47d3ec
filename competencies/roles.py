"""Roles: what a job requires, competency by competency."""

from dataclasses import dataclass

from bson import ObjectId
from mongoengine import DictField, ListField, StringField

from competencies.catalogued import Catalogued


@dataclass(frozen=True)
class Target:
    """The level that a role requires in one competency."""

    competency: str
    level: float
    criticality: str  # "normal" or "critical"
    mandatory: bool


class Role(Catalogued):
    """A job profile, in one version."""

    version = StringField(required=True)
    name = DictField(required=True)
    description = DictField()
    targets = ListField(DictField())
    meta = {"collection": "roles", "auto_create_index": False}


def targets_of(role: Role) -> list[Target]:
    """A role's targets, by competency."""
    found = (Target(each["competency"], float(each["level"]), each["criticality"], each["mandatory"])
             for each in role.targets)
    return sorted(found, key=lambda target: target.competency)


def targets_by_role(store: ObjectId) -> dict[str, list[Target]]:
    return {role.code: targets_of(role) for role in Role.of(store)}
