"""/api/v1/drafts, frameworks/{code}/versions: frameworks of a store's own."""

from typing import Any, cast

from flask import Blueprint, Response
from mongoengine import get_db

from competencies.publishing import delete_draft, drafts_of, get_draft, publications_of, publish, save_draft
from competencies.views import current_caller, current_reach, public_url, require_match
from lrs.rules.formats import format_timestamp
from lrs.views import json_request, query, require
from schemas.frameworks import DraftOut, PackageIn, PublicationOut
from schemas.queries import NoParameters, TableQuery

blueprint = Blueprint("frameworks", __name__)


@blueprint.get("/drafts")
def find() -> dict[str, Any]:
    require("frameworks/write")
    query(NoParameters())
    return {"drafts": [_shown(each) for each in drafts_of(current_reach().store)]}


@blueprint.get("/drafts/<code>")
def get(code: str) -> Any:
    require("frameworks/write")
    query(NoParameters())
    return _answer(get_draft(current_reach().store, code))


@blueprint.put("/drafts/<code>")
def put(code: str) -> Any:
    """Create or replace a draft. It may refer to what isn't there yet: publishing checks that."""
    require("frameworks/write")
    query(NoParameters())
    package = cast(dict[str, Any], PackageIn().load(json_request()))
    draft, is_new = save_draft(current_reach().store, code, package, current_caller().name,
                               lambda tag: require_match(tag, f"draft {code!r}"))
    return _answer(draft, 201 if is_new else 200)


@blueprint.delete("/drafts/<code>")
def delete(code: str) -> Response:
    require("frameworks/write")
    query(NoParameters())
    delete_draft(current_reach().store, code, lambda tag: require_match(tag, f"draft {code!r}"))
    return Response(status=204)


@blueprint.post("/drafts/<code>/publish")
def post_publication(code: str) -> Any:
    """Put a draft in force; with `dry_run` only say what that would do."""
    require("frameworks/write")
    dry_run = query(TableQuery())["dry_run"]
    found = publish(get_db(), current_reach().store, code, current_caller().name, dry_run,
                    lambda tag: require_match(tag, f"draft {code!r}"))
    return _publication(found)


@blueprint.get("/frameworks/<code>/versions")
def find_versions(code: str) -> dict[str, Any]:
    """What was published of a store's own framework, the latest first, with what each version did."""
    require("gaps/read", "frameworks/write")
    query(NoParameters())
    current_reach().require_all()
    found = publications_of(current_reach().store, code)
    return {"versions": [_publication({**each, "dry_run": False}) for each in found]}


def _shown(draft: dict[str, Any]) -> Any:
    return DraftOut().dump({**draft, "saved": format_timestamp(draft["saved"])})


def _publication(found: dict[str, Any]) -> Any:
    return PublicationOut().dump({**found, "at": format_timestamp(found["at"])})


def _answer(draft: dict[str, Any], status: int = 200) -> Any:
    headers = {"ETag": f'"{draft["tag"]}"'}
    if status == 201:
        headers["Location"] = public_url(f"/api/v1/drafts/{draft['code']}")
    return _shown(draft), status, headers
