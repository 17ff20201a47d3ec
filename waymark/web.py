"""The gunicorn worker: gthread, which shares connections out among its siblings, and stays with a client that goes on.

All workers wait on one listening socket, and whoever wakes first takes the next connection: mostly the one that took
the last. With eight clients that keep their connections, one process can be busy all day beside an idle one. So each
worker tells the others how many it has, in memory that they share, and steps back for a moment where one has fewer.
"""

import gc
import mmap
import os
import select
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

import waymark.app  # noqa: F401  # loaded in the master, before it forks

SLOTS = 512  # twice the most workers; a worker's slot follows from its age, which rises with each one started
SLOT = struct.Struct("ii")  # process, connections
STEP_BACK = 0.001  # seconds
GARBAGE = 20_000  # objects made before some is looked for: a batch of Statements is thousands that go by themselves
LINGER = 20  # milliseconds that a thread waits for the next request of the client that it just answered
PATIENCE = 5  # times: after that whoever has fewer is taken for stuck

_shared = mmap.mmap(-1, SLOTS * SLOT.size)  # made in the master, before it forks


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gthread's, with an eye on its siblings and on what each request costs beside itself."""

    def __init__(self, age: int, *args: Any, **kwargs: Any) -> None:
        """In the master: what is loaded there stays shared between it and its workers, as long as none writes to it."""
        super().__init__(age, *args, **kwargs)
        gc.freeze()
        self._slot = age % SLOTS
        self._stepped_back = 0

    def init_process(self) -> None:
        gc.set_threshold(GARBAGE)
        super().init_process()

    def run(self) -> None:
        """The application is here by now, for good: what it is made of is no garbage to be looked for."""
        gc.collect()
        gc.freeze()
        super().run()

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

    def handle(self, conn: Any) -> Any:
        """Stay with a connection while its client goes on, as long as there is a thread for each.

        Otherwise every request passes from its thread to the main one, which waits, and back.
        """
        kept = super().handle(conn)
        while kept is True and self.alive and self.nr_conns <= self.cfg.threads and _goes_on(conn):
            kept = super().handle(conn)
        return kept

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


def _goes_on(conn: Any) -> bool:
    """Whether the next request is here, or comes at once."""
    if conn.parser.unreader.buf.getvalue():
        return True
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER))
