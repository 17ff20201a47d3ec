"""Actor keys: which Actor objects mean the same Agent or Group."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.actors import actor_key, actor_keys, actor_of
from tests.unit.builders import LI, WU, examples

NAMES = st.text(alphabet=st.sampled_from("ab|:/@ 李"), max_size=6)
HOME_PAGES = st.text(alphabet="ab:/.", min_size=1, max_size=6).map(lambda rest: f"http://{rest}")
LOCAL_PARTS = st.text(alphabet="aB|.", min_size=1, max_size=4)
ACTORS = st.one_of(
    LOCAL_PARTS.map(lambda local: {"mbox": f"mailto:{local}@example.com"}),
    st.text(alphabet="0aF", min_size=40, max_size=40).map(lambda digest: {"mbox_sha1sum": digest}),
    HOME_PAGES.map(lambda iri: {"openid": iri}),
    st.builds(lambda page, name: {"account": {"homePage": page, "name": name}}, HOME_PAGES, NAMES))
DIGEST = "0123456789abcdef0123456789ABCDEF01234567"


def meaning(actor: dict[str, Any]) -> Any:
    """What identifies an actor, in a form to compare: hexadecimal digits have no case."""
    kind, value = next(iter(actor.items()))
    return kind, value.lower() if kind == "mbox_sha1sum" else value


@examples(300)
@given(ACTORS)
def test_the_agent_of_a_key_has_that_key_and_the_same_identifier(actor: dict[str, Any]) -> None:
    key = actor_key(actor)
    assert key is not None
    agent = actor_of(key)
    assert agent.pop("objectType") == "Agent"
    assert meaning(agent) == meaning(actor)
    assert actor_key(agent) == key


@examples(400)
@given(ACTORS, ACTORS)
def test_two_actors_share_a_key_exactly_when_they_share_an_identifier(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert (actor_key(one) == actor_key(two)) == (meaning(one) == meaning(two))


@pytest.mark.parametrize("other", [{"name": "Li"}, {"objectType": "Agent"}, {"objectType": "Group", "member": [WU]}])
def test_nothing_but_the_identifier_makes_a_key(other: dict[str, Any]) -> None:
    assert actor_key({**LI, **other}) == actor_key(LI)


def test_a_digest_is_the_same_in_capitals() -> None:
    assert actor_key({"mbox_sha1sum": DIGEST}) == actor_key({"mbox_sha1sum": DIGEST.upper()})


@pytest.mark.parametrize("key", [
    "", "|", "mbox", "mbox|", "openid|", "mbox_sha1sum|", "account|", "account|http://a", "name|Li", "MBOX|mailto:a@b",
    "mailto:a@b", "|mailto:a@b", "member|x"])
def test_another_text_is_no_actor_key(key: str) -> None:
    with pytest.raises(ValueError, match="is no actor key"):
        actor_of(key)


@pytest.mark.parametrize(("actor", "keys"), [
    (LI, ["li"]),
    ({"objectType": "Group", "member": [LI, WU]}, ["li", "wu"]),
    ({"objectType": "Group", "member": [WU, LI], "mbox": "mailto:team@example.com"}, ["team", "wu", "li"]),
    ({"objectType": "Group", "mbox": "mailto:team@example.com"}, ["team"]),
    ({"objectType": "Group", "member": []}, [])])
def test_the_keys_of_a_group_are_its_own_and_its_members(actor: dict[str, Any], keys: list[str]) -> None:
    assert list(actor_keys(actor)) == [f"mbox|mailto:{name}@example.com" for name in keys]


def test_an_anonymous_group_has_no_key() -> None:
    assert actor_key({"objectType": "Group", "name": "Team", "member": [LI]}) is None
