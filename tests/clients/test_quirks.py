"""Requests byte for byte as well-known tools send them, with their habits. Each test is named for one habit."""

import base64
import hashlib
import json
import uuid
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.conftest import Client

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
STATE = "/xapi/activities/state"
STATEMENTS = "/xapi/statements"
LEARNER = {"name": "Li Na", "mbox": "mailto:li.na@example.com", "objectType": "Agent"}
ANSWERED = {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}}
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
SLIDE = "http://5fWxyZ_course_id/6kQ2_slide/5Vt_question"  # an underscore stands in a host name, and no dot does


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(client: Client, method: str, target: str, body: str | bytes = b"", **headers: str) -> Answer:
    """One request with these headers alone: an underscore in a name stands for a hyphen."""
    where = urlsplit(client.url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
    content = body.encode() if isinstance(body, str) else body
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, content, given)
    answer = connection.getresponse()
    found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


def basic(client: Client) -> str:
    return "Basic " + base64.b64encode(f"{client.key}:{client.secret}".encode()).decode()


def authorized(client: Client, version: str = "1.0.3", **more: str) -> dict[str, str]:
    return {"Authorization": basic(client), "X_Experience_API_Version": version, **more}


def statement(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "actor": LEARNER, "verb": ANSWERED, "object": {"id": SLIDE}, **changes}


def quiz(**definition: Any) -> dict[str, Any]:
    return statement(object={"objectType": "Activity", "id": SLIDE, "definition": definition})


# Moodle's logstore_xapi

def moodle(**changes: Any) -> dict[str, Any]:
    """What its course_viewed event becomes."""
    moodle_info = {"https://moodle.example": "4.4", "https://github.com/xAPI-vle/moodle-logstore_xapi": "v4.7.0",
                   "event_name": "\\core\\event\\course_viewed", "event_function": "\\src\\transformer\\course_viewed"}
    return {
        "actor": {"name": "Li Na", "account": {"homePage": "https://moodle.example", "name": "7"}},
        "verb": {"id": "http://id.tincanapi.com/verb/viewed", "display": {"en": "viewed"}},
        "object": {"id": "https://moodle.example/course/view.php?id=3",
                   "definition": {"type": "http://id.tincanapi.com/activitytype/lms/course", "name": {"en": "Sales"}}},
        "timestamp": "2026-03-01T10:00:00+00:00",
        "context": {"platform": "Moodle", "language": "en",
                    "extensions": {"http://lrs.learninglocker.net/define/extensions/info": moodle_info},
                    "contextActivities": {"category": [{
                        "id": "http://moodle.org", "definition": {
                            "type": "http://id.tincanapi.com/activitytype/source", "name": {"en": "Moodle"}}}]}},
        **changes}


def post_as_moodle(client: Client, statements: list[dict[str, Any]]) -> Answer:
    body = json.dumps(statements).replace("/", "\\/")  # PHP's json_encode escapes slashes
    return send(client, "POST", STATEMENTS, body, **authorized(client, "1.0.0", Content_Type=JSON))


def test_moodle_posts_arrays_in_version_1_0_0_and_takes_200_alone_for_success(client: Client) -> None:
    answer = post_as_moodle(client, [moodle(), moodle()])
    assert (answer.status, len(answer.json())) == (200, 2)
    assert answer.headers["x-experience-api-version"] == "1.0.3"
    assert [each["version"] for each in client.statements()] == ["1.0.0", "1.0.0"]
    assert client.statements()[0]["object"]["id"] == "https://moodle.example/course/view.php?id=3"


def test_moodle_sends_a_whole_batch_again_and_nothing_is_doubled_where_statements_have_ids(client: Client) -> None:
    batch = [moodle(id=str(uuid.uuid4())) for _ in range(3)]
    first = post_as_moodle(client, batch)
    before = client.statements()
    more = [*batch, moodle(id=str(uuid.uuid4()))]
    assert [post_as_moodle(client, batch).status, post_as_moodle(client, more).status] == [200, 200]
    assert first.json() == [each["id"] for each in batch]
    assert len(client.statements()) == 4
    assert [each for each in client.statements() if each["id"] != more[3]["id"]] == before


def test_a_batch_without_ids_that_is_sent_again_is_a_second_batch(client: Client) -> None:
    """Only an id tells a repetition from a second visit in the same second; the plugin itself gives none."""
    assert [post_as_moodle(client, [moodle(), moodle()]).status for _ in range(2)] == [200, 200]
    assert len(client.statements()) == 4


def test_moodle_halves_a_batch_after_a_400_until_only_the_bad_statement_is_left_out(client: Client) -> None:
    batch = [moodle(), moodle(), moodle(actor={"name": "nobody"}), moodle()]
    sent = [batch]
    codes = []
    while sent:
        part = sent.pop(0)
        codes.append(post_as_moodle(client, part).status)
        if codes[-1] == 400 and len(part) > 1:
            sent += [part[:len(part) // 2], part[len(part) // 2:]]
    assert codes == [400, 200, 400, 400, 200]
    assert len(client.statements()) == 3


# Storyline, and other content on old TinCanJS: the alternate request syntax

def post_form(client: Client, path: str, method: str, fields: dict[str, str], version: str = "1.0.1") -> Answer:
    """As content on another origin once had to in Internet Explorer: no header but the form's type."""
    form = {**fields, "Authorization": basic(client), "X-Experience-API-Version": version}
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items())
    return send(client, "POST", f"{path}?method={method}", body, Content_Type=FORM)


def test_storyline_puts_a_statement_about_a_slide_in_a_form(client: Client) -> None:
    sent = quiz(type=INTERACTION, interactionType="choice", correctResponsesPattern=["choice_a[,]choice_b"],
                name={"und": "Was ist + 50 % & mehr?"},
                choices=[{"id": f"choice_{each}", "description": {"und": each}} for each in "abc"])
    content = json.dumps(sent)
    fields = {"statementId": sent["id"], "Content-Type": JSON, "Content-Length": str(len(content)), "content": content}
    answer = post_form(client, STATEMENTS, "PUT", fields)
    assert (answer.status, answer.body) == (204, b"")
    assert post_form(client, STATEMENTS, "PUT", fields).status == 204
    found = client.get(STATEMENTS, activity=SLIDE).json()["statements"]
    assert [each["object"] for each in found] == [sent["object"]]


def test_storyline_posts_a_batch_and_queries_in_a_form(client: Client) -> None:
    batch = [statement() for _ in range(2)]
    answer = post_form(client, STATEMENTS, "POST", {"Content-Type": JSON, "content": json.dumps(batch)})
    assert (answer.status, answer.json()) == (200, [each["id"] for each in batch])
    found = post_form(client, STATEMENTS, "GET", {"agent": json.dumps(LEARNER), "activity": SLIDE, "limit": "1"})
    assert (found.status, len(found.json()["statements"])) == (200, 1)


def test_storyline_keeps_its_resume_data_in_forms(client: Client) -> None:
    address = {"stateId": "resume", "activityId": SLIDE, "agent": json.dumps(LEARNER),
               "registration": str(uuid.uuid4())}
    assert post_form(client, STATE, "GET", address).status == 404
    data = "2v3Y4s0A1004%20+&=?é一~$7"
    put = post_form(client, STATE, "PUT", {**address, "Content-Type": "application/octet-stream", "content": data})
    assert (put.status, put.body) == (204, b"")
    back = post_form(client, STATE, "GET", address)
    assert (back.status, back.body, back.headers["content-type"]) == (200, data.encode(), "application/octet-stream")
    tag = back.headers["etag"]
    again = {**address, "Content-Type": "text/plain", "content": "newer"}
    assert post_form(client, STATE, "PUT", {**again, "If-Match": tag}).status == 204
    assert post_form(client, STATE, "PUT", {**again, "If-Match": tag}).status == 412
    assert post_form(client, STATE, "DELETE", address).status == 204
    assert post_form(client, STATE, "GET", address).status == 404


def test_a_form_with_a_wrong_or_missing_credential_is_a_401(client: Client) -> None:
    content = json.dumps(statement())
    for secret in ({}, {"Authorization": "Basic bm86bm8="}):
        body = urlencode({"X-Experience-API-Version": "1.0.1", "Content-Type": JSON, "content": content, **secret})
        assert send(client, "POST", f"{STATEMENTS}?method=POST", body, Content_Type=FORM).status == 401
    assert client.statements() == []


def test_storyline_marks_alternatives_with_a_comma_in_brackets(client: Client) -> None:
    for kind, patterns in (("fill-in", ["colour[,]color"]), ("sequencing", ["a[,]b[,]c"]), ("numeric", ["1[:]5", "7"]),
                           ("long-fill-in", ["{case_matters=false}{lang=en}a[,]b", ""]),
                           ("matching", ["x[.]1[,]y[.]2"])):
        sent = quiz(type=INTERACTION, interactionType=kind, correctResponsesPattern=patterns)
        sent["result"] = {"response": patterns[0], "success": True, "duration": "PT0H0M4.32S"}
        assert send(client, "PUT", f"{STATEMENTS}?statementId={sent['id']}", json.dumps(sent),
                    **authorized(client, Content_Type=JSON)).status == 204
        found = client.get(STATEMENTS, statementId=sent["id"]).json()
        assert (found["object"], found["result"]) == (sent["object"], sent["result"])


# Captivate and Rise

@pytest.mark.parametrize("content", [
    b"2.1|eNpVj0EKwjAQRa8yZO2", b'{"v":2,"d":[123,34,112', b"", b"undefined", b"\xff\xfe\x00suspend", b"{'a': 1}",
    b"NaN", b'{"a":1}\r\n\r\n', b'{"a":1,"a":2}', b"\xef\xbb\xbf{}"], ids=repr)
def test_captivate_and_rise_keep_states_that_only_claim_to_be_json(client: Client, content: bytes) -> None:
    query = urlencode({"stateId": "suspend_data", "activityId": "http://rise/MKw2", "agent": json.dumps(LEARNER)})
    given = authorized(client, Content_Type=JSON)
    for _ in range(2):  # 1.0.3 overwrites a State without a condition
        assert send(client, "PUT", f"{STATE}?{query}", content, **given).status == 204
    back = send(client, "GET", f"{STATE}?{query}", **given)
    assert (back.status, back.body, back.headers["content-type"]) == (200, content, JSON)
    assert back.headers["etag"] == f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'


def test_what_only_claims_to_be_json_cannot_be_merged_into(client: Client) -> None:
    query = urlencode({"stateId": "suspend_data", "activityId": "http://rise/MKw2", "agent": json.dumps(LEARNER)})
    given = authorized(client, Content_Type=JSON)
    send(client, "PUT", f"{STATE}?{query}", b"not JSON", **given)
    answer = send(client, "POST", f"{STATE}?{query}", b'{"a": 1}', **given)
    assert (answer.status, answer.json()["requirement"]) == (400, "COMM-merge-json")
    assert send(client, "GET", f"{STATE}?{query}", **given).body == b"not JSON"


# H5P

def post_as_h5p(client: Client, sent: dict[str, Any]) -> Answer:
    return send(client, "POST", STATEMENTS, json.dumps(sent), **authorized(client, Content_Type=JSON))


def test_h5p_gives_an_interaction_type_to_activities_of_another_type(client: Client) -> None:
    sent = quiz(type="http://adlnet.gov/expapi/activities/question", interactionType="choice",
                correctResponsesPattern=["0[,]2"], choices=[{"id": "0", "description": {"en-US": "a\n"}},
                                                            {"id": "2", "description": {"en-US": "b"}}],
                description={"en-US": "<p>Choose</p>"},
                extensions={"http://h5p.org/x-api/h5p-local-content-id": 5,
                            "http://h5p.org/x-api/h5p-subContentId": "f3c1b0a2"})
    sent["context"] = {"contextActivities": {"category": [
        {"id": "http://h5p.org/libraries/H5P.MultiChoice-1.16", "objectType": "Activity"}]}}
    sent["result"] = {"score": {"min": 0, "max": 2, "raw": 1, "scaled": 0.5}, "completion": True,
                      "duration": "PT3.07S", "response": "0[,]1"}
    assert post_as_h5p(client, sent).status == 200
    assert client.get(STATEMENTS, statementId=sent["id"]).json()["object"] == sent["object"]


@pytest.mark.parametrize("place", ["definition", "result", "context"])
def test_h5p_from_php_has_an_array_for_empty_extensions_which_the_specification_forbids(client: Client,
                                                                                       place: str) -> None:
    sent = quiz(extensions=[]) if place == "definition" else statement(**{place: {"extensions": []}})
    answer = post_as_h5p(client, sent)
    assert (answer.status, answer.json()["requirement"]) == (400, "XAPI-00120")
    assert answer.json()["pointer"] == ("/object" if place == "definition" else "") + f"/{place}/extensions"
    assert client.statements() == []


def test_h5p_has_an_interaction_type_of_its_own_which_the_specification_forbids(client: Client) -> None:
    answer = post_as_h5p(client, quiz(type=INTERACTION, interactionType="compound"))
    assert (answer.status, answer.json()["requirement"]) == (400, "XAPI-00049")
    assert answer.json()["pointer"] == "/object/definition/interactionType"
    assert client.statements() == []


# PyPI's tincan

def test_pypi_tincan_writes_durations_with_leading_zeros(client: Client) -> None:
    for duration in ("PT05S", "PT01M00S", "PT09.5S", "PT02H00M00S", "P1DT00H00M05.25S"):
        sent = statement(result={"duration": duration})
        answer = send(client, "PUT", f"{STATEMENTS}?statementId={sent['id']}", json.dumps(sent),
                      **authorized(client, Content_Type=JSON))
        assert answer.status == 204
        assert client.get(STATEMENTS, statementId=sent["id"]).json()["result"]["duration"] == duration


def test_pypi_tincan_writes_spaces_of_json_in_a_query_as_plus_signs(client: Client) -> None:
    agent = {"name": "Li + Na", "account": {"homePage": "https://learn.example/?a=1&b=2", "name": "li na+1"}}
    query = urlencode({"stateId": "two words", "activityId": "http://rise/MKw2", "agent": json.dumps(agent)})
    assert "%3A+%22Li+%2B+Na%22" in query
    given = authorized(client, Content_Type="text/plain")
    assert send(client, "PUT", f"{STATE}?{query}", b"kept", **given).status == 204
    exact = quote(json.dumps({"account": agent["account"]}, separators=(",", ":")), safe="")
    target = f"{STATE}?stateId=two%20words&activityId={quote('http://rise/MKw2', safe='')}&agent={exact}"
    assert send(client, "GET", target, **authorized(client)).body == b"kept"

    post_as_h5p(client, statement(actor=agent))
    found = send(client, "GET", f"{STATEMENTS}?{urlencode({'agent': json.dumps(agent)})}", **authorized(client))
    assert len(found.json()["statements"]) == 1


def test_pypi_tincan_ends_an_address_without_parameters_in_a_question_mark(client: Client) -> None:
    given = authorized(client, Content_Type=JSON)
    assert send(client, "POST", f"{STATEMENTS}?", json.dumps([statement(), statement()]), **given).status == 200
    assert send(client, "GET", "/xapi/about?").json()["version"] == ["1.0.3", "2.0.0"]


# @xapi/xapi, and multipart bodies as several tools write them

def multipart(sent: Any, content: bytes, boundary: str, colon: str = ": ", first: bytes = b"") -> bytes:
    """A statement and its attachment: `first` stands before the first boundary, `colon` after each header's name."""
    digest = hashlib.sha256(content).hexdigest()
    heads = [[("Content-Type", JSON), ("Content-Disposition", 'form-data; name="statement"')],
             [("Content-Type", "image/png"), ("Content-Transfer-Encoding", "binary"),
              ("X-Experience-API-Hash", digest)]]
    body = first
    for head, data in zip(heads, (json.dumps(sent).encode(), content), strict=True):
        lines = "\r\n".join(name + colon + value for name, value in head)
        body += f"--{boundary}\r\n{lines}\r\n\r\n".encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def attached(content: bytes) -> dict[str, Any]:
    return statement(attachments=[{
        "usageType": "http://adlnet.gov/expapi/attachments/supporting_media", "display": {"en-US": "a screen"},
        "contentType": "image/png", "length": len(content), "sha2": hashlib.sha256(content).hexdigest()}])


def test_xapi_js_sends_a_content_type_with_a_get_that_has_no_content(client: Client) -> None:
    post_as_h5p(client, statement())
    given = authorized(client, Content_Type=JSON)
    assert len(send(client, "GET", STATEMENTS, **given).json()["statements"]) == 1
    query = urlencode({"activityId": SLIDE, "agent": json.dumps(LEARNER)})
    assert send(client, "GET", f"{STATE}?{query}", **given).json() == []
    assert send(client, "DELETE", f"{STATE}?{query}", **given).status == 204


@pytest.mark.parametrize("colon", [": ", ":"], ids=["with a space", "without a space"])
@pytest.mark.parametrize("first", [b"", b"\r\n"], ids=["at once", "after a line break"])
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_disposition_on_the_first_part_a_leading_line_break_and_headers_without_a_space_are_taken(
        client: Client, version: str, first: bytes, colon: str) -> None:
    content = b"\x89PNG\r\n\x1a\n\x00--\r\n--4471\r\n"
    sent = attached(content)
    given = authorized(client, version, Content_Type="multipart/mixed; boundary=44719320")
    assert send(client, "POST", STATEMENTS, multipart(sent, content, "44719320", colon, first), **given).status == 200
    target = f"{STATEMENTS}?statementId={sent['id']}&attachments=true"
    back = send(client, "GET", target, **authorized(client, version))
    boundary = back.headers["content-type"].removeprefix("multipart/mixed; boundary=")
    parts = back.body.split(f"--{boundary}".encode())
    assert len(parts) == 4
    head, _, data = parts[2].partition(b"\r\n\r\n")
    assert data == content + b"\r\n"
    assert f"X-Experience-API-Hash: {hashlib.sha256(content).hexdigest()}".encode() in head


def test_two_parts_with_no_line_break_between_them_are_one_part_whose_hash_is_wrong(client: Client) -> None:
    """Two attachments as TinCanJS and @xapi/xapi send them: RFC 2046 has the line break belong to the boundary."""
    contents = (b"first", b"second")
    sent = statement(attachments=[each for content in contents for each in attached(content)["attachments"]])
    body = b'--b\r\nContent-Type: application/json\r\n\r\n' + json.dumps(sent).encode() + b"\r\n"
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        body += (f"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n"
                 f"X-Experience-API-Hash: {digest}\r\n\r\n").encode() + content
    answer = send(client, "POST", STATEMENTS, body + b"\r\n--b--\r\n",
                  **authorized(client, Content_Type="multipart/mixed; boundary=b"))
    assert (answer.status, answer.json()["requirement"]) == (400, "COMM-hash")
    assert client.statements() == []


# Several

@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_etags_without_quotes_are_taken(client: Client, version: str) -> None:
    query = urlencode({"profileId": "prefs", "agent": json.dumps(LEARNER)})
    target = f"/xapi/agents/profile?{query}"
    given = authorized(client, version, Content_Type=JSON)
    assert send(client, "PUT", target, b'{"a": 1}', **given, If_None_Match="*").status == 204
    tag = send(client, "GET", target, **given).headers["etag"].strip('"')
    assert send(client, "PUT", target, b'{"a": 2}', **given, If_Match=tag).status == 204
    assert send(client, "PUT", target, b'{"a": 3}', **given, If_Match=tag).status == 412
    assert send(client, "GET", target, **given).json() == {"a": 2}
    newer = send(client, "GET", target, **given).headers["etag"].strip('"')
    assert send(client, "GET", target, **given, If_None_Match=newer).status == 304
    assert send(client, "DELETE", target, **given, If_Match=tag).status == 412
    assert send(client, "DELETE", target, **given, If_Match=newer).status == 204
