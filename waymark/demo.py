"""`waymark demo`: a sales team's half year, posted as training tools would, and what Waymark makes of it.

Everything goes through the server's own HTTP endpoint: people by the API, statements by the xAPI client `tincan`.
All persons and scores are invented; dates are relative to the first start.
"""

import json
import shlex
import sys
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import requests
from tincan import RemoteLRS, Statement, StatementList, Version

from competencies.outcomes import RUBRIC_EXTENSION
from lrs.access import Gate
from lrs.credentials import Credentials, new_key
from lrs.store import installation_secret
from waymark.database import connect
from waymark.importing import Endpoint
from waymark.install import ensure_store, write_secret
from waymark.settings import Settings

STORE = "demo"
DEMO_SCOPES = ("all", "admin", "competencies/align")
BATCH = 50
PROJECTED_WITHIN = 60  # seconds
UNIT = "华东"
LEARN, SIMULATOR, CRM = "https://learn.sales.example", "https://simulator.sales.example", "https://crm.sales.example"
VERBS = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
CRITERIA = ("closing-push", "price-gaming", "objection-handling", "closed-loop-script")


class Seller(NamedTuple):
    """One seller's half year: exam scores, each negotiation drill's levels by assessor, CRM exercises."""

    id: str
    name: str
    number: int  # on the course platform
    needs: float  # scaled score
    product: tuple[float, int]  # scaled score, days ago
    drills: tuple[tuple[int, tuple[float, ...]], ...]  # days ago, a level from each assessor
    exercises: tuple[int, int]  # right, wrong
    courses: int  # completed


MANAGER = ("chen-jing", "陈静")
COACHES = ("chen-jing@yuanhang.example", "coach@yuanhang.example")
SELLERS = (
    Seller("wang-lei", "王磊", 1001, 0.86, (0.84, 40), ((70, (1.5,)), (21, (2.0,))), (6, 1), 4),
    Seller("zhou-ting", "周婷", 1002, 0.91, (0.82, 33), (), (5, 0), 12),
    Seller("zhao-min", "赵敏", 1003, 0.80, (0.90, 410), ((48, (3.0,)),), (4, 0), 2),
    Seller("zhang-wei", "张伟", 1004, 0.79, (0.81, 25), ((14, (3.5, 1.5)),), (4, 1), 3),
    Seller("li-na", "李娜", 1005, 0.95, (0.97, 12), ((30, (3.5,)), (9, (4.0,))), (8, 0), 5),
    Seller("sun-hao", "孙浩", 1006, 0.62, (0.71, 51), ((35, (2.5,)),), (3, 3), 2),
    Seller("lin-xiao", "林晓", 1007, 0.83, (0.66, 18), ((27, (3.0,)), (6, (3.5,))), (5, 1), 3),
    Seller("xu-qiang", "徐强", 1008, 0.55, (0.58, 60), ((44, (2.0,)),), (2, 4), 1),
)
SHOWN = SELLERS[0]


def show(settings: Settings) -> None:
    """Fill the demo store unless that is done, and print what a manager would look at first."""
    record = _record(settings)
    endpoint = Endpoint(settings.local_url, record["key"], record["secret"])
    if not record["filled"]:
        _fill(endpoint, datetime.fromisoformat(record["started"]))
        write_secret(settings.data / "demo.json", {**record, "filled": True})
    try:
        _print_screen(endpoint)
    except requests.RequestException as error:  # somebody may have deleted the people that it shows
        _tell(f"the demo's screen can't be shown: {error}; serving goes on")


def _record(settings: Settings) -> dict[str, Any]:
    """The demo's credential and first start, made once and kept in DATA/demo.json."""
    path = Path(settings.data / "demo.json")
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    gate = Gate(installation_secret(connect(settings)))
    key, secret = new_key()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    record = {"store": STORE, "key": key, "secret": secret, "started": datetime.now(UTC).isoformat(), "filled": False}
    Credentials(gate, ensure_store(STORE, "Asia/Shanghai")).create(key, secret, name="demo", scopes=DEMO_SCOPES,
                                                                   loopback_only=True)
    write_secret(path, record)
    return record


def _fill(endpoint: Endpoint, started: datetime) -> None:
    session = endpoint.session()
    for person, body in _people():
        session.put(f"{endpoint.url}/api/v1/people/{person}", json=body, timeout=30).raise_for_status()
    made = list(_statements(started))
    lrs = RemoteLRS(version=Version.latest, endpoint=f"{endpoint.url}/xapi/", username=endpoint.key,
                    password=endpoint.secret)
    for first in range(0, len(made), BATCH):
        answer = lrs.save_statements(StatementList([Statement(each) for each in made[first:first + BATCH]]))
        if not answer.success:
            raise OSError(f"the demo's statements were refused: {answer.data!r}")
    _tell(f"posted {len(made)} statements with tincan")
    _wait_for_worker(endpoint)


def _wait_for_worker(endpoint: Endpoint) -> None:
    session, deadline = endpoint.session(), time.monotonic() + PROJECTED_WITHIN
    while time.monotonic() < deadline:
        coverage = _get(session, f"{endpoint.url}/api/v1/coverage")
        if coverage["projected"] >= coverage["statements"]:
            return
        time.sleep(0.2)
    raise OSError(f"the worker has not read the demo's statements within {PROJECTED_WITHIN} s")


def _people() -> Iterator[tuple[str, dict[str, Any]]]:
    yield MANAGER[0], {"name": MANAGER[1], "unit": UNIT, "identifiers": [{"mbox": f"mailto:{COACHES[0]}"}]}
    for seller in SELLERS:
        yield seller.id, {"name": seller.name, "unit": UNIT, "role": "key-account", "manager": MANAGER[0],
                          "identifiers": [_account(LEARN, seller.number), _account(CRM, seller.id), _mbox(seller.id)]}


def _account(home_page: str, name: str | int) -> dict[str, Any]:
    return {"account": {"homePage": home_page, "name": str(name)}}


def _mbox(person: str) -> dict[str, Any]:
    return {"mbox": f"mailto:{person}@yuanhang.example"}


def _statements(started: datetime) -> Iterator[dict[str, Any]]:
    """Every tool's statements of every seller, each under an id that another run would give it too."""
    for seller in SELLERS:
        for number, (days, statement) in enumerate(_of(seller)):
            moment = started - timedelta(days=days, hours=seller.number % 7, minutes=number)
            yield {"id": str(uuid5(NAMESPACE_URL, f"{started.isoformat()}/{seller.id}/{number}")),
                   "timestamp": moment.isoformat(), **statement}
    yield {"id": str(uuid5(NAMESPACE_URL, f"{started.isoformat()}/guest")), **_course(_mbox("guest"), 1)}


def _of(seller: Seller) -> Iterator[tuple[int, dict[str, Any]]]:
    learner = _account(LEARN, seller.number)
    for number in range(seller.courses):
        yield 5 + 13 * number, _course(learner, number)
        yield 5 + 13 * number, _video(learner, number)
    yield 90, _exam(learner, "needs-exam", "需求分析测验", seller.needs)
    yield seller.product[1], _exam(learner, "product-exam", "产品知识测验", seller.product[0])
    for days, levels in seller.drills:
        registration = str(uuid5(NAMESPACE_URL, f"{seller.id}/drill/{days}"))
        for assessor, level in zip(COACHES, levels, strict=False):
            yield days, drill(_mbox(seller.id), assessor, registration, dict.fromkeys(CRITERIA, level))
    for number in range(sum(seller.exercises)):
        yield 3 + 4 * number, _exercise(_account(CRM, seller.id), number, number < seller.exercises[0])


def _activity(activity: str, kind: str, name: str) -> dict[str, Any]:
    return {"id": activity, "definition": {"type": kind, "name": {"zh-CN": name}}}


def _course(learner: dict[str, Any], number: int) -> dict[str, Any]:
    return {"actor": learner, "verb": _verb("completed"), "result": {"completion": True},
            "object": _activity(f"{LEARN}/activities/course-{number:02d}", f"{TYPES}course", f"课程 {number + 1}")}


def _video(learner: dict[str, Any], number: int) -> dict[str, Any]:
    return {"actor": learner, "verb": {"id": "https://w3id.org/xapi/video/verbs/played", "display": {"en": "played"}},
            "object": _activity(f"{LEARN}/activities/video-{number:02d}",
                                "https://w3id.org/xapi/video/activity-type/video", f"视频 {number + 1}")}


def _exam(learner: dict[str, Any], code: str, name: str, scaled: float) -> dict[str, Any]:
    passed = scaled >= 0.6
    return {"actor": learner, "verb": _verb("passed" if passed else "failed"),
            "object": _activity(f"{LEARN}/activities/{code}", f"{TYPES}assessment", name),
            "result": {"score": {"scaled": scaled, "raw": round(scaled * 100), "min": 0, "max": 100},
                       "success": passed}}


def drill(learner: dict[str, Any], assessor: str, registration: str, levels: dict[str, float]) -> dict[str, Any]:
    """An assessor's statement on one run of the BATNA drill, a level for each criterion."""
    return {"actor": learner, "verb": _verb("scored"),
            "object": _activity(f"{SIMULATOR}/activities/batna-drill", f"{TYPES}simulation", "BATNA谈判演练"),
            "result": {"extensions": {RUBRIC_EXTENSION: {"rubric": "RB-6.1.3", "levels": levels}}},
            "context": {"registration": registration, "instructor": {"mbox": f"mailto:{assessor}"}}}


def _exercise(learner: dict[str, Any], number: int, right: bool) -> dict[str, Any]:
    return {"actor": learner, "verb": _verb("answered"), "result": {"success": right},
            "object": _activity(f"{CRM}/exercises/{number:02d}",
                                "https://waymark.example/xapi/activity-types/crm-exercise", f"CRM 练习 {number + 1}")}


def _verb(name: str) -> dict[str, Any]:
    return {"id": f"{VERBS}{name}", "display": {"en": name}}


def _print_screen(endpoint: Endpoint) -> None:
    session = endpoint.session()
    gaps = _get(session, f"{endpoint.url}/api/v1/gaps", unit=UNIT)["gaps"]
    plan = _get(session, f"{endpoint.url}/api/v1/people/{SHOWN.id}/plan", hours=6)
    coverage = _get(session, f"{endpoint.url}/api/v1/coverage")
    _tell(f"\n  API and its documentation  {endpoint.url}/docs\n  xAPI endpoint              {endpoint.url}/xapi\n"
          f"  demo key, secret           {endpoint.key}  {endpoint.secret}\n")
    _tell(f"{UNIT}: gaps of {len({row['person'] for row in gaps})} people; level 1 to 4 (90 % interval), n attempts\n")
    _print_gaps(gaps)
    _print_explained(gaps)
    _tell(f"\n{SHOWN.name}: a plan within 6 hours\n")
    _print_plan(plan)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(coverage["outcomes"].items()))
    _tell(f"\n{coverage['statements']} statements: {outcomes}; {coverage['of_unknown_actors']} of "
          f"{coverage['unknown_actors']} unknown actor(s)")
    _print_curl(endpoint)


def _get(session: requests.Session, url: str, **parameters: Any) -> Any:
    answer = session.get(url, params=parameters, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _print_gaps(rows: list[dict[str, Any]]) -> None:
    names = dict.fromkeys((row["competency"], f"{row['competency_zh']} {row['competency_en']}") for row in rows)
    for (competency, name) in names:
        _tell(f"  {competency}  {name}")
    codes = [competency for competency, _ in names]
    _tell("\n  " + _padded("", 8) + "".join(_padded(code, 26) for code in codes))
    for person in dict.fromkeys(row["name"] for row in rows):
        cells = {row["competency"]: _cell(row) for row in rows if row["name"] == person}
        _tell("  " + _padded(person, 8) + "".join(_padded(cells.get(code, ""), 26) for code in codes))


def _print_explained(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["person"] == SHOWN.id and row["explained_by"]:
            _tell(f"\n{SHOWN.name}: {row['competency']} is explained by {', '.join(row['explained_by'])}")


def _cell(row: dict[str, Any]) -> str:
    if row["level"] is None:
        return f"{row['state']} (needs {row['required']:g})"
    return f"{row['state']} {row['level']:.2f} ({row['low']:.1f}–{row['high']:.1f}) n={row['attempts']}"


def _print_plan(plan: dict[str, Any]) -> None:
    for number, step in enumerate(plan["steps"], 1):
        closes = ", ".join(f"{competency} +{levels:.2f}" for competency, levels in step["closes"].items())
        title = _padded(step["title"]["zh-CN"], 28)
        _tell(f"  {number}. {title} {step['minutes']:>4} min  {step['purpose']:<12} {closes}")
        if step["runner_up"]:
            _tell(f"     rather than {step['runner_up']}: {step['runner_up_reason']}")
    _tell(f"  {plan['minutes']} of {plan['budget']} min; left open: "
          + (", ".join(f"{key} {value:.2f}" for key, value in plan["remaining"].items() if value > 0) or "nothing"))
    for reason in plan["binding"]:
        _tell(f"  not reached: {reason}")


def _print_curl(endpoint: Endpoint) -> None:
    statement = drill(_mbox(SHOWN.id), COACHES[0], str(uuid5(NAMESPACE_URL, str(time.time()))),
                      dict.fromkeys(CRITERIA, 4))
    user = shlex.quote(f"{endpoint.key}:{endpoint.secret}")
    _tell(f"\nMove {SHOWN.name}'s negotiation row, then look at it again:\n\n"
          f"curl -u {user} -H 'X-Experience-API-Version: 2.0.0' -H 'Content-Type: application/json' "
          f"{endpoint.url}/xapi/statements -d {shlex.quote(json.dumps(statement, ensure_ascii=False))}\n\n"
          f"curl -u {user} '{endpoint.url}/api/v1/gaps?person={SHOWN.id}&competency=SA-6.1.3'\n")


def _padded(text: str, width: int) -> str:
    """Text filled up to a width in terminal columns, of which a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, width - taken)


def _tell(line: str) -> None:
    print(line, file=sys.stdout, flush=True)
