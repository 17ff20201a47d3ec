"""The record store over HTTP: /xapi, a module a resource; /oauth/token; /api/v1/admin; and what all of them share."""

from typing import Any, cast

from flask import Blueprint, Response, current_app, g, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import Authorization

from lrs.access import Caller, Gate
from lrs.errors import BadRequest, Forbidden, Unauthorized
from lrs.http_rules.parameters import ANSWERED, VERSION_HEADER, version_of
from lrs.json_body import parse_json
from lrs.pace import Pace
from lrs.statements import Lrs
from lrs.views.bodies import whole_body

JSON = "application/json"
DESCRIBING = ("statements/read/mine", "state", "profile")  # who may ask for Activities and Agents

# For browsers, which say where they come from
CORS = {"Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified, Retry-After, X-Experience-API-Version, "
                                         "X-Experience-API-Consistent-Through"}
PREFLIGHT = {"Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE, OPTIONS",
             "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, Accept-Language, "
                                             f"If-Match, If-None-Match, {VERSION_HEADER}",
             "Access-Control-Max-Age": "86400"}


def current_lrs() -> Lrs:
    return cast(Lrs, current_app.extensions["lrs"])


def authenticate() -> Caller:
    """The Caller of this request, by Basic or Bearer, within its pace. Raises Unauthorized, TooMany."""
    caller = _caller()
    keep_pace(caller)
    return caller


def by_basic() -> Caller:
    """The Caller by a key and its secret, and in no other way. Raises Unauthorized."""
    _basic()
    return _caller()


def _caller() -> Caller:
    return current_gate().caller(request.environ.get("HTTP_AUTHORIZATION", ""), _address(), _identify)


def _identify() -> tuple[Caller, float]:
    given = _authorization()
    if given is not None and given.type == "bearer" and given.token is not None:
        return current_gate().by_token(given.token)
    return current_gate().by_secret(*_basic())


def _basic() -> tuple[str, str]:
    """The key and the secret. Raises Unauthorized."""
    given = _authorization()
    if given is None or given.type != "basic" or not given.username or given.password is None:
        raise Unauthorized
    return given.username, given.password


def keep_pace(caller: Caller) -> None:
    """Count this request. Raises TooMany."""
    pace, default = cast(Pace, current_app.extensions["pace"]), float(current_app.config["RATE"])
    pace.take((caller.store, caller.is_person, caller.name), default if caller.rate is None else caller.rate)


def _authorization() -> Authorization | None:
    try:
        return request.authorization
    except ValueError:  # what no Basic header can hold
        raise Unauthorized from None


def current_gate() -> Gate:
    return cast(Gate, current_app.extensions["gate"])


def _address() -> str:
    """Where the request comes from; nothing for one that says it was forwarded."""
    environ = request.environ
    forwarded = "HTTP_FORWARDED" in environ or "HTTP_X_FORWARDED_FOR" in environ
    return "" if forwarded else environ.get("REMOTE_ADDR", "")


def query(schema: Schema) -> dict[str, Any]:
    """The request's parameters, by `schema`. Raises ValidationError, for a parameter that stands twice too."""
    twice = {name: ["It stands twice."] for name, values in request.args.lists() if len(values) > 1}
    if twice:
        raise ValidationError(twice)
    return cast(dict[str, Any], schema.load(request.args.to_dict()))


def require(*scopes: str) -> Caller:
    """The caller, who has one of `scopes`. Raises Forbidden."""
    caller = cast(Caller, g.caller)
    if not any(caller.may(scope) for scope in scopes):
        raise Forbidden(f"this needs the scope {' or '.join(scopes)}")
    return caller


def json_request(requirement: str = "COMM-json-body") -> Any:
    """The body, as parsed. Raises BadRequest, by `requirement`, for another content type, Refused for bad JSON."""
    if request.environ.get("CONTENT_TYPE") != JSON and request.mimetype != JSON:
        raise BadRequest(requirement, "header Content-Type", f"found {request.mimetype or 'none'}")
    return parse_json(request_body())


def request_body() -> bytes:
    """The body, whole. Raises RequestEntityTooLarge, BadRequest."""
    return whole_body(request.environ, current_app.config["MAX_CONTENT_LENGTH"])


def spoken() -> str:
    """The version of this request; before it is known, or without one, the configured default."""
    found: str | None = g.get("version")
    return version_of(current_app.config["DEFAULT_XAPI_VERSION"]) if found is None else found


def vary_on(response: Response, header: str) -> None:
    """Say that the answer depends on this header of the request."""
    known = response.headers.get("Vary")
    response.headers["Vary"] = f"{known}, {header}" if known else header


def create_blueprint() -> Blueprint:
    """All of /xapi."""
    from lrs.views import about, activities, agents, documents, statements

    xapi = Blueprint("xapi", __name__, url_prefix="/xapi")
    xapi.before_request(_admit)
    xapi.after_app_request(_mark)
    for resource in (about, activities, agents, statements):
        xapi.register_blueprint(resource.blueprint)
    for each in documents.RESOURCES:
        xapi.register_blueprint(documents.create_blueprint(each))
    return xapi


def _admit() -> None:
    """OPTIONS and /about are for everybody (Communication 2.8, 3.3); the rest for callers that name a version."""
    if request.method == "OPTIONS" or request.endpoint == "xapi.about.get":
        return
    g.caller = authenticate()
    g.version = version_of(request.headers.get(VERSION_HEADER))


def _mark(response: Response) -> Response:
    """On every answer under /xapi, also where no resource was found or the method isn't there."""
    if request.path.startswith("/xapi"):
        response.headers[VERSION_HEADER] = ANSWERED[spoken()]
        response.headers["Cache-Control"] = "private, no-cache"  # a cached ETag would fail every If-Match
        vary_on(response, "Origin")
        if "HTTP_ORIGIN" in request.environ:
            response.headers.extend(CORS)
        if request.method == "OPTIONS":
            response.headers.extend(PREFLIGHT)
    return response
