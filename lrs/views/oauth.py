"""POST /oauth/token (RFC 6749 section 4.4): a credential's key and secret become a bearer token for an hour."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Blueprint, Response, request

from lrs.access import Caller
from lrs.errors import Unauthorized
from lrs.views import by_basic, current_gate, keep_pace

blueprint = Blueprint("oauth", __name__, url_prefix="/oauth")

PARAMETERS = frozenset(("grant_type", "scope"))


class _Refused(Exception):
    """RFC 6749 section 5.2: an error's code, and what it is about."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(why)


@blueprint.post("/token")
def token() -> Response:
    """The client is authenticated by Basic (section 2.3.1). Without `scope` it gets all that its credential has."""
    try:
        caller = by_basic()
        keep_pace(caller)
        scopes = _wanted(caller)
    except Unauthorized:
        return _error(HTTPStatus.UNAUTHORIZED, "invalid_client", "HTTP Basic with a key and its secret")
    except _Refused as refused:
        return _error(HTTPStatus.BAD_REQUEST, refused.code, str(refused))
    text, seconds = current_gate().issue(caller, scopes)
    return _answer(HTTPStatus.OK, {"access_token": text, "token_type": "Bearer", "expires_in": seconds,
                                   "scope": " ".join(sorted(scopes))})


def _wanted(caller: Caller) -> frozenset[str]:
    """The scopes asked for. Raises _Refused."""
    form = dict(request.form.lists())
    twice = [name for name, values in form.items() if len(values) > 1]
    if twice or form.keys() - PARAMETERS or request.args:
        raise _Refused("invalid_request", "grant_type and scope, once each, in a form")
    if "grant_type" not in form:
        raise _Refused("invalid_request", "grant_type is missing from the form")
    if form["grant_type"] != ["client_credentials"]:
        raise _Refused("unsupported_grant_type", "client_credentials is what is known here")
    wanted = frozenset(form.get("scope", [""])[0].split())
    if not wanted <= caller.scopes:
        raise _Refused("invalid_scope", "the credential has no " + ", ".join(sorted(wanted - caller.scopes))[:200])
    return wanted or caller.scopes


def _error(status: HTTPStatus, code: str, why: str) -> Response:
    answer = _answer(status, {"error": code, "error_description": why})
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Basic realm="waymark", charset="UTF-8"'
    return answer


def _answer(status: HTTPStatus, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, mimetype="application/json")
