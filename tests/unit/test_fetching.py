"""The one way out: what it may fetch, and from where it never does."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lrs.fetching import MOST_BYTES, SECONDS, Fetcher, FetchFailed

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and notes what was asked."""

    asked: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/fine")
            self.end_headers()
            return
        if self.path.startswith("/drip"):
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if self.path == "/drip-body" else b""))
                for number in range(60):
                    self.wfile.write(f"X-{number}: x\r\n".encode())
                    self.wfile.flush()
                    time.sleep(0.5)
            self.close_connection = True
            return
        self.send_response(404 if self.path == "/gone" else 200)
        self.end_headers()
        self.wfile.write(b"x" * (MOST_BYTES + 1) if self.path == "/large" else self.path.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    Handler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_allowed_origin_in_an_allowed_network_is_fetched_from(origin: str) -> None:
    assert Fetcher((origin,), LOOPBACK).get(f"{origin}/fine?a=b") == b"/fine?a=b"
    assert Handler.asked == [("/fine?a=b", origin.removeprefix("http://"))]


def test_by_default_nothing_is_fetched(origin: str) -> None:
    with pytest.raises(FetchFailed):
        Fetcher().get(f"{origin}/fine")
    assert Handler.asked == []


def test_an_allowed_origin_that_is_private_is_refused_unless_its_network_is_allowed(origin: str) -> None:
    for networks in ((), (ip_network("10.0.0.0/8"),)):
        with pytest.raises(FetchFailed):
            Fetcher((origin,), networks).get(f"{origin}/fine")
    by_name = origin.replace("127.0.0.1", "localhost")
    with pytest.raises(FetchFailed):
        Fetcher((by_name,)).get(f"{by_name}/fine")
    assert Handler.asked == []


@pytest.mark.parametrize("path", ["/drip", "/drip-body"])
def test_who_drips_is_cut_off(origin: str, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(FetchFailed):
        Fetcher((origin,), LOOPBACK).get(origin + path)
    assert SECONDS - 1 < time.monotonic() - began < SECONDS + 3


@pytest.mark.parametrize("path", ["/gone", "/moved", "/large"])
def test_what_is_not_there_leads_elsewhere_or_is_too_large_is_not_fetched(origin: str, path: str) -> None:
    with pytest.raises(FetchFailed):
        Fetcher((origin,), LOOPBACK).get(origin + path)
    assert [asked for asked, _ in Handler.asked] == [path], "and a redirect isn't followed"


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1@elsewhere.example/", "http://elsewhere.example", "x",
    "", "http://[::1", "http://127.0.0.1:99999/"])
def test_an_address_of_another_kind_or_origin_is_refused(url: str) -> None:
    with pytest.raises(FetchFailed):
        Fetcher(("http://127.0.0.1", "file://", "http://127.0.0.1:99999", "http://[::1"), LOOPBACK).get(url)


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a00:1", "2002:0a00:0001::1", "2001:db8::1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1", "::127.0.0.1",
    "fec0::1"])
def test_an_address_that_is_not_public_is_never_reached(address: str) -> None:
    assert not Fetcher()._may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_a_public_address_is_reached(address: str) -> None:
    assert Fetcher()._may_reach(ip_address(address))
