"""People, in and out."""

from marshmallow import RAISE, Schema, fields, validate


class PersonIn(Schema):
    """A person as a client sends one. Identifiers are xAPI Agents: mbox, mbox_sha1sum, openid or account."""

    id = fields.String()  # as the path names it, or not at all
    name = fields.String(required=True, validate=validate.Length(1, 200))
    unit = fields.String(required=True, validate=validate.Length(1, 200))
    role = fields.String(allow_none=True, validate=validate.Length(1, 200))
    manager = fields.String(allow_none=True, validate=validate.Length(1, 64))
    login = fields.String(allow_none=True, validate=validate.Length(1, 200))
    analyst = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    identifiers = fields.List(fields.Dict(keys=fields.String()), load_default=list, validate=validate.Length(max=50))

    class Meta:
        unknown = RAISE


class RosterChangeOut(Schema):
    """One row's effect; `differing` has each member that differs, before and after."""

    row = fields.Integer()
    id = fields.String()
    change = fields.Function(
        lambda change: "created" if change.is_new else "changed" if change.differing else "unchanged")
    differing = fields.Function(lambda change: {
        member: {"before": before, "after": after} for member, (before, after) in change.differing.items()})


class BadRowOut(Schema):
    row = fields.Integer()
    column = fields.String()
    value = fields.String()
    why = fields.String()


class RosterOut(Schema):
    dry_run = fields.Boolean()
    created = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    rows = fields.List(fields.Nested(RosterChangeOut))
    bad = fields.List(fields.Nested(BadRowOut))


class PersonOut(Schema):
    id = fields.String(attribute="person")
    name = fields.String()
    unit = fields.String()
    role = fields.String()
    manager = fields.String()
    login = fields.String()
    analyst = fields.Boolean()
    identifiers = fields.Function(lambda person: person.agents())
