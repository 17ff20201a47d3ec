"""The built-in catalogue, as data: the sales framework, its rubrics, roles, resources and alignments."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

DIRECTORY = Path(__file__).parent
FILES = ("framework", "rubrics", "roles", "resources", "alignments")


def read(name: str) -> Any:
    return json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))


def version() -> str:
    """A digest of all the files: derived state carries it, and is rebuilt where it differs."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((DIRECTORY / f"{name}.json").read_bytes())
    return digest.hexdigest()[:16]


def load(database: Database[Any]) -> bool:
    """Bring the built-in catalogue into the database, unless this version is there; whether it had to be."""
    if database.catalogue.find_one({"_id": "builtin", "version": version()}):
        return False
    framework = read("framework")
    competencies = [{**each, "framework": framework["code"]} for each in framework.pop("competencies")]
    for collection, rows in (("frameworks", [framework]), ("competencies", competencies),
                             *((name, read(name)) for name in FILES[1:])):
        _replace(database, collection, rows)
    database.catalogue.replace_one({"_id": "builtin"}, {"version": version()}, upsert=True)
    return True


def _replace(database: Database[Any], collection: str, rows: list[dict[str, Any]]) -> None:
    writes = [ReplaceOne({"_id": row["code"]}, {"_id": row["code"], **{k: v for k, v in row.items() if k != "code"}},
                         upsert=True) for row in rows]
    database[collection].bulk_write(writes)
    database[collection].delete_many({"_id": {"$nin": [row["code"] for row in rows]}})
