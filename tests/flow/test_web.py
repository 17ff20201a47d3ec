"""How connections that are kept spread over the web processes, and over the threads of one."""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from tests.conftest import serving, wait_until
from waymark.settings import Settings

CONNECTIONS = 60


@pytest.fixture
def pair(settings: Settings, database: Database[Any]) -> Iterator[tuple[int, list[int]]]:
    """The port of a server with two processes, and their numbers."""
    with serving(settings, 2) as (url, process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        workers = wait_until(lambda: len(found := children.read_text().split()) == 2 and list(map(int, found)), 20,
                             "two processes")
        yield int(url.rpartition(":")[2]), workers


def opened(port: int, count: int) -> list[HTTPConnection]:
    """So many connections, one after the other, each kept after its first answer."""
    connections = [HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(count)]
    for connection in connections:
        connection.request("GET", "/xapi/about")
        assert connection.getresponse().read()
    return connections


def held(process: int, port: int) -> int:
    """How many established connections to the port a process holds."""
    local = f":{port:04X} "
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
              if local in f"{line.split()[1]} " and line.split()[3] == "01"}
    links = (os.readlink(entry) for entry in Path(f"/proc/{process}/fd").iterdir() if entry.is_symlink())
    return len({found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))} & inodes)


def test_connections_that_are_kept_are_shared_out(pair: tuple[int, list[int]]) -> None:
    port, workers = pair
    kept: list[HTTPConnection] = []

    def both_have_started() -> bool:
        kept.extend(opened(port, 1))
        return all(held(worker, port) for worker in workers)

    wait_until(both_have_started, 20, "both processes take connections")
    kept += opened(port, CONNECTIONS)
    found = sorted(held(worker, port) for worker in workers)
    assert sum(found) == len(kept)
    assert found[1] - found[0] <= CONNECTIONS / 3, "who had more at first has waited for the other"


def test_a_process_that_is_stuck_is_not_waited_for(pair: tuple[int, list[int]]) -> None:
    port, (going, stuck) = pair
    os.kill(stuck, signal.SIGSTOP)
    try:
        began = time.monotonic()
        kept = opened(port, 20)
        assert time.monotonic() - began < 5
        assert held(going, port) == len(kept)
    finally:
        os.kill(stuck, signal.SIGCONT)


def test_a_thread_stays_with_a_client_only_while_there_is_one_for_each(settings: Settings,
                                                                       database: Database[Any]) -> None:
    stop = threading.Event()

    def ask_on(connection: HTTPConnection) -> None:
        while not stop.is_set():
            connection.request("GET", "/xapi/about")
            assert connection.getresponse().read()

    with serving(settings.with_options(threads=2), 1) as (url, _), ThreadPoolExecutor(2) as pool:
        port = int(url.rpartition(":")[2])
        busy = [pool.submit(ask_on, connection) for connection in opened(port, 2)]
        try:
            began = time.monotonic()
            assert len(opened(port, 5)) == 5
            assert time.monotonic() - began < 5, "a newcomer doesn't wait until somebody stops asking"
        finally:
            stop.set()
        for each in busy:
            each.result(10)


def test_requests_that_are_sent_before_their_answers_are_answered_in_order(server: str) -> None:
    with socket.create_connection(("127.0.0.1", int(server.rpartition(":")[2])), timeout=10) as client:
        client.sendall(b"".join(b"GET /xapi/%b HTTP/1.1\r\nHost: x\r\n\r\n" % path
                                for path in (b"about", b"none", b"about")))
        seen = b""
        while seen.count(b"HTTP/1.1 ") < 3:
            more = client.recv(65536)
            assert more, "all are answered"
            seen += more
    assert re.findall(rb"HTTP/1.1 (\d+)", seen) == [b"200", b"404", b"200"]
