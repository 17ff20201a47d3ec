"""Answers that aren't JSON: tables as CSV, sheets as pages and PDF."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from flask import Response

from competencies.printing import Printout, as_page, as_pdf

POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'"
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # in either width
BOM = "\ufeff"  # without it Excel reads UTF-8 as something else


def as_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """Rows as CSV, a column for each of these names."""
    out = StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows({name: _cell(row.get(name)) for name in columns} for row in rows)
    return Response(BOM + out.getvalue(), content_type="text/csv; charset=utf-8")


def as_printed(printout: Printout, form: str) -> Response:
    """A printout as `html` or `pdf`."""
    if form == "pdf":
        return Response(as_pdf(printout), mimetype="application/pdf",
                        headers={"Content-Disposition": "inline"})
    return Response(as_page(printout), mimetype="text/html", headers={"Content-Security-Policy": POLICY})


def _cell(value: Any) -> Any:
    """Lists by spaces, Booleans as in JSON; and no text that a spreadsheet would take for a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str) and (value.lstrip()[:1] in FORMULA or value[:1] in ("\t", "\r", "\n")):
        return f"'{value}"
    return value
