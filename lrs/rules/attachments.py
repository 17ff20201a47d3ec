"""The attachments property (Data 2.4.11); the raw data is a matter of communication, not of these rules."""

from typing import Any

from lrs.rules.formats import is_media_type, is_sha2
from lrs.rules.refusal import refuse, refuse_unknown
from lrs.rules.values import check_iri, check_language_map, check_object

ATTACHMENT_KEYS = frozenset(("usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"))
REQUIRED = (("usageType", "XAPI-00107"), ("display", "XAPI-00106"), ("contentType", "XAPI-00105"),
            ("length", "XAPI-00102"), ("sha2", "XAPI-00103"))


def check_attachments(attachments: Any, at: str) -> None:
    if not isinstance(attachments, list):
        refuse("XAPI-00025", at, attachments)
    for index, attachment in enumerate(attachments):
        _check_attachment(attachment, f"{at}/{index}")


def _check_attachment(attachment: Any, at: str) -> None:
    check_object(attachment, "XAPI-00025", at)
    if not attachment.keys() <= ATTACHMENT_KEYS:
        refuse_unknown(attachment, ATTACHMENT_KEYS, at)
    for key, requirement in REQUIRED:
        if key not in attachment:
            refuse(requirement, at)
    check_iri(attachment["usageType"], "XAPI-00107", f"{at}/usageType")
    check_language_map(attachment["display"], "XAPI-00106", f"{at}/display")
    if "description" in attachment:
        check_language_map(attachment["description"], "DATA-attachment-description", f"{at}/description")
    content_type = attachment["contentType"]
    if not isinstance(content_type, str) or not is_media_type(content_type):
        refuse("XAPI-00105", f"{at}/contentType", content_type)
    if type(attachment["length"]) is not int or attachment["length"] < 0:
        refuse("XAPI-00102", f"{at}/length", attachment["length"])
    if not isinstance(attachment["sha2"], str) or not is_sha2(attachment["sha2"]):
        refuse("XAPI-00103", f"{at}/sha2", attachment["sha2"])
    if "fileUrl" in attachment:
        check_iri(attachment["fileUrl"], "XAPI-00104", f"{at}/fileUrl")
