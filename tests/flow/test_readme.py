"""The README's walk, as it is written."""

import os
import re
import subprocess
from pathlib import Path

from tests.conftest import ROOT, wait_until
from tests.flow.conftest import Installation, waymark


def test_the_row_moves_cites_the_statement_and_moves_back_and_replay_changes_nothing(installation: Installation,
                                                                                     tmp_path: Path) -> None:
    installation.start("demo")
    wait_until(lambda: "curl -u" in installation.log.read_text(), 60, installation.log.read_text())
    walk = next(block for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
                if "before.json" in block)
    walk = walk.replace("127.0.0.1:8080", f"127.0.0.1:{installation.port}").replace("data/demo.json",
                                                                                   str(installation.data / "demo.json"))
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "TMPDIR": str(out)}, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "moved, and moved back" in done.stdout
    assert "5f3c7e52-4d0b-4c1e-9a86-7d1f0a2b9c01" in next(out.glob("*/after.json")).read_text()
    rows = "/api/v1/gaps"
    before = installation.get(rows, "demo", as_of="2099-01-01")
    replay = waymark("replay", "--data", str(installation.data))
    assert replay.returncode == 0, replay.stderr
    assert installation.get(rows, "demo", as_of="2099-01-01") == before
