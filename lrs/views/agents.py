"""GET /xapi/agents (Communication 2.4)."""

from typing import Any

from flask import Blueprint, request

from lrs.http_rules.parameters import agent, read_parameters, require_parameters
from lrs.views import DESCRIBING, current_lrs, require

blueprint = Blueprint("agents", __name__, url_prefix="/agents")


@blueprint.get("")
def get() -> dict[str, Any]:
    """The Person of an Agent."""
    caller = require(*DESCRIBING)
    found = read_parameters(request.args.items(multi=True), {"agent": agent})
    require_parameters(found, ("agent",), "COMM-agents")
    return current_lrs().person(caller, found["agent"])
