"""/api/v1/*: a module a resource, and what all of them share."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from flask import Blueprint, current_app, g, request
from werkzeug.exceptions import PreconditionFailed

from competencies.analyses import Analyses
from competencies.days import date_of, end
from competencies.reach import Reach, reach_of, recognised
from lrs import cursors
from lrs.access import Caller
from lrs.clock import now_micros
from lrs.http_rules.conditions import ANY, read_condition
from lrs.views import authenticate, current_lrs


def create_blueprint() -> Blueprint:
    """All of /api/v1."""
    from competencies.views import (
        alignments,
        analyses,
        assertions,
        business,
        calibrations,
        catalogue,
        experience,
        explain,
        frameworks,
        launches,
        people,
        plan_templates,
        plans,
        reviews,
        roster,
        sheets,
    )

    api = Blueprint("api", __name__, url_prefix="/api/v1")
    api.before_request(_admit)
    for module in (catalogue, frameworks, alignments, people, roster, analyses, plans, sheets, plan_templates, launches,
                   assertions, business, reviews, experience, calibrations, explain):
        api.register_blueprint(module.blueprint)
    return api


def current_caller() -> Caller:
    return cast(Caller, g.caller)


def current_reach() -> Reach:
    """Whom the caller reaches; looked up where it matters, once a request."""
    if "reach" not in g:
        g.reach = reach_of(current_caller(), g.person)
    return cast(Reach, g.reach)


def current_analyses() -> Analyses:
    return cast(Analyses, current_app.extensions["analyses"])


def as_of(found: dict[str, Any]) -> int:
    """The moment asked for in microseconds; a date means its end in the store's time zone. Without one it is today, so
    that answers are the same all day, as long as nothing more is known.
    """
    moment = found.get("as_of", today())
    return end(moment, current_caller().time_zone) if isinstance(moment, date) else int(moment)


def today() -> date:
    """The date in the store's time zone."""
    return date_of(now_micros(), current_caller().time_zone)


def public_url(path: str) -> str:
    return f"{current_app.config['PUBLIC_URL']}{path}"


def paged(rows: list[Any], limit: int, claims: Callable[[Any], dict[str, Any]]) -> tuple[list[Any], str | None]:
    """At most `limit` of `rows`, which hold one more if there are more, and the cursor to go on with."""
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    bound = {**claims(rows[-1]), "store": str(current_caller().store)}
    return rows, cursors.sign(request.path, bound, current_lrs().secret)


def read_cursor(text: str) -> dict[str, Any]:
    """The claims of a cursor for this path and store. Raises BadCursor."""
    claims = cursors.read(request.path, text, current_lrs().secret)
    if claims.get("store") != str(current_caller().store):
        raise cursors.BadCursor
    return claims


def require_match(tag: str | None, what: str) -> None:
    """If-Match and If-None-Match (RFC 9110 13.1) beside the ETag that there is. Raises PreconditionFailed."""
    condition = read_condition(request.headers.get("If-Match"), request.headers.get("If-None-Match"))
    if condition.match is not None and (tag is None or (condition.match != ANY and tag not in condition.match)):
        raise PreconditionFailed(f"{what} isn't the one of If-Match any more")
    if tag is not None and condition.names(tag):
        raise PreconditionFailed(f"{what} is there already")


def _admit() -> None:
    """Each view says what scope it needs; a launch's credential is fetched by who knows where."""
    if request.method == "OPTIONS" or request.endpoint == "api.launches.fetch":
        return
    g.caller, g.person = recognised(authenticate())
