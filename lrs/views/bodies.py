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
    body = get_input_stream(environ, max_content_length=most).read()
    length = get_content_length(environ)
    if length is None and len(body) >= most:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest("COMM-whole-body", "body", f"it ends after {len(body):,} of {length:,} bytes")
    return body
