"""Verbs, Activities with their definitions, StatementRefs (Data 2.4.3, 2.4.4)."""

from typing import Any

from lrs.rules.refusal import refuse, refuse_choice, refuse_unknown
from lrs.rules.values import (
    check_extensions,
    check_iri,
    check_language_map,
    check_object,
    check_string,
    check_uuid,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"

VERB_KEYS = frozenset(("id", "display"))
ACTIVITY_KEYS = frozenset(("objectType", "id", "definition"))
ACTIVITY_TYPE = frozenset(("Activity",))
REFERENCE_KEYS = frozenset(("objectType", "id"))
REFERENCE_TYPE = frozenset(("StatementRef",))
COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
COMPONENT_KEYS = frozenset(("id", "description"))
DEFINITION_KEYS = frozenset(("name", "description", "type", "moreInfo", "extensions", "interactionType",
                             "correctResponsesPattern", *COMPONENT_LISTS))
INTERACTION_KEYS = frozenset(("correctResponsesPattern", *COMPONENT_LISTS))
INTERACTION_TYPES = frozenset(("true-false", "choice", "fill-in", "long-fill-in", "matching", "performance",
                               "sequencing", "likert", "numeric", "other"))


def check_verb(verb: Any, at: str) -> None:
    check_object(verb, "XAPI-00006", at)
    if not verb.keys() <= VERB_KEYS:
        refuse_unknown(verb, VERB_KEYS, at)
    if "id" not in verb:
        refuse("XAPI-00044", at)
    check_iri(verb["id"], "XAPI-00044", f"{at}/id")
    if "display" in verb:
        check_language_map(verb["display"], "XAPI-00045", f"{at}/display")


def check_activity(activity: Any, at: str, shape: str = "XAPI-00006") -> None:
    check_object(activity, shape, at)
    if not activity.keys() <= ACTIVITY_KEYS:
        refuse_unknown(activity, ACTIVITY_KEYS, at)
    if "objectType" in activity and activity["objectType"] != "Activity":
        check_string(activity["objectType"], "XAPI-00032", f"{at}/objectType")
        refuse_choice(shape, f"{at}/objectType", activity["objectType"], ACTIVITY_TYPE)
    if "id" not in activity:
        refuse("XAPI-00047", at)
    check_iri(activity["id"], "XAPI-00047", f"{at}/id")
    if "definition" in activity:
        _check_definition(activity["definition"], f"{at}/definition")


def check_reference(reference: Any, at: str, shape: str) -> None:
    """A StatementRef. Data 2.4.4.3: its objectType MUST be given."""
    check_object(reference, shape, at)
    if not reference.keys() <= REFERENCE_KEYS:
        refuse_unknown(reference, REFERENCE_KEYS, at)
    if reference.get("objectType") != "StatementRef":
        if "objectType" not in reference:
            refuse("XAPI-00073", at)
        check_string(reference["objectType"], "XAPI-00032", f"{at}/objectType")
        refuse_choice("XAPI-00073", f"{at}/objectType", reference["objectType"], REFERENCE_TYPE)
    if "id" not in reference:
        refuse("XAPI-00072", at)
    check_uuid(reference["id"], "XAPI-00072", f"{at}/id")


def _check_definition(definition: Any, at: str) -> None:
    check_object(definition, "XAPI-00048", at)
    if not definition.keys() <= DEFINITION_KEYS:
        refuse_unknown(definition, DEFINITION_KEYS, at)
    if "name" in definition:
        check_language_map(definition["name"], "XAPI-00056", f"{at}/name")
    if "description" in definition:
        check_language_map(definition["description"], "XAPI-00059", f"{at}/description")
    if "type" in definition:
        check_iri(definition["type"], "XAPI-00060", f"{at}/type")
    if "moreInfo" in definition:
        check_iri(definition["moreInfo"], "XAPI-00061", f"{at}/moreInfo")
    if "extensions" in definition:
        check_extensions(definition["extensions"], f"{at}/extensions")
    if "interactionType" in definition or not definition.keys().isdisjoint(INTERACTION_KEYS):
        _check_interaction(definition, at)


def _check_interaction(definition: dict[str, Any], at: str) -> None:
    if "interactionType" not in definition:
        refuse("XAPI-00064", at)
    kind = definition["interactionType"]
    if not isinstance(kind, str) or kind not in INTERACTION_TYPES:
        refuse_choice("XAPI-00049", f"{at}/interactionType", kind, INTERACTION_TYPES)
    if "correctResponsesPattern" in definition:
        _check_patterns(definition["correctResponsesPattern"], f"{at}/correctResponsesPattern")
    for name in COMPONENT_LISTS:
        if name in definition:
            _check_components(definition[name], f"{at}/{name}")


def _check_patterns(patterns: Any, at: str) -> None:
    if not isinstance(patterns, list):
        refuse("DATA-correctResponsesPattern", at, patterns)
    for index, pattern in enumerate(patterns):
        check_string(pattern, "DATA-correctResponsesPattern", f"{at}/{index}")


def _check_components(components: Any, at: str) -> None:
    """Data 2.4.4.1: "Within an array of interaction components, all id values MUST be distinct"."""
    if not isinstance(components, list):
        refuse("DATA-components", at, components)
    seen: set[str] = set()
    for index, component in enumerate(components):
        place = f"{at}/{index}"
        check_object(component, "DATA-components", place)
        if not component.keys() <= COMPONENT_KEYS:
            refuse_unknown(component, COMPONENT_KEYS, place)
        if "id" not in component:
            refuse("DATA-component-id", place)
        check_string(component["id"], "DATA-component-id", f"{place}/id")
        if component["id"] in seen:
            refuse("DATA-component-id", f"{place}/id", component["id"])
        seen.add(component["id"])
        if "description" in component:
            check_language_map(component["description"], "DATA-component-description", f"{place}/description")
