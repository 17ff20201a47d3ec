"""If-Match and If-None-Match: what a request says of the document that it changes (RFC 9110 section 13.1)."""

import re
from dataclasses import dataclass
from typing import Literal

ANY: Literal["*"] = "*"
Tags = tuple[str, ...] | Literal["*"]
GZIP = "-gzip"  # what an ETag ends in when the answer was compressed: the document is the same
_TAG = re.compile(r'(W/)?"([^"]*)"|([^\s,"]+)')


@dataclass(frozen=True)
class Condition:
    """ETags without their quotes, of which the document's must be one, or none; ANY is any; None says nothing."""

    match: Tags | None = None
    none_match: Tags | None = None

    @property
    def is_given(self) -> bool:
        return self.match is not None or self.none_match is not None

    def names(self, etag: str) -> bool:
        """Whether If-None-Match names a document of this ETag: to a GET the answer is 304."""
        return self.none_match is not None and (self.none_match == ANY or etag in self.none_match)


def read_condition(if_match: str | None, if_none_match: str | None) -> Condition:
    """The condition that the two headers make together; None where one is missing.

    A tag without quotes is read as if it had them: some clients leave them out. A weak tag in If-Match names nothing,
    since it is compared strongly.
    """
    return Condition(None if if_match is None else _tags(if_match, strong=True),
                     None if if_none_match is None else _tags(if_none_match, strong=False))


def _tags(header: str, strong: bool) -> Tags:
    if header.strip() == ANY:
        return ANY
    return tuple((quoted or bare).removesuffix(GZIP) for weak, quoted, bare in _TAG.findall(header)
                 if not (weak and strong))
