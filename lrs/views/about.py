"""GET /xapi/about (Communication 2.8)."""

from typing import Any

from flask import Blueprint

from lrs.http_rules.parameters import ANSWERED

blueprint = Blueprint("about", __name__)


@blueprint.get("/about")
def get() -> dict[str, Any]:
    """The versions spoken; needs no credential and no version header."""
    return {"version": list(ANSWERED.values())}
