"""Writes CONFORMANCE.md: each row of the two requirement tables, and the tests that prove it.

    python -m tests.conformance.ledger            writes it
    python -m tests.conformance.ledger --check    fails where it is stale or a row has no test
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from lrs.http_rules.table import REQUIREMENTS as HTTP
from lrs.rules.table import REQUIREMENTS as DATA

ROOT = Path(__file__).parent.parent.parent
LEDGER = ROOT / "CONFORMANCE.md"
SHOWN = 3  # tests by their names; the rest is counted
VERSIONS = ("1.0.3", "2.0")

HEAD = """# Conformance

Every requirement of xAPI 1.0.3 and 2.0 (IEEE 9274.1.1) that Waymark checks or keeps, with the section that asks for it
and the tests that prove it. `make conformance` writes this page from `lrs/rules/table.py`, `lrs/http_rules/table.py`
and the marks of the tests; a test fails when it is stale, or when a row has no test. A refusal names its row: the
member `requirement` of the answer is the first column here.

ADL's numbers are those of its conformance requirements. Its suite (`adlnet/lrs-conformance-test-suite`) has 1365 tests
for 1.0.3 and 1442 for 2.0. All pass on one server; only the answer to a request that names no version differs, by
`WAYMARK_DEFAULT_XAPI_VERSION`:

```sh
WAYMARK_DEFAULT_XAPI_VERSION=2.0.0 .venv/bin/waymark serve     # 1.0.3 for the other run
node bin/console_runner.js -x 2.0.0 -e http://127.0.0.1:8080/xapi -a -u KEY -p SECRET
```

"""


class Collector:
    """A pytest plugin that notes which tests say that they prove which rows."""

    def __init__(self) -> None:
        self.proofs: dict[str, dict[str, int]] = defaultdict(dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            name = item.nodeid.partition("[")[0]
            for mark in item.iter_markers("requirement"):
                for row in mark.args:
                    self.proofs[row][name] = self.proofs[row].get(name, 0) + 1


def collected() -> dict[str, dict[str, int]]:
    """For each row its tests, with how many cases each has."""
    collector = Collector()
    status = pytest.main(["--collect-only", "-p", "no:terminal", "-o", "addopts=--strict-markers", str(ROOT / "tests")],
                         plugins=[collector])
    if status != pytest.ExitCode.OK:
        raise SystemExit("the tests can't be collected")
    return collector.proofs


def written(proofs: dict[str, dict[str, int]]) -> str:
    cases = sum(sum(tests.values()) for tests in proofs.values())
    tests = {name for row in proofs.values() for name in row}
    adl = {number for row in HTTP.values() for number in _numbers(f"{row.id} {row.adl}")} | {
        number for row in DATA for number in _numbers(row)}
    sections = [row.sections for row in DATA.values()] + [row.sections for row in HTTP.values()]
    per_version = ", ".join(f"{sum(version in each for each in sections)} for {version}" for version in VERSIONS)
    totals = (f"{len(DATA) + len(HTTP)} requirements: {len(DATA)} on data, {len(HTTP)} on communication "
              f"({per_version}). "
              f"They cover {len(adl)} of ADL's numbers. {len(tests)} tests with {cases:,} cases prove them.\n\n")
    data = _table(("requirement", *VERSIONS, "rule", "tests"), (
        (row.id, *_sections(row.sections), row.text, _shown(proofs[row.id])) for row in DATA.values()))
    http = _table(("requirement", "ADL's numbers", *VERSIONS, "rule", "tests"), (
        (row.id, row.adl, *_sections(row.sections), row.text, _shown(proofs[row.id])) for row in HTTP.values()))
    return f"{HEAD}{totals}## Data\n\n{data}\n## Communication\n\n{http}"


def _numbers(text: str) -> set[int]:
    """The numbers that "XAPI-00125 to XAPI-00127, XAPI-00131" names."""
    spans = re.findall(r"XAPI-(\d{5})(?:-\d)?(?: to XAPI-(\d{5}))?", text)
    return {number for first, last in spans for number in range(int(first), int(last or first) + 1)}


def _sections(sections: dict[str, str]) -> list[str]:
    return [sections.get(version, "–").removeprefix("IEEE 9274.1.1 ") for version in VERSIONS]


def _shown(tests: dict[str, int]) -> str:
    names = [f"`{name.removeprefix('tests/')}`" + (f" ({count})" if count > 1 else "")
             for name, count in sorted(tests.items())]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    proofs = collected()
    unproven = [row for row in (*DATA, *HTTP) if row not in proofs]
    unknown = [row for row in proofs if row not in DATA and row not in HTTP]
    if unproven or unknown:
        raise SystemExit(f"rows without a test: {unproven}; marks that name no row: {unknown}")
    text = written(proofs)
    if "--check" not in sys.argv:
        LEDGER.write_text(text, encoding="utf-8")
    elif not LEDGER.exists() or LEDGER.read_text(encoding="utf-8") != text:
        raise SystemExit("CONFORMANCE.md is stale: make conformance")


if __name__ == "__main__":
    main()
