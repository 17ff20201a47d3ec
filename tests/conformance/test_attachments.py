"""multipart/mixed over HTTP, both ways, in both versions: what is taken, each way to be refused, what comes back."""

import gzip
import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from requests import Response

from lrs.signatures import USAGE
from tests.conformance.conftest import refusal, statement
from tests.conftest import Client

BOUNDARY = "a=_'b c"
DATA = b"\x00\r\n--\r\n--a=_\xff\r\n"  # nearly a boundary, and no text
Part = tuple[dict[str, str], bytes]


def attachment(data: bytes, algorithm: str = "sha256", **changes: Any) -> dict[str, Any]:
    return {"usageType": "http://example.com/u", "display": {"en": "A file"}, "contentType": "image/png",
            "length": len(data), "sha2": hashlib.new(algorithm, data).hexdigest(), **changes}


def first(body: Any, kind: str = "application/json") -> Part:
    return {"Content-Type": kind}, json.dumps(body).encode()


def part(data: bytes, **changes: str) -> Part:
    """A part as the specification wants it; a header that is changed to "" is left out."""
    headers = {"Content-Type": "image/png", "Content-Transfer-Encoding": "binary",
               "X-Experience-API-Hash": hashlib.sha256(data).hexdigest(),
               **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in headers.items() if value}, data


def written(parts: list[Part], boundary: str = BOUNDARY) -> bytes:
    lines = [b"--%b\r\n%b\r\n%b\r\n" % (boundary.encode(), b"".join(
        f"{name}: {value}\r\n".encode() for name, value in headers.items()), data) for headers, data in parts]
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


def send(client: Client, *parts: Part, **options: Any) -> Response:
    return send_bytes(client, written(list(parts)), **options)


def send_bytes(client: Client, body: bytes, kind: str = f'multipart/mixed; boundary="{BOUNDARY}"', method: str = "POST",
               headers: dict[str, str] | None = None, **parameters: str) -> Response:
    return client.request(method, "/xapi/statements", data=body, params=parameters,
                          headers={"Content-Type": kind, **(headers or {})})


def received(answer: Response) -> tuple[Any, list[Part]]:
    """The Statements of a multipart answer and its other parts, by a reader of our own."""
    kind, _, boundary = answer.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    opening, *parts, closing = (b"\r\n" + answer.content).split(f"\r\n--{boundary}".encode())
    assert (opening, closing) == (b"", b"--\r\n")
    found = []
    for each in parts:
        head, _, data = each.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((dict(line.split(": ", 1) for line in head.decode().split("\r\n")), data))
    assert found[0][0] == {"Content-Type": "application/json"}
    return json.loads(found[0][1]), found[1:]


def nothing_is_stored(client: Client) -> bool:
    statements, parts = received(client.get("/xapi/statements", attachments="true"))
    return statements == {"more": "", "statements": []} and parts == []


@pytest.mark.requirement("COMM-attachments-back", "XAPI-00127", "XAPI-00128", "XAPI-00132", "XAPI-00133", "XAPI-00135")
@pytest.mark.parametrize("data", [b"", b"x", DATA, bytes(range(256)) * 2000], ids=len)
def test_data_comes_back_byte_for_byte_with_its_headers(client: Client, data: bytes) -> None:
    sent = statement(attachments=[attachment(data)])
    answer = send(client, first(sent), part(data))
    assert (answer.status_code, answer.json()) == (200, [sent["id"]])
    for parameters in ({"statementId": sent["id"]}, {}, {"limit": "1"}):
        statements, parts = received(client.get("/xapi/statements", attachments="true", **parameters))
        found = statements if "statementId" in parameters else statements["statements"][0]
        assert found["attachments"] == sent["attachments"]
        assert parts == [({"Content-Type": "image/png", "Content-Transfer-Encoding": "binary",
                           "X-Experience-API-Hash": sent["attachments"][0]["sha2"]}, data)]


@pytest.mark.requirement("XAPI-00161", "XAPI-00165")
@pytest.mark.parametrize("parameters", [{}, {"attachments": "false"}])
def test_without_the_parameter_the_answer_is_json_without_data(client: Client, parameters: dict[str, str]) -> None:
    sent = statement(attachments=[attachment(DATA)])
    send(client, first(sent), part(DATA))
    for single in ({}, {"statementId": sent["id"]}):
        answer = client.get("/xapi/statements", **single, **parameters)
        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.content)


@pytest.mark.requirement("COMM-hash", "XAPI-00132")
@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_every_digest_of_sha_2_is_taken_in_either_case(client: Client, algorithm: str, case: Any) -> None:
    declared = attachment(DATA, algorithm)
    sent = statement(attachments=[{**declared, "sha2": case(declared["sha2"])}])
    assert send(client, first(sent), part(DATA, X_Experience_API_Hash=declared["sha2"])).status_code == 200
    _, parts = received(client.get("/xapi/statements", attachments="true"))
    assert [(headers["X-Experience-API-Hash"], data) for headers, data in parts] == [
        (sent["attachments"][0]["sha2"], DATA)]


@pytest.mark.requirement("XAPI-00133", "XAPI-00128", "COMM-attachments-back")
def test_a_batch_has_its_statements_in_the_first_part_and_shared_data_once(client: Client) -> None:
    shared, own = attachment(DATA), attachment(b"own")
    batch = [statement(attachments=[shared]), statement(attachments=[own, shared]), statement()]
    batch.append(statement(object={"objectType": "SubStatement", **{
        key: value for key, value in statement(attachments=[attachment(b"inner")]).items() if key != "id"}}))
    answer = send(client, first(batch), part(DATA), part(b"own"), part(b"inner"))
    assert answer.json() == [each["id"] for each in batch]
    statements, parts = received(client.get("/xapi/statements", attachments="true", ascending="true"))
    assert [each["id"] for each in statements["statements"]] == answer.json()
    assert sorted(data for _, data in parts) == sorted((DATA, b"own", b"inner"))
    _, parts = received(client.get("/xapi/statements", attachments="true", statementId=batch[0]["id"]))
    assert [data for _, data in parts] == [DATA]


@pytest.mark.requirement("XAPI-00127", "COMM-put-statement")
def test_a_put_takes_data_too(client: Client) -> None:
    sent = statement(attachments=[attachment(DATA)])
    answer = send(client, first(sent), part(DATA), method="PUT", statementId=sent["id"])
    assert (answer.status_code, answer.content) == (204, b"")
    _, parts = received(client.get("/xapi/statements", attachments="true"))
    assert [data for _, data in parts] == [DATA]


@pytest.mark.requirement("COMM-fileurl")
@pytest.mark.parametrize("how", ["application/json", "multipart/mixed", "multipart/mixed with the data"])
def test_an_attachment_with_an_address_may_come_with_or_without_its_data(client: Client, how: str) -> None:
    sent = statement(attachments=[attachment(DATA, fileUrl="http://example.com/f")])
    parts = [first(sent), part(DATA)] if how.endswith("data") else [first(sent)]
    answer = client.post("/xapi/statements", sent) if how == "application/json" else send(client, *parts)
    assert answer.status_code == 200
    _, back = received(client.get("/xapi/statements", attachments="true"))
    assert [data for _, data in back] == ([DATA] if how.endswith("data") else [])


@pytest.mark.requirement("XAPI-00129")
@pytest.mark.parametrize("how", ["application/json", "multipart/mixed", "with other data"])
def test_an_attachment_with_neither_address_nor_data_is_refused_where_it_stands(client: Client, how: str) -> None:
    sent = [statement(), statement(attachments=[attachment(b"here"), attachment(DATA)])]
    if how == "application/json":
        sent[1]["attachments"].pop(0)
        answer = client.post("/xapi/statements", sent)
    else:
        answer = send(client, first(sent), *([part(b"here")] if how == "with other data" else []))
    assert refusal(answer) == (400, "XAPI-00129")
    assert answer.json()["pointer"] == f"/1/attachments/{int(how == 'with other data')}"
    assert nothing_is_stored(client)


SENT = statement(attachments=[attachment(DATA)])
GOOD = [first(SENT), part(DATA)]


REFUSED: dict[str, list[list[Part]]] = {
    "XAPI-00134": [[first(SENT, "text/plain"), part(DATA)], [({}, first(SENT)[1]), part(DATA)],
                   [part(DATA), first(SENT)], []],
    "XAPI-00133": [[first(SENT), first(SENT), part(DATA)]],
    "XAPI-00132": [[first(SENT), part(DATA, X_Experience_API_Hash="")]],
    "XAPI-00128": [[first(SENT), part(DATA, X_Experience_API_Hash="nothing")],
                   [first(SENT), part(DATA), part(b"of no Statement")]],
    "COMM-hash": [[first(SENT), part(b"other", X_Experience_API_Hash=hashlib.sha256(DATA).hexdigest())],
                  [first(SENT), part(DATA[:-1], X_Experience_API_Hash=hashlib.sha256(DATA).hexdigest())]],
    "XAPI-00135": [[first(SENT), part(DATA, Content_Transfer_Encoding="base64")]],
}


@pytest.mark.parametrize(("requirement", "parts"), [
    pytest.param(row, parts, marks=pytest.mark.requirement(row)) for row, several in REFUSED.items()
    for parts in several])
def test_parts_that_are_refused(client: Client, requirement: str, parts: list[Part]) -> None:
    assert refusal(send(client, *parts)) == (400, requirement)
    assert nothing_is_stored(client)


@pytest.mark.requirement("XAPI-00131")
@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed; boundary=", 'multipart/mixed; boundary=""',
                                  f"multipart/mixed; boundary={'x' * 71}", "multipart/mixed; charset=utf-8"])
def test_a_boundary_that_is_none(client: Client, kind: str) -> None:
    assert refusal(send_bytes(client, written(GOOD), kind)) == (400, "XAPI-00131")
    assert nothing_is_stored(client)


@pytest.mark.requirement("XAPI-00130")
@pytest.mark.parametrize("change", [
    lambda body: body.removesuffix(b"--\r\n") + b"\r\n", lambda body: body[:-8],
    lambda body: body[:len(body) // 2], lambda body: b"", lambda body: b"x" * 10_000 + body,
    lambda body: body.replace(b"\r\n", b"\n"), lambda body: body.replace(b"Content-Type: image", b"Content-Type image"),
    lambda body: body.replace(b"Content-Type: image/png", b"X: " + b"x" * 9000)],
    ids=["no closing boundary", "a cut boundary", "half", "nothing", "a long preamble", "bare line feeds", "no colon",
         "a long header"])
def test_a_body_that_is_no_multipart(client: Client, change: Any) -> None:
    body = written(GOOD)
    assert change(body) != body
    assert refusal(send_bytes(client, change(body))) == (400, "XAPI-00130")
    assert nothing_is_stored(client)


@pytest.mark.requirement("XAPI-00135")
@pytest.mark.parametrize("parts", [
    [first(SENT), part(DATA, Content_Transfer_Encoding="")], [first(SENT), part(DATA), part(DATA)]],
    ids=["no encoding is binary", "the same data twice"])
def test_parts_that_are_taken_though_they_could_be_better(client: Client, parts: list[Part]) -> None:
    assert send(client, *parts).status_code == 200
    _, found = received(client.get("/xapi/statements", attachments="true"))
    assert [data for _, data in found] == [DATA]


@pytest.mark.requirement("XAPI-00130")
@pytest.mark.parametrize("change", [
    lambda body: b"a preamble\r\n" + body, lambda body: body + b"an epilogue", lambda body: body[:-2],
    lambda body: body.replace(f"--{BOUNDARY}\r\n".encode(), f"--{BOUNDARY} \t\r\n".encode()),
    lambda body: body.replace(b"Content-Type: image/png", b"CONTENT-TYPE:image/png")],
    ids=["a preamble", "an epilogue", "no last line break", "spaces after a boundary", "another case"])
def test_what_rfc_2046_allows_is_taken(client: Client, change: Any) -> None:
    assert send_bytes(client, change(written(GOOD))).status_code == 200
    _, parts = received(client.get("/xapi/statements", attachments="true"))
    assert [data for _, data in parts] == [DATA]


@pytest.mark.requirement("XAPI-00326", "XAPI-00133")
def test_a_statement_that_is_refused_leaves_no_data(client: Client) -> None:
    batch = [statement(attachments=[attachment(DATA)]), statement(verb={"id": "no-scheme"})]
    assert refusal(send(client, first(batch), part(DATA))) == (400, "XAPI-00011")
    assert nothing_is_stored(client)
    assert send(client, first(batch[:1]), part(DATA)).status_code == 200


@pytest.mark.requirement("COMM-gzip", "COMM-attachments-back")
def test_a_compressed_multipart_body_is_taken(client: Client) -> None:
    answer = send_bytes(client, gzip.compress(written(GOOD)), headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    _, parts = received(client.get("/xapi/statements", attachments="true"))
    assert [data for _, data in parts] == [DATA]


@pytest.mark.requirement("COMM-attachments-back")
def test_data_of_another_store_is_not_given_out(client: Client, other: Client) -> None:
    """Who knows a digest, but hasn't the data, mustn't get it by declaring the digest."""
    send(client, *GOOD)
    assert refusal(other.post("/xapi/statements", SENT)) == (400, "XAPI-00129")
    assert other.post("/xapi/statements", statement(attachments=[
        attachment(DATA, fileUrl="http://example.com/f")])).status_code == 200
    _, parts = received(other.get("/xapi/statements", attachments="true"))
    assert parts == []


@pytest.mark.requirement("XAPI-00115", "XAPI-00116", "XAPI-00117")
def test_a_signed_statement_is_stored_and_its_signature_comes_back(client: Client) -> None:
    signed = statement(timestamp="2026-01-05T10:00:00Z")
    key = rsa.generate_private_key(65537, 2048)
    good, tampered, unsigned = (jwt.PyJWS().encode(json.dumps(payload).encode(), key, "RS256").encode()
                                for payload in (signed, {**signed, "verb": {"id": "http://example.com/w"}}, "text"))
    for signature, requirement in ((tampered, "XAPI-00116"), (unsigned, "XAPI-00116"), (b"no JWS", "XAPI-00115")):
        declared = attachment(signature, usageType=USAGE, contentType="application/octet-stream")
        answer = send(client, first({**signed, "attachments": [declared]}),
                      part(signature, Content_Type="application/octet-stream"))
        assert refusal(answer) == (400, requirement)
        assert nothing_is_stored(client)
    declared = attachment(good, usageType=USAGE, contentType="application/octet-stream")
    sent = {**signed, "attachments": [declared]}
    assert send(client, first(sent), part(good, Content_Type="application/octet-stream")).status_code == 200
    _, parts = received(client.get("/xapi/statements", attachments="true", statementId=signed["id"]))
    assert [data for _, data in parts] == [good]
