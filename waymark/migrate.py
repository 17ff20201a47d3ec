"""Migrations: numbered files, checksummed, each run once, in order, under a lock."""

import hashlib
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from waymark.database import connect, reachable
from waymark.lease import new_holder
from waymark.settings import Settings

DIRECTORY = Path(__file__).parent.parent / "migrations"
LOCK_SECONDS = 15  # a holder renews it three times as often; who crashed doesn't
WAIT_SECONDS = 120


class MigrationRefused(Exception):
    """The database and the files here don't belong together."""


@dataclass(frozen=True)
class Migration:
    number: int
    path: Path

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def up(self, database: Database[Any]) -> None:
        runpy.run_path(str(self.path))["up"](database)


def migrations(directory: Path = DIRECTORY) -> list[Migration]:
    return [Migration(int(path.name[:4]), path) for path in sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.py"))]


def pending(database: Database[Any], directory: Path = DIRECTORY) -> list[Migration]:
    """Those not run yet. Raises MigrationRefused when one that ran has changed or is unknown here."""
    known = migrations(directory)
    ran = {row["_id"]: row for row in database.migrations.find()}
    unknown = ran.keys() - {migration.number for migration in known}
    if unknown:
        raise MigrationRefused(f"this database has migration {max(unknown):04d}, which this version of Waymark lacks: "
                               "run the newer version")
    for migration in known:
        if migration.number in ran and ran[migration.number]["checksum"] != migration.checksum:
            raise MigrationRefused(f"{migration.path.name} was changed after it ran on this database")
    return [migration for migration in known if migration.number not in ran]


def migrate(database: Database[Any], directory: Path = DIRECTORY,
            tell: Callable[[str], None] = lambda line: None) -> int:
    """Run what is pending; how many ran. Each must bear being run again, for a crash before it is recorded."""
    with _lock(database):
        waiting = pending(database, directory)
        for migration in waiting:
            tell(f"migrating: {migration.path.stem}")
            migration.up(database)
            database.migrations.insert_one({"_id": migration.number, "name": migration.path.stem,
                                            "checksum": migration.checksum, "ran": datetime.now(UTC)})
    return len(waiting)


@contextmanager
def migrated(settings: Settings) -> Iterator[Database[Any]]:
    """The database, connected, on which everything has run. Raises MigrationRefused."""
    with reachable(settings) as running:
        database = connect(running)
        if pending(database):
            raise MigrationRefused("this database is new, or of an older version: run `waymark migrate` first")
        yield database


@contextmanager
def _lock(database: Database[Any]) -> Iterator[None]:
    holder = new_holder()
    deadline = time.monotonic() + WAIT_SECONDS
    while not _taken(database, holder):
        if time.monotonic() > deadline:
            raise MigrationRefused(f"another process has been migrating for more than {WAIT_SECONDS} s")
        time.sleep(0.2)
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(database, holder, done), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        database.locks.delete_one({"_id": "migrate", "holder": holder})


def _renew(database: Database[Any], holder: str, done: threading.Event) -> None:
    while not done.wait(LOCK_SECONDS / 3):
        database.locks.update_one({"_id": "migrate", "holder": holder}, {"$set": {"until": _until()}})


def _taken(database: Database[Any], holder: str) -> bool:
    try:
        database.locks.find_one_and_update(
            {"_id": "migrate", "until": {"$lt": datetime.now(UTC)}},
            {"$set": {"holder": holder, "until": _until()}},
            upsert=True, return_document=ReturnDocument.AFTER)
    except DuplicateKeyError:  # there, and not run out
        return False
    return True


def _until() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=LOCK_SECONDS)
