"""What a credential may be granted, and what each grant takes in. The one table of scopes."""

from collections.abc import Iterable

XAPI = {  # Communication 4.2, "OAuth Authorization Scope", and statements/void, which it leaves to the LRS
    "statements/write": "store statements",
    "statements/read/mine": "read the statements of its own authority",
    "statements/read": "read every statement",
    "statements/void": "void what another authority stored",
    "state": "read and write State documents",
    "define": "say what Activities and Actors are called: without it, its statements don't change their descriptions",
    "profile": "read and write Agent Profile and Activity Profile documents",
    "all/read": "read everything in the store, the API included",
    "all": "everything in the store but what must be granted by name",
}
API = {
    "gaps/read": "read people, their evidence, proficiencies and gaps, coverage and the catalogue",
    "plans/read": "read learning plans and the catalogue",
    "plans/write": "change learning plans",
    "frameworks/write": "change the catalogue, and ask what would become of a statement",
    "competencies/assess": "record self-assessments, prior learning, reviews and overrides of people's levels",
    "people/write": "read and change people, their managers and logins",
}
BY_NAME = {  # `all` doesn't take these in
    "competencies/align": "its statements may align themselves, by an activity that is urn:uuid: and a competency's id",
    "admin": "manage this store and its credentials",
    "admin/stores": "make stores, and manage every store and its credentials",
}
SCOPES = {**XAPI, **API, **BY_NAME}
READING = frozenset(scope for scope in SCOPES if "/read" in scope)


def granted(scopes: Iterable[str]) -> frozenset[str]:
    """These scopes and all that they take in."""
    found = set(scopes)
    if "all" in found:
        found |= SCOPES.keys() - BY_NAME.keys()
    if "all/read" in found:
        found |= READING
    if "statements/read" in found:
        found.add("statements/read/mine")
    if "admin/stores" in found:
        found.add("admin")
    return frozenset(found)
