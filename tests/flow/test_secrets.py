"""What must never reach a log, sent along every way on which something is logged.

The logs of the whole run are searched at its end too (tests/conftest.py), for the secrets of all its credentials.
"""

import json
import os
import signal
import socket
import uuid
from base64 import b64encode
from typing import Any

import requests
from pymongo.database import Database

from tests.conftest import plant, wait_until
from tests.flow.conftest import Installation
from waymark.mongod import NEVER_SLOW

VERSION = {"X-Experience-API-Version": "2.0.0"}


def raw(installation: Installation, *lines: str) -> bytes:
    """What the server says to lines that no library would send."""
    with socket.create_connection(("127.0.0.1", installation.port), timeout=20) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_the_database_logs_no_operation_since_it_would_log_what_was_to_be_written(database: Database[Any]) -> None:
    assert database.command("profile", -1)["slowms"] == NEVER_SLOW


def test_no_secret_token_or_statement_reaches_the_log_on_any_way_to_it(installation: Installation) -> None:
    installation.start()
    found = json.loads((installation.data / "admin.json").read_text())
    auth, word = (found["key"], found["secret"]), f"planted-{uuid.uuid4().hex}"
    basic = b64encode(":".join(auth).encode()).decode()
    token = requests.post(f"{installation.url}/oauth/token", auth=auth, timeout=30,
                          data={"grant_type": "client_credentials"}).json()["access_token"]
    plant(found["secret"], token, word, basic)
    statement = {"actor": {"mbox": f"mailto:{word}@example.com"}, "verb": {"id": "http://example.com/v"},
                 "object": {"id": "http://example.com/a"}, "result": {"response": word}}

    malformed = (f"Authorization Basic {basic}", f"Authori\0zation: Basic {basic}", f"Authorization : Bearer {token}",
                 f" folded {basic}", f"Content-Length: {word}", f"Transfer-Encoding: {word}", f"Expect: {word}")
    for line in malformed:
        status = raw(installation, "GET /xapi/about HTTP/1.1", "Host: x", line).split()[1]
        assert status in (b"400", b"417", b"501"), line
    for line in (f"GET /xapi/about?{word} HTTP/9.9", f"{word} / HTTP/1.1", f"GET {word}", f"get\t{basic} HTTP/1.1"):
        assert b" 400 " in raw(installation, line, "Host: x").partition(b"\r\n")[0], line

    def post(body: object) -> int:
        return requests.post(f"{installation.url}/xapi/statements", json=body, headers=VERSION, auth=auth,
                             timeout=120).status_code

    assert post({**statement, "verb": {}}) == 400
    assert post(statement) == 200
    assert requests.get(f"{installation.url}/api/v1/gaps", timeout=30, headers={
        "Authorization": f"Bearer {token}x"}).status_code == 401
    mongod = int((installation.data / "mongod" / "mongod.pid").read_text())
    os.kill(mongod, signal.SIGSTOP)
    try:
        assert post(statement) == 503
    finally:
        os.kill(mongod, signal.SIGCONT)
    wait_until(lambda: post(statement) == 200, 60, "it is back")
    log = installation.log.read_text(errors="replace")
    assert log.count("Invalid request from ip=127.0.0.1: ") >= len(malformed) - 1, log
    assert "the database failed" in log
    for planted in (found["secret"], token, word, basic):
        assert planted not in log
