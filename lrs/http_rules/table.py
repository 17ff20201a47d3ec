"""Every requirement on communication, by the id that a refusal names or a test proves.

Ids of the form XAPI-00000 are those of ADL's conformance requirements; one that stands for several of them (ADL
counts each method and resource by itself) has a name, and lists them in `adl`. `communication` is the section of the
xAPI 1.0.3 Communication document (of the Data document where it says so), `ieee` the clause of IEEE 9274.1.1
(xAPI 2.0); `-` where a version lacks it.
"""

from typing import NamedTuple


class HttpRequirement(NamedTuple):
    """One row of the table."""

    id: str
    adl: str
    communication: str
    ieee: str
    text: str

    @property
    def sections(self) -> dict[str, str]:
        """Where the versions that have it say so."""
        document = "" if self.communication.startswith("Data") else "Communication "
        named = {"1.0.3": document + self.communication, "2.0": f"IEEE 9274.1.1 {self.ieee}"}
        return {version: section for version, section in named.items() if not section.endswith(" -")}


def _rows(*rows: tuple[str, str, str, str, str]) -> dict[str, HttpRequirement]:
    return {row[0]: HttpRequirement(*row) for row in rows}


def _span(first: int, last: int) -> str:
    return f"XAPI-{first:05} to XAPI-{last:05}"


REQUIREMENTS = _rows(
    # Requests
    ("COMM-head", _span(125, 126), "1.1", "4.1", "HEAD is answered as GET is, without the body"),
    ("XAPI-00336", "", "1.3", "-", "a POST whose only parameter is method stands for the request that its form spells"),
    ("COMM-no-method", "", "-", "4.1", "2.0 has no alternate request syntax: method is an unknown parameter"),
    ("COMM-query-length", "", "-", "-", "a query string has 4,096 bytes at the most, a cursor 8,000"),
    ("COMM-utf8", "", "1.4", "4.1", "strings are encoded and read as UTF-8"),
    ("COMM-options", "", "-", "-",
     "OPTIONS is answered before authentication, with what a browser of another origin needs"),
    ("COMM-gzip", "", "1.2", "4.1", "a body may come as gzip, and an answer goes as gzip to who accepts it"),
    ("COMM-whole-body", "", "-", "-", "a body comes as long as it says"),
    ("XAPI-00012", "", "Data 2.2", "4.2.1",
     "a parameter's value follows the rules for values of its type in Statements"),
    ("XAPI-00324", "", "3.2", "4.1", "only parameters that the specification defines are used"),
    ("XAPI-00325", "", "3.2", "4.1", "a parameter's name is written in the case that the specification gives"),
    ("COMM-twice", "", "-", "-", "a parameter stands once"),
    ("COMM-authentication", _span(334, 335), "4.0", "4.1",
     "a request without a credential that holds is answered 401; OPTIONS and /about need none"),
    ("XAPI-00331", "XAPI-00321", "3.3", "4.1", "a request names a version of xAPI: 1.0, 1.0.x, 2.0 or 2.0.x"),
    ("XAPI-00333", "", "3.3", "4.1",
     "an answer names the version that was spoken, at its latest patch: 1.0.3 or 2.0.0"),
    ("XAPI-00332", "XAPI-00330", "3.3", "4.2.4.3", "a Statement keeps the version that it came with"),
    # Content types and attachments
    ("XAPI-00127", "", "1.5", "4.1.3", "Statements come as application/json or multipart/mixed"),
    ("COMM-json-body", "", "1.5.1", "4.1.3", "a JSON body comes as application/json"),
    ("COMM-fileurl", "", "1.5.1", "4.1.3",
     "Attachments that have a fileUrl may come without data, in both content types"),
    ("XAPI-00129", "", "1.5.1", "4.1.3", "an Attachment without fileUrl comes with its data, in multipart/mixed"),
    ("XAPI-00128", "", "1.5.1", "4.1.3", "each part after the first is the data of an Attachment of these Statements"),
    ("XAPI-00131", "", "1.5.2", "4.1.3", "the Content-Type multipart/mixed names its boundary"),
    ("XAPI-00130", "", "1.5.2", "4.1.3", "a boundary stands before each part, and closes the last (RFC 2046)"),
    ("XAPI-00134", "", "1.5.2", "4.1.3", "the first part is of type application/json"),
    ("XAPI-00133", "", "1.5.2", "4.1.3", "all Statements stand in the first part"),
    ("XAPI-00132", "", "1.5.2", "4.1.3",
     "each further part has an X-Experience-API-Hash, the sha2 of an Attachment of these Statements"),
    ("COMM-hash", "", "1.5.2", "4.1.3", "a part's data has the SHA-2 digest that its X-Experience-API-Hash says"),
    ("XAPI-00135", "", "1.5.2", "4.1.3", "a further part's Content-Transfer-Encoding is binary"),
    ("COMM-attachments-back", "XAPI-00167", "1.5.2", "4.1.3",
     "attachments=true answers multipart/mixed: the Statements, then the data of each of their Attachments once"),
    ("XAPI-00161", "", "2.1.3", "4.1.6.1", "without attachments=true the answer is application/json, without data"),
    ("XAPI-00115", "", "Data 2.6", "4.2.2.6",
     "a signature is a JSON web signature of contentType application/octet-stream, 1 MiB at the most"),
    ("XAPI-00116", "", "Data 2.6", "4.2.2.6",
     "a signature's payload is the Statement, as it was before the signature was added"),
    ("XAPI-00117", "", "Data 2.6", "4.2.2.6", "a signature's algorithm is RS256, RS384 or RS512"),
    ("DATA-x5c", "", "Data 2.6", "4.2.2.6", "a signature with x5c is by the key of its first certificate"),
    # Statements
    ("COMM-put-statement", "XAPI-00139, XAPI-00143", "2.1.1", "4.1.6.1", "PUT /statements stores one Statement: 204"),
    ("XAPI-00144", "XAPI-00145", "2.1.1", "4.1.6.1", "PUT /statements has the parameter statementId"),
    ("COMM-statement-id", "", "2.1.1", "4.1.6.1", "a Statement that is PUT has the id of the parameter, or none"),
    ("XAPI-00142", "", "2.1.1", "4.1.6.1",
     "a Statement is never changed: its id with the same meaning is stored already, with another is a 409"),
    ("COMM-post-statements", _span(146, 147), "2.1.2", "4.1.6.1",
     "POST /statements stores a Statement or an Array of them: 200 and their ids in order"),
    ("COMM-batch", "", "2.1.2", "4.1.6.1",
     "a batch holds one Statement at least, and no more than the server is set to take"),
    ("XAPI-00326", "XAPI-00182", "3.2", "4.1.6.1", "a batch of which one Statement is refused is refused whole"),
    ("XAPI-00328", "", "3.2", "4.1", "a Statement, without the data of its Attachments, has 1 MiB at the most"),
    ("COMM-get-statement", "XAPI-00156, XAPI-00158, XAPI-00159", "2.1.3", "4.1.6.1",
     "statementId answers the Statement of that id, and 404 where there is none"),
    ("COMM-get-voided", "XAPI-00155, XAPI-00157, XAPI-00163", "2.1.4", "4.1.6.1",
     "voidedStatementId, and nothing else, answers a voided Statement"),
    ("XAPI-00150", "", "2.1.3", "4.1.6.1", "beside voidedStatementId stand only attachments and format"),
    ("XAPI-00151", "", "2.1.3", "4.1.6.1", "beside statementId stand only attachments and format"),
    ("COMM-statement-result", "XAPI-00149, XAPI-00154, XAPI-00164", "2.1.3", "4.1.6.1",
     "otherwise a StatementResult of exactly the Statements that match, which may be none"),
    ("COMM-filters", _span(176, 181), "2.1.3", "4.1.6.1",
     "agent, verb, activity and registration select; related_agents and related_activities widen the first two"),
    ("COMM-since-until", _span(174, 175), "2.1.3", "4.1.6.1", "stored after since, and at until or before"),
    ("XAPI-00162", "", "2.1.3", "4.1.6.1", "a Statement that refers to a matching one matches, voided or not"),
    ("XAPI-00166", "", "2.1.3", "4.1.6.1", "latest stored first; ascending=true turns the order"),
    ("XAPI-00173", "", "2.1.3", "4.1.6.1", "limit is the most on a page; 0 means the server's own"),
    ("COMM-more", _span(108, 114), "Data 2.5", "4.1.6.1",
     "more leads to the next page, by the same credential, and is empty at the end"),
    ("COMM-cursor", "", "2.1.3", "4.1.6.1", "the value of more is used as it was given, by the store's own clients"),
    ("COMM-format", _span(168, 171), "2.1.3", "4.1.6.1",
     "format is exact, ids or canonical; exact where it isn't given"),
    ("XAPI-00172", "", "2.1.3", "4.1.6.1", "canonical takes the language that Accept-Language prefers"),
    ("XAPI-00165", "", "2.1.3", "4.1.6.1", "an answer has its Content-Type"),
    ("COMM-consistent-through", "XAPI-00153, XAPI-00160", "2.1.3", "4.1.6.1",
     "every answer of /statements has X-Experience-API-Consistent-Through, an ISO 8601 date and time"),
    ("COMM-statement-modified", "", "-", "4.1.6.1", "a single Statement's Last-Modified is its stored, to the second"),
    # Documents: State, Agent Profile and Activity Profile
    ("COMM-put-document", "XAPI-00190, XAPI-00230, XAPI-00273, XAPI-00282, XAPI-00287, XAPI-00293, XAPI-00311",
     "2.2", "4.1.6.2", "PUT stores a document of any content type, in place of one that is there: 204"),
    ("COMM-post-document", "XAPI-00189, XAPI-00231, XAPI-00233, XAPI-00272, XAPI-00280, XAPI-00283, XAPI-00286, "
     "XAPI-00292, XAPI-00310, XAPI-00312", "2.2", "4.1.6.2", "POST stores a document where none is: 204"),
    ("COMM-get-document", "XAPI-00188, XAPI-00192, XAPI-00217, XAPI-00259, XAPI-00269, XAPI-00274, XAPI-00288, "
     "XAPI-00290", "2.2", "4.1.6.2",
     "GET answers the document and its content type as they came, and 404 where none is"),
    ("COMM-delete-document", "XAPI-00187, XAPI-00191, XAPI-00216, XAPI-00271, XAPI-00285, XAPI-00291",
     "2.2", "4.1.6.2", "DELETE removes the document: 204, also where none is"),
    ("COMM-document-ids", "XAPI-00193, XAPI-00270, XAPI-00289", "2.2", "4.1.6.2",
     "GET without stateId or profileId answers the ids, in an Array"),
    ("COMM-document-since", "XAPI-00195, XAPI-00204, XAPI-00221, XAPI-00260, XAPI-00268, XAPI-00275, XAPI-00294, "
     "XAPI-00295, XAPI-00303", "2.2", "4.1.6.2", "since leaves the ids of documents changed after it"),
    ("COMM-delete-documents", "XAPI-00194", "2.3", "4.1.6.2",
     "DELETE /activities/state without stateId removes all that the other parameters name"),
    ("COMM-registration", f"{_span(200, 203)}, {_span(218, 220)}, XAPI-00227", "2.3", "4.1.6.2",
     "a State document belongs to the registration that it was stored under, if any, which is a UUID"),
    ("COMM-document-required", f"{_span(206, 215)}, {_span(261, 267)}, {_span(296, 302)}", "2.2", "4.1.6.2",
     "a request for a document has each parameter that its resource requires"),
    ("COMM-agent", f"{_span(196, 199)}, {_span(255, 258)}, XAPI-00249", "2.3", "4.1.6.2",
     "the parameter agent is an Agent as JSON, and no Group"),
    ("COMM-document-id", "", "2.2", "4.1.6.2", "a document's id is a String of one character at least"),
    ("COMM-merge", "XAPI-00183, XAPI-00184, XAPI-00234, XAPI-00279, XAPI-00308", "2.2", "4.1.6.2",
     "POST to a JSON document sets its top-level properties, each replaced whole: 204"),
    ("COMM-merge-json", "XAPI-00229, XAPI-00232, XAPI-00235, XAPI-00278, XAPI-00281, XAPI-00284, XAPI-00309, "
     "XAPI-00313, XAPI-00314", "2.2", "4.1.6.2",
     "what POST merges, and what it merges into, are JSON Objects of type application/json"),
    ("COMM-unknown-subject", "", "2.2", "4.1.6.2",
     "a document may be of an Activity and an Agent that nothing is known of"),
    ("COMM-document-modified", "", "2.2", "4.1.6.2",
     "Last-Modified says when the document, or the last of several, was changed"),
    ("COMM-document-size", "", "3.2", "4.1", "a document has 15 MiB at the most, or what the server is set to take"),
    ("COMM-document-type", "", "2.2", "4.1.6.2", "a document's Content-Type is a media type"),
    ("COMM-etag", "XAPI-00322", "3.1", "4.1.4",
     "ETag is the document's SHA-1 in hexadecimal, in quotes; another under gzip"),
    ("COMM-if-match", "", "3.1", "4.1.4", "a change with If-Match is made to a document of that ETag, else 412"),
    ("COMM-if-none-match", "", "3.1", "4.1.4", "a change with If-None-Match: * is made where no document is, else 412"),
    ("COMM-conflict", "", "3.1", "4.1.4",
     "PUT without either header onto a document: 409, which says to look at it and to send If-Match (2.0: State too)"),
    ("COMM-put-condition", "", "3.1", "-", "PUT of a profile has If-Match or If-None-Match"),
    # Other resources
    ("COMM-agents", f"{_span(236, 245)}, XAPI-00248", "2.4", "4.1.6.3",
     "GET /agents answers a Person, whose properties are Arrays, for an Agent known or not"),
    ("COMM-activities", f"{_span(250, 254)}", "2.5", "4.1.6.4",
     "GET /activities answers the Activity with all that Statements say of it, and for an unknown one its id"),
    ("COMM-about", _span(315, 319), "2.8", "4.1.6.7", "GET /about lists the versions, without credential and version"),
)
