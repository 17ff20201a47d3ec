"""A store's own alignments, beside the built-in ones or in their place.

All of a store's stand in one document under one version, so that an edit, of one or of thousands, is one
compare-and-swap. Each carries the version at which it last changed, those that were removed too: whoever has followed
the store to some version finds out what changed since.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from bson import ObjectId
from mongoengine import DictField, Document, IntField, ListField, ObjectIdField
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from competencies.alignment_checks import IRI, Known, checked
from competencies.alignments import Alignment, Alignments
from competencies.codes import check_code
from competencies.outcomes import COMPLETION, LEVEL
from competencies.people import key_of
from lrs.errors import Invalid, Unavailable
from lrs.store import JOURNALED

MOST = 5000  # of a store
WEIGHT, CEILING = 0.3, 3.0  # where none is stated
LONGEST = 2000  # characters of an activity's id
TRIES = 20  # of an edit that others got ahead of
MEMBERS = tuple(each.name for each in fields(Alignment))


class OwnAlignments(Document):  # type: ignore[misc]  # mongoengine ships no types
    """Those of one store."""

    store = ObjectIdField(primary_key=True)
    version = IntField(required=True)
    measured = IntField()  # the version with which a framework of the store's own was published last
    alignments = ListField(DictField())
    meta = {"collection": "own_alignments", "auto_create_index": False}


@dataclass(frozen=True)
class Entry:
    """One alignment of a store's own; `alignment` is None once it was removed."""

    alignment: Alignment | None
    enabled: bool
    version: int


@dataclass(frozen=True)
class Own:
    """A store's own alignments by code, at one version; 0 before the first edit."""

    version: int = 0
    entries: Mapping[str, Entry] = field(default_factory=dict)
    measured: int = 0  # the version with which a framework of the store's own was published last

    def changed_since(self, version: int, in_force: Iterable[Alignment]) -> set[str]:
        """The codes of those that were edited or removed after it; where a framework was published after it, also of
        those of `in_force` that read by rubrics, names or resources.
        """
        edited = {code for code, entry in self.entries.items() if entry.version > version}
        return edited | ({each.code for each in in_force if each.measures} if self.measured > version else set())

    def beside(self, builtin: Iterable[Alignment]) -> Alignments:
        """What is in force: these, and the built-in ones in whose place none of these stands."""
        standing = {each.code: each for each in builtin}
        for code, entry in self.entries.items():
            if entry.alignment is None:
                continue
            standing.pop(code, None)
            if entry.enabled:
                standing[code] = entry.alignment
        return Alignments(standing[code] for code in sorted(standing))


def measured_version(store: ObjectId) -> int:
    """The version with which a framework of the store's own was published last; 0: never."""
    return measured_versions(store).get(store, 0)


def measured_versions(*stores: ObjectId) -> dict[ObjectId, int]:
    """The same of these, or of all, that have published any."""
    query: dict[str, Any] = {"measured": {"$gt": 0}} | ({"_id": {"$in": list(stores)}} if stores else {})
    return {each["_id"]: each["measured"] for each in OwnAlignments._get_collection().find(query, {"measured": 1})}


Edit = Callable[[Own], Mapping[str, tuple[Alignment, bool] | None]]  # by code, the alignment and whether it is enabled


def own_of(store: ObjectId) -> Own:
    found = OwnAlignments.objects(store=store).as_pymongo().first()
    if found is None:
        return Own()
    entries = {each["code"]: _entry(each) for each in found["alignments"]}
    return Own(found["version"], entries, found.get("measured") or 0)


def versions() -> dict[ObjectId, int]:
    """Of all stores that have some of their own."""
    found = OwnAlignments._get_collection().find({}, {"version": 1}).hint("version")  # the index alone is read
    return {each["_id"]: each["version"] for each in found}


def change(store: ObjectId, edit: Edit) -> Own:
    """What `edit` makes of the store's own, all at once; None for a code removes it. Raises what `edit` raises, Invalid
    for more than MOST, and Unavailable.
    """
    collection = OwnAlignments._get_collection().with_options(write_concern=JOURNALED)
    for _ in range(TRIES):
        before = own_of(store)
        version = before.version + 1
        entries = dict(before.entries)
        for code, edited in edit(before).items():
            entries[code] = Entry(*edited, version) if edited else Entry(None, False, version)
        if sum(entry.alignment is not None for entry in entries.values()) > MOST:
            raise Invalid("", f"a store can have {MOST:,} alignments of its own")
        row = {"version": version, "alignments": [_document(code, entry) for code, entry in sorted(entries.items())]}
        try:  # with version 0 it inserts, unless another just did
            if collection.update_one({"_id": store, "version": before.version}, {"$set": row},
                                     upsert=not before.version).raw_result["n"]:
                return Own(version, entries, before.measured)
        except DuplicateKeyError:
            continue
    raise Unavailable("others are changing alignments of this store all the time")


def count_up(store: ObjectId, session: ClientSession) -> None:
    """A new version, with which a framework was published: what its rubrics, names and resources bear on may differ."""
    OwnAlignments._get_collection().update_one({"_id": store}, [{"$set": {
        "version": {"$add": [{"$ifNull": ["$version", 0]}, 1]}, "measured": {"$add": [{"$ifNull": ["$version", 0]}, 1]},
        "alignments": {"$ifNull": ["$alignments", []]}}}], upsert=True, session=session)


def _entry(document: dict[str, Any]) -> Entry:
    alignment = None if document["removed"] else Alignment(**{name: document[name] for name in MEMBERS})
    return Entry(alignment, document["enabled"], document["version"])


def _document(code: str, entry: Entry) -> dict[str, Any]:
    said = {} if entry.alignment is None else vars(entry.alignment)
    return {"code": code, **said, "removed": not said, "enabled": entry.enabled, "version": entry.version}


def composed(code: str, sent: Mapping[str, Any], builtin: Alignment | None, known: Known) -> tuple[Alignment, bool]:
    """The alignment that somebody sent, and whether it is enabled. Raises Invalid, with a pointer.

    In the place of a built-in one, what isn't sent stands as it does there.
    """
    check_code(code, "/code")
    if builtin is not None and builtin.outcome["kind"] == LEVEL:
        raise Invalid("", f"{code!r} reads what Waymark itself records of people, and stays as it is")
    if builtin is None and (missing := [name for name in ("template", "outcome") if name not in sent]):
        raise Invalid(f"/{missing[0]}", "it must be there, for no built-in alignment has this code")
    given = {name: sent[name] for name in MEMBERS if name in sent}
    if isinstance(template := given.get("template"), str):
        if template not in known.templates:
            raise Invalid("/template", f"no imported profile has a template {template!r:.200} that can be used")
        given["template"] = known.templates[template]
    if "authorities" in given:
        given["authorities"] = [key_of(agent, f"/authorities/{index}")
                                for index, agent in enumerate(sent["authorities"])]
    for index, activity in enumerate(given.get("activities", ())):
        if fault := activity_fault(activity):
            raise Invalid(f"/activities/{index}", fault)
    weight = 0.0 if given.get("outcome", {}).get("kind") == COMPLETION else WEIGHT
    base = vars(builtin) if builtin else {"title": {}, "competencies": [], "weight": weight, "ceiling": CEILING,
                                          "authorities": []}
    return checked(Alignment(**{**base, **given, "code": code}), known), sent.get("enabled", True)


def activity_fault(activity: str) -> str | None:
    """Why it is no activity's id, nor the beginning of one with a * after it; None when it is."""
    if not 1 <= len(activity) <= LONGEST:
        return f"it must have 1 to {LONGEST:,} characters"
    if not IRI.fullmatch(activity if not activity.endswith("*") else f"{activity[:-1]}-") or "*" in activity[:-1]:
        return "it must be an IRI, or the beginning of one, as far as a / or a : at least, and a *"
    return None
