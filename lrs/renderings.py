"""The `format` of GET /statements (Communication 2.1.3): exact is the bytes as stored; these are the others."""

from collections.abc import Callable
from typing import Any

from lrs.rules.actors import IDENTIFIERS
from lrs.rules.objects import COMPONENT_LISTS

Choose = Callable[[list[str]], str]  # of a language map's tags, the one that the reader likes best
Map = Callable[[dict[str, Any]], dict[str, Any]]


def ids_only(statement: dict[str, Any]) -> dict[str, Any]:
    """format=ids: "only the minimum information necessary in Agent, Activity, Verb and Group Objects"."""
    return _mapped(statement, _bare_actor, _bare, _bare)


def canonical(statement: dict[str, Any], choose: Choose) -> dict[str, Any]:
    """format=canonical: one language in each language map of verbs and activities."""
    def activity(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "definition": _definition(found["definition"], choose)} if "definition" in found else found

    def verb(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "display": _one(found["display"], choose)} if "display" in found else found

    return _mapped(statement, lambda actor: actor, activity, verb)


def _mapped(statement: dict[str, Any], actor: Map, activity: Map, verb: Map) -> dict[str, Any]:
    """The statement with its actors, activities and verbs replaced, in its context and SubStatement too."""
    found = statement["object"]
    kind = found.get("objectType", "Activity")
    if kind == "SubStatement":
        found = _mapped(found, actor, activity, verb)
    elif kind != "StatementRef":
        found = activity(found) if kind == "Activity" else actor(found)
    made = {**statement, "actor": actor(statement["actor"]), "verb": verb(statement["verb"]), "object": found}
    if "authority" in made:
        made["authority"] = actor(made["authority"])
    if "context" in made:
        made["context"] = _context(made["context"], actor, activity)
    return made


def _context(context: dict[str, Any], actor: Map, activity: Map) -> dict[str, Any]:
    made = dict(context)
    for role in ("instructor", "team"):
        if role in made:
            made[role] = actor(made[role])
    if "contextActivities" in made:
        made["contextActivities"] = {relation: [activity(each) for each in activities]
                                     for relation, activities in made["contextActivities"].items()}
    for name, role in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in made:
            made[name] = [{**entry, role: actor(entry[role])} for entry in made[name]]
    return made


def _bare_actor(actor: dict[str, Any]) -> dict[str, Any]:
    bare = {key: actor[key] for key in ("objectType", *IDENTIFIERS) if key in actor}
    if len(bare) == ("objectType" in bare):  # an anonymous Group is known by its members
        bare["member"] = [_bare_actor(member) for member in actor["member"]]
    return bare


def _bare(thing: dict[str, Any]) -> dict[str, Any]:
    """An Activity or a Verb."""
    return {"id": thing["id"]}


def _definition(definition: dict[str, Any], choose: Choose) -> dict[str, Any]:
    made = dict(definition)
    for key in ("name", "description"):
        if key in made:
            made[key] = _one(made[key], choose)
    for key in COMPONENT_LISTS:
        if key in made:
            made[key] = [{**each, "description": _one(each["description"], choose)} if "description" in each else each
                         for each in made[key]]
    return made


def _one(languages: dict[str, str], choose: Choose) -> dict[str, str]:
    if len(languages) < 2:
        return languages
    tag = choose(list(languages))
    return {tag: languages[tag]}
