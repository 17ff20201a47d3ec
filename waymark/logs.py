"""How things are logged: never with what clients sent. A malformed line or header can be the one with the secret."""

import logging
import sys
from traceback import format_tb
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
REFUSING = "Invalid request from ip="


def configure() -> None:
    """For every process of ours."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.getLogger("pymongo").setLevel(logging.ERROR)


class Logger(GunicornLogger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's, saying of an error its kind and place instead of its text."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith(REFUSING):
            msg = f"{msg.partition(': ')[0]}: {_kind()}"
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
        super().error("an error in a web worker: %s\n%s", _kind(), "".join(format_tb(sys.exc_info()[2])))


def _kind() -> str:
    kind = sys.exc_info()[0]
    return kind.__name__ if kind else "unknown"
