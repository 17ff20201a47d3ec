"""The communication half of the specification: versions, parameters, content types.

Every function here takes plain values and raises BadRequest, which names a row of REQUIREMENTS.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from lrs.actors import actor_key
from lrs.errors import BadRequest
from lrs.json_body import parse_json
from lrs.rules import Refused
from lrs.rules.actors import check_actor
from lrs.rules.formats import is_iri, is_uuid, parse_timestamp

REQUIREMENTS = {  # id → section of the 1.0.3 documents, and the rule
    "XAPI-00012": ("Data 2.2", "a parameter's value follows the rules for values of its type in Statements"),
    "XAPI-00144": ("Communication 2.1.1", "PUT /statements has the parameter statementId"),
    "COMM-statement-id": ("Communication 2.1.1", "a Statement that is PUT has the id of the parameter, or none"),
    "XAPI-00150": ("Communication 2.1.3", "beside voidedStatementId stand only attachments and format"),
    "XAPI-00151": ("Communication 2.1.3", "beside statementId stand only attachments and format"),
    "XAPI-00331": ("Communication 3.3", "a request names a version of xAPI: 1.0, 1.0.x, 2.0 or 2.0.x"),
    "COMM-parameters": ("Communication 3.2", "only parameters that the specification defines are used, each once"),
    "COMM-content-type": ("Communication 1.5", "a JSON body comes as application/json"),
    "COMM-attachment-data": ("Communication 1.5.2",
                             "an Attachment without fileUrl comes with its data, in multipart/mixed"),
    "COMM-size": ("-", "a Statement, without the data of its Attachments, has 1 MiB at the most"),
    "COMM-batch": ("Communication 2.1.2", "POST /statements takes a Statement or an Array of them"),
    "COMM-cursor": ("Communication 2.1.3", "the value of more is used as it was given, by the store's own clients"),
}

MOST_BYTES = 1024 * 1024
VERSION_HEADER = "X-Experience-API-Version"
ANSWERED = {"1.0.3": "1.0.3", "2.0": "2.0.0"}
_VERSIONS = {"1.0.3": re.compile(r"1\.0(\.[0-9]+)?"), "2.0": re.compile(r"2\.0(\.[0-9]+)?")}

SINGLE = frozenset(("statementId", "voidedStatementId"))
BESIDE_SINGLE = SINGLE | {"attachments", "format"}
FORMATS = ("exact", "ids", "canonical")


def version_of(header: str | None) -> str:
    """The version to speak, "1.0.3" or "2.0", for a request's X-Experience-API-Version."""
    if header is None:
        raise BadRequest("XAPI-00331", f"header {VERSION_HEADER}", "the header is missing")
    for version, pattern in _VERSIONS.items():
        if pattern.fullmatch(header):
            return version
    raise BadRequest("XAPI-00331", f"header {VERSION_HEADER}", f"{header!r} is no version spoken here")


def read_parameters(given: Iterable[tuple[str, str]], readers: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """The parameters' values, each read by its reader; refuses unknown and repeated ones, and bad values."""
    found: dict[str, Any] = {}
    for name, text in given:
        if name not in readers:
            raise BadRequest("COMM-parameters", f"parameter {name}", _unknown(name, readers))
        if name in found:
            raise BadRequest("COMM-parameters", f"parameter {name}", "it stands twice")
        try:
            found[name] = readers[name](text)
        except ValueError as error:
            raise BadRequest("XAPI-00012", f"parameter {name}", str(error)) from None
    return found


def check_single(found: Mapping[str, Any]) -> None:
    """Communication 2.1.3: what may not stand beside statementId and voidedStatementId."""
    for name, requirement in (("statementId", "XAPI-00151"), ("voidedStatementId", "XAPI-00150")):
        if name in found and not (found.keys() <= BESIDE_SINGLE and len(SINGLE & found.keys()) == 1):
            raise BadRequest(requirement, f"parameter {name}",
                             f"found beside {', '.join(sorted(found.keys() - {name, 'attachments', 'format'}))}")


def check_size(statement: dict[str, Any]) -> None:
    """What one row, its keys and its evidence can hold (a document of MongoDB's has 16 MiB)."""
    if len(orjson.dumps(statement)) > MOST_BYTES:
        raise BadRequest("COMM-size", "body", f"statement {statement.get('id', '')} has more than {MOST_BYTES:,} bytes")


def check_has_data(statement: dict[str, Any], at: str = "") -> None:
    """Communication 1.5.2, for a request that carries no attachment data."""
    for prefix, holder in ((at, statement), (f"{at}/object", statement["object"])):
        for index, attachment in enumerate(holder.get("attachments", ())):
            if "fileUrl" not in attachment:
                raise BadRequest("COMM-attachment-data", f"{prefix}/attachments/{index}", "neither data nor fileUrl")


# Readers of parameter values: they raise ValueError with what was wanted


def uuid(text: str) -> str:
    if not is_uuid(text):
        raise ValueError(f"{text!r} is no UUID")
    return text.lower()


def iri(text: str) -> str:
    if not is_iri(text):
        raise ValueError(f"{text!r} is no IRI")
    return text


def timestamp(text: str) -> int:
    """A "+" that arrives as a space (an offset in a URL that was not encoded) is read as the plus it was."""
    micros = parse_timestamp(text.replace(" ", "+"))
    if micros is None:
        raise ValueError(f"{text!r} is no ISO 8601 date and time")
    return micros


def boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is no non-negative integer")
    return int(text)


def output_format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError(f"{text!r} is none of {', '.join(FORMATS)}")
    return text


def agent(text: str) -> str:
    """The actor key of an Agent or identified Group as JSON."""
    try:
        found = parse_json(text.encode())
        check_actor(found, "")
    except Refused as refused:
        raise ValueError(str(refused)) from None
    key = actor_key(found)
    if key is None:
        raise ValueError("an anonymous Group identifies nobody")
    return key


STATEMENT_READERS: dict[str, Callable[[str], Any]] = {
    "statementId": uuid, "voidedStatementId": uuid, "agent": agent, "verb": iri, "activity": iri,
    "registration": uuid, "related_activities": boolean, "related_agents": boolean, "since": timestamp,
    "until": timestamp, "limit": count, "format": output_format, "attachments": boolean, "ascending": boolean,
}


def _unknown(name: str, readers: Mapping[str, Any]) -> str:
    near = [known for known in readers if known.lower() == name.lower()]
    if near:
        return f"it is spelled {near[0]}"
    return f"known are {', '.join(readers)}" if readers else "this takes no parameters"
