"""Real files through HTTP: what goes in, what is refused, what a second and an interrupted import do."""

import gzip
import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.rules import check_statement
from tests.conftest import ROOT, SHARED, wait_until
from tests.flow.conftest import Installation, waymark
from waymark.importing import BadRecord, ImportFailed, record_id, records

FILES = {"fun-mooc-22000.json.gz": 22_000, "datasim-tccc.json.gz": 2_814}
REAL = SHARED / "data" / "xapi"
needs_real_data = pytest.mark.skipif(not REAL.exists(), reason="the shared data isn't beside this checkout")


TWICE = b'{"actor":{"mbox":"mailto:a@example.com"},"actor":{"mbox":"mailto:b@example.com"}}'


def statement(number: int, **changes: Any) -> dict[str, Any]:
    return {"actor": {"mbox": f"mailto:p{number % 7}@example.com"}, "verb": {"id": "http://example.com/v"},
            "object": {"id": f"http://example.com/{number}"}, **changes}


def run_import(installation: Installation, file: Path) -> subprocess.CompletedProcess[str]:
    return waymark("import", "statements", str(file), "--url", installation.url, "--data", str(installation.data))


def test_all_but_what_is_refused_goes_in_and_a_second_time_changes_nothing(installation: Installation,
                                                                           tmp_path: Path) -> None:
    rows: list[Any] = [statement(number) for number in range(230)]
    rows[17]["verb"] = {"id": "practised"}
    rows[120] = {**statement(120), "id": "not-an-id"}
    rows[121] = {**statement(121), "attachments": [{
        "usageType": "http://example.com/u", "display": {"en": "x"}, "contentType": "text/plain", "length": 1,
        "sha2": "ab" * 32}]}
    file = tmp_path / "statements.ndjson"
    file.write_bytes(b"\n".join(orjson.dumps(row) for row in rows) + b"\n{no json}\n[1]\n" + TWICE)
    installation.start()
    done = run_import(installation, file)
    assert done.returncode == 1
    assert "227 accepted (new, or there already), 6 refused" in done.stderr
    for line in ("record 18: XAPI-00011 at /verb/id: an IRI", "record 121: XAPI-00029 at /id",
                 "record 122: XAPI-00129 at /attachments/0", "record 231: XAPI-00014",
                 "record 232: XAPI-00006", "record 233: XAPI-00014"):
        assert line in done.stderr
    report = next((installation.data / "imports").glob("*.refused.ndjson")).read_text().splitlines()
    assert [json.loads(line)["record"] for line in report] == [18, 121, 122, 231, 232, 233]
    before = ids(installation)
    assert len(before) == 227
    assert "227 accepted" in run_import(installation, file).stderr
    assert ids(installation) == before


@pytest.mark.parametrize("form", ["array", "lines"])
@pytest.mark.parametrize("compressed", [True, False])
def test_each_form_is_read_and_ids_follow_from_the_file(tmp_path: Path, form: str, compressed: bool) -> None:
    rows = [statement(1), statement(2)]
    text = orjson.dumps(rows) if form == "array" else b"\n\n".join(orjson.dumps(row) for row in rows)
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(text) if compressed else text)
    assert list(records(file)) == [(1, rows[0]), (2 if form == "array" else 3, rows[1])]
    made = {record_id("ab", 0), record_id("ab", 1), record_id("cd", 0)}
    assert {uuid.UUID(each).version for each in made} == {5}
    assert len(made) == 3


@pytest.mark.parametrize("content", [
    b'[{"a": 1}', b"[1 2]", b"\x1f\x8bcut", gzip.compress(b'[{"a": 1}]', mtime=0)[:-6], b"[{]"], ids=repr)
def test_a_file_that_is_broken_as_a_whole_is_named_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    with pytest.raises(ImportFailed, match=r"broken\.json: "):
        list(records(file))


def test_one_bad_element_leaves_the_others_good(tmp_path: Path) -> None:
    file = tmp_path / "array.json"
    file.write_bytes(b"\xef\xbb\xbf [" + orjson.dumps(statement(1)) + b" , " + TWICE + b",7 ,"
                     + b"[" * 300 + b"]" * 300 + b"]")
    found = [each.requirement if isinstance(each, BadRecord) else each for _, each in records(file)]
    assert found == [statement(1), "XAPI-00014", "XAPI-00006", "XAPI-00014"]


def test_an_export_that_fails_leaves_the_file_that_was_there(installation: Installation, tmp_path: Path) -> None:
    installation.start()
    out = tmp_path / "out.ndjson"
    out.write_text("what was there")
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"key": "no", "secret": "body"}')
    options = ["--url", installation.url, "--data", str(installation.data)]
    done = waymark("export", "statements", str(out), *options, "--credential", str(wrong))
    assert (done.returncode, "401" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert out.read_text() == "what was there"
    wrong.write_text("{}")
    done = waymark("export", "statements", str(out), *options, "--credential", str(wrong))
    assert (done.returncode, "key and secret" in done.stderr) == (2, True)


def test_a_list_of_people_is_tried_and_then_taken_and_its_bad_row_is_named(installation: Installation,
                                                                           tmp_path: Path) -> None:
    installation.start()
    file = tmp_path / "people.csv"
    file.write_bytes("工号,姓名,部门,直属上级,岗位\n1001,王磊,华东,100,新人\n100,陈静,华东,,\n7,赵敏,华东,陈敬,\n".encode("gb18030"))
    command = ["import", "people", str(file), "--url", installation.url, "--data", str(installation.data)]
    runs: list[tuple[list[str], str, int]] = [
        (["--dry-run"], "would be 2 created", 0), ([], "2 created", 2), ([], "2 unchanged", 2)]
    for options, said, count in runs:
        done = waymark(*command, *options)
        assert done.returncode == 1, "a row is bad"
        assert said in done.stderr
        assert "row 4 is bad: 直属上级 '陈敬': nobody" in done.stderr
        assert len(installation.get("/api/v1/people")["people"]) == count
    file.write_text("姓名\n王磊\n")
    done = waymark(*command)
    assert (done.returncode, "there is no column 工号" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_what_is_exported_can_be_imported_elsewhere(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "in.ndjson"
    file.write_bytes(b"\n".join(orjson.dumps(statement(number)) for number in range(120)))
    installation.start()
    assert run_import(installation, file).returncode == 0
    out = tmp_path / "out.ndjson"
    options = ["--url", installation.url, "--data", str(installation.data)]
    assert waymark("export", "statements", str(out), *options).returncode == 0
    exported = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert len(exported) == 120
    for each in exported:
        check_statement(each, "2.0")
    assert "120 accepted" in run_import(installation, out).stderr
    assert len(ids(installation)) == 120


def test_an_import_interrupted_by_a_kill_of_server_and_mongod_goes_on_to_the_end(installation: Installation,
                                                                                 tmp_path: Path) -> None:
    rows = [statement(number) for number in range(6000)]
    file = tmp_path / "statements.json.gz"
    file.write_bytes(gzip.compress(orjson.dumps(rows)))
    installation.start()
    command = [sys.executable, "-m", "waymark", "import", "statements", str(file), "--url", installation.url, "--data",
               str(installation.data)]
    importer = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: reached(installation) >= 1500, 60, "a quarter is in")
    installation.kill()
    importer.kill()
    importer.wait()
    so_far = reached(installation)
    assert 1500 <= so_far < 6000
    installation.start()
    done = run_import(installation, file)
    assert f"going on from record {so_far:,}" in done.stderr
    assert done.returncode == 0, done.stderr
    assert len(ids(installation)) == 6000
    coverage = installation.settled()
    assert (coverage["statements"], sum(coverage["outcomes"].values())) == (6000, 6000)


@needs_real_data
@pytest.mark.parametrize("name", FILES)
def test_real_statements_go_in_whole_and_coverage_accounts_for_each(installation: Installation, name: str) -> None:
    installation.start()
    for _ in range(2):
        done = run_import(installation, REAL / name)
        assert done.returncode == 0, done.stderr
        assert f"{FILES[name]:,} accepted (new, or there already), 0 refused" in done.stderr
    coverage = installation.settled()
    assert coverage["statements"] == sum(coverage["outcomes"].values()) == FILES[name]
    assert sum(kind["statements"] for kind in coverage["kinds"]) == FILES[name]


def reached(installation: Installation) -> int:
    """The next record by the importer's own note."""
    for state in (installation.data / "imports").glob("*[0-9a-f].json"):
        time.sleep(0.01)
        return int(json.loads(state.read_text() or "{}").get("next", 0))
    return 0


def ids(installation: Installation) -> list[str]:
    found, page = [], installation.get("/xapi/statements")
    while True:
        found += [each["id"] for each in page["statements"]]
        if not page["more"]:
            return sorted(found)
        page = installation.get(page["more"])
