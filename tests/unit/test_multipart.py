"""The splitter of multipart/mixed: whatever a body is cut into, and whatever it holds."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.multipart import PIECE, boundary_of, join, split
from tests.unit.builders import examples

pytestmark = pytest.mark.fuzz

BOUNDARY_CHARACTERS = "abcXYZ019'()+_,-./:=?"  # RFC 2046 section 5.1.1
NAMES = st.text("abcdefgh-", min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
Part = tuple[dict[str, str], bytes]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, list[Part]]:
    """A boundary, and parts whose data is full of what looks like it, but isn't."""
    boundary = draw(st.text(BOUNDARY_CHARACTERS, min_size=1, max_size=70))
    delimiter = b"\r\n--" + boundary.encode()
    shards = st.sampled_from([delimiter[:-1], delimiter[2:], b"\r", b"\n", b"\r\n", b"--", b"\r\n--", b"-", b"\x00"])
    data = st.lists(st.one_of(shards, st.binary(max_size=20)), max_size=12).map(b"".join)
    parts = draw(st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=4), data.filter(
        lambda each: delimiter not in b"\r\n" + each + b"\r\n")), min_size=1, max_size=5))
    return boundary, parts


def reader(body: bytes, cuts: list[int]) -> Callable[[int], bytes]:
    """Gives a body in pieces of the sizes that `cuts` repeats."""
    def pieces() -> Iterator[bytes]:
        place, turn = 0, 0
        while place < len(body):
            size = cuts[turn % len(cuts)]
            yield body[place:place + size]
            place, turn = place + size, turn + 1
    source = pieces()
    return lambda size: next(source, b"")


def parts_of(body: bytes, boundary: str, cuts: list[int]) -> list[Part]:
    return [(dict(part.headers), b"".join(part.data)) for part in split(reader(body, cuts), boundary)]


def outcome(body: bytes, boundary: str, cuts: list[int]) -> list[Part] | str:
    """The parts, or the requirement by which the body is refused."""
    try:
        return parts_of(body, boundary, cuts)
    except BadRequest as refused:
        return refused.requirement


CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@examples(500)
@given(bodies(), CUTS)
def test_what_is_put_together_is_taken_apart_again_however_it_is_cut(given: tuple[str, list[Part]],
                                                                     cuts: list[int]) -> None:
    boundary, parts = given
    body = b"".join(join(((headers, (data,)) for headers, data in parts), boundary))
    assert parts_of(body, boundary, cuts) == parts
    assert parts_of(b"preamble\r\n" + body + b"epilogue", boundary, cuts) == parts
    assert boundary_of(f'multipart/mixed; charset=x; boundary="{boundary}"') == boundary


@examples(500)
@given(bodies(), CUTS, st.data())
def test_a_damaged_body_is_refused_or_is_another_body(given: tuple[str, list[Part]], cuts: list[int],
                                                      data: st.DataObject) -> None:
    boundary, parts = given
    body = b"".join(join(((headers, (part,)) for headers, part in parts), boundary))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 10)))
    damaged = body[:start] + data.draw(st.binary(max_size=10)) + body[end:]
    found = outcome(damaged, boundary, cuts)
    assert found == outcome(damaged, boundary, [PIECE]), "the cuts make no difference"
    if isinstance(found, str):
        assert found == "XAPI-00130"
    else:
        assert sum(len(each) for _, each in found) <= len(damaged)


@examples(300)
@given(st.binary(max_size=300), st.text(max_size=80))
def test_any_bytes_and_any_boundary_are_refused_or_split(body: bytes, boundary: str) -> None:
    found = outcome(body, boundary, [7])
    assert isinstance(found, list) or found in ("XAPI-00130", "XAPI-00131")


@pytest.mark.parametrize("data", [b"\x00" * PIECE, b"\r\n--" * (PIECE // 4), b"\r" * PIECE])
def test_a_part_of_any_length_goes_by_in_pieces(data: bytes) -> None:
    """Nothing may wait for the end of a part: its length is what the client likes."""
    endless = iter(lambda: data, None)
    head = iter([b"--b\r\n\r\n"])
    (part,) = [next(split(lambda size: next(head, b"") or next(endless), "b"))]
    for _ in range(100):
        assert len(next(part.data)) <= PIECE + len("\r\n--b")


@pytest.mark.parametrize(("text", "boundary"), [
    ("multipart/mixed; boundary=abc", "abc"), ('multipart/mixed; boundary="a b"', "a b"),
    ("multipart/mixed;boundary=abc;x=y", "abc"), ("multipart/mixed; BOUNDARY=abc ", "abc"), ("multipart/mixed", ""),
    ("multipart/mixed; xboundary=abc", ""), ("multipart/mixed; boundary=", ""),
    ("multipart/mixed; boundary=a=b", "a=b")])
def test_the_boundary_of_a_content_type(text: str, boundary: str) -> None:
    assert boundary_of(text) == boundary
