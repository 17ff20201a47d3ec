"""Changes of a store's people and units, each whole or not at all, each with a trace of what was before."""

import random
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from uuid import uuid4

from bson import ObjectId
from mongoengine import get_db
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, OperationFailure

from competencies.codes import check_code
from competencies.kept_rows import doubt_person, forget
from competencies.people import POSITION, Person, get_person, identifier_of, moment_of, overlap, whole
from competencies.roles import Role
from competencies.units import check_parent, check_unused, ensure_units, put_unit, remove_unit
from lrs.clock import now_micros
from lrs.errors import Invalid, NotFound, Unavailable
from lrs.models import Credential, Store
from lrs.rules.formats import format_timestamp
from lrs.store import JOURNALED

TRIES = 100  # of a change that others got ahead of
PAUSE = 0.05  # seconds between two, at the most
HISTORY = "people_history"
MOST_IDENTIFIERS, MOST_POSITIONS = 200, 200
MOST_SHOWN = 200  # changes of one person, the latest
Write = Callable[[ClientSession], None]
Row = dict[str, Any]  # a person's document, without its _id


class Personnel:
    """One store's people, changed by somebody: `by` is what the caller is called."""

    def __init__(self, store: ObjectId, by: str) -> None:
        self._store = store
        self._by = by
        self._zone: str = Store.objects.get(id=store).time_zone

    def amend(self, person: str, changes: Mapping[str, Any]) -> Person:
        """Change some members of a person; identifiers are added to those that there are. Raises NotFound, Invalid."""
        added = self._identifiers(changes.get("identifiers", []))

        def decide() -> Write:
            before = get_person(self._store, person)
            fields = {**_row(before), **changes}
            after = {"name": fields["name"], "login": fields["login"], "analyst": fields["analyst"],
                     "identifiers": whole([*before.identifiers, *added]),
                     **self._positions(before, {name: fields[name] for name in POSITION})}
            self._check(person, after, before)
            return self._writing({person: (_row(before), after)}, "changed", person)

        self._change(decide)
        return get_person(self._store, person)

    def save(self, fields: Mapping[str, Any], person: str | None = None) -> Person:
        """Create or replace a person. Raises Invalid, with a pointer, for what doesn't fit the rest of the store.

        Where unit, role or manager differ, that is a new position since `since`, else since now; the earlier ones stay.
        """
        person = person or str(uuid4())
        check_code(person, "/id")
        identifiers = self._identifiers(fields["identifiers"])

        def decide() -> Write:
            before = Person.objects(store=self._store, person=person).first()
            after = {"name": fields["name"], "login": fields.get("login"), "analyst": fields["analyst"],
                     "identifiers": identifiers, **self._positions(before, fields)}
            self._check(person, after, before)
            return self._writing({person: (before and _row(before), after)},
                                 "changed" if before else "created", person)

        self._change(decide)
        return get_person(self._store, person)

    def delete(self, person: str) -> None:
        """Forget a person; their evidence stays, as that of unknown actors. Raises NotFound, and Invalid for somebody's
        manager.
        """
        def decide() -> Write:
            before = get_person(self._store, person)
            if reports := self._reports(person):
                raise Invalid("", f"{person!r} is the manager of {', '.join(reports[:5])}: give them another first")
            return self._writing({person: (_row(before), None)}, "removed", person)

        self._change(decide)

    def claim(self, person: str, identifier: Mapping[str, Any]) -> Person:
        """Give a person one more identifier: what an unknown actor did under it counts for them.

        Raises NotFound, Invalid.
        """
        (claimed,) = self._identifiers([identifier], "")

        def decide() -> Write:
            before = get_person(self._store, person)
            after = {**_row(before), "identifiers": whole([*before.identifiers, claimed])}
            self._check(person, after, before, "")
            return self._writing({person: (_row(before), after)}, "claimed", person)

        self._change(decide)
        return get_person(self._store, person)

    def merge(self, person: str, other: str) -> Person:
        """Two that are one: `person` has the other's identifiers, reports and, without one, login.

        The other is gone, and stands in the history as they were. Raises NotFound, Invalid.
        """
        def decide() -> Write:
            if person == other:
                raise Invalid("/person", "nobody is merged with themselves")
            kept, gone = get_person(self._store, person), self._other(other)
            if other in self._above(kept):
                raise Invalid("/person", f"{other!r} is above {person!r}: give them another manager first")
            after = {**_row(kept), "identifiers": whole([*kept.identifiers, *gone.identifiers]),
                     "login": kept.login or gone.login, "analyst": kept.analyst}
            self._check(person, after, kept, "", without=other)
            changed = {person: (_row(kept), after), other: (_row(gone), None)}
            reports = {"store": self._store, "positions.manager": other, "person": {"$ne": person}}
            for report in Person.objects(__raw__=reports):  # those of the past too
                changed[report.person] = (_row(report), _under(person, other, _row(report)))
            return self._writing(changed, "merged", person, other)

        self._change(decide)
        return get_person(self._store, person)

    def split(self, person: str, fields: Mapping[str, Any], into: str | None = None) -> Person:
        """One that is two: those of a person's identifiers that `fields` lists become another's, with their dates.

        The other is new, under the id `into` or one that is made up. Raises NotFound, Invalid.
        """
        other = into or str(uuid4())
        check_code(other, "/id")
        listed = self._identifiers(fields["identifiers"])

        def decide() -> Write:
            before = get_person(self._store, person)
            if Person.objects(store=self._store, person=other).first():
                raise Invalid("/id", f"there is a person {other!r} already: merge and claim move what is theirs")
            moved = [[each for each in before.identifiers if _names(one, each)] for one in listed]
            if not all(moved) or not listed:
                raise Invalid(f"/identifiers/{moved.index([])}" if listed else "/identifiers",
                              f"it must be one of those of {person!r}")
            made = {"name": fields["name"], "login": fields.get("login"), "analyst": fields["analyst"],
                    "identifiers": whole(each for found in moved for each in found), **self._positions(None, fields)}
            left = {**_row(before), "identifiers": [each for each in before.identifiers
                                                    if each not in made["identifiers"]]}
            self._check(other, made, None, without=person)
            return self._writing({person: (_row(before), left), other: (None, made)}, "split", person, other)

        self._change(decide)
        return get_person(self._store, other)

    def save_unit(self, unit: str, parent: str | None) -> None:
        """Create a unit, or give it another parent. Raises Invalid."""
        def decide() -> Write:
            check_parent(self._store, unit, parent)
            return lambda session: put_unit(self._store, unit, parent, session)

        self._change(decide)

    def delete_unit(self, unit: str) -> None:
        """Raises NotFound, and Invalid where anybody works or worked in it, or a unit stands below it."""
        def decide() -> Write:
            check_unused(self._store, unit)
            return lambda session: remove_unit(self._store, unit, session)

        self._change(decide)

    def _change(self, decide: Callable[[], Write]) -> None:
        """`decide` what to write and write it, with no other change of people between the two, or both again.

        Whom a person reaches follows from all of them together, so each change counts up one version, in the
        transaction that makes it. Raises what `decide` raises, and Unavailable.
        """
        versions = get_db().get_collection("people.versions", write_concern=JOURNALED)
        for _ in range(TRIES):
            found = versions.find_one_and_update({"_id": self._store}, {"$setOnInsert": {"version": 0}}, upsert=True,
                                                 return_document=ReturnDocument.AFTER)
            write = decide()
            try:
                with versions.database.client.start_session() as session, session.start_transaction():
                    if versions.update_one(found, {"$inc": {"version": 1}}, session=session).matched_count:
                        write(session)
                        return
            except OperationFailure as error:  # a duplicate key: the check will say whose
                if not (error.has_error_label("TransientTransactionError") or isinstance(error, DuplicateKeyError)):
                    raise
            time.sleep(random.uniform(0, PAUSE))  # noqa: S311  # so that two that met don't meet again
        raise Unavailable("others are changing people of this store all the time")

    def _writing(self, changed: Mapping[str, tuple[Row | None, Row | None]], kind: str, person: str,
                 other: str | None = None) -> Write:
        """Writes each person as they are to be, None for one who goes; their units; and the trace."""
        people, history = Person._get_collection(), get_db()[HISTORY]
        trace = [{"person": each, "before": before, "after": after} for each, (before, after) in changed.items()]
        entry = {"store": self._store, "at": now_micros(), "by": self._by, "kind": kind, "person": person,
                 "other": other, "people": list(changed), "changes": trace}

        def write(session: ClientSession) -> None:
            for each, (_, after) in sorted(changed.items(), key=lambda item: item[1][1] is not None):  # first who goes
                key = {"store": self._store, "person": each}
                if after is None:
                    people.delete_one(key, session=session)
                    forget(get_db(), self._store, each, session)
                    own = changed[each][0] or {"identifiers": []}
                    Credential._get_collection().update_many(  # launches end with whose they are
                        {"store": self._store, "learner": {"$in": [one["key"] for one in own["identifiers"]]}},
                        {"$set": {"revoked": True}}, session=session)
                else:
                    actors = list(dict.fromkeys(identifier["key"] for identifier in after["identifiers"]))
                    people.update_one(key, {"$set": {**after, "actors": actors}}, upsert=True, session=session)
                    if changed[each][0] != after:
                        doubt_person(get_db(), self._store, each, actors, session)
                    ensure_units(self._store, (held["unit"] for held in after["positions"]), session)
            if any(before != after for before, after in changed.values()):
                history.insert_one({**entry}, session=session)
        return write

    def _identifiers(self, sent: list[Any], at: str = "/identifiers") -> list[dict[str, Any]]:
        return whole(identifier_of(each, self._zone, f"{at}/{index}" if at else "") for index, each in enumerate(sent))

    def _positions(self, before: Person | None, fields: Mapping[str, Any]) -> Row:
        """The positions with the one that `fields` states at their end, and that one's members. Raises Invalid."""
        stated = {name: fields.get(name) for name in POSITION}
        since = moment_of(fields.get("since"), self._zone, "/since")
        if since is not None and since > now_micros():
            raise Invalid("/since", "it must not be in the future")
        held = self._held(fields["positions"]) if fields.get("positions") else list(before.positions) if before else []
        if held and since is not None and held[-1]["since"] is not None and since < held[-1]["since"]:
            raise Invalid("/since", f"the last position began at {format_timestamp(held[-1]['since'])}, after this")
        if held and all(held[-1][name] == stated[name] for name in POSITION):
            return {**stated, "positions": held}
        if held and since is None:
            since = now_micros()
        if held and since == held[-1]["since"]:  # it corrects that one
            held.pop()
        return {**stated, "positions": [*held, {"since": since, **stated}]}

    def _held(self, sent: list[Row]) -> list[Row]:
        """Positions as somebody sent them. Raises Invalid unless each begins after the one before, none in future."""
        held = [{**each, "since": moment_of(each["since"], self._zone, f"/positions/{index}/since")}
                for index, each in enumerate(sent)]
        for index, (one, next_) in enumerate(pairwise(held), 1):
            if next_["since"] is None or (one["since"] is not None and one["since"] >= next_["since"]):
                raise Invalid(f"/positions/{index}/since", "it must be after the one before")
        if held[-1]["since"] is not None and held[-1]["since"] > now_micros():
            raise Invalid(f"/positions/{len(held) - 1}/since", "it must not be in the future")
        return held

    def _check(self, person: str, row: Row, before: Person | None, at: str = "/identifiers",
               without: str | None = None) -> None:
        """What a person states fits the others, who are all but the one that they merge with or come from.

        A role that went while they had it stays theirs until they get another.
        """
        is_held = before is not None and before.role == row["role"]
        if row["role"] and not is_held and Role.of(self._store, code=row["role"]).first() is None:
            raise Invalid("/role", f"there is no role {row['role']!r}")
        self._check_manager(person, row["manager"])
        others = Person.objects(store=self._store, person__nin=[person, *([without] if without else [])])
        if row["login"] and (found := others.filter(login=row["login"]).first()):
            raise Invalid("/login", f"{found.person} has this one")
        own = row["identifiers"]
        if len(own) > MOST_IDENTIFIERS or len(row["positions"]) > MOST_POSITIONS:
            raise Invalid(at, f"a person has at most {MOST_IDENTIFIERS} identifiers and {MOST_POSITIONS} positions")
        for index, identifier in enumerate(own):
            where = f"{at}/{index}" if at else ""
            if any(overlap(identifier, each) for each in own[:index]):
                raise Invalid(where, "it stands twice, for times that overlap")
            for other in others.filter(actors=identifier["key"]):
                if any(overlap(identifier, each) for each in other.identifiers):
                    raise Invalid(where, f"{other.person} has this one")

    def _check_manager(self, person: str, manager: str | None) -> None:
        """A manager is there, and isn't below the person: the hierarchy has no ring."""
        above, seen = manager, {person}
        while above:
            if above in seen:
                raise Invalid("/manager", f"{manager!r} is managed, in the end, by {person!r}")
            seen.add(above)
            found = Person.objects(store=self._store, person=above).only("manager").first()
            if found is None:
                raise Invalid("/manager", f"there is no person {above!r}")
            above = found.manager

    def _above(self, person: Person) -> list[str]:
        found, manager = list[str](), person.manager
        while manager and manager not in found:
            found.append(manager)
            manager = get_person(self._store, manager).manager
        return found

    def _reports(self, person: str) -> list[str]:
        return [each.person for each in Person.objects(store=self._store, manager=person).only("person")]

    def _other(self, other: str) -> Person:
        try:
            return get_person(self._store, other)
        except NotFound as error:
            raise Invalid("/person", str(error)) from None


def history_of(store: ObjectId, person: str) -> list[dict[str, Any]]:
    """The changes that concerned a person of this id, who may be gone, the latest first."""
    found = get_db()[HISTORY].find({"store": store, "people": person}).sort([("at", -1), ("_id", -1)])
    return list(found.limit(MOST_SHOWN))


def _row(person: Person) -> Row:
    """A person's members, as they are stored."""
    names = ("name", *POSITION, "login", "analyst", "positions", "identifiers")
    return {name: getattr(person, name) for name in names[:-2]} | {
        name: [dict(each) for each in getattr(person, name)] for name in names[-2:]}


def _under(manager: str, gone: str, row: Row) -> Row:
    """A person's members with one manager in the place of another, in the past too: the two were one."""
    positions = [{**each, "manager": manager if each["manager"] == gone else each["manager"]}
                 for each in row["positions"]]
    return {**row, "manager": positions[-1]["manager"], "positions": positions}


def _names(listed: Row, there: Row) -> bool:
    """Whether an identifier that is listed means one that is there: without dates, that of any."""
    undated = listed["since"] is None and listed["until"] is None
    return bool(listed["key"] == there["key"] if undated else listed == there)
