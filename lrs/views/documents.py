"""/xapi/activities/state, /xapi/activities/profile, /xapi/agents/profile (Communication 2.2, 2.3, 2.6, 2.7)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import orjson
from flask import Blueprint, Response, request

from lrs.access import Caller
from lrs.actors import actor_key
from lrs.documents import Address, Document, Subject
from lrs.errors import BadRequest
from lrs.http_rules.conditions import Condition, read_condition
from lrs.http_rules.parameters import agent, document_id, iri, read_parameters, require_parameters, timestamp, uuid
from lrs.rules.formats import is_media_type
from lrs.views import current_lrs, request_body, require, spoken

READERS: dict[str, Callable[[str], Any]] = {
    "activityId": iri, "agent": agent, "registration": uuid, "stateId": document_id, "profileId": document_id,
    "since": timestamp,
}


@dataclass(frozen=True)
class Resource:
    """One of the three: its path, the scope it needs, the parameter that names a document, and those around it."""

    name: str
    path: str
    scope: str
    id: str
    subject: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def is_state(self) -> bool:
        return self.name == "state"


RESOURCES = (
    Resource("state", "/activities/state", "state", "stateId", ("activityId", "agent"), ("registration",)),
    Resource("activity_profile", "/activities/profile", "profile", "profileId", ("activityId",)),
    Resource("agent_profile", "/agents/profile", "profile", "profileId", ("agent",)),
)


def create_blueprint(resource: Resource) -> Blueprint:
    blueprint = Blueprint(resource.name, __name__, url_prefix=resource.path)
    for view in (_get, _put, _post, _delete):
        name = view.__name__.removeprefix("_")
        blueprint.add_url_rule("", name, _bound(view, resource), methods=[name.upper()])
    return blueprint


def _bound(view: Callable[[Resource], Response], resource: Resource) -> Callable[[], Response]:
    return lambda: view(resource)


def _get(resource: Resource) -> Response:
    caller = require(resource.scope, "all/read")
    found = _parameters(resource, (*resource.optional, resource.id, "since"))
    if "agent" in found:
        caller.require_learner(found["agent"])
    subject = _subject(resource, caller, found)
    if resource.id in found:
        document = current_lrs().documents.get(_address(resource, subject, found))
        return _answer(document.body, document.type, document.etag, document.updated)
    ids, updated = current_lrs().documents.ids(subject, found.get("registration"), found.get("since"))
    body = orjson.dumps(ids)
    return _answer(body, "application/json", sha1(body, usedforsecurity=False).hexdigest(), updated)


def _put(resource: Resource) -> Response:
    caller = require(resource.scope)
    address = _one(resource, caller)
    condition, documents = _condition(), current_lrs().documents
    if condition.is_given or (resource.is_state and spoken() == "1.0.3"):
        documents.put(address, _sent(), condition)
    elif spoken() == "1.0.3":
        # Communication 3.1: a PUT of a profile MUST have a condition; what is there already makes it a conflict
        documents.require_none(address)
        raise BadRequest("COMM-put-condition", "header If-None-Match", "neither it nor If-Match is there")
    else:
        documents.put_new(address, _sent())
    return Response(status=204)


def _post(resource: Resource) -> Response:
    caller = require(resource.scope)
    current_lrs().documents.post(_one(resource, caller), _sent(), _condition())
    return Response(status=204)


def _delete(resource: Resource) -> Response:
    caller = require(resource.scope)
    if resource.is_state and resource.id not in request.args:
        found = _parameters(resource, resource.optional)
        caller.require_learner(found["agent"])
        if _condition().is_given:  # it can hold for one document only
            require_parameters(found, (resource.id,), "COMM-document-required")
        current_lrs().documents.delete_all(_subject(resource, caller, found), found.get("registration"))
    else:
        current_lrs().documents.delete(_one(resource, caller), _condition())
    return Response(status=204)


def _one(resource: Resource, caller: Caller) -> Address:
    """The address of the one document that the request names."""
    found = _parameters(resource, (*resource.optional, resource.id), (resource.id,))
    caller.require_learner(found.get("agent"))
    return _address(resource, _subject(resource, caller, found), found)


def _parameters(resource: Resource, others: Iterable[str], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    readers = {name: READERS[name] for name in (*resource.subject, *others)}
    found = read_parameters(request.args.items(multi=True), readers)
    require_parameters(found, (*resource.subject, *needed), "COMM-document-required")
    return found


def _subject(resource: Resource, caller: Caller, found: dict[str, Any]) -> Subject:
    key = actor_key(found["agent"]) if "agent" in found else None
    return Subject(caller.store, resource.name, found.get("activityId", ""), key or "")


def _address(resource: Resource, subject: Subject, found: dict[str, Any]) -> Address:
    return Address(subject, found[resource.id], found.get("registration", ""))


def _condition() -> Condition:
    return read_condition(request.headers.get("If-Match"), request.headers.get("If-None-Match"))


def _sent() -> Document:
    kind = request.headers.get("Content-Type", "application/octet-stream")
    if not is_media_type(kind):
        raise BadRequest("COMM-document-type", "header Content-Type", f"found {kind!r:.60}")
    return Document(request_body(), kind)


def _answer(body: bytes, kind: str, etag: str, updated: int) -> Response:
    response = Response(body, content_type=kind)
    response.set_etag(etag)
    if updated:
        response.last_modified = datetime.fromtimestamp(updated // 1_000_000, UTC)
    # A document is whatever a client stored: a browser must never run it as a page of ours
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if _condition().names(etag):
        response.status_code = 304
        response.set_data(b"")
    return response
