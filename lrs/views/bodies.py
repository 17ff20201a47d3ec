"""Reading a body whole, or not at all."""

from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

from lrs.errors import BadRequest

REFUSED = "waymark.refused"  # in the environ: what is wrong with a request, for the application to answer


def whole_body(environ: dict[str, Any], most: int) -> bytes:
    """The body of a request, of `most` bytes at the most. Raises RequestEntityTooLarge, BadRequest.

    Werkzeug cuts a body of unknown length off at the limit, and takes one that its client didn't finish for complete;
    what was cut off must not replace a document.
    """
    length = get_content_length(environ)
    if length is None:
        body: bytes = get_input_stream(environ, max_content_length=most).read()
        if len(body) >= most:
            raise RequestEntityTooLarge
        return body
    if length > most:
        raise RequestEntityTooLarge
    body = environ["wsgi.input"].read(length)
    if len(body) < length:
        raise BadRequest("COMM-whole-body", "body", f"it ends after {len(body):,} of {length:,} bytes")
    return body
