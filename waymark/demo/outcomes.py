"""What the story's months came to, as a CRM would export it, and what a review concluded. Invented, like all of it."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from waymark.demo.story import SELLERS

MONTHS = 6
UNKNOWN = 2.0  # the level in negotiation that is played by who was never assessed
HEADINGS = "工号,月份,线索数,转化数,客户数,复购数,赢单数,输单数,输单：价格,输单：交期,输单：竞争对手"
CONCLUDED = "needs-questions-case"
CONCLUSION: dict[str, Any] = {
    "kind": "case", "language": "zh-CN", "minutes": 30, "tags": ["需求", "赢单共性"],
    "title": {"zh-CN": "赢单共性：先问预算与决策人",
              "en": "What won deals share: ask for budget and decider first"},
    "summary": {"zh-CN": "上季度赢下的项目，首次会谈都问清了这两点。",
                "en": "In the deals won last quarter, both were asked in the first talk."},
    "text": {"zh-CN": "首次会谈前写下三个问题：预算由谁批准？何时要结果？现在怎样凑合？\n会后当天把答案填入客户档案。",
             "en": "Write down three questions before the first talk: who approves the budget, by when, and how do "
                   "they manage now?\nPut the answers into the customer's file on the same day."},
    "closes": [{"competency": "SA-6.1.1", "from": 1, "to": 3, "effect": 0.2}]}


def outcomes(started: datetime) -> str:
    """A table of the months before the one of the first start."""
    rows, month = [HEADINGS], started.date().replace(day=1)
    chance = Random(20)  # noqa: S311  # a story's dice
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        rows += [_row(seller.id, f"{month:%Y-%m}", seller.negotiation or UNKNOWN, chance) for seller in SELLERS]
    return "\n".join([*rows, ""])


def _row(person: str, month: str, level: float, chance: Random) -> str:
    leads, customers, deals = chance.randint(25, 40), chance.randint(10, 20), chance.randint(4, 9)
    converted, again = _some(leads, 0.08 + 0.05 * level, chance), _some(customers, 0.3, chance)
    won = _some(deals, 0.15 + 0.12 * level, chance)
    reasons = [chance.choices(range(3), (5, 2, 3))[0] for _ in range(deals - won)]
    counted = (reasons.count(reason) for reason in range(3))
    return ",".join(map(str, (person, month, leads, converted, customers, again, won, deals - won, *counted)))


def _some(of: int, share: float, chance: Random) -> int:
    return sum(chance.random() < share for _ in range(of))
