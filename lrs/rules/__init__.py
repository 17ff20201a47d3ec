"""The specification for statement data: straight-line checks, one module for each kind of object.

Everything that decides whether a Statement is acceptable stands in this package, and nothing else
does; it imports nothing of ours. `check_statement` raises `Refused`, which names a row of `table`.
"""

from lrs.rules.refusal import Refused
from lrs.rules.statements import check_statement
from lrs.rules.table import REQUIREMENTS, Requirement

__all__ = ["REQUIREMENTS", "Refused", "Requirement", "check_statement"]
