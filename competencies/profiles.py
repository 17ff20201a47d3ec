"""xAPI Profiles that a store imported, for their Statement Templates (Profiles, Structure 8.0)."""

from typing import Any

from bson import ObjectId
from mongoengine import DictField, Document, ListField, ObjectIdField, StringField

from competencies.alignment_checks import check_template, without_notes
from competencies.alignments import DETERMINING
from competencies.jsonpath import select
from lrs.errors import Invalid
from lrs.rules.formats import is_language_tag

REFERRING = ("objectStatementRefTemplate", "contextStatementRefTemplate")
MOST = 500  # templates of one profile


class Profile(Document):  # type: ignore[misc]  # mongoengine ships no types
    """A profile as it was imported last: each template with what an alignment can take over, or why it can't."""

    store = ObjectIdField(required=True)
    profile = StringField(required=True)  # the profile's id, unique in the store
    version = StringField()  # the id of the version, if it says one
    name = DictField()
    templates = ListField(DictField())
    meta = {"collection": "profiles", "auto_create_index": False}


def import_profile(store: ObjectId, document: Any) -> tuple[Profile, bool]:
    """Keep a profile's templates, in place of those that it had; and whether it is new. Raises Invalid, with a pointer.

    What was made from its templates before stays as it is: alignments take a template over when they are saved.
    """
    fields = _read(document)
    found = Profile.objects(store=store, profile=fields["profile"])
    is_new = found.first() is None
    found.update_one(upsert=True, **{f"set__{name}": value for name, value in fields.items()})
    return found.get(), is_new


def templates_of(store: ObjectId) -> dict[str, dict[str, Any]]:
    """The templates that can be used, by id."""
    return {each["id"]: each["template"] for profile in Profile.objects(store=store).as_pymongo()
            for each in profile["templates"] if each["template"] is not None}


def _read(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or document.get("type") != "Profile":
        raise Invalid("/type" if isinstance(document, dict) else "", "it is no xAPI Profile: its type must be Profile")
    if not isinstance(document.get("id"), str):
        raise Invalid("/id", "it must be the profile's IRI")
    templates = document.get("templates", [])
    if not isinstance(templates, list) or len(templates) > MOST:
        raise Invalid("/templates", f"it must be a list of at most {MOST} templates")
    newest = [each for each in select(document, "$.versions[0].id") if isinstance(each, str)]
    return {"profile": document["id"], "version": newest[0] if newest else None,
            "name": _texts(document.get("prefLabel")),
            "templates": [_template(each, f"/templates/{index}") for index, each in enumerate(templates)]}


def _template(given: Any, at: str) -> dict[str, Any]:
    """A template that Waymark can't hold a statement against is kept with the reason, and not usable."""
    if not isinstance(given, dict) or given.get("type") != "StatementTemplate" or not isinstance(given.get("id"), str):
        raise Invalid(at, "it must be a StatementTemplate with an id")
    template = {name: given[name] for name in (*DETERMINING, "rules") if name in given}
    why = None
    if referring := [name for name in REFERRING if name in given]:
        why = f"{referring[0]}: what a StatementRef leads to isn't looked at"
    else:
        try:
            check_template(template, at)
        except Invalid as invalid:
            why = f"{invalid.pointer.removeprefix(at)}: {invalid}"
    return {"id": given["id"], "name": _texts(given.get("prefLabel")),
            "template": None if why else without_notes(template), "why": why}


def _texts(given: Any) -> dict[str, str]:
    """A language map, or nothing."""
    texts = given.items() if isinstance(given, dict) else ()
    return {tag: text for tag, text in texts if isinstance(text, str) and is_language_tag(tag)}
