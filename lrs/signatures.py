"""Signed Statements (Data 2.6): a JSON web signature of the Statement, as one of its Attachments.

What is checked is that the signature is well formed and about this Statement. Whom to trust is for readers to decide.
"""

import base64
import binascii
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256

from lrs.equivalence import Meaning, meaning_of
from lrs.errors import BadRequest
from lrs.json_body import parse_json
from lrs.rules import Refused, check_statement

USAGE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
ALGORITHMS = ("RS256", "RS384", "RS512")
MOST_BYTES = 1024 * 1024

_JWS = jwt.PyJWS(algorithms=ALGORITHMS)


def is_signature(attachment: dict[str, Any]) -> bool:
    return bool(attachment["usageType"] == USAGE)


def check_signature(statement: dict[str, Any], signature: bytes, version: str, at: str) -> str:
    """Check that `signature`, a compact JWS, signs `statement`; `at` is the Attachment's JSON pointer.

    Returns the SHA-256 fingerprint of the certificate that verified it, in hexadecimal, or "" where it names none
    (it is then taken unverified). Raises BadRequest.
    """
    try:
        found = _JWS.decode_complete(signature.strip(), options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise BadRequest("XAPI-00115", at, f"no compact JSON web signature: {error}") from None
    header = found["header"]
    if header.get("alg") not in ALGORITHMS:
        raise BadRequest("XAPI-00117", at, f"the algorithm is {header.get('alg')!r:.40}")
    fingerprint = _verify(signature.strip(), header, at) if "x5c" in header else ""
    _check_payload(statement, found["payload"], version, at)
    return fingerprint


def _verify(signature: bytes, header: dict[str, Any], at: str) -> str:
    """RFC 7515 section 4.1.6: the certificate of the signing key is the first of x5c."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
        _JWS.decode_complete(signature, certificate.public_key(), algorithms=[header["alg"]])  # type: ignore[arg-type]
    except (ValueError, TypeError, LookupError, binascii.Error, UnsupportedAlgorithm, x509.InvalidVersion,
            jwt.InvalidTokenError, jwt.InvalidKeyError) as error:
        raise BadRequest("DATA-x5c", at, f"the signature doesn't hold: {error}") from None
    return certificate.fingerprint(SHA256()).hex()


def _check_payload(statement: dict[str, Any], payload: bytes, version: str, at: str) -> None:
    try:
        signed = parse_json(payload)
        check_statement(signed, version)
    except Refused as refused:
        raise BadRequest("XAPI-00116", at, f"the payload is refused: {refused}") from None
    same_id = signed.get("id", statement["id"]).lower() == statement["id"].lower()
    if not same_id or not _meaning(signed).equals(_meaning(statement)):
        raise BadRequest("XAPI-00116", at, "the payload means something else")


def _meaning(statement: dict[str, Any]) -> Meaning:
    """Of the Statement before any signature was added."""
    others = [each for each in statement.get("attachments", ()) if not is_signature(each)]
    unsigned = {key: value for key, value in statement.items() if key != "attachments"}
    return meaning_of({**unsigned, "attachments": others} if others else unsigned)
