"""What people's work came to, month by month: conversion, repurchase, deals won and lost with the reasons.

Imported, and shown beside gaps with intervals. Nothing here says that the one is why of the other.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from bson import ObjectId
from mongoengine import get_db
from pymongo import UpdateOne

from competencies.learner import NINETY_PERCENT
from competencies.tables import BadCell, BadRow, as_headed, columns, rows_by_number
from lrs.clock import now_micros
from lrs.errors import Invalid
from lrs.store import JOURNALED

COLLECTION = "business_outcomes"
MOST = 50_000  # rows of a file
MOST_COUNT = 10**9
HEADINGS = {
    "person": ("person", "id", "员工编号", "工号"), "month": ("month", "月份"),
    "leads": ("leads", "线索数", "线索"), "conversions": ("conversions", "转化数", "转化"),
    "customers": ("customers", "客户数"), "repurchases": ("repurchases", "复购数", "复购"),
    "won": ("won", "赢单数", "赢单"), "lost": ("lost", "输单数", "输单")}
COUNTS = ("leads", "conversions", "customers", "repurchases", "won", "lost")
REASONS = {"won": re.compile(r"(?:won|赢单)[:：](.+)", re.IGNORECASE),
           "lost": re.compile(r"(?:lost|输单)[:：](.+)", re.IGNORECASE)}
LONGEST = 100  # characters of a reason
MONTH = re.compile(r"(\d{4})[-/年](\d{1,2})(?:[-/月].*)?", re.ASCII)
PARTS = (("conversions", "leads"), ("repurchases", "customers"))
REASONED = ("won_reasons", "lost_reasons")
Outcome = dict[str, Any]  # person, month; the counts, won_reasons and lost_reasons that are known


@dataclass(frozen=True)
class Rate:
    """A share, with Wilson's 90 % interval: where what these counts are drawn from lies, as far as counts can tell."""

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass
class Read:
    """The outcomes of a file, and its bad rows."""

    outcomes: list[Outcome] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def read(table: list[list[str]], people: Collection[str]) -> Read:
    """A table with its headings first; columns such as `lost: price` count the deals of a reason.

    Raises Invalid for a table without person and month, or too long.
    """
    places = columns(table, HEADINGS, ("person", "month"), MOST)
    reasons = _reasons(table[0])
    rows = rows_by_number(table, {**places, **reasons})
    times = Counter((row["person"], _month(row["month"])) for row in rows.values())
    done = Read()
    for number, row in rows.items():
        try:
            outcome = _outcome(row, people, reasons)
            if times[row["person"], outcome["month"]] > 1:
                raise BadCell("month", row["month"], "this person and month stand in several rows")
            done.outcomes.append(outcome)
        except BadCell as bad:
            done.bad.append(BadRow(number, *bad.found))
    return Read(done.outcomes, as_headed(done.bad, table, {**places, **reasons}))


def _reasons(headings: Iterable[str]) -> dict[str, int]:
    """By kind and reason, the column. Raises Invalid for a reason that stands twice, or is longer than one is."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for kind, pattern in REASONS.items():
            if said := pattern.fullmatch(heading.strip()):
                reason = f"{kind}/{said[1].strip()}"
                if reason in found or len(said[1]) > LONGEST:
                    raise Invalid("", f"the column {heading!r:.60} stands twice, or has more than {LONGEST} characters")
                found[reason] = place
    return found


def _outcome(row: Mapping[str, str], people: Collection[str], reasons: Iterable[str]) -> Outcome:
    if row["person"] not in people:
        raise BadCell("person", row["person"], "nobody here has this number")
    month = _month(row["month"])
    if month is None:
        raise BadCell("month", row["month"], "it is no month, as 2026-10 is")
    counts = {name: _count(name, row[name]) for name in COUNTS if row.get(name)}
    for part, whole in PARTS:
        if part in counts and counts[part] > counts.get(whole, 0):
            raise BadCell(part, row[part], f"it is more than {whole}")
    found: Outcome = {"person": row["person"], "month": month, **counts}
    for name in reasons:
        kind, _, reason = name.partition("/")
        counted = found.setdefault(f"{kind}_reasons", {})
        if count := _count(name, row[name]) if row[name] else 0:
            counted[reason] = count
            if sum(counted.values()) > counts.get(kind, 0):
                raise BadCell(name, row[name], f"the reasons are more than {kind}")
    return found


def _count(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > MOST_COUNT:
        raise BadCell(name, text, "it is no count")
    return int(text)


def _month(text: str) -> str | None:
    found = MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not 2000 <= int(found[1]) <= 2199:
        return None
    return f"{found[1]}-{int(found[2]):02}"


def keep(store: ObjectId, by: str, outcomes: Iterable[Outcome]) -> None:
    """What each states, in the place of what there was of it for the same person and month: another system may have
    told the rest.
    """
    written = [UpdateOne({"store": store, "person": each["person"], "month": each["month"]},
                         {"$set": {**each, **{name: _pairs(each[name]) for name in REASONED if name in each}, "by": by,
                                   "at": now_micros()}}, upsert=True) for each in outcomes]
    if written:
        get_db().get_collection(COLLECTION, write_concern=JOURNALED).bulk_write(written)


def find(store: ObjectId, first: str, last: str, people: Collection[str] | None = None) -> list[Outcome]:
    """Of these months, both inclusive, by person and month."""
    query: dict[str, Any] = {"store": store, "month": {"$gte": first, "$lte": last}}
    if people is not None:
        query["person"] = {"$in": sorted(people)}
    found = get_db()[COLLECTION].find(query, {"_id": 0, "store": 0}).sort([("person", 1), ("month", 1)])
    return [{**each, **{name: dict(each[name]) for name in REASONED if name in each}} for each in found]


def _pairs(counts: Mapping[str, int]) -> list[list[Any]]:
    """What people call reasons is no name of a field."""
    return [[reason, count] for reason, count in sorted(counts.items())]


def together(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """What they come to: rates with intervals, and reasons, the most frequent first (pure)."""
    sums: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {"won": Counter(), "lost": Counter()}
    months = set()
    for each in outcomes:
        months.add(each["month"])
        for part, whole in (*PARTS, ("won", "lost")):
            if part in each and whole in each:  # a rate is of what both are known of
                sums.update({part: each[part], whole: each[whole]})
        for kind, counted in reasons.items():
            counted.update(each.get(f"{kind}_reasons", {}))
    rates = {"conversion": rate(sums["conversions"], sums["leads"]),
             "repurchase": rate(sums["repurchases"], sums["customers"]),
             "win": rate(sums["won"], sums["won"] + sums["lost"])}
    ranked = {f"{kind}_reasons": [{"reason": reason, "count": count} for reason, count in sorted(
        counted.items(), key=lambda pair: (-pair[1], pair[0]))] for kind, counted in reasons.items()}
    return {"months": len(months), **rates, **ranked}


def rate(count: int, of: int) -> Rate:
    """Wilson's score interval (Wilson 1927), at 90 %; of nothing there is none."""
    if not of:
        return Rate(count, of, None, None, None)
    z = NINETY_PERCENT
    share, whole = count / of, 1 + z * z / of
    middle = (share + z * z / (2 * of)) / whole
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / whole
    return Rate(count, of, round(share, 4), round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))
