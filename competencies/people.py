"""People: who works where, for whom, in which role, and by which actor keys the tools know them; since when."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from mongoengine import BooleanField, DictField, Document, ListField, ObjectIdField, StringField

from lrs.actors import actor_key, actor_of
from lrs.errors import Invalid, NotFound
from lrs.rules import Refused
from lrs.rules.actors import AGENT_TYPE, check_actor
from lrs.rules.formats import format_timestamp, parse_timestamp

POSITION = ("unit", "role", "manager")


class Person(Document):  # type: ignore[misc]  # mongoengine ships no types
    """Somebody whose competencies count. Their evidence is found by their actor keys, each of which was theirs in one
    span of time at least. Moments are microseconds since 1970 UTC; a span without one has no such end.
    """

    store = ObjectIdField(required=True)
    person = StringField(required=True)  # the id, unique in the store
    name = StringField(required=True, max_length=200)
    unit = StringField(required=True, max_length=200)  # where they stand now: the last of their positions
    role = StringField()
    manager = StringField()
    login = StringField()  # what their OpenID provider's tokens call them, unique in the store
    analyst = BooleanField(default=False)  # reaches everybody in the store, when they call with a token of their own
    positions = ListField(DictField())  # since, unit, role, manager; the oldest first
    identifiers = ListField(DictField())  # key, since (inclusive), until (exclusive)
    actors = ListField(StringField())  # the identifiers' keys
    meta = {"collection": "people", "auto_create_index": False}

    def agents(self) -> list[dict[str, Any]]:
        """The identifiers as the Agents that they stand for, with the ends of their spans."""
        return [agent_of(identifier) for identifier in self.identifiers]

    def owns(self, actor: str, moment: int) -> bool:
        """Whether an actor key was theirs at a moment."""
        return any(each["key"] == actor and _holds(each, moment) for each in self.identifiers)

    def position(self, moment: int) -> Mapping[str, Any] | None:
        """Their unit, role and manager at a moment; None before the first."""
        held = [each for each in self.positions if each["since"] is None or each["since"] <= moment]
        return held[-1] if held else None

    def positions_shown(self) -> list[dict[str, Any]]:
        return shown_positions(self.positions)


def get_person(store: ObjectId, person: str) -> Person:
    """The person of this id. Raises NotFound."""
    found = Person.objects(store=store, person=person).first()
    if found is None:
        raise NotFound(f"no person {person!r}")
    return found  # type: ignore[no-any-return]


def owner_of(store: ObjectId, actor: str, moment: int) -> Person | None:
    """Whose an actor key was at a moment."""
    return next((each for each in Person.objects(store=store, actors=actor) if each.owns(actor, moment)), None)


def by_actor(people: Iterable[Person]) -> dict[str, list[Person]]:
    """Whose each actor key is, or was."""
    found: dict[str, list[Person]] = {}
    for person in people:
        for actor in person.actors:
            found.setdefault(actor, []).append(person)
    return found


def shown_positions(positions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "since": _shown(each["since"])} for each in positions]


def claimed(store: ObjectId) -> list[str]:
    """Every actor key that is, or was, anybody's."""
    everybody = Person.objects(store=store).only("actors").as_pymongo()
    return list({actor for person in everybody for actor in person.get("actors", ())})


def key_of(agent: dict[str, Any], at: str) -> str:
    """The actor key of an Agent that somebody sent. Raises Invalid."""
    try:
        check_actor(agent, at, allowed=AGENT_TYPE)
    except Refused as refused:
        raise Invalid(refused.at, f"{refused.text} ({refused.requirement})") from None
    key = actor_key(agent)
    assert key is not None, "check_actor wants one identifier"
    return key


def identifier_of(sent: Mapping[str, Any], zone: str, at: str) -> dict[str, Any]:
    """An identifier that somebody sent: an Agent, and when it was the person's. Raises Invalid."""
    agent = {name: value for name, value in sent.items() if name not in ("since", "until")}
    since, until = (moment_of(sent.get(end), zone, f"{at}/{end}") for end in ("since", "until"))
    if since is not None and until is not None and since >= until:
        raise Invalid(f"{at}/until", "it must be after since")
    return {"key": key_of(agent, at), "since": since, "until": until}


def agent_of(identifier: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `identifier_of`."""
    ends = {end: _shown(identifier[end]) for end in ("since", "until") if identifier[end] is not None}
    return {**actor_of(identifier["key"]), **ends}


def moment_of(text: Any, zone: str, at: str) -> int | None:
    """A date, which means its beginning in this time zone, or a timestamp, in microseconds. Raises Invalid."""
    if text is None:
        return None
    try:
        if isinstance(text, str) and len(text) == len("2026-01-01"):
            begin = datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone)).astimezone(UTC)
            text = begin.isoformat()
        moment = parse_timestamp(text)
    except (ValueError, TypeError, OverflowError):
        moment = None
    if moment is None:
        raise Invalid(at, f"{text!r:.60} is neither a date nor a timestamp with an offset")
    return moment


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two identifiers are the same at any moment."""
    return bool(one["key"] == other["key"] and _before(one["since"], other["until"])
                and _before(other["since"], one["until"]))


def whole(identifiers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Without those that stand twice."""
    return [dict(each) for each in dict.fromkeys(tuple(sorted(each.items())) for each in identifiers)]


def _holds(span: Mapping[str, Any], moment: int) -> bool:
    return (span["since"] is None or span["since"] <= moment) and _before(moment, span["until"])


def _before(begin: int | None, end: int | None) -> bool:
    return begin is None or end is None or begin < end


def _shown(moment: int | None) -> str | None:
    return None if moment is None else format_timestamp(moment)
