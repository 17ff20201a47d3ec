"""Lists of people: what a file would change, and which rows are bad and why."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from competencies.roster import MOST, Known, Roster, compare
from competencies.tables import CSV, MOST_UNPACKED, XLSX, BadRow, read_table
from lrs.errors import Invalid

ROLES = {"key-account": {"zh-CN": "大客户销售", "en": "Key account"}, "newcomer": {"zh-CN": "新人", "en": "Newcomer"}}
HEADINGS = ["工号", "姓名", "部门", "直属上级", "岗位"]
CHEN = Known("100", {"name": "陈静", "unit": "华东", "role": None, "manager": None, "login": "chen", "analyst": True,
                     "identifiers": [{"objectType": "Agent", "mbox": "mailto:chen@example.com"}]})


def roster(*rows: list[str], headings: list[str] = HEADINGS) -> Roster:
    return compare([headings, *rows], [CHEN], ROLES)


def test_a_new_person_takes_what_the_row_says() -> None:
    (change,) = roster(["1001", " 王磊 ", "华东", "陈静", "大客户销售"]).changes
    assert (change.row, change.id, change.is_new) == (2, "1001", True)
    assert change.fields == {"name": "王磊", "unit": "华东", "role": "key-account", "manager": "100", "login": None,
                             "analyst": False, "identifiers": []}
    assert change.differing["manager"] == (None, "100")


def test_a_known_person_keeps_what_the_file_has_no_column_for() -> None:
    (change,) = roster(["100", "陈静", "华南"], headings=["id", "Name", "Department"]).changes
    assert change.differing == {"unit": ("华东", "华南")}
    assert change.fields == {**CHEN.fields, "unit": "华南"}


def test_a_row_that_says_what_is_known_changes_nothing_and_an_empty_cell_takes_away() -> None:
    headings = ["工号", "姓名", "部门", "登录名", "邮箱"]
    same, = roster(["100", "陈静", "华东", "chen", "chen@example.com"], headings=headings).changes
    assert same.differing == {}
    less, = roster(["100", "陈静", "华东", "", ""], headings=headings).changes
    assert less.differing == {"login": ("chen", None)}, "an identifier is never taken away"


def test_managers_come_before_those_they_manage_whatever_the_files_order() -> None:
    found = roster(["3", "丙", "U", "乙", ""], ["2", "乙", "U", "1", ""], ["1", "甲", "U", "陈静", ""])
    assert [change.id for change in found.changes] == ["1", "2", "3"]
    assert found.bad == []


@pytest.mark.parametrize(("row", "column", "why"), [
    (["", "王磊", "华东", "", ""], "工号", "1 to 64"), (["王", "王磊", "华东", "", ""], "工号", "1 to 64"),
    (["1", "", "华东", "", ""], "姓名", "1 to 200"), (["1", "王磊", "", "", ""], "部门", "1 to 200"),
    (["1", "王磊", "U" * 201, "", ""], "部门", "1 to 200"), (["1", "王磊"], "部门", "1 to 200"),
    (["1", "王磊", "华东", "陈敬", ""], "直属上级", "nobody"),
    (["1", "王磊", "华东", "1", ""], "直属上级", "themselves"),
    (["1", "王磊", "华东", "王磊", ""], "直属上级", "themselves"),
    (["1", "王磊", "华东", "", "大客户"], "岗位", "no such role; there are key-account, newcomer")])
def test_a_bad_row_is_named_with_its_column_and_the_reason_and_the_others_stand(row: Any, column: str,
                                                                                why: str) -> None:
    found = roster(["2", "周婷", "华东", "", ""], row)
    assert [change.id for change in found.changes] == ["2"]
    (bad,) = found.bad
    assert (bad.row, bad.column) == (3, column)
    assert why in bad.why


def test_a_number_that_stands_twice_is_bad_in_each_row() -> None:
    assert [bad.row for bad in roster(["1", "甲", "U", "", ""], ["1", "乙", "U", "", ""]).bad] == [2, 3]


def test_a_name_that_several_have_is_no_manager() -> None:
    (bad,) = roster(["7", "陈静", "U", "", ""], ["1", "甲", "U", "陈静", ""]).bad
    assert "100, 7" in bad.why


def test_a_ring_of_managers_is_bad_and_so_is_who_is_managed_by_a_bad_row() -> None:
    found = roster(["1", "甲", "U", "2", ""], ["2", "乙", "U", "1", ""], ["3", "丙", "U", "4", ""],
                   ["4", "丁", "U", "", "x"])
    assert found.changes == []
    assert [(bad.row, bad.why.split(":")[0]) for bad in found.bad] == [
        (2, "the rows make a ring of managers"), (3, "the rows make a ring of managers"),
        (4, "the row of this manager is bad"), (5, "there is no such role; there are key-account, newcomer")]


@pytest.mark.parametrize(("address", "why"), [
    ("no address", "no e-mail address"), ("chen@example.com", "100 has this")])
def test_a_mailbox_that_is_none_or_anothers_is_bad(address: str, why: str) -> None:
    (bad,) = roster(["1", "王磊", "华东", address], headings=["工号", "姓名", "部门", "邮箱"]).bad
    assert why in bad.why


def test_one_mailbox_for_two_rows_is_the_firsts() -> None:
    headings = ["工号", "姓名", "部门", "邮箱"]
    found = roster(["1", "甲", "U", "x@example.com"], ["2", "乙", "U", "x@example.com"], headings=headings)
    assert found.bad == [BadRow(3, "邮箱", "x@example.com", "1 has this one")]
    assert found.changes[0].fields["identifiers"] == [{"objectType": "Agent", "mbox": "mailto:x@example.com"}]


@pytest.mark.parametrize(("table", "why"), [
    ([], "empty"), ([["工号", "姓名"]], "部门 or unit or department"), ([["a"]], "工号"),
    ([HEADINGS, *[["1"]] * (MOST + 1)], "2,000 at a time")])
def test_a_table_that_is_no_list_of_people_is_refused_whole(table: list[list[str]], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        compare(table, [], ROLES)


TABLE = [["工号", "姓名"], ["1001", '王 "磊", 大'], ["1002", "㐀周"]]


def workbook(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_encoding(encoding: str) -> None:
    text = '工号,姓名\r\n1001,"王 ""磊"", 大"\r\n1002,㐀周\r\n'
    assert read_table(text.encode(encoding), CSV) == TABLE


def test_a_workbook_is_read_with_numbers_as_they_are_written_and_without_its_empty_end() -> None:
    rows: list[list[Any]] = [["工号", "姓名"], [1001, '王 "磊", 大'], [1002.0, "㐀周"], [None, None], ["", None]]
    assert read_table(workbook(rows), XLSX) == TABLE


def bomb() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (MOST_UNPACKED + 1))
    return out.getvalue()


@pytest.mark.parametrize(("body", "kind", "why"), [
    (b"\xff\xff", CSV, "neither UTF-8 nor GB18030"), (b'a,"b', CSV, "no CSV"), (b"PK no zip", XLSX, "no workbook"),
    (b"", XLSX, "no workbook"), (workbook([["a"]])[:-40], XLSX, "no workbook"), (bomb(), XLSX, "unpacked"),
    (b"{}", "application/json", "text/csv")], ids=["bytes", "quote", "text", "empty", "cut", "bomb", "json"])
def test_what_cant_be_read_is_refused_with_the_reason(body: bytes, kind: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read_table(body, kind)
