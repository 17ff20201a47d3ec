"""Versions and parameters: what a request says of itself, and the reader of each parameter's value."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from lrs.actors import actor_key
from lrs.errors import BadRequest, QueryTooLong
from lrs.json_body import parse_json
from lrs.rules import Refused
from lrs.rules.actors import check_actor
from lrs.rules.formats import is_iri, is_uuid, parse_timestamp

VERSION_HEADER = "X-Experience-API-Version"
ANSWERED = {"1.0.3": "1.0.3", "2.0": "2.0.0"}
_VERSIONS = {"1.0.3": re.compile(r"1\.0(\.[0-9]+)?"), "2.0": re.compile(r"2\.0(\.[0-9]+)?")}

SINGLE = frozenset(("statementId", "voidedStatementId"))
BESIDE_SINGLE = SINGLE | {"attachments", "format"}
MOST_QUERY = 4096  # bytes, percent-encoded
MOST_CURSOR = 8000  # a cursor holds the query that it goes on with, in Base64
FORMATS = ("exact", "ids", "canonical")


def version_of(header: str | None) -> str:
    """The version to speak, "1.0.3" or "2.0", for a request's X-Experience-API-Version."""
    if header is None:
        raise BadRequest("XAPI-00331", f"header {VERSION_HEADER}", "the header is missing")
    for version, pattern in _VERSIONS.items():
        if pattern.fullmatch(header):
            return version
    raise BadRequest("XAPI-00331", f"header {VERSION_HEADER}", f"{header!r} is no version spoken here")


def check_query(query: bytes) -> None:
    """Communication 1.4: strings are UTF-8, under their percent-encoding too. And there is an end to them."""
    most = MOST_CURSOR if b"more=" in query or b"cursor=" in query else MOST_QUERY
    if len(query) > most:
        raise QueryTooLong("COMM-query-length", "the query string", f"{len(query):,} bytes, where {most:,} are read")
    try:
        (unquote_to_bytes(query) if b"%" in query else query).decode()
    except UnicodeDecodeError as error:
        raise BadRequest("COMM-utf8", "the query string", str(error)) from None


def read_parameters(given: Iterable[tuple[str, str]], readers: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """The parameters' values, each read by its reader; refuses unknown and repeated ones, and bad values."""
    found: dict[str, Any] = {}
    for name, text in given:
        if name not in readers:
            raise _unknown(name, readers)
        if name in found:
            raise BadRequest("COMM-twice", f"parameter {name}", "it stands twice")
        try:
            found[name] = readers[name](text)
        except ValueError as error:
            raise BadRequest("XAPI-00012", f"parameter {name}", str(error)) from None
    return found


def require_parameters(found: Mapping[str, Any], needed: Iterable[str], requirement: str) -> None:
    """Refuse a request that lacks one of `needed`."""
    for name in needed:
        if name not in found:
            raise BadRequest(requirement, f"parameter {name}", "it is missing")


def check_single(found: Mapping[str, Any]) -> None:
    """Communication 2.1.3: what may not stand beside statementId and voidedStatementId."""
    for name, requirement in (("statementId", "XAPI-00151"), ("voidedStatementId", "XAPI-00150")):
        if name in found and not (found.keys() <= BESIDE_SINGLE and len(SINGLE & found.keys()) == 1):
            raise BadRequest(requirement, f"parameter {name}",
                             f"found beside {', '.join(sorted(found.keys() - {name, 'attachments', 'format'}))}")


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


def actor(text: str) -> str:
    """The actor key of an Agent or identified Group as JSON."""
    key = actor_key(_actor(text))
    if key is None:
        raise ValueError("an anonymous Group identifies nobody")
    return key


def agent(text: str) -> dict[str, Any]:
    """An Agent as JSON, parsed."""
    found = _actor(text)
    if found.get("objectType") == "Group":
        raise ValueError("it is a Group, where an Agent is wanted")
    return found


def _actor(text: str) -> dict[str, Any]:
    try:
        found = parse_json(text.encode())
        check_actor(found, "")
    except Refused as refused:
        raise ValueError(str(refused)) from None
    return found  # type: ignore[no-any-return]


def document_id(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    return text


STATEMENT_READERS: dict[str, Callable[[str], Any]] = {
    "statementId": uuid, "voidedStatementId": uuid, "agent": actor, "verb": iri, "activity": iri,
    "registration": uuid, "related_activities": boolean, "related_agents": boolean, "since": timestamp,
    "until": timestamp, "limit": count, "format": output_format, "attachments": boolean, "ascending": boolean,
}


def _unknown(name: str, readers: Mapping[str, Any]) -> BadRequest:
    near = [known for known in readers if known.lower() == name.lower()]
    if near:
        return BadRequest("XAPI-00325", f"parameter {name}", f"it is spelled {near[0]}")
    known = f"known are {', '.join(readers)}" if readers else "this takes no parameters"
    return BadRequest("XAPI-00324", f"parameter {name}", known)
