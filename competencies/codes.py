"""What may name something in the API's paths."""

import re

from lrs.errors import Invalid

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RULE = "1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit"


def check_code(code: str, at: str) -> None:
    """Raises Invalid."""
    if not CODE.fullmatch(code):
        raise Invalid(at, f"{code!r:.80} isn't {RULE}")
