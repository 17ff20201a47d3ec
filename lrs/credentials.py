"""One store's credentials: making, changing, rotating and ending them. For the command and for /api/v1/admin."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mongoengine.errors import NotUniqueError

from lrs.access import Gate
from lrs.errors import Clash, Forbidden, Invalid, NotFound
from lrs.models import AUTHORITY_HOME, Credential, Secret, Store, now, to_millisecond
from lrs.rules import Refused
from lrs.rules.actors import AGENT_TYPE, check_actor
from lrs.scopes import SCOPES

EVERYWHERE = "admin/stores"
MOST_SECRETS = 2
OWN = {"learner": None}  # of credentials that aren't a launch's
LEAST_RATE, MOST_RATE = 0.1, 100_000.0  # requests a second


def new_key() -> tuple[str, str]:
    """A key and a secret that nobody has."""
    return secrets.token_hex(12), _new_secret()


@dataclass(frozen=True)
class Credentials:
    """Those of `store`, as an admin of it manages them.

    `everywhere`: who may manage every store. Nobody else gives that away, or touches a credential that has it.
    """

    gate: Gate
    store: Store
    everywhere: bool = True

    def create(self, key: str = "", secret: str = "", *, name: str = "", scopes: Iterable[str] = ("all",),
               authority: dict[str, Any] | None = None, rate: float | None = None, expires: datetime | None = None,
               loopback_only: bool = False) -> tuple[Credential, str]:
        """A new one and its secret, which is kept nowhere; key and secret are made up where they aren't given.

        Raises Invalid, Forbidden, and Clash for a key that is taken.
        """
        key, secret = (key, secret) if key else new_key()
        made = Credential(key=key, secrets=[self._secret(secret)], store=self.store, name=_printable(name) or key,
                          scopes=self._scopes(scopes), agent=_agent(authority), rate=_rate(rate),
                          expires=_future(expires), loopback_only=loopback_only)
        try:
            made.save(force_insert=True)
        except NotUniqueError:
            raise Clash(f"there is a credential {key!r} already") from None
        return made, secret

    def all(self) -> list[Credential]:
        """But for those of launches, which are many and are over in hours."""
        return list(Credential.objects(store=self.store, learner=None).order_by("key"))

    def get(self, key: str) -> Credential:
        """Raises NotFound."""
        found = Credential.objects(store=self.store, key=key).first()
        if found is None:
            raise NotFound(f"no credential {key!r}")
        return found  # type: ignore[no-any-return]

    def change(self, key: str, changes: dict[str, Any]) -> Credential:
        """Set name, scopes, rate or expires; None takes the last two away. Raises NotFound, Invalid, Forbidden."""
        if not changes:
            return self.get(key)
        _printable(changes.get("name", ""))
        _rate(changes.get("rate"))
        if "scopes" in changes:
            changes = {**changes, "scopes": self._scopes(changes["scopes"])}
        if "expires" in changes:
            changes = {**changes, "expires": _future(changes["expires"])}
        updates: dict[str, Any] = {
            f"unset__{name}" if value is None else f"set__{name}": True if value is None else value
            for name, value in changes.items()}
        return self._change(key, OWN, **updates)

    def revoke(self, key: str) -> Credential:
        """End it for good, everywhere within access.REMEMBERED seconds. Raises NotFound, Forbidden."""
        return self._change(key, set__revoked=True)

    def add_secret(self, key: str) -> tuple[str, str]:
        """A second secret: its id, and itself. The first one holds on. Raises NotFound, Clash, Forbidden."""
        secret = _new_secret()
        made = self._secret(secret)
        room = {f"secrets.{MOST_SECRETS - 1}": {"$exists": False}, **OWN}
        self._change(key, room, push__secrets=made)
        return made.id, secret

    def drop_secret(self, key: str, secret_id: str) -> None:
        """End one secret, and the tokens got with it; never the last. Raises NotFound, Clash, Forbidden."""
        if secret_id not in [each.id for each in self.get(key).secrets]:
            raise NotFound(f"no secret {secret_id!r}")
        another = {"secrets.1": {"$exists": True}, "secrets.id": secret_id}
        self._change(key, another, pull__secrets__id=secret_id)

    def set_secret(self, key: str, secret: str) -> None:
        """Make this the only one, unless it is."""
        if [each.digest for each in self.get(key).secrets] != [self.gate.digest(secret)]:
            self._change(key, set__secrets=[self._secret(secret)])

    def _change(self, key: str, condition: dict[str, Any] | None = None, **updates: Any) -> Credential:
        """Compare and swap: the update, if the credential is there, fits the condition and isn't out of reach."""
        condition = condition or {}
        if not self.everywhere:
            condition = {**condition, "scopes": {"$ne": EVERYWHERE}}
        found = Credential.objects(store=self.store, key=key, __raw__=condition).modify(new=True, **updates)
        if found is None:
            self._check_reach(self.get(key).scopes)
            raise Clash(f"a credential has {MOST_SECRETS} secrets at the most and one at the least; that of a launch "
                        "stays as it is until it is revoked")
        return found  # type: ignore[no-any-return]

    def _scopes(self, scopes: Iterable[str]) -> list[str]:
        given = list(dict.fromkeys(scopes))
        for index, scope in enumerate(given):
            if scope not in SCOPES:
                raise Invalid(f"/scopes/{index}", f"there is no scope {scope!r}; there are {', '.join(SCOPES)}")
        self._check_reach(given)
        return given

    def _check_reach(self, scopes: Iterable[str]) -> None:
        if not self.everywhere and EVERYWHERE in scopes:
            raise Forbidden(f"a credential with {EVERYWHERE} is made and changed only by one that has it")

    def _secret(self, secret: str) -> Secret:
        return _kept(self.gate, secret)


def secret_of(gate: Gate) -> tuple[Secret, str]:
    """A secret that nobody has: what is kept of it, and itself."""
    secret = _new_secret()
    return _kept(gate, secret), secret


def _kept(gate: Gate, secret: str) -> Secret:
    return Secret(id=secrets.token_hex(6), digest=gate.digest(secret), created=now())


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _agent(authority: dict[str, Any] | None) -> dict[str, Any]:
    """An authority of the admin's choice, but none that stands for a credential here, or for Waymark itself."""
    if authority is None:
        return {}
    try:
        check_actor(authority, "/authority", allowed=AGENT_TYPE)
    except Refused as refused:
        raise Invalid(refused.at, f"{refused.text} ({refused.requirement})") from None
    if authority.get("account", {}).get("homePage") == AUTHORITY_HOME:
        raise Invalid("/authority/account/homePage", f"{AUTHORITY_HOME} names Waymark's own credentials")
    return {name: value for name, value in authority.items() if name not in ("objectType", "name")}


def _printable(name: str) -> str:
    """A name stands in lists and logs."""
    if not name.isprintable():
        raise Invalid("/name", "it holds characters that can't be printed")
    return name


def _rate(rate: float | None) -> float | None:
    if rate is not None and not LEAST_RATE <= rate <= MOST_RATE:
        raise Invalid("/rate", f"it is from {LEAST_RATE:g} to {MOST_RATE:g} requests a second")
    return rate


def _future(moment: datetime | None) -> datetime | None:
    try:
        moment = moment and to_millisecond(moment.astimezone(UTC))
    except OverflowError:
        raise Invalid("/expires", "there is no such moment in UTC") from None
    if moment is not None and moment <= datetime.now(UTC):
        raise Invalid("/expires", "it is over already")
    return moment
