"""Plans: what they are asked for with, and what they are."""

from datetime import date
from typing import Any, NoReturn

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from schemas.fields import Number, Texts
from schemas.queries import AsOf, Query

CODE = validate.Length(1, 200)
LANGUAGE = validate.Regexp(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z", error="Not a language tag.")
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
MOST_WEEKS = 104
FORMATS = ("json", "csv", "html", "pdf")
DEFAULT_HOURS, DEFAULT_WEEKS = 16.0, 4


def settled(found: dict[str, Any]) -> dict[str, Any]:
    """Hours and weeks, however they were said: hours a week until a date, or for so many weeks, or hours in all.

    With `start`, a date, for what began. Raises ValidationError.
    """
    given, start = set(found), found["start"]
    if {"hours", "hours_per_week"} <= given:
        _refuse("hours", "Give hours, or hours_per_week with weeks or until.")
    if {"until", "weeks"} <= given:
        _refuse("until", "Give weeks or until.")
    if "hours_per_week" in given and not given & {"weeks", "until"}:
        _refuse("hours_per_week", "It goes with weeks or until.")
    if not given & {"hours", "hours_per_week"} and given & {"weeks", "until"}:
        _refuse(min(given & {"weeks", "until"}), "It goes with hours_per_week, or hours.")
    weeks = found.get("weeks", DEFAULT_WEEKS)
    if "until" in given:
        weeks = -(-((found["until"] - start).days + 1) // 7)
        if not 1 <= weeks <= MOST_WEEKS:
            _refuse("until", f"It is before the start, or more than {MOST_WEEKS} weeks after it.")
    hours = {} if "hours_per_week" in given else {"hours": found.get("hours", DEFAULT_HOURS)}
    rest = {key: value for key, value in found.items() if key != "until"}
    return {**rest, **hours, "weeks": weeks, "start": start.isoformat()}


def _refuse(member: str, why: str) -> NoReturn:
    raise ValidationError({member: [why]})


class Limited(Schema):
    """What there is to spend, as queries and bodies say it."""

    hours = fields.Float(validate=validate.Range(0.5, 2000))
    hours_per_week = fields.Float(validate=validate.Range(0.5, 60))
    weeks = fields.Integer(validate=validate.Range(1, MOST_WEEKS))
    until = fields.Date(validate=validate.Range(FIRST, LAST))
    start = fields.Date(validate=validate.Range(FIRST, LAST))
    money = fields.Float(validate=validate.Range(0, 1e9))
    coach_hours = fields.Float(validate=validate.Range(0, 1e5))


class Listed(fields.Field[list[str]]):
    """Values with commas between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        found = [each.strip() for each in str(value).split(",") if each.strip()]
        if len(found) > 200:
            raise ValidationError("More than 200.")
        return found


class Printed(Query):
    """The form of an answer, and the language of what is printed."""

    format = fields.String(load_default="json", validate=validate.OneOf(FORMATS))
    language = fields.String(load_default="zh-CN", validate=validate.OneOf(("zh-CN", "en")))


class PlanQuery(AsOf, Limited, Printed):
    languages = Listed()
    require = Listed()
    avoid = Listed()
    instead = fields.Float(validate=validate.Range(0.5, 2000))


class PlanIn(Limited):
    """What a plan is to be drafted with; hours are 16 in all within four weeks where nothing is said."""

    money = Number(allow_none=True, validate=validate.Range(0, 1e9))
    coach_hours = Number(allow_none=True, validate=validate.Range(0, 1e5))
    seats = fields.Dict(keys=fields.String(validate=CODE), values=fields.Integer(
        strict=True, validate=validate.Range(0, 1e6)))
    languages = fields.List(fields.String(validate=LANGUAGE), validate=validate.Length(max=20))
    require = fields.List(fields.String(validate=CODE), validate=validate.Length(max=200))
    avoid = fields.List(fields.String(validate=CODE), validate=validate.Length(max=200))

    class Meta:
        unknown = RAISE


class SheetIn(PlanIn):
    """For whom plans are drafted together, and with what: money, coach hours and seats are for all of them."""

    name = fields.String(validate=validate.Length(1, 200))
    unit = fields.String(validate=validate.Length(1, 200))
    manager = fields.String(validate=CODE)
    people = fields.List(fields.String(validate=CODE), validate=validate.Length(1, 5000))
    template = fields.String(validate=CODE)

    @validates_schema
    def check_for_whom(self, found: dict[str, Any], **_: Any) -> None:
        if len({"unit", "manager", "people"} & found.keys()) > 1:
            raise ValidationError("Give one of unit, manager and people.", "unit")


class PlanTemplateIn(Schema):
    """What plans of a kind are drafted with, under a name."""

    name = Texts(required=True, validate=validate.Length(1, 20))
    unit = fields.String(validate=validate.Length(1, 200), allow_none=True)
    ask = fields.Nested(PlanIn, required=True)

    class Meta:
        unknown = RAISE


class PlanTemplateOut(Schema):
    """What plans of a kind are drafted with."""

    code = fields.String()
    name = Texts()
    unit = fields.String(allow_none=True)
    ask = fields.Dict()
    at = fields.String()
    by = fields.String()


class KeptQuery(Printed):
    version = fields.Integer(validate=validate.Range(1, 2**31 - 1))


class RunnerUpOut(Schema):
    resource = fields.String()
    title = Texts()
    minutes = fields.Integer()
    closes = fields.Float()
    loses = fields.Float(allow_none=True)
    words = Texts()


class StepOut(Schema):
    resource = fields.String()
    title = Texts()
    address = fields.String()
    launch = fields.String()
    minutes = fields.Integer()
    cost = fields.Float()
    coach_hours = fields.Float()
    begins = fields.String()
    due = fields.String()
    closes = fields.Dict()
    measures = fields.List(fields.String())
    purpose = fields.String()
    prerequisites = fields.List(fields.String())
    required = fields.Boolean()
    evidence = fields.List(fields.String())
    runner_up = fields.Nested(RunnerUpOut, allow_none=True)


class MilestoneOut(Schema):
    period = fields.String()
    begins = fields.String()
    ends = fields.String()
    steps = fields.List(fields.String())
    minutes = fields.Integer()
    levels = fields.Dict()


class BoundOut(Schema):
    limit = fields.String()
    more = fields.Float()
    wanted = fields.Float(allow_none=True)
    given = fields.Float(allow_none=True)
    concerns = fields.List(fields.String())
    words = Texts()


class AskOut(Schema):
    hours = fields.Float()
    hours_per_week = fields.Float()
    weeks = fields.Integer()
    start = fields.String()
    money = fields.Float(allow_none=True)
    coach_hours = fields.Float(allow_none=True)
    seats = fields.Dict()
    languages = fields.List(fields.String())
    require = fields.List(fields.String())
    avoid = fields.List(fields.String())


class InsteadOut(Schema):
    budget = fields.Integer()
    minutes = fields.Integer()
    weighted = fields.Float()
    steps = fields.List(fields.String())
    remaining = fields.Dict()
    without = fields.List(fields.String())


class ContentOut(Schema):
    """What a plan says."""

    ask = fields.Nested(AskOut)
    feasible = fields.Boolean()
    minutes = fields.Integer()
    budget = fields.Integer()
    cost = fields.Float()
    coach_hours = fields.Float()
    weighted = fields.Float()
    possible = fields.Float()
    steps = fields.List(fields.Nested(StepOut))
    milestones = fields.List(fields.Nested(MilestoneOut))
    remaining = fields.Dict()
    unreached = fields.List(fields.String())
    binding = fields.List(fields.Nested(BoundOut))


class PlanOut(ContentOut):
    """A draft that is kept nowhere."""

    person = fields.String()
    as_of = fields.String()
    instead = fields.Nested(InsteadOut)


class StepProgressOut(Schema):
    resource = fields.String()
    state = fields.String()
    due = fields.String()
    done = fields.String(allow_none=True)


class DifferenceOut(Schema):
    change = fields.String()
    resource = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)


class ProgressOut(Schema):
    steps = fields.List(fields.Nested(StepProgressOut))
    minutes = fields.Integer()
    minutes_done = fields.Integer()


class VersionOut(Schema):
    """One version of a plan that is kept, without what it says."""

    plan = fields.String()
    version = fields.Integer()
    person = fields.String()
    status = fields.String()
    at = fields.String()
    by = fields.String()
    changes = fields.List(fields.Nested(DifferenceOut))
    sheet = fields.String(allow_none=True)
    edits = fields.Dict()


class KeptPlanOut(VersionOut):
    content = fields.Nested(ContentOut)
    progress = fields.Nested(ProgressOut)


class ShareOut(Schema):
    """Something that a sheet's people share."""

    limit = fields.String()
    given = fields.Float()
    used = fields.Float()
    price = fields.Float(allow_none=True)


class SheetProgressOut(Schema):
    """How far drafting is."""

    round = fields.Integer()
    done = fields.Integer()
    of = fields.Integer()


class SheetOut(Schema):
    """A sheet, without its plans."""

    sheet = fields.String()
    version = fields.Integer()
    state = fields.String()
    name = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    manager = fields.String(allow_none=True)
    people = fields.Integer()
    ask = fields.Nested(AskOut)
    at = fields.String()
    by = fields.String()
    progress = fields.Nested(SheetProgressOut, allow_none=True)
    why = fields.String(allow_none=True)


class OutlineStepOut(Schema):
    """One step of an outline."""

    resource = fields.String()
    title = Texts()
    due = fields.String()
    minutes = fields.Integer()


class InForceOut(Schema):
    """The approved plan that a person has beside the one of the sheet, and how that one differs."""

    plan = fields.String()
    changes = fields.List(fields.Nested(DifferenceOut))


class OutlineOut(Schema):
    """One plan of a sheet."""

    person = fields.String()
    name = fields.String()
    plan = fields.String()
    version = fields.Integer()
    status = fields.String()
    feasible = fields.Boolean()
    minutes = fields.Integer()
    budget = fields.Integer()
    weighted = fields.Float()
    steps = fields.List(fields.Nested(OutlineStepOut))
    unreached = fields.List(fields.String())
    edits = fields.Dict()
    in_force = fields.Nested(InForceOut, allow_none=True)


class WholeSheetOut(SheetOut):
    """A sheet with its plans side by side, and what they share."""

    closes = fields.Float(allow_none=True)
    bound = fields.Float(allow_none=True)
    shared = fields.List(fields.Nested(ShareOut))
    plans = fields.List(fields.Nested(OutlineOut))


class LeftOut(Schema):
    """A plan that an action on a sheet left as it was, and why."""

    person = fields.String()
    plan = fields.String()
    why = fields.String()


class ActedOut(Schema):
    """What an action on a sheet did."""

    sheet = fields.String()
    done = fields.Integer()
    left = fields.List(fields.Nested(LeftOut))


class LaunchOut(Schema):
    """Where to open a step, and until when its credential holds."""

    url = fields.String()
    kind = fields.String()
    registration = fields.String(allow_none=True)
    expires = fields.String(allow_none=True)
