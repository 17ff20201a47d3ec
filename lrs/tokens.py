"""Bearer tokens of our own: what /oauth/token issues (RFC 6749 section 4.4), as signed JWTs."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt

from lrs.errors import Unauthorized

ALGORITHM = "HS256"  # no provider's: theirs are asymmetric, so the two can't be mistaken for each other
AUDIENCE = "waymark"
LIFETIME = 3600  # seconds


@dataclass(frozen=True)
class Claims:
    """What a token says: the credential, which of its secrets got it, scopes, and its end in seconds since 1970."""

    key: str
    secret: str
    scopes: tuple[str, ...]
    expires: float


def is_ours(token: str) -> bool:
    """Whether it claims to be; nothing is checked. Raises Unauthorized for what is no JWT."""
    try:
        return jwt.get_unverified_header(token).get("alg") == ALGORITHM
    except jwt.InvalidTokenError:
        raise Unauthorized(in_token=True) from None


class Tokens:
    """Issues and reads them, under a key that serves for nothing else."""

    def __init__(self, installation_secret: bytes) -> None:
        self._key = hashlib.blake2b(b"bearer tokens", key=installation_secret, digest_size=32).digest()

    def issue(self, key: str, secret: str, scopes: list[str]) -> tuple[str, int]:
        """A token, and the seconds that it is good for."""
        now = int(time.time())
        claims: dict[str, Any] = {"aud": AUDIENCE, "sub": key, "sid": secret, "scope": " ".join(scopes), "iat": now,
                                  "exp": now + LIFETIME, "jti": uuid4().hex}
        return jwt.encode(claims, self._key, ALGORITHM), LIFETIME

    def read(self, token: str) -> Claims:
        """What it says, if it is ours and not over. Raises Unauthorized."""
        try:
            claims = jwt.decode(token, self._key, [ALGORITHM], audience=AUDIENCE,
                                options={"require": ["exp", "sub", "sid", "scope"],
                                         "verify_iat": False})  # another server's clock may be ahead
        except jwt.InvalidTokenError:
            raise Unauthorized(in_token=True) from None
        return Claims(claims["sub"], claims["sid"], tuple(claims["scope"].split()), claims["exp"])
