"""What binds a plan, and what lost to its steps, in words, in both languages (pure)."""

from collections.abc import Callable, Mapping
from math import isinf

from competencies.optimum import COACH, MINUTES, MONEY, SEATS
from competencies.plans import CATALOGUE, LANGUAGES, LEAST, Bound, Plan, RunnerUp, Step
from competencies.words import Words, named

Names = Mapping[str, Mapping[str, str]]  # by code, by language
LIMITS = {MINUTES: ("hours", "小时"), MONEY: ("yuan", "元"), COACH: ("coach hours", "教练小时")}
AGAINST = {LANGUAGES: ("resources in other languages are left out", "其他语言的资源未列入"),
           SEATS: ("no seat is left", "已无席位")}


def why_not(step: Step, rival: RunnerUp, plan: Plan) -> Words:
    """Why the runner-up lost to a step."""
    ours, theirs = (f"{closes * 60 / minutes:.2f}" for closes, minutes in (
        (step.weighted, step.minutes), (rival.closes, rival.minutes)))
    time_en, time_zh = f"{rival.minutes / 60:.3g} h", f"{rival.minutes / 60:.3g} 小时"
    en = f"in its place it closes {rival.closes:.2f} weighted levels in {time_en}: {theirs} an hour, not {ours}"
    zh = f"替换该步骤可弥补加权 {rival.closes:.2f} 级，需 {time_zh}：每小时 {theirs}，而本步骤为 {ours}"
    if isinf(rival.loses):
        return {"en": f"{en}; there is no plan with it within the limits", "zh-CN": f"{zh}；在限制之内没有包含它的计划"}
    if rival.loses > LEAST:
        return {"en": f"{en}; with it the best plan closes {rival.loses:.2f} less",
                "zh-CN": f"{zh}；选它时最优计划少弥补 {rival.loses:.2f} 级"}
    return {"en": f"{en}; a plan with it closes as much, but takes more",
            "zh-CN": f"{zh}；选它时弥补一样多，但投入更多"}


def bound_words(bound: Bound, plan: Plan, names: Names) -> Words:
    """What keeps the plan from closing more, or what is required from fitting."""
    return {"en": _bound(bound, plan, lambda code: named(names, code, "en"), 0),
            "zh-CN": _bound(bound, plan, lambda code: named(names, code, "zh-CN"), 1)}


def _bound(bound: Bound, plan: Plan, name: Callable[[str], str], language: int) -> str:
    codes = ("、" if language else ", ").join(f"{code} {name(code)}" if name(code) != code else code
                                             for code in bound.competencies)
    if bound.limit == CATALOGUE and plan.feasible:
        return (f"nothing in the catalogue closes {codes}", f"目录中没有资源能弥补：{codes}")[language]
    if bound.limit == CATALOGUE:
        return (f"{codes} can't be taken: it, or what must come first, isn't on offer",
                f"{codes} 无法安排：它本身或其先修内容不在目录中")[language]
    if not plan.feasible and bound.limit in LIMITS:
        wanted, given = _amounts(bound)
        unit = LIMITS[bound.limit][language]
        return (f"what is required takes {wanted} {unit}, and there are {given}",
                f"必选内容需要 {wanted} {unit}，而只有 {given}")[language]
    if not plan.feasible:
        return (f"{AGAINST[bound.limit][0]}: {codes}", f"{AGAINST[bound.limit][1]}：{codes}")[language]
    more = f"{bound.more:.2f}"
    if bound.limit in LIMITS:
        wanted, given = _amounts(bound)
        unit = LIMITS[bound.limit][language]
        return (f"{given} {unit}: with {wanted} it would close {more} weighted levels more, in {codes}",
                f"{given} {unit}：若有 {wanted}，可多弥补加权 {more} 级（{codes}）")[language]
    if bound.limit in AGAINST:
        return (f"{AGAINST[bound.limit][0]}: with them it would close {more} weighted levels more, in {codes}",
                f"{AGAINST[bound.limit][1]}：否则可多弥补加权 {more} 级（{codes}）")[language]
    return (f"no limit alone, but several together: without them all it would close {more} weighted levels more",
            f"并非单一限制，而是几项限制共同所致：全部放开可多弥补加权 {more} 级")[language]


def _amounts(bound: Bound) -> tuple[str, str]:
    return _number(bound.wanted or 0.0, bound.limit), _number(bound.given or 0.0, bound.limit)


def _number(value: float, limit: str) -> str:
    return f"{value / 60:.3g}" if limit == MINUTES else f"{value:g}"
