"""Checks of single values that every kind of object shares."""

from typing import Any

from lrs.rules.formats import has_scheme, has_uuid_form, is_iri, is_language_tag, is_uuid
from lrs.rules.refusal import escaped, refuse


def check_object(value: Any, requirement: str, at: str) -> None:
    if not isinstance(value, dict):
        refuse(requirement, at, value)


def check_string(value: Any, requirement: str, at: str) -> None:
    if not isinstance(value, str):
        refuse(requirement, at, value)


def check_number(value: Any, requirement: str, at: str) -> None:
    if type(value) is not int and type(value) is not float:  # a bool is an int to isinstance
        refuse(requirement, at, value)


def check_boolean(value: Any, requirement: str, at: str) -> None:
    if value is not True and value is not False:
        refuse(requirement, at, value)


def check_iri(value: Any, requirement: str, at: str) -> None:
    """RFC 3987 IRI; Data 4.3: relative ones aren't IRIs."""
    if not isinstance(value, str):
        refuse(requirement, at, value)
    if not is_iri(value):
        refuse(requirement if not value or has_scheme(value) else "XAPI-00011", at, value)


def check_uuid(value: Any, requirement: str, at: str) -> None:
    if not isinstance(value, str):
        refuse(requirement, at, value)
    if not is_uuid(value):
        refuse("XAPI-00030" if has_uuid_form(value) else "XAPI-00029", at, value)


def check_language_map(value: Any, requirement: str, at: str) -> None:
    if not isinstance(value, dict):
        refuse(requirement, at, value)
    for tag, text in value.items():
        if not isinstance(text, str):
            refuse("XAPI-00121", f"{at}/{escaped(tag)}", text)
        if not is_language_tag(tag):
            refuse("XAPI-00121", f"{at}/{escaped(tag)}", tag)


def check_extensions(value: Any, at: str) -> None:
    """Data 4.1: keys are IRIs; "An LRS MUST NOT reject a Statement based on the values"."""
    if not isinstance(value, dict):
        refuse("XAPI-00120", at, value)
    for key in value:
        if not is_iri(key):
            check_iri(key, "XAPI-00118", f"{at}/{escaped(key)}")
