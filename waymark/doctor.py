"""`waymark doctor`: what an operator would check first, each with what to do when it fails."""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import PyMongoError

from competencies import builtin
from waymark.database import Busy, connect, reachable
from waymark.migrate import MigrationRefused, pending
from waymark.mongod import MongodFailed, find_binary
from waymark.settings import Settings

ROOM = 1024**3  # bytes of free disk below which to worry


class Finding(NamedTuple):
    name: str
    good: bool
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Each check as it is made."""
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield _data(settings)
    if not settings.mongodb_uri:
        try:
            yield Finding("mongod", True, find_binary())
        except MongodFailed as failed:
            yield Finding("mongod", False, str(failed))
            return
        if not (settings.data / "mongod").exists():
            yield Finding("database", False, "nothing is here yet: waymark serve makes it")
            return
    try:
        with reachable(settings) as running:
            yield from _database(connect(running))
    except (MongodFailed, Busy, PyMongoError, OSError) as failed:
        yield Finding("database", False, str(failed))


def _data(settings: Settings) -> Finding:
    place = settings.data if settings.data.exists() else settings.data.absolute().parent
    free = shutil.disk_usage(place).free
    good = os.access(place, os.W_OK) and free > ROOM
    return Finding("data", good, f"{settings.data.absolute()}, {free / ROOM:.1f} GiB free")


def _database(database: Database[Any]) -> Iterator[Finding]:
    version = database.client.server_info()["version"]
    yield Finding("database", True, f"MongoDB {version}, {database.name}")
    try:
        waiting = pending(database)
        todo = f"{len(waiting)} to run: waymark serve, or waymark migrate"
        yield Finding("migrations", not waiting, todo if waiting else "all run")
    except MigrationRefused as refused:
        yield Finding("migrations", False, str(refused))
    loaded = database.catalogue.find_one({"_id": "builtin"})
    yield Finding("catalogue", bool(loaded and loaded["version"] == builtin.version()),
                  "loaded" if loaded else "not loaded: waymark migrate")
    checkpoint = database.checkpoints.find_one({"_id": "evidence"}) or {}
    held = checkpoint.get("until", datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC)
    yield Finding("worker", held, f"held by {checkpoint['holder']}" if held else "nobody projects: waymark serve")
