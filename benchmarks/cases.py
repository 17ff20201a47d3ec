"""What is measured: each case as a request to Waymark and as what the database is asked for it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from bson import ObjectId

from benchmarks.client import Target
from benchmarks.raw import Query
from benchmarks.statements import statement
from lrs.actors import actor_key
from lrs.keys import ACTIVITY, AGENT, RELATED_ACTIVITY, VERB, Keyring
from lrs.store import row_id

LIMIT = 50
PATH = "/xapi/statements"


@dataclass(frozen=True)
class Post:
    """Statements posted `batch` at a time; `aim` is the least share of what the database does alone."""

    name: str
    batch: int
    connections: int
    aim: float | None = None

    def requests(self, target: Target, seed: str, most: int) -> list[bytes]:
        """At most so many, of ids that weren't used before as long as `seed` wasn't."""
        return list(self._render(target, seed, most))

    def _render(self, target: Target, seed: str, most: int) -> Iterator[bytes]:
        for first in range(0, most * self.batch, self.batch):
            made = [statement(number, seed) for number in range(first, first + self.batch)]
            yield target.render("POST", PATH, orjson.dumps(made if self.batch > 1 else made[0]))


@dataclass(frozen=True)
class Get:
    """Statements asked for by one filter, in many different ways."""

    name: str
    requests: list[bytes]
    queries: list[Query]
    connections: int = 8
    aim: float = 0.5


POSTS = (Post("POST one, 1 client", 1, 1), Post("POST one, 8 clients", 1, 8, 0.6), Post("POST one, 32 clients", 1, 32),
         Post("POST 50, 4 clients", 50, 4, 0.6))


def gets(target: Target, preloaded: int, seed: str, secret: bytes, store: ObjectId) -> list[Get]:
    """The GETs, each for what 600 of the statements that are there have: newest first, 50 at the most."""
    chance, ring = random.Random(0), Keyring(secret)
    sample = [statement(chance.randrange(preloaded), seed) for _ in range(600)]

    def page(kind: str, value: str) -> Query:
        return {"keys": ring.key(store, kind, value), "store": store, "voided": {"$exists": False}}, LIMIT

    def get(name: str, ask: list[str], queries: list[Query]) -> Get:
        return Get(name, [target.render("GET", f"{PATH}?{each}") for each in ask], queries)

    actors, verbs = [each["actor"] for each in sample], [each["verb"]["id"] for each in sample]
    activities = [each["object"]["id"] for each in sample if "lesson" in each["object"]["id"]]
    courses = [each["context"]["contextActivities"]["parent"][0]["id"] for each in sample]
    since = [page(VERB, verb) for verb in verbs]
    for query, _ in since:
        query["stored"] = {"$gt": 0}
    return [
        get("GET by id", [f"statementId={each['id']}" for each in sample],
            [({"_id": row_id(store, each["id"])}, 1) for each in sample]),
        get("GET by agent", [f"limit={LIMIT}&agent={_json({'account': each['account']})}" for each in actors],
            [page(AGENT, str(actor_key(each))) for each in actors]),
        get("GET by verb, since", [f"limit={LIMIT}&since=2020-01-01T00:00:00Z&verb={_quoted(each)}" for each in verbs],
            since),
        get("GET by activity", [f"limit={LIMIT}&activity={_quoted(each)}" for each in activities],
            [page(ACTIVITY, each) for each in activities]),
        get("GET by related activity",
            [f"limit={LIMIT}&related_activities=true&activity={_quoted(each)}" for each in courses],
            [page(RELATED_ACTIVITY, each) for each in courses])]


def check(name: str, body: bytes, found: int) -> None:
    """Stop where an answer holds fewer statements than the database finds for the same."""
    answer: dict[str, Any] = orjson.loads(body)
    held = len(answer["statements"]) if "statements" in answer else 1
    if held != found:
        raise SystemExit(f"{name}: {held} statements, where the database finds {found}")


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _json(value: Any) -> str:
    return _quoted(orjson.dumps(value).decode())
