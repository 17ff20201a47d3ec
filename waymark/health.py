"""/health, for who watches the server."""

from flask import Blueprint, Response

from lrs.views import current_lrs

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """200 while the database answers."""
    current_lrs().statements.client.admin.command("ping")
    return Response("ok\n", mimetype="text/plain")
