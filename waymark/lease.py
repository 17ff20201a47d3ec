"""The lease on projecting: one process at a time brings the derived collections forward.

The lease and the place reached are one document, and following writes it in the same transaction as what was
derived. A holder that was suspended and lost the lease can't commit: its term has passed.
"""

import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

SECONDS = 10.0
NAME = "evidence"


def new_holder() -> str:
    """A name for this process, or a part of it, that nobody else ever has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class LeaseLost(Exception):
    """Another process holds the lease now."""


class Lease:
    """One process's hold on the checkpoint."""

    def __init__(self, database: Database[Any]) -> None:
        self._checkpoints = database.checkpoints
        self.holder = new_holder()
        self.term = 0

    def acquire(self, force: bool = False) -> dict[str, Any] | None:
        """Take the lease if nobody holds it, or from whoever does; the checkpoint, or None."""
        free: dict[str, Any] = {"_id": NAME}
        if not force:
            free["$or"] = [{"until": {"$lt": datetime.now(UTC)}}, {"holder": self.holder}]
        try:
            found = self._checkpoints.find_one_and_update(
                free, {"$set": {"holder": self.holder, "until": _until()}, "$inc": {"term": 1}},
                upsert=True, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:  # held, and not run out
            return None
        assert found is not None, "an upsert that returns what it made"
        self.term = found["term"]
        return dict(found)

    def checkpoint(self) -> dict[str, Any]:
        """The place reached, whoever holds the lease."""
        return dict(self._checkpoints.find_one({"_id": NAME}) or {})

    def save(self, session: ClientSession | None = None, **place: Any) -> None:
        """Record the place reached, and hold on. Raises LeaseLost."""
        result = self._checkpoints.update_one({"_id": NAME, "holder": self.holder, "term": self.term},
                                              {"$set": {**place, "until": _until()}}, session=session)
        if not result.matched_count:
            raise LeaseLost

    def release(self) -> None:
        """Let the next one take it at once."""
        self._checkpoints.update_one({"_id": NAME, "holder": self.holder, "term": self.term},
                                     {"$set": {"until": datetime.now(UTC)}})


def _until() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=SECONDS)
