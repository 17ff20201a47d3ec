"""CONFORMANCE.md is what the tables and the tests say, and each row has a test."""

import subprocess
import sys

from tests.conftest import ROOT


def test_the_ledger_is_up_to_date_and_each_row_has_a_test() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.conformance.ledger", "--check"], cwd=ROOT, text=True,
                          capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
