"""GET /xapi/activities (Communication 2.5)."""

from typing import Any

from flask import Blueprint, request

from lrs.http_rules.parameters import iri, read_parameters, require_parameters
from lrs.views import DESCRIBING, current_lrs, require

blueprint = Blueprint("activities", __name__, url_prefix="/activities")


@blueprint.get("")
def get() -> dict[str, Any]:
    """The Activity with all that Statements say of it."""
    caller = require(*DESCRIBING)
    found = read_parameters(request.args.items(multi=True), {"activityId": iri})
    require_parameters(found, ("activityId",), "COMM-activities")
    return current_lrs().activity(caller, found["activityId"])
