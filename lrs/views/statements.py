"""/xapi/statements (Communication 2.1)."""

from collections.abc import Iterable, Iterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from flask import Blueprint, Response, current_app, g, request
from pymongo.errors import PyMongoError
from werkzeug.exceptions import RequestEntityTooLarge

from lrs import cursors
from lrs.access import Caller
from lrs.attachments import attachments_of
from lrs.errors import BadRequest
from lrs.http_rules.parameters import STATEMENT_READERS, check_single, read_parameters, require_parameters, uuid
from lrs.json_body import parse_json
from lrs.keys import ACTIVITY, AGENT, REGISTRATION, RELATED_ACTIVITY, RELATED_AGENT, VERB
from lrs.multipart import Part, boundary_of, join, split
from lrs.renderings import canonical, ids_only
from lrs.rules.formats import format_timestamp
from lrs.statements import Found, Page, Query, prepare, prepare_batch
from lrs.store import Position
from lrs.views import current_lrs, json_request, require, spoken, vary_on

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
MORE = "more"
PATH = "/xapi/statements"
MULTIPART = "multipart/mixed"
AFTER_WRITING = 0.5  # seconds: who polls asks with a GET, which looks anew
MOST_LANGUAGES = 20  # of Accept-Language


blueprint = Blueprint("statements", __name__, url_prefix="/statements")


@blueprint.put("")
def put() -> Response:
    """Store one Statement under the id that the parameter names (2.1.1)."""
    caller = require("statements/write")
    found = read_parameters(request.args.items(multi=True), {"statementId": uuid})
    require_parameters(found, ("statementId",), "XAPI-00144")
    statement, parts = _sent()
    if isinstance(statement, dict):
        statement.setdefault("id", found["statementId"])
    prepared = prepare(statement, caller, spoken())
    if prepared.id.lower() != found["statementId"]:
        raise BadRequest("COMM-statement-id", "body", f"its id is {prepared.id}")
    current_lrs().store(caller, [prepared], parts)
    return Response(status=204)


@blueprint.post("")
def post() -> Response:
    """Store one Statement or a batch (2.1.2)."""
    caller = require("statements/write")
    read_parameters(request.args.items(multi=True), {})
    sent, parts = _sent()
    if isinstance(sent, list):
        most = current_app.config["MAX_BATCH"]
        if not 1 <= len(sent) <= most:
            raise BadRequest("COMM-batch", "body", f"{len(sent)} statements, where 1 to {most} are taken")
        batch = prepare_batch(sent, caller, spoken())
    else:
        batch = [prepare(sent, caller, spoken())]
    return _json(orjson.dumps(current_lrs().store(caller, batch, parts)))


@blueprint.get("")
def get() -> Response:
    """One Statement by id, or a page of those that match (2.1.3)."""
    caller = require("statements/read/mine")
    if MORE in request.args:
        return _next_page(caller)
    found = read_parameters(request.args.items(multi=True), STATEMENT_READERS)
    check_single(found)
    for name in ("statementId", "voidedStatementId"):
        if name in found:
            return _single(caller, found[name], name == "voidedStatementId", found)
    return _page(caller, _query(found), None, found)


def _sent() -> tuple[Any, Iterator[Part]]:
    """The Statements as parsed, and the parts with the data of their Attachments (Communication 1.5)."""
    if request.mimetype != MULTIPART:
        return json_request("XAPI-00127"), iter(())
    request.max_content_length = current_app.config["MAX_UPLOAD"]
    parts = split(request.stream.read, boundary_of(request.headers["Content-Type"]))
    return _statements_part(next(parts, None)), parts


def _statements_part(part: Part | None) -> Any:
    """Communication 1.5.2: "The first part ... MUST contain the Statements themselves, with type application/json"."""
    kind = "" if part is None else part.headers.get("content-type", "")
    if part is None or kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("XAPI-00134", "part 1", f"its Content-Type is {kind!r:.60}")
    body = bytearray()
    for piece in part.data:
        body += piece
        if len(body) > current_app.config["MAX_CONTENT_LENGTH"]:
            raise RequestEntityTooLarge()
    return parse_json(bytes(body))


def _single(caller: Caller, statement_id: str, voided: bool, found: dict[str, Any]) -> Response:
    statement = current_lrs().get(caller, statement_id, voided)
    response = _answer(_rendered(statement.body, found.get("format")), caller, [statement], found)
    response.headers["Last-Modified"] = formatdate(statement.stored // 1_000_000, usegmt=True)
    return response


def _page(caller: Caller, query: Query, after: Position | None, found: dict[str, Any]) -> Response:
    most = int(current_app.config["PAGE_LIMIT"])
    page = current_lrs().find(caller, query, after, min(found.get("limit") or most, most))
    more = orjson.dumps(_more(caller, query, page, found))
    wanted = found.get("format")
    bodies = b",".join([_rendered(body, wanted) for body in page.bodies])
    return _answer(b'{"more":%b,"statements":[%b]}' % (more, bodies), caller, page.found, found)


def _next_page(caller: Caller) -> Response:
    try:
        claims = cursors.read("statements", request.args[MORE], current_lrs().secret)
    except cursors.BadCursor:
        claims = {}
    if claims.get("store") != str(caller.store) or len(request.args) > 1:
        raise BadRequest("COMM-cursor", f"parameter {MORE}", "not a value that this store gave")
    query = Query(tuple((kind, value) for kind, value in claims["keys"]), claims["since"], claims["until"],
                  claims["ascending"])
    return _page(caller, query, Position(claims["stored"], bytes.fromhex(claims["id"])), claims["shown"])


def _more(caller: Caller, query: Query, page: Page, found: dict[str, Any]) -> str:
    """The IRL of the next page, which holds all that it needs; empty after the last."""
    if page.after is None:
        return ""
    claims = {"store": str(caller.store), "keys": query.keys, "since": query.since, "until": query.until,
              "ascending": query.ascending, "stored": page.after.stored, "id": page.after.id.hex(),
              "shown": {name: found[name] for name in ("limit", "format", "attachments") if name in found}}
    prefix = urlsplit(str(current_app.config["PUBLIC_URL"])).path
    return f"{prefix}{PATH}?{MORE}={cursors.sign('statements', claims, current_lrs().secret)}"


def _query(found: dict[str, Any]) -> Query:
    """The narrowest filter first: the index is read along the first key, the others are compared."""
    broad_agent, broad_activity = found.get("related_agents"), found.get("related_activities")
    kinds = (("registration", REGISTRATION), ("agent", RELATED_AGENT if broad_agent else AGENT),
             ("activity", RELATED_ACTIVITY if broad_activity else ACTIVITY), ("verb", VERB))
    return Query(tuple((kind, found[name]) for name, kind in kinds if name in found), found.get("since"),
                 found.get("until"), found.get("ascending", False))


def _rendered(body: bytes, wanted: str | None) -> bytes:
    if wanted in (None, "exact"):
        return body
    statement = orjson.loads(body)
    return orjson.dumps(ids_only(statement) if wanted == "ids" else canonical(statement, _preferred))


def _preferred(tags: list[str]) -> str:
    """Accept-Language, applied to each language map by itself (2.1.3)."""
    by_tag = {tag.lower(): tag for tag in reversed(tags)}
    by_primary = {tag.lower().partition("-")[0]: tag for tag in reversed(tags)}
    for wanted, _ in request.accept_languages[:MOST_LANGUAGES]:
        exact, primary = wanted.lower(), wanted.lower().partition("-")[0]
        if found := by_tag.get(exact) or by_primary.get(primary):
            return found
    return tags[0]


def _answer(body: bytes, caller: Caller, statements: list[Found], found: dict[str, Any]) -> Response:
    """Communication 1.5.2: with attachments=true always multipart/mixed, the Statements first."""
    if found.get("attachments"):
        boundary = uuid4().hex
        parts = [({"Content-Type": "application/json"}, (body,)), *_data_parts(caller, statements)]
        response = Response(join(parts, boundary), content_type=f"{MULTIPART}; boundary={boundary}")
    else:
        response = _json(body)
    if found.get("format") == "canonical":
        vary_on(response, "Accept-Language")
    return response


def _data_parts(caller: Caller, statements: list[Found]) -> list[tuple[dict[str, str], Iterable[bytes]]]:
    """The data that came with these Statements, once each, read as it is sent."""
    declared = {each["sha2"].lower(): each for statement in statements if statement.files
                for _, each in attachments_of(orjson.loads(statement.body)) if each["sha2"].lower() in statement.files}
    files = current_lrs().files
    return [({"Content-Type": declared[digest]["contentType"], "Content-Transfer-Encoding": "binary",
              "X-Experience-API-Hash": declared[digest]["sha2"]}, files.read(file))
            for digest, file in files.find(caller.store, declared).items()]


def _json(body: bytes) -> Response:
    return Response(body, content_type="application/json")


@blueprint.before_request
def _look_first() -> None:
    """Before the Statements are read, so that who polls from this answer's Consistent-Through on misses none."""
    if request.method in ("GET", "HEAD"):
        g.through = current_lrs().clock.consistent_through()


@blueprint.after_app_request
def _add_consistent_through(response: Response) -> Response:
    """2.1.3: on every answer of this resource, whatever its status."""
    if request.path == PATH:
        down = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        response.headers[CONSISTENT_THROUGH] = _formatted(g.get("through") or _through(down))
    return response


_formatted = lru_cache(maxsize=8)(format_timestamp)  # the same one is answered for a while


def _through(down: bool) -> int:
    clock = current_lrs().clock
    try:
        return clock.known_through if down else clock.consistent_through(AFTER_WRITING)
    except PyMongoError:
        return clock.known_through
