"""The bare floor: gunicorn and Flask that parse what is posted and answer from memory; nothing is checked or stored."""

import orjson
from flask import Flask, Response, request

from benchmarks.statements import statement

app = Flask(__name__)
ONE = orjson.dumps(statement(0, "echo"))
PAGE = orjson.dumps({"more": "", "statements": [statement(number, "echo") for number in range(50)]})


@app.post("/xapi/statements")
def post() -> Response:
    sent = orjson.loads(request.get_data())
    ids = [each["id"] for each in (sent if isinstance(sent, list) else [sent])]
    return Response(orjson.dumps(ids), mimetype="application/json")


@app.get("/xapi/statements")
def get() -> Response:
    return Response(ONE if "statementId" in request.args else PAGE, mimetype="application/json")
