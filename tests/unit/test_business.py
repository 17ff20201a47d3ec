"""Monthly outcomes: tables that people send, and Wilson's interval."""

from typing import Any

import pytest

from competencies.business import rate, read, together
from lrs.errors import Invalid

PEOPLE = {"li", "wu"}
HEAD = ["工号", "月份", "leads", "conversions", "won", "lost", "lost: price", "Lost：交期"]


def test_counts_and_reasons_are_read_in_either_language() -> None:
    rows = [["li", "2026年10月", "40", "10", "3", "5", "2", "3"], ["wu", "2026-9", "", "", "1", "", "", ""]]
    found = read([HEAD, *rows], PEOPLE)
    assert found.bad == []
    first, second = found.outcomes
    assert (first["month"], first["conversions"], first["lost_reasons"]) == ("2026-10", 10, {"price": 2, "交期": 3})
    assert (second["month"], second["won"], "leads" in second) == ("2026-09", 1, False)


@pytest.mark.parametrize(("row", "column"), [
    (["chen", "2026-10", "", "", "", "", "", ""], "工号"), (["li", "2026-13", "", "", "", "", "", ""], "月份"),
    (["li", "２０２６-10", "", "", "", "", "", ""], "月份"),
    (["li", "soon", "", "", "", "", "", ""], "月份"), (["li", "2026-10", "4", "5", "", "", "", ""], "conversions"),
    (["li", "2026-10", "-4", "", "", "", "", ""], "leads"), (["li", "2026-10", "1.5", "", "", "", "", ""], "leads"),
    (["li", "2026-10", "", "", "", "1", "2", ""], "lost: price"), (["li", "2026-10", "", "3", "", "", "", ""],
                                                                 "conversions")])
def test_a_bad_row_is_left_out_and_told_with_its_column(row: list[str], column: str) -> None:
    found = read([HEAD, row, ["wu", "2026-10", "1", "1", "1", "1", "1", ""]], PEOPLE)
    assert [(each.row, each.column) for each in found.bad] == [(2, column)]
    assert [each["person"] for each in found.outcomes] == ["wu"]


def test_a_month_that_stands_twice_is_nobodys() -> None:
    rows = [["li", month, "1", "", "", "", "", ""] for month in ("2026-10", "2026/10", "2026-11")]
    found = read([HEAD, *rows], PEOPLE)
    assert [each.row for each in found.bad] == [2, 3]
    assert [each["month"] for each in found.outcomes] == ["2026-11"]


def test_without_person_or_month_it_is_no_table_of_outcomes() -> None:
    with pytest.raises(Invalid, match="month"):
        read([["person", "leads"]], PEOPLE)
    with pytest.raises(Invalid, match="twice"):
        read([["person", "month", "lost: price", "Lost：price"]], PEOPLE)


@pytest.mark.parametrize(("count", "of", "low", "high"), [
    (5, 10, 0.269, 0.731), (0, 10, 0.0, 0.213), (10, 10, 0.787, 1.0), (19, 60, 0.228, 0.422)])
def test_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    """By its formula, worked by hand with z = 1.645."""
    found = rate(count, of)
    assert found.low == pytest.approx(low, abs=0.001)
    assert found.high == pytest.approx(high, abs=0.001)


def test_of_nothing_there_is_no_rate() -> None:
    assert rate(0, 0).rate is None
    assert together([])["conversion"].low is None


def test_together_months_add_up_and_the_most_frequent_reason_is_first() -> None:
    def month(number: int, **more: Any) -> dict[str, Any]:
        return {"month": f"2026-0{number}", "won": 1, "lost": 4, "leads": 9, "lost_reasons": more}
    found = together([month(1, price=1, time=2), month(2, price=3), month(2)])
    assert (found["months"], found["win"].count, found["win"].of) == (2, 3, 15)
    assert found["conversion"].of == 0, "without conversions leads say nothing"
    assert found["lost_reasons"] == [{"reason": "price", "count": 4}, {"reason": "time", "count": 2}]
