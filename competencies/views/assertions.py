"""/api/v1/people/{id}/assertions: what is said of a person's level, by themselves or by others."""

from typing import Any, cast

from flask import Blueprint, Response, g

from competencies.assertions import record, withdraw
from competencies.reach import below
from competencies.views import current_caller, current_reach
from lrs.errors import Forbidden
from lrs.views import current_lrs, json_request, query, require
from schemas.assertions import AssertionIn
from schemas.queries import NoParameters

blueprint = Blueprint("assertions", __name__)


@blueprint.post("/people/<person>/assertions")
def create(person: str) -> tuple[dict[str, Any], int]:
    """Record it as a statement under Waymark's authority."""
    if not current_caller().is_person:
        require("competencies/assess")
    query(NoParameters())
    said = cast(dict[str, Any], AssertionIn().load(json_request()))
    somebody = current_reach().person(person)
    _check_may_say(person, said["kind"])
    return {"statement": record(current_lrs(), current_caller(), somebody, said["kind"], said)}, 201


@blueprint.delete("/people/<person>/assertions/<statement>")
def delete(person: str, statement: str) -> Response:
    """Withdraw it: its statement is voided."""
    require("competencies/assess")
    query(NoParameters())
    withdraw(current_lrs(), current_reach().person(person), statement)
    return Response(status=204)


def _check_may_say(person: str, kind: str) -> None:
    """A person says of themselves what they are able to, and of those below them everything else."""
    if g.person is None:
        return
    of_oneself = g.person.person == person
    if kind == "self-assessment" and not of_oneself:
        raise Forbidden("a self-assessment is for the person to give")
    if kind != "self-assessment" and (of_oneself or person not in below(current_reach().store, g.person.person)):
        raise Forbidden(f"a {kind} is for who manages the person to give")
