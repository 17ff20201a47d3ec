"""/api/v1/experience: what reviews concluded, as cases and drills that plans draw on."""

from typing import Any, cast

from flask import Blueprint, Response, g

from competencies import experience, printouts
from competencies.reach import below
from competencies.resources import Resource
from competencies.views import current_caller, current_reach, public_url
from competencies.views.answers import as_printed
from lrs.errors import Forbidden
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.queries import NoParameters
from schemas.reviews import ExperienceIn, ExperienceOut, ExperienceQuery, PrintedPage

blueprint = Blueprint("experience", __name__, url_prefix="/experience")
MEMBERS = ("code", "kind", "title", "summary", "language", "address", "minutes", "cost", "coach_hours", "closes",
           "prerequisites", "tags")
READING = ("plans/read", "gaps/read")


@blueprint.get("")
def find() -> dict[str, Any]:
    """All of it, or what has a tag or is for a competency."""
    require(*READING)
    asked = query(ExperienceQuery())
    found = experience.find(current_reach().store, asked.get("tag"), asked.get("competency"))
    return {"experience": [_shown(each) for each in found]}


@blueprint.get("/<code>")
def get(code: str) -> Any:
    """As JSON, or as a page to read."""
    require(*READING)
    asked, found = query(PrintedPage()), experience.get(current_reach().store, code)
    if asked["format"] == "json":
        return _shown(found)
    return as_printed(printouts.of_experience(_shown(found), asked["language"]), asked["format"])


@blueprint.put("/<code>")
def put(code: str) -> tuple[Any, int]:
    """Keep a conclusion; who manages anybody may, and a credential that may change plans."""
    _require_author()
    query(NoParameters())
    said = cast(dict[str, Any], ExperienceIn().load(json_request()))
    made, new = experience.put(current_reach().store, code, current_caller().name, said,
                               public_url(f"/api/v1/experience/{code}"))
    return _shown(made), 201 if new else 200


@blueprint.delete("/<code>")
def delete(code: str) -> Response:
    """Plans that have it keep it."""
    _require_author()
    query(NoParameters())
    experience.delete(current_reach().store, code)
    return Response(status=204)


def _require_author() -> None:
    if g.person is None:
        require("plans/write")
    elif not below(current_reach().store, g.person.person):
        raise Forbidden("conclusions are kept by who manages somebody")


def _shown(resource: Resource) -> Any:
    kept = dict(resource.concluded)
    return ExperienceOut().dump({
        **{name: getattr(resource, name) for name in MEMBERS},
        "activity": resource.activities[0],
        "text": kept["text"], "by": kept["by"], "at": format_timestamp(kept["at"]), "review": kept["review"]})
