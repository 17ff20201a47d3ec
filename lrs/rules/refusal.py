"""The one way in which a rule says no."""

from typing import Any, NoReturn

from lrs.rules.table import REQUIREMENTS


class Refused(Exception):
    """Statement data breaks a requirement: which one, and where (a JSON pointer, RFC 6901)."""

    def __init__(self, requirement: str, at: str, detail: str = "") -> None:
        self.requirement = requirement
        self.at = at
        self.text = REQUIREMENTS[requirement].text
        self.detail = detail
        super().__init__(f"{requirement} at {at or 'the top'}: {self.text}{detail and ' (' + detail + ')'}")

    def below(self, prefix: str) -> "Refused":
        """The same refusal, seen from a document that holds this one at `prefix`."""
        return Refused(self.requirement, prefix + self.at, self.detail)


def refuse(requirement: str, at: str, value: Any = ...) -> NoReturn:
    """Raise for the offending `value`; a null is refused as a null, whatever was wanted in its place."""
    if value is None:
        # Data 2.2: "any Statement having a property whose value is set to null, except in extensions"
        raise Refused("XAPI-00001", at)
    raise Refused(requirement, at, "" if value is ... else f"found {_shown(value)}")


def refuse_unknown(found: dict[str, Any], known: frozenset[str], at: str,
                   requirement: str = "XAPI-00010") -> NoReturn:
    """Name the first property of `found` that the specification doesn't know."""
    key = next(key for key in found if key not in known)
    cases = {name.lower(): name for name in known}
    place = f"{at}/{escaped(key)}"
    if found[key] is None:
        raise Refused("XAPI-00001", place)
    if key.lower() in cases:
        raise Refused("XAPI-00008", place, f"the name is {cases[key.lower()]}")
    raise Refused(requirement, place)


def refuse_choice(requirement: str, at: str, value: Any, allowed: frozenset[str]) -> NoReturn:
    """`value` is none of `allowed`: a matter of case, or of substance."""
    if isinstance(value, str) and value.lower() in {choice.lower() for choice in allowed}:
        raise Refused("XAPI-00009", at, f"found {_shown(value)}")
    refuse(requirement, at, value)


def escaped(key: str) -> str:
    """A property's name as a JSON pointer's reference token (RFC 6901 section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an Object" if isinstance(value, dict) else "an Array"
    text = repr(value) if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 60 else text[:57] + "..."
