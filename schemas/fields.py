"""Fields that several schemas have."""

from typing import Any

from marshmallow import fields, validate


class Flag(fields.Boolean):
    """true or false, and nothing that is equal to one of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Number(fields.Float):
    """A JSON number, and no string that looks like one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return float(super()._deserialize(value, attr, data, **kwargs))


class Texts(fields.Dict):
    """A language map: texts by language tag."""

    def __init__(self, **options: Any) -> None:
        tags = fields.String(validate=validate.Regexp(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z", error="Not a language tag."))
        super().__init__(keys=tags, values=fields.String(), **options)
