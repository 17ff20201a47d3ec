"""What seven training tools post of a seller, each in its own shape.

Every statement has an id and a moment that another run for the same first start gives it too.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from competencies.alignment_checks import POINTS
from competencies.frameworks import identifier
from competencies.outcomes import RUBRIC_EXTENSION
from waymark.demo.story import (
    COACH,
    CRM,
    DRILL,
    LEARN,
    OBSERVER,
    QUIZ,
    SELLERS,
    SIMULATOR,
    TAKEN,
    VIDEO,
    Seller,
    account,
    mailbox,
    manager_of,
)

VERBS, TYPES = "http://adlnet.gov/expapi/verbs/", "http://adlnet.gov/expapi/activities/"
VIDEO_VERBS, VIDEO_TYPE = "https://w3id.org/xapi/video/verbs/", "https://w3id.org/xapi/video/activity-type/video"
CMI5 = "https://w3id.org/xapi/cmi5/context"
CRM_EXERCISE = "https://waymark.example/xapi/activity-types/crm-exercise"
CRITERIA = {
    "RB-6.1.1": ("pain-points", "structured-questioning", "data-analysis", "matching-solution"),
    "RB-6.1.2": ("functions", "competitive-advantages", "fitting-scenarios", "case-telling"),
    "RB-6.1.3": ("closing-push", "price-gaming", "objection-handling", "closed-loop-script"),
    "RB-6.2.1": ("emotion-management", "adaptability", "script-improvement"),
}
COURSES = ("product-basics-course", "kano-workshop", "marketing-concepts-course", "customer-lifecycle-course",
           "stp-course", "market-analysis-course", "consumer-behaviour-course", "cross-cultural-course",
           "value-proposal-workshop", "roi-proposal-course", "web-analytics-course", "ab-testing-course")
UNITS = ("needs-5w1h-course", "bi-forecast-course", "loyalty-case", "two-industries-case", "staged-validation-case",
         "kol-ugc-case", "follow-up-case", "cross-selling-case", "product-case-library")  # as cmi5 calls them
QUIZZES = ("value-differentiation-reading", "platform-algorithm-reading", "lead-grading-guide", "e-signing-guide",
           "review-method-reading", "contract-checklist-reading")
MASTERY = 0.8
BEFORE, AFTER = (150, 110), (45, 15)  # days ago, of negotiation's assessments
LATEST = AFTER[-1]
GUEST = {"account": {"homePage": SIMULATOR, "name": "chen.jing"}}  # nobody's, but much like somebody's

Made = Iterator[tuple[float, dict[str, Any]]]  # days ago, and a statement without id and timestamp


def statements(started: datetime) -> dict[str, list[dict[str, Any]]]:
    """What each tool posts, in order of time."""
    made = {tool: [each for seller in SELLERS for each in _stamped(started, tool, seller.id, of(seller))]
            for tool, of in TOOLS.items()}
    made["simulator"] += _stamped(started, "simulator", "guest", [(20, assessed(
        GUEST, "negotiation-assessment", "RB-6.1.3", COACH, levels("RB-6.1.3", 3, Random("guest"))))])  # noqa: S311
    return {tool: sorted(each, key=lambda statement: str(statement["timestamp"])) for tool, each in made.items()}


def _stamped(started: datetime, tool: str, who: str, made: Any) -> list[dict[str, Any]]:
    return [{"id": str(uuid5(NAMESPACE_URL, f"{started.isoformat()}/{tool}/{who}/{number}")),
             "timestamp": (started - timedelta(days=days)).isoformat(timespec="milliseconds"), **statement}
            for number, (days, statement) in enumerate(made)]


def course_platform(seller: Seller) -> Made:
    """By account; completed courses with raw, min, max, scaled and success, catalogue and attempt in the context."""
    chance, learner = _chance("course", seller), account(LEARN, seller.number)
    for number, course in enumerate(COURSES[:seller.courses]):
        days = 165 - 13 * number
        scaled = _share(seller.product - 0.2, chance)
        context = {"registration": _registration(seller, course), "contextActivities": {
            "grouping": [{"id": f"{LEARN}/catalogue"}]}}
        activity = _activity(f"{LEARN}/activities/{course}", f"{TYPES}course", course)
        for part, verb in enumerate(("initialized", "progressed", "progressed")):
            yield days - part / 10, {"actor": learner, "verb": _verb(verb), "object": activity, "context": context}
        yield days - 0.5, {"actor": learner, "verb": _verb("completed"), "object": activity, "context": context,
                           "result": {"completion": True, "success": scaled >= 0.6, "score": _score(scaled, 100)}}
    yield 90, _exam(learner, "needs-exam", _share(seller.needs, chance, 0.02))
    yield seller.product_days or 40, _exam(learner, "product-exam", _share(seller.product, chance, 0.02))


def cmi5(seller: Seller) -> Made:
    """A session of each unit: initialized, completed, passed or failed, terminated, under one registration."""
    chance, learner = _chance("cmi5", seller), account(LEARN, seller.number)
    for number, unit in enumerate(UNITS):
        days, scaled = 160 - 17 * number, _share((seller.needs + seller.data) / 2, chance)
        passed = scaled >= MASTERY
        result = {"score": {"scaled": scaled}, "success": passed, "duration": f"PT{chance.randint(12, 50)}M"}
        for part, (verb, said) in enumerate((("initialized", None), ("completed", {"completion": True}),
                                             ("passed" if passed else "failed", result), ("terminated", None))):
            yield days - part / 50, {
                "actor": learner, "verb": _verb(verb), "object": _activity(f"{LEARN}/activities/{unit}",
                                                                         f"{TYPES}lesson", unit),
                **({"result": said} if said else {}), "context": {
                    "registration": _registration(seller, f"cmi5/{unit}"),
                    "contextActivities": {"category": [{"id": f"{CMI5}/categories/cmi5"}]},
                    "extensions": {f"{CMI5}/extensions/sessionid": f"{seller.id}-{unit}",
                                   f"{CMI5}/extensions/masteryscore": MASTERY}}}


def simulator(seller: Seller) -> Made:
    """One `scored` for each assessor of a run, under the run's registration, with a level for each criterion."""
    chance, coaches = _chance("simulator", seller), (manager_of(seller).mailbox, COACH)
    runs: list[tuple[float, str, str, float]] = [(100, "discovery-interview-sim", "RB-6.1.1", seller.needs)]
    if seller.product_days is None:
        runs.append((60, "product-demo-sim", "RB-6.1.2", seller.product))
    if seller.negotiation is not None:
        runs += [(days, "negotiation-assessment", "RB-6.1.3", seller.negotiation) for days in BEFORE]
        runs += [(days, "negotiation-assessment", "RB-6.1.3", seller.negotiation + seller.gained) for days in AFTER]
    if seller.between == DRILL:
        runs.append((TAKEN, DRILL, "RB-6.2.1", (seller.negotiation or 2) + 0.3))
    for days, activity, rubric, level in runs:
        for coach, off in zip(coaches, (1.0, -1.0) if seller.split and days == LATEST else (0.0, 0.0), strict=True):
            given = levels(rubric, level + off + chance.uniform(-0.2, 0.2), chance)
            yield days, assessed(mailbox(seller.id), activity, rubric, coach, given,
                                 _registration(seller, f"{activity}/{days}"))


def crm_sandbox(seller: Seller) -> Made:
    """By an account of its own; exercises of 20 points that name the competency they exercise."""
    chance, learner = _chance("crm", seller), account(CRM, seller.id)
    data = {"id": identifier("competencies", "SA-6.1.4").urn}
    for number in range(78):
        exercise = ("funnel-forecast", "customer-tiers", "pipeline-review")[number % 3]
        raw = round(20 * _share(seller.data, chance))
        yield 175 - 2.2 * number, {
            "actor": learner, "verb": _verb("scored"),
            "object": _activity(f"{CRM}/exercises/{exercise}", CRM_EXERCISE, exercise),
            "result": {"score": {"raw": raw, "max": 20}, "duration": f"PT{chance.randint(5, 25)}M"},
            "context": {"registration": _registration(seller, f"crm/{number}"),
                        "contextActivities": {"other": [data]}}}


def quiz_tool(seller: Seller) -> Made:
    """By the mailbox, which is a second identifier of the same person; each answer, with its quiz as parent."""
    chance = _chance("quiz", seller)
    for number, quiz in enumerate(QUIZZES):
        right = _share((seller.product + seller.needs) / 2, chance)
        for question in range(10):
            success = chance.random() < right
            yield 140 - 20 * number - question / 500, {
                "actor": mailbox(seller.id), "verb": _verb("answered"),
                "object": {"id": f"{QUIZ}/{quiz}/q{question + 1}", "definition": {
                    "type": f"{TYPES}cmi.interaction", "interactionType": "choice", "correctResponsesPattern": ["b"]}},
                "result": {"success": success, "response": "b" if success else "a"},
                "context": {"registration": _registration(seller, f"quiz/{quiz}"),
                            "contextActivities": {"parent": [{"id": f"{LEARN}/activities/{quiz}"}]}}}


def checklist(seller: Seller) -> Made:
    """The manager, as instructor, after a visit to a customer: the same levels as the simulator's assessors give."""
    chance, seen = _chance("checklist", seller), [("RB-6.1.1", seller.needs)] * 2
    if seller.product_days is None:
        seen += [("RB-6.1.2", seller.product)] * 2
    if seller.negotiation is not None:
        seen += [("RB-6.1.3", seller.negotiation + (seller.gained if days == LATEST else 0)) for days in (130, LATEST)]
    for number, (rubric, level) in enumerate(seen):
        yield 130 if number % 2 == 0 else LATEST, {
            "actor": mailbox(seller.id), "verb": _verb("scored"),
            "object": _activity(f"{OBSERVER}/activities/customer-visit", f"{TYPES}performance", "客户拜访"),
            "result": _rubric(rubric, levels(rubric, level, chance)),
            "context": {"registration": _registration(seller, f"visit/{number}"),
                        "instructor": {"mbox": f"mailto:{manager_of(seller).mailbox}"}}}


def videos(seller: Seller) -> Made:
    """Played and paused: it proves nothing."""
    watched = [f"video-{number:02}" for number in range(11)]
    for number, name in enumerate(watched):
        for part, verb in enumerate(("played", "paused", "played", "paused")):
            yield 170 - 15 * number - part / 300, {
                "actor": account(LEARN, seller.number), "verb": {"id": VIDEO_VERBS + verb, "display": {"en": verb}},
                "object": _activity(f"{LEARN}/activities/{name}", VIDEO_TYPE, name)}
    if seller.between == VIDEO:
        yield TAKEN, {"actor": account(LEARN, seller.number), "verb": _verb("completed"),
                      "object": _activity(f"{LEARN}/activities/{VIDEO}", VIDEO_TYPE, "谈判视频"),
                      "result": {"completion": True}}


TOOLS: dict[str, Callable[[Seller], Made]] = {
    "course platform": course_platform, "cmi5": cmi5, "simulator": simulator, "crm sandbox": crm_sandbox,
    "quiz tool": quiz_tool, "checklist": checklist, "video": videos}


def assessed(learner: dict[str, Any], activity: str, rubric: str, assessor: str, given: dict[str, float],
             registration: str | None = None) -> dict[str, Any]:
    """An assessor's statement on one run, a level for each criterion."""
    return {"actor": learner, "verb": _verb("scored"),
            "object": _activity(f"{SIMULATOR}/activities/{activity}", f"{TYPES}simulation", activity),
            "result": _rubric(rubric, given),
            "context": {**({"registration": registration} if registration else {}),
                        "instructor": {"mbox": f"mailto:{assessor}"}}}


def levels(rubric: str, level: float, chance: Random) -> dict[str, float]:
    """In halves around a level; together they come near it. Price gaming is what the weak are weakest in."""
    found, owed = {}, level * len(CRITERIA[rubric])
    for number, criterion in enumerate(sorted(CRITERIA[rubric], key=lambda each: each != "price-gaming")):
        share = owed / (len(CRITERIA[rubric]) - number)
        weak = -0.5 if criterion == "price-gaming" and level < 2 else 0.0
        last = number == len(CRITERIA[rubric]) - 1
        drawn = round(2 * (share + weak + (0 if last or weak else chance.choice((-0.5, 0, 0.5))))) / 2
        found[criterion] = min(4.0, max(1.0, drawn))
        owed -= found[criterion]
    return found


def _rubric(rubric: str, given: dict[str, float]) -> dict[str, Any]:
    return {"extensions": {RUBRIC_EXTENSION: {"rubric": rubric, "levels": given}}}


def _chance(tool: str, seller: Seller) -> Random:
    return Random(f"{tool}/{seller.id}")  # noqa: S311  # the same in every run


def _share(level: float, chance: Random, error: float = 0.06) -> float:
    """A scaled score that a level shows: the inverse of an alignment's points, with some error."""
    points = [(level, share) for share, level in POINTS]
    low, high = next(pair for pair in pairwise(points) if level <= pair[1][0])
    share = low[1] + (high[1] - low[1]) * (level - low[0]) / (high[0] - low[0])
    return round(min(1.0, max(0.0, share + chance.uniform(-error, error))), 2)


def _score(scaled: float, most: int) -> dict[str, Any]:
    return {"scaled": scaled, "raw": round(scaled * most), "min": 0, "max": most}


def _exam(learner: dict[str, Any], code: str, scaled: float) -> dict[str, Any]:
    return {"actor": learner, "verb": _verb("passed" if scaled >= 0.6 else "failed"),
            "object": _activity(f"{LEARN}/activities/{code}", f"{TYPES}assessment", code),
            "result": {"score": _score(scaled, 100), "success": scaled >= 0.6}}


def _activity(activity: str, kind: str, name: str) -> dict[str, Any]:
    return {"id": activity, "definition": {"type": kind, "name": {"zh-CN": name}}}


def _registration(seller: Seller, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{seller.id}/{what}"))


def _verb(name: str) -> dict[str, Any]:
    return {"id": f"{VERBS}{name}", "display": {"en": name}}
