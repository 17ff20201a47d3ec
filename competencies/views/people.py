"""/api/v1/people."""

from typing import Any, cast

from flask import Blueprint, Response

from competencies.people import Person, delete_person, save_person
from competencies.views import current_reach, paged, public_url, read_cursor
from lrs.errors import Invalid
from lrs.views import json_request, query, require
from schemas.people import PersonIn, PersonOut
from schemas.queries import NoParameters, PeopleQuery

blueprint = Blueprint("people", __name__, url_prefix="/people")
READERS = ("gaps/read", "people/write")


@blueprint.get("")
def find() -> dict[str, Any]:
    """People in reach by id, filtered by unit, role or manager."""
    require(*READERS)
    found = query(PeopleQuery())
    limit, cursor = found.pop("limit"), found.pop("cursor", None)
    claims: dict[str, Any] = read_cursor(cursor) if cursor else {"filters": found, "person": ""}
    people = Person.objects(**current_reach().filter).filter(person__gt=claims["person"], **claims["filters"])
    rows, after = paged(list(people.order_by("person").limit(limit + 1)), limit,
                        lambda person: {"person": person.person, "filters": claims["filters"]})
    return {"people": PersonOut(many=True).dump(rows), "next": after}


@blueprint.post("")
def create() -> tuple[Any, int, dict[str, str]]:
    """A new person, under an id that is made up."""
    require("people/write")
    query(NoParameters())
    sent = _sent()
    if "id" in sent:
        raise Invalid("/id", "a new person's id is made up here; PUT takes one")
    person = save_person(current_reach().store, sent)
    return PersonOut().dump(person), 201, {"Location": public_url(f"/api/v1/people/{person.person}")}


@blueprint.get("/<person>")
def get(person: str) -> Any:
    require(*READERS)
    query(NoParameters())
    return PersonOut().dump(current_reach().person(person))


@blueprint.put("/<person>")
def put(person: str) -> Any:
    """Create or replace the person of this id."""
    require("people/write")
    query(NoParameters())
    sent = _sent()
    if sent.get("id", person) != person:
        raise Invalid("/id", f"the path names {person!r}")
    return PersonOut().dump(save_person(current_reach().store, sent, person))


@blueprint.delete("/<person>")
def delete(person: str) -> Response:
    require("people/write")
    query(NoParameters())
    delete_person(current_reach().store, person)
    return Response(status=204)


def _sent() -> dict[str, Any]:
    return cast(dict[str, Any], PersonIn().load(json_request()))
