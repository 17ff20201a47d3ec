"""/api/v1/alignments, profiles: which statements of this store prove what."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from bson import ObjectId
from flask import Blueprint, Response, request
from mongoengine import get_db

from competencies import alignment_table
from competencies.alignment_checks import Known
from competencies.alignments import Alignment
from competencies.frameworks import Competency
from competencies.own_alignments import Entry, Own, change, composed, own_of
from competencies.preview import Preview
from competencies.profiles import Profile, import_profile, templates_of
from competencies.projection import Catalogue, read_catalogue
from competencies.realignment import followed
from competencies.tables import read_table
from competencies.views import as_of, current_reach, public_url, require_match
from lrs.actors import actor_of
from lrs.errors import NotFound
from lrs.views import current_lrs, json_request, query, request_body, require
from schemas.alignments import AlignmentIn, AlignmentOut, AlignmentTableOut, PreviewOut, ProfileOut, RealignmentOut
from schemas.queries import AsOf, NoParameters, TableQuery

blueprint = Blueprint("alignments", __name__)


@blueprint.get("/alignments")
def find() -> dict[str, Any]:
    """All of the store, those that are switched off too, and how far edits have been carried out."""
    store, catalogue = _store_to_read(), read_catalogue(get_db())
    own = catalogue.own(store)
    codes = {code for code, entry in own.entries.items() if entry.alignment} | catalogue.builtin.keys()
    return {"alignments": [_shown(code, own, catalogue) for code in sorted(codes)],
            "realignment": RealignmentOut().dump(_progress(store, own.version))}


@blueprint.post("/alignments")
def import_table() -> Any:
    """Create and change alignments by a CSV or XLSX file; with `dry_run` only say what would change."""
    require("frameworks/write")
    dry_run, store = query(TableQuery())["dry_run"], current_reach().store
    table, known = read_table(request_body(), request.mimetype), _known(store)
    found = alignment_table.compare(table, own_of(store), known)

    def edit(own: Own) -> Mapping[str, tuple[Alignment, bool] | None]:
        nonlocal found
        found = alignment_table.compare(table, own, known)
        return found.edits

    if found.edits and not dry_run:
        change(store, edit)
    counted = Counter(row.change for row in found.rows)
    return AlignmentTableOut().dump({"dry_run": dry_run, "rows": found.rows, "bad": found.bad, **{
        each: counted[each] for each in ("created", "changed", "unchanged")}})


@blueprint.get("/alignments/<code>")
def get(code: str) -> Any:
    store, catalogue = _store_to_read(), read_catalogue(get_db())
    return _answer(code, catalogue.own(store), catalogue)


@blueprint.put("/alignments/<code>")
def put(code: str) -> Any:
    """Create or replace the store's own alignment of this code, in the place of a built-in one if there is one."""
    require("frameworks/write")
    query(NoParameters())
    store, catalogue = current_reach().store, read_catalogue(get_db())
    edited = _sent(code, store, catalogue)
    was_there = False

    def edit(own: Own) -> Mapping[str, tuple[Alignment, bool] | None]:
        nonlocal was_there
        _require_match(code, own)
        was_there = _entry(code, own) is not None
        return {code: edited}

    return _answer(code, change(store, edit), catalogue, 200 if was_there else 201)


@blueprint.delete("/alignments/<code>")
def delete(code: str) -> Response:
    """Remove the store's own alignment; a built-in one of its code stands again."""
    require("frameworks/write")
    query(NoParameters())

    def edit(own: Own) -> Mapping[str, tuple[Alignment, bool] | None]:
        if _entry(code, own) is None:
            raise NotFound(f"this store has no alignment {code!r} of its own")
        _require_match(code, own)
        return {code: None}

    change(current_reach().store, edit)
    return Response(status=204)


@blueprint.post("/alignments/<code>/preview")
def preview(code: str) -> Any:
    """What PUT of this body would do; nothing is changed."""
    caller = require("frameworks/write")
    moment, store, catalogue = as_of(query(AsOf())), current_reach().store, read_catalogue(get_db())
    alignment, enabled = _sent(code, store, catalogue)
    found = Preview(get_db(), current_lrs(), catalogue, store).of(code, alignment if enabled else None, moment)
    shown = caller.may("gaps/read")  # who may only change the catalogue isn't told of people's levels
    return PreviewOut().dump({**found, **({} if shown else {"estimates": []})})


@blueprint.get("/profiles")
def find_profiles() -> dict[str, Any]:
    """The profiles that were imported, with their templates."""
    found = Profile.objects(store=_store_to_read()).order_by("profile")
    return {"profiles": ProfileOut(many=True).dump(found)}


@blueprint.post("/profiles")
def post_profile() -> Any:
    """Import an xAPI Profile, or a newer version of it."""
    require("frameworks/write")
    query(NoParameters())
    profile, is_new = import_profile(current_reach().store, json_request())
    return ProfileOut().dump(profile), 201 if is_new else 200


def _store_to_read() -> ObjectId:
    """The store, for who may read about the whole of it."""
    require("gaps/read", "frameworks/write")
    query(NoParameters())
    current_reach().require_all()
    return current_reach().store


def _known(store: ObjectId) -> Known:
    return Known(frozenset(Competency.of(store).scalar("code")), templates_of(store))


def _sent(code: str, store: ObjectId, catalogue: Catalogue) -> tuple[Alignment, bool]:
    sent = cast(dict[str, Any], AlignmentIn().load(json_request()))
    return composed(code, sent, catalogue.builtin.get(code), _known(store))


def _entry(code: str, own: Own) -> Entry | None:
    """The store's own, unless it was removed."""
    found = own.entries.get(code)
    return found if found and found.alignment else None


def _etag(code: str, own: Own) -> str:
    entry = _entry(code, own)
    return str(entry.version) if entry else "built-in"


def _require_match(code: str, own: Own) -> None:
    """As `require_match`, of the store's own alignment; If-Match may name the built-in one in whose place it comes."""
    there = _entry(code, own) is not None or "If-Match" in request.headers
    require_match(_etag(code, own) if there else None, f"alignment {code!r}")


def _answer(code: str, own: Own, catalogue: Catalogue, status: int = 200) -> Any:
    if _entry(code, own) is None and code not in catalogue.builtin:
        raise NotFound(f"no alignment {code!r}")
    headers = {"ETag": f'"{_etag(code, own)}"'}
    if status == 201:
        headers["Location"] = public_url(f"/api/v1/alignments/{code}")
    return _shown(code, own, catalogue), status, headers


def _shown(code: str, own: Own, catalogue: Catalogue) -> Any:
    entry = _entry(code, own)
    alignment = entry.alignment if entry and entry.alignment else catalogue.builtin[code]
    return AlignmentOut().dump({**vars(alignment), "authorities": [actor_of(key) for key in alignment.authorities],
                                "origin": "own" if entry else "built-in", "enabled": entry is None or entry.enabled})


def _progress(store: ObjectId, version: int) -> dict[str, Any]:
    place = followed(get_db()).get(store) or {"version": 0, "job": None}
    job = place["job"] or {"of": None, "done": None}
    return {"version": version, "derived": place["version"], "statements": job["of"], "done": job["done"],
            "pending": place["job"] is not None or place["version"] != version}
