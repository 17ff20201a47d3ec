"""/docs: the API's description as a page (redoc, vendored), as YAML, and the rubric extension's JSON Schema."""

from pathlib import Path

from flask import Blueprint, Response, redirect, send_file
from werkzeug.wrappers import Response as BaseResponse

blueprint = Blueprint("docs", __name__)

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Waymark API</title>
<style>body { margin: 0 }</style>
<redoc spec-url="/openapi.yaml" disable-search="true" hide-hostname="true"></redoc>
<script src="/docs/redoc.js"></script>
</html>
"""
POLICY = ("default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
          "worker-src blob:; font-src 'self' data:")


@blueprint.get("/")
def home() -> BaseResponse:
    return redirect("/docs")


@blueprint.get("/docs")
def page() -> Response:
    return Response(PAGE, mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@blueprint.get("/docs/redoc.js")
def redoc() -> Response:
    return send_file(HERE / "static" / "redoc.standalone.js", mimetype="text/javascript", max_age=86400)


@blueprint.get("/docs/han.otf")
def han() -> Response:
    """The font of pages to print, for readers who have no Chinese one."""
    return send_file(ROOT / "competencies" / "static" / "NotoSansSC-Regular-Han.otf", mimetype="font/otf",
                     max_age=86400 * 365)


@blueprint.get("/docs/rubric-levels.schema.json")
def rubric_schema() -> Response:
    return send_file(ROOT / "schemas" / "rubric-levels.schema.json", mimetype="application/schema+json")


@blueprint.get("/openapi.yaml")
def openapi() -> Response:
    return send_file(ROOT / "openapi.yaml", mimetype="application/yaml")
