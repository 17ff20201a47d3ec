"""How many requests a second a caller may make: a bucket for each, in this process.

Each web process counts for itself, so the limit is per process; a shared count would cost a database write a request.
"""

import threading
import time
from collections.abc import Callable

from lrs.errors import TooMany

MOST_BUCKETS = 10_000


class Pace:
    """A bucket holds as many requests as may be made in a second; it fills at that rate."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[object, tuple[float, float]] = {}  # caller → what is left, and when that was

    def take(self, caller: object, rate: float) -> None:
        """Take one from the caller's bucket. Raises TooMany when it is empty. A rate of 0 is no limit."""
        if not rate:
            return
        with self._lock:
            now, most = self._now(), max(rate, 1.0)
            left, when = self._buckets.get(caller, (most, now))
            left = min(most, left + (now - when) * rate)
            if left < 1:
                raise TooMany(rate, (1 - left) / rate)
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets.clear()
            self._buckets[caller] = left - 1, now
