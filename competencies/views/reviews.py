"""/api/v1/people/{id}/review and /api/v1/review: a week or a month, of a person or of a team."""

from typing import Any

from flask import Blueprint

from competencies import printouts
from competencies.days import end, period_of
from competencies.resources import names_of_all
from competencies.reviewing import Period, Reviewing
from competencies.views import current_analyses, current_caller, current_reach, today
from competencies.views.answers import as_printed, as_table
from lrs.errors import Invalid
from lrs.models import Store
from lrs.views import query, require
from schemas.reviews import ReviewOut, ReviewQuery, TeamReviewOut, TeamReviewQuery

blueprint = Blueprint("reviews", __name__)
MOST_PEOPLE = 500
FILTERS = ("unit", "role", "manager")
COLUMNS = ("person", "begins", "ends", "what", "competency", "resource", "before", "after", "change", "why", "evidence",
           "when", "due", "words_zh", "words_en")
TEAM_COLUMNS = ("person", "name", "begins", "ends", "raised", "lowered", "first", "done", "stalled", "change", "next")


@blueprint.get("/people/<person>/review")
def get(person: str) -> Any:
    """What moved and by which evidence, what stalled, what to change, what is next."""
    require("plans/read")
    asked, somebody = query(ReviewQuery()), current_reach().person(person)
    review = ReviewOut().dump(_reviewing(asked).people([somebody])[person])
    if asked["format"] == "csv":
        return as_table(COLUMNS, ({**row, **{name: review[name] for name in COLUMNS[:3]}} for row in _rows(review)))
    if asked["format"] != "json":
        return as_printed(printouts.of_review(review, asked["language"]), asked["format"])
    return review


@blueprint.get("/review")
def get_of_team() -> Any:
    """The same of everybody in reach who stands where the filters say, side by side and together."""
    require("plans/read")
    asked = query(TeamReviewQuery())
    filters = {name: asked[name] for name in FILTERS if name in asked}
    reach, reviewing = current_reach(), _reviewing(asked)
    people = current_analyses().people_with_roles(reach, filters, reviewing.until, MOST_PEOPLE + 1)
    if len(people) > MOST_PEOPLE:
        raise Invalid("/unit", f"there are more than {MOST_PEOPLE} people: ask for a unit, a role or a manager's")
    effects = current_analyses().effects(reach, {}, reviewing.until) if people else []
    review = TeamReviewOut().dump(reviewing.team(people, effects))
    if asked["format"] == "csv":
        return as_table(TEAM_COLUMNS, ({**review, **_row(each)} for each in review["reviews"]))
    if asked["format"] != "json":
        of = " ".join(filters.values()) or Store.objects.get(id=reach.store).name
        return as_printed(printouts.of_team_review({**review, "of": of}, names_of_all(reach.store), asked["language"]),
                          asked["format"])
    return review


def _reviewing(asked: dict[str, Any]) -> Reviewing:
    """Of the period that a date is in; without one, the present one."""
    zone, store = current_caller().time_zone, current_reach().store
    day = asked.get("date", today())
    if day > today():
        raise Invalid("/date", "it is in the future")
    begins, ends = period_of(day, asked["period"], str(Store.objects.get(id=store).week_start))
    return Reviewing(current_analyses(), store, Period(asked["period"], begins, ends, zone), end(today(), zone))


def _rows(review: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for everything that a review says."""
    rows = [{**each, "what": "moved", "evidence": [piece["statement"] for piece in each["evidence"]]}
            for each in review["moved"]]
    rows += [{**each, "what": "done"} for each in review["done"]]
    rows += [{**each, "what": "stalled", "why": each["kind"], "when": each["since"]} for each in review["stalled"]]
    rows += [{**each, "what": "change", "why": each["kind"]} for each in review["change"]]
    rows += [{**each, "what": "next", "words": each["title"]} for each in review["next"]]
    return [{**row, "words_zh": row.get("words", {}).get("zh-CN"), "words_en": row.get("words", {}).get("en")}
            for row in rows]


def _row(each: dict[str, Any]) -> dict[str, Any]:
    said = {name: [f"{one['kind']}:{one['resource'] or one['competency'] or ''}".rstrip(":") for one in each[name]]
            for name in ("stalled", "change")}
    return {**each, **said, "next": [step["resource"] for step in each["next"]]}
