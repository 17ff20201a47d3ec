"""A list of activities and what they prove, against the alignments of a store (pure).

A row is an alignment: an activity's id, or its beginning and a *; a verb, if only one counts; the competency; a weight
and a ceiling. Its code follows from the first three, so that the same row with another weight changes what it made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from competencies.alignment_checks import IRI, Known, checked
from competencies.alignments import Alignment
from competencies.outcomes import HIGHEST, LOWEST
from competencies.own_alignments import CEILING, WEIGHT, Own, activity_fault
from competencies.tables import BadCell, BadRow, as_headed, columns, rows_by_number

HEADINGS = {
    "activity": ("活动", "activity", "activity id"),
    "verb": ("动词", "verb"),
    "competency": ("能力", "能力项", "competency"),
    "weight": ("权重", "weight"),
    "ceiling": ("上限", "ceiling"),
}
REQUIRED = ("activity", "competency")
MOST = 2000  # rows
NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
VERBS = "http://adlnet.gov/expapi/verbs/"  # where a verb that is one word stands


@dataclass(frozen=True)
class Row:
    """What one row does: the alignment, and "created", "changed" or "unchanged"."""

    row: int
    code: str
    change: str
    alignment: Alignment


@dataclass(frozen=True)
class Table:
    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def edits(self) -> Mapping[str, tuple[Alignment, bool] | None]:
        return {row.code: (row.alignment, True) for row in self.rows if row.change != "unchanged"}


def compare(table: list[list[str]], own: Own, known: Known) -> Table:
    """What `table`, with its headings first, would change. Raises Invalid for one without the headings, or too long."""
    places = columns(table, HEADINGS, REQUIRED, MOST)
    found, seen = Table(), dict[str, int]()
    for number, row in rows_by_number(table, places).items():
        try:
            alignment = _alignment(row, known)
            if alignment.code in seen:
                raise BadCell("activity", row["activity"], f"row {seen[alignment.code]} says this already")
            seen[alignment.code] = number
            found.rows.append(Row(number, alignment.code, _change(alignment, own), alignment))
        except BadCell as bad:
            found.bad.append(BadRow(number, *bad.found))
    return Table(found.rows, as_headed(found.bad, table, places))


def _change(alignment: Alignment, own: Own) -> str:
    before = own.entries.get(alignment.code)
    if before is None or before.alignment is None:
        return "created"
    return "unchanged" if before.enabled and before.alignment == alignment else "changed"


def _alignment(row: dict[str, str], known: Known) -> Alignment:
    activity, competency, verb = row["activity"], row["competency"], row.get("verb", "")
    if fault := activity_fault(activity):
        raise BadCell("activity", activity[:200], fault)
    if competency not in known.competencies:
        raise BadCell("competency", competency[:200], "there is no such competency")
    if verb and ":" not in verb:
        verb = VERBS + verb
    if verb and not IRI.fullmatch(verb):
        raise BadCell("verb", row["verb"][:200], "this is neither an IRI nor the last word of an ADL verb")
    code = f"row-{sha256(' '.join((activity, verb, competency)).encode()).hexdigest()[:16]}"
    weight, ceiling = _number(row, "weight", WEIGHT, 0, 1), _number(row, "ceiling", CEILING, LOWEST, HIGHEST)
    return checked(Alignment(code, {"en": f"{activity} → {competency}"}, {"verb": verb} if verb else {},
                             {"kind": "result"}, [competency], weight, ceiling, [], activities=[activity]), known)


def _number(row: dict[str, str], member: str, default: float, lowest: float, highest: float) -> float:
    text = row.get(member, "")
    if text and not NUMBER.fullmatch(text):
        raise BadCell(member, text[:200], "this is no number")
    value = float(text) if text else default
    if not lowest <= value <= highest:
        raise BadCell(member, text[:200], f"it must be from {lowest:g} to {highest:g}")
    return value
