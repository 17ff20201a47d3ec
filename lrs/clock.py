"""Who hands out `stored`, and the time through which the store is complete.

`stored` is taken before a Statement is inserted, so it isn't the order of commits. To answer "nothing earlier
than C will appear any more" every process that writes first publishes a floor: it may still insert Statements
stored at its floor or later, never before. C is just below the lowest floor of all, or the present when nobody
writes. A process that is suspended between taking `stored` and inserting leaves its floor where it is, and C
waits for it. `docs/decisions/0002-consistent-through.md` has the argument and its limits.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pymongo import timeout
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

TICK = 0.05  # seconds between publications of a rising floor
WARM = 1.0  # seconds without a write after which a process withdraws its floor
REMEMBERED = 0.05  # seconds for which a C is answered again: it stays true, and only grows older
DEAD_HERE = 5.0  # seconds of silence before a process of this machine that is gone is left out
DEAD_ELSEWHERE = 300.0  # the same for another machine, whose processes can't be looked up

log = logging.getLogger(__name__)


def now_micros() -> int:
    return time.time_ns() // 1000


class Clock:
    """One process's: `take` for writing, `consistent_through` for reading. Made after fork."""

    def __init__(self, writers: Collection[dict[str, Any]], now: Callable[[], int] = now_micros) -> None:
        self._now = now
        self._writers = writers
        self._raising = writers.with_options(write_concern=WriteConcern(w=1, j=False))
        self._id = f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}:{uuid.uuid4().hex[:8]}"
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._in_flight: set[int] = set()
        self._last = 0
        self._last_write = 0.0
        self._published = False
        self._thread: threading.Thread | None = None
        self._through = (0, 0.0)

    @contextmanager
    def take(self, count: int) -> Iterator[int]:
        """The first of `count` consecutive microseconds, strictly above all taken before; held while inserting."""
        with self._lock:
            if not self._published:
                self._publish_first()
            first = max(self._now(), self._last + 1)
            self._last = first + count - 1
            self._in_flight.add(first)
        try:
            yield first
        finally:
            with self._lock:
                self._in_flight.discard(first)
                self._last_write = time.monotonic()

    def consistent_through(self, remembered: float = REMEMBERED) -> int:
        """Microseconds C such that no Statement with `stored` <= C appears after this call.

        `remembered`: for how many seconds one that was worked out before is good enough.
        """
        through, when = self._through
        if time.monotonic() - when < remembered:
            return through
        now = self._now()  # before reading: who publishes later takes a later `stored`
        lowest = now
        for writer in self._writers.find({}, {"floor": 1, "beat": 1}):
            if _is_dead(writer["_id"], writer["beat"], now):
                self._raising.delete_one({"_id": writer["_id"], "beat": writer["beat"]})
            else:
                lowest = min(lowest, writer["floor"])
        self._through = (max(through, lowest - 1), time.monotonic())
        return self._through[0]

    @property
    def known_through(self) -> int:
        """The last C of this process, without asking again: true still, if old."""
        return self._through[0]

    def close(self) -> None:
        """Withdraw the floor if the database answers within a second; nothing may be taken afterwards."""
        if self._lock.acquire(timeout=1):
            with suppress(PyMongoError), timeout(1):
                self._withdraw()
            self._lock.release()

    def _publish_first(self) -> None:
        """Journaled, since a floor lost in a crash of the database would let C pass what is in flight."""
        floor = max(self._now(), self._last + 1, self._through[0] + 1)
        self._last = floor - 1  # whatever the clock does from now on
        self._writers.replace_one({"_id": self._id}, {"floor": floor, "beat": floor}, upsert=True)
        self._published, self._last_write = True, time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_raising, name="floor", daemon=True)
            self._thread.start()
        self._wake.set()

    def _keep_raising(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(TICK)
            try:
                with self._lock:
                    self._raise_floor()
            except PyMongoError as error:  # a floor left low is safe; the next tick tries again
                log.warning("the floor could not be raised: %s", error)
                time.sleep(1)

    def _raise_floor(self) -> None:
        if not self._in_flight and time.monotonic() - self._last_write > WARM:
            self._withdraw()
            return
        now = self._now()
        floor = min(self._in_flight, default=max(now, self._last + 1))
        self._last = max(self._last, floor - 1)
        self._raising.update_one({"_id": self._id}, {"$set": {"floor": floor, "beat": now}})

    def _withdraw(self) -> None:
        if self._published:
            self._raising.delete_one({"_id": self._id})
            self._published = False
            self._wake.clear()


def _is_dead(writer: str, beat: int, now: int) -> bool:
    """Whether a writer's floor can be left out: its process is gone, and whatever it had sent has arrived."""
    silence = (now - beat) / 1e6
    host, pid, started, _ = writer.rsplit(":", 3)
    if host == socket.gethostname():
        return silence > DEAD_HERE and _started(int(pid)) != started
    return silence > DEAD_ELSEWHERE


def _started(pid: int) -> str:
    """When a process of this machine began, which tells it from a later one of its number; empty for none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"  # a system without /proc
