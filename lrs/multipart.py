"""multipart/mixed (RFC 2046 section 5.1) as xAPI uses it: split from a stream, and put together into one.

The splitter holds one piece of the stream at a time, however large a part is. It knows nothing of Statements.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lrs.errors import BadRequest

PIECE = 64 * 1024
MOST_HEADERS = 8 * 1024  # bytes of one part's headers
MOST_PREAMBLE = 8 * 1024
MOST_PADDING = 1024  # spaces after a boundary
_FOLD = re.compile(rb"\r\n[ \t]+")
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]*)"|([^;]*))', re.IGNORECASE)
LONGEST_BOUNDARY = 70  # RFC 2046 section 5.1.1


@dataclass(frozen=True)
class Part:
    """One part: its headers by their names in lower case, and its data, which can be read once."""

    headers: Mapping[str, str]
    data: Iterator[bytes]


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type names, or "". Without quotes it goes to the next semicolon: some clients leave
    the quotes out where RFC 2045 wants them.
    """
    found = _BOUNDARY.search(content_type)
    return (found[1] if found[1] is not None else found[2].strip()) if found else ""


def split(read: Callable[[int], bytes], boundary: str) -> Iterator[Part]:
    """The parts of a multipart body; `read(n)` gives its next n bytes or fewer, and none at its end.

    A part that isn't read to its end is skipped. What stands before the first boundary and after the last is left
    out, as RFC 2046 says. Raises BadRequest (XAPI-00130, XAPI-00131).
    """
    if not 1 <= len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
        raise BadRequest("XAPI-00131", "header Content-Type", "its boundary is missing, or none that RFC 2046 allows")
    return _Splitter(read, b"\r\n--" + boundary.encode()).parts()


class _Splitter:
    def __init__(self, read: Callable[[int], bytes], delimiter: bytes) -> None:
        self._read = read
        self._delimiter = delimiter
        self._buffer = b"\r\n"  # the first delimiter needs no line before it

    def parts(self) -> Iterator[Part]:
        self._skip_preamble()
        while not self._is_closed():
            part = Part(self._headers(), self._until_delimiter())
            yield part
            for _ in part.data:
                pass

    def _skip_preamble(self) -> None:
        length = 0
        for piece in self._until_delimiter():
            length += len(piece)
            if length > MOST_PREAMBLE:
                raise _malformed("no boundary at the beginning of the body")

    def _is_closed(self) -> bool:
        """Read the rest of a delimiter's line; whether it was the closing one."""
        self._need(2)
        if self._buffer.startswith(b"--"):
            return True
        line = self._through(b"\r\n", MOST_PADDING, "a line that begins like a boundary goes on")
        if line.strip(b" \t"):
            raise _malformed("a line that begins like a boundary goes on")
        return False

    def _headers(self) -> dict[str, str]:
        self._need(2)
        if self._buffer.startswith(b"\r\n"):  # no headers
            self._buffer = self._buffer[2:]
            return {}
        text = self._through(b"\r\n\r\n", MOST_HEADERS, f"the headers of a part have more than {MOST_HEADERS:,} bytes")
        headers: dict[str, str] = {}
        text = _FOLD.sub(b" ", text)  # RFC 5322 section 2.2.3: a long line goes on after white space
        for line in text.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            key = name.decode("latin-1").lower()
            if not colon or not key or key != key.strip() or key in headers:
                raise _malformed("a part's headers aren't NAME: VALUE, each once")
            headers[key] = value.strip().decode("latin-1")
        return headers

    def _until_delimiter(self) -> Iterator[bytes]:
        """The data up to the next delimiter, which is taken off too."""
        while (found := self._buffer.find(self._delimiter)) < 0:
            safe = len(self._buffer) - len(self._delimiter) + 1  # the rest may be the beginning of one
            if safe > 0:
                piece, self._buffer = self._buffer[:safe], self._buffer[safe:]
                yield piece
            self._fill()
        piece, self._buffer = self._buffer[:found], self._buffer[found + len(self._delimiter):]
        if piece:
            yield piece

    def _through(self, end: bytes, most: int, otherwise: str) -> bytes:
        """What stands before `end`, taken off together with it."""
        while (found := self._buffer.find(end)) < 0:
            if len(self._buffer) > most:
                raise _malformed(otherwise)
            self._fill()
        text, self._buffer = self._buffer[:found], self._buffer[found + len(end):]
        if len(text) > most:
            raise _malformed(otherwise)
        return text

    def _need(self, count: int) -> None:
        while len(self._buffer) < count:
            self._fill()

    def _fill(self) -> None:
        piece = self._read(PIECE)
        if not piece:
            raise _malformed("the body ends before its closing boundary")
        self._buffer += piece


def _malformed(detail: str) -> BadRequest:
    return BadRequest("XAPI-00130", "body", detail)


def join(parts: Iterable[tuple[Mapping[str, str], Iterable[bytes]]], boundary: str) -> Iterator[bytes]:
    """A multipart body of parts given as their headers and data."""
    for headers, data in parts:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"--{boundary}\r\n{lines}\r\n".encode()
        yield from data
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
