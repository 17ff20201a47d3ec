"""The API's query parameters."""

from datetime import UTC, date, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

STATES = ("met", "below", "unproven", "stale", "in progress")
LAST_DATE = date(9999, 12, 30)  # it has a tomorrow
MONTH = validate.Regexp(r"[0-9]{4}-(0[1-9]|1[0-2])\Z", error="Not a month.")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(fields.Field[int | date]):
    """An ISO 8601 date and time, as microseconds since 1970 UTC (no offset: UTC); or a date, which stays one."""

    default_error_messages = {"invalid": "Not a date, nor a date and time."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | date:
        try:
            return min(date.fromisoformat(value), LAST_DATE)
        except (TypeError, ValueError):
            pass  # no date alone
        try:
            moment = datetime.fromisoformat(value.replace(" ", "+"))  # a "+" that was not encoded
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (TypeError, ValueError, OverflowError):
            raise self.make_error("invalid") from None
        return (moment - EPOCH) // datetime.resolution


class Query(Schema):
    """Unknown parameters are refused."""

    class Meta:
        unknown = RAISE


class Paged(Query):
    """A cursor holds the filters of its first page, and stands beside limit and format alone."""

    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))
    cursor = fields.String()

    @validates_schema
    def check_cursor(self, found: dict[str, Any], **_: Any) -> None:
        beside = found.keys() - {"cursor", "limit", "format"}
        if "cursor" in found and beside:
            raise ValidationError(f"a cursor holds its filters: {min(beside)} can't stand beside it", "cursor")


class AsOf(Query):
    """Event time: evidence that had happened by then (a date: by its end), under today's catalogue."""

    as_of = Moment()


class GapQuery(AsOf, Paged):
    unit = fields.String()
    role = fields.String()
    manager = fields.String()
    person = fields.String()
    competency = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    format = fields.String(load_default="json", validate=validate.OneOf(("json", "csv")))


class SummaryQuery(AsOf):
    by = fields.String(load_default="competency", validate=validate.OneOf(("competency", "unit", "role")))
    unit = fields.String()
    role = fields.String()
    manager = fields.String()
    person = fields.String()
    competency = fields.String()
    beside_unit = fields.String()
    beside_role = fields.String()
    months = fields.Integer(load_default=0, validate=validate.Range(0, 24))
    format = fields.String(load_default="json", validate=validate.OneOf(("json", "csv")))


class EffectQuery(AsOf):
    unit = fields.String()
    role = fields.String()
    manager = fields.String()


class PeopleQuery(Paged):
    unit = fields.String()
    role = fields.String()
    manager = fields.String()


class TableQuery(Query):
    dry_run = fields.Boolean(load_default=False)


class ExplainQuery(Query):
    version = fields.String(load_default="2.0", validate=validate.OneOf(("1.0.3", "2.0")))


class NoParameters(Query):
    pass


class OutcomeQuery(AsOf):
    by = fields.String(load_default="person", validate=validate.OneOf(("person", "unit", "role", "state")))
    unit = fields.String()
    role = fields.String()
    manager = fields.String()
    person = fields.String()
    competency = fields.String()
    since = fields.String(validate=MONTH)
    until = fields.String(validate=MONTH)
    format = fields.String(load_default="json", validate=validate.OneOf(("json", "csv")))
