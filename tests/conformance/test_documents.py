"""State, Activity Profile and Agent Profile over HTTP: each rule, on all three, in both versions."""

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from requests import Response

from lrs.clock import now_micros
from lrs.documents import MOST_BYTES, Address, Document, Subject
from lrs.errors import TooLarge
from lrs.http_rules.conditions import Condition
from lrs.models import Store
from lrs.rules.formats import format_timestamp
from lrs.statements import Lrs
from tests.conformance.conftest import ACTIVITY, AGENT, refusal
from tests.conftest import Client

TEXT, JSON = "text/plain; charset=utf-8", "application/json"
SUBJECTS: dict[str, dict[str, str]] = {
    "/xapi/activities/state": {"activityId": ACTIVITY, "agent": json.dumps(AGENT)},
    "/xapi/activities/profile": {"activityId": ACTIVITY}, "/xapi/agents/profile": {"agent": json.dumps(AGENT)}}
REGISTRATION = str(uuid.uuid4())


@dataclass(frozen=True)
class Documents:
    """One of the three resources, seen by one client."""

    client: Client
    path: str

    @property
    def id(self) -> str:
        return "stateId" if self.is_state else "profileId"

    @property
    def is_state(self) -> bool:
        return self.path.endswith("state")

    def send(self, method: str, document: str | None = "d", data: bytes = b"", parameters: dict[str, str] | None = None,
             **headers: str) -> Response:
        """A request for one document, or without an id for all; the subject's `parameters` may be changed."""
        found = {**SUBJECTS[self.path], **({self.id: document} if document is not None else {}), **(parameters or {})}
        return self.client.request(method, self.path, params=found, data=data, headers={
            name.replace("_", "-"): value for name, value in headers.items()})

    def new(self, data: bytes, kind: str = JSON, document: str = "d", **options: Any) -> Response:
        return self.send("PUT", document, data, Content_Type=kind, If_None_Match="*", **options)

    def get(self, document: str | None = "d", **options: Any) -> Response:
        return self.send("GET", document, **options)


@pytest.fixture(params=list(SUBJECTS), ids=["state", "activity-profile", "agent-profile"])
def documents(client: Client, request: pytest.FixtureRequest) -> Documents:
    return Documents(client, request.param)


@pytest.fixture
def state(client: Client) -> Documents:
    return Documents(client, "/xapi/activities/state")


def tag(data: bytes) -> str:
    return f'"{hashlib.sha1(data, usedforsecurity=False).hexdigest()}"'


@pytest.mark.requirement("COMM-put-document", "COMM-get-document", "COMM-etag", "COMM-document-modified",
                         "COMM-unknown-subject")
@pytest.mark.parametrize(("data", "kind"), [
    (bytes(range(256)), "application/octet-stream"), (b"", TEXT), (b"\xef\xbb\xbf{ \"a\" :1 }\r\n", JSON),
    ("é王😀".encode(), 'application/vnd.x+json; a="b;c"'), (b"x" * 100_000, TEXT)], ids=lambda each: repr(each)[:12])
def test_a_document_comes_back_byte_for_byte(documents: Documents, data: bytes, kind: str) -> None:
    began = int(time.time())
    stored = documents.new(data, kind)
    assert (stored.status_code, stored.content) == (204, b"")
    answer = documents.get()
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, data, kind)
    changed = parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp()
    assert began <= changed <= time.time()
    plain = documents.get(Accept_Encoding="identity")
    assert (plain.content, plain.headers["ETag"]) == (data, tag(data))


@pytest.mark.requirement("COMM-etag", "COMM-gzip", "COMM-if-match")
def test_a_compressed_answer_has_a_tag_of_its_own_that_changes_the_same_document(documents: Documents) -> None:
    data = json.dumps({"a": "x" * 5000}).encode()
    documents.new(data)
    answer = documents.get(Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == data
    assert answer.headers["ETag"] == tag(data).removesuffix('"') + '-gzip"'
    for etag in (answer.headers["ETag"], tag(data), f'W/{tag(data)}, "other"', "*"):
        assert documents.get(If_None_Match=etag).status_code == 304
    assert documents.send("PUT", data=b"1", If_Match=answer.headers["ETag"]).status_code == 204


@pytest.mark.requirement("COMM-put-document", "COMM-if-match")
def test_a_change_to_another_version_of_the_document_is_a_412_and_changes_nothing(documents: Documents) -> None:
    documents.new(b'{"a":1}')
    for method in ("PUT", "POST", "DELETE"):
        answer = documents.send(method, data=b'{"a":2}', Content_Type=JSON, If_Match=tag(b"another"))
        assert refusal(answer) == (412, "COMM-if-match")
        assert documents.get().content == b'{"a":1}'
    assert documents.send("PUT", data=b"second", Content_Type=TEXT, If_Match=tag(b'{"a":1}')).status_code == 204
    answer = documents.get()
    assert (answer.content, answer.headers["Content-Type"], answer.headers["ETag"]) == (b"second", TEXT, tag(b"second"))
    for method in ("PUT", "POST"):
        assert documents.send(method, "absent", b"{}", Content_Type=JSON, If_Match="*").status_code == 412
        assert documents.get("absent").status_code == 404


@pytest.mark.requirement("COMM-if-none-match")
def test_a_document_that_must_be_new_is_stored_once(documents: Documents) -> None:
    assert documents.new(b"1").status_code == 204
    assert refusal(documents.new(b"2")) == (412, "COMM-if-none-match")
    answer = documents.send("POST", data=b"{}", Content_Type=JSON, If_None_Match="*")
    assert refusal(answer) == (412, "COMM-if-none-match")
    assert documents.get().content == b"1"


@pytest.mark.requirement("COMM-conflict", "COMM-put-condition", "COMM-put-document")
def test_a_put_without_a_condition(documents: Documents) -> None:
    """1.0.3 refuses it for profiles alone, 2.0 where a document is there already."""
    new, old = documents.client.version == "2.0.0", documents.client.version == "1.0.3"
    first = documents.send("PUT", data=b"1")
    if old and not documents.is_state:
        assert refusal(first) == (400, "COMM-put-condition")
        documents.new(b"1")
    else:
        assert first.status_code == 204
    second = documents.send("PUT", data=b"2")
    if new or not documents.is_state:
        assert refusal(second) == (409, "COMM-conflict")
        assert "If-Match" in second.text
    else:
        assert second.status_code == 204
    assert documents.get().content == (b"1" if new or not documents.is_state else b"2")


@pytest.mark.requirement("COMM-post-document", "COMM-merge")
def test_a_post_stores_then_merges_top_level_properties(documents: Documents) -> None:
    first = documents.send("POST", data=b'{"a": {"x": 1, "y": 2}, "b": [1], "c": null}', Content_Type=JSON)
    assert (first.status_code, first.content) == (204, b"")
    assert documents.get().content == b'{"a": {"x": 1, "y": 2}, "b": [1], "c": null}'
    kind = "application/json; charset=utf-8"
    assert documents.send("POST", data=b'{"a":{"x":3},"d":"new"}', Content_Type=kind).status_code == 204
    assert documents.get().json() == {"a": {"x": 3}, "b": [1], "c": None, "d": "new"}
    assert documents.get().headers["Content-Type"] == JSON
    assert documents.send("POST", "plain", b"not JSON", Content_Type=TEXT).status_code == 204
    assert documents.get("plain").content == b"not JSON"


@pytest.mark.requirement("COMM-merge-json")
@pytest.mark.parametrize(("there", "there_kind", "sent", "sent_kind"), [
    (b"{}", JSON, b"text", TEXT), (b"{}", JSON, b"{}", "application/octet-stream"), (b"text", TEXT, b"{}", JSON),
    (b"{}", JSON, b"[]", JSON), (b"[1]", JSON, b"{}", JSON), (b"{}", JSON, b"{", JSON), (b"{}", JSON, b"", JSON),
    (b"{}", JSON, b'{"a":1,"a":2}', JSON), (b"broken", JSON, b"{}", JSON), (b"{}", JSON, b"null", JSON)])
def test_what_cannot_be_merged_is_refused_and_changes_nothing(documents: Documents, there: bytes, there_kind: str,
                                                              sent: bytes, sent_kind: str) -> None:
    documents.new(there, there_kind)
    answer = documents.send("POST", data=sent, Content_Type=sent_kind)
    assert refusal(answer) == (400, "COMM-merge-json")
    answer = documents.get()
    assert (answer.content, answer.headers["Content-Type"]) == (there, there_kind)


@pytest.mark.requirement("COMM-merge-json")
@pytest.mark.parametrize("data", [b"[]", b"7", b'"text"', b"{", b""])
def test_a_first_post_of_json_that_is_no_object_stores_nothing(documents: Documents, data: bytes) -> None:
    assert refusal(documents.send("POST", data=data, Content_Type=JSON)) == (400, "COMM-merge-json")
    assert documents.get().status_code == 404


@pytest.mark.requirement("COMM-delete-document", "COMM-get-document")
def test_a_delete_removes_one_document_and_may_be_repeated(documents: Documents) -> None:
    documents.new(b"1")
    documents.new(b"2", document="e")
    for _ in range(2):
        answer = documents.send("DELETE")
        assert (answer.status_code, answer.content) == (204, b"")
        assert documents.get().status_code == 404
    assert documents.get("e").content == b"2"
    assert documents.new(b"again").status_code == 204


@pytest.mark.requirement("COMM-document-ids", "COMM-document-modified")
def test_the_ids_are_an_array_and_none_an_empty_one(documents: Documents) -> None:
    assert documents.get(None).json() == []
    names = ["b", "a/ä?&=", " ", "王"]
    for name in names:
        documents.new(b"1", document=name)
    answer = documents.get(None)
    assert answer.headers["Content-Type"] == JSON
    assert sorted(answer.json()) == sorted(names)
    assert answer.headers["Last-Modified"] == documents.get("王").headers["Last-Modified"]


@pytest.mark.requirement("COMM-document-since")
def test_since_leaves_what_changed_after_it(documents: Documents) -> None:
    documents.new(b'{"a":1}', document="old")
    documents.new(b'{"a":1}', document="merged")
    between = format_timestamp(now_micros())
    documents.new(b"1", document="new")
    documents.send("POST", "merged", b'{"b":1}', Content_Type=JSON)
    assert documents.get(None, parameters={"since": between}).json() == ["merged", "new"]
    later = format_timestamp(now_micros())
    assert documents.get(None, parameters={"since": later}).json() == []
    assert refusal(documents.get(None, parameters={"since": "yesterday"})) == (400, "XAPI-00012")


@pytest.mark.requirement("COMM-delete-documents", "COMM-registration")
def test_a_delete_of_states_removes_those_that_its_parameters_name(state: Documents) -> None:
    here = {"registration": REGISTRATION}
    elsewhere = {"agent": json.dumps({"mbox": "mailto:wu@example.com"})}
    for parameters in ({}, here, elsewhere):
        assert state.new(b"1", document="d", parameters=parameters).status_code == 204
        assert state.new(b"1", document="e", parameters=parameters).status_code == 204
    assert state.send("DELETE", None, parameters=here).status_code == 204
    assert state.get(None, parameters=here).json() == []
    assert state.get(None).json() == ["d", "e"]
    assert state.send("DELETE", None).status_code == 204
    assert state.get(None).json() == []
    assert state.get(None, parameters=elsewhere).json() == ["d", "e"]


@pytest.mark.requirement("COMM-registration")
def test_a_state_belongs_to_its_registration(state: Documents) -> None:
    state.new(b"without")
    assert state.get(parameters={"registration": REGISTRATION}).status_code == 404
    state.new(b"within", parameters={"registration": REGISTRATION.upper()})
    assert state.get().content == b"without"
    assert state.get(parameters={"registration": REGISTRATION}).content == b"within"
    assert state.get(parameters={"registration": str(uuid.uuid4())}).status_code == 404
    state.send("DELETE", parameters={"registration": REGISTRATION})
    assert state.get().content == b"without"
    assert refusal(state.get(parameters={"registration": "17"})) == (400, "XAPI-00012")


@pytest.mark.requirement("COMM-agent", "XAPI-00012")
@pytest.mark.parametrize("agent", [
    "", "li@example.com", "[]", '{"name": "Li"}', '{"mbox": "li@example.com"}', '{"mbox": "mailto:a@b", "x": 1}',
    '{"objectType": "Group", "mbox": "mailto:a@b"}', '{"objectType": "Group", "member": [{"mbox": "mailto:a@b"}]}'])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_who_is_no_agent_has_no_documents(state: Documents, method: str, agent: str) -> None:
    for path in ("/xapi/activities/state", "/xapi/agents/profile"):
        answer = Documents(state.client, path).send(method, data=b"{}", parameters={"agent": agent}, Content_Type=JSON)
        assert refusal(answer) == (400, "XAPI-00012")
        assert answer.json()["place"] == "parameter agent"


@pytest.mark.requirement("COMM-agent")
def test_an_agent_is_who_its_identifier_says_whatever_else_is_said_of_it(state: Documents) -> None:
    state.new(b"1")
    same = {"objectType": "Agent", "name": "Li", **AGENT}
    assert state.get(parameters={"agent": json.dumps(same)}).content == b"1"
    account = {"account": {"homePage": "http://example.com", "name": "li"}}
    assert state.get(parameters={"agent": json.dumps(account)}).status_code == 404


@pytest.mark.requirement("COMM-document-id")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_empty_id_names_no_document(documents: Documents, method: str) -> None:
    documents.new(b"1")
    answer = documents.send(method, "", b"{}", Content_Type=JSON)
    assert refusal(answer) == (400, "XAPI-00012")
    assert answer.json()["place"] == f"parameter {documents.id}"
    assert documents.get(None).json() == ["d"]


@pytest.mark.requirement("COMM-document-required")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_each_parameter_that_a_method_needs(documents: Documents, method: str) -> None:
    """Without the document's id a GET is for the ids, and a DELETE of states for all."""
    needed = {*SUBJECTS[documents.path], documents.id}
    if method == "GET" or (method == "DELETE" and documents.is_state):
        needed.remove(documents.id)
    for name in needed:
        given = {key: value for key, value in {**SUBJECTS[documents.path], documents.id: "d"}.items() if key != name}
        answer = documents.client.request(method, documents.path, params=given, data=b"{}", headers={
            "Content-Type": JSON, "If-None-Match": "*"})
        assert refusal(answer) == (400, "COMM-document-required")
        assert answer.json()["place"] == f"parameter {name}"


@pytest.mark.requirement("XAPI-00324", "XAPI-00325")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize(("name", "requirement"), [("unknown", "XAPI-00324"), ("stateID", "XAPI-00325"),
                                                   ("ActivityId", "XAPI-00325"), ("Agent", "XAPI-00325")])
def test_unknown_and_misspelled_parameters_are_refused(state: Documents, method: str, name: str,
                                                       requirement: str) -> None:
    answer = state.send(method, data=b"{}", parameters={name: "x"}, Content_Type=JSON)
    assert refusal(answer) == (400, requirement)
    assert state.get(None).json() == []


@pytest.mark.requirement("COMM-document-size")
def test_a_document_over_the_limit_is_a_413(documents: Documents) -> None:
    assert documents.new(b"x" * (8 * 1024 * 1024 + 1), TEXT).status_code == 413
    assert documents.get().status_code == 404


@pytest.mark.requirement("COMM-document-size")
def test_a_document_over_what_the_database_holds_is_refused_also_when_the_server_takes_more(lrs: Lrs,
                                                                                           store: Store) -> None:
    address = Address(Subject(store.pk, "state", ACTIVITY, "mbox|mailto:li@example.com"), "d")
    lrs.documents.put(address, Document(b"x" * MOST_BYTES, TEXT), Condition())
    with pytest.raises(TooLarge, match="COMM-document-size"):
        lrs.documents.put(address, Document(b"x" * (MOST_BYTES + 1), TEXT), Condition())
    assert len(lrs.documents.get(address).body) == MOST_BYTES


@pytest.mark.requirement("COMM-head")
def test_a_head_says_what_a_get_would(documents: Documents) -> None:
    documents.new(b'{"a":1}')
    for document in ("d", "absent", None):
        head, get = (documents.send(method, document) for method in ("HEAD", "GET"))
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
            assert head.headers.get(name) == get.headers.get(name)


def test_each_resource_and_each_store_has_documents_of_its_own(client: Client, other: Client) -> None:
    for path in SUBJECTS:
        assert Documents(client, path).new(path.encode()).status_code == 204
    for path in SUBJECTS:
        assert Documents(client, path).get().content == path.encode()
        assert Documents(other, path).get().status_code == 404
        assert Documents(other, path).get(None).json() == []
