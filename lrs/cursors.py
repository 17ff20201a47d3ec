"""Signed cursors: a place in a query that a client hands back, in a form it can't alter."""

from typing import Any

import jwt

ALGORITHM = "HS256"


class BadCursor(Exception):
    """Not a cursor of this installation, or one for another purpose."""


def sign(purpose: str, claims: dict[str, Any], secret: bytes) -> str:
    """A URL-safe text that holds `claims`."""
    return jwt.encode({**claims, "aud": purpose}, secret, ALGORITHM)


def read(purpose: str, text: str, secret: bytes) -> dict[str, Any]:
    """The claims of a cursor that `sign` made for the same purpose. Raises BadCursor."""
    try:
        return jwt.decode(text, secret, [ALGORITHM], audience=purpose)
    except jwt.InvalidTokenError as error:
        raise BadCursor from error
