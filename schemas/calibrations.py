"""Calibrations, out."""

from marshmallow import Schema, fields


class ScoreOut(Schema):
    attempts = fields.Integer()
    log_probability = fields.Float()
    error = fields.Float()


class LeftOutOut(Schema):
    this = fields.Nested(ScoreOut)
    in_force = fields.Nested(ScoreOut)


class CalibrationOut(Schema):
    version = fields.Integer()
    made = fields.String()
    by = fields.String()
    learners = fields.Integer()
    compared_with = fields.Integer()
    left_out = fields.Nested(LeftOutOut)
    in_force = fields.Boolean()
