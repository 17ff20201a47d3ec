"""`waymark store` and `waymark credential`: what /api/v1/admin does over HTTP, for who has the machine."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from lrs.access import Gate
from lrs.credentials import Credentials
from lrs.models import ALGORITHMS, Credential, Store
from lrs.scopes import SCOPES
from lrs.store import installation_secret
from lrs.tenants import change_store, create_store
from waymark.migrate import migrated
from waymark.settings import Settings

Add = Callable[..., argparse.ArgumentParser]  # a command: its name, what runs it, what it is for
CHANGEABLE = ("name", "scopes", "expires", "rate")
OPENID = ("issuer", "audience", "claim", "jwks_url", "algorithms", "leeway")


def add_stores(actions: Any, add: Add) -> None:
    """The actions of `waymark store`."""
    create = add(actions, "create", _create_store, "make a store")
    create.add_argument("name")
    create.add_argument("--time-zone", default="UTC", help="as in the IANA database, such as Asia/Shanghai")
    add(actions, "list", _list_stores, "list the stores")
    openid = add(actions, "openid", _set_openid, "say whose bearer tokens a store takes for its people's, or nobody's")
    openid.add_argument("name")
    openid.add_argument("--issuer", help="the provider's address; its origin must be in WAYMARK_FETCH_ORIGINS")
    openid.add_argument("--audience", help="for whom the tokens are")
    openid.add_argument("--claim", help="which claim is a person's login (default: sub)")
    openid.add_argument("--jwks-url", help="where its keys are (default: as its discovery document says)")
    openid.add_argument("--algorithm", dest="algorithms", action="append", choices=ALGORITHMS,
                        help="repeatable (default: RS256)")
    openid.add_argument("--leeway", type=int, help="seconds by which the clocks may differ (default: 30)")
    openid.add_argument("--off", action="store_true", help="take no such tokens")


def add_credentials(actions: Any, add: Add) -> None:
    """The actions of `waymark credential`."""
    create = add(actions, "create", _create, "make a credential and print it, once")
    change = add(actions, "change", _change, "change what is given of a credential, within 5 seconds")
    create.add_argument("--authority", type=_json, metavar="AGENT",
                        help="the Agent, as JSON, that its statements are stored under (default: one of its own)")
    create.add_argument("--loopback-only", action="store_true", help="of use from this machine alone")
    listing = add(actions, "list", _list, "list a store's credentials")
    revoke = add(actions, "revoke", _revoke, "end a credential, within 5 seconds")
    rotate = add(actions, "rotate", _rotate, "give a credential a second secret and print it, once")
    retire = add(actions, "retire", _retire, "end one of a credential's two secrets, within 5 seconds")
    for action in (create, change):
        action.add_argument("--name", help="who it is for; the name of its authority")
        action.add_argument("--scope", dest="scopes", action="append", choices=tuple(SCOPES),
                            help="repeatable; create without one gives all")
        action.add_argument("--expires", type=_moment, metavar="TIME", help="ISO 8601; a date means its start in UTC")
        action.add_argument("--rate", type=float, help="requests a second in each web process (default: WAYMARK_RATE)")
    for action in (change, revoke, rotate, retire):
        action.add_argument("key")
    retire.add_argument("secret", help="the secret's id, as list shows it")
    for action in (create, change, listing, revoke, rotate, retire):
        action.add_argument("--store", required=True)


def _create_store(settings: Settings, options: argparse.Namespace) -> int:
    with migrated(settings):
        create_store(options.name, options.time_zone)
    return _tell(f"made the store {options.name}")


def _list_stores(settings: Settings, options: argparse.Namespace) -> int:
    with migrated(settings):
        for store in Store.objects.order_by("name"):
            issuer = store.openid.issuer if store.openid else "-"
            print(f"{store.name}\t{store.time_zone}\t{store.created:%Y-%m-%d}\t{issuer}")
    return 0


def _set_openid(settings: Settings, options: argparse.Namespace) -> int:
    given = {name: value for name in OPENID if (value := getattr(options, name)) is not None}
    if options.off == bool(given) or (given and not {"issuer", "audience"} <= given.keys()):
        return _tell("waymark: give --issuer and --audience, or --off alone", 2)
    with migrated(settings):
        change_store(Store.named(options.name), {"openid": None if options.off else given})
    return _tell(f"{options.name} takes {'no tokens of a provider' if options.off else 'tokens of ' + options.issuer}")


def _create(settings: Settings, options: argparse.Namespace) -> int:
    with _credentials(settings, options) as credentials:
        made, secret = credentials.create(
            name=options.name or "", scopes=options.scopes or ["all"], authority=options.authority, rate=options.rate,
            expires=options.expires, loopback_only=options.loopback_only)
    print(json.dumps({"store": options.store, "key": made.key, "secret": secret}))
    return 0


def _change(settings: Settings, options: argparse.Namespace) -> int:
    given = {name: getattr(options, name) for name in CHANGEABLE if getattr(options, name) is not None}
    with _credentials(settings, options) as credentials:
        print("\t".join(_columns(credentials.change(options.key, given))))
    return 0


def _list(settings: Settings, options: argparse.Namespace) -> int:
    with _credentials(settings, options) as credentials:
        for each in credentials.all():
            print("\t".join(_columns(each)))
    return 0


def _columns(each: Credential) -> list[str]:
    used = f"used {each.used:%Y-%m-%d %H:%M}" if each.used else "never used"
    until = f"until {each.expires:%Y-%m-%d %H:%M}" if each.expires else "-"
    return [each.key, each.name, each.state, " ".join(each.scopes), until, used,
            " ".join(f"{secret.id} ({secret.created:%Y-%m-%d})" for secret in each.secrets)]


def _revoke(settings: Settings, options: argparse.Namespace) -> int:
    with _credentials(settings, options) as credentials:
        credentials.revoke(options.key)
    return _tell("revoked; it may be of use for 5 more seconds")


def _rotate(settings: Settings, options: argparse.Namespace) -> int:
    with _credentials(settings, options) as credentials:
        secret_id, secret = credentials.add_secret(options.key)
    print(json.dumps({"store": options.store, "key": options.key, "id": secret_id, "secret": secret}))
    return 0


def _retire(settings: Settings, options: argparse.Namespace) -> int:
    with _credentials(settings, options) as credentials:
        credentials.drop_secret(options.key, options.secret)
    return _tell("retired; it may be of use for 5 more seconds")


@contextmanager
def _credentials(settings: Settings, options: argparse.Namespace) -> Iterator[Credentials]:
    with migrated(settings) as database:
        yield Credentials(Gate(installation_secret(database)), Store.named(options.store))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is no JSON: {error}") from None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 date, nor date and time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _tell(line: str, status: int = 0) -> int:
    print(line, file=sys.stderr, flush=True)
    return status
