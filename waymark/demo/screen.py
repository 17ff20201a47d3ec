"""The demo's screen: what a manager would look at first, all of it asked of the API."""

import json
import shlex
import sys
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import requests

from waymark.demo.post import Sent
from waymark.demo.story import DRILL, HEAD, MANAGERS, SHOWN, SPLIT, STALE, UNPROVEN, VIDEO, mailbox
from waymark.demo.tools import assessed, levels
from waymark.importing import Endpoint

NEGOTIATION, PRODUCT = "SA-6.1.3", "SA-6.1.2"
WEEKLY, WEEKS, FEW = 3, 4, 4  # hours, weeks; hours in all
MOST_SAID = 5  # of each kind, of a review


class Screen:
    """Asks one server as the demo's credential, and prints."""

    def __init__(self, endpoint: Endpoint, sent: Sent) -> None:
        self._endpoint = endpoint
        self._session: requests.Session = endpoint.session()
        self._sent = sent

    def show(self) -> None:
        """All of it. Raises RequestException."""
        url = self._endpoint.url
        _tell(f"\n  API and its documentation  {url}/docs\n  xAPI endpoint              {url}/xapi\n"
              f"  demo key, secret           {self._endpoint.key}  {self._endpoint.secret}\n")
        rows = self._get("gaps", unit=HEAD, limit=1000)["gaps"]
        _tell(f"{HEAD} Sales: gaps of {len({row['person'] for row in rows})} people; level 1 to 4, "
              "± half the 90 % interval, n attempts\n")
        _print_names(rows)
        for manager in MANAGERS:
            _tell(f"\n  {manager.unit} ({manager.name})")
            _print_gaps([row for row in rows if row["unit"] == manager.unit])
        self._print_stories({(row["person"], row["competency"]): row for row in rows})
        self._print_effects()
        self._print_plan(f"at {WEEKLY} hours a week for {WEEKS} weeks", hours_per_week=WEEKLY, weeks=WEEKS)
        self._print_plan(f"within {FEW} hours in all", hours=FEW)
        self._print_review()
        self._print_account()
        self._print_curl()

    def _get(self, path: str, **parameters: Any) -> Any:
        answer = self._session.get(f"{self._endpoint.url}/api/v1/{path}", params=parameters, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _print_stories(self, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
        """What stands out."""
        names = {each["code"]: each["name"]["zh-CN"] for each in self._get("competencies")["competencies"]}
        shown = rows[SHOWN.id, NEGOTIATION]
        because = ", ".join(f"{code} {names[code]}" for code in shown["explained_by"])
        _tell(f"\n  {SHOWN.name}  below in negotiation, {shown['level']:.2f} of {shown['required']:g}: {because}")
        for said in reversed(self._estimate(SHOWN.id)["explanation"].values()):
            _tell(f"        {said}")
        unproven = rows[UNPROVEN.id, NEGOTIATION]
        _tell(f"  {UNPROVEN.name}  {UNPROVEN.courses} courses completed, and negotiation is {unproven['state']}: "
              "a course doesn't show how somebody negotiates")
        stale = rows[STALE.id, PRODUCT]
        _tell(f"  {STALE.name}  product knowledge is {stale['state']}: last shown on {stale['last_evidence'][:10]}")
        apart = self._estimate(SPLIT.id)["disagreement"]
        _tell(f"  {SPLIT.name}  two assessors of one negotiation are {apart:.1f} levels apart")

    def _estimate(self, person: str) -> dict[str, Any]:
        """The person's in negotiation."""
        found = self._get(f"people/{person}/proficiencies")["proficiencies"]
        return next(each for each in found if each["competency"] == NEGOTIATION)

    def _print_effects(self) -> None:
        _tell("\nNegotiation before and after a resource (adjusted, and nearer to none the fewer they are)\n")
        for effect in self._get("effects")["effects"]:
            if effect["competency"] == NEGOTIATION and effect["resource"] in (DRILL, VIDEO):
                between = f" ({effect['low']:+.2f} to {effect['high']:+.2f})"
                _tell(f"  {effect['resource']:<20} {effect['people']} people  {effect['before']:.2f} → "
                      f"{effect['after']:.2f}  {effect['change']:+.2f}{between}")

    def _print_plan(self, budget: str, **hours: int) -> None:
        plan = self._get(f"people/{SHOWN.id}/plan", **hours)
        _tell(f"\n{SHOWN.name}: a plan {budget}\n")
        for number, step in enumerate(plan["steps"], 1):
            closes = ", ".join(f"{competency} +{closed:.2f}" for competency, closed in step["closes"].items())
            _tell(f"  {number}. {_padded(step['title']['zh-CN'], 32)} {step['minutes']:>4} min  by {step['due']}  "
                  f"{step['purpose']:<8} {closes}")
            if rival := step["runner_up"]:
                _tell(f"     rather than {rival['resource']}: {rival['words']['en']}")
        left = ", ".join(f"{key} {value:.2f}" for key, value in plan["remaining"].items() if value > 0)
        _tell(f"  {plan['minutes']} of {plan['budget']} min; left open: {left or 'nothing'}")
        for bound in plan["binding"]:
            _tell(f"  {bound['words']['en']}\n  {bound['words']['zh-CN']}")

    def _print_review(self) -> None:
        """The last month that is over, and what the work came to in it."""
        day = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
        review = self._get(f"people/{SHOWN.id}/review", period="month", date=day.isoformat())
        _tell(f"\n{SHOWN.name}: a review of {review['begins']} to {review['ends']}\n")
        for heading in ("moved", "stalled", "change"):
            for each in review[heading][:MOST_SAID]:
                _tell(f"  {heading:<8} {each['words']['en']}\n           {each['words']['zh-CN']}")
            if (more := len(review[heading]) - MOST_SAID) > 0:
                _tell(f"  {'':<8} and {more} more")
        for step in review["next"]:
            _tell(f"  next     {_padded(step['title']['zh-CN'], 32)} {step['minutes']:>4} min  by {step['due']}"
                  f"{'' if step['planned'] else '  proposed: no plan is in force'}")
        (beside,) = self._get("outcomes", person=SHOWN.id, competency=NEGOTIATION)["outcomes"]
        rates = ", ".join(f"{name} {found['rate']:.0%} ({found['low']:.0%} to {found['high']:.0%})"
                          for name in ("conversion", "repurchase", "win") if (found := beside[name])["of"])
        lost = ", ".join(f"{each['reason']} {each['count']}" for each in beside["lost_reasons"])
        _tell(f"  beside   {beside['months']} months: {rates}; lost for {lost}\n           "
              "neither is said to be why of the other")

    def _print_account(self) -> None:
        """Where every statement went."""
        coverage = self._get("coverage")
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(coverage["outcomes"].items()))
        _tell(f"\n{self._sent.statements:,} statements sent, {self._sent.again:,} of them again: "
              f"{coverage['statements']:,} stored, once each\n  {outcomes}")
        for actor in coverage["most_frequent"]:
            could = ", ".join(f"{each['name']}, for {each['why']}" for each in actor["suggestions"])
            _tell(f"  {actor['statements']} of the unknown actor {actor['actor']}: perhaps {could or 'nobody here'}")

    def _print_curl(self) -> None:
        statement = assessed(mailbox(SHOWN.id), "negotiation-assessment", "RB-6.1.3", MANAGERS[0].mailbox,
                             levels("RB-6.1.3", 4, Random(0)), str(uuid5(NAMESPACE_URL, str(time.time()))))  # noqa: S311
        user = shlex.quote(f"{self._endpoint.key}:{self._endpoint.secret}")
        _tell(f"\nMove {SHOWN.name}'s negotiation row, then look at it again:\n\n"
              f"curl -u {user} -H 'X-Experience-API-Version: 2.0.0' -H 'Content-Type: application/json' "
              f"{self._endpoint.url}/xapi/statements -d {shlex.quote(json.dumps(statement, ensure_ascii=False))}\n\n"
              f"curl -u {user} '{self._endpoint.url}/api/v1/gaps?person={SHOWN.id}&competency={NEGOTIATION}'\n")


def _print_names(rows: list[dict[str, Any]]) -> None:
    for competency, name in dict.fromkeys(
            (row["competency"], f"{row['competency_zh']} {row['competency_en']}") for row in rows):
        _tell(f"  {competency}  {name}")


def _print_gaps(rows: list[dict[str, Any]]) -> None:
    codes = sorted({row["competency"] for row in rows})
    _tell("  " + _padded("", 18) + "".join(_padded(code, 25) for code in codes))
    for person in dict.fromkeys(row["person"] for row in rows):
        cells = {row["competency"]: row for row in rows if row["person"] == person}
        first = next(iter(cells.values()))
        _tell("  " + _padded(f"{first['name']} {ROLES[first['role']]}", 18)
              + "".join(_padded(_cell(cells[code]), 25) for code in codes))


ROLES = {"key-account": "大客户", "small-medium": "中小客户", "digital-marketing": "数字营销", "newcomer": "新人"}


def _cell(row: dict[str, Any]) -> str:
    if row["level"] is None:
        return f"{row['state']}, needs {row['required']:g}"
    half = (row["high"] - row["low"]) / 2
    return f"{row['state']:<5} {row['level']:.2f} of {row['required']:g} ±{half:.1f} n={row['attempts']}"


def _padded(text: str, width: int) -> str:
    """Text filled up to a width in terminal columns, of which a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, width - taken)


def _tell(line: str) -> None:
    print(line, file=sys.stdout, flush=True)
