"""StatementRefs and voids, in any order of arrival.

Communication 2.1.3, "Filter Conditions for StatementRefs": a Statement that refers to another meets each filter
condition that its target meets, recursively. So a reference takes over its target's keys, and every Statement
that refers to it takes over what it gained. Both sides look for each other after their own commit: whichever
commits last sees the other, and adding keys twice adds nothing. A reference is marked `unlinked` from its
insertion until its link is finished, so that `sweep` completes what a crash left.
"""

from collections.abc import Iterable

from lrs.keys import Keyring
from lrs.store import Row, Statements

REFERRING = ("target", "store", "authority", "voids", "voids_any")
NEEDED = ("keys", "authority", "voids", "store")


def link(statements: Statements, keyring: Keyring, stored: Iterable[Row]) -> None:
    """Make every link that rows just stored take part in, as referring or as target."""
    rows = list(stored)
    referring = statements.referring([row["_id"] for row in rows])
    if own := [row["_id"] for row in rows if "target" in row]:
        # As they are kept, not as they were sent: a re-sent void keeps the authority that it came with first
        referring += statements.get(own, *REFERRING).values()
    if referring:
        _link_all(statements, keyring, referring)


def sweep(statements: Statements, keyring: Keyring) -> int:
    """Finish links that a crash interrupted; how many references were linked. Safe beside anything else."""
    linked = 0
    for waiting in statements.unlinked():
        present = statements.get({row["target"] for row in waiting}, "_id")
        ready = [row["_id"] for row in waiting if row["target"] in present]
        if ready:
            rows = statements.get(ready, *REFERRING)
            _link_all(statements, keyring, list(rows.values()))
            linked += len(ready)
    return linked


def _link_all(statements: Statements, keyring: Keyring, referring: list[Row]) -> None:
    targets = statements.get({row["target"] for row in referring}, *NEEDED)
    linked = []
    for row in referring:
        target = targets.get(row["target"])
        if target is None:
            continue  # it may come yet
        if row.get("voids") and _may_void(row, target):
            statements.mark_voided(target["_id"])
        # Read again: an earlier link in this loop may have added to it
        keys = set(statements.get([target["_id"]], "keys")[target["_id"]]["keys"])
        _spread(statements, row["_id"], keys - keyring.kept_apart(row["store"], target["authority"]))
        linked.append(row["_id"])
    statements.mark_linked(linked)


def _spread(statements: Statements, start: bytes, keys: set[int]) -> None:
    """Give `keys` to a row and to all that refer to it, however far; references may form rings."""
    seen: set[bytes] = set()
    frontier = {start}
    while frontier:
        seen |= frontier
        statements.add_keys(frontier, keys)
        frontier = {row["_id"] for row in statements.referring(frontier)} - seen


def _may_void(voiding: Row, target: Row) -> bool:
    """Only the authority that stored a Statement voids it, unless granted statements/void (Data 2.3.2)."""
    return voiding.get("voids_any", False) or voiding["authority"] == target["authority"]
