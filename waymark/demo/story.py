"""The demo's story: two teams of a sales department, what each seller can do, and what each did in half a year.

All persons and scores are invented. Levels are on the framework's scale, days are before the first start.
"""

from typing import Any, NamedTuple

COMPANY = "yuanhang.example"
HEAD, EAST, SOUTH = "销售部", "华东", "华南"
KEY, SMALL, DIGITAL, NEW = "key-account", "small-medium", "digital-marketing", "newcomer"
DRILL, VIDEO = "high-pressure-drill", "negotiation-video"  # what may have moved somebody's negotiation
TAKEN = 75  # days ago they did
PRODUCT_LONG_AGO = 410


class Manager(NamedTuple):
    id: str
    name: str
    unit: str

    @property
    def mailbox(self) -> str:
        return f"{self.id}@{COMPANY}"


class Seller(NamedTuple):
    """What one can do, which the tools then measure with some error."""

    id: str
    name: str
    unit: str
    role: str
    number: int  # on the course platform
    needs: float
    product: float
    negotiation: float | None  # None: nobody has assessed it
    data: float
    between: str | None = None  # what they took between the earlier and the later assessments
    gained: float = 0.0  # by the later ones
    courses: int = 10  # completed on the course platform
    product_days: int | None = None  # when product knowledge was measured last; None: of late
    split: bool = False  # two assessors of the latest assessment disagree


MANAGERS = (Manager("chen-jing", "陈静", EAST), Manager("liu-yang", "刘洋", SOUTH))
COACH = f"coach@{COMPANY}"
SELLERS = (
    Seller("wang-lei", "王磊", EAST, KEY, 1001, 3.4, 3.4, 1.5, 2.9, VIDEO),
    Seller("zhou-ting", "周婷", EAST, KEY, 1002, 3.1, 3.0, None, 2.6, courses=12),
    Seller("zhao-min", "赵敏", EAST, KEY, 1003, 3.0, 3.4, 3.0, 2.5, product_days=PRODUCT_LONG_AGO),
    Seller("zhang-wei", "张伟", EAST, KEY, 1004, 2.9, 3.0, 2.6, 2.4, split=True),
    Seller("li-na", "李娜", EAST, KEY, 1005, 3.6, 3.7, 3.0, 3.2, DRILL, 0.7),
    Seller("sun-hao", "孙浩", EAST, KEY, 1006, 2.3, 2.5, 2.5, 1.6, VIDEO),
    Seller("lin-xiao", "林晓", EAST, SMALL, 1007, 3.0, 2.6, 2.4, 2.6, DRILL, 0.8),
    Seller("xu-qiang", "徐强", EAST, SMALL, 1008, 2.0, 2.0, 2.0, 1.5, VIDEO),
    Seller("huang-kai", "黄凯", SOUTH, SMALL, 1009, 2.8, 3.0, 2.2, 2.4, DRILL, 0.7),
    Seller("wu-tong", "吴桐", SOUTH, SMALL, 1010, 3.2, 2.8, 2.3, 2.2, DRILL, 0.6),
    Seller("he-yu", "何雨", SOUTH, SMALL, 1011, 2.5, 2.7, 2.1, 2.0, DRILL, 0.7),
    Seller("luo-dan", "罗丹", SOUTH, DIGITAL, 1012, 2.4, 2.3, 1.9, 3.4, VIDEO),
    Seller("liang-dong", "梁栋", SOUTH, DIGITAL, 1013, 2.2, 2.5, 2.2, 2.8, VIDEO),
    Seller("xie-tingting", "谢婷婷", SOUTH, NEW, 1014, 1.8, 1.9, 1.4, 1.6),
    Seller("deng-jie", "邓杰", SOUTH, NEW, 1015, 2.0, 2.1, 1.6, 1.4, VIDEO),
    Seller("zeng-wen", "曾雯", SOUTH, KEY, 1016, 3.3, 3.1, 2.5, 2.7, DRILL, 0.6),
)
SHOWN, UNPROVEN, STALE, SPLIT = (next(seller for seller in SELLERS if seller.id == person)
                                 for person in ("wang-lei", "zhou-ting", "zhao-min", "zhang-wei"))

LEARN, SIMULATOR, CRM, QUIZ, OBSERVER = (
    f"https://{tool}.sales.example" for tool in ("learn", "simulator", "crm", "quiz", "observer"))


def account(home_page: str, name: str | int) -> dict[str, Any]:
    return {"account": {"homePage": home_page, "name": str(name)}}


def mailbox(person: str) -> dict[str, Any]:
    return {"mbox": f"mailto:{person}@{COMPANY}"}


def manager_of(seller: Seller) -> Manager:
    return next(manager for manager in MANAGERS if manager.unit == seller.unit)


def people() -> list[tuple[str, dict[str, Any]]]:
    """Everybody by id, as PUT /api/v1/people takes them; managers first."""
    managers = [(each.id, {"name": each.name, "unit": each.unit, "identifiers": [mailbox(each.id)]})
                for each in MANAGERS]
    return managers + [(each.id, {
        "name": each.name, "unit": each.unit, "role": each.role, "manager": manager_of(each).id,
        "identifiers": [account(LEARN, each.number), account(CRM, each.id), mailbox(each.id)]}) for each in SELLERS]
