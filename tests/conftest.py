"""One real mongod for the whole run; a database, a worker and a live server for each test process; a store a test."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
import requests
from pymongo.database import Database

from lrs.access import Caller, Gate
from lrs.credentials import Credentials
from lrs.models import Store
from lrs.statements import Lrs
from tests.openid import Provider, providing
from waymark.database import connect
from waymark.drafting import drafting
from waymark.install import ensure_store, install
from waymark.mongod import Mongod
from waymark.serve import web_command
from waymark.settings import Settings
from waymark.stopping import Stop
from waymark.worker import Worker

URI = "TEST_MONGODB_URI"
RUN = "TEST_DIRECTORY"  # of this run, with all logs, and what must not be in them
BODIES = re.compile(rb"mailto:|objectType|expapi/verbs")  # a piece of a Statement
ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    directory = Path(tempfile.mkdtemp(prefix="waymark-test-"))
    (directory / "logs").mkdir()
    os.environ[RUN] = str(directory)
    mongod = Mongod(directory / "mongod")
    os.environ[URI] = mongod.start()
    config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    config.add_cleanup(mongod.stop)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search the logs of the whole run for the secrets planted in it, and for pieces of Statements."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    directory = Path(os.environ[RUN])
    planted = set((directory / "planted").read_bytes().split()) if (directory / "planted").exists() else set()
    logs = {path.name: path.read_bytes() for path in [*(directory / "logs").iterdir(), *directory.glob("mongod/*.log")]}
    found = [f"{name}: {text[:12]!r}…" for name, log in logs.items()
             for text in [*filter(log.__contains__, planted), *(match[0] for match in BODIES.finditer(log))]]
    session.config.get_terminal_writer().line(
        f"\n{len(planted):,} planted secrets and pieces of statements looked for in {len(logs)} logs of "
        f"{sum(map(len, logs.values())):,} bytes: {len(found)} found {' '.join(found[:20])}")
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def open_log(name: str) -> IO[bytes]:
    """A log of this run, which is searched at its end."""
    return open(Path(os.environ[RUN]) / "logs" / f"{name}-{uuid.uuid4().hex[:8]}.log", "ab")


def plant(*secrets: str) -> None:
    """What must not be in any log at the end of this run."""
    with open(Path(os.environ[RUN]) / "planted", "ab") as planted:
        for secret in secrets:
            planted.write(secret.encode() + b"\n" + b64encode(secret.encode()) + b"\n")


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """An OpenID provider, from which this process's server may fetch."""
    with providing() as provider:
        yield provider


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Settings:
    name = os.environ.get("PYTEST_XDIST_WORKER", "single")
    return Settings(data=tmp_path_factory.mktemp("data"), mongodb_uri=os.environ[URI], database=f"test_{name}",
                    fetch_origins=provider.url, fetch_networks="127.0.0.0/8")


@pytest.fixture(scope="session")
def database(settings: Settings) -> Database[Any]:
    """This process's database, migrated, with the catalogue loaded."""
    database = connect(settings)
    install(database, settings)
    return database


@pytest.fixture(scope="session")
def lrs(database: Database[Any]) -> Lrs:
    return Lrs(database)


@pytest.fixture(scope="session")
def gate(lrs: Lrs) -> Gate:
    return Gate(lrs.secret)


@pytest.fixture
def store(database: Database[Any]) -> Store:
    """A store of this test's own."""
    return ensure_store(f"t-{uuid.uuid4().hex}")


@pytest.fixture
def caller(gate: Gate, store: Store) -> Caller:
    return caller_of(gate, store)


def caller_of(gate: Gate, store: Store, *scopes: str) -> Caller:
    """A new credential of `store`, as the caller that it makes."""
    return gate.by_secret(*new_credential(gate, store, scopes=scopes or ("all",)))[0]


def new_credential(gate: Gate, store: Store, **options: Any) -> tuple[str, str]:
    """A new credential's key and secret."""
    made, secret = Credentials(gate, store).create(**options)
    plant(secret, f"{made.key}:{secret}")
    return made.key, secret


@pytest.fixture(scope="session")
def worker(database: Database[Any]) -> Iterator[None]:
    """A worker that follows this process's database."""
    stop = Stop()
    thread = threading.Thread(target=Worker(database).run, args=(stop,))
    thread.start()
    with drafting(database, stop):
        yield
    thread.join(20)


@contextmanager
def serving(settings: Settings, workers: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL and the process of a live gunicorn over a database that was migrated."""
    port = free_port()
    settings = settings.with_options(bind=f"127.0.0.1:{port}", workers=workers)
    with open_log(f"web-{port}") as log:
        process = subprocess.Popen(web_command(settings), env={**os.environ, **settings.as_environment()}, cwd=ROOT,
                                   stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url), 60, "the server answers")
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def server(settings: Settings, database: Database[Any]) -> Iterator[str]:
    """The URL of a live server with two processes over this process's database."""
    with serving(settings, 2) as (url, _):
        yield url


@dataclass(frozen=True)
class Client:
    """A client of one store, with its credential."""

    url: str
    store: Store
    key: str
    secret: str
    version: str = "2.0.0"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        given = {"X-Experience-API-Version": self.version, **options.pop("headers", {})}
        headers = {name: value for name, value in given.items() if value is not None}
        return requests.request(method, self.url + path, timeout=30, headers=headers,
                                **{"auth": (self.key, self.secret), **options})

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.request("GET", path, params=parameters)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.request("POST", path, json=body)

    def put(self, path: str, body: Any, **parameters: Any) -> requests.Response:
        return self.request("PUT", path, json=body, params=parameters)

    def statements(self, **parameters: Any) -> list[dict[str, Any]]:
        """All pages of GET /xapi/statements."""
        answer = self.get("/xapi/statements", **parameters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["statements"]
        while answer.json()["more"]:
            answer = self.request("GET", answer.json()["more"])
            assert answer.status_code == 200, answer.text
            found += answer.json()["statements"]
        return found


@pytest.fixture
def client(server: str, gate: Gate, store: Store) -> Client:
    return Client(server, store, *new_credential(gate, store))


@pytest.fixture
def other(server: str, gate: Gate) -> Client:
    """A client of another store."""
    store = ensure_store(f"t-{uuid.uuid4().hex}")
    return Client(server, store, *new_credential(gate, store))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False


def wait_until(holds: Any, seconds: float, what: str) -> Any:
    """The first true value of `holds()`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value
