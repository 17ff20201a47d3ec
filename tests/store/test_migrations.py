"""Migrations: each once, in order, under a lock; and data of an older schema brought forward."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from waymark.migrate import DIRECTORY, MigrationRefused, migrate, migrations, pending


@pytest.fixture
def empty(database: Database[Any]) -> Iterator[Database[Any]]:
    """A database of this test's own, with nothing in it."""
    name = f"{database.name}_migrations"
    database.client.drop_database(name)
    yield database.client[name]
    database.client.drop_database(name)


def older(directory: Path, last: int) -> Path:
    """The migrations as they were when `last` was the newest."""
    for migration in migrations():
        if migration.number <= last:
            (directory / migration.path.name).write_bytes(migration.path.read_bytes())
    return directory


def test_a_store_written_before_time_zones_gets_one(empty: Database[Any], tmp_path: Path) -> None:
    migrate(empty, older(tmp_path, 2))
    empty.stores.insert_one({"name": "old", "created": None})
    assert [migration.number for migration in pending(empty)][:1] == [3]
    assert migrate(empty) == len(migrations()) - 2
    found = empty.stores.find_one({"name": "old"}) or {}
    assert found["time_zone"] == "UTC"


def test_a_credential_of_one_secret_keeps_it_and_an_admin_goes_on_managing_all_stores(
        empty: Database[Any], tmp_path: Path) -> None:
    migrate(empty, older(tmp_path, 4))
    made = {"secret_digest": b"d", "created": datetime(2026, 1, 1, tzinfo=UTC), "revoked": False}
    empty.credentials.insert_many([{**made, "key": "root", "scopes": ["all", "admin"]},
                                   {**made, "key": "tool", "scopes": ["statements/write"]},
                                   {**made, "key": "gone", "scopes": ["admin"], "revoked": True}])
    for _ in range(2):  # a crash may come before it is recorded
        migrations()[4].up(empty)
    found = {row["key"]: row for row in empty.credentials.find()}
    assert {key: row["scopes"] for key, row in found.items()} == {
        "root": ["all", "admin", "admin/stores"], "tool": ["statements/write"], "gone": ["admin"]}
    assert [(each["id"], each["digest"]) for each in found["tool"]["secrets"]] == [("first", b"d")]
    assert "secret_digest" not in found["tool"]


def test_people_of_before_keep_their_identifiers_and_stand_where_they_stood(
        empty: Database[Any], tmp_path: Path) -> None:
    migrate(empty, older(tmp_path, 7))
    store = ObjectId()
    empty.people.insert_many([
        {"store": store, "person": "li", "name": "Li", "unit": "East", "role": "newcomer",
         "actors": ["mbox|mailto:l@e.x"]},
        {"store": store, "person": "wu", "name": "Wu", "unit": "East", "manager": "li", "actors": []}])
    for _ in range(2):
        migrations()[7].up(empty)
    li, wu = empty.people.find().sort("person")
    assert li["identifiers"] == [{"key": "mbox|mailto:l@e.x", "since": None, "until": None}]
    assert li["positions"] == [{"since": None, "unit": "East", "role": "newcomer", "manager": None}]
    assert wu["positions"] == [{"since": None, "unit": "East", "role": None, "manager": "li"}]
    assert [unit["unit"] for unit in empty.units.find()] == ["East"]
    empty.people.insert_one({"store": store, "person": "xu", "actors": ["mbox|mailto:l@e.x"]})  # it was li's before


def test_each_migration_runs_once_and_bears_being_run_again(empty: Database[Any]) -> None:
    assert migrate(empty) == len(migrations())
    secret = empty.installation.find_one()
    assert migrate(empty) == 0
    empty.migrations.delete_many({})  # as after a crash before they were recorded
    assert migrate(empty) == len(migrations())
    assert empty.installation.find_one() == secret


def test_two_processes_at_once_run_each_migration_once(empty: Database[Any]) -> None:
    ran: list[int] = []
    threads = [threading.Thread(target=lambda: ran.append(migrate(empty))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == [0, 0, 0, len(migrations())]


def test_a_migration_changed_after_it_ran_is_refused(empty: Database[Any], tmp_path: Path) -> None:
    migrate(empty, older(tmp_path, 2))
    with open(tmp_path / "0001_record_store.py", "a") as file:
        file.write("\n# changed\n")
    with pytest.raises(MigrationRefused, match=r"0001_record_store\.py was changed"):
        migrate(empty, tmp_path)


def test_a_database_from_a_newer_version_is_refused(empty: Database[Any], tmp_path: Path) -> None:
    migrate(empty)
    with pytest.raises(MigrationRefused, match="run the newer version"):
        migrate(empty, older(tmp_path, 2))


def test_the_numbers_have_no_gap() -> None:
    assert [migration.number for migration in migrations(DIRECTORY)] == list(range(1, len(migrations()) + 1))


def test_a_lock_left_by_a_crash_runs_out(empty: Database[Any]) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    empty.locks.insert_one({"_id": "migrate", "holder": "a process that is gone", "until": soon})
    assert migrate(empty) == len(migrations())
    assert datetime.now(UTC) > soon
