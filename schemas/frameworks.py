"""Frameworks of a store's own: what a draft holds, and what publishing it does. In and out."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from schemas.fields import Flag, Number, Texts

CODE = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", error="Not 1 to 64 letters, digits, '.', '_' and '-'.")
LEVEL = validate.Range(1, 4)
NAMED = validate.Length(1, 10)  # languages


class Strict(Schema):
    class Meta:
        unknown = RAISE


class Behaviour(Strict):
    level = fields.Integer(required=True, strict=True, validate=LEVEL)
    behaviour = Texts(required=True)


class PackagedDecay(Strict):
    half_life = Number(required=True, validate=validate.Range(1, 100_000))
    floor = Number(required=True, validate=LEVEL)


class PackagedRule(Strict):
    attempts = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100))
    of = fields.Integer(strict=True, validate=validate.Range(1, 1000))
    within = Number(validate=validate.Range(1, 100_000))
    alignments = fields.List(fields.String(validate=CODE), validate=validate.Length(max=50))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("of", data.get("attempts", 0)) < data.get("attempts", 0):
            raise ValidationError("Not as many as attempts.", "of")


class PackagedRollUp(Strict):
    how = fields.String(required=True, validate=validate.OneOf(("all", "weighted", "required")))
    required = fields.List(fields.String(), validate=validate.Length(1, 200))
    least = Number(validate=validate.Range(0, 1))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("how") == "required") != ("required" in data):
            raise ValidationError("The parts that are required, where how is 'required', and only there.", "required")


class PackagedCompetency(Strict):
    code = fields.String(required=True, validate=CODE)
    name = Texts(required=True, validate=NAMED)
    statement = Texts(load_default=dict)
    levels = fields.List(fields.Nested(Behaviour), load_default=list, validate=validate.Length(max=4))
    decay = fields.Nested(PackagedDecay)
    rule = fields.Nested(PackagedRule)
    rollup = fields.Nested(PackagedRollUp)


class PackagedAssociation(Strict):
    type = fields.String(required=True, validate=validate.OneOf((
        "isChildOf", "isPartOf", "precedes", "isRelatedTo", "exactMatchOf", "replacedBy")))
    origin = fields.String(required=True, validate=CODE)
    destination = fields.String(required=True, validate=CODE)
    weight = Number(validate=validate.Range(0, 1))


class Descriptor(Strict):
    level = fields.Integer(required=True, strict=True, validate=LEVEL)
    descriptor = Texts(required=True)


class Criterion(Strict):
    code = fields.String(required=True, validate=CODE)
    name = Texts(required=True, validate=NAMED)
    weight = Number(required=True, validate=validate.Range(0, 1))
    competencies = fields.List(fields.String(), load_default=list)
    levels = fields.List(fields.Nested(Descriptor), load_default=list, validate=validate.Length(max=4))


class PackagedRubric(Strict):
    code = fields.String(required=True, validate=CODE)
    competency = fields.String(required=True)
    title = Texts(required=True, validate=NAMED)
    criteria = fields.List(fields.Nested(Criterion), required=True, validate=validate.Length(1, 50))


class PackagedTarget(Strict):
    competency = fields.String(required=True)
    level = Number(required=True, validate=LEVEL)
    criticality = fields.String(load_default="normal", validate=validate.OneOf(("normal", "critical")))
    mandatory = Flag(load_default=True)


class PackagedRole(Strict):
    code = fields.String(required=True, validate=CODE)
    name = Texts(required=True, validate=NAMED)
    description = Texts(load_default=dict)
    targets = fields.List(fields.Nested(PackagedTarget), required=True, validate=validate.Length(1, 200))


class PackagedClosing(Strict):
    competency = fields.String(required=True)
    lowest = Number(required=True, data_key="from", attribute="from", validate=LEVEL)
    highest = Number(required=True, data_key="to", attribute="to", validate=LEVEL)
    effect = Number(required=True, validate=validate.Range(0, 3))


class PackagedResource(Strict):
    code = fields.String(required=True, validate=CODE)
    kind = fields.String(required=True, validate=validate.OneOf((
        "course", "simulation", "reading", "news feed", "coaching", "case")))
    title = Texts(required=True, validate=NAMED)
    summary = Texts(load_default=dict)
    language = fields.String(required=True, validate=validate.Length(1, 35))
    address = fields.URL(required=True, schemes={"http", "https"}, require_tld=False)
    launch = fields.String(load_default="link", validate=validate.OneOf(("link", "tincan", "cmi5")))
    activities = fields.List(fields.String(validate=validate.Length(1, 2000)), load_default=list)
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))
    cost = Number(load_default=0.0, validate=validate.Range(0, 1e9))
    seats = fields.Integer(strict=True, validate=validate.Range(1, 1_000_000))
    coach_hours = Number(load_default=0.0, validate=validate.Range(0, 1000))
    closes = fields.List(fields.Nested(PackagedClosing), required=True, validate=validate.Length(1, 50))
    prerequisites = fields.List(fields.String(), load_default=list, validate=validate.Length(max=50))


class PackageIn(Strict):
    """A framework and what comes with it, whole. What it refers to may be built in, too."""

    title = Texts(required=True, validate=NAMED)
    description = Texts(load_default=dict)
    competencies = fields.List(fields.Nested(PackagedCompetency), load_default=list, validate=validate.Length(max=2000))
    associations = fields.List(fields.Nested(PackagedAssociation), load_default=list,
                               validate=validate.Length(max=10_000))
    rubrics = fields.List(fields.Nested(PackagedRubric), load_default=list, validate=validate.Length(max=500))
    roles = fields.List(fields.Nested(PackagedRole), load_default=list, validate=validate.Length(max=200))
    resources = fields.List(fields.Nested(PackagedResource), load_default=list, validate=validate.Length(max=2000))


class DraftOut(Schema):
    code = fields.String()
    by = fields.String()
    saved = fields.String()
    package = fields.Dict()


class CarriedOut(Schema):
    """Evidence on a competency that goes, or that is matched, and the one that it counts for."""

    origin = fields.String()
    destination = fields.String()
    type = fields.String()
    evidence = fields.Integer()


class LostOut(Schema):
    competency = fields.String()
    evidence = fields.Integer()


class UnfilledOut(Schema):
    role = fields.String()
    people = fields.Integer()


class PublicationOut(Schema):
    code = fields.String()
    version = fields.Integer()
    dry_run = fields.Boolean()
    at = fields.String()
    by = fields.String()
    added = fields.List(fields.String())
    removed = fields.List(fields.String())
    kept = fields.List(fields.String())
    carried = fields.List(fields.Nested(CarriedOut))
    lost = fields.List(fields.Nested(LostOut))
    unlinked = fields.List(fields.Nested(CarriedOut))
    alignments = fields.List(fields.String())
    roles = fields.List(fields.Nested(UnfilledOut))
