"""/api/v1/people, units: who there is, and where they stand."""

from typing import Any, cast

from flask import Blueprint, Response

from competencies.people import Person, agent_of, shown_positions
from competencies.personnel import Personnel, history_of
from competencies.units import NAME, get_unit, shown_units, with_those_below
from competencies.views import current_caller, current_reach, paged, public_url, read_cursor
from lrs.errors import Invalid
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.people import ChangeOut, MergeIn, PersonIn, PersonOut, UnitIn, UnitOut
from schemas.queries import NoParameters, PeopleQuery

blueprint = Blueprint("people", __name__)
READERS = ("gaps/read", "people/write")


@blueprint.get("/people")
def find() -> dict[str, Any]:
    """People in reach by id, filtered by unit (and those below it), role or manager."""
    require(*READERS)
    found = query(PeopleQuery())
    limit, cursor = found.pop("limit"), found.pop("cursor", None)
    claims: dict[str, Any] = read_cursor(cursor) if cursor else {"filters": found, "person": ""}
    wanted, reach = dict(claims["filters"]), current_reach()
    if "unit" in wanted:
        wanted["unit__in"] = with_those_below(reach.store, wanted.pop("unit"))
    people = Person.objects(**reach.filter).filter(person__gt=claims["person"], **wanted)
    rows, after = paged(list(people.order_by("person").limit(limit + 1)), limit,
                        lambda person: {"person": person.person, "filters": claims["filters"]})
    return {"people": PersonOut(many=True).dump(rows), "next": after}


@blueprint.post("/people")
def create() -> tuple[Any, int, dict[str, str]]:
    """A new person, under an id that is made up."""
    personnel = _personnel()
    sent = _sent()
    if "id" in sent:
        raise Invalid("/id", "a new person's id is made up here; PUT takes one")
    return _made(personnel.save(sent))


@blueprint.get("/people/<person>")
def get(person: str) -> Any:
    require(*READERS)
    query(NoParameters())
    return PersonOut().dump(current_reach().person(person))


@blueprint.put("/people/<person>")
def put(person: str) -> Any:
    """Create or replace the person of this id."""
    personnel = _personnel()
    sent = _sent()
    if sent.get("id", person) != person:
        raise Invalid("/id", f"the path names {person!r}")
    return PersonOut().dump(personnel.save(sent, person))


@blueprint.delete("/people/<person>")
def delete(person: str) -> Response:
    _personnel().delete(person)
    return Response(status=204)


@blueprint.post("/people/<person>/identifiers")
def claim(person: str) -> Any:
    """One more identifier: what an unknown actor did is theirs."""
    personnel = _personnel()
    sent = json_request()
    if not isinstance(sent, dict):
        raise Invalid("", "it must be an Agent, with since and until if it was theirs for a time")
    return PersonOut().dump(personnel.claim(person, sent))


@blueprint.post("/people/<person>/merge")
def merge(person: str) -> Any:
    """Another who is the same person."""
    return PersonOut().dump(_personnel().merge(person, MergeIn().load(json_request())["person"]))


@blueprint.post("/people/<person>/split")
def split(person: str) -> tuple[Any, int, dict[str, str]]:
    """Another, with some of this person's identifiers."""
    personnel = _personnel()
    sent = _sent()
    return _made(personnel.split(person, sent, sent.get("id")))


@blueprint.get("/people/<person>/history")
def find_history(person: str) -> dict[str, Any]:
    """What was changed, by whom; of somebody who was merged or removed too."""
    require("people/write")
    query(NoParameters())
    current_reach().require_all()
    found = history_of(current_reach().store, person)
    if not found:
        current_reach().person(person)  # there since before changes were kept, or NotFound
    return {"person": person, "changes": ChangeOut(many=True).dump([_change(each) for each in found])}


@blueprint.get("/units")
def find_units() -> dict[str, Any]:
    """Every unit with the one above it."""
    require(*READERS)
    query(NoParameters())
    current_reach().require_all()
    return {"units": UnitOut(many=True).dump(shown_units(current_reach().store))}


@blueprint.put("/units/<path:unit>")
def put_unit(unit: str) -> Any:
    """Create a unit, or put it elsewhere in the tree."""
    personnel = _personnel()
    parent = UnitIn().load(json_request())["parent"]
    if not NAME.fullmatch(unit):
        raise Invalid("/unit", "a unit's name has 1 to 200 characters, none of them a control character, the first no "
                               "slash, and no two of these together")
    personnel.save_unit(unit, parent)
    found = get_unit(current_reach().store, unit)
    return {"unit": found.unit, "parent": found.parent}


@blueprint.delete("/units/<path:unit>")
def delete_unit(unit: str) -> Response:
    _personnel().delete_unit(unit)
    return Response(status=204)


def _personnel() -> Personnel:
    """For who may change people."""
    require("people/write")
    query(NoParameters())
    return Personnel(current_reach().store, current_caller().name)


def _sent() -> dict[str, Any]:
    return cast(dict[str, Any], PersonIn().load(json_request()))


def _made(person: Person) -> tuple[Any, int, dict[str, str]]:
    return PersonOut().dump(person), 201, {"Location": public_url(f"/api/v1/people/{person.person}")}


def _change(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the history as the API shows it."""
    changes = [{"person": each["person"], **{side: each[side] and _members(each[side]) for side in ("before", "after")}}
               for each in entry["changes"]]
    return {**entry, "at": format_timestamp(entry["at"]), "changes": changes}


def _members(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "positions": shown_positions(row["positions"]),
            "identifiers": [agent_of(each) for each in row["identifiers"]]}
