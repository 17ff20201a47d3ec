"""/api/v1/frameworks, competencies, roles, resources."""

from typing import Any

from bson import ObjectId
from flask import Blueprint
from marshmallow import Schema

from competencies.catalogued import Catalogued
from competencies.frameworks import Competency, Decay, Framework, associations_of, identifier, rubrics_of
from competencies.resources import Resource
from competencies.roles import Role
from competencies.views import current_caller, public_url
from lrs.errors import NotFound
from lrs.views import query, require
from schemas.catalogue import CompetencyOut, FrameworkOut, ResourceOut, RoleOut
from schemas.queries import NoParameters

blueprint = Blueprint("catalogue", __name__)
READERS = ("gaps/read", "plans/read", "plans/write", "frameworks/write", "people/write")


@blueprint.get("/frameworks")
def find_frameworks() -> dict[str, Any]:
    return _listed("frameworks", Framework, FrameworkOut())


@blueprint.get("/frameworks/<code>")
def get_framework(code: str) -> Any:
    return _one("frameworks", Framework, FrameworkOut(), code)


@blueprint.get("/competencies")
def find_competencies() -> dict[str, Any]:
    return _listed("competencies", Competency, CompetencyOut(), "place")


@blueprint.get("/competencies/<code>")
def get_competency(code: str) -> Any:
    return _one("competencies", Competency, CompetencyOut(), code)


@blueprint.get("/roles")
def find_roles() -> dict[str, Any]:
    return _listed("roles", Role, RoleOut())


@blueprint.get("/roles/<code>")
def get_role(code: str) -> Any:
    return _one("roles", Role, RoleOut(), code)


@blueprint.get("/resources")
def find_resources() -> dict[str, Any]:
    return _listed("resources", Resource, ResourceOut())


@blueprint.get("/resources/<code>")
def get_resource(code: str) -> Any:
    return _one("resources", Resource, ResourceOut(), code)


def _listed(kind: str, document: type[Catalogued], schema: Schema, order: str = "code") -> dict[str, Any]:
    require(*READERS)
    query(NoParameters())
    return {kind: schema.dump(_shown(kind, list(document.of(_store()).order_by(order))), many=True)}


def _one(kind: str, document: type[Catalogued], schema: Schema, code: str) -> Any:
    require(*READERS)
    query(NoParameters())
    found = document.of(_store(), code=code).first()
    if found is None:
        raise NotFound(f"nothing of code {code!r} among the {kind}")
    return schema.dump(_shown(kind, [found])[0])


def _shown(kind: str, documents: list[Catalogued]) -> list[dict[str, Any]]:
    """Fields, with the identifiers that follow from the code; competencies with their rubrics and associations."""
    rows = [{**{name: getattr(document, name) for name in document._fields}, "id": identifier(kind, document.key),
             "uri": public_url(f"/api/v1/{kind}/{document.code}")} for document in documents]
    if kind == "competencies":
        codes = [row["code"] for row in rows]
        rubrics: dict[str, list[Any]] = {code: [] for code in codes}
        associations: dict[str, list[Any]] = {code: [] for code in codes}
        for rubric in rubrics_of(_store(), codes):
            rubrics[rubric.competency].append({"code": rubric.code, "title": rubric.title, "criteria": rubric.criteria})
        for each in associations_of(_store(), codes):
            for code in {each.origin, each.destination} & associations.keys():
                associations[code].append(each)
        for row in rows:
            row["decay"] = {**Decay()._asdict(), **row["decay"]}
            row |= {"rubrics": rubrics[row["code"]], "associations": associations[row["code"]]}
    return rows


def _store() -> ObjectId:
    return current_caller().store
