"""The JSONPath of statement templates: what xAPI Profiles allows for `location` and `selector` (Structure 8.1).

Names, indexes and wildcards from the root; unions of them by commas within brackets; whole paths joined by `|`. Filters
and scripts aren't allowed. The leading `$` may be missing, as it is in the specification's own example.
"""

import re
from functools import lru_cache
from typing import Any

_ITEM = r"""(?:'[^']*'|"[^"]*"|[0-9]{1,9}|\*)"""
_STEP = re.compile(rf"""\.(?P<name>[A-Za-z_][A-Za-z0-9_]*|\*)|\[\s*(?P<items>{_ITEM}(?:\s*,\s*{_ITEM})*)\s*\]""")
_ITEMS = re.compile(_ITEM)
_FIRST = re.compile(r"[A-Za-z_]")
_PIPE = re.compile(r"\s*\|\s*")
WILDCARD = object()

Path = tuple[Any, ...]  # names, indexes, WILDCARD, and unions: tuples of these


class BadPath(ValueError):
    """Not a path of the subset."""


@lru_cache(maxsize=1024)
def parse(path: str) -> tuple[Path, ...]:
    """The paths that `|` joins, each as its steps. Raises BadPath."""
    paths: list[Path] = []
    position = 0
    while True:
        steps, position = _steps(path, position)
        paths.append(steps)
        if position == len(path):
            return tuple(paths)
        pipe = _PIPE.match(path, position)
        if pipe is None:
            raise BadPath(f"{path!r} can't be read from character {position + 1} on")
        position = pipe.end()


def _steps(path: str, position: int) -> tuple[Path, int]:
    """The steps of the path that begins at `position`, and where it ends."""
    steps: list[Any] = []
    if path.startswith("$", position):
        position += 1
    elif _FIRST.match(path, position):
        name = _STEP.match("." + path[position:])
        assert name is not None, "it begins as a name does"
        steps.append(name["name"])
        position += len(name["name"])
    else:
        raise BadPath(f"{path!r} doesn't begin with $ at character {position + 1}")
    while step := _STEP.match(path, position):
        steps.append(_step(step))
        position = step.end()
    return tuple(steps), position


def _step(step: re.Match[str]) -> Any:
    if step["name"]:
        return WILDCARD if step["name"] == "*" else step["name"]
    items = tuple(dict.fromkeys(_item(text) for text in _ITEMS.findall(step["items"])))
    if WILDCARD in items:
        return WILDCARD
    return items[0] if len(items) == 1 else items


def _item(text: str) -> Any:
    if text == "*":
        return WILDCARD
    return text[1:-1] if text[0] in "'\"" else int(text)


def select(document: Any, path: str) -> list[Any]:
    """Every value at `path`, path by path and in the document's order; none where it leads nowhere."""
    paths = parse(path)
    if len(paths) == 1:
        return _along(document, paths[0])
    return [value for steps in paths for value in _along(document, steps)]


def _along(found: Any, steps: Path) -> list[Any]:
    for depth, step in enumerate(steps):
        if step.__class__ is not str:  # it may lead to several, or to none
            return _spread([found], steps[depth:])
        if not isinstance(found, dict) or step not in found:
            return []
        found = found[step]
    return [found]


def _spread(found: list[Any], steps: Path) -> list[Any]:
    for step in steps:
        found = [inner for value in found for inner in _inside(value, step)]
    return found


def _inside(value: Any, step: Any) -> list[Any]:
    if isinstance(step, tuple):
        return [inner for each in step for inner in _inside(value, each)]
    if step is WILDCARD:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []
