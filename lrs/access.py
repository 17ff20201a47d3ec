"""Who is calling: a credential becomes a Caller, with a store, scopes and an authority."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from lrs.errors import Unauthorized
from lrs.models import Credential, Store

REMEMBERED = 5.0  # seconds: a revocation is effective within this time in every process
MOST_REMEMBERED = 10_000
LOOPBACK = ("127.", "::1")


@dataclass(frozen=True)
class Caller:
    """An authenticated client."""

    store: ObjectId
    key: str
    scopes: frozenset[str]
    authority: dict[str, Any]
    loopback_only: bool
    time_zone: str = "UTC"

    def may(self, scope: str) -> bool:
        """Whether a scope is granted; `all` is all of xAPI, and doesn't make an admin."""
        return scope in self.scopes or ("all" in self.scopes and scope != "admin")

    @property
    def reads_own_only(self) -> bool:
        return self.scopes.isdisjoint({"all", "all/read", "statements/read"})


def new_key() -> tuple[str, str]:
    """A key and a secret that nobody has."""
    return secrets.token_hex(12), secrets.token_urlsafe(32)


class Gate:
    """Checks keys and secrets, remembering for a few seconds what held."""

    def __init__(self, installation_secret: bytes) -> None:
        self._secret = installation_secret
        self._remembered: dict[tuple[str, bytes], tuple[Caller, float]] = {}

    def caller(self, key: str, secret: str, address: str) -> Caller:
        """The Caller of a key and its secret. Raises Unauthorized, which never says what was wrong."""
        digest = self.digest(secret)
        caller, until = self._remembered.get((key, digest), (None, 0.0))
        if caller is None or time.monotonic() > until:
            caller = self._look_up(key, digest)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key, digest] = caller, time.monotonic() + REMEMBERED
        if caller.loopback_only and not address.startswith(LOOPBACK):
            raise Unauthorized
        return caller

    def change_secret(self, key: str, secret: str) -> None:
        """Give a credential another secret."""
        Credential.objects(key=key).update(set__secret_digest=self.digest(secret))

    def digest(self, secret: str) -> bytes:
        """Secrets are random 256-bit strings: a keyed SHA-256 needs no stretching."""
        return hmac.new(self._secret, secret.encode(), hashlib.sha256).digest()

    def create(self, store: Store, key: str = "", secret: str = "", *, name: str = "",
               scopes: tuple[str, ...] = ("all",), loopback_only: bool = False) -> tuple[str, str]:
        """A new credential's key and secret, made up where they aren't given. The secret is kept nowhere."""
        key, secret = (key, secret) if key else new_key()
        Credential(key=key, secret_digest=self.digest(secret), store=store, name=name or key, scopes=list(scopes),
                   loopback_only=loopback_only).save(force_insert=True)
        return key, secret

    def _look_up(self, key: str, digest: bytes) -> Caller:
        credential = Credential.objects(key=key, revoked=False).first()
        if credential is None or not hmac.compare_digest(credential.secret_digest, digest):
            raise Unauthorized
        return Caller(credential.store.id, key, frozenset(credential.scopes),
                      credential.authority(), credential.loopback_only, credential.store.time_zone)
