"""Node and the clients that run on it, installed by the lock beside this; and whole installations."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests.flow.conftest import installation

__all__ = ["installation"]

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".package-lock.json"  # npm writes it last


def missing(what: str) -> NoReturn:
    """Skip for want of a program; where everything is to be there, fail."""
    reason = f"{what} isn't installed: apt-get install -y nodejs npm chromium"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def program(*names: str) -> str:
    """The path of the first of `names` that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing(names[0])


@pytest.fixture(scope="session")
def node() -> str:
    """Node's path; the clients that the lock names are installed."""
    found, npm = program("node"), program("npm")
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes, one directory
        if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr
    return found
