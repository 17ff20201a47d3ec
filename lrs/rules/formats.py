"""The formats of strings: IRIs, UUIDs, timestamps, durations, language tags, addresses.

Each test is one compiled expression without ambiguous repetition, so its time is linear in the text.
`tests/unit/test_formats.py` holds them against published libraries.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND  # an offset can lead out of the years 1 to 9999
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND

# RFC 3987 section 2.2, spelled as it is there
_UCS = ("\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane * 0x10000)}-{chr(plane * 0x10000 + 0xFFFD)}" for plane in range(1, 14))
    + "\U000e1000-\U000efffd")
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_UNRESERVED = rf"A-Za-z0-9\-._~{_UCS}"
_SUB_DELIMS = r"!$&'()*+,;="
_PCT = r"%[0-9A-Fa-f]{2}"


def _run(characters: str) -> str:
    """Any number of `characters` and percent-encoded octets, unrolled: three times as fast as an alternation."""
    return rf"[{characters}]*+(?:{_PCT}[{characters}]*+)*+"


_REG_NAME = _run(_UNRESERVED + _SUB_DELIMS)
_PATH = _run(_UNRESERVED + _SUB_DELIMS + ":@/")
_AUTHORITY = (rf"(?:{_run(_UNRESERVED + _SUB_DELIMS + ':')}@)?"
              rf"(?:\[[0-9A-Za-z:.\-_~{_SUB_DELIMS}]+\]|{_REG_NAME})(?::[0-9]*+)?")
_IRI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*+:(?://{_AUTHORITY}(?:/{_PATH})?|(?!//){_PATH})"
    rf"(?:\?{_run(_UNRESERVED + _SUB_DELIMS + ':@/?' + _PRIVATE)})?"
    rf"(?:\#{_run(_UNRESERVED + _SUB_DELIMS + ':@/?')})?")
_HAS_SCHEME = re.compile(r"[^/?#\s:]+:")

_UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")

_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
    r"|[0-9]{8}T[0-9]{4}(?:[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}(?:[0-9]{2})?)?")
_NEGATIVE_ZERO = re.compile(r"-00(?::?00)?$")

# ISO 8601:2004(E) 4.4.3.2: designators; a decimal fraction only in the last component; weeks stand alone
_N = r"[0-9]+"
_DURATION = re.compile(
    rf"P(?=[0-9T])(?:{_N}(?:[.,]{_N})?W|"
    rf"(?:{_N}(?:[.,]{_N}(?=Y$))?Y)?(?:{_N}(?:[.,]{_N}(?=M$))?M)?(?:{_N}(?:[.,]{_N}(?=D$))?D)?"
    rf"(?:T(?=[0-9])(?:{_N}(?:[.,]{_N}(?=H$))?H)?(?:{_N}(?:[.,]{_N}(?=M$))?M)?(?:{_N}(?:[.,]{_N})?S)?)?)")

# RFC 5646 section 2.1
LONGEST_TAG = 200  # RFC 5646 section 4.4 asks for 35 at least
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+)", re.IGNORECASE | re.ASCII)
_GRANDFATHERED = frozenset((
    "en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo",
    "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de", "art-lojban", "cel-gaulish", "no-bok",
    "no-nyn", "zh-guoyu", "zh-hakka", "zh-min", "zh-min-nan", "zh-xiang"))

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
_MAILTO = re.compile(rf"mailto:{_ATEXT}(?:\.{_ATEXT})*@{_LABEL}(?:\.{_LABEL})*")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_MIME_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'  # RFC 9110 section 5.6.4, in ASCII: it goes into headers as it is
_MEDIA_TYPE = re.compile(rf'{_MIME_WORD}/{_MIME_WORD}(?:[ \t]*;[ \t]*{_MIME_WORD}=(?:{_MIME_WORD}|{_QUOTED}))*')

is_iri = _IRI.fullmatch
has_scheme = _HAS_SCHEME.match
has_uuid_form = _UUID_FORM.fullmatch
is_uuid = _UUID.fullmatch
is_duration = _DURATION.fullmatch
is_mailto = _MAILTO.fullmatch
is_sha1 = _SHA1.fullmatch
is_sha2 = _SHA2.fullmatch
is_media_type = _MEDIA_TYPE.fullmatch


def is_language_tag(tag: str) -> bool:
    """RFC 5646, well-formed, and of validity the part that needs no registry: no repeated variant or singleton."""
    return len(tag) <= LONGEST_TAG and _is_language_tag(tag)


@lru_cache(maxsize=4096)
def _is_language_tag(tag: str) -> bool:
    match = _LANGUAGE.fullmatch(tag)
    if match is None:
        return tag.lower() in _GRANDFATHERED
    variants = (match["variants"] or "").lower().split("-")[1:]
    singletons = [part for part in (match["extensions"] or "").lower().split("-") if len(part) == 1]
    return len(set(variants)) == len(variants) and len(set(singletons)) == len(singletons)


def parse_timestamp(text: str) -> int | None:
    """Microseconds since 1970 UTC of an ISO 8601 date and time, or None; no zone is read as UTC.

    A negative zero offset is None: ISO 8601:2004(E) 4.2.5.1 gives the offset of UTC itself as positive.
    """
    if not _TIMESTAMP.fullmatch(text) or _NEGATIVE_ZERO.search(text, 13):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    micros = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // _MICROSECOND
    return micros if _FIRST <= micros <= _LAST else None


def format_timestamp(micros: int) -> str:
    """The same instant in UTC with six fractional digits."""
    return (EPOCH + timedelta(microseconds=micros)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
