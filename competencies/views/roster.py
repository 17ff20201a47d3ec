"""POST /api/v1/roster."""

from typing import Any

from bson import ObjectId
from flask import Blueprint, request

from competencies.people import Person, save_person
from competencies.roles import Role
from competencies.roster import Known, Roster, compare
from competencies.tables import BadRow, read_table
from competencies.views import current_reach
from lrs.errors import Invalid
from lrs.views import query, request_body, require
from schemas.people import PersonOut, RosterOut
from schemas.queries import TableQuery

blueprint = Blueprint("roster", __name__)


@blueprint.post("/roster")
def post() -> Any:
    """Create and change the people of a CSV or XLSX file; with `dry_run` only say what would change."""
    require("people/write")
    dry_run, store = query(TableQuery())["dry_run"], current_reach().store
    table = read_table(request_body(), request.mimetype)
    known = [Known(each.pop("id"), each) for each in PersonOut(many=True).dump(Person.objects(store=store))]
    roster = compare(table, known, {role.code: role.name for role in Role.objects})
    if not dry_run:
        roster = _applied(store, roster)
    changed = [change for change in roster.changes if change.differing and not change.is_new]
    created = [change for change in roster.changes if change.is_new]
    return RosterOut().dump({
        "dry_run": dry_run, "created": len(created), "changed": len(changed),
        "unchanged": len(roster.changes) - len(created) - len(changed), "bad": roster.bad,
        "rows": sorted(roster.changes, key=lambda change: change.row)})


def _applied(store: ObjectId, roster: Roster) -> Roster:
    """What was done of it: others may have changed people since they were compared."""
    done = Roster([], list(roster.bad))
    for change in roster.changes:
        try:
            if change.is_new or change.differing:
                save_person(store, change.fields, change.id)
            done.changes.append(change)
        except Invalid as invalid:
            done.bad.append(BadRow(change.row, invalid.pointer.strip("/").split("/")[0], change.id, str(invalid)))
    return done
