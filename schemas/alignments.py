"""Alignments of a store, and the profiles whose templates they may take over: in and out."""

from marshmallow import RAISE, Schema, fields, validate

from schemas.fields import Flag, Number, Texts
from schemas.people import BadRowOut


class AlignmentIn(Schema):
    """Which statements prove what; in the place of a built-in one, what is left out stands as it does there."""

    title = Texts()
    template = fields.Raw()  # an Object, or the id of an imported profile's template
    activities = fields.List(fields.String(), validate=validate.Length(max=1000))
    outcome = fields.Dict(keys=fields.String())
    competencies = fields.List(fields.String(), validate=validate.Length(max=50))
    bears_on = fields.String(validate=validate.OneOf(("listed", "named", "resource")))
    rolled_up = Flag()
    weight = Number(validate=validate.Range(0, 1))
    ceiling = Number(validate=validate.Range(1, 4))
    authorities = fields.List(fields.Dict(keys=fields.String()), validate=validate.Length(max=50))
    enabled = Flag()

    class Meta:
        unknown = RAISE


class AlignmentOut(Schema):
    code = fields.String()
    origin = fields.String()
    enabled = fields.Boolean()
    title = fields.Dict()
    template = fields.Dict()
    activities = fields.List(fields.String())
    outcome = fields.Dict()
    competencies = fields.List(fields.String())
    bears_on = fields.String()
    rolled_up = fields.Boolean()
    weight = fields.Float()
    ceiling = fields.Float()
    authorities = fields.List(fields.Dict())


class RealignmentOut(Schema):
    """How far what was derived has come after edits; `pending` until all of it is by the newest version."""

    version = fields.Integer()
    derived = fields.Integer()
    pending = fields.Boolean()
    statements = fields.Integer(allow_none=True)
    done = fields.Integer(allow_none=True)


class MovedOut(Schema):
    person = fields.String()
    name = fields.String()
    competency = fields.String()
    before = fields.Float(allow_none=True)
    after = fields.Float(allow_none=True)


class PreviewOut(Schema):
    code = fields.String()
    statements = fields.Integer()
    examined = fields.Integer()
    added = fields.Integer()
    removed = fields.Integer()
    changed = fields.Integer()
    unknown_actors = fields.Integer()
    moving = fields.Integer()
    estimates = fields.List(fields.Nested(MovedOut))


class AlignmentRowOut(Schema):
    row = fields.Integer()
    code = fields.String()
    change = fields.String()


class AlignmentTableOut(Schema):
    dry_run = fields.Boolean()
    created = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    rows = fields.List(fields.Nested(AlignmentRowOut))
    bad = fields.List(fields.Nested(BadRowOut))


class TemplateOut(Schema):
    """A profile's template; `why` says what keeps an alignment from using it."""

    id = fields.String()
    name = fields.Dict()
    template = fields.Dict(allow_none=True)
    why = fields.String(allow_none=True)


class ProfileOut(Schema):
    id = fields.String(attribute="profile")
    version = fields.String(allow_none=True)
    name = fields.Dict()
    templates = fields.List(fields.Nested(TemplateOut))
