"""Who is calling: a credential's secret or a bearer token becomes a Caller, with a store, scopes and an authority."""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any

from bson import ObjectId

from lrs.actors import actor_key
from lrs.errors import Forbidden, Unauthorized
from lrs.models import Credential
from lrs.openid import Providers
from lrs.scopes import granted
from lrs.tokens import Tokens, is_ours

REMEMBERED = 5.0  # seconds: a revocation is effective within this time in every process
MOST_REMEMBERED = 10_000
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """An authenticated client, or a person whom an OpenID provider vouches for."""

    store: ObjectId
    name: str  # the credential's key, or the person's login
    scopes: frozenset[str]  # with all that they take in
    authority: dict[str, Any]
    loopback_only: bool = False
    time_zone: str = "UTC"
    is_person: bool = False  # without scopes as yet: what people may do is for competencies.reach to say
    learner: str | None = None  # an actor key; whom alone it may report on, and keep documents of
    activity: str = ""  # with a learner: what alone it may report on, with what is below it
    rate: float | None = None  # requests a second; None: the installation's default
    secret: str = field(default="", repr=False)  # the id of the secret that was given

    def require_launched(self, statement: dict[str, Any]) -> None:
        """Raises Forbidden for a statement of a launch that isn't its learner's, about what was launched."""
        if self.learner is None:
            return
        self.require_learner(statement["actor"])
        parents = statement.get("context", {}).get("contextActivities", {}).get("parent", [])
        named = [statement["object"], *(parents if isinstance(parents, list) else [parents])]
        if statement["actor"].get("objectType") == "Group" or not any(
                each.get("objectType", "Activity") == "Activity" and self._is_launched(each["id"]) for each in named):
            raise Forbidden("a launch's credential reports on what was launched, by its learner")

    def _is_launched(self, activity: str) -> bool:
        below = tuple(f"{self.activity}{mark}" for mark in "/#?:")
        return activity == self.activity or activity.startswith(below)

    def require_learner(self, actor: dict[str, Any] | None) -> None:
        """Raises Forbidden for a launch that is about somebody else; None: about nobody, as Activity Profiles are."""
        if self.learner is not None and (actor is None or actor_key(actor) != self.learner):
            raise Forbidden("a launch's credential is for its own learner alone")

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def reads_own_only(self) -> bool:
        return "statements/read" not in self.scopes


class Gate:
    """Checks secrets and tokens, remembering for a few seconds what held."""

    def __init__(self, installation_secret: bytes, providers: Providers | None = None) -> None:
        self._secret = installation_secret
        self._tokens = Tokens(installation_secret)
        self._providers = providers or Providers()
        self._remembered: dict[bytes, tuple[Caller, float]] = {}

    def caller(self, header: str, address: str, identify: Callable[[], tuple[Caller, float]]) -> Caller:
        """Who sends this Authorization header from `address`. Raises Unauthorized.

        `identify` finds out, and says for how many seconds that holds; it is asked again after REMEMBERED at the most.
        """
        given = blake2b(header.encode(), key=self._secret, digest_size=32).digest()
        caller, until = self._remembered.get(given, (None, 0.0))
        if caller is None or time.monotonic() > until:
            asked = time.monotonic()
            caller, seconds = identify()
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[given] = caller, asked + min(seconds, REMEMBERED)
        if caller.loopback_only and not _is_loopback(address):
            raise Unauthorized
        return caller

    def by_secret(self, key: str, secret: str) -> tuple[Caller, float]:
        """The Caller of a key and its secret. Raises Unauthorized, which never says what was wrong."""
        credential, digest = _live(key), self.digest(secret)
        given = [each.id for each in credential.secrets if hmac.compare_digest(each.digest, digest)]
        if not given:
            raise Unauthorized
        return _caller(credential, given[0]), REMEMBERED

    def by_token(self, token: str) -> tuple[Caller, float]:
        """The Caller of a bearer token: ours or an OpenID provider's. Raises Unauthorized."""
        return self._of_ours(token) if is_ours(token) else self._of_provider(token)

    def issue(self, caller: Caller, scopes: frozenset[str]) -> tuple[str, int]:
        """A token for a caller that gave its secret, with these of its scopes; and its seconds."""
        assert caller.secret, "no token is got with a token"
        return self._tokens.issue(caller.name, caller.secret, sorted(scopes))

    def digest(self, secret: str) -> bytes:
        """Secrets are random 256-bit strings: a keyed SHA-256 needs no stretching."""
        return hmac.digest(self._secret, secret.encode(), "sha256")

    def _of_ours(self, token: str) -> tuple[Caller, float]:
        """It dies with the credential and with the secret that it was got with, and never does more than these do."""
        claims = self._tokens.read(token)
        credential = _live(claims.key, in_token=True)
        if claims.secret not in [each.id for each in credential.secrets]:
            raise Unauthorized(in_token=True)
        caller = _caller(credential, claims.secret)
        return replace(caller, scopes=caller.scopes & granted(claims.scopes)), claims.expires - time.time()

    def _of_provider(self, token: str) -> tuple[Caller, float]:
        store, login, claims = self._providers.person(token)
        authority = {"objectType": "Agent", "account": {"homePage": claims["iss"], "name": login}}
        return (Caller(store.id, login, frozenset(), authority, time_zone=store.time_zone, is_person=True),
                float(claims["exp"]) - time.time())


@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    """Of a dual-stack socket, an IPv4 address comes in the form of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:  # none, for what was forwarded
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _live(key: str, in_token: bool = False) -> Credential:
    """The credential of this key. Raises Unauthorized."""
    found = Credential.objects(key=key).first()
    if found is None or found.state != "live":
        raise Unauthorized(in_token=in_token)
    return found  # type: ignore[no-any-return]


def _caller(credential: Credential, secret: str) -> Caller:
    """The Caller that a credential makes, once one of its secrets was given; notes that it is used."""
    now = datetime.now(UTC)
    if credential.used is None or credential.used < now - USED_EVERY:
        Credential.objects(key=credential.key).update(set__used=now)
    return Caller(credential.store.id, credential.key, granted(credential.scopes), credential.authority,
                  credential.loopback_only, credential.store.time_zone, learner=credential.learner,
                  activity=credential.activity or "",
                  rate=credential.rate, secret=secret)
