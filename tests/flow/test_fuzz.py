"""What schemathesis makes of openapi.yaml, sent to a live server: valid requests, invalid ones, and sequences of both.

The rules of statements say more than a schema can, so a valid request may be refused; everything else must be as it is
described. `make fuzz` sends more.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, Client
from tests.unit.builders import FUZZ

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "missing_required_header", "unsupported_method", "negative_data_rejection",
          "ignored_auth")
SECONDS = 3600


EXAMPLES = 6
# What covers each schema's every corner takes four minutes: `make fuzz` has it
PHASES = "examples,fuzzing,stateful" if FUZZ == 1 else "examples,coverage,fuzzing,stateful"
PERSONAL = "people|roster|units|plans|sheets|plan-templates|launches|review"
PARTS = (r"^/(?!api/v1/)|^/api/v1/admin", rf"^/api/v1/({PERSONAL})(/|$)", rf"^/api/v1/(?!admin|({PERSONAL})(/|$))")


def test_each_path_is_in_one_part() -> None:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    assert {path: sum(bool(re.search(part, path)) for part in PARTS) for path in paths} == dict.fromkeys(paths, 1)


@pytest.mark.fuzz
@pytest.mark.parametrize("part", PARTS, ids=("xapi", "people", "others"))
def test_no_generated_request_is_answered_otherwise_than_described(client: Client, tmp_path: Path, part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests" / "flow" / "schemathesis.toml"),
         "run", str(ROOT / "openapi.yaml"), "--url", client.url,
         "--auth", f"{client.key}:{client.secret}", "--checks", ",".join(CHECKS),
         "--max-examples", str(EXAMPLES * FUZZ), "--phases", PHASES,
         "--include-path-regex", part, "--workers", "1", "--continue-on-failure", "--no-color"],
        cwd=tmp_path, text=True, capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = re.search(r"Test cases:\n +(([0-9]+) generated, .*)", done.stdout)
    assert summary is not None, done.stdout
    print(f"\n{summary[1]}")
    assert int(summary[2]) > 100
    assert part != PARTS[0] or client.statements(), "some of them were stored"
