"""Frameworks of a store's own: drafts, and publishing them in versions."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import get_db
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from competencies.catalogued import own_key
from competencies.codes import check_code
from competencies.frameworks import CARRYING, Association, Competency, Framework, Rubric
from competencies.frameworks import carried as carried_on
from competencies.own_alignments import count_up
from competencies.packages import PARTS, Outside, Package, carrying_links, check, documents, references
from competencies.people import Person
from competencies.projection import EVIDENCE, read_catalogue, reading
from competencies.resources import Resource
from competencies.roles import Role
from lrs.clock import now_micros
from lrs.errors import Clash, Invalid, NotFound
from lrs.store import JOURNALED

DRAFTS, PUBLICATIONS = "drafts", "publications"
MOST_DRAFTS = 50  # of a store
KINDS = {"competencies": Competency, "rubrics": Rubric, "roles": Role, "resources": Resource}
COLLECTIONS = ("frameworks", "competencies", "associations", "rubrics", "roles", "resources")
Match = Callable[[str | None], None]  # is told the ETag that there is; raises where it isn't the one that is wanted


@dataclass(frozen=True)
class Carried:
    """Evidence on one competency that counts for another."""

    origin: str
    destination: str
    type: str
    evidence: int


@dataclass(frozen=True)
class Publication:
    """What a version brings, and what becomes of the evidence that there is."""

    code: str
    version: int
    added: list[str]
    removed: list[str]
    kept: list[str]
    carried: list[Carried]
    lost: list[dict[str, Any]]  # competencies that go, with the evidence on them that counts for nothing any more
    alignments: list[str]  # that bear on competencies that go
    roles: list[dict[str, Any]] = field(default_factory=list)  # that go, and how many people have them
    unlinked: list[Carried] = field(default_factory=list)  # evidence that counted by a link that goes


def drafts_of(store: ObjectId) -> list[dict[str, Any]]:
    return list(get_db()[DRAFTS].find({"store": store}).sort("code", 1))


def get_draft(store: ObjectId, code: str) -> dict[str, Any]:
    """Raises NotFound."""
    found = get_db()[DRAFTS].find_one({"_id": own_key(store, code)})
    if found is None:
        raise NotFound(f"no draft {code!r}")
    return dict(found)


def save_draft(store: ObjectId, code: str, package: Package, by: str, match: Match) -> tuple[dict[str, Any], bool]:
    """The draft, and whether it is new. Raises what `match` raises, Invalid for the code of a built-in framework, and
    Clash where another saved it at the same time.
    """
    check_code(code, "/code")
    if Framework.of(None, code=code).first():
        raise Invalid("/code", f"{code!r} is a built-in framework's")
    drafts = get_db().get_collection(DRAFTS, write_concern=JOURNALED)
    found = drafts.find_one({"_id": own_key(store, code)}, {"tag": 1})
    match(found["tag"] if found else None)
    if found is None and drafts.count_documents({"store": store}, limit=MOST_DRAFTS) >= MOST_DRAFTS:
        raise Clash(f"there are {MOST_DRAFTS} drafts already: throw one away first")
    row = {"store": store, "code": code, "tag": uuid4().hex, "package": dict(package), "by": by, "saved": now_micros()}
    try:
        if found is None:
            drafts.insert_one({"_id": own_key(store, code), **row})
        elif not drafts.update_one({"_id": own_key(store, code), "tag": found["tag"]}, {"$set": row}).matched_count:
            raise Clash(f"draft {code!r} was just saved by another")
    except DuplicateKeyError:
        raise Clash(f"draft {code!r} was just saved by another") from None
    return get_draft(store, code), found is None


def delete_draft(store: ObjectId, code: str, match: Match) -> None:
    """Raises NotFound, and what `match` raises."""
    found = get_draft(store, code)
    match(found["tag"])
    drafts = get_db().get_collection(DRAFTS, write_concern=JOURNALED)
    if not drafts.delete_one({"_id": found["_id"], "tag": found["tag"]}).deleted_count:
        raise Clash(f"draft {code!r} was just saved by another")


def publications_of(store: ObjectId, code: str) -> list[dict[str, Any]]:
    """The versions of a framework, the latest first. Raises NotFound."""
    found = list(get_db()[PUBLICATIONS].find({"store": store, "code": code}, {"package": 0}).sort("version", -1))
    if not found:
        raise NotFound(f"this store has published no framework {code!r}")
    return found


def publish(database: Database[Any], store: ObjectId, code: str, by: str, dry_run: bool,
            match: Match) -> dict[str, Any]:
    """Put a draft in force as the next version, or only say what that would do; the draft stays.

    Everything at once: the catalogue, and the version by which what it touches is derived again. Raises NotFound,
    Invalid, with a pointer into the draft's package, and Clash where another published at the same time.
    """
    draft = get_draft(store, code)
    match(draft["tag"])
    package = draft["package"]
    told = {"version": 1, "package.competencies.code": 1, "package.associations": 1}
    published = list(database[PUBLICATIONS].find({"store": store, "code": code}, told).sort("version", -1))
    versions = [{each["code"] for each in one["package"]["competencies"]} for one in published]
    check(package, _outside(store, code, set().union(*versions)))
    _check_unneeded(store, code, package)
    version = len(published) + 1
    before = carrying_links(published[0]["package"]) if published else []
    report = replace(_report(database, store, package, versions, code, version),
                     unlinked=_unlinked(database, store, set(before) - set(carrying_links(package))))
    carried = {name: [vars(each) for each in getattr(report, name)] for name in ("carried", "unlinked")}
    row = {**vars(report), **carried, "by": by, "at": now_micros()}
    if not dry_run:
        try:
            with database.client.start_session() as session:
                session.with_transaction(lambda s: _put_in_force(database, store, {**row, "package": package}, s),
                                         write_concern=JOURNALED)
        except (DuplicateKeyError, BulkWriteError):  # of ids: everything else was checked
            raise Clash("another framework of this store, or this one, was just published by another") from None
    return {**row, "dry_run": dry_run}


def _outside(store: ObjectId, code: str, before: set[str]) -> Outside:
    own = {part: set(kind.objects(store=store, owner=code).scalar("code")) for part, kind in KINDS.items()}
    return Outside({part: frozenset(set(KINDS[part].of(store).scalar("code")) - own[part]) for part in PARTS},
                   frozenset(Association.of(store, owner__ne=code).scalar("code")), frozenset(before))


def _check_unneeded(store: ObjectId, code: str, package: Package) -> None:
    """Nothing goes that another framework of the store refers to. Raises Invalid."""
    going = {part: set(kind.objects(store=store, owner=code).scalar("code")) - {each["code"] for each in package[part]}
             for part, kind in KINDS.items()}
    for other in Framework.objects(store=store, code__ne=code).scalar("code"):
        theirs: dict[str, Any] = {part: list(kind.objects(store=store, owner=other).as_pymongo())
                                  for part, kind in KINDS.items()}
        links = list(Association.objects(store=store, owner=other).scalar("origin", "destination"))
        needed = [(part, each) for _, part, each in references(theirs)]
        needed += [("competencies", end) for ends in links for end in ends]
        if lacking := [(part, each) for part, each in needed if each in going[part]]:
            part, each = lacking[0]
            raise Invalid(f"/{part}", f"framework {other!r} refers to {each!r}: let go of it there first")


def _unlinked(database: Database[Any], store: ObjectId, gone: set[tuple[str, str, str]]) -> list[Carried]:
    counts = _evidence(database, store, {end for _, *ends in gone for end in ends})
    return [Carried(origin, destination, type_, counts[origin])
            for (origin, destination), type_ in sorted(_ways(gone).items()) if counts.get(origin)]


def _ways(links: Collection[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    """By which type evidence goes from one competency to another; exact matches go both ways."""
    there = {(origin, destination): type_ for type_, origin, destination in links}
    return there | {(destination, origin): type_ for type_, origin, destination in links if type_ == "exactMatchOf"}


def _put_in_force(database: Database[Any], store: ObjectId, row: dict[str, Any], session: ClientSession) -> None:
    """Record what is published, replace the catalogue's part of it, and have what it touches derived again."""
    code, package, version = row["code"], row["package"], row["version"]
    database[PUBLICATIONS].insert_one({"_id": f"{own_key(store, code)}/{version}", "store": store, **row},
                                      session=session)
    count_up(store, session)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLLECTIONS}
    for collection, document in documents(package, code, version):
        rows[collection].append({**document, "_id": own_key(store, document["code"]), "store": store, "owner": code})
    for collection, made in rows.items():
        database[collection].delete_many({"store": store, "owner": code}, session=session)
        if made:
            database[collection].insert_many(made, session=session)


def _report(database: Database[Any], store: ObjectId, package: Package, versions: list[set[str]], code: str,
            version: int) -> Publication:
    """`versions`: the competencies of those before, the latest first."""
    after = {each["code"] for each in package["competencies"]}
    before, gone = versions[0] if versions else set(), set().union(*versions) - after
    links, removed = carrying_links(package), before - after
    others = Association.objects(store=store, owner__ne=code, type__in=CARRYING)
    every = [*links, *others.scalar("type", "origin", "destination")]
    there = (set(Competency.of(store).scalar("code")) - before) | after
    counts = _evidence(database, store, gone | {end for _, *ends in links for end in ends})
    carried = [Carried(origin, destination, type_, counts.get(origin, 0))
               for (origin, destination), type_ in sorted(_ways(links).items()) if destination in there]
    reached = carried_on(there, every)
    lost = [{"competency": each, "evidence": counts.get(each, 0)} for each in sorted(gone)
            if not reached.get(each) and (each in removed or counts.get(each))]
    in_force = read_catalogue(database).alignments(store).all
    roles = set(Role.objects(store=store, owner=code).scalar("code")) - {each["code"] for each in package["roles"]}
    unfilled = [{"role": role, "people": Person.objects(store=store, role=role).count()} for role in sorted(roles)]
    return Publication(code, version, sorted(after - before), sorted(removed), sorted(before & after), carried, lost,
                       sorted(each.code for each in in_force if removed & set(each.competencies)), unfilled)


def _evidence(database: Database[Any], store: ObjectId, competencies: set[str]) -> dict[str, int]:
    """How much evidence there is on each."""
    found = reading(lambda: list(database[EVIDENCE].aggregate([
        {"$match": {"store": store, "competency": {"$in": sorted(competencies)}}},
        {"$group": {"_id": "$competency", "evidence": {"$sum": 1}}}])))
    return {each["_id"]: each["evidence"] for each in found}
