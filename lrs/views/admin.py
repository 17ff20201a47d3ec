"""/api/v1/admin: stores and their credentials."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, request

from lrs.credentials import EVERYWHERE, Credentials
from lrs.errors import NotFound
from lrs.models import Credential, Store
from lrs.tenants import change_store, create_store
from lrs.views import authenticate, current_gate, json_request, query, require
from schemas.admin import (
    CredentialChangeIn,
    CredentialIn,
    CredentialOut,
    NewCredentialOut,
    NewSecretOut,
    StoreChangeIn,
    StoreIn,
    StoreOut,
)
from schemas.queries import NoParameters

log = logging.getLogger(__name__)

blueprint = Blueprint("admin", __name__, url_prefix="/api/v1/admin/stores")


@blueprint.before_request
def _admit() -> None:
    if request.method == "OPTIONS":
        return
    g.caller = authenticate()
    require("admin")
    query(NoParameters())


@blueprint.after_request
def _record(response: Response) -> Response:
    """Who changed what, in the log: only what was found and done, so that a path holds names and ids that are there."""
    if request.method in ("POST", "PATCH", "DELETE") and response.status_code < HTTPStatus.BAD_REQUEST:
        log.info("%s: %s %s: %s", g.caller.name, request.method, request.path, response.status_code)
    return response


@blueprint.get("")
def find() -> dict[str, Any]:
    """The caller's store, or all of them."""
    stores = Store.objects if _everywhere() else Store.objects(id=require("admin").store)
    return {"stores": StoreOut(many=True).dump(stores.order_by("name"))}


@blueprint.post("")
def create() -> tuple[Any, int]:
    require(EVERYWHERE)
    return StoreOut().dump(create_store(**StoreIn().load(json_request()))), 201


@blueprint.get("/<store>")
def get(store: str) -> Any:
    return StoreOut().dump(_reached(store))


@blueprint.patch("/<store>")
def change(store: str) -> Any:
    """Which provider's tokens it takes is for admin/stores to say: this server fetches its keys, and one issuer's
    tokens for one audience can be one store's only."""
    found, changes = _reached(store), StoreChangeIn().load(json_request())
    if "openid" in changes:
        require(EVERYWHERE)
    return StoreOut().dump(change_store(found, changes))


@blueprint.get("/<store>/credentials")
def find_credentials(store: str) -> dict[str, Any]:
    """Revoked and expired ones too; no secret is shown."""
    return {"credentials": CredentialOut(many=True).dump(_credentials(store).all())}


@blueprint.post("/<store>/credentials")
def create_credential(store: str) -> tuple[Any, int, dict[str, str]]:
    """The answer is the only place where its secret stands."""
    made, secret = _credentials(store).create(**CredentialIn().load(json_request()))
    return NewCredentialOut().dump(_shown(made, secret=secret)), 201, {"Cache-Control": "no-store"}


@blueprint.get("/<store>/credentials/<key>")
def get_credential(store: str, key: str) -> Any:
    return CredentialOut().dump(_credentials(store).get(key))


@blueprint.patch("/<store>/credentials/<key>")
def change_credential(store: str, key: str) -> Any:
    return CredentialOut().dump(_credentials(store).change(key, CredentialChangeIn().load(json_request())))


@blueprint.delete("/<store>/credentials/<key>")
def revoke_credential(store: str, key: str) -> Response:
    _credentials(store).revoke(key)
    return Response(status=204)


@blueprint.post("/<store>/credentials/<key>/secrets")
def add_secret(store: str, key: str) -> tuple[Any, int, dict[str, str]]:
    secret_id, secret = _credentials(store).add_secret(key)
    return NewSecretOut().dump({"id": secret_id, "secret": secret}), 201, {"Cache-Control": "no-store"}


@blueprint.delete("/<store>/credentials/<key>/secrets/<secret>")
def drop_secret(store: str, key: str, secret: str) -> Response:
    _credentials(store).drop_secret(key, secret)
    return Response(status=204)


def _everywhere() -> bool:
    return require("admin").may(EVERYWHERE)


def _reached(name: str) -> Store:
    """The store of this name, if the caller manages it. Raises NotFound, for another's as for one that isn't."""
    found = Store.named(name)
    if not _everywhere() and found.id != require("admin").store:
        raise NotFound(f"no store {name!r}")
    return found


def _credentials(store: str) -> Credentials:
    return Credentials(current_gate(), _reached(store), _everywhere())


def _shown(credential: Credential, **more: Any) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in CredentialOut().fields} | more
