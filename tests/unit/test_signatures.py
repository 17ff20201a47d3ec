"""Signed statements, with real keys and certificates."""

import base64
import copy
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from lrs.errors import BadRequest
from lrs.signatures import USAGE, check_signature
from tests.unit.builders import statement

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
SIGNATURE = {"usageType": USAGE, "display": {"en": "Signature"}, "contentType": "application/octet-stream", "length": 1,
             "sha2": "0" * 64}
REPORT = {**SIGNATURE, "usageType": "http://example.com/report", "fileUrl": "http://example.com/f"}
AT = "/attachments/0"


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Examiner")])
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=2))
            .not_valid_after(now - timedelta(days=1)).sign(key, SHA256()))


def x5c(key: Key) -> list[str]:
    return [base64.b64encode(certificate(key).public_bytes(Encoding.DER)).decode()]


def signed(payload: Any, algorithm: str = "RS256", key: Any = None, **header: Any) -> bytes:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jwt.PyJWS().encode(text, rsa_key() if key is None else key, algorithm, header).encode()


def with_signature(sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent, "attachments": [SIGNATURE, *sent.get("attachments", [])]}


def refusal(sent: dict[str, Any], signature: bytes) -> str:
    with pytest.raises(BadRequest) as refused:
        check_signature(with_signature(sent), signature, "2.0", AT)
    assert refused.value.pointer == AT
    return refused.value.requirement


@pytest.mark.requirement("XAPI-00117", "XAPI-00116")
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_signature_of_the_statement_is_accepted_and_unverified_without_a_certificate(algorithm: str) -> None:
    sent = statement()
    assert check_signature(with_signature(sent), signed(sent, algorithm), "2.0", AT) == ""


@pytest.mark.requirement("DATA-x5c")
def test_one_with_a_certificate_names_it_even_when_it_has_expired() -> None:
    """Data 2.6: "The step of validating ... is intended as a way to catch mistakes", not for trust."""
    sent, chain = statement(), x5c(rsa_key())
    fingerprint = x509.load_der_x509_certificate(base64.b64decode(chain[0])).fingerprint(SHA256()).hex()
    assert check_signature(with_signature(sent), signed(sent, x5c=chain), "2.0", AT) == fingerprint


@pytest.mark.requirement("DATA-x5c")
@pytest.mark.parametrize("chain", [[], ["none"], "text", [7], {}, None, [base64.b64encode(b"none").decode()], [None]])
def test_a_chain_that_is_none_is_refused(chain: Any) -> None:
    sent = statement()
    assert refusal(sent, signed(sent, x5c=chain)) == "DATA-x5c"


@pytest.mark.requirement("DATA-x5c")
def test_another_keys_certificate_is_refused() -> None:
    sent = statement()
    for other in (rsa_key(1), ec.generate_private_key(ec.SECP256R1())):
        assert refusal(sent, signed(sent, x5c=x5c(other))) == "DATA-x5c"


@pytest.mark.requirement("DATA-x5c")
def test_a_damaged_certificate_is_at_worst_a_bad_request() -> None:
    sent, der = statement(), bytearray(certificate(rsa_key()).public_bytes(Encoding.DER))
    for place in range(0, len(der), 3):
        damaged = bytes([*der[:place], der[place] ^ 0x15, *der[place + 1:]])
        with suppress(BadRequest):  # some bytes are of no account, such as those of the name
            check_signature(with_signature(sent), signed(sent, x5c=[base64.b64encode(damaged).decode()]), "2.0", AT)


@pytest.mark.requirement("DATA-x5c")
def test_a_payload_that_was_changed_after_signing_is_refused() -> None:
    sent = statement()
    head, _, mark = signed(sent, x5c=x5c(rsa_key())).split(b".")
    other = base64.urlsafe_b64encode(json.dumps(sent, indent=1).encode()).rstrip(b"=")  # the same meaning
    assert refusal(sent, b".".join((head, other, mark))) == "DATA-x5c"


@pytest.mark.requirement("XAPI-00117")
@pytest.mark.parametrize(("algorithm", "key"), [
    ("HS256", "secret" * 8), ("none", ""), ("ES256", ec.generate_private_key(ec.SECP256R1())), ("PS256", None)])
def test_another_algorithm_is_refused(algorithm: str, key: Any) -> None:
    sent = statement()
    assert refusal(sent, signed(sent, algorithm, key)) in ("XAPI-00117", "XAPI-00115")


@pytest.mark.requirement("XAPI-00115")
@pytest.mark.parametrize("signature", [b"", b"a.b", b"a.b.c", b"\xff", b"{}", b"....", signed(b"x")[:-400] + b"!"])
def test_what_is_no_web_signature_is_refused(signature: bytes) -> None:
    assert refusal(statement(), signature) == "XAPI-00115"


@pytest.mark.requirement("XAPI-00116")
@pytest.mark.parametrize("payload", [
    b"{", b"\xff", b"[]", b"7", {}, statement(verb={"id": "http://example.com/other"}),
    statement(id="7d1f0ab0-7c1b-4f1a-9d53-0a2f6c0b1f01"), statement(timestamp="2026-01-05T10:00:01Z"),
    statement(result={"score": {"scaled": 0.51}, "success": True, "completion": True}),
    statement(attachments=[REPORT])], ids=str)
def test_a_payload_that_is_not_this_statement_is_refused(payload: Any) -> None:
    assert refusal(statement(), signed(payload)) == "XAPI-00116"


@pytest.mark.requirement("XAPI-00116")
@pytest.mark.parametrize("change", [
    {"stored": "2027-01-01T00:00:00Z"}, {"authority": {"mbox": "mailto:somebody@example.com"}},
    {"timestamp": "2026-01-05T18:00:00+08:00"}, {"result": {"duration": "PT1.239S"}}, {"version": "1.0.0"}], ids=str)
def test_what_the_specification_leaves_out_of_the_comparison_may_differ(change: dict[str, Any]) -> None:
    sent = statement(result={"duration": "PT1.23S"}) if "result" in change else statement()
    assert check_signature(with_signature(sent), signed({**sent, **change}), "2.0", AT) == ""


@pytest.mark.requirement("XAPI-00116")
def test_other_attachments_are_signed_with_the_statement() -> None:
    sent = statement(attachments=[REPORT])
    assert check_signature(with_signature(sent), signed(sent), "2.0", AT) == ""
    bare = copy.deepcopy(sent)
    del bare["attachments"]
    assert refusal(sent, signed(bare)) == "XAPI-00116"
