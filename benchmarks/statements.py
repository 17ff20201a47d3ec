"""The statements that are posted: a sales academy's, some 1.6 KB each, 30 % of them aligned to a competency.

A statement is a pure function of its number and a seed, so that a reader knows what was written.
"""

import random
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

LEARNERS, COACHES, COURSES, MODULES = 2000, 40, 60, 600
ALIGNED = 0.3
SITE = "https://academy.example"
EXAM = "https://learn.sales.example/activities/needs-exam"  # the built-in alignment needs-exam takes it
ADL = "http://adlnet.gov/expapi"
VERBS = ("initialized", "experienced", "answered", "completed", "progressed")
TOPICS = ("objection handling", "discovery calls", "value selling", "negotiation", "account planning", "closing")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def statement(number: int, seed: str) -> dict[str, Any]:
    """Statement `number` of the series `seed`."""
    chance = random.Random(f"{seed}/{number}")
    aligned = chance.random() < ALIGNED
    learner, course, module = (chance.randrange(most) for most in (LEARNERS, COURSES, MODULES))
    verb = chance.choice(("passed", "failed")) if aligned else chance.choice(VERBS)
    scaled = chance.randrange(101) / 100
    return {
        "id": str(UUID(bytes=blake2b(f"{seed}/{number}".encode(), digest_size=16).digest(), version=4)),
        "actor": _agent("people", learner),
        "verb": {"id": f"{ADL}/verbs/{verb}", "display": {"en-US": verb}},
        "object": {**_activity("assessment", module), "id": EXAM} if aligned else _activity("lesson", module),
        "result": {"score": {"scaled": scaled, "raw": round(100 * scaled), "min": 0, "max": 100}, "completion": True,
                   "success": scaled >= 0.6, "duration": f"PT{chance.randrange(1, 55)}M{chance.randrange(60)}S",
                   "extensions": {f"{SITE}/extensions/attempt": chance.randrange(1, 5)}},
        "context": {
            "registration": str(UUID(int=chance.getrandbits(128), version=4)),
            "instructor": _agent("coaches", chance.randrange(COACHES)),
            "platform": "Academy 7.2", "language": "en-US",
            "contextActivities": {"parent": [_activity("course", course)],
                                  "grouping": [_activity("programme", course % 7)],
                                  "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}]},
            "extensions": {f"{SITE}/extensions/session": f"s-{chance.getrandbits(48):012x}",
                           f"{SITE}/extensions/region": chance.choice(("north", "south", "east", "west"))}},
        "timestamp": (START + timedelta(seconds=13 * number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _agent(role: str, number: int) -> dict[str, Any]:
    return {"objectType": "Agent", "name": f"{role.title()} {number:06d}",
            "account": {"homePage": f"{SITE}/{role}", "name": f"{role}-{number:06d}"}}


def _activity(kind: str, number: int) -> dict[str, Any]:
    topic = TOPICS[number % len(TOPICS)]
    return {"id": f"{SITE}/{kind}s/{topic.replace(' ', '-')}-{number:04d}",
            "definition": {"type": f"{ADL}/activities/{kind}", "name": {"en-US": f"{topic.title()}: {kind} {number}"}}}
