"""/api/v1/people/{id}/proficiencies, gaps, evidence; /api/v1/gaps; /api/v1/coverage."""

from itertools import islice
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from competencies.days import month_ends
from competencies.explain import shown
from competencies.people import Person
from competencies.planning import Planning
from competencies.proficiency import Proficiency
from competencies.summaries import COMPETENCY, summarised
from competencies.views import (
    as_of,
    current_analyses,
    current_caller,
    current_reach,
    paged,
    public_url,
    read_cursor,
)
from competencies.views.answers import as_table
from competencies.words import explanation
from lrs.errors import Invalid
from lrs.rules.formats import format_timestamp
from lrs.views import query, require
from schemas.analyses import (
    CoverageOut,
    EffectOut,
    EvidenceOut,
    GapOut,
    ProficiencyOut,
    RolledUpOut,
    RuleMetOut,
    SummaryOut,
    TakesOut,
    TrendOut,
)
from schemas.queries import AsOf, EffectQuery, GapQuery, NoParameters, SummaryQuery

blueprint = Blueprint("analyses", __name__)
MOST_STANDINGS = 5_000  # people and months that one request computes
FILTERS = ("unit", "role", "manager", "person", "competency", "state")


@blueprint.get("/people/<person>/proficiencies")
def find_proficiencies(person: str) -> dict[str, Any]:
    """The estimate for each competency that there is evidence for."""
    require("gaps/read")
    moment, reach = as_of(query(AsOf())), current_reach()
    found = current_analyses().standing(reach.store, reach.person(person), moment)
    return {"person": person, "as_of": format_timestamp(moment),
            "proficiencies": ProficiencyOut(many=True).dump(_proficiencies(found.estimates)),
            "rules": RuleMetOut(many=True).dump(found.rules),
            "rollups": RolledUpOut(many=True).dump(found.rollups)}


@blueprint.get("/people/<person>/gaps")
def find_gaps_of(person: str) -> dict[str, Any]:
    """The person's rows, with what it would take to close each that is open."""
    require("gaps/read")
    moment, reach = as_of(query(AsOf())), current_reach()
    somebody = reach.person(person)
    rows = list(current_analyses().gap_rows(reach, {"person": person}, moment, None))
    takes = {code: TakesOut().dump(each) for code, each in _takes(somebody, moment).items()} if rows else {}
    return {"person": person, "gaps": GapOut(many=True).dump(rows), "takes": takes, "as_of": format_timestamp(moment)}


def _takes(person: Person, moment: int) -> dict[str, dict[str, Any]]:
    """By competency with an open gap, the resources that close it, or as much of it as the catalogue does."""
    planning = Planning(current_analyses(), person.store, moment)
    situation, found = planning.situations([person])[person.person], {}
    for gap in situation.gaps:
        if gap.open:
            plan = planning.takes(situation, gap)
            found[gap.competency] = {
                "resources": [step.resource for step in plan.steps], "minutes": plan.minutes, "cost": plan.cost,
                "coach_hours": plan.coach_hours, "leaves": plan.remaining.get(gap.competency),
                "measures": any(gap.competency in step.measures for step in plan.steps)}
    return found


@blueprint.get("/people/<person>/evidence")
def find_evidence(person: str) -> dict[str, Any]:
    """Everything that the person's estimates rest on, latest first."""
    require("gaps/read")
    moment, reach = as_of(query(AsOf())), current_reach()
    found = current_analyses().evidence(reach.store, [reach.person(person)]).get(person, [])
    counted = sorted((each for each in found if each.happened <= moment), key=lambda each: (-each.happened, each.id))
    rows = [{**shown(each), "statement_url": public_url(f"/xapi/statements?statementId={each.statement}")}
            for each in counted]
    return {"person": person, "as_of": format_timestamp(moment), "evidence": EvidenceOut(many=True).dump(rows)}


@blueprint.get("/gaps")
def find_gaps() -> Any:
    """Flat rows over everyone in reach, as JSON or CSV, page by page."""
    require("gaps/read")
    found = query(GapQuery())
    filters, after, moment = {name: found[name] for name in FILTERS if name in found}, None, as_of(found)
    if "cursor" in found:  # it holds the filters and the moment of the first page
        claims = read_cursor(found["cursor"])
        filters, after, moment = claims["filters"], (claims["person"], claims["competency"]), claims["as_of"]
    rows = list(islice(current_analyses().gap_rows(current_reach(), filters, moment, after), found["limit"] + 1))
    rows, cursor = paged(rows, found["limit"], lambda row: {
        "person": row["person"], "competency": row["competency"], "as_of": moment, "filters": filters})
    shown_rows = GapOut(many=True).dump(rows)
    if found["format"] == "csv":
        return _csv(shown_rows, cursor)
    return {"gaps": shown_rows, "as_of": format_timestamp(moment), "next": cursor}


@blueprint.get("/gaps/summary")
def summarise() -> Any:
    """The gaps of everyone in reach, counted by competency, unit or role; beside others, and month by month."""
    require("gaps/read")
    found = query(SummaryQuery())
    moment, reach = as_of(found), current_reach()
    filters: dict[str, Any] = {name: found[name] for name in FILTERS[:5] if name in found}
    tallies = current_analyses().tallies(reach, filters, moment, found["by"])
    effects = current_analyses().effects(reach, filters, moment) if found["by"] == COMPETENCY else []
    summary = SummaryOut(many=True).dump(summarised(tallies, found["by"], effects))
    if found["format"] == "csv":
        return as_table(list(SummaryOut().fields), ({**row, "raised_by": [each["resource"] for each in row[
            "raised_by"]]} for row in summary))
    answer = {"by": found["by"], "as_of": format_timestamp(moment), "summary": summary,
              "trend": _trend(found, filters, moment) if found["months"] else []}
    beside: dict[str, Any] = {name: found[f"beside_{name}"] for name in FILTERS[:2] if f"beside_{name}" in found}
    if beside:
        others = current_analyses().tallies(reach, beside, moment, found["by"])
        answer["beside"] = {**beside, "summary": SummaryOut(many=True).dump(summarised(others, found["by"]))}
    return answer


def _trend(found: dict[str, Any], filters: dict[str, Any], moment: int) -> list[Any]:
    """The summary at the end of each of the months before. Raises Invalid where that is too much for a request."""
    people = current_analyses().count(current_reach(), filters, moment)
    if people * found["months"] > MOST_STANDINGS:
        raise Invalid("/months", f"{people} people in {found['months']} months are more than {MOST_STANDINGS:,} "
                                 "standings: ask for fewer months, or for a unit below")
    trend = []
    for end in month_ends(moment, found["months"], current_caller().time_zone):
        tallies = current_analyses().tallies(current_reach(), filters, end, found["by"])
        trend.append({"as_of": format_timestamp(end), "summary": summarised(tallies, found["by"])})
    return cast(list[Any], TrendOut(many=True).dump(trend))


@blueprint.get("/effects")
def find_effects() -> Any:
    """What was measured before and after people took each resource."""
    require("gaps/read")
    found = query(EffectQuery())
    moment = as_of(found)
    rows = current_analyses().effects(current_reach(), found, moment)
    return {"effects": EffectOut(many=True).dump(rows), "as_of": format_timestamp(moment)}


@blueprint.get("/coverage")
def get_coverage() -> Any:
    """What arrived, what became of it, and what matched nothing."""
    require("gaps/read")
    query(NoParameters())
    current_reach().require_all()
    return CoverageOut().dump(current_analyses().coverage(current_reach().store))


def _proficiencies(found: list[Proficiency]) -> list[dict[str, Any]]:
    called, zone = current_analyses().attempted(current_reach().store, found), current_caller().time_zone
    return [{**vars(each), "attempts": each.n, "last_evidence": format_timestamp(each.last),
             "decay": each.decay._asdict(), "evidence": list(each.statements),
             "shares": [{"statement": statement, "share": share} for statement, share in each.shares],
             "explanation": explanation(each, called[each.competency], zone)} for each in found]


def _csv(rows: list[dict[str, Any]], cursor: str | None) -> Response:
    response = as_table(list(GapOut().fields), rows)
    if cursor:
        address = f"{request.path}?{urlencode({'format': 'csv', 'limit': len(rows), 'cursor': cursor})}"
        response.headers["Link"] = f'<{public_url(address)}>; rel="next"'
    return response
