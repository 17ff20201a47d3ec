"""What stands in files without being run here: the Dockerfile, the README's commands, the layout."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from waymark.cli import main
from waymark.settings import Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_dockerfile_copies_what_exists_and_what_dockerignore_lets_through() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert len(copied) > 5
    for source, _ in copied:
        assert (ROOT / source).exists()
        assert source in allowed


def test_the_dockerfile_copies_every_package_and_file_that_serving_reads() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    copied = {source for source, _ in re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE, re.MULTILINE)}
    assert {package.partition(".")[0] for package in packages} | {"migrations", "openapi.yaml"} <= copied


def test_what_the_image_runs_starts_with_the_copied_files_and_locked_dependencies_alone(tmp_path: Path) -> None:
    """The command line, from a directory that holds what the image holds, without the demo's and tests' packages."""
    for source, target in re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE, re.MULTILINE):
        if not source.startswith("requirements"):
            subprocess.run(["cp", "-r", str(ROOT / source), str(tmp_path / target)], check=True)
    extra = _locked("run.txt") - _locked("server.txt")
    assert "tincan" in extra
    hidden = "import sys; sys.modules.update(dict.fromkeys({!r})); from waymark.cli import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-c", hidden.format(sorted(extra))], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def test_the_image_is_not_root_has_a_health_check_and_names_known_settings() -> None:
    assert re.search(r"^USER waymark$", DOCKERFILE, re.MULTILINE)
    assert "/health" in DOCKERFILE
    for variable in re.findall(r"WAYMARK_[A-Z_]+", DOCKERFILE):
        assert variable.removeprefix("WAYMARK_").lower() in Settings.__dataclass_fields__


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    for name in Settings.__dataclass_fields__:
        assert f"`WAYMARK_{name.upper()}`" in documented


def test_every_dependency_is_justified_and_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    justified = (ROOT / "docs" / "dependencies.md").read_text()
    for requirement in wanted:
        name = re.split(r"[=<>; ]", requirement)[0]
        assert f"`{name}`" in justified, name
        assert name.lower() in _locked("dev.txt"), name


@pytest.mark.parametrize("lock", ["server.txt", "run.txt", "dev.txt"])
def test_locks_hold_versions_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_the_readme_names_targets_commands_and_files_that_exist() -> None:
    for target in re.findall(r"`make ([a-z]+)", README):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
    for path in re.findall(r"\]\(((?!https?:)[^)#]+)\)", README):
        assert (ROOT / path).exists(), path
    table = README.partition("## Where do I change X?")[2].partition("\n## ")[0]
    places = re.findall(r"`([\w./]+/[\w./]*)`", table)
    assert len(places) > 10
    for path in places:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("command", [
    ["serve"], ["work"], ["migrate"], ["doctor"], ["demo"], ["replay"], ["calibrate"],
    ["store", "create"], ["store", "list"],
    ["store", "openid"], ["credential", "create"], ["credential", "list"], ["credential", "revoke"],
    ["credential", "change"], ["credential", "rotate"], ["credential", "retire"], ["import", "statements"],
    ["import", "people"], ["import", "alignments"], ["export", "statements"]])
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    assert left.value.code == 0
    assert "--data" in capsys.readouterr().out


def _locked(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text()
    return {match.lower() for match in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
