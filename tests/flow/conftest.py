"""A whole Waymark as its operator starts it: the command, its own mongod, its own data directory."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import ROOT, RUN, answers, free_port, wait_until

START_SECONDS = 60
COMMAND_SECONDS = 90


def waymark(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run([sys.executable, "-m", "waymark", *arguments], cwd=ROOT, text=True, capture_output=True,
                          timeout=COMMAND_SECONDS, env={**os.environ, **environment}, check=False)


@dataclass
class Installation:
    """A data directory, and the server that runs over it."""

    data: Path
    port: int
    process: subprocess.Popen[str] | None = None
    command: str = "serve"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """A server's, among those of the run; a demo's screen shows its secret, and a statement to try."""
        logs = Path(os.environ[RUN]) / "logs" if self.command == "serve" else self.data.parent
        return logs / f"{self.command}-{self.port}.log"

    def start(self, command: str = "serve", *more: str) -> None:
        self.command = command
        with open(self.log, "a") as log:
            options = ["--bind", f"127.0.0.1:{self.port}", "--data", str(self.data)]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "waymark", command, *options, *more], cwd=ROOT, stdout=log,
                stderr=subprocess.STDOUT, text=True, start_new_session=True)
        wait_until(lambda: (self.process and self.process.poll() is not None) or answers(self.url), START_SECONDS,
                   f"it starts: {self.log.read_text()}")
        assert self.process.poll() is None, self.log.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill(self) -> None:
        """SIGKILL for the server and its mongod; the rest notices by itself."""
        assert self.process is not None
        mongod = int((self.data / "mongod" / "mongod.pid").read_text())
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(mongod, signal.SIGKILL)
        self.process.wait(10)

    def processes(self) -> list[str]:
        """The command lines of what still runs over this data directory or on this port."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.data) in line or f":{self.port}" in line:
                found.append(line)
        return found

    def get(self, path: str, credential: str = "admin", **parameters: Any) -> Any:
        found = json.loads((self.data / f"{credential}.json").read_text())
        answer = requests.get(self.url + path, params=parameters, timeout=30, auth=(found["key"], found["secret"]),
                              headers={"X-Experience-API-Version": "2.0.0"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, body: Any, credential: str = "admin") -> requests.Response:
        found = json.loads((self.data / f"{credential}.json").read_text())
        return requests.post(f"{self.url}/xapi/statements", json=body, timeout=30,
                             auth=(found["key"], found["secret"]), headers={"X-Experience-API-Version": "2.0.0"})

    def settled(self, credential: str = "admin") -> Any:
        """The coverage, once the worker has read everything."""
        def coverage() -> Any:
            found = self.get("/api/v1/coverage", credential)
            return found if found["projected"] == found["statements"] else None
        return wait_until(coverage, 90, "the worker has read everything")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", free_port())
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    wait_until(lambda: not made.processes(), 30, f"nothing is left running: {made.processes()}")
