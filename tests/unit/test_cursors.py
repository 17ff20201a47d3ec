"""Cursors come back as they went out, or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import cursors
from tests.unit.builders import examples

SECRET = b"s" * 32
CLAIMS: dict[str, Any] = {"store": "5f", "keys": [["verb", "http://example.com/v?a=1&b=é"]], "stored": 2**53,
                          "since": None}


def test_the_claims_come_back() -> None:
    assert cursors.read("statements", cursors.sign("statements", CLAIMS, SECRET), SECRET) == CLAIMS


def test_a_cursor_is_made_of_what_stands_in_a_url_as_it_is() -> None:
    assert set(cursors.sign("statements", CLAIMS, SECRET)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize(("purpose", "secret"), [("people", SECRET), ("statements", b"t" * 32), ("", SECRET)])
def test_a_cursor_for_another_purpose_or_of_another_installation_is_none(purpose: str, secret: bytes) -> None:
    with pytest.raises(cursors.BadCursor):
        cursors.read(purpose, cursors.sign("statements", CLAIMS, SECRET), secret)


@examples(300)
@given(st.data())
def test_no_other_text_is_a_cursor(data: st.DataObject) -> None:
    made = cursors.sign("statements", CLAIMS, SECRET)
    at = data.draw(st.integers(0, len(made) - 1))
    changed = made[:at] + data.draw(st.text(max_size=3)) + made[at + data.draw(st.integers(0, 2)):]
    try:
        assert cursors.read("statements", changed, SECRET) == CLAIMS, "only the spare bits of Base64 may differ"
    except cursors.BadCursor:
        assert changed != made
