"""POST /api/v1/roster."""

from typing import Any

from bson import ObjectId
from flask import Blueprint, request

from competencies.people import Person
from competencies.personnel import Personnel
from competencies.roles import Role
from competencies.roster import Known, Roster, compare
from competencies.tables import BadRow, read_table
from competencies.views import current_caller, current_reach
from lrs.errors import Invalid, NotFound
from lrs.views import query, request_body, require
from schemas.people import PersonIn, PersonOut, RosterOut
from schemas.queries import TableQuery

blueprint = Blueprint("roster", __name__)
MEMBERS = PersonIn().fields.keys() - {"id", "since", "positions"}


@blueprint.post("/roster")
def post() -> Any:
    """Create and change the people of a CSV or XLSX file; with `dry_run` only say what would change."""
    require("people/write")
    dry_run, store = query(TableQuery())["dry_run"], current_reach().store
    table = read_table(request_body(), request.mimetype)
    known = [Known(each["id"], {name: each[name] for name in MEMBERS})
             for each in PersonOut(many=True).dump(Person.objects(store=store))]
    roster = compare(table, known, {role.code: role.name for role in Role.of(store)})
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
    done, personnel = Roster([], list(roster.bad)), Personnel(store, current_caller().name)
    for change in roster.changes:
        try:
            if change.is_new:
                personnel.save(change.fields, change.id)
            elif change.differing:  # and nothing else: others may change people meanwhile
                personnel.amend(change.id, {member: after for member, (_, after) in change.differing.items()})
            done.changes.append(change)
        except (Invalid, NotFound) as why:
            pointer = why.pointer if isinstance(why, Invalid) else "/id"
            done.bad.append(BadRow(change.row, pointer.strip("/").split("/")[0], change.id, str(why)))
    return done
