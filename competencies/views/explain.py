"""POST /api/v1/explain."""

from typing import Any

from flask import Blueprint
from mongoengine import get_db

from competencies.explain import explain
from competencies.projection import read_catalogue
from competencies.views import current_caller, query
from lrs.clock import now_micros
from lrs.views import json_request
from schemas.queries import ExplainQuery

blueprint = Blueprint("explain", __name__)


@blueprint.post("/explain")
def post() -> dict[str, Any]:
    """What would become of a statement; nothing is stored."""
    version = query(ExplainQuery())["version"]
    return explain(json_request(), current_caller(), version, read_catalogue(get_db()), now_micros())
