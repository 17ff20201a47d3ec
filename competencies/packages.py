"""A framework as a store writes it: whole, with its associations, rubrics, roles and resources; and whether it holds
together (pure).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from competencies.frameworks import CARRYING
from lrs.errors import Invalid

DEEPEST = 50  # of isChildOf, and of prerequisites
PARTS = ("competencies", "rubrics", "roles", "resources")  # each with a code
Package = Mapping[str, Any]


@dataclass(frozen=True)
class Outside:
    """What a store has beside a framework: the codes of each part, and of associations; and the competencies of the
    framework's versions before.
    """

    codes: Mapping[str, frozenset[str]]
    links: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()


def check(package: Package, outside: Outside) -> None:
    """Raises Invalid, with a pointer, where it doesn't hold together, or codes clash with those that are there."""
    own = {part: _codes(package, part, outside) for part in PARTS}
    there = {part: own[part] | outside.codes[part] for part in PARTS}
    for at, part, code in references(package):
        if code not in there[part]:
            raise Invalid(at, f"there is no such one among the {part}: {code!r}")
    said = set(outside.links)
    for index, link in enumerate(package["associations"]):
        _check_association(link, f"/associations/{index}", own["competencies"], there["competencies"], outside.before)
        if link_code(link) in said:
            raise Invalid(f"/associations/{index}", "this stands twice, here or in another framework")
        said.add(link_code(link))
    _check_rubrics(package)
    _check_once(package)
    for index, resource in enumerate(package["resources"]):
        for place, closing in enumerate(resource["closes"]):
            if closing["from"] >= closing["to"]:
                raise Invalid(f"/resources/{index}/closes/{place}/to", "it must be above from")
    for type_ in ("isChildOf", "isPartOf", "precedes"):
        _check_no_ring([(each["origin"], each["destination"]) for each in package["associations"]
                        if each["type"] == type_], "/associations", type_)
    _check_no_ring([(each["code"], code) for each in package["resources"] for code in each["prerequisites"]],
                   "/resources", "prerequisites")


def _check_rubrics(package: Package) -> None:
    for index, rubric in enumerate(package["rubrics"]):
        total = sum(criterion["weight"] for criterion in rubric["criteria"])
        if not isclose(total, 1, abs_tol=0.001):
            raise Invalid(f"/rubrics/{index}/criteria", f"the weights sum to {total:g}, not to 1")
        codes = [criterion["code"] for criterion in rubric["criteria"]]
        if len(set(codes)) < len(codes):
            raise Invalid(f"/rubrics/{index}/criteria", "a code stands twice")


def _check_once(package: Package) -> None:
    """A role requires a competency once, and a resource closes it once."""
    for part, members in (("roles", "targets"), ("resources", "closes")):
        for index, each in enumerate(package[part]):
            codes = [member["competency"] for member in each[members]]
            for place, code in enumerate(codes):
                if code in codes[:place]:
                    raise Invalid(f"/{part}/{index}/{members}/{place}/competency", f"{code!r} stands twice")


def _codes(package: Package, part: str, outside: Outside) -> set[str]:
    found: set[str] = set()
    for index, each in enumerate(package[part]):
        if each["code"] in found:
            raise Invalid(f"/{part}/{index}/code", f"{each['code']!r} stands twice")
        if each["code"] in outside.codes[part]:
            raise Invalid(f"/{part}/{index}/code", f"{each['code']!r} is built in, or another framework's")
        found.add(each["code"])
    return found


def references(package: Package) -> Iterator[tuple[str, str, str]]:
    """Everything that something of the package refers to: where, among which part, and its code."""
    for index, competency in enumerate(package["competencies"]):
        for place, code in enumerate(competency.get("rollup", {}).get("required", ())):
            yield f"/competencies/{index}/rollup/required/{place}", "competencies", code
    for index, rubric in enumerate(package["rubrics"]):
        yield f"/rubrics/{index}/competency", "competencies", rubric["competency"]
        for place, criterion in enumerate(rubric["criteria"]):
            for number, code in enumerate(criterion["competencies"]):
                yield f"/rubrics/{index}/criteria/{place}/competencies/{number}", "competencies", code
    for index, role in enumerate(package["roles"]):
        for place, target in enumerate(role["targets"]):
            yield f"/roles/{index}/targets/{place}/competency", "competencies", target["competency"]
    for index, resource in enumerate(package["resources"]):
        for place, closing in enumerate(resource["closes"]):
            yield f"/resources/{index}/closes/{place}/competency", "competencies", closing["competency"]
        for place, code in enumerate(resource["prerequisites"]):
            yield f"/resources/{index}/prerequisites/{place}", "resources", code


def link_code(link: Mapping[str, Any]) -> str:
    return f"{link['origin']} {link['type']} {link['destination']}"


def _check_association(link: Mapping[str, Any], at: str, own: set[str], there: set[str] | frozenset[str],
                       before: frozenset[str]) -> None:
    """Both ends are there, but for what is replaced, which was; one at least is this framework's."""
    replaced = link["type"] == "replacedBy"
    if replaced and link["origin"] in there:
        raise Invalid(f"{at}/origin", "it is there still: what a version before had, and is left out, is replaced")
    if link["origin"] not in (before if replaced else there):
        where = " in a version before" if replaced else ""
        raise Invalid(f"{at}/origin", f"there is no competency {link['origin']!r}{where}")
    if link["destination"] not in there:
        raise Invalid(f"{at}/destination", f"there is no competency {link['destination']!r}")
    if link["origin"] == link["destination"]:
        raise Invalid(f"{at}/destination", "it is the origin")
    if not replaced and not own & {link["origin"], link["destination"]}:
        raise Invalid(at, "neither end is a competency of this framework")
    if (link["type"] == "isPartOf") != ("weight" in link):
        raise Invalid(f"{at}/weight", "isPartOf has a weight, and nothing else has")


def _check_no_ring(edges: list[tuple[str, str]], at: str, what: str) -> None:
    leads: dict[str, set[str]] = {}
    for origin, destination in edges:
        leads.setdefault(origin, set()).add(destination)
    done: set[str] = set()
    for start in leads:
        path, waiting = list[str](), [(start, False)]
        while waiting:
            code, left = waiting.pop()
            if left:
                path.pop()
                done.add(code)
            elif code in path:
                raise Invalid(at, f"{what} makes a ring: {' → '.join([*path[path.index(code):], code])}")
            elif len(path) >= DEEPEST:
                raise Invalid(at, f"{what} is more than {DEEPEST} deep: {' → '.join(path[:3])} → …")
            elif code not in done:
                path.append(code)
                waiting += [(code, True), *((each, False) for each in sorted(leads.get(code, ())))]


def documents(package: Package, code: str, version: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The collection and the document of everything in a package."""
    yield "frameworks", {"code": code, "version": str(version), "title": package["title"],
                         "description": package["description"], "scale": []}
    for place, each in enumerate(package["competencies"]):
        yield "competencies", {**each, "framework": code, "place": place}
    for part in ("rubrics", "resources"):
        for each in package[part]:
            yield part, each
    for each in package["roles"]:
        yield "roles", {**each, "version": str(version)}
    for each in package["associations"]:
        yield "associations", {**each, "code": link_code(each)}


def carrying_links(package: Package) -> list[tuple[str, str, str]]:
    """The links by which evidence on one competency counts for another, as type, origin, destination."""
    return [(each["type"], each["origin"], each["destination"]) for each in package["associations"]
            if each["type"] in CARRYING]
