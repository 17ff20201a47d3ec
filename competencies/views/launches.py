"""/api/v1/plans/{id}/steps/{resource}/launch, and /api/v1/launches/{token}, from which cmi5 content fetches its own."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g

from competencies import kept_plans
from competencies.kept_plans import APPROVED, Version
from competencies.launches import Launching
from competencies.people import Person
from competencies.reach import PERSONAL
from competencies.resources import Resource
from competencies.views import current_reach, public_url
from lrs.errors import Clash, Forbidden, NotFound
from lrs.views import CORS, PREFLIGHT, current_gate, current_lrs, query, require
from schemas.plans import LaunchOut
from schemas.queries import NoParameters

blueprint = Blueprint("launches", __name__)
HEADERS = {"Cache-Control": "no-store", **CORS}


@blueprint.post("/plans/<plan>/steps/<resource>/launch")
def launch(plan: str, resource: str) -> tuple[Any, int, dict[str, str]]:
    """For the learner, or for a credential that acts for them: not for who manages them, for they would be them."""
    require(PERSONAL[1]) if g.person is not None else require("plans/write")
    query(NoParameters())
    found, person = _approved(plan)
    if g.person is not None and g.person.person != person.person:
        raise Forbidden("a step is launched by whose plan it is")
    if resource not in [step["resource"] for step in found["content"]["steps"]]:
        raise NotFound(f"the plan has no step {resource!r}")
    offered = Resource.of(found["store"], code=resource).first()
    if offered is None:
        raise NotFound(f"there is no resource {resource!r} any more")
    return LaunchOut().dump(_launching().launch(person, plan, offered)), 201, {"Cache-Control": "no-store"}


@blueprint.post("/launches/<token>", provide_automatic_options=False)
def fetch(token: str) -> tuple[Any, int, dict[str, str]]:
    """What cmi5 content authenticates with, once (cmi5 8.2.2)."""
    found, why = _launching().fetched(token)
    if found is None:  # with the status of what went well (8.2.2)
        return {"error-code": why, "error-text": "It was fetched already, or it is over."}, HTTPStatus.OK, HEADERS
    return {"auth-token": found}, HTTPStatus.OK, HEADERS


@blueprint.route("/launches/<token>", methods=["OPTIONS"])
def preflight(token: str) -> tuple[str, int, dict[str, str]]:
    """Browsers ask first, for content that comes from elsewhere."""
    return "", HTTPStatus.NO_CONTENT, {**CORS, **PREFLIGHT}


def _approved(plan: str) -> tuple[Version, Person]:
    """An approved plan, and whose it is. Raises NotFound, Clash."""
    found = kept_plans.get_version(current_reach().store, plan)
    try:
        person = current_reach().person(found["person"])
    except NotFound:
        raise kept_plans.no_plan(plan) from None
    if found["status"] != APPROVED:
        raise Clash(f"the plan is {found['status']}: steps are launched once it is approved")
    return found, person


def _launching() -> Launching:
    return Launching(current_lrs(), current_gate(), public_url("/xapi/"), public_url("/api/v1/launches"))
