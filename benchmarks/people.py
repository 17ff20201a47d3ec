"""How fast a large store's gaps are read, how long the worker takes to keep them, and a unit of 1,000 to be planned.

    .venv/bin/python -m benchmarks.people

10,000 people in a tree of units, a role that requires 60 competencies, and one to three attempts at most of them.
People and evidence are put where a roster and statements would have put them; all else goes through the API of a
running server.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import requests
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from benchmarks import machine, servers
from benchmarks.servers import KEY, SECRET, Server
from competencies.evidence import DAY
from competencies.outcomes import graded
from lrs.clock import now_micros

COMPETENCIES, RESOURCES = 60, 80
DEPARTMENTS, TEAMS = 10, 10  # of each department
TIMES = 5
UNIT = 1_000  # people of a department, who are planned for together
BATCH = 50_000
FRAMEWORK = "/api/v1/drafts/LARGE"


@dataclass(frozen=True)
class Large:
    """A server with many people in its store."""

    server: Server
    database: Database[Any]
    store: ObjectId

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = requests.request(method, self.server.target.url + path, auth=(KEY, SECRET), timeout=600, **options)
        answer.raise_for_status()
        return answer

    def settle(self) -> float:
        """Wait until everybody's rows are kept; the seconds that it took."""
        began = time.perf_counter()
        while left := self.database.standings.count_documents({"store": self.store, "basis": None}):
            print(f"\r{left:,} people's rows are to be computed ", end="", file=sys.stderr, flush=True)
            time.sleep(0.5)
        print(file=sys.stderr)
        return time.perf_counter() - began


@contextmanager
def filled(people: int) -> Iterator[Large]:
    """So many people, with their evidence."""
    with TemporaryDirectory(prefix="waymark-benchmark-") as data, servers.waymark(Path(data)) as server, \
            MongoClient[Any](server.uri) as client:
        database = client.waymark
        large = Large(server, database, database.stores.distinct("_id")[0])
        large.request("PUT", FRAMEWORK, json=framework())
        large.request("POST", f"{FRAMEWORK}/publish")
        _fill(large, people)
        yield large


def framework() -> dict[str, Any]:
    """Competencies, a role that requires them all, and resources for one to three of them each."""
    chance = random.Random(1)
    codes = [f"L-{number:02}" for number in range(COMPETENCIES)]
    resources = [{
        "code": f"l{number:02}", "kind": chance.choice(("course", "simulation", "coaching")),
        "title": {"en": f"Resource {number}"}, "language": "en", "address": f"https://large.example/{number}",
        "activities": [f"https://large.example/{number}"], "minutes": chance.choice((30, 60, 90, 120)),
        "coach_hours": chance.choice((0, 0, 0, 1)), "cost": chance.choice((0, 0, 200)),
        "prerequisites": [f"l{chance.randrange(number):02}"] if number > 10 and chance.random() < 0.3 else [],
        "closes": [{"competency": code, "from": 1, "to": chance.choice((3, 4)),
                    "effect": chance.choice((0.2, 0.3, 0.5))} for code in chance.sample(codes, chance.randint(1, 3))]}
        for number in range(RESOURCES)]
    return {"title": {"en": "Large"}, "competencies": [{"code": code, "name": {"en": f"Competency {code}"}}
                                                       for code in codes],
            "associations": [], "rubrics": [], "resources": resources,
            "roles": [{"code": "everything", "name": {"en": "Everything"}, "targets": [
                {"competency": code, "level": chance.choice((2, 3)),
                 "criticality": chance.choice(("normal", "critical"))} for code in codes]}]}


def _fill(large: Large, people: int) -> None:
    chance, store, now = random.Random(2), large.store, now_micros()
    units = {"all": None} | {f"d{number}": "all" for number in range(DEPARTMENTS)}
    units |= {f"d{number}-t{team}": f"d{number}" for number in range(DEPARTMENTS) for team in range(TEAMS)}
    large.database.units.insert_many({"store": store, "unit": unit, "parent": above} for unit, above in units.items())
    teams = [unit for unit, above in units.items() if above not in (None, "all")]
    evidence: list[dict[str, Any]] = []
    for number in range(people):
        name, key = f"p{number:05}", f"mbox|mailto:p{number:05}@example.com"
        held = {"unit": teams[number % len(teams)], "role": "everything", "manager": None}
        large.database.people.insert_one({
            "store": store, "person": name, "name": name, **held, "analyst": False, "actors": [key],
            "positions": [{"since": None, **held}], "identifiers": [{"key": key, "since": None, "until": None}]})
        able = chance.gauss(2.3, 0.4)
        for code in chance.sample(range(COMPETENCIES), int(COMPETENCIES * 0.8)):
            for attempt in range(chance.randint(1, 3)):
                evidence.append(_evidence(store, key, f"L-{code:02}", able, now, attempt, chance))
        if len(evidence) > BATCH or number == people - 1:
            large.database.evidence.insert_many(evidence, ordered=False)
            evidence = []
            print(f"\r{number + 1:,} of {people:,} people ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    large.database.standings.insert_many(
        {"store": store, "person": each["person"], "actors": each["actors"], "basis": None, "doubt": None}
        for each in list(large.database.people.find({"store": store})))


def _evidence(store: ObjectId, actor: str, competency: str, able: float, now: int, attempt: int,
              chance: random.Random) -> dict[str, Any]:
    level = min(4.0, max(1.0, round((able + chance.gauss(0, 0.5)) * 2) / 2))
    level, above, below = graded(level)
    statement = f"{chance.getrandbits(128):032x}"
    return {"_id": f"{store}/{statement}", "store": store, "row": statement.encode(), "statement": statement,
            "alignment": "large", "competency": competency, "actor": actor, "level": level, "weight": 1.0,
            "happened": now - chance.randrange(600) * DAY, "attempt": f"{statement}/{attempt}", "assessor": None,
            "activity": f"https://large.example/assess/{competency}", "criteria": {}, "above": above, "below": below,
            "decides": False}


CASES: dict[str, dict[str, Any]] = {
    "a unit of all, 200 rows": {"unit": "all"},
    "a unit of all, 1,000 rows": {"unit": "all", "limit": 1000},
    "a department": {"unit": "d3"},
    "a team": {"unit": "d3-t3"},
    "one competency of all": {"unit": "all", "competency": "L-30"},
    "who is below in it": {"competency": "L-30", "state": "below"},
    "1,000 rows as CSV": {"unit": "all", "limit": 1000, "format": "csv"},
    "of last month, 200 rows": {"unit": "all", "as_of": "2026-10-31"},
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="how many (10,000)")
    given = parser.parse_args()
    for line in machine.conditions():
        print(line, flush=True)
    with filled(given.people) as large:
        seconds = large.settle()
        rows, pieces = large.database.gaps.count_documents({}), large.database.evidence.estimated_document_count()
        print(f"{given.people:,} people, {rows:,} rows of {pieces:,} pieces of evidence: computed and kept in "
              f"{seconds:.0f} s, {given.people / seconds:,.0f} people a second\n")
        print(f"{'first page of /api/v1/gaps':<36}{'median ms':>10}{'most ms':>10}")
        for name, asked in CASES.items():
            print(_timed(name, lambda asked=asked: large.request("GET", "/api/v1/gaps", params=asked)), flush=True)
        for by in ("competency", "unit"):
            print(_timed(f"/api/v1/gaps/summary?by={by}",
                         lambda by=by: large.request("GET", "/api/v1/gaps/summary", params={"by": by})), flush=True)
        print()
        _plan(large, "all" if given.people <= UNIT else "d3")


def _plan(large: Large, unit: str) -> None:
    """The unit's plans, with a third of the coach hours and half of the money that it would take."""
    free = _drafted(large, {"unit": unit, "money": 1e9, "coach_hours": 1e5})
    used = {each["limit"]: each["used"] for each in free["shared"]}
    most = {"money": round(used["money"] / 2), "coach_hours": round(used["coach"] / 3)}
    shared = _drafted(large, {"unit": unit, **most, "seats": {"l05": len(free["plans"]) // 10}})
    for each in shared["shared"]:
        print(f"  {each['limit']:<12}{each['used']:>10,.0f} of {each['given']:>10,.0f}, one more closes "
              f"{each['price']:.4f} weighted levels")


def _drafted(large: Large, asked: dict[str, Any]) -> Any:
    began, rounds = time.perf_counter(), 0
    where = large.request("POST", "/api/v1/sheets", json={**asked, "hours_per_week": 3, "weeks": 4}).json()["sheet"]
    while (found := large.request("GET", f"/api/v1/sheets/{where}").json())["state"] == "drafting":
        if found["progress"]:
            rounds = found["progress"]["round"]
            print("\rround {round}: {done:,} of {of:,} people ".format(**found["progress"]), end="", file=sys.stderr)
        time.sleep(1)
    print(file=sys.stderr)
    assert found["state"] == "drafted", found["why"]
    behind = 1 - found["closes"] / found["bound"]
    print(f"{len(found['plans']):,} plans within {', '.join(each['limit'] for each in found['shared'])}: drafted in "
          f"{time.perf_counter() - began:.0f} s and {rounds} rounds; {found['closes']:,.1f} weighted levels closed, "
          f"{behind:.3%} less than the bound that nothing exceeds", flush=True)
    return found


def _timed(name: str, ask: Any) -> str:
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - began))
    return f"{name:<36}{median(spent):>10,.0f}{max(spent):>10,.0f}"


if __name__ == "__main__":
    main()
