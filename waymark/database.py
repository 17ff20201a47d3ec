"""The database of one installation: an external MongoDB, or the embedded one while this process needs it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mongoengine
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from waymark.mongod import Mongod, MongodFailed
from waymark.settings import Settings


class Busy(Exception):
    """Another process serves from this data directory."""


def connect(settings: Settings) -> Database[Any]:
    """Connect mongoengine, and give the same client's database. Call after fork, with a URI in the settings."""
    mongoengine.disconnect()
    mongoengine.connect(settings.database, host=settings.mongodb_uri, uuidRepresentation="standard", tz_aware=True,
                        serverSelectionTimeoutMS=3000, appname="waymark", w="majority", journal=True)
    database: Database[Any] = mongoengine.get_db()
    return database


@contextmanager
def reachable(settings: Settings, alone: bool = False) -> Iterator[Settings]:
    """Settings with a URI that works: the given one, a running serve's, or a server of our own until the end.

    `alone` refuses a running serve's (Busy), for who wants to serve.
    """
    if settings.mongodb_uri:
        require_replica_set(settings.mongodb_uri)
        yield settings
        return
    mongod = Mongod(settings.data / "mongod")
    try:
        with exclusive(settings.data):
            try:
                yield settings.with_options(mongodb_uri=mongod.start())
            finally:
                mongod.stop()
    except Busy:
        if alone or not _answers(mongod.uri):
            raise
        yield settings.with_options(mongodb_uri=mongod.uri)


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold the data directory; the kernel releases it however the process ends. Raises Busy."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(data / "lock", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another waymark serves from {data.absolute()}") from None
        yield


def require_replica_set(uri: str) -> None:
    """Raise MongodFailed, with the reason, for a server that can't carry Waymark."""
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000) as client:
            hello, version = client.admin.command("hello"), client.server_info()["versionArray"]
    except PyMongoError as error:
        reason = str(error).partition(" (configured timeouts")[0]
        raise MongodFailed(f"the MongoDB of WAYMARK_MONGODB_URI can't be reached: {reason}") from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise MongodFailed("the MongoDB of WAYMARK_MONGODB_URI is a standalone: change streams and transactions "
                           "need a replica set (of one member or more) or a sharded cluster")
    if version[0] < 7 and "%2F" not in uri:  # behind a Unix socket it is the embedded server, which may be 6.0
        raise MongodFailed(f"MongoDB {'.'.join(map(str, version[:3]))} is too old: 7.0 or newer is needed")


def _answers(uri: str) -> bool:
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=2000) as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
