"""Posts the story through HTTP as training tools would: by tincan, and by @xapi/xapi where Node and it are at hand."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from tincan import RemoteLRS, Statement, StatementList, Version

from waymark.demo.outcomes import CONCLUDED, CONCLUSION, outcomes
from waymark.demo.story import EAST, HEAD, SOUTH, people
from waymark.demo.tools import statements
from waymark.importing import Endpoint

BATCH = 50
BY_NODE = ("cmi5", "simulator", "quiz tool")  # these tools are written in JavaScript
RESENT_EVERY = 20  # batches: an answer that a tool didn't get in time, so that it sends again
SCRIPT = Path(__file__).with_name("post.mjs")
MISTAKEN = ("simulator", "checklist")  # each posted one for the wrong run, and voids it

Tell = Callable[[str], None]


class Sent(NamedTuple):
    """How many statements were sent, and how many of these a second time."""

    statements: int
    again: int


def fill(endpoint: Endpoint, started: datetime, node_modules: Path | None, tell: Tell) -> Sent:
    """Everybody, and what every tool has to say. Raises OSError."""
    session = endpoint.session()
    session.put(f"{endpoint.url}/api/v1/units/{HEAD}", json={"parent": None}, timeout=30).raise_for_status()
    for unit in (EAST, SOUTH):
        session.put(f"{endpoint.url}/api/v1/units/{unit}", json={"parent": HEAD}, timeout=30).raise_for_status()
    for person, body in people():
        session.put(f"{endpoint.url}/api/v1/people/{person}", json=body, timeout=30).raise_for_status()
    session.post(f"{endpoint.url}/api/v1/outcomes", data=outcomes(started).encode(), timeout=30,
                 headers={"Content-Type": "text/csv"}).raise_for_status()
    session.put(f"{endpoint.url}/api/v1/experience/{CONCLUDED}", json=CONCLUSION, timeout=30).raise_for_status()
    total, again = 0, 0
    for tool, story in statements(started).items():
        made = story + (_mistake(story[-1]) if tool in MISTAKEN else [])
        batches = [made[first:first + BATCH] for first in range(0, len(made), BATCH)]
        resent = batches[RESENT_EVERY // 2::RESENT_EVERY]
        client = _send_by_node if node_modules and tool in BY_NODE else _send_by_tincan
        client(endpoint, [*batches, *resent], node_modules)
        total, again = total + len(made) + sum(map(len, resent)), again + sum(map(len, resent))
        tell(f"  {tool:<16} {len(made):>5} statements, by {'@xapi/xapi' if client is _send_by_node else 'tincan'}")
    return Sent(total, again)


def has_node(node_modules: Path | None) -> bool:
    return bool(node_modules and (node_modules / "@xapi" / "xapi").is_dir() and shutil.which("node"))


def _mistake(like: dict[str, Any]) -> list[dict[str, Any]]:
    """A statement that should never have been sent, and the one that voids it."""
    wrong = {**like, "id": str(uuid5(NAMESPACE_URL, f"{like['id']}/wrong")),
             "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}
    return [wrong, {"id": str(uuid5(NAMESPACE_URL, f"{like['id']}/void")), "actor": wrong["context"]["instructor"],
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}},
                    "object": {"objectType": "StatementRef", "id": wrong["id"]}}]


def _send_by_tincan(endpoint: Endpoint, batches: list[list[dict[str, Any]]], _: Path | None) -> None:
    lrs = RemoteLRS(version=Version.latest, endpoint=f"{endpoint.url}/xapi/", username=endpoint.key,
                    password=endpoint.secret)
    for batch in batches:
        answer = lrs.save_statements(StatementList([Statement(each) for each in batch]))
        if not answer.success:
            raise OSError(f"the demo's statements were refused: {answer.data!r}")


def _send_by_node(endpoint: Endpoint, batches: list[list[dict[str, Any]]], node_modules: Path | None) -> None:
    told = {"endpoint": f"{endpoint.url}/xapi/", "key": endpoint.key, "secret": endpoint.secret, "batches": batches}
    command = [shutil.which("node") or "node", str(SCRIPT), str(node_modules and node_modules.absolute())]
    done = subprocess.run(command, input=json.dumps(told), text=True, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"the demo's statements couldn't be sent by Node: {done.stderr.strip()[-500:]}")
