"""The built-in catalogue, as data: the sales framework, its associations, rubrics, roles, resources and alignments."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pymongo import ReplaceOne
from pymongo.database import Database

DIRECTORY = Path(__file__).parent
LAYOUT = b"2"  # another one where the same files are kept differently
LISTS = ("associations", "rubrics", "roles", "resources", "alignments")


def read(name: str) -> Any:
    return json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))


def competencies() -> list[dict[str, Any]]:
    """Every competency of the framework, area by area, in the framework's order."""
    return [each for path in sorted((DIRECTORY / "competencies").glob("*.json"))
            for each in json.loads(path.read_text(encoding="utf-8"))]


def version() -> str:
    """A digest of all the files: derived state carries it, and is rebuilt where it differs."""
    digest = hashlib.sha256(LAYOUT)
    for path in sorted(DIRECTORY.rglob("*.json")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load(database: Database[Any]) -> bool:
    """Bring the built-in catalogue into the database, unless this version is there; whether it had to be."""
    if database.catalogue.find_one({"_id": "builtin", "version": version()}):
        return False
    framework = read("framework")
    owned = [{**each, "framework": framework["code"], "place": place} for place, each in enumerate(competencies())]
    for collection, rows in (("frameworks", [framework]), ("competencies", owned),
                             *((name, read(name)) for name in LISTS)):
        _replace(database, collection, rows)
    database.catalogue.replace_one({"_id": "builtin"}, {"version": version()}, upsert=True)
    return True


def _replace(database: Database[Any], collection: str, rows: list[dict[str, Any]]) -> None:
    kept = {_code(row): row for row in rows}
    database[collection].bulk_write([ReplaceOne({"_id": code}, {**row, "code": code}, upsert=True)
                                     for code, row in kept.items()])
    database[collection].delete_many({"_id": {"$nin": list(kept)}, "store": None})  # and what is a store's own stays


def _code(row: dict[str, Any]) -> str:
    """Of an association, which has none, what it says."""
    return str(row["code"]) if "code" in row else f"{row['origin']} {row['type']} {row['destination']}"
