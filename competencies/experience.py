"""The experience library: what a review concluded, kept as a case or a drill that plans draw on like any resource."""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from mongoengine import get_db

from competencies.catalogued import own_key
from competencies.codes import check_code
from competencies.frameworks import Competency
from competencies.own_alignments import count_up
from competencies.resources import Resource
from lrs.clock import now_micros
from lrs.errors import Clash, Invalid, NotFound
from lrs.store import JOURNALED

OWNER = "experience/"  # which no framework is called, for codes have no slash
MOST = 2_000  # of a store
DEFAULTS: dict[str, Any] = {"kind": "case", "language": "zh-CN", "minutes": 30, "cost": 0.0, "coach_hours": 0.0,
                            "prerequisites": [], "tags": []}


def find(store: ObjectId, tag: str | None = None, competency: str | None = None) -> list[Resource]:
    """By code."""
    found = Resource.objects(store=store, owner=OWNER)
    if tag is not None:
        found = found.filter(tags=tag)
    if competency is not None:
        found = found.filter(__raw__={"closes.competency": competency})
    return list(found.order_by("code"))


def get(store: ObjectId, code: str) -> Resource:
    """Raises NotFound."""
    found = Resource.objects(store=store, owner=OWNER, code=code).first()
    if found is None:
        raise NotFound(f"no experience {code!r}")
    return found  # type: ignore[no-any-return]


def put(store: ObjectId, code: str, by: str, said: Mapping[str, Any], address: str) -> tuple[Resource, bool]:
    """Keep it in the place of what there was, and whether it is new. `address`: its own here, under which statements
    report on it, whatever address it states: that of something else is that one's to report under.

    Raises Invalid for competencies and resources that aren't there, and for a code that another resource has.
    """
    check_code(code, "/code")
    there = Resource.of(store, code=code).first()
    if there is not None and there.owner != OWNER:
        raise Invalid("/code", f"{code!r} is a resource of the catalogue")
    if there is None and Resource.objects(store=store, owner=OWNER).count() >= MOST:
        raise Clash(f"the library holds {MOST:,} already")
    _check(store, code, said)
    row = {**DEFAULTS, **said, "address": said.get("address") or f"{address}?format=html", "activities": [address],
           "launch": "link",
           "concluded": {"text": said.get("text", {}), "by": by, "at": now_micros(), "review": said.get("review")}}
    row = {name: value for name, value in row.items() if name not in ("text", "review")}
    _write(store, code, {"code": code, "store": store, "owner": OWNER, **row})
    return get(store, code), there is None


def delete(store: ObjectId, code: str) -> None:
    """Plans that have it keep it. Raises NotFound."""
    get(store, code)
    _write(store, code, None)


def _check(store: ObjectId, code: str, said: Mapping[str, Any]) -> None:
    for index, closing in enumerate(said["closes"]):
        if Competency.of(store, code=closing["competency"]).first() is None:
            raise Invalid(f"/closes/{index}/competency", f"there is no competency {closing['competency']!r:.80}")
        if closing["from"] >= closing["to"]:
            raise Invalid(f"/closes/{index}/to", "it must be above from")
    for index, before in enumerate(said.get("prerequisites", ())):
        if before == code or Resource.of(store, code=before, owner__ne=OWNER).first() is None:
            raise Invalid(f"/prerequisites/{index}", f"the catalogue has no resource {before!r:.80}")


def _write(store: ObjectId, code: str, row: Mapping[str, Any] | None) -> None:
    """With it a new version of what people are measured by, as for a framework that is published."""
    resources = get_db().resources
    with resources.database.client.start_session() as session:
        def write(session: Any) -> None:
            key = {"_id": own_key(store, code)}
            if row is None:
                resources.delete_one(key, session=session)
            else:
                resources.replace_one(key, dict(row), upsert=True, session=session)
            count_up(store, session)

        session.with_transaction(write, write_concern=JOURNALED)
