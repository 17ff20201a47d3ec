"""Bearer tokens of a store's OpenID provider (OpenID Connect Core 1.0), verified by the keys that it publishes."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import jwt
import orjson

from lrs.errors import Unauthorized, Unavailable
from lrs.fetching import Fetcher, FetchFailed
from lrs.models import Provider, Store

KEYS_FOR = 300  # seconds for which the provider's keys are taken as they were read
KEPT_FOR = 3600  # seconds for which they stand while the provider doesn't answer, or answers with something else
READ_AGAIN = 10.0  # seconds between two readings: a token of an unknown key mustn't make us hammer it
MOST_AUDIENCES = 20
log = logging.getLogger(__name__)

REQUIRED = ["exp", "iat", "iss", "aud"]


class Providers:
    """The providers of all stores, and the keys last read from each. One a process."""

    def __init__(self, fetcher: Fetcher | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher or Fetcher()
        self._now = now
        self._keys: dict[tuple[str, str | None], _Keys] = {}

    def person(self, token: str) -> tuple[Store, str, dict[str, Any]]:
        """The store that trusts the token's issuer, the login that the token names, and its claims.

        Raises Unauthorized, which says what is wrong with the token, but never why keys can't be read; and Unavailable
        while they are being read for the first time.
        """
        try:
            store = _store_of(jwt.decode(token, options={"verify_signature": False}))
            return store, *self._verified(token, store.openid)
        except jwt.PyJWTError as error:
            raise Unauthorized(f"the token doesn't hold: {error}", in_token=True) from None
        except FetchFailed:
            raise Unauthorized("the provider's keys can't be read; the server's log says why", in_token=True) from None
        except ValueError:
            raise Unauthorized("the token can't be read", in_token=True) from None

    def _verified(self, token: str, provider: Provider) -> tuple[str, dict[str, Any]]:
        address = provider.issuer, provider.jwks_url
        keys = self._keys.setdefault(address, _Keys(*address, self._fetcher, self._now))
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        if algorithm not in provider.algorithms:
            raise jwt.InvalidAlgorithmError(f"it is signed by {algorithm:.20}")
        key = keys.get(header.get("kid"), algorithm)
        claims = jwt.decode(token, key, list(provider.algorithms), audience=provider.audience, issuer=provider.issuer,
                            leeway=provider.leeway, options={"require": REQUIRED})
        login = claims.get(provider.claim)
        if not isinstance(login, str) or not login:
            raise jwt.MissingRequiredClaimError(provider.claim)
        return login, claims


class _Keys:
    """One provider's keys. One thread at a time reads them; the others go on with what is known."""

    def __init__(self, issuer: str, jwks_url: str | None, fetcher: Fetcher, now: Callable[[], float]) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._fetcher = fetcher
        self._now = now
        self._reading = threading.Lock()
        self._known: list[dict[str, Any]] = []  # as published
        self._read = self._tried = float("-inf")

    def get(self, kid: str | None, algorithm: str) -> jwt.PyJWK:
        """The key of this id, or the only one. Raises FetchFailed, PyJWTError, and Unavailable while none is known."""
        if self._now() - self._read > KEYS_FOR or self._find(kid) is None:
            self._read_again()
        found = self._find(kid)
        if found is None:
            raise jwt.InvalidKeyError("its key is none that the provider published")
        return jwt.PyJWK(found, found.get("alg", algorithm))  # RFC 7517 section 4.4: alg is optional

    def _find(self, kid: str | None) -> dict[str, Any] | None:
        """OpenID Connect Core 10.1: a token names its key where several are published."""
        known = [key for key in self._known if kid is None or key.get("kid") == kid]
        return known[0] if known and (kid is not None or len(known) == 1) else None

    def _read_again(self) -> None:
        """Read the keys, unless that was tried just now or another thread is at it."""
        if not self._reading.acquire(blocking=False):
            if not self._known:
                raise Unavailable("the provider's keys are being read")
            return
        try:
            if self._now() - self._tried >= READ_AGAIN:
                self._fetch()
            elif not self._known:
                raise FetchFailed
        finally:
            self._reading.release()

    def _fetch(self) -> None:
        try:
            self._known = _signing_keys(_object(self._fetcher.get(self._jwks_url or self._discovered())))
            self._read = self._now()
        except (FetchFailed, ValueError, jwt.PyJWTError) as error:
            log.warning("the keys of %s can't be read: %s", self._issuer, error)
            if self._now() - self._read > KEPT_FOR:
                self._known = []
                raise FetchFailed from None
        finally:
            self._tried = self._now()

    def _discovered(self) -> str:
        """OpenID Connect Discovery 1.0 section 4; the issuer there "MUST exactly match"."""
        found = _object(self._fetcher.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        if found.get("issuer") != self._issuer:
            raise ValueError("the discovery document is another issuer's")
        return str(found.get("jwks_uri"))


def _store_of(unverified: dict[str, Any]) -> Store:
    """The one store that takes this issuer's tokens for one of these audiences. Raises Unauthorized."""
    audience = unverified.get("aud")
    audiences = [str(each) for each in (audience if isinstance(audience, list) else [audience])[:MOST_AUDIENCES]]
    found = list(Store.objects(openid__issuer=str(unverified.get("iss")), openid__audience__in=audiences).limit(2))
    if len(found) != 1:
        many = "more than one store" if found else "no store"
        raise Unauthorized(f"{many} here takes tokens of this issuer for this audience", in_token=True)
    return found[0]  # type: ignore[no-any-return]


def _object(text: bytes) -> dict[str, Any]:
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON Object")
    return found


def _signing_keys(published: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that are of use here. Raises PyJWTError where none is."""
    jwt.PyJWKSet.from_dict(published)
    return [key for key in published["keys"] if key.get("use", "sig") == "sig"]
