"""gzip both ways: requests that come compressed, answers to clients that accept it."""

import zlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import IO, Any

from flask import Response, request
from werkzeug.wsgi import get_input_stream

from lrs.errors import BadRequest
from lrs.http_rules.conditions import GZIP
from lrs.views import vary_on
from lrs.views.alternate import Application
from lrs.views.bodies import REFUSED

LEAST = 1024  # bytes that are worth it
LEVEL = 1  # 70 % of what more would save, in a fraction of the time
WITH_HEADER = 31  # zlib's wbits for the gzip format
PIECE = 64 * 1024
TEXTUAL = ("application/json", "application/problem+json", "application/javascript", "application/yaml", "text/")


class Decompressed:
    """Gives `application` the body of a request with Content-Encoding: gzip as it was before."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):  # RFC 9110 section 8.4.1.3: the two are one
            environ["wsgi.input"] = _Gunzip(get_input_stream(environ))
            environ["wsgi.input_terminated"] = True
            environ.pop("CONTENT_LENGTH", None)
        elif encoding not in ("identity", ""):
            environ[REFUSED] = BadRequest("COMM-gzip", "header Content-Encoding", f"{encoding!r:.40} isn't read here")
        return self._application(environ, start_response)


class _Gunzip:
    """A stream that reads another, decompressing; it never holds more than a piece, whatever that expands to."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._inflater = zlib.decompressobj(WITH_HEADER)

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        while True:
            if self._inflater.eof:
                waiting = self._inflater.unused_data or self._source.read(PIECE)
                if not waiting:
                    return b""
                self._inflater = zlib.decompressobj(WITH_HEADER)  # RFC 1952: several members may follow each other
            else:
                waiting = self._inflater.unconsumed_tail or self._source.read(PIECE)
            try:
                piece = self._inflater.decompress(waiting, size)
            except zlib.error as error:
                raise BadRequest("COMM-gzip", "body", f"no gzip: {error}") from None
            if piece:
                return piece
            if not waiting:
                raise BadRequest("COMM-gzip", "body", "the gzip ends early")


def compress(response: Response) -> Response:
    """The answer as gzip, where the client takes it and it is worth it."""
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        vary_on(response, "Accept-Encoding")
        return response
    if response.is_streamed or not response.headers.get("Content-Type", "").startswith(TEXTUAL):
        return response
    vary_on(response, "Accept-Encoding")
    if not _takes_gzip() or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) < LEAST:
        return response
    deflater = zlib.compressobj(LEVEL, wbits=WITH_HEADER)
    response.set_data(deflater.compress(body) + deflater.flush())
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None:  # Communication 3.1: it must not be the SHA-1 of the contents then
        response.set_etag(etag + GZIP, bool(weak))
    return response


def _takes_gzip() -> bool:
    return "HTTP_ACCEPT_ENCODING" in request.environ and request.accept_encodings["gzip"] > 0
