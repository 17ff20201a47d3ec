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


class PersonOut(Schema):
    id = fields.String(attribute="person")
    name = fields.String()
    unit = fields.String()
    role = fields.String()
    manager = fields.String()
    login = fields.String()
    analyst = fields.Boolean()
    identifiers = fields.Function(lambda person: person.agents())
