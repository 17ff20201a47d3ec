"""A provider's keys over time, by a clock of the test's own and a live provider."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import jwt
import pytest

from lrs.fetching import Fetcher, FetchFailed
from lrs.openid import KEPT_FOR, KEYS_FOR, READ_AGAIN, _Keys
from tests.openid import Provider, providing


class Aged:
    """A provider, its keys as we have them, and how late it is."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.time = 0.0
        fetcher = Fetcher((provider.url,), (ip_network("127.0.0.0/8"),))
        self.keys = _Keys(provider.url, None, fetcher, lambda: self.time)
        (self.kid,) = provider.keys

    def get(self) -> str | None:
        return self.keys.get(self.kid, "RS256").key_id


@pytest.fixture
def aged() -> Iterator[Aged]:
    with providing() as provider:
        yield Aged(provider)


def test_keys_are_read_once_in_their_time(aged: Aged) -> None:
    for aged.time in (0, 1, KEYS_FOR):
        assert aged.get() == aged.kid
    assert aged.provider.reads == 1
    aged.time += 1
    assert (aged.get(), aged.provider.reads) == (aged.kid, 2)


BAD = [{"keys": []}, {"html": "<p>"}, ["x"], {"keys": [{"kty": "RSA"}]}]


@pytest.mark.parametrize("said", BAD, ids=str)
def test_keys_stand_through_a_providers_bad_hour_and_no_longer(aged: Aged, said: Any) -> None:
    assert aged.get() == aged.kid
    aged.provider.said = said
    for aged.time in (KEYS_FOR + 1, KEPT_FOR):
        assert aged.get() == aged.kid
    aged.provider.down = True
    aged.time = KEPT_FOR + READ_AGAIN + 1
    with pytest.raises(FetchFailed):
        aged.get()
    aged.provider.said, aged.provider.down = None, False
    with pytest.raises(FetchFailed):
        aged.get()
    aged.time += READ_AGAIN
    assert aged.get() == aged.kid


def test_a_key_that_is_no_longer_published_ends(aged: Aged) -> None:
    assert aged.get() == aged.kid
    aged.provider.rotate()
    aged.time = KEYS_FOR + 1
    with pytest.raises(jwt.InvalidKeyError):
        aged.get()
