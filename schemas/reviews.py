"""Reviews, and the experience library."""

from datetime import date

from marshmallow import RAISE, Schema, fields, validate

from schemas.analyses import OutcomesOut, SummaryOut
from schemas.fields import Number, Texts
from schemas.plans import CODE, LANGUAGE, Printed
from schemas.queries import Query

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
PERIODS = ("week", "month")
TEXT = validate.Length(0, 20)  # languages
LEVEL = validate.Range(1, 4)


class ReviewQuery(Printed):
    period = fields.String(load_default="week", validate=validate.OneOf(PERIODS))
    date = fields.Date(validate=validate.Range(FIRST, LAST))


class TeamReviewQuery(ReviewQuery):
    unit = fields.String()
    role = fields.String()
    manager = fields.String()


class ExperienceQuery(Query):
    tag = fields.String()
    competency = fields.String()


class PrintedPage(Query):
    format = fields.String(load_default="json", validate=validate.OneOf(("json", "html", "pdf")))
    language = fields.String(load_default="zh-CN", validate=validate.OneOf(("zh-CN", "en")))


class ShownOut(Schema):
    """A piece of evidence by which something moved."""

    statement = fields.String()
    activity = fields.String()
    level = fields.Float()
    happened = fields.String()


class MovementOut(Schema):
    """A competency whose estimate isn't what it was."""

    competency = fields.String()
    before = fields.Float(allow_none=True)
    after = fields.Float()
    change = fields.Float(allow_none=True)
    state_before = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    why = fields.String()
    evidence = fields.List(fields.Nested(ShownOut))
    words = Texts()


class FinishedOut(Schema):
    """A resource that was finished."""

    resource = fields.String()
    title = Texts()
    when = fields.String()
    day = fields.String()


class StalledOut(Schema):
    """What doesn't go on."""

    kind = fields.String()
    resource = fields.String(allow_none=True)
    competency = fields.String(allow_none=True)
    since = fields.String(allow_none=True)
    words = Texts()


class AdviceOut(Schema):
    """What to change."""

    kind = fields.String()
    resource = fields.String(allow_none=True)
    competency = fields.String(allow_none=True)
    words = Texts()


class NextOut(Schema):
    """A step that comes next: of the plan in force, or proposed where there is none."""

    resource = fields.String()
    title = Texts()
    minutes = fields.Integer()
    due = fields.String()
    planned = fields.Boolean()


class PeriodOut(Schema):
    """The time that a review is of."""

    period = fields.String()
    begins = fields.String()
    ends = fields.String()
    as_of = fields.String()


class ReviewOut(PeriodOut):
    """One person's week or month."""

    person = fields.String()
    name = fields.String()
    plan = fields.String(allow_none=True)
    moved = fields.List(fields.Nested(MovementOut))
    done = fields.List(fields.Nested(FinishedOut))
    stalled = fields.List(fields.Nested(StalledOut))
    change = fields.List(fields.Nested(AdviceOut))
    next = fields.List(fields.Nested(NextOut))
    outcomes = fields.Nested(OutcomesOut, allow_none=True)
    conclusions = fields.List(fields.String())


class TeamMovedOut(Schema):
    """How many people a competency rose or fell for."""

    competency = fields.String()
    raised = fields.Integer()
    lowered = fields.Integer()
    first = fields.Integer()
    change = fields.Float(allow_none=True)


class ReviewRowOut(Schema):
    """One person's review, beside others."""

    person = fields.String()
    name = fields.String()
    raised = fields.Integer()
    lowered = fields.Integer()
    first = fields.Integer()
    done = fields.List(fields.String())
    stalled = fields.List(fields.Nested(StalledOut))
    change = fields.List(fields.Nested(AdviceOut))
    next = fields.List(fields.Nested(NextOut))


class TeamReviewOut(PeriodOut):
    """A team's week or month."""

    people = fields.Integer()
    moved = fields.List(fields.Nested(TeamMovedOut))
    weakest = fields.List(fields.Nested(SummaryOut))
    reviews = fields.List(fields.Nested(ReviewRowOut))
    outcomes = fields.Nested(OutcomesOut, allow_none=True)
    conclusions = fields.List(fields.String())


class Strict(Schema):
    class Meta:
        unknown = RAISE


class ConcludedClosing(Strict):
    competency = fields.String(required=True, validate=CODE)
    from_ = Number(required=True, data_key="from", attribute="from", validate=LEVEL)
    to = Number(required=True, validate=LEVEL)
    effect = Number(required=True, validate=validate.Range(0, 3))


class ReviewedPeriod(Strict):
    period = fields.String(required=True, validate=validate.OneOf(PERIODS))
    begins = fields.String(required=True, validate=validate.Length(10, 10))
    ends = fields.String(required=True, validate=validate.Length(10, 10))


class ExperienceIn(Strict):
    """A conclusion to keep. Without an address it is read here."""

    kind = fields.String(validate=validate.OneOf(("case", "simulation")))
    title = Texts(required=True, validate=validate.Length(1, 20))
    summary = Texts(validate=TEXT)
    text = Texts(validate=TEXT)
    language = fields.String(validate=LANGUAGE)
    address = fields.Url(schemes={"http", "https"}, require_tld=False)
    minutes = fields.Integer(strict=True, validate=validate.Range(1, 10_000))
    cost = Number(validate=validate.Range(0, 1e9))
    coach_hours = Number(validate=validate.Range(0, 1e5))
    closes = fields.List(fields.Nested(ConcludedClosing), required=True, validate=validate.Length(1, 50))
    prerequisites = fields.List(fields.String(validate=CODE), validate=validate.Length(max=50))
    tags = fields.List(fields.String(validate=validate.Length(1, 100)), validate=validate.Length(max=50))
    review = fields.Nested(ReviewedPeriod, allow_none=True)


class ExperienceOut(Schema):
    """A conclusion that was kept, as plans see it and as it reads."""

    code = fields.String()
    kind = fields.String()
    title = Texts()
    summary = Texts()
    text = Texts()
    language = fields.String()
    address = fields.String()
    activity = fields.String()
    minutes = fields.Integer()
    cost = fields.Float()
    coach_hours = fields.Float()
    closes = fields.List(fields.Dict())
    prerequisites = fields.List(fields.String())
    tags = fields.List(fields.String())
    by = fields.String()
    at = fields.String()
    review = fields.Dict(allow_none=True)
