"""People, in and out."""

from marshmallow import RAISE, Schema, fields, validate

from schemas.fields import Flag

UNIT = validate.Regexp(r"(?!.*//)[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}\Z",
                       error="Not 1 to 200 characters, none of them a control character, the first no slash, and no "
                             "two of these together.")


class PositionIn(Schema):
    """Where somebody stood since a moment, until the next position's."""

    since = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True, validate=UNIT)
    role = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    manager = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))

    class Meta:
        unknown = RAISE


class PersonIn(Schema):
    """A person as a client sends one. Identifiers are xAPI Agents: mbox, mbox_sha1sum, openid or account."""

    id = fields.String()  # as the path names it, or not at all
    name = fields.String(required=True, validate=validate.Length(1, 200))
    unit = fields.String(required=True, validate=UNIT)
    role = fields.String(allow_none=True, validate=validate.Length(1, 200))
    manager = fields.String(allow_none=True, validate=validate.Length(1, 64))
    login = fields.String(allow_none=True, validate=validate.Length(1, 200))
    analyst = Flag(load_default=False)
    identifiers = fields.List(fields.Dict(keys=fields.String()), load_default=list, validate=validate.Length(max=200))
    since = fields.String(allow_none=True)  # of unit, role and manager
    positions = fields.List(fields.Nested(PositionIn), allow_none=True, validate=validate.Length(1, 200))

    class Meta:
        unknown = RAISE


class MergeIn(Schema):
    """Who turned out to be the same person."""

    person = fields.String(required=True, validate=validate.Length(1, 64))

    class Meta:
        unknown = RAISE


class UnitIn(Schema):
    parent = fields.String(required=True, allow_none=True, validate=UNIT)

    class Meta:
        unknown = RAISE


class UnitOut(Schema):
    unit = fields.String()
    parent = fields.String(allow_none=True)
    people = fields.Integer()


class ChangeOut(Schema):
    """A change of people: each one's members before and after, null where there was, or is, nobody."""

    at = fields.String()
    by = fields.String()
    kind = fields.String()
    person = fields.String()
    other = fields.String(allow_none=True)
    changes = fields.List(fields.Dict())


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
    positions = fields.Function(lambda person: person.positions_shown())
