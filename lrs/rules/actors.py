"""Agents and Groups (Data 2.4.2), and the authority (Data 2.4.9)."""

from typing import Any

from lrs.rules.formats import is_mailto, is_sha1
from lrs.rules.refusal import refuse, refuse_choice, refuse_unknown
from lrs.rules.values import check_iri, check_object, check_string

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
AGENT_KEYS = frozenset(("objectType", "name", *IDENTIFIERS))
GROUP_KEYS = AGENT_KEYS | {"member"}
ACCOUNT_KEYS = frozenset(("homePage", "name"))
AGENT_TYPE = frozenset(("Agent",))
GROUP_TYPE = frozenset(("Group",))
ACTOR_TYPES = AGENT_TYPE | GROUP_TYPE


def check_actor(actor: Any, at: str, kind: str = "XAPI-00031", allowed: frozenset[str] = ACTOR_TYPES,
                shape: str = "XAPI-00006") -> None:
    """An Agent or a Group; `kind` names the row for a wrong objectType, `shape` the one for no Object at all."""
    check_object(actor, shape, at)
    found = actor.get("objectType", "Agent")
    if found not in allowed if isinstance(found, str) else True:
        check_string(found, "XAPI-00032", f"{at}/objectType")
        refuse_choice(kind, f"{at}/objectType" if "objectType" in actor else at, found, allowed)
    if found == "Group":
        _check_group(actor, at)
    else:
        _check_agent(actor, at)


def check_authority(authority: Any, at: str) -> None:
    """Data 2.4.9: an Agent, or an anonymous Group of two: the consumer and the user."""
    check_actor(authority, at, "XAPI-00024", shape="XAPI-00024")
    if "member" in authority or authority.get("objectType") == "Group":
        identified = any(key in authority for key in IDENTIFIERS)
        if identified or len(authority["member"]) != 2:
            refuse("XAPI-00098", at)


def _check_agent(agent: dict[str, Any], at: str) -> None:
    if not agent.keys() <= AGENT_KEYS:
        refuse_unknown(agent, AGENT_KEYS, at)
    if _check_identity(agent, at) != 1:
        refuse("XAPI-00034", at)


def _check_group(group: dict[str, Any], at: str) -> None:
    if not group.keys() <= GROUP_KEYS:
        refuse_unknown(group, GROUP_KEYS, at)
    identifiers = _check_identity(group, at)
    if identifiers > 1:
        refuse("XAPI-00037", at)
    if "member" in group:
        _check_members(group["member"], f"{at}/member")
    if not identifiers and not group.get("member"):
        refuse("XAPI-00035", at)


def _check_members(members: Any, at: str) -> None:
    """Data 2.4.2.2: "Groups MUST NOT contain Group Objects in the member"."""
    if not isinstance(members, list):
        refuse("XAPI-00036", at, members)
    for index, member in enumerate(members):
        check_actor(member, f"{at}/{index}", "XAPI-00036", AGENT_TYPE, shape="XAPI-00036")


def _check_identity(actor: dict[str, Any], at: str) -> int:
    """Check the name and whichever identifiers are there; how many they are."""
    count = 0
    if "name" in actor:
        check_string(actor["name"], "XAPI-00033", f"{at}/name")
    if "mbox" in actor:
        count += 1
        if not isinstance(actor["mbox"], str) or not is_mailto(actor["mbox"]):
            refuse("XAPI-00038", f"{at}/mbox", actor["mbox"])
    if "mbox_sha1sum" in actor:
        count += 1
        if not isinstance(actor["mbox_sha1sum"], str) or not is_sha1(actor["mbox_sha1sum"]):
            refuse("XAPI-00039", f"{at}/mbox_sha1sum", actor["mbox_sha1sum"])
    if "openid" in actor:
        count += 1
        check_iri(actor["openid"], "XAPI-00040", f"{at}/openid")
    if "account" in actor:
        count += 1
        _check_account(actor["account"], f"{at}/account")
    return count


def _check_account(account: Any, at: str) -> None:
    if not isinstance(account, dict):
        refuse("XAPI-00041", at, account)
    if not account.keys() <= ACCOUNT_KEYS:
        refuse_unknown(account, ACCOUNT_KEYS, at)
    if "homePage" not in account:
        refuse("XAPI-00042", at)
    if "name" not in account:
        refuse("XAPI-00043", at)
    check_iri(account["homePage"], "XAPI-00042", f"{at}/homePage")
    check_string(account["name"], "XAPI-00043", f"{at}/name")
