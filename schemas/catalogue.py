"""The catalogue, out: frameworks, competencies, rubrics, roles, resources."""

from marshmallow import Schema, fields


class Coded(Schema):
    """Everything in the catalogue has a code, and a UUID and a URI that follow from it."""

    id = fields.UUID()
    code = fields.String()
    uri = fields.String()


class FrameworkOut(Coded):
    version = fields.String()
    title = fields.Dict()
    description = fields.Dict()
    scale = fields.List(fields.Dict())


class AssociationOut(Schema):
    type = fields.String()
    origin = fields.String()
    destination = fields.String()
    weight = fields.Float(allow_none=True)


class CompetencyOut(Coded):
    framework = fields.String()
    name = fields.Dict()
    statement = fields.Dict()
    levels = fields.List(fields.Dict())
    decay = fields.Dict()
    rule = fields.Dict()
    rollup = fields.Dict()
    rubrics = fields.List(fields.Dict())
    associations = fields.List(fields.Nested(AssociationOut))


class RoleOut(Coded):
    version = fields.String()
    name = fields.Dict()
    description = fields.Dict()
    targets = fields.List(fields.Dict())


class ResourceOut(Coded):
    kind = fields.String()
    title = fields.Dict()
    summary = fields.Dict()
    language = fields.String()
    address = fields.String()
    activities = fields.List(fields.String())
    minutes = fields.Integer()
    cost = fields.Float()
    launch = fields.String()
    seats = fields.Integer(allow_none=True)
    coach_hours = fields.Float()
    closes = fields.List(fields.Dict())
    prerequisites = fields.List(fields.String())
