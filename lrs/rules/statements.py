"""Statements and SubStatements (Data 2.4, 2.4.4.3)."""

import re
from typing import Any

from lrs.rules.actors import IDENTIFIERS, check_actor, check_authority
from lrs.rules.attachments import check_attachments
from lrs.rules.contexts import check_context
from lrs.rules.formats import parse_timestamp
from lrs.rules.objects import VOIDED, check_activity, check_reference, check_verb
from lrs.rules.refusal import refuse, refuse_choice, refuse_unknown
from lrs.rules.results import check_result
from lrs.rules.values import check_object, check_string, check_uuid

SUBSTATEMENT_KEYS = frozenset(("actor", "verb", "object", "result", "context", "timestamp", "attachments",
                               "objectType"))
STATEMENT_KEYS = (SUBSTATEMENT_KEYS - {"objectType"}) | {"id", "stored", "authority", "version"}
OUTSIDE_SUBSTATEMENT = {"authority": "XAPI-00067", "version": "XAPI-00068", "stored": "XAPI-00069",
                        "id": "XAPI-00070"}
OBJECT_TYPES = frozenset(("Activity", "Agent", "Group", "SubStatement", "StatementRef"))
_VERSION = {"1.0.3": re.compile(r"1\.0(\.[0-9]+)?"), "2.0": re.compile(r"(1\.0|2\.0)(\.[0-9]+)?")}


def check_statement(statement: Any, version: str) -> None:
    """Raise Refused unless `statement`, as parsed JSON, satisfies xAPI `version` ("1.0.3" or "2.0")."""
    check_object(statement, "XAPI-00006", "")
    if not statement.keys() <= STATEMENT_KEYS:
        refuse_unknown(statement, STATEMENT_KEYS, "")
    if "id" in statement:
        check_uuid(statement["id"], "XAPI-00029", "/id")
    _check_parts(statement, "", version)
    if "stored" in statement:
        _check_timestamp(statement["stored"], "XAPI-00023", "/stored")
    if "authority" in statement:
        check_authority(statement["authority"], "/authority")
    if "version" in statement:
        found = statement["version"]
        if not isinstance(found, str) or not _VERSION[version].fullmatch(found):
            refuse("XAPI-00101", "/version", found)
    if statement["verb"]["id"] == VOIDED and statement["object"].get("objectType") != "StatementRef":
        refuse("XAPI-00017", "/object")


def _check_substatement(substatement: dict[str, Any], at: str, version: str) -> None:
    for key, requirement in OUTSIDE_SUBSTATEMENT.items():
        if key in substatement:
            refuse(requirement, f"{at}/{key}", substatement[key])
    if not substatement.keys() <= SUBSTATEMENT_KEYS:
        refuse_unknown(substatement, SUBSTATEMENT_KEYS, at)
    inner = substatement.get("object")
    if isinstance(inner, dict) and inner.get("objectType") == "SubStatement":
        refuse("XAPI-00071", f"{at}/object")
    _check_parts(substatement, at, version)


def _check_parts(statement: dict[str, Any], at: str, version: str) -> None:
    """What a Statement and a SubStatement have in common (Data 2.4.4.3: it follows the requirements of all)."""
    if "actor" not in statement:
        refuse("XAPI-00003", at)
    if "verb" not in statement:
        refuse("XAPI-00004", at)
    if "object" not in statement:
        refuse("XAPI-00005", at)
    check_actor(statement["actor"], f"{at}/actor")
    check_verb(statement["verb"], f"{at}/verb")
    kind = _check_statement_object(statement["object"], f"{at}/object", version)
    if "result" in statement:
        check_result(statement["result"], f"{at}/result")
    if "context" in statement:
        check_context(statement["context"], f"{at}/context", version, kind == "Activity")
    if "timestamp" in statement:
        _check_timestamp(statement["timestamp"], "XAPI-00022", f"{at}/timestamp")
    if "attachments" in statement:
        check_attachments(statement["attachments"], f"{at}/attachments")


def _check_statement_object(found: Any, at: str, version: str) -> str:
    """Check the object by its objectType, and return that."""
    check_object(found, "XAPI-00006", at)
    kind = found.get("objectType", "Activity")
    if not isinstance(kind, str) or kind not in OBJECT_TYPES:
        check_string(kind, "XAPI-00032", f"{at}/objectType")
        refuse_choice("XAPI-00046", f"{at}/objectType", kind, OBJECT_TYPES)
    if kind == "Activity":
        _check_is_activity(found, at)
        check_activity(found, at)
    elif kind == "StatementRef":
        check_reference(found, at, "XAPI-00006")
    elif kind == "SubStatement":
        _check_substatement(found, at, version)
    else:
        check_actor(found, at)
    return str(kind)


def _check_is_activity(found: dict[str, Any], at: str) -> None:
    """Data 2.4.4.2: an Agent or Group as object MUST name its objectType, or it would pass for an Activity."""
    named = "objectType" in found or "id" in found
    if not named and any(key in found for key in ("member", *IDENTIFIERS)):
        refuse("XAPI-00065", at)


def _check_timestamp(value: Any, requirement: str, at: str) -> None:
    check_string(value, requirement, at)
    if parse_timestamp(value) is None:
        refuse("XAPI-00123", at, value)
