"""What is said of a person's level: in."""

from marshmallow import fields, validate

from schemas.fields import Number
from schemas.frameworks import LEVEL, Strict


class AssertionIn(Strict):
    kind = fields.String(required=True, validate=validate.OneOf((
        "self-assessment", "prior-learning", "review", "override")))
    competency = fields.String(required=True)
    level = Number(required=True, validate=LEVEL)
    note = fields.String(validate=validate.Length(1, 2000))
