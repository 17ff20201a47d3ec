"""Inverse functional identifiers: which Actor objects mean the same Agent or Group."""

from typing import Any


def actor_key(actor: dict[str, Any]) -> str | None:
    """The one string for an identified Actor, whatever its name; None for an anonymous Group.

    `mbox|mailto:…`, `mbox_sha1sum|…`, `openid|…` or `account|homePage|name`. Data 2.4.2.3: two Actors with
    the same inverse functional identifier are the same; no other comparison is made.
    """
    if "account" in actor:
        account = actor["account"]
        return f"account|{account['homePage']}|{account['name']}"
    if "mbox" in actor:
        local, _, domain = actor["mbox"].rpartition("@")
        return f"mbox|{local}@{domain.lower()}"  # a domain's case doesn't matter (RFC 5321 section 2.4)
    if "mbox_sha1sum" in actor:
        return f"mbox_sha1sum|{actor['mbox_sha1sum'].lower()}"
    return f"openid|{actor['openid']}" if "openid" in actor else None


def actor_of(key: str) -> dict[str, Any]:
    """The Agent of an actor key: the inverse of `actor_key`. Raises ValueError."""
    kind, _, value = key.partition("|")
    if kind == "account" and "|" in value:
        home_page, _, name = value.partition("|")  # an IRI holds no "|" (RFC 3987)
        return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
    if kind in ("mbox", "mbox_sha1sum", "openid") and value:
        return {"objectType": "Agent", kind: value}
    raise ValueError(f"{key!r} is no actor key")


def actor_keys(actor: dict[str, Any]) -> list[str]:
    """The keys of an Actor and, for a Group, of its members too (Communication 2.1.3, parameter agent)."""
    found = (actor_key(each) for each in (actor, *actor["member"])) if "member" in actor else (actor_key(actor),)
    return [key for key in found if key is not None]
