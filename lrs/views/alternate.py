"""The alternate request syntax (Communication 1.3): a POST with a form that stands for another request.

It is for browsers that can set neither method nor headers, so even Authorization may stand in the form. That is why it
is undone here, around the application, before anything looks at the request. Only 1.0.3 has it.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lrs.errors import BadRequest
from lrs.http_rules.parameters import VERSION_HEADER
from lrs.views.bodies import REFUSED, whole_body

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "PUT", "POST", "DELETE")  # to a HEAD the server would send a body, for it saw a POST
WITH_CONTENT = ("PUT", "POST")
VERSION = "HTTP_X_EXPERIENCE_API_VERSION"
HEADERS = {"authorization": "HTTP_AUTHORIZATION", VERSION_HEADER.lower(): VERSION, "content-type": "CONTENT_TYPE",
           "if-match": "HTTP_IF_MATCH", "if-none-match": "HTTP_IF_NONE_MATCH",
           "content-length": "waymark.content_length"}  # characters to some clients; the content itself is counted
MOST_FIELDS = 100
MOST_HEADER = 8190  # characters, as in a header


class AlternateSyntax:
    """Gives `application` the request that was meant; `most` is the largest form that is read, in bytes."""

    def __init__(self, application: Application, most: int) -> None:
        self._application = application
        self._most = most

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if _is_alternate(environ):
            try:
                self._translate(environ)
            except Exception as refused:  # whatever it is, the application has an answer for it
                environ[REFUSED] = refused
        return self._application(environ, start_response)

    def _translate(self, environ: dict[str, Any]) -> None:
        method = _method(environ)
        form = _form(whole_body(environ, self._most))
        headers = {name: form.pop(name) for name in list(form) if name.lower() in HEADERS}
        content = form.pop("content", None)
        if method in WITH_CONTENT and content is None:
            raise _refused("form parameter content", "it is missing")
        body = (content or "").encode()
        environ.update(REQUEST_METHOD=method, QUERY_STRING=urlencode(form), CONTENT_TYPE="application/json",
                       CONTENT_LENGTH=str(len(body)))
        environ["wsgi.input"] = BytesIO(body)
        for name, value in headers.items():
            if len(value) > MOST_HEADER:
                raise _refused(f"form parameter {name}", f"more than {MOST_HEADER:,} characters")
            if not (value.isascii() and value.isprintable()):
                raise _refused(f"form parameter {name}", "it holds what no header can")
            environ[HEADERS[name.lower()]] = value
        if environ.get(VERSION, "").startswith("2."):
            raise BadRequest("COMM-no-method", "parameter method", "xAPI 2.0 has no alternate request syntax")


def _is_alternate(environ: dict[str, Any]) -> bool:
    return (environ["REQUEST_METHOD"] == "POST" and environ.get("QUERY_STRING", "") != ""
            and environ.get("PATH_INFO", "").startswith("/xapi/")
            and any(name == "method" for name, _ in _query(environ)) and not environ.get(VERSION, "").startswith("2."))


def _query(environ: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)


def _method(environ: dict[str, Any]) -> str:
    query = _query(environ)
    if len(query) > 1:
        raise _refused("the query string", "other parameters than method stand in the form")
    if "HTTP_CONTENT_ENCODING" in environ:  # nobody is authenticated yet: it isn't expanded
        raise _refused("header Content-Encoding", "a form comes as it is")
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind not in (FORM, ""):
        raise _refused("header Content-Type", f"found {kind!r:.60}, not {FORM}")
    if query[0][1] not in METHODS:
        raise _refused("parameter method", f"{query[0][1]!r:.60} is none of {', '.join(METHODS)}")
    return query[0][1]


def _form(text: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise _refused("body", f"no form in UTF-8: {error}") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise BadRequest("COMM-twice", f"form parameter {name}", "it stands twice")
        form[name] = value
    return form


def _refused(place: str, detail: str) -> BadRequest:
    return BadRequest("XAPI-00336", place, detail)
