"""What an installation needs before it serves: migrations, the built-in catalogue, the first admin credential."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pymongo.database import Database

from competencies import builtin
from lrs.access import Gate
from lrs.credentials import EVERYWHERE, Credentials, new_key
from lrs.errors import Clash, NotFound
from lrs.models import Credential, Store
from lrs.store import installation_secret
from lrs.tenants import create_store
from waymark.migrate import migrate
from waymark.settings import Settings

DEFAULT_STORE = "default"
ADMIN_SCOPES = ("all", "admin", "admin/stores")


def install(database: Database[Any], settings: Settings, tell: Callable[[str], None] = lambda line: None) -> None:
    """Bring the database up to this version. Idempotent."""
    migrate(database, tell=tell)
    if builtin.load(database):
        tell("loaded the built-in sales framework")
    _seed_admin(Gate(installation_secret(database)), settings, tell)


def ensure_store(name: str, time_zone: str = "UTC") -> Store:
    """The store of this name, made if need be."""
    found = Store.objects(name=name).first()
    if found is None:
        try:
            found = create_store(name, time_zone)
        except Clash:  # made by another process just now
            found = Store.named(name)
    return cast(Store, found)


def write_secret(path: Path, content: dict[str, Any]) -> None:
    """A JSON file that only its owner can read, whole or not at all."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(part, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _seed_admin(gate: Gate, settings: Settings, tell: Callable[[str], None]) -> None:
    """The first admin credential: the settings' own, or a random one in DATA/admin.json."""
    credentials = Credentials(gate, ensure_store(DEFAULT_STORE))
    if settings.admin_key:
        _ensure_given(credentials, settings, tell)
    elif not any(each.state == "live" for each in Credential.objects(scopes=EVERYWHERE)):
        key, secret = new_key()
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(settings.data / "admin.json", {"store": DEFAULT_STORE, "key": key, "secret": secret})
        credentials.create(key, secret, name="admin", scopes=ADMIN_SCOPES)  # once it is written: nobody can ask again
        tell(f"the admin credential is in {settings.data / 'admin.json'}")


def _ensure_given(credentials: Credentials, settings: Settings, tell: Callable[[str], None]) -> None:
    """The settings' credential, with their secret and an admin's scopes, whatever it had."""
    key, secret = settings.admin_key, settings.admin_secret
    try:
        credentials.create(key, secret, name="admin", scopes=ADMIN_SCOPES)
    except Clash:
        try:
            found = credentials.get(key)
        except NotFound:
            raise Clash(f"WAYMARK_ADMIN_KEY {key!r} is a credential of another store") from None
        if missing := [scope for scope in ADMIN_SCOPES if scope not in found.scopes]:
            credentials.change(key, {"scopes": [*found.scopes, *missing]})
        if found.state != "live":
            tell(f"the credential of WAYMARK_ADMIN_KEY is {found.state}, and opens nothing: give another key")
    credentials.set_secret(key, secret)
