"""StatementRefs and voids, in any order of arrival.

Communication 2.1.3, "Filter Conditions for StatementRefs": a Statement that refers to another meets each filter
condition that its target meets, recursively. So a reference takes over its target's keys, and every Statement
that refers to it takes over what it gained. Both sides look for each other after their own commit: whichever
commits last sees the other, and adding keys twice adds nothing. A reference is marked `unlinked` from its
insertion until its link is finished, so that `sweep` completes what a crash left.
"""

import logging
from collections.abc import Collection

from pymongo.errors import DocumentTooLarge, WriteError

from lrs.keys import Keyring
from lrs.store import Row, Statements

REFERRING = ("target", "store", "authority", "voids", "voids_any", "unlinked")
log = logging.getLogger(__name__)

TOO_LARGE = {10334, 17419}  # the server's codes for what DocumentTooLarge is to the driver
NEEDED = ("keys", "authority", "voids", "store")


def link(statements: Statements, keyring: Keyring, stored: Collection[Row]) -> None:
    """Make every link that rows just stored take part in, as referring or as target, and that isn't made yet."""
    ids = [row["_id"] for row in stored]
    referring = {row["_id"]: row for row in statements.referring(ids, unlinked=True)}
    # As they are kept, not as they were sent: a re-sent void keeps the authority that it came with first
    own = [row["_id"] for row in stored if "target" in row]
    referring |= {key: row for key, row in statements.get(own, *REFERRING).items() if "unlinked" in row} if own else {}
    if referring:
        _link_all(statements, keyring, list(referring.values()))


def sweep(statements: Statements, keyring: Keyring) -> int:
    """Finish links that a crash interrupted; how many references were linked. Safe beside anything else."""
    linked = 0
    for waiting in statements.unlinked():
        present = statements.get({row["target"] for row in waiting}, "_id")
        ready = [row["_id"] for row in waiting if row["target"] in present]
        if ready:
            _link_all(statements, keyring, list(statements.get(ready, *REFERRING).values()))
            linked += len(ready)
    return linked


def _link_all(statements: Statements, keyring: Keyring, referring: list[Row]) -> None:
    by_target: dict[bytes, list[Row]] = {}
    for row in referring:
        by_target.setdefault(row["target"], []).append(row)
    for target, rows in by_target.items():
        # Read one by one: an earlier link in this loop may have added to it
        found = statements.get([target], *NEEDED).get(target)
        if found is not None:  # else it may come yet
            _link(statements, keyring, rows, found)


def _link(statements: Statements, keyring: Keyring, referring: list[Row], target: Row) -> None:
    if any(row.get("voids") and _may_void(row, target) for row in referring):
        statements.mark_voided(target["_id"])
    ids = {row["_id"] for row in referring}
    keys = set(target["keys"]) - keyring.kept_apart(target["store"], target["authority"])
    try:
        _spread(statements, ids, keys)
    except (DocumentTooLarge, WriteError) as error:  # what can't be held is left out, and holds nothing else up
        if isinstance(error, WriteError) and error.code not in TOO_LARGE:
            raise
        log.error("the keys of %s are too many for what refers to it: %s", target["_id"].hex(), type(error).__name__)
    statements.mark_linked(ids)


def _spread(statements: Statements, start: set[bytes], keys: set[int]) -> None:
    """Give `keys` to rows and to all that refer to them, however far; references may form rings."""
    seen: set[bytes] = set()
    frontier = start
    while frontier:
        seen |= frontier
        statements.add_keys(frontier, keys)
        frontier = {row["_id"] for row in statements.referring(frontier)} - seen


def _may_void(voiding: Row, target: Row) -> bool:
    """Only the authority that stored a Statement voids it, unless granted statements/void (Data 2.3.2)."""
    return voiding.get("voids_any", False) or voiding["authority"] == target["authority"]
