"""The web application."""

import atexit
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from flask import Blueprint, Flask, Request, Response, request
from flask.json.provider import JSONProvider
from flask.sessions import NullSession, SessionInterface, SessionMixin
from pymongo.database import Database
from pymongo.errors import PyMongoError
from werkzeug.routing import MapAdapter

from competencies.analyses import Analyses
from competencies.views import create_blueprint as create_api
from lrs.access import Gate
from lrs.fetching import Fetcher
from lrs.http_rules.parameters import check_query
from lrs.openid import Providers
from lrs.pace import Pace
from lrs.statements import Lrs
from lrs.views import admin, oauth
from lrs.views import create_blueprint as create_xapi
from lrs.views.alternate import AlternateSyntax
from lrs.views.bodies import REFUSED
from waymark import docs, health, logs
from waymark.compression import Decompressed, compress
from waymark.database import connect
from waymark.problems import handle_errors
from waymark.settings import Settings, read_settings

RETRY = 1.0  # seconds

log = logging.getLogger(__name__)


class OrjsonProvider(JSONProvider):
    """Flask's JSON by orjson: UTF-8 as it is, order as given."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


class Application(Flask):
    """Flask without what isn't used here and would be paid for by every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function here is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """No route depends on the host; it is for redirects."""
        if request is None:
            return None
        return self.url_map.bind(request.host, url_scheme=request.scheme, path_info=request.path,
                                 default_method=request.method, query_args=request.query_string.decode("latin-1"))


class NoSession(SessionInterface):
    """Nobody logs in by a cookie."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        return NOBODY

    def is_null_session(self, obj: object) -> bool:
        return True


NOBODY = NullSession()


def _refuse() -> None:
    """What the layers around the application found wrong is answered like everything else."""
    if REFUSED in request.environ:
        raise request.environ[REFUSED]
    check_query(request.query_string)


def _without_type(response: Response) -> Response:
    """An answer without content has no content type either."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        del response.headers["Content-Type"]
    return response


def _when_reachable(database: Database[Any]) -> Lrs:
    """The record store, as soon as the database answers: a worker that fails to start would end the whole server."""
    while True:
        try:
            return Lrs(database)
        except PyMongoError as error:
            log.warning("the database can't be reached, trying again: %s", type(error).__name__)
            time.sleep(RETRY)


def blueprints() -> list[Blueprint]:
    """Every route that there is."""
    return [create_xapi(), create_api(), admin.blueprint, oauth.blueprint, docs.blueprint, health.blueprint]


def create_app(settings: Settings | None = None) -> Flask:
    """The application over one database, which has been migrated. Called in each worker process, after fork."""
    logs.configure()
    settings = settings or read_settings()
    database = connect(settings)
    app = Application("waymark", static_folder=None)
    app.session_interface = NoSession()
    app.json = OrjsonProvider(app)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body, MAX_BATCH=settings.max_batch,
                      PAGE_LIMIT=settings.page_limit, DEFAULT_XAPI_VERSION=settings.default_xapi_version,
                      MAX_UPLOAD=settings.max_upload, PUBLIC_URL=settings.base_url, RATE=settings.rate)
    lrs = _when_reachable(database)
    atexit.register(lrs.clock.close)
    app.extensions["lrs"] = lrs
    app.extensions["gate"] = Gate(lrs.secret, Providers(Fetcher(settings.allowed_origins, settings.allowed_networks)))
    app.extensions["pace"] = Pace()
    app.extensions["analyses"] = Analyses(database, lrs)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    handle_errors(app)
    app.before_request(_refuse)
    app.after_request(_without_type)
    app.after_request(compress)
    app.wsgi_app = Decompressed(AlternateSyntax(app.wsgi_app, settings.max_body))  # type: ignore[method-assign]
    return app
