"""Stores, their OpenID providers, credentials and secrets: in and out."""

from marshmallow import RAISE, Schema, fields, validate

from schemas.fields import Flag

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Strict(Schema):
    """Unknown members are refused."""

    class Meta:
        unknown = RAISE


class OpenIdIn(Strict):
    """Whose bearer tokens a store takes: who issues them, for whom, and which claim is a person's login."""

    issuer = fields.String(required=True, validate=validate.Length(1, 500))
    audience = fields.String(required=True, validate=validate.Length(1, 500))
    claim = fields.String(load_default="sub", validate=validate.Length(1, 100))
    jwks_url = fields.String(allow_none=True, validate=validate.Length(1, 500))
    algorithms = fields.List(fields.String(), load_default=lambda: ["RS256"], validate=validate.Length(1, 10))
    leeway = fields.Integer(load_default=30, validate=validate.Range(0, 300))


class OpenIdOut(Schema):
    issuer = fields.String()
    audience = fields.String()
    claim = fields.String()
    jwks_url = fields.String()
    algorithms = fields.List(fields.String())
    leeway = fields.Integer()


class StoreChangeIn(Strict):
    time_zone = fields.String(validate=validate.Length(1, 100))
    week_start = fields.String(validate=validate.OneOf(DAYS))
    openid = fields.Nested(OpenIdIn, allow_none=True)


class StoreIn(StoreChangeIn):
    name = fields.String(required=True, validate=validate.Length(1, 63))


class StoreOut(Schema):
    name = fields.String()
    time_zone = fields.String()
    week_start = fields.String()
    openid = fields.Nested(OpenIdOut)
    created = fields.DateTime(format=MOMENT)


class CredentialChangeIn(Strict):
    name = fields.String(validate=validate.Length(1, 200))
    scopes = fields.List(fields.String(), validate=validate.Length(max=50))
    rate = fields.Float(allow_none=True, validate=validate.Range(0.1, 100_000))
    expires = fields.AwareDateTime(allow_none=True)


class CredentialIn(CredentialChangeIn):
    """`scopes` has no default: who makes a credential says what it may do."""

    scopes = fields.List(fields.String(), required=True, validate=validate.Length(max=50))
    authority = fields.Dict(keys=fields.String(), allow_none=True)
    loopback_only = Flag(load_default=False)


class SecretOut(Schema):
    id = fields.String()
    created = fields.DateTime(format=MOMENT)


class CredentialOut(Schema):
    key = fields.String()
    name = fields.String()
    state = fields.String()
    scopes = fields.List(fields.String())
    authority = fields.Dict()
    rate = fields.Float()
    loopback_only = fields.Boolean()
    created = fields.DateTime(format=MOMENT)
    expires = fields.DateTime(format=MOMENT)
    used = fields.DateTime(format=MOMENT)
    secrets = fields.List(fields.Nested(SecretOut))


class NewCredentialOut(CredentialOut):
    secret = fields.String()


class NewSecretOut(Schema):
    id = fields.String()
    secret = fields.String()
