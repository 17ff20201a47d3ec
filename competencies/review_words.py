"""What a review says, in words, in both languages (pure)."""

from collections.abc import Mapping

from competencies.reviews import MEASURE, OTHER, PRACTISE, REDRAFT, REPLACE, TIME, Advice, Moved, Stalled
from competencies.words import Words, named

Names = Mapping[str, Mapping[str, str]]  # by code, by language
ADVICE = {
    REDRAFT: ("draft the plan again: it isn't where it was meant to be", "重新拟定计划：进度与原定不符"),
    MEASURE: ("assess {competency}", "对“{competency}”进行测评"),
    REPLACE: ("{competency} hasn't risen since {resource}: take something else for it",
              "完成“{resource}”后，“{competency}”没有提高：换一种方式"),
    PRACTISE: ("practise {competency}: the last evidence lowered it", "加强“{competency}”的练习：最近的证据使其下降")}
AFTER = ("assess {competency}: nothing shows it since {resource}",
         "对“{competency}”进行测评：完成“{resource}”后还没有证据")
STALLED = {
    "late": ("{resource} should have been done by now, and wasn't begun", "“{resource}”已到期，尚未开始"),
    "begun": ("{resource} was begun and not gone on with", "“{resource}”已开始，但未继续"),
    "untouched": ("{competency} is an open critical gap, and nothing happens to it",
                  "“{competency}”是未弥补的关键差距，近期没有任何进展")}


def advice_words(advice: Advice, titles: Names, names: Names) -> Words:
    template = AFTER if advice.kind == MEASURE and advice.resource else ADVICE[advice.kind]
    return _words(template, advice.resource, advice.competency, titles, names)


def stalled_words(stopped: Stalled, titles: Names, names: Names) -> Words:
    return _words(STALLED[stopped.kind], stopped.resource, stopped.competency, titles, names)


def moved_words(moved: Moved, names: Names) -> Words:
    """From which level to which, and by what."""
    pieces = len(moved.evidence)
    en = {"evidence": f"by {pieces} piece{'s' if pieces > 1 else ''} of evidence",
          "related": "by what was shown of related competencies", TIME: "by time without practice",
          OTHER: "by something begun, or another role"}[moved.why]
    zh = {"evidence": f"依据 {pieces} 条证据", "related": "依据相关能力的表现", TIME: "因长期未练习",
          OTHER: "因已开始学习或岗位变动"}[moved.why]
    before_en, before_zh = ("unproven", "未证明") if moved.before is None else (f"{moved.before:.2f}",) * 2
    return {"en": f"{named(names, moved.competency, 'en')}: {before_en} → {moved.after:.2f}, {en}",
            "zh-CN": f"{named(names, moved.competency, 'zh-CN')}：{before_zh} → {moved.after:.2f}，{zh}"}


def _words(template: tuple[str, str], resource: str | None, competency: str | None, titles: Names,
           names: Names) -> Words:
    return {language: text.format(resource=named(titles, resource or "", language),
                                  competency=named(names, competency or "", language))
            for language, text in zip(("en", "zh-CN"), template, strict=True)}
