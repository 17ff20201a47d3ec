"""Contexts (Data 2.4.6)."""

from typing import Any

from lrs.rules.actors import AGENT_TYPE, GROUP_TYPE, check_actor
from lrs.rules.formats import is_language_tag
from lrs.rules.objects import check_activity, check_reference
from lrs.rules.refusal import refuse, refuse_choice, refuse_unknown
from lrs.rules.values import check_extensions, check_iri, check_object, check_string, check_uuid

KEYS = frozenset(("registration", "instructor", "team", "contextActivities", "revision", "platform", "language",
                  "statement", "extensions"))
KEYS_2 = KEYS | {"contextAgents", "contextGroups"}  # IEEE 9274.1.1 adds these two
RELATIONS = frozenset(("parent", "grouping", "category", "other"))


def check_context(context: Any, at: str, version: str, about_activity: bool) -> None:
    """A context whose Statement's object is an Activity, or isn't."""
    known = KEYS if version == "1.0.3" else KEYS_2
    check_object(context, "XAPI-00006", at)
    if not context.keys() <= known:
        refuse_unknown(context, known, at)
    if "registration" in context:
        check_uuid(context["registration"], "XAPI-00087-1", f"{at}/registration")
    if "instructor" in context:
        check_actor(context["instructor"], f"{at}/instructor", "XAPI-00087-2", shape="XAPI-00087-2")
    if "team" in context:
        check_actor(context["team"], f"{at}/team", "XAPI-00088", GROUP_TYPE, shape="XAPI-00088")
    if "contextActivities" in context:
        _check_activities(context["contextActivities"], f"{at}/contextActivities")
    _check_edition(context, at, about_activity)
    if "statement" in context:
        check_reference(context["statement"], f"{at}/statement", "XAPI-00092")
    if "extensions" in context:
        check_extensions(context["extensions"], f"{at}/extensions")
    if "contextAgents" in context:
        _check_contextual(context["contextAgents"], f"{at}/contextAgents", "Agent", AGENT_TYPE)
    if "contextGroups" in context:
        _check_contextual(context["contextGroups"], f"{at}/contextGroups", "Group", GROUP_TYPE)


def _check_edition(context: dict[str, Any], at: str, about_activity: bool) -> None:
    """The first two "MUST NOT be used if the Statement's Object is not an Activity"."""
    for key, type_rule, place_rule in (("revision", "XAPI-00089", "XAPI-00084"),
                                       ("platform", "XAPI-00090", "XAPI-00085")):
        if key in context:
            check_string(context[key], type_rule, f"{at}/{key}")
            if not about_activity:
                refuse(place_rule, f"{at}/{key}")
    if "language" in context:
        check_string(context["language"], "XAPI-00091", f"{at}/language")
        if not is_language_tag(context["language"]):
            refuse("XAPI-00013", f"{at}/language", context["language"])


def _check_activities(activities: Any, at: str) -> None:
    check_object(activities, "XAPI-00086", at)
    if not activities.keys() <= RELATIONS:
        refuse_unknown(activities, RELATIONS, at, "XAPI-00093")
    for relation, value in activities.items():
        if isinstance(value, list):
            for index, activity in enumerate(value):
                check_activity(activity, f"{at}/{relation}/{index}", "XAPI-00094")
        else:
            check_activity(value, f"{at}/{relation}", "XAPI-00094")


def _check_contextual(entries: Any, at: str, kind: str, allowed: frozenset[str]) -> None:
    """contextAgents and contextGroups (IEEE 9274.1.1, 4.2.2.5): alike but for the kind of actor."""
    field, rule = kind.lower(), f"IEEE-context{kind}"
    keys = frozenset(("objectType", field, "relevantTypes"))
    if not isinstance(entries, list):
        refuse(f"{rule}s", at, entries)
    for index, entry in enumerate(entries):
        place = f"{at}/{index}"
        check_object(entry, f"{rule}s", place)
        if not entry.keys() <= keys:
            refuse_unknown(entry, keys, place)
        if "objectType" not in entry or field not in entry:
            refuse(rule, place)
        check_string(entry["objectType"], "XAPI-00032", f"{place}/objectType")
        if entry["objectType"] != f"context{kind}":
            refuse_choice(rule, f"{place}/objectType", entry["objectType"], frozenset((f"context{kind}",)))
        check_actor(entry[field], f"{place}/{field}", rule, allowed, shape=rule)
        _check_relevant_types(entry, place)


def _check_relevant_types(entry: dict[str, Any], at: str) -> None:
    types = entry.get("relevantTypes", ...)
    place = at if types is ... else f"{at}/relevantTypes"
    if not isinstance(types, list) or not types:
        refuse("IEEE-relevantTypes", place, types)
    for index, iri in enumerate(types):
        check_iri(iri, "IEEE-relevantTypes", f"{place}/{index}")
