"""Starting, stopping and being killed."""

import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import answers, free_port, wait_until
from tests.flow.conftest import Installation, waymark
from waymark.mongod import find_binary

BODY = {"actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": "http://example.com/v"},
        "object": {"id": "http://example.com/a"}}


def test_the_demo_fills_itself_once_and_prints_what_moves_a_row(installation: Installation) -> None:
    installation.start("demo")
    _printed(installation, "curl -u", 1)
    log = installation.log.read_text()
    assert "王磊" in log
    assert "BATNA谈判演练" in log
    statements = installation.settled("demo")["statements"]
    before = installation.get("/api/v1/gaps", "demo", person="wang-lei", competency="SA-6.1.3")["gaps"][0]
    commands = [line for line in log.splitlines() if line.startswith("curl")]
    subprocess.run(commands[0], shell=True, check=True, capture_output=True)  # noqa: S602  # as printed
    installation.settled("demo")
    after = installation.get("/api/v1/gaps", "demo", person="wang-lei", competency="SA-6.1.3")["gaps"][0]
    assert after["level"] > before["level"]
    assert set(after["evidence"]) - set(before["evidence"])
    assert installation.stop() == 0
    began = time.monotonic()
    installation.start("demo")
    _printed(installation, "curl -u", 4)
    assert time.monotonic() - began < 30
    assert installation.get("/api/v1/coverage", "demo")["statements"] == statements + 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_loses_nothing(installation: Installation, number: int) -> None:
    installation.start()
    assert installation.post([BODY] * 1).status_code == 200
    assert installation.processes()
    assert installation.stop(number) == 0
    assert installation.processes() == []
    installation.start()
    assert len(installation.get("/xapi/statements")["statements"]) == 1


def test_after_a_kill_of_server_and_mongod_everything_acknowledged_is_there(installation: Installation) -> None:
    installation.start()
    acknowledged = [installation.post(BODY).json()[0] for _ in range(20)]
    installation.kill()
    installation.start()
    found = installation.get("/xapi/statements", limit=100)["statements"]
    assert {each["id"] for each in found} == set(acknowledged)


def test_a_second_server_on_the_same_data_or_port_is_refused_with_the_reason(installation: Installation,
                                                                             tmp_path: Path) -> None:
    installation.start()
    same_data = waymark("serve", "--bind", f"127.0.0.1:{free_port()}", "--data", str(installation.data))
    assert (same_data.returncode, "another waymark serves" in same_data.stderr) == (1, True)
    same_port = waymark("serve", "--bind", f"127.0.0.1:{installation.port}", "--data", str(tmp_path / "other"))
    assert (same_port.returncode, "can't listen" in same_port.stderr) == (1, True)
    assert installation.get("/xapi/statements")["statements"] == []


def test_commands_work_beside_a_running_server_and_without_one(installation: Installation) -> None:
    data = str(installation.data)
    assert waymark("migrate", "--data", data).returncode == 0
    installation.start()
    assert waymark("store", "create", "north", "--data", data).returncode == 0
    assert waymark("store", "create", "north", "--data", data).returncode == 1
    assert waymark("store", "create", "No Name", "--data", data).returncode == 2
    assert "north" in waymark("store", "list", "--data", data).stdout
    doctor = waymark("doctor", "--data", data)
    assert doctor.returncode == 0, doctor.stderr
    installation.stop()
    assert "north" in waymark("store", "list", "--data", data).stdout


def test_a_revoked_credential_ends_within_five_seconds(installation: Installation) -> None:
    data = str(installation.data)
    installation.start()
    made = waymark("credential", "create", "--store", "default", "--data", data, "--name", "simulator")
    (installation.data / "simulator.json").write_text(made.stdout)
    assert installation.post(BODY, "simulator").status_code == 200
    key = made.stdout.split('"key": "')[1].split('"')[0]
    assert "simulator" in waymark("credential", "list", "--store", "default", "--data", data).stdout
    assert waymark("credential", "revoke", key, "--store", "default", "--data", data).returncode == 0
    time.sleep(5.1)
    assert [installation.post(BODY, "simulator").status_code for _ in range(8)] == [401] * 8


def test_a_credential_is_changed_rotated_and_retired_by_the_command(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert waymark("migrate", "--data", data).returncode == 0

    def credential(action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return waymark("credential", action, *arguments, "--store", "default", "--data", data)

    made = json.loads(credential("create", "--name", "LMS", "--scope", "state", "--expires", "2999-01-01").stdout)
    columns = credential("change", made["key"], "--scope", "define", "--rate", "5").stdout.split("\t")
    assert columns[:5] == [made["key"], "LMS", "live", "define", "until 2999-01-01 00:00"]
    first = columns[6].split()[0]
    assert json.loads(credential("rotate", made["key"]).stdout)["secret"] != made["secret"]
    assert credential("rotate", made["key"]).returncode == 1
    assert credential("retire", made["key"], first).returncode == 0
    assert credential("retire", made["key"], first).returncode == 1
    assert credential("change", "nobody", "--rate", "5").returncode == 1
    assert credential("create", "--expires", "1999-01-01").returncode == 2


def test_a_web_worker_that_starts_while_the_database_is_away_waits_for_it(installation: Installation) -> None:
    installation.start()
    mongod = int((installation.data / "mongod" / "mongod.pid").read_text())
    workers = [int(line) for line in subprocess.run(["pgrep", "-f", f"gunicorn.*:{installation.port}"], text=True,
                                                    capture_output=True, check=True).stdout.split()][1:]
    os.kill(mongod, signal.SIGSTOP)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    _printed(installation, "the database can't be reached, trying again", 1)
    os.kill(mongod, signal.SIGCONT)
    wait_until(lambda: answers(installation.url), 30, "it serves again")
    assert installation.post(BODY).status_code == 200


def test_secrets_are_for_their_owner_alone(installation: Installation) -> None:
    installation.start()
    assert stat.S_IMODE((installation.data / "admin.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((installation.data / "mongod").stat().st_mode) == 0o700


@pytest.mark.parametrize(("variable", "value"), [
    ("WAYMARK_BIND", "nowhere"), ("WAYMARK_BIND", "127.0.0.1:0"), ("WAYMARK_WORKERS", "many"), ("WAYMARK_MONGODB_URI", "http://x"),
    ("WAYMARK_DEFAULT_XAPI_VERSION", "0.9"), ("WAYMARK_ADMIN_KEY", "alone"), ("WAYMARK_PORT", "80")])
def test_a_bad_setting_is_named_and_exits_with_2(variable: str, value: str) -> None:
    done = waymark("doctor", **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert "Traceback" not in done.stderr


def test_a_given_admin_credential_is_seeded_and_not_written_down(installation: Installation) -> None:
    os.environ.update(WAYMARK_ADMIN_KEY="root", WAYMARK_ADMIN_SECRET="s" * 32)
    try:
        installation.start()
    finally:
        del os.environ["WAYMARK_ADMIN_KEY"], os.environ["WAYMARK_ADMIN_SECRET"]
    assert not (installation.data / "admin.json").exists()
    for name in "st":
        (installation.data / f"{name}.json").write_text('{"key": "root", "secret": "' + name * 32 + '"}')
    assert [installation.post(BODY, name).status_code for name in "st"] == [200, 401]
    installation.stop()
    listed = waymark("credential", "list", "--store", "default", "--data", str(installation.data)).stdout
    assert listed.split("\t")[:4] == ["root", "admin", "live", "all admin admin/stores"]
    rotated = {"WAYMARK_ADMIN_KEY": "root", "WAYMARK_ADMIN_SECRET": "t" * 32}
    assert waymark("migrate", "--data", str(installation.data), **rotated).returncode == 0
    installation.start()
    assert [installation.post(BODY, name).status_code for name in "st"] == [401, 200]


def test_a_missing_system_library_is_named_with_its_package(tmp_path: Path) -> None:
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\necho 'mongod: error while loading shared libraries: libcurl.so.4: cannot open shared "
                      "object file' >&2\nexit 127\n")
    broken.chmod(0o755)
    done = waymark("migrate", "--data", str(tmp_path / "data"), PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, "apt-get install -y libcurl4" in done.stderr) == (1, True)


def test_a_standalone_mongodb_is_refused_with_the_reason(tmp_path: Path) -> None:
    socket = tmp_path / "alone.sock"
    (tmp_path / "db").mkdir()
    alone = subprocess.Popen([find_binary(), "--dbpath", str(tmp_path / "db"), "--bind_ip", str(socket),
                              "--unixSocketPrefix", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        uri = f"mongodb://{str(socket).replace('/', '%2F')}"
        done = waymark("migrate", "--data", str(tmp_path / "data"), WAYMARK_MONGODB_URI=uri)
        assert (done.returncode, "standalone" in done.stderr) == (1, True)
    finally:
        alone.terminate()
        alone.wait(30)


def _printed(installation: Installation, text: str, times: int) -> None:
    wait_until(lambda: installation.log.read_text().count(text) >= times, 60, installation.log.read_text())
