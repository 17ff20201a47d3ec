"""What Statements add up to: the full Activity (Communication 2.5) and the Person (2.4). Pure, and kept nowhere."""

from collections.abc import Iterable, Iterator
from typing import Any

from lrs.actors import actor_key
from lrs.rules.actors import IDENTIFIERS

LANGUAGE_MAPS = ("name", "description")


def activity_of(activity_id: str, statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The Activity with all that `statements`, latest first, say of it.

    Language maps are merged tag by tag; of everything else, and of a tag that was said twice, the latest stands.
    """
    definition: dict[str, Any] = {}
    for statement in statements:
        for activity in _activities(statement):
            if activity["id"] == activity_id:
                definition = _merged(activity.get("definition", {}), definition)
    return {"objectType": "Activity", "id": activity_id, **({"definition": definition} if definition else {})}


def person_of(agent: dict[str, Any], statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The Person of an Agent: its identifier, and the names by which it and `statements` call it, each once."""
    key = actor_key(agent)
    names = [agent["name"]] if "name" in agent else []
    for statement in statements:
        names += [actor["name"] for actor in _actors(statement) if "name" in actor and actor_key(actor) == key]
    person: dict[str, Any] = {"objectType": "Person"}
    if names:
        person["name"] = list(dict.fromkeys(names))
    return person | {identifier: [agent[identifier]] for identifier in IDENTIFIERS if identifier in agent}


def _merged(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    maps = {key: earlier.get(key, {}) | later.get(key, {}) for key in LANGUAGE_MAPS if key in earlier or key in later}
    return earlier | later | maps


def _activities(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = statement["object"]
    kind = found.get("objectType", "Activity")
    if kind == "Activity":
        yield found
    elif kind == "SubStatement":
        yield from _activities(found)
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        yield from activities


def _actors(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found, context = statement["object"], statement.get("context", {})
    actors = [statement["actor"], statement.get("authority", {})]
    actors += [context[role] for role in ("instructor", "team") if role in context]
    actors += [entry["agent"] for entry in context.get("contextAgents", ())]
    actors += [entry["group"] for entry in context.get("contextGroups", ())]
    kind = found.get("objectType")
    if kind in ("Agent", "Group"):
        actors.append(found)
    elif kind == "SubStatement":
        yield from _actors(found)
    for actor in actors:
        yield actor
        yield from actor.get("member", ())
