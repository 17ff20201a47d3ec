"""A list of people, as a personnel department keeps it, against the people of a store (pure).

A row is a person; its number is the person's id. Columns are found by their headings, in Chinese or in English; a
column that isn't there leaves what it would say as it is. A bad row is reported with its column and the reason, and
left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from competencies.codes import CODE, RULE
from competencies.tables import BadCell, BadRow, as_headed, columns, rows_by_number
from competencies.units import NAME as UNIT
from lrs.rules import Refused
from lrs.rules.actors import AGENT_TYPE, check_actor

HEADINGS = {  # member → what its column may be called, in lower case
    "id": ("工号", "员工号", "id", "number", "employee id", "employee number"),
    "name": ("姓名", "name"),
    "unit": ("部门", "unit", "department"),
    "manager": ("直属上级", "manager", "reports to"),
    "role": ("岗位", "role", "position"),
    "email": ("邮箱", "电子邮箱", "email", "e-mail"),
    "login": ("登录名", "login"),
}
REQUIRED = ("id", "name", "unit")
LONGEST = 200  # characters of a name, a unit or a login
MOST = 2000  # rows


@dataclass(frozen=True)
class Known:
    """A person as the store has them; `fields` as PersonIn takes them."""

    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What one row does: the person as they would be, and each member that differs, before and after."""

    row: int
    id: str
    is_new: bool
    fields: dict[str, Any]
    differing: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Roster:
    """What a file would do. `changes` are in an order in which managers come before those they manage."""

    changes: list[Change] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def compare(table: list[list[str]], known: Iterable[Known], roles: Mapping[str, Mapping[str, str]]) -> Roster:
    """What `table`, with its headings first, would change. `roles` are names in each language by code.

    Raises Invalid for a table without the headings that are needed, or too long.
    """
    places = columns(table, HEADINGS, REQUIRED, MOST)
    rows = rows_by_number(table, places)
    at_hand = _AtHand({person.id: person for person in known}, rows.values(), roles)
    roster, good = Roster(), dict[int, Change]()
    times = Counter(row["id"] for row in rows.values())
    for number, row in rows.items():
        try:
            if times[row["id"]] > 1:
                raise BadCell("id", row["id"], "this number stands in several rows")
            good[number] = _change(number, row, at_hand)
        except BadCell as bad:
            roster.bad.append(BadRow(number, *bad.found))
    _order(good, set(at_hand.people), roster)
    return Roster(roster.changes, as_headed(roster.bad, table, places))


class _AtHand:
    """What a row's texts can mean: people by id, by name and by mailbox, and roles."""

    def __init__(self, people: dict[str, Known], rows: Iterable[dict[str, str]],
                 roles: Mapping[str, Mapping[str, str]]) -> None:
        self.people = people
        names = {**{each.id: str(each.fields["name"]) for each in people.values()},
                 **{row["id"]: row["name"] for row in rows}}
        self.ids = names.keys()
        self.by_name: dict[str, list[str]] = {}
        for person, name in sorted(names.items()):
            self.by_name.setdefault(name, []).append(person)
        self.roles = {text: code for code, named in roles.items() for text in (code, *named.values())}
        self.mailboxes = {agent["mbox"]: each.id for each in people.values() for agent in each.fields["identifiers"]
                          if "mbox" in agent and "until" not in agent}

    def manager(self, text: str, person: str) -> str | None:
        """By number, or by a name that only one has."""
        found = [text] if text in self.ids else self.by_name.get(text, [])
        if not text:
            return None
        if not found:
            raise BadCell("manager", text, "nobody here or in the file has this number or name")
        if len(found) > 1:
            raise BadCell("manager", text, f"several have this name: give a number, one of {', '.join(found[:5])}")
        if found == [person]:
            raise BadCell("manager", text, "nobody manages themselves")
        return found[0]

    def role(self, text: str) -> str | None:
        if text and text not in self.roles:
            there = ", ".join(sorted(set(self.roles.values())))
            raise BadCell("role", text, f"there is no such role; there are {there}")
        return self.roles[text] if text else None

    def with_mailbox(self, text: str, person: str, identifiers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The identifiers there are, and this one if it isn't among them."""
        agent = {"objectType": "Agent", "mbox": f"mailto:{text}"}
        try:
            check_actor(agent, "", allowed=AGENT_TYPE)
        except Refused:
            raise BadCell("email", text, "this is no e-mail address") from None
        owner = self.mailboxes.setdefault(agent["mbox"], person)
        if owner != person:
            raise BadCell("email", text, f"{owner} has this one")
        there = any(each.get("mbox") == agent["mbox"] and "until" not in each for each in identifiers)
        return identifiers if there else [*identifiers, agent]


def _change(number: int, row: dict[str, str], at_hand: _AtHand) -> Change:
    if not CODE.fullmatch(row["id"]):
        raise BadCell("id", row["id"], RULE)
    for member in ("name", "unit", "login"):
        if len(row.get(member, "")) > LONGEST or (member in REQUIRED and not row[member]):
            raise BadCell(member, row[member][:LONGEST], f"1 to {LONGEST} characters")
    if not UNIT.fullmatch(row["unit"]):
        raise BadCell("unit", row["unit"], "a control character in it, a slash at its beginning, or two together")
    before = at_hand.people.get(row["id"])
    fields: dict[str, Any] = dict(before.fields) if before else {
        "role": None, "manager": None, "login": None, "analyst": False, "identifiers": []}
    said: dict[str, Any] = {"name": row["name"], "unit": row["unit"]}
    if "manager" in row:
        said["manager"] = at_hand.manager(row["manager"], row["id"])
    if "role" in row:
        said["role"] = at_hand.role(row["role"])
    if "login" in row:
        said["login"] = row["login"] or None
    if row.get("email"):
        said["identifiers"] = at_hand.with_mailbox(row["email"], row["id"], fields["identifiers"])
    differing = {member: (fields.get(member), value) for member, value in said.items() if fields.get(member) != value}
    return Change(number, row["id"], before is None, {**fields, **said}, differing)


def _order(changes: dict[int, Change], present: set[str], roster: Roster) -> None:
    """Managers first: each change waits for that of its manager. What waits for ever is bad: its manager's row is, or
    the rows make a ring.
    """
    waiting = dict(changes)
    while waiting:
        ids = {change.id for change in waiting.values()}
        ready = [number for number, change in waiting.items() if change.fields["manager"] is None
                 or (change.fields["manager"] in present and change.fields["manager"] not in ids)]
        if not ready:
            break
        for number in ready:
            change = waiting.pop(number)
            present.add(change.id)
            roster.changes.append(change)
    ids = {change.id for change in waiting.values()}
    for number, change in waiting.items():
        manager = change.fields["manager"]
        why = "the rows make a ring of managers" if manager in ids else "the row of this manager is bad"
        roster.bad.append(BadRow(number, "manager", manager, why))
