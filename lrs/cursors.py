"""Signed cursors: a place in a query that a client hands back, in a form it can't alter.

Two parts in Base64, joined by a dot: the claims as JSON, and their HMAC under the installation's secret. A JWT
would say the same in ten times the time, and every page of Statements has one.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson


class BadCursor(Exception):
    """Not a cursor of this installation, or one for another purpose."""


def sign(purpose: str, claims: dict[str, Any], secret: bytes) -> str:
    """A text for URLs that holds `claims`."""
    text = orjson.dumps(claims)
    return f"{_encoded(text)}.{_encoded(_mark(purpose, text, secret))}"


def read(purpose: str, text: str, secret: bytes) -> dict[str, Any]:
    """The claims of a cursor that `sign` made for the same purpose. Raises BadCursor."""
    try:
        claims, mark = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    except ValueError as error:  # binascii's and Unicode's are too
        raise BadCursor from error
    if not hmac.compare_digest(mark, _mark(purpose, claims, secret)):
        raise BadCursor
    found: dict[str, Any] = orjson.loads(claims)
    return found


def _mark(purpose: str, claims: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"cursor\0" + purpose.encode() + b"\0" + claims, "sha256")


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
