"""Stopping at a signal."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_EVERY = 0.1  # seconds


class Stop:
    """Whether it is time to stop, and a way to wait for that.

    What a signal handler may set: threading.Event has a lock, and a second signal while it is held waits for ever.
    """

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def wait(self, seconds: float) -> bool:
        """Whether it was set, at once or within these seconds."""
        end = time.monotonic() + seconds
        while not self._is_set and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))
        return self._is_set


@contextmanager
def until_signalled() -> Iterator[Stop]:
    """A Stop that SIGINT and SIGTERM set."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
