"""The JSONPath of statement templates: names, quoted names, indexes and wildcards from the root.

The subset that the xAPI Profiles specification allows for `location` and `selector`, without unions.
"""

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"""\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\.(?P<star>\*)"""
                   r"""|\[\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<index>[0-9]+)|(?P<all>\*))\s*\]""")
WILDCARD = object()


class BadPath(ValueError):
    """Not a path of the subset."""


@lru_cache(maxsize=1024)
def parse(path: str) -> tuple[Any, ...]:
    """The steps of a path: names, indexes, WILDCARD. Raises BadPath."""
    if not path.startswith("$"):
        raise BadPath(f"{path!r} doesn't begin with $")
    steps: list[Any] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise BadPath(f"{path!r} can't be read from character {position + 1} on")
        if step["star"] or step["all"]:
            steps.append(WILDCARD)
        elif step["index"]:
            steps.append(int(step["index"]))
        else:
            steps.append(next(step[kind] for kind in ("name", "single", "double") if step[kind] is not None))
        position = step.end()
    return tuple(steps)


def select(document: Any, path: str) -> list[Any]:
    """Every value at `path`, in the document's order; none where it leads nowhere."""
    steps, found = parse(path), document
    for depth, step in enumerate(steps):
        if step.__class__ is not str:  # it may lead to several, or to none
            return _spread([found], steps[depth:])
        if not isinstance(found, dict) or step not in found:
            return []
        found = found[step]
    return [found]


def _spread(found: list[Any], steps: tuple[Any, ...]) -> list[Any]:
    for step in steps:
        found = [inner for value in found for inner in _inside(value, step)]
    return found


def _inside(value: Any, step: Any) -> list[Any]:
    if step is WILDCARD:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []
