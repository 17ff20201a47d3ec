"""/api/v1/plan-templates: what plans of a kind are drafted with."""

from datetime import date
from typing import Any, cast

from flask import Blueprint, Response

from competencies import sheets
from competencies.codes import check_code
from competencies.views import current_caller, current_reach
from competencies.views.sheets import whole_ask
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.plans import PlanTemplateIn, PlanTemplateOut
from schemas.queries import NoParameters

blueprint = Blueprint("plan_templates", __name__, url_prefix="/plan-templates")


@blueprint.get("")
def find() -> dict[str, Any]:
    """What plans can be drafted with, by code."""
    require("plans/read")
    query(NoParameters())
    return {"templates": [_shown(each) for each in sheets.find_templates(current_reach().store)]}


@blueprint.get("/<code>")
def get(code: str) -> Any:
    require("plans/read")
    query(NoParameters())
    return _shown(sheets.get_template(current_reach().store, code))


@blueprint.put("/<code>")
def put(code: str) -> tuple[Any, int]:
    """Create or replace it; sheets and plans that were made with it stay as they are."""
    require("plans/write")
    query(NoParameters())
    check_code(code, "/code")
    said = cast(dict[str, Any], PlanTemplateIn().load(json_request()))
    whole_ask(said["ask"], "/ask")  # it must make sense
    ask = {name: value.isoformat() if isinstance(value, date) else value for name, value in said["ask"].items()}
    made, new = sheets.put_template(current_reach().store, code, current_caller().name, {**said, "ask": ask})
    return _shown(made), 201 if new else 200


@blueprint.delete("/<code>")
def delete(code: str) -> Response:
    require("plans/write")
    query(NoParameters())
    sheets.delete_template(current_reach().store, code)
    return Response(status=204)


def _shown(template: sheets.Template) -> Any:
    return PlanTemplateOut().dump({**template, "at": format_timestamp(template["at"])})
