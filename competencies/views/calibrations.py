"""/api/v1/calibrations: the versions that estimates can be measured by, and which one is in force."""

from typing import Any

from flask import Blueprint

from competencies.calibrations import adopt, calibrations_of, version_in_force
from competencies.views import current_caller, current_reach
from lrs.errors import NotFound
from lrs.rules.formats import format_timestamp
from lrs.views import query, require
from schemas.calibrations import CalibrationOut
from schemas.queries import NoParameters

blueprint = Blueprint("calibrations", __name__)


@blueprint.get("/calibrations")
def find() -> dict[str, Any]:
    """Each version beside the one that was in force when it was made, the latest first."""
    require("gaps/read", "frameworks/write")
    query(NoParameters())
    current_reach().require_all()
    return _listed()


@blueprint.post("/calibrations/<version>/adopt")
def put_in_force(version: str) -> dict[str, Any]:
    """Measure everybody by this version from now on; 0 is the one in which activities count as they declare."""
    require("frameworks/write")
    query(NoParameters())
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise NotFound(f"no calibration {version!r:.40}")
    adopt(current_reach().store, int(version), current_caller().name)
    return _listed()


def _listed() -> dict[str, Any]:
    store = current_reach().store
    in_force = version_in_force(store)
    rows = [{"version": each.version, "made": format_timestamp(each.made), "by": each.by, "learners": each.learners,
             "compared_with": each.compared_with, "left_out": each.left_out, "in_force": each.version == in_force}
            for each in calibrations_of(store)]
    return {"in_force": in_force, "calibrations": CalibrationOut(many=True).dump(rows)}
