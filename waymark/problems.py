"""Every error's answer: one table from exceptions to application/problem+json (RFC 9457)."""

import logging
from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
from flask import Flask, Response, request
from gunicorn.http.errors import ParseException
from marshmallow import ValidationError
from pymongo.errors import DocumentTooLarge, PyMongoError
from werkzeug.exceptions import HTTPException

from lrs.cursors import BadCursor
from lrs.errors import (
    BadRequest,
    Breach,
    Clash,
    Conflict,
    DocumentConflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    QueryTooLong,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    kind_and_place,
)
from lrs.http_rules.table import REQUIREMENTS as HTTP_REQUIREMENTS
from lrs.rules import REQUIREMENTS, Refused
from lrs.rules.refusal import escaped

log = logging.getLogger(__name__)

STATUS: dict[type[Exception], HTTPStatus] = {
    Refused: HTTPStatus.BAD_REQUEST,
    BadRequest: HTTPStatus.BAD_REQUEST,
    BadCursor: HTTPStatus.BAD_REQUEST,
    Invalid: HTTPStatus.BAD_REQUEST,
    ValidationError: HTTPStatus.BAD_REQUEST,
    ParseException: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Clash: HTTPStatus.CONFLICT,
    DocumentConflict: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    QueryTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    DocumentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    PyMongoError: HTTPStatus.SERVICE_UNAVAILABLE,
}
CHALLENGE = 'Basic realm="waymark", charset="UTF-8", Bearer realm="waymark"'
BEARER_CHALLENGE = 'Bearer realm="waymark", error="invalid_token"'  # RFC 6750 section 3


def handle_errors(app: Flask) -> None:
    """Have every exception that reaches the application answered from the table."""
    for kind, status in STATUS.items():
        app.register_error_handler(kind, _handler(status))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def problem(status: HTTPStatus, detail: str, **members: Any) -> Response:
    """An answer of type application/problem+json; `members` are the extension members."""
    body = {"title": status.phrase, "status": status.value, "detail": detail, **members}
    return Response(orjson.dumps(body), status, content_type="application/problem+json")


def _handler(status: HTTPStatus) -> Any:
    def handle(error: Exception) -> Response:
        if isinstance(error, PyMongoError) and status == HTTPStatus.SERVICE_UNAVAILABLE:
            log.error("the database failed: %s", type(error).__name__)  # its text can hold what was to be written
            answer = problem(status, "the database can't be reached; nothing was acknowledged, so try again")
        else:
            answer = problem(status, _detail(status, error), **_members(error))
        answer.headers.update(_headers(status, error))
        return answer
    return handle


def _headers(status: HTTPStatus, error: Exception) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": BEARER_CHALLENGE if error.in_token else CHALLENGE}
    if isinstance(error, TooMany):
        return {"Retry-After": str(ceil(error.seconds))}
    return {"Retry-After": "2"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def _detail(status: HTTPStatus, error: Exception) -> str:
    if isinstance(error, Unauthorized):
        return str(error) or ("the bearer token is none that holds here, or is over" if error.in_token else
                              "no credential, or none that holds here: HTTP Basic with a key and its secret, or a "
                              "bearer token")
    if isinstance(error, ValidationError):
        return "the input doesn't fit its schema; errors names each place"
    if isinstance(error, BadCursor):
        return "the cursor is not one that this resource gave to this store"
    return str(error) or status.phrase


def _members(error: Exception) -> dict[str, Any]:
    if isinstance(error, Refused):
        rule = REQUIREMENTS[error.requirement]
        return {"requirement": rule.id, "rule": rule.text, "pointer": error.at, "sections": rule.sections}
    if isinstance(error, Breach):
        row = HTTP_REQUIREMENTS[error.requirement]
        place = "place" if error.pointer is None else "pointer"
        return {"requirement": row.id, "rule": row.text, place: error.place, "sections": row.sections}
    if isinstance(error, Conflict):
        return {"requirement": "XAPI-00142", "statement": error.statement_id}
    if isinstance(error, Invalid):
        return {"pointer": error.pointer}
    if isinstance(error, ValidationError):
        return {"errors": list(_flattened(error.messages, ""))}
    return {}


def _flattened(messages: Any, at: str) -> Any:
    """marshmallow's nested messages as a list of pointers with what is wrong there."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flattened(inner, at if key == "_schema" else f"{at}/{escaped(str(key))}")
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield {"pointer": at, "detail": str(message)}


def _http(error: HTTPException) -> Response:
    response = problem(HTTPStatus(error.code or 500), _said(error))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _said(error: HTTPException) -> str:
    if error.code != HTTPStatus.NOT_FOUND:
        return error.description or ""
    if request.path.startswith("/xapi"):
        return (f"nothing is at {request.path}: of xAPI there are /xapi/statements, activities, activities/state, "
                "activities/profile, agents, agents/profile and about")
    return f"nothing is at {request.path}; the API is described at /docs"


def _unforeseen(error: Exception) -> Response:
    log.error("an unforeseen %s", kind_and_place(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "an unforeseen error; the server's log has the details")
