"""`waymark demo`: a sales department's half year, posted as training tools would, and what Waymark makes of it.

Everything goes through the server's own HTTP endpoint; dates are relative to the first start.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from lrs.access import Gate
from lrs.credentials import Credentials, new_key
from lrs.store import installation_secret
from waymark.database import connect
from waymark.demo.post import Sent, fill, has_node
from waymark.demo.screen import Screen
from waymark.importing import Endpoint
from waymark.install import ensure_store, write_secret
from waymark.settings import Settings

STORE = "demo"
DEMO_SCOPES = ("all", "admin", "competencies/align")
PROJECTED_WITHIN = 60  # seconds


def show(settings: Settings, node_modules: Path | None = None) -> None:
    """Fill the demo store unless that is done, and print what a manager would look at first.

    `node_modules`: a directory with @xapi/xapi, by which some of the tools then post.
    """
    record = _record(settings)
    endpoint = Endpoint(settings.local_url, record["key"], record["secret"])
    if not record.get("sent"):
        print("filling the demo store", flush=True)
        sent = fill(endpoint, datetime.fromisoformat(record["started"]),
                    node_modules if has_node(node_modules) else None, lambda line: print(line, flush=True))
        _wait_for_worker(endpoint)
        record |= {"sent": sent._asdict()}
        write_secret(settings.data / "demo.json", record)
    try:
        Screen(endpoint, Sent(**record["sent"])).show()
    except (requests.RequestException, KeyError) as error:  # somebody may have deleted the people that it shows
        print(f"the demo's screen can't be shown: {error}; serving goes on", flush=True)


def _record(settings: Settings) -> dict[str, Any]:
    """The demo's credential and first start, made once and kept in DATA/demo.json."""
    path = settings.data / "demo.json"
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    gate = Gate(installation_secret(connect(settings)))
    key, secret = new_key()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = {"store": STORE, "key": key, "secret": secret, "started": datetime.now(UTC).isoformat(), "sent": None}
    Credentials(gate, ensure_store(STORE, "Asia/Shanghai")).create(key, secret, name="demo", scopes=DEMO_SCOPES,
                                                                   loopback_only=True)
    write_secret(path, record)
    return record


def _wait_for_worker(endpoint: Endpoint) -> None:
    """Until it has read everything, voids too. Raises OSError."""
    session, deadline = endpoint.session(), time.monotonic() + PROJECTED_WITHIN
    while time.monotonic() < deadline:
        answer = session.get(f"{endpoint.url}/api/v1/coverage", timeout=30)
        answer.raise_for_status()
        found = answer.json()
        outcomes = found["outcomes"]
        if found["projected"] >= found["statements"] and outcomes.get("voided") == outcomes.get("voiding"):
            return
        time.sleep(0.2)
    raise OSError(f"the worker has not read the demo's statements within {PROJECTED_WITHIN} s")
