"""POST /api/v1/explain."""

from typing import Any

from flask import Blueprint
from mongoengine import get_db

from competencies.explain import explain
from competencies.projection import read_catalogue
from lrs.clock import now_micros
from lrs.views import json_request, query, require
from schemas.queries import ExplainQuery

blueprint = Blueprint("explain", __name__)


@blueprint.post("/explain")
def post() -> dict[str, Any]:
    """What would become of a statement; nothing is stored."""
    caller = require("statements/write", "all/read", "frameworks/write")
    version = query(ExplainQuery())["version"]
    return explain(json_request(), caller, version, read_catalogue(get_db()), now_micros())
