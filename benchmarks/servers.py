"""The servers that are measured, each started for it: Waymark as `waymark serve` starts it, and the bare floor."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import requests

from benchmarks import machine
from benchmarks.client import Target
from waymark.mongod import Mongod
from waymark.settings import Settings

PORT, ECHO_PORT = 8391, 8392
KEY, SECRET = "benchmark", "benchmark-" * 4
AUTH = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
MARKS = (("web", "gunicorn"), ("mongod", "mongod"), ("worker", "work"))  # of the parts, in their command lines
HEADERS = (("Authorization", f"Basic {AUTH}"), ("X-Experience-API-Version", "2.0.0"))


@dataclass(frozen=True)
class Server:
    """A running Waymark: where it is, its database, and the process that started it all."""

    target: Target
    uri: str
    serve: int

    @property
    def parts(self) -> dict[str, list[int]]:
        """The processes of each of its parts, as they are now."""
        parts: dict[str, list[int]] = {"web": [], "worker": [], "mongod": [], "serve": [self.serve]}
        for pid in machine.tree(self.serve)[1:]:
            line = Path(f"/proc/{pid}/cmdline").read_text()
            parts[next(name for name, mark in MARKS if mark in line)].append(pid)
        return parts

    def pss(self) -> dict[str, float]:
        """Megabytes by part."""
        return {name: sum(map(machine.pss, pids)) for name, pids in self.parts.items()}

    @contextmanager
    def worker_stopped(self) -> Iterator[None]:
        (worker,) = self.parts["worker"]
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)


@contextmanager
def waymark(data: Path) -> Iterator[Server]:
    """`waymark serve` with its defaults over the embedded MongoDB."""
    url = f"http://127.0.0.1:{PORT}"
    environment = {**os.environ, "WAYMARK_ADMIN_KEY": KEY, "WAYMARK_ADMIN_SECRET": SECRET}
    command = [sys.executable, "-m", "waymark", "serve", "--bind", f"127.0.0.1:{PORT}", "--data", str(data)]
    with _running(command, url + "/health", environment) as process:
        yield Server(Target(url, HEADERS), Mongod(data / "mongod").uri, process.pid)


@contextmanager
def echo() -> Iterator[Target]:
    """gunicorn with as many processes and threads as Waymark's."""
    settings, url = Settings(), f"http://127.0.0.1:{ECHO_PORT}"
    command = [sys.executable, "-m", "gunicorn", "benchmarks.echo:app", "--bind", f"127.0.0.1:{ECHO_PORT}",
               "--worker-class", "gthread", "--workers", str(settings.workers), "--threads", str(settings.threads),
               "--keep-alive", "75", "--log-level", "warning", "--no-control-socket"]
    with _running(command, url + "/xapi/statements", dict(os.environ)):
        yield Target(url)


@contextmanager
def _running(command: list[str], url: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            if not _answers(url, process):
                log.seek(0)
                raise SystemExit(f"nothing answers at {url}:\n{log.read().decode(errors='replace')}")
            yield process
        finally:
            process.terminate()
            process.wait(60)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether it does, within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=2).ok:
                return True
        except requests.RequestException:
            time.sleep(0.1)
    return False
