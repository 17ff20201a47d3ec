"""/api/v1/outcomes: what people's work came to, imported by the month and shown beside their gaps."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from competencies import business
from competencies.people import Person
from competencies.summaries import Summary, summarised
from competencies.tables import read_table
from competencies.views import as_of, current_analyses, current_caller, current_reach, today
from competencies.views.answers import as_table
from lrs.errors import Invalid
from lrs.rules.formats import format_timestamp
from lrs.views import query, request_body, require
from schemas.analyses import BesideOut, OutcomeReadOut
from schemas.queries import OutcomeQuery, TableQuery

blueprint = Blueprint("business", __name__)
PLACING = ("unit", "role", "manager", "person")
RATES = ("conversion", "repurchase", "win")
GAPS = ("met", "below", "unproven", "stale", "in_progress", "critical_open", "level", "expected_shortfall")
STATE = "state"
NOTE = {"en": "Beside each other, not one because of the other: who has fewer gaps can differ in much else.",
        "zh-CN": "二者只是并列，并非因果：差距较小的人在其他方面也可能不同。"}


@blueprint.post("/outcomes")
def post() -> Any:
    """Keep the months of a CSV or XLSX file; with `dry_run` only say what is in it."""
    require("people/write")
    dry_run, store = query(TableQuery())["dry_run"], current_reach().store
    found = business.read(read_table(request_body(), request.mimetype),
                          set(Person.objects(store=store).scalar("person")))
    if not dry_run:
        business.keep(store, current_caller().name, found.outcomes)
    return OutcomeReadOut().dump({"dry_run": dry_run, "kept": len(found.outcomes), "bad": found.bad})


@blueprint.get("/outcomes")
def find() -> Any:
    """By person, unit, role, or the state of one gap: rates with intervals beside the gaps of the same people."""
    require("gaps/read")
    asked = query(OutcomeQuery())
    if asked["by"] == STATE and "competency" not in asked:
        raise Invalid("/competency", "by=state needs one: it is of one gap")
    moment, reach = as_of(asked), current_reach()
    filters = {name: asked[name] for name in (*PLACING, "competency") if name in asked}
    groups = _groups(asked["by"], filters, moment)
    last = asked.get("until", f"{today():%Y-%m}")
    outcomes: dict[str, list[business.Outcome]] = {}
    for each in business.find(reach.store, asked.get("since", "2000-01"), last, groups.keys()):
        outcomes.setdefault(groups[each["person"]], []).append(each)
    gaps = _gaps(asked["by"], filters, moment)
    people = Counter(groups.values())
    rows = [{"key": key, "people": people[key],
             "with_outcomes": len({each["person"] for each in outcomes.get(key, ())}),
             **business.together(outcomes.get(key, ())), "gaps": vars(gaps[key]) if key in gaps else None}
            for key in sorted({*outcomes, *gaps})]
    shown = BesideOut(many=True).dump(rows)
    if asked["format"] == "csv":
        return as_table(list(COLUMNS), map(_flat, shown))
    return {"by": asked["by"], "as_of": format_timestamp(moment), "note": NOTE, "outcomes": shown}


COLUMNS = ("key", "people", "with_outcomes", "months",
           *(f"{name}{part}" for name in RATES for part in ("", "_low", "_high", "_count", "_of")), *GAPS,
           "won_reasons", "lost_reasons")


def _groups(by: str, filters: dict[str, Any], moment: int) -> dict[str, str]:
    """By person with a gap here, what they are counted under."""
    rows = current_analyses().gap_rows(current_reach(), filters, moment, None)
    return {row["person"]: row[by] for row in rows if row[by] is not None}


def _gaps(by: str, filters: dict[str, Any], moment: int) -> Mapping[str, Summary]:
    tallies = current_analyses().tallies(current_reach(), filters, moment, by)
    return {each.key: each for each in summarised(tallies, by) if each.key is not None}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    rates = {f"{name}{'_' + part if part != 'rate' else ''}": row[name][part] for name in RATES for part in row[name]}
    reasons = {name: [f"{each['reason']}={each['count']}" for each in row[name]]
               for name in ("won_reasons", "lost_reasons")}
    return {**row, **rates, **reasons, **{name: (row["gaps"] or {}).get(name) for name in GAPS}}
