"""Plans, team sheets, reviews and conclusions as printouts, in either language; from what the API shows of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from competencies.printing import Part, Printout
from competencies.words import called, named, said

LANGUAGES = ("zh-CN", "en")
Names = Mapping[str, Mapping[str, str]]  # of competencies and resources, by code


WORDS: dict[str, tuple[str, str]] = {
    "title": ("{name}的学习计划", "Learning plan for {name}"),
    "period": ("期间", "Period"), "time": ("时间", "Time"), "of": ("{minutes} 分钟，可用 {budget} 分钟",
                                                               "{minutes} of {budget} min"),
    "status": ("状态", "Status"), "version": ("版本", "Version"), "gain": ("预计弥补", "Expected to close"),
    "weighted": ("加权 {weighted:.2f} 级（不受限制时 {possible:.2f}）",
                 "{weighted:.2f} weighted levels ({possible:.2f} without limits)"),
    "steps": ("步骤", "Steps"), "why": ("为何如此", "Why"), "milestones": ("里程碑", "Milestones"),
    "left": ("未尽之处", "What is left"), "number": ("序", "No."), "resource": ("资源", "Resource"),
    "due": ("截止", "By"), "minutes": ("分钟", "Min"), "for": ("用于", "For"), "state": ("进展", "Progress"),
    "by": ("之前", "By the end of"), "reach": ("应达到", "To be reached"), "rather": ("未选 {title}：{why}。",
                                                                      "Rather than {title}: {why}."),
    "closes": ("{name} +{levels:.2f}", "{name} +{levels:.2f}"), "measures": ("测评 {name}", "proves {name}"),
    "prerequisite": ("先修", "comes first"), "level": ("{name} 达到 {level:.1f}", "{name} at {level:.1f}"),
    "open": ("{name} 仍差 {levels:.2f} 级", "{name}: {levels:.2f} levels left"),
    "untouched": ("{name} 没有步骤涉及", "{name}: no step"), "nothing": ("没有", "Nothing"),
    "draft": ("草案", "draft"), "approved": ("已批准", "approved"), "active": ("进行中", "active"),
    "complete": ("已完成", "complete"), "withdrawn": ("已撤回", "withdrawn"), "not begun": ("未开始", "not begun"),
    "begun": ("已开始", "begun"), "done": ("完成", "done"), "late": ("逾期", "late"),
    "week": ("周", "Week"), "month": ("月", "Month"), "quarter": ("季度", "Quarter"), "none": ("", ""),
    "team_title": ("团队学习计划", "Learning plans of a team"), "people": ("人数", "People"),
    "person": ("姓名", "Name"), "gain_short": ("弥补", "Closes"), "shared": ("共享资源", "Shared by all"),
    "limit": ("项目", "What"), "given": ("可用", "There are"), "used": ("使用", "Used"),
    "price": ("再多一个单位可弥补", "One more would close"), "money": ("经费（元）", "Money, yuan"),
    "coach": ("教练小时", "Coach hours"), "seats": ("名额", "Seats"),
    "at_most": ("加权 {closes:.2f} 级（上限 {bound:.2f}）", "{closes:.2f} weighted levels (no division closes more "
                                                     "than {bound:.2f})"),
    "unreached_by": ("{name}：{people} 人没有步骤涉及", "{name}: no step for {people} of them"),
    "review_week": ("{name}：周复盘", "{name}: the week"), "review_month": ("{name}：月复盘", "{name}: the month"),
    "moved": ("变化", "What moved"), "finished": ("已完成", "Done"), "stalled": ("停滞", "What stalled"),
    "to_change": ("需要调整", "What to change"), "next": ("下一步", "Next"), "in_plan": ("计划内", "planned"),
    "proposed": ("建议", "proposed"), "conversion": ("转化率", "Conversion"), "repurchase": ("复购率", "Repurchase"),
    "win": ("赢单率", "Deals won"), "competency": ("能力", "Competency"), "raised": ("上升", "Up"),
    "lowered": ("下降", "Down"), "first": ("首次证明", "First shown"), "mean": ("平均变化", "Mean change"),
    "weakest": ("最薄弱的能力", "Where most is missing"), "below": ("不足", "Below"),
    "unknown": ("未证明或过期", "Unproven or stale"), "mean_level": ("平均 / 要求", "Mean / required"),
    "raised_by": ("提升最多的资源", "What raised it most"), "everybody": ("每个人", "Everybody"),
    "movements": ("上升 / 下降 / 首次", "Up / down / first"), "tags": ("标签", "Tags"),
    "case": ("内容", "What it says"),
    "drafting": ("正在拟定", "being drafted"), "drafted": ("已拟定", "drafted"), "failed": ("未能拟定", "failed"),
    "infeasible": ("必选内容放不进限制之内，因此没有步骤。",
                   "What is required doesn't fit the limits: there are no steps."),
    "and": ("；", "; "), "to": ("{begin} 至 {end}", "{begin} to {end}"),
}


def of_plan(content: Mapping[str, Any], name: str, names: Names, language: str) -> Printout:
    """A plan, as `planning.Showing` gives it, perhaps with status and progress; `names`: of competencies."""
    say = _saying(language)
    ask, steps = content["ask"], content["steps"]
    titles = {step["resource"]: called(step["title"], language) for step in steps}
    states = {each["resource"]: each["state"] for each in content.get("progress", {}).get("steps", ())}
    end = max((step["due"] for step in steps), default=ask["start"])
    facts = [(say("period"), say("to", begin=ask["start"], end=end)),
             (say("time"), say("of", minutes=content["minutes"], budget=content["budget"])),
             (say("gain"), say("weighted", weighted=content["weighted"], possible=content["possible"]))]
    if "status" in content:
        facts += [(say("status"), say(content["status"])), (say("version"), str(content["version"]))]
    def purpose(step: Mapping[str, Any]) -> str:
        return say("and").join([
            *(say("closes", name=named(names, code, language), levels=levels)
              for code, levels in step["closes"].items()),
            *(say("measures", name=named(names, code, language)) for code in step["measures"])]) or say("prerequisite")

    columns = 6 if states else 5
    table = tuple((str(number), titles[step["resource"]], purpose(step), str(step["minutes"]), step["due"],
                   say(states.get(step["resource"], "none")))[:columns] for number, step in enumerate(steps, 1))
    rivals = tuple(f"{titles[step['resource']]} — " + say(
        "rather", title=called(rival["title"], language), why=rival["words"][language])
        for step in steps if (rival := step["runner_up"]))
    reached = tuple((say(each["period"]), each["ends"], say("and").join([
        *(titles[resource] for resource in each["steps"]),
        *(say("level", name=named(names, code, language), level=level) for code, level in each["levels"].items())]))
        for each in content["milestones"])
    left = (*(say("open", name=named(names, code, language), levels=levels)
              for code, levels in content["remaining"].items() if levels),
            *(say("untouched", name=named(names, code, language)) for code in content["unreached"]
              if not content["remaining"].get(code)),
            *(each["words"][language] for each in content["binding"]))
    parts = (Part(say("steps"), () if content["feasible"] else (say("infeasible"),),
                  tuple(map(say, ("number", "resource", "for", "minutes", "due", "state")))[:columns], table,
                  (1, 6, 7, 2, 4, 3)[:columns]),
             Part(say("why"), rivals),
             Part(say("milestones"), (), (" ", say("by"), say("reach")), reached, (2, 4, 14)),
             Part(say("left"), left or (say("nothing"),)))
    return _printout(language, say("title", name=name), facts, parts)


def of_team(whole: Mapping[str, Any], names: Names, language: str) -> Printout:
    """The plans of a team side by side, as the API shows them."""
    say = _saying(language)
    def limit(kind: str, code: str = "") -> str:
        return f"{say(kind)} {named(names, code, language)}".strip()

    plans = whole["plans"]
    facts = [(say("status"), say(whole["state"])), (say("version"), str(whole["version"])),
             (say("people"), str(len(plans)))]
    if whole["closes"] is not None:
        facts.append((say("gain"), say("at_most", closes=whole["closes"], bound=whole["bound"])))
    table = tuple((plan["name"], say("and").join(called(step["title"], language) for step in plan["steps"])
                   or say("nothing"), str(plan["minutes"]), f"{plan['weighted']:.2f}",
                   max((step["due"] for step in plan["steps"]), default=""), say(plan["status"])) for plan in plans)
    shared = tuple((limit(*each["limit"].split("/", 1)), f"{each['given']:g}", f"{each['used']:g}",
                    "" if each["price"] is None else f"{each['price']:.3g}") for each in whole["shared"])
    untouched = sorted({code for plan in plans for code in plan["unreached"]})
    left = tuple(say("unreached_by", name=named(names, code, language),
                     people=sum(code in plan["unreached"] for plan in plans)) for code in untouched)
    parts = (Part(say("steps"), (), tuple(map(say, ("person", "resource", "minutes", "gain_short", "due", "state"))),
                  table, (3, 9, 2, 3, 4, 3)),
             Part(say("shared"), (), tuple(map(say, ("limit", "given", "used", "price"))), shared, (5, 3, 3, 5)),
             Part(say("left"), left))
    return _printout(language, whole["name"] or say("team_title"), facts, parts)


def of_review(review: Mapping[str, Any], language: str) -> Printout:
    """One person's week or month, as the API shows it."""
    say = _saying(language)
    facts = [(say("period"), say("to", begin=review["begins"], end=review["ends"])), *_rates(review, language)]
    upcoming = tuple((called(each["title"], language), str(each["minutes"]), each["due"],
                      say("in_plan" if each["planned"] else "proposed")) for each in review["next"])
    parts = (Part(say("moved"), tuple(each["words"][language] for each in review["moved"]) or (say("nothing"),)),
             Part(say("finished"), tuple(f"{called(each['title'], language)} — {each['day']}"
                                         for each in review["done"])),
             Part(say("stalled"), tuple(each["words"][language] for each in review["stalled"])),
             Part(say("to_change"), tuple(each["words"][language] for each in review["change"])),
             Part(say("next"), (), tuple(map(say, ("resource", "minutes", "due", "state"))), upcoming, (9, 2, 4, 4)))
    return _printout(language, say(f"review_{review['period']}", name=review["name"]), facts, parts)


def of_team_review(review: Mapping[str, Any], names: Names, language: str) -> Printout:
    """A team's week or month."""
    say = _saying(language)
    facts = [(say("period"), say("to", begin=review["begins"], end=review["ends"])),
             (say("people"), str(review["people"])), *_rates(review, language)]
    movements = tuple((named(names, each["competency"], language), str(each["raised"]), str(each["lowered"]),
                       str(each["first"]),
                       "" if each["change"] is None else f"{each['change'] + 0.0:+.2f}") for each in review["moved"])
    weakest = tuple((named(names, each["key"], language), str(each["below"]), str(each["unproven"] + each["stale"]),
                     "" if each["level"] is None else f"{each['level']:.2f} / {each['required']:.2f}",
                     say("and").join(f"{named(names, effect['resource'], language)} {effect['change']:+.2f}"
                                     for effect in each["raised_by"]))
                    for each in review["weakest"])
    people = tuple((each["name"], f"{each['raised']} / {each['lowered']} / {each['first']}", str(len(each["done"])),
                    say("and").join(one["words"][language] for one in (*each["stalled"], *each["change"])),
                    say("and").join(called(step["title"], language) for step in each["next"]))
                   for each in review["reviews"])
    parts = (Part(say("moved"), (), tuple(map(say, ("competency", "raised", "lowered", "first", "mean"))), movements,
                  (7, 2, 2, 3, 3)),
             Part(say("weakest"), (), tuple(map(say, ("competency", "below", "unknown", "mean_level", "raised_by"))),
                  weakest, (6, 2, 3, 4, 5)),
             Part(say("everybody"), (), tuple(map(say, ("person", "movements", "finished", "to_change", "next"))),
                  people, (3, 4, 2, 9, 6)))
    return _printout(language, say(f"review_{review['period']}", name=review["of"]), facts, parts)


def _rates(review: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """The outcomes of the time, each with its interval."""
    found, say = list[tuple[str, str]](), _saying(language)
    for name in ("conversion", "repurchase", "win"):
        rate = review["outcomes"] and review["outcomes"][name]
        if rate and rate["of"]:
            shown = "{rate:.0%} ({low:.0%}–{high:.0%}), {count}/{of}".format(**rate)
            found.append((say(name), shown))
    return found


def of_experience(kept: Mapping[str, Any], language: str) -> Printout:
    """A conclusion of the library, to read."""
    say = _saying(language)
    facts = ((say("minutes"), str(kept["minutes"])), (say("tags"), " ".join(kept["tags"])))
    paragraphs = [said(kept[name], language) for name in ("summary", "text") if kept[name]]
    lines = tuple(line for each in paragraphs for line in each.split("\n") if line.strip())
    return _printout(language, called(kept["title"], language), facts, [Part(say("case"), lines)])


def _saying(language: str) -> Callable[..., str]:
    """Says WORDS in a language, with values in them."""
    def say(word: str, **values: Any) -> str:
        return WORDS[word][LANGUAGES.index(language)].format(**values)
    return say


def _printout(language: str, title: str, facts: Iterable[tuple[str, str]], parts: Iterable[Part]) -> Printout:
    """Without parts that say nothing."""
    return Printout(language, title, tuple(facts), tuple(part for part in parts if part.rows or part.paragraphs))
