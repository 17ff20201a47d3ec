"""Bearer tokens of a store's OpenID provider (OpenID Connect Core 1.0), verified by the keys that it publishes."""

import time
from typing import Any

import jwt
import orjson

from lrs.errors import Unauthorized
from lrs.fetching import Fetcher, FetchFailed
from lrs.models import Provider, Store

KEYS_FOR = 300  # seconds for which the provider's keys are taken as they were read
KEPT_FOR = 3600  # seconds for which they stand while the provider doesn't answer
READ_AGAIN = 10.0  # seconds at least between two readings: a token of an unknown key mustn't make us hammer it
REQUIRED = ["exp", "iat", "iss", "aud"]


class Providers:
    """The providers of all stores, and the keys last read from each. One a process."""

    def __init__(self, fetcher: Fetcher | None = None) -> None:
        self._fetcher = fetcher or Fetcher()
        self._keys: dict[str, _Keys] = {}

    def person(self, token: str) -> tuple[Store, str, dict[str, Any]]:
        """The store that trusts the token's issuer, the login that the token names, and its claims.

        Raises Unauthorized, which says what is wrong with a token of a known issuer, but never why keys can't be read.
        """
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            store = Store.objects(openid__issuer=str(unverified.get("iss")),
                                  openid__audience__in=_listed(unverified.get("aud"))).first()
            if store is not None:
                return store, *self._verified(token, store.openid)
        except (jwt.PyJWTError, FetchFailed, ValueError) as error:
            raise Unauthorized(_why(error), in_token=True) from None
        raise Unauthorized("no store here takes tokens of this issuer for this audience", in_token=True)

    def _verified(self, token: str, provider: Provider) -> tuple[str, dict[str, Any]]:
        keys = self._keys.get(provider.issuer)
        if keys is None or keys.configured != provider.jwks_url:
            keys = self._keys[provider.issuer] = _Keys(provider, self._fetcher)
        claims = jwt.decode(token, keys.get_signing_key_from_jwt(token), list(provider.algorithms),
                            audience=provider.audience, issuer=provider.issuer, leeway=provider.leeway,
                            options={"require": REQUIRED})
        login = claims.get(provider.claim)
        if not isinstance(login, str) or not login:
            raise jwt.MissingRequiredClaimError(provider.claim)
        return login, claims


class _Keys(jwt.PyJWKClient):
    """PyJWT's reader of keys, by our own way out, not more often than is fair, and through a provider's bad hour."""

    def __init__(self, provider: Provider, fetcher: Fetcher) -> None:
        super().__init__(provider.jwks_url or provider.issuer, lifespan=KEYS_FOR, cooldown_duration=0)
        self.configured = provider.jwks_url
        self._issuer = provider.issuer
        self._fetcher = fetcher
        self._tried = self._succeeded = float("-inf")
        self._found: Any = None

    def fetch_data(self) -> Any:
        """Called under the client's lock. Raises FetchFailed, or PyJWKClientError where it was asked just now."""
        now = time.monotonic()
        if now - self._tried < READ_AGAIN:
            raise jwt.PyJWKClientError("its key is none that the provider published")
        self._tried = now
        try:
            self._found, self._succeeded = orjson.loads(self._fetcher.get(self._address())), now
        except FetchFailed:
            if now - self._succeeded > KEPT_FOR:
                raise
        return self._found

    def _address(self) -> str:
        return str(self.configured or self._discovered())

    def _discovered(self) -> str:
        """OpenID Connect Discovery 1.0 section 4; the issuer there "MUST exactly match"."""
        found = orjson.loads(self._fetcher.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        if not isinstance(found, dict) or found.get("issuer") != self._issuer:
            raise jwt.InvalidIssuerError("the discovery document is another issuer's")
        return str(found.get("jwks_uri"))


def _listed(audience: Any) -> list[str]:
    return [str(each) for each in (audience if isinstance(audience, list) else [audience])]


def _why(error: Exception) -> str:
    """What may be told of it: addresses and answers of the provider may not."""
    if isinstance(error, FetchFailed):
        return "the provider's keys can't be read; the server's log says why"
    if isinstance(error, jwt.InvalidTokenError | jwt.PyJWKClientError):
        return f"the token doesn't hold: {error}"
    return "the token can't be read"
