"""A gunicorn worker that leaves new connections to whoever of its siblings has fewer.

All workers wait on one listening socket, and whoever wakes first takes the next connection: mostly the one that took
the last. With eight clients that keep their connections, one process can be busy all day beside an idle one. So each
worker tells the others how many it has, in memory that they share, and steps back for a moment where one has fewer.
"""

import mmap
import os
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

SLOTS = 512  # twice the most workers; a worker's slot follows from its age, which rises with each one started
SLOT = struct.Struct("ii")  # process, connections
STEP_BACK = 0.001  # seconds
PATIENCE = 5  # times: after that whoever has fewer is taken for stuck

_shared = mmap.mmap(-1, SLOTS * SLOT.size)  # made in the master, before it forks


class BalancedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gthread's, with an eye on its siblings."""

    def __init__(self, age: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(age, *args, **kwargs)
        self._slot = age % SLOTS
        self._stepped_back = 0

    def notify(self) -> None:
        """Called before each wait for events."""
        super().notify()
        SLOT.pack_into(_shared, self._slot * SLOT.size, os.getpid(), self.nr_conns)

    def accept(self, listener: Any) -> None:
        if self._stepped_back < PATIENCE and self.nr_conns > self._fewest():
            self._stepped_back += 1
            time.sleep(STEP_BACK)
            return
        self._stepped_back = 0
        super().accept(listener)

    def _fewest(self) -> int:
        """The fewest connections that a live sibling has."""
        own: int = self.nr_conns
        found = [own]
        for slot, (pid, connections) in enumerate(SLOT.iter_unpack(_shared[:])):
            if pid and slot != self._slot and connections < own and _is_alive(pid):
                found.append(connections)
        return min(found)


def _is_alive(pid: int) -> bool:
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False
