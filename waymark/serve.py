"""`waymark serve`: the embedded database, the web workers and the worker, started, watched and stopped together."""

import errno
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

import requests

from waymark.database import connect, reachable
from waymark.install import install
from waymark.mongod import die_with_parent
from waymark.settings import Settings
from waymark.stopping import Stop, until_signalled

READY_SECONDS = 60
STOP_SECONDS = 30
FREE_SECONDS = 30
RESTART_PAUSE = 1.0

log = logging.getLogger(__name__)


class StartFailed(Exception):
    """The server didn't come up; the message says what is known."""


def serve(settings: Settings, tell: Callable[[str], None],
          when_ready: Callable[[Settings], None] = lambda settings: None) -> int:
    """Serve until SIGINT or SIGTERM; the exit status. Everything started here is stopped before it returns."""
    _wait_until_free(settings, tell)
    with until_signalled() as stop, reachable(settings, alone=True) as running:
        install(connect(running), running, tell)
        children = {"web": _start(web_command(running), running), "worker": _start(_worker(), running)}
        try:
            _wait_until_ready(running, children["web"], stop)
            if not stop.is_set():
                tell(f"Waymark serves on {running.local_url}")
                when_ready(running)
            return _watch(children, running, stop)
        finally:
            _stop(children)
            tell("stopped")


def _wait_until_free(settings: Settings, tell: Callable[[str], None]) -> None:
    """Raise StartFailed where something else listens: its answers would pass for ours.

    An earlier server that was killed may be on its way out, without its database, so it has a while.
    """
    host = settings.bind.rpartition(":")[0].strip("[]")
    deadline, told = time.monotonic() + FREE_SECONDS, False
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline or _is_alive(settings):
                raise StartFailed(f"can't listen on {settings.bind}: {error.strerror or error}") from None
        if not told:
            told = True
            tell(f"waiting for {settings.bind}, where something listens still")
        time.sleep(0.2)


def _is_alive(settings: Settings) -> bool:
    """Whether what listens answers, and with anything but 503."""
    try:
        answer = _own_session().get(f"{settings.local_url}/health", timeout=5)
        return answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE
    except requests.RequestException:
        return False


def _own_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy has no way to ourselves
    return session


def web_command(settings: Settings) -> list[str]:
    """What runs the web workers; their settings are in the environment."""
    return [sys.executable, "-m", "gunicorn", "waymark.app:create_app()", "--bind", settings.bind,
            "--worker-class", "waymark.web.WebWorker", "--workers", str(settings.workers),
            "--threads", str(settings.threads), "--keep-alive", "75", "--graceful-timeout", "20", "--timeout", "60",
            "--log-level", "warning",
            "--limit-request-line", "8190", "--no-control-socket", "--logger-class", "waymark.logs.Logger"]


def _worker() -> list[str]:
    return [sys.executable, "-m", "waymark", "work"]


def _start(command: list[str], settings: Settings) -> subprocess.Popen[bytes]:
    """In a session of its own, so that a Ctrl-C comes to us alone and everything is stopped in order."""
    environment = {**os.environ, **settings.as_environment()}
    return subprocess.Popen(command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
                            preexec_fn=die_with_parent)


def _wait_until_ready(settings: Settings, web: subprocess.Popen[bytes], stop: Stop) -> None:
    deadline, session = time.monotonic() + READY_SECONDS, _own_session()
    while not stop.is_set():
        try:
            if session.get(f"{settings.local_url}/health", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        if web.poll() is not None:
            raise StartFailed(f"the web server stopped with status {web.returncode}: is {settings.bind} in use?")
        if time.monotonic() > deadline:
            raise StartFailed(f"the web server was not ready within {READY_SECONDS} s")
        time.sleep(0.1)


def _watch(children: dict[str, subprocess.Popen[bytes]], settings: Settings, stop: Stop) -> int:
    """Wait for a signal; start the worker again if it dies, and give up if the web server does."""
    while not stop.wait(RESTART_PAUSE):
        if children["web"].poll() is not None:
            log.error("the web server stopped with status %s", children["web"].returncode)
            return 1
        if children["worker"].poll() is not None:
            log.error("the worker stopped with status %s; starting it again", children["worker"].returncode)
            children["worker"] = _start(_worker(), settings)
    return 0


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """The web server first, so that nothing is acknowledged any more; requests under way are finished."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
