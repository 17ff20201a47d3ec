"""Proficiencies, evidence, gaps, plans, coverage, explanations: out."""

from marshmallow import Schema, fields

from schemas.people import BadRowOut


class ProficiencyOut(Schema):
    competency = fields.String()
    level = fields.Float()
    low = fields.Float()
    high = fields.Float()
    attempts = fields.Integer()
    last_evidence = fields.String()
    stale = fields.Boolean()
    disagreement = fields.Float()
    difficulty = fields.Float()
    moved = fields.Float(allow_none=True)
    forgotten = fields.Float()
    decay = fields.Dict()
    evidence = fields.List(fields.String())
    shares = fields.List(fields.Dict())
    explanation = fields.Dict()


class RuleOut(Schema):
    attempts = fields.Integer()
    of = fields.Integer(allow_none=True)
    within = fields.Float(allow_none=True)
    alignments = fields.List(fields.String())


class RuleMetOut(Schema):
    competency = fields.String()
    level = fields.Float(allow_none=True)
    counted = fields.Integer()
    rule = fields.Nested(RuleOut)
    evidence = fields.List(fields.String(), attribute="statements")


class RolledUpOut(Schema):
    competency = fields.String()
    how = fields.String()
    level = fields.Float(allow_none=True)
    known = fields.Float()
    unproven = fields.List(fields.String())


class EvidenceOut(Schema):
    statement = fields.String()
    statement_url = fields.String()
    alignment = fields.String()
    competency = fields.String()
    actor = fields.String()
    level = fields.Float()
    above = fields.Float(allow_none=True)
    below = fields.Float(allow_none=True)
    decides = fields.Boolean()
    weight = fields.Float()
    happened = fields.String()
    attempt = fields.String()
    assessor = fields.String(allow_none=True)
    activity = fields.String()
    criteria = fields.Dict(keys=fields.String(), values=fields.Float())


class GapOut(Schema):
    """A flat row; the order of the fields is the order of the CSV's columns."""

    person = fields.String()
    name = fields.String()
    unit = fields.String()
    manager = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    competency = fields.String()
    competency_zh = fields.String()
    competency_en = fields.String()
    required = fields.Float()
    criticality = fields.String()
    mandatory = fields.Boolean()
    state = fields.String()
    level = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    attempts = fields.Integer()
    shortfall = fields.Float(allow_none=True)
    below = fields.Float(allow_none=True)
    expected_shortfall = fields.Float(allow_none=True)
    explained_by = fields.List(fields.String())
    last_evidence = fields.String(allow_none=True)
    evidence = fields.List(fields.String())
    as_of = fields.String()


class TakesOut(Schema):
    """What it would take to close a gap."""

    resources = fields.List(fields.String())
    minutes = fields.Integer()
    cost = fields.Float()
    coach_hours = fields.Float()
    leaves = fields.Float(allow_none=True)
    measures = fields.Boolean()


class EffectOut(Schema):
    resource = fields.String()
    competency = fields.String()
    people = fields.Integer()
    before = fields.Float()
    after = fields.Float()
    change = fields.Float()
    low = fields.Float()
    high = fields.Float()
    expected = fields.Float()
    combined = fields.Float()
    combined_low = fields.Float()
    combined_high = fields.Float()


class SummaryOut(Schema):
    """The gaps that share a competency, a unit or a role."""

    key = fields.String(allow_none=True)
    people = fields.Integer()
    gaps = fields.Integer()
    met = fields.Integer()
    below = fields.Integer()
    unproven = fields.Integer()
    stale = fields.Integer()
    in_progress = fields.Integer()
    critical_open = fields.Integer()
    measured = fields.Integer()
    level = fields.Float(allow_none=True)
    required = fields.Float()
    expected_shortfall = fields.Float()
    weighted = fields.Float()
    raised_by = fields.List(fields.Nested(EffectOut))


class TrendOut(Schema):
    """The same at the end of a month."""

    as_of = fields.String()
    summary = fields.List(fields.Nested(SummaryOut))


class CoverageOut(Schema):
    statements = fields.Integer()
    projected = fields.Integer()
    outcomes = fields.Dict()
    kinds = fields.List(fields.Dict())
    suggestions = fields.List(fields.Dict())
    unknown_actors = fields.Integer()
    of_unknown_actors = fields.Integer()
    most_frequent = fields.List(fields.Dict())


class OutcomeReadOut(Schema):
    """What was found in a file of outcomes."""

    dry_run = fields.Boolean()
    kept = fields.Integer()
    bad = fields.List(fields.Nested(BadRowOut))


class RateOut(Schema):
    """A share with its 90 % interval."""

    count = fields.Integer()
    of = fields.Integer()
    rate = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)


class ReasonOut(Schema):
    """How often a reason was given."""

    reason = fields.String()
    count = fields.Integer()


class OutcomesOut(Schema):
    """What some months came to."""

    months = fields.Integer()
    conversion = fields.Nested(RateOut)
    repurchase = fields.Nested(RateOut)
    win = fields.Nested(RateOut)
    won_reasons = fields.List(fields.Nested(ReasonOut))
    lost_reasons = fields.List(fields.Nested(ReasonOut))


class BesideOut(OutcomesOut):
    """Outcomes beside the gaps of the same people."""

    key = fields.String()
    people = fields.Integer()
    with_outcomes = fields.Integer()
    gaps = fields.Nested(SummaryOut, allow_none=True)
