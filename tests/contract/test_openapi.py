"""openapi.yaml says what the code does: the routes, the schemas, the parameters; and its examples hold."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from jsonschema import Draft202012Validator
from marshmallow import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from competencies import builtin
from competencies.alignment_checks import STATED
from competencies.alignments import BEARING
from competencies.outcomes import HIGHEST, LEVEL, LOWEST, READERS, RUBRIC, RUBRIC_EXTENSION
from competencies.projection import OUTCOMES
from lrs.http_rules.parameters import STATEMENT_READERS
from lrs.models import ALGORITHMS
from lrs.scopes import SCOPES
from lrs.views.documents import RESOURCES, Resource
from lrs.views.statements import MORE
from schemas import (
    admin,
    alignments,
    analyses,
    assertions,
    calibrations,
    catalogue,
    frameworks,
    people,
    plans,
    queries,
    reviews,
)
from tests.conformance.test_rules import ACCEPTED, BASES, edited
from waymark.app import blueprints

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
RUBRIC_LEVELS: dict[str, Any] = json.loads((ROOT / "schemas" / "rubric-levels.schema.json").read_text(encoding="utf-8"))
RUBRIC_PAGE = (ROOT / "docs" / "rubric-extension.md").read_text(encoding="utf-8")

METHODS = ("get", "put", "post", "delete", "patch")
URI = "urn:waymark:openapi"
REGISTRY: Registry[Any] = Registry().with_resource(URI, DRAFT202012.create_resource(DOCUMENT))

MODULES = (admin, alignments, analyses, assertions, calibrations, catalogue, frameworks, people,
           plans, reviews)
SCHEMAS = {name: found for module in MODULES
           for name, found in vars(module).items()
           if inspect.isclass(found) and issubclass(found, Schema) and re.search(r"(In|Out)$", name)}
QUERIES: dict[str, type[Schema]] = {
    "findPeople": queries.PeopleQuery,
    "importRoster": queries.TableQuery,
    "importAlignments": queries.TableQuery,
    "publishDraft": queries.TableQuery,
    "previewAlignment": queries.AsOf,
    "findProficiencies": queries.AsOf,
    "findGapsOfPerson": queries.AsOf,
    "findEvidence": queries.AsOf,
    "getPlan": plans.PlanQuery,
    "getKeptPlan": plans.KeptQuery,
    "findGaps": queries.GapQuery,
    "summariseGaps": queries.SummaryQuery,
    "findEffects": queries.EffectQuery,
    "getSheet": plans.Printed,
    "reviewPerson": reviews.ReviewQuery,
    "reviewTeam": reviews.TeamReviewQuery,
    "findExperience": reviews.ExperienceQuery,
    "getExperience": reviews.PrintedPage,
    "findOutcomes": queries.OutcomeQuery,
    "importOutcomes": queries.TableQuery,
    "explain": queries.ExplainQuery,
}  # operations of /api/v1 that aren't here take no parameters


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and Operation Object of everything described."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the document leads to; anything else as it is."""
    while "$ref" in value:
        found: Any = DOCUMENT
        for token in value["$ref"].removeprefix("#/").split("/"):
            found = found[token.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def query_parameters(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    given = [*DOCUMENT["paths"][path].get("parameters", ()), *operation.get("parameters", ())]
    return {each["name"]: each for each in map(resolved, given) if each["in"] == "query"}


def properties(schema: Schema) -> set[str]:
    return {field.data_key or name for name, field in schema.fields.items()}


def component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def examples(value: Any, at: str = "") -> Iterator[tuple[str, str, Any]]:
    """Pointer of a schema, pointer of an example of it, and the example, for every example in the document."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from examples(each, f"{at}/{index}")
    if not isinstance(value, dict):
        return
    if "schema" in value:
        for name, example in value.get("examples", {}).items():
            yield f"{at}/schema", f"{at}/examples/{name}", resolved(example)["value"]
        if "example" in value:
            yield f"{at}/schema", f"{at}/example", value["example"]
    elif isinstance(value.get("examples"), list):  # a Schema Object's own
        for index, example in enumerate(value["examples"]):
            yield at, f"{at}/examples/{index}", example
    for name, inner in value.items():
        if name not in ("example", "examples"):
            yield from examples(inner, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")


EXAMPLES = list(examples(DOCUMENT))


def errors(pointer: str, example: Any) -> list[str]:
    checked = Draft202012Validator({"$ref": f"{URI}#{pointer.replace('{', '%7B').replace('}', '%7D')}"},
                                   registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checked.iter_errors(example)]


def rubric_values() -> list[Any]:
    """Every value of the rubric extension in the examples of openapi.yaml and of the page for authors."""
    in_document = [statement for _, _, example in EXAMPLES for statement in _listed(example)]
    blocks = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", RUBRIC_PAGE, re.DOTALL)]
    statements = in_document + [statement for block in blocks for statement in _listed(block)]
    return [value for statement in statements if isinstance(statement, dict) and "actor" in statement
            if (value := (statement.get("result") or {}).get("extensions", {}).get(RUBRIC_EXTENSION)) is not None]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_is_documented_and_nothing_else() -> None:
    app = Flask("x", static_folder=None)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    routes = {(method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
              for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert {(method, path) for method, path, _ in operations()} == {
        (method, path) for method, path in routes if path != "/" and not path.startswith("/docs")}


def test_every_operation_has_its_own_id_a_known_tag_a_summary_and_a_description() -> None:
    tags, seen = {tag["name"] for tag in DOCUMENT["tags"]}, set()
    for method, path, operation in operations():
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert set(operation["tags"]) <= tags, (method, path)
        assert operation["operationId"] not in seen, (method, path)
        seen.add(operation["operationId"])


def test_every_parameter_in_a_path_is_declared() -> None:
    for method, path, operation in operations():
        given = [*DOCUMENT["paths"][path].get("parameters", ()), *operation.get("parameters", ())]
        declared = {each["name"] for each in map(resolved, given) if each["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_component_has_the_properties_of_the_marshmallow_schema_of_its_name(name: str) -> None:
    schema = SCHEMAS[name]()
    assert set(component(name)["properties"]) == properties(schema)
    if name.endswith("In"):
        required = {field.data_key or key for key, field in schema.fields.items() if field.required}
        assert set(component(name).get("required", ())) == required


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_component_requires_only_properties_that_it_has(name: str) -> None:
    assert set(component(name).get("required", ())) <= set(component(name)["properties"])


def test_no_component_is_named_like_a_marshmallow_schema_that_is_not_there() -> None:
    assert {name for name in DOCUMENT["components"]["schemas"] if re.search(r"(In|Out)$", name)} == set(SCHEMAS)


def test_the_columns_of_a_gap_stand_in_the_order_of_the_csv() -> None:
    assert list(component("GapOut")["properties"]) == list(analyses.GapOut().fields)


def test_the_operations_of_the_api_take_the_parameters_of_their_query_schemas() -> None:
    described = {operation["operationId"]: set(query_parameters(method, path, operation))
                 for method, path, operation in operations() if path.startswith("/api/v1/")}
    assert set(QUERIES) <= set(described)
    assert described == {name: properties(QUERIES.get(name, queries.NoParameters)()) for name in described}


def test_the_statement_resource_takes_the_parameters_that_its_readers_read() -> None:
    get = DOCUMENT["paths"]["/xapi/statements"]["get"]
    assert set(query_parameters("get", "/xapi/statements", get)) == {*STATEMENT_READERS, MORE}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_a_document_resource_takes_the_parameters_that_it_reads(resource: Resource) -> None:
    path = f"/xapi{resource.path}"
    around = dict.fromkeys(resource.subject, True) | dict.fromkeys(resource.optional, False)
    for method, others in (("get", {resource.id: False, "since": False}), ("put", {resource.id: True}),
                           ("post", {resource.id: True}), ("delete", {resource.id: not resource.is_state})):
        documented = query_parameters(method, path, DOCUMENT["paths"][path][method])
        assert {name: each.get("required", False) for name, each in documented.items()} == around | others, method


@pytest.mark.parametrize("statement", [*BASES.values(), *map(edited, ACCEPTED)])
def test_the_schema_takes_every_statement_that_the_rules_take(statement: dict[str, Any]) -> None:
    checked = Draft202012Validator({"$ref": f"{URI}#/components/schemas/Statement"}, registry=REGISTRY)
    assert [f"{error.json_path}: {error.message}" for error in checked.iter_errors(statement)] == []


def test_the_states_are_those_of_the_query_schema() -> None:
    assert tuple(component("State")["enum"]) == queries.STATES


def test_the_scopes_and_algorithms_are_those_of_the_code() -> None:
    assert component("Scope")["enum"] == list(SCOPES)
    assert component("OpenIdIn")["properties"]["algorithms"]["items"]["enum"] == list(ALGORITHMS)


def test_the_kinds_of_outcome_and_what_each_states_are_those_of_the_code() -> None:
    outcome = component("AlignmentIn")["properties"]["outcome"]
    sendable = [kind for kind in (*READERS, RUBRIC) if kind != LEVEL]  # that one is Waymark's own
    assert outcome["properties"]["kind"]["enum"] == sendable == list(STATED)
    assert set(outcome["properties"]) == {"kind"}.union(*STATED.values())
    assert component("AlignmentIn")["properties"]["bears_on"]["enum"] == list(BEARING)


def test_there_are_examples_to_check() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(("pointer", "example"), [(pointer, example) for pointer, _, example in EXAMPLES],
                         ids=[at for _, at, _ in EXAMPLES])
def test_an_example_fits_its_schema(pointer: str, example: Any) -> None:
    assert errors(pointer, example) == []


def test_an_example_that_does_not_fit_is_found() -> None:
    assert errors("/components/schemas/PersonIn", {"name": "", "shoe": 43}) != []


def test_the_schema_of_the_rubric_extension_is_valid_and_so_are_its_examples() -> None:
    Draft202012Validator.check_schema(RUBRIC_LEVELS)
    for example in RUBRIC_LEVELS["examples"]:
        Draft202012Validator(RUBRIC_LEVELS).validate(example)


def test_the_schema_of_the_rubric_extension_takes_the_levels_that_the_code_takes() -> None:
    level = RUBRIC_LEVELS["properties"]["levels"]["additionalProperties"]
    assert (level["minimum"], level["maximum"]) == (LOWEST, HIGHEST)
    assert not Draft202012Validator(RUBRIC_LEVELS).is_valid({"rubric": "RB-6.1.3", "levels": {}})
    assert not Draft202012Validator(RUBRIC_LEVELS).is_valid({"rubric": "RB-6.1.3", "levels": {"closing-push": True}})


def test_the_documents_use_rubrics_and_criteria_of_the_catalogue() -> None:
    criteria = {rubric["code"]: {each["code"] for each in rubric["criteria"]} for rubric in builtin.read("rubrics")}
    values = [*rubric_values(), *RUBRIC_LEVELS["examples"]]
    assert len(values) >= 6
    for value in values:
        Draft202012Validator(RUBRIC_LEVELS).validate(value)
        assert set(value["levels"]) <= criteria[value["rubric"]]


def test_the_page_for_authors_names_every_rubric_and_criterion() -> None:
    for rubric in builtin.read("rubrics"):
        assert {code for code in (rubric["code"], rubric["competency"], *(each["code"] for each in rubric["criteria"]))
                if f"`{code}`" not in RUBRIC_PAGE} == set()


def test_the_outcomes_of_coverage_are_those_that_the_projection_gives() -> None:
    assert component("Outcome")["enum"] == list(OUTCOMES)
