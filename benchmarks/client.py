"""A closed-loop HTTP client that takes little time itself: each connection sends a request, waits for its answer, and
sends the next. Requests are rendered before the clock starts.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit


@dataclass
class Seen:
    """What one measured stretch saw; times in seconds."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wall: float = 0.0
    cpu: float = 0.0  # of this client
    last: bytes = b""  # the last answer's body

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.wall

    def at(self, share: float) -> float:
        """The latency that this share of the requests didn't exceed."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


@dataclass(frozen=True)
class Target:
    """Where requests go, and the header lines that all of them carry."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()

    def render(self, method: str, path: str, body: bytes = b"") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}",
                 *(f"{name}: {value}" for name, value in self.headers)]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


def run(target: Target, requests: Iterable[bytes], connections: int, seconds: float) -> Seen:
    """Send the requests in order until they run out or the time is up."""
    return asyncio.run(_run(target, iter(requests), connections, seconds))


async def _run(target: Target, requests: Iterator[bytes], connections: int, seconds: float) -> Seen:
    seen, loop = Seen(), asyncio.get_running_loop()
    address = urlsplit(target.url)
    begin, cpu = time.perf_counter(), time.process_time()
    made = [_Connection(seen, requests, begin + seconds, loop.create_future()) for _ in range(connections)]
    for each in made:
        await loop.create_connection(partial(_itself, each), address.hostname or "", address.port or 80)
    await asyncio.gather(*(each.done for each in made))
    seen.wall, seen.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return seen


def _itself(connection: "_Connection") -> "_Connection":
    return connection


class _Connection(asyncio.Protocol):
    """One connection. Answers must say how long they are."""

    def __init__(self, seen: Seen, requests: Iterator[bytes], end: float, done: asyncio.Future[None]) -> None:
        self.done = done
        self._seen, self._requests, self._end = seen, requests, end
        self._buffer = bytearray()
        self._size = 0  # of the answer with its head; 0 until that has come
        self._head = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "one to write to"
        self._transport = transport
        self._send()

    def _send(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._end else None
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._size and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            self._head = end + 4
            self._size = self._head + _length(bytes(self._buffer[:end]).lower())
        if self._size and len(self._buffer) >= self._size:
            self._seen.latencies.append(time.perf_counter() - self._began)
            self._seen.statuses[int(self._buffer[9:12])] += 1
            self._seen.last = bytes(self._buffer[self._head:self._size])
            self._buffer.clear()
            self._size = 0
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


def _length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    return int(head[at + 17:].split(b"\r\n", 1)[0]) if at >= 0 else 0
