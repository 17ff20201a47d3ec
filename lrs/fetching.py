"""The one way out: fetching an address that the operator allowed, and nothing of the private network behind us.

A host is resolved once, all its addresses are looked at, and the connection goes to one of these: a name that means
something else a moment later (DNS rebinding) gains nothing. There are no redirects and no proxies.
"""

import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

SECONDS = 5.0  # to connect, and then for all the rest; the resolver has its own
MOST_BYTES = 1024 * 1024
PORTS = {"https": 443, "http": 80}
NAT64 = ip_network("64:ff9b::/96")  # its last four bytes are an IPv4 address (RFC 6052)
# What Python calls public and isn't: local NAT64 (RFC 8215), IPv4-compatible and -translated, site-local
NOT_PUBLIC = tuple(map(ip_network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10")))

Address = IPv4Address | IPv6Address
log = logging.getLogger(__name__)


class FetchFailed(Exception):
    """Nothing was fetched; why is in the log, since it may tell of the network."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches from `origins` (scheme://host or scheme://host:port), none by default, and never from an address that
    isn't public, unless it is in one of `networks`."""

    origins: tuple[str, ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def get(self, url: str) -> bytes:
        """The content at `url`. Raises FetchFailed."""
        try:
            parts = urlsplit(url)
            self._require_allowed(parts)
            address = self._resolved(parts)
            with _connection(parts, address) as connection:
                return _content(connection, parts)
        except (OSError, ValueError, HTTPException) as error:
            log.warning("fetching %r failed: %s", url.partition("?")[0], error)
            raise FetchFailed from None

    def _require_allowed(self, parts: SplitResult) -> None:
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if parts.scheme not in PORTS or origin not in self.origins:
            raise ValueError("its origin is none of WAYMARK_FETCH_ORIGINS")

    def _resolved(self, parts: SplitResult) -> str:
        """One address of the host, all of which may be reached. Raises ValueError, OSError."""
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        for each in addresses:
            if not self._may_reach(ip_address(each)):
                raise ValueError(f"{each} isn't public, nor in WAYMARK_FETCH_NETWORKS")
        return addresses[0]

    def _may_reach(self, address: Address) -> bool:
        address = _plain(address)
        public = address.is_global and not address.is_multicast and not any(address in each for each in NOT_PUBLIC)
        return public or any(address in network for network in self.networks)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return IPv4Address(address.packed[-4:])
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _port(parts: SplitResult) -> int:
    return parts.port or PORTS[parts.scheme]


@contextmanager
def _connection(parts: SplitResult, address: str) -> Iterator[HTTPConnection]:
    """To the address; for TLS and the Host header the host is who it was. Cut off after SECONDS, whatever it does."""
    plain = socket.create_connection((address, _port(parts)), SECONDS)
    guard = socket.socket(fileno=os.dup(plain.fileno()))
    watchdog = threading.Timer(SECONDS, guard.shutdown, [socket.SHUT_RDWR])
    watchdog.daemon = True
    ends = time.monotonic() + SECONDS
    watchdog.start()
    connection = HTTPConnection(str(parts.hostname), _port(parts))
    connection.sock = plain
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
        yield connection
        if time.monotonic() >= ends:  # what was cut off can look as if it had ended
            raise ValueError(f"it takes more than {SECONDS:g} s")
    finally:
        watchdog.cancel()
        connection.close()
        guard.close()


def _content(connection: HTTPConnection, parts: SplitResult) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers={"Host": parts.netloc, "Accept": "application/json"})
    answer = connection.getresponse()
    if answer.status != HTTPStatus.OK:
        raise ValueError(f"it answered {answer.status}")
    body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES or (answer.length or 0) > 0:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes, or ended early")
    return body
