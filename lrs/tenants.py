"""Stores: making and changing them. For the command and for /api/v1/admin."""

from typing import Any
from zoneinfo import available_timezones

from mongoengine.errors import NotUniqueError

from lrs.errors import Clash, Invalid
from lrs.models import ALGORITHMS, Provider, Store
from lrs.rules.formats import is_iri

MOST_LEEWAY = 300


def create_store(name: str, time_zone: str = "UTC", openid: dict[str, Any] | None = None) -> Store:
    """A new tenant. Raises Invalid, Clash."""
    if not Store.name.regex.fullmatch(name):
        raise Invalid("/name", "a store's name has lower-case letters, digits and hyphens, 63 at most")
    store = Store(name=name, time_zone=_time_zone(time_zone), openid=_provider(openid))
    try:
        store.save(force_insert=True)
    except NotUniqueError:
        raise Clash(f"there is a store {name!r} already, or one that takes this issuer's tokens for this audience"
                    ) from None
    return store


def change_store(store: Store, changes: dict[str, Any]) -> Store:
    """Set its time zone, the first day of its weeks, or its OpenID provider (None takes it away). Raises Invalid.

    One issuer's tokens for one audience are one store's: Clash where they are another's.
    """
    updates: dict[str, Any] = {}
    if "time_zone" in changes:
        updates["set__time_zone"] = _time_zone(changes["time_zone"])
    if "week_start" in changes:
        updates["set__week_start"] = changes["week_start"]
    if "openid" in changes:
        provider = _provider(changes["openid"])
        updates |= {"unset__openid": True} if provider is None else {"set__openid": provider}
    if updates:
        try:
            store.update(**updates)
        except NotUniqueError:
            raise Clash("another store takes this issuer's tokens for this audience") from None
    return Store.named(store.name)


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise Invalid("/time_zone", f"there is no time zone {name!r}")
    return name


def _provider(openid: dict[str, Any] | None) -> Provider | None:
    if openid is None:
        return None
    for name in ("issuer", "jwks_url"):
        address = openid.get(name)
        if address is not None and not (is_iri(address) and address.startswith(("https://", "http://"))):
            raise Invalid(f"/openid/{name}", f"{address!r} is no https:// or http:// address")
    for index, algorithm in enumerate(openid.get("algorithms", ())):
        if algorithm not in ALGORITHMS:
            raise Invalid(f"/openid/algorithms/{index}", f"{algorithm!r} is none of {', '.join(ALGORITHMS)}")
    if not 0 <= openid.get("leeway", 0) <= MOST_LEEWAY:
        raise Invalid("/openid/leeway", f"it is from 0 to {MOST_LEEWAY} seconds")
    return Provider(**openid)
