"""Every requirement on statement data, by the id that a refusal names.

Ids of the form XAPI-00000 are those of ADL's conformance requirements; a requirement that ADL gives
no number of its own carries the name of the document and the property. `data` is the section of the
xAPI 1.0.3 Data document, `ieee` the clause of IEEE 9274.1.1 (xAPI 2.0); `-` where a version lacks it.
"""

from typing import NamedTuple


class Requirement(NamedTuple):
    """One row of the table."""

    id: str
    data: str
    ieee: str
    text: str

    @property
    def sections(self) -> dict[str, str]:
        """Where the versions that have it say so."""
        named = {"1.0.3": f"Data {self.data}", "2.0": f"IEEE 9274.1.1 {self.ieee}"}
        return {version: section for version, section in named.items() if not section.endswith(" -")}


def _rows(*rows: tuple[str, str, str, str]) -> dict[str, Requirement]:
    return {row[0]: Requirement(*row) for row in rows}


REQUIREMENTS = _rows(
    # The statement as a whole
    ("XAPI-00001", "2.2", "4.2.1", "null stands only inside extensions"),
    ("XAPI-00003", "2.4", "4.2.2.1", "a Statement has an actor"),
    ("XAPI-00004", "2.4", "4.2.2.2", "a Statement has a verb"),
    ("XAPI-00005", "2.4", "4.2.2.3", "a Statement has an object"),
    ("XAPI-00006", "2.2", "4.2.1", "a Statement, an actor, a verb, an object, a result and a context are JSON Objects"),
    ("XAPI-00008", "2.2", "4.2.1", "a property's name is written in the case that the specification gives"),
    ("XAPI-00009", "2.2", "4.2.1", "an enumerated value is written in the case that the specification gives"),
    ("XAPI-00010", "2.2", "4.2.1", "an Object holds only the properties that the specification defines for it"),
    ("XAPI-00011", "2.2", "4.2.7", "an IRI or IRL has a scheme"),
    ("XAPI-00014", "2.1", "4.2.1", "a body is well-formed JSON, UTF-8, and names no property twice"),
    ("XAPI-00029", "2.4.1", "4.2.4.2", "a UUID is a String in the standard form"),
    ("XAPI-00030", "2.4.1", "4.2.4.2", "a UUID is of a variant and version that RFC 4122 defines"),
    ("XAPI-00022", "2.4.7", "4.2.4.2", "timestamp is a String"),
    ("XAPI-00023", "2.4.8", "4.2.4.2", "stored is a String"),
    ("XAPI-00123", "4.5", "4.2.7", "a Timestamp is an ISO 8601 date and time, with no negative zero offset"),
    ("XAPI-00101", "2.4.10", "4.2.4.3", "version is 1.0 or 1.0.x; under 2.0 also 2.0.x"),
    # Actors
    ("XAPI-00031", "2.4.2", "4.2.2.1", "an actor's objectType is Agent or Group"),
    ("XAPI-00032", "2.4.2.1", "4.2.2.1", "objectType is a String"),
    ("XAPI-00033", "2.4.2.1", "4.2.2.1", "an actor's name is a String"),
    ("XAPI-00034", "2.4.2.1", "4.2.2.1", "an Agent has exactly one inverse functional identifier"),
    ("XAPI-00035", "2.4.2.2", "4.2.2.1", "a Group without an inverse functional identifier has members"),
    ("XAPI-00036", "2.4.2.2", "4.2.2.1", "member is an Array of Agents"),
    ("XAPI-00037", "2.4.2.2", "4.2.2.1", "a Group has at most one inverse functional identifier"),
    ("XAPI-00038", "2.4.2.3", "4.2.2.1", "mbox is mailto: and an email address"),
    ("XAPI-00039", "2.4.2.3", "4.2.2.1", "mbox_sha1sum is a String of 40 hexadecimal digits"),
    ("XAPI-00040", "2.4.2.3", "4.2.2.1", "openid is a URI"),
    ("XAPI-00041", "2.4.2.4", "4.2.2.1", "account is an Object"),
    ("XAPI-00042", "2.4.2.4", "4.2.2.1", "an account has a homePage, an IRL"),
    ("XAPI-00043", "2.4.2.4", "4.2.2.1", "an account has a name, a String"),
    ("XAPI-00024", "2.4.9", "4.2.4.2", "authority is an Agent or a Group"),
    ("XAPI-00098", "2.4.9", "4.2.4.2", "an authority Group is anonymous and has exactly two members"),
    # Verbs and language maps
    ("XAPI-00044", "2.4.3", "4.2.2.2", "a verb has an id, an IRI"),
    ("XAPI-00045", "2.4.3", "4.2.2.2", "a verb's display is a Language Map"),
    ("XAPI-00121", "4.2", "4.2.7", "a Language Map's keys are RFC 5646 tags and its values Strings"),
    ("XAPI-00013", "2.2", "4.2.7", "a language is an RFC 5646 tag"),
    # Objects
    ("XAPI-00046", "2.4.4", "4.2.2.3",
     "an object's objectType is Activity, Agent, Group, SubStatement or StatementRef"),
    ("XAPI-00047", "2.4.4.1", "4.2.2.3", "an Activity has an id, an IRI"),
    ("XAPI-00048", "2.4.4.1", "4.2.2.3", "an Activity's definition is an Object"),
    ("XAPI-00056", "2.4.4.1", "4.2.2.3", "a definition's name is a Language Map"),
    ("XAPI-00059", "2.4.4.1", "4.2.2.3", "a definition's description is a Language Map"),
    ("XAPI-00060", "2.4.4.1", "4.2.2.3", "a definition's type is an IRI"),
    ("XAPI-00061", "2.4.4.1", "4.2.2.3", "a definition's moreInfo is an IRL"),
    ("XAPI-00049", "2.4.4.1", "4.2.2.3", "interactionType is one of the ten that the specification lists"),
    ("XAPI-00064", "2.4.4.1", "4.2.2.3", "a definition with interaction properties has an interactionType"),
    ("DATA-correctResponsesPattern", "2.4.4.1", "4.2.2.3", "correctResponsesPattern is an Array of Strings"),
    ("DATA-components", "2.4.4.1", "4.2.2.3",
     "choices, scale, source, target and steps are Arrays of interaction components"),
    ("DATA-component-id", "2.4.4.1", "4.2.2.3",
     "an interaction component has an id, a String, distinct within its Array"),
    ("DATA-component-description", "2.4.4.1", "4.2.2.3",
     "an interaction component's description is a Language Map"),
    ("XAPI-00065", "2.4.4.2", "4.2.2.3", "an Agent or Group as object names its objectType"),
    ("XAPI-00072", "2.4.4.3", "4.2.2.3", "a StatementRef has an id, a UUID"),
    ("XAPI-00073", "2.4.4.3", "4.2.2.3", "a StatementRef's objectType is StatementRef"),
    ("XAPI-00067", "2.4.4.3", "4.2.2.3", "a SubStatement has no authority"),
    ("XAPI-00068", "2.4.4.3", "4.2.2.3", "a SubStatement has no version"),
    ("XAPI-00069", "2.4.4.3", "4.2.2.3", "a SubStatement has no stored"),
    ("XAPI-00070", "2.4.4.3", "4.2.2.3", "a SubStatement has no id"),
    ("XAPI-00071", "2.4.4.3", "4.2.2.3", "a SubStatement's object is no SubStatement"),
    # Result
    ("XAPI-00074", "2.4.5", "4.2.2.4", "success is a Boolean"),
    ("XAPI-00075", "2.4.5", "4.2.2.4", "completion is a Boolean"),
    ("XAPI-00076", "2.4.5", "4.2.2.4", "response is a String"),
    ("XAPI-00077", "2.4.5", "4.2.2.4", "duration is a String"),
    ("XAPI-00124", "4.6", "4.2.7", "a Duration is of ISO 8601's format with designators, weeks standing alone"),
    ("XAPI-00079", "2.4.5.1", "4.2.2.4", "score is an Object"),
    ("XAPI-00080", "2.4.5.1", "4.2.2.4", "max is a number"),
    ("XAPI-00081", "2.4.5.1", "4.2.2.4", "min is a number, less than max"),
    ("XAPI-00082", "2.4.5.1", "4.2.2.4", "raw is a number, from min to max"),
    ("XAPI-00083", "2.4.5.1", "4.2.2.4", "scaled is a number from -1 to 1"),
    # Context
    ("XAPI-00084", "2.4.6", "4.2.2.5", "revision stands only beside an Activity"),
    ("XAPI-00085", "2.4.6", "4.2.2.5", "platform stands only beside an Activity"),
    ("XAPI-00086", "2.4.6", "4.2.2.5", "contextActivities is an Object"),
    ("XAPI-00093", "2.4.6.2", "4.2.2.5", "contextActivities' keys are parent, grouping, category and other"),
    ("XAPI-00094", "2.4.6.2", "4.2.2.5", "contextActivities' values are Activities, or Arrays of them"),
    ("XAPI-00087-1", "2.4.6", "4.2.2.5", "registration is a UUID"),
    ("XAPI-00087-2", "2.4.6", "4.2.2.5", "instructor is an Agent or a Group"),
    ("XAPI-00088", "2.4.6", "4.2.2.5", "team is a Group"),
    ("XAPI-00089", "2.4.6", "4.2.2.5", "revision is a String"),
    ("XAPI-00090", "2.4.6", "4.2.2.5", "platform is a String"),
    ("XAPI-00091", "2.4.6", "4.2.2.5", "language is a String"),
    ("XAPI-00092", "2.4.6", "4.2.2.5", "a context's statement is a StatementRef"),
    ("IEEE-contextAgents", "-", "4.2.2.5", "contextAgents is an Array of contextAgent Objects"),
    ("IEEE-contextAgent", "-", "4.2.2.5", "a contextAgent's objectType is contextAgent, and its agent an Agent"),
    ("IEEE-contextGroups", "-", "4.2.2.5", "contextGroups is an Array of contextGroup Objects"),
    ("IEEE-contextGroup", "-", "4.2.2.5", "a contextGroup's objectType is contextGroup, and its group a Group"),
    ("IEEE-relevantTypes", "-", "4.2.2.5", "relevantTypes is an Array of one IRI or more"),
    # Extensions
    ("XAPI-00120", "4.1", "4.2.7", "extensions is an Object"),
    ("XAPI-00118", "4.1", "4.2.7", "an extension's key is an IRI"),
    # Attachments
    ("XAPI-00025", "2.4.11", "4.2.2.6", "attachments is an Array of Attachments"),
    ("XAPI-00107", "2.4.11", "4.2.2.6", "an Attachment has a usageType, an IRI"),
    ("XAPI-00106", "2.4.11", "4.2.2.6", "an Attachment has a display, a Language Map"),
    ("DATA-attachment-description", "2.4.11", "4.2.2.6", "an Attachment's description is a Language Map"),
    ("XAPI-00105", "2.4.11", "4.2.2.6", "an Attachment has a contentType, an Internet Media Type"),
    ("XAPI-00102", "2.4.11", "4.2.2.6", "an Attachment has a length, an Integer not below zero"),
    ("XAPI-00103", "2.4.11", "4.2.2.6", "an Attachment has a sha2, a SHA-2 digest in hexadecimal"),
    ("XAPI-00104", "2.4.11", "4.2.2.6", "an Attachment's fileUrl is an IRL"),
    # Voiding
    ("XAPI-00017", "2.3.2", "4.2.5", "a voiding Statement's object is a StatementRef"),
)
