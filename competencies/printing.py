"""What is printed: the same printout as a page and as a PDF, in Chinese or English.

A printout is a title, facts, and parts, each of paragraphs and perhaps a table. What people wrote goes into it as data
alone: escaped in the page, and for the PDF as JSON that the template reads.
"""

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import orjson
import typst
from jinja2 import Environment, FileSystemLoader, select_autoescape

STATIC = Path(__file__).parent / "static"
APOSTROPHE = re.compile("(?<=[A-Za-z])’(?=[A-Za-z])")  # which the font draws as wide as a Chinese character
PAGES = Environment(loader=FileSystemLoader(STATIC), autoescape=select_autoescape())


@dataclass(frozen=True)
class Part:
    """A heading with paragraphs and a table under it."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()  # of the columns, beside each other


@dataclass(frozen=True)
class Printout:
    """What is printed."""

    language: str
    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]


def as_page(printout: Printout) -> str:
    """A page of HTML that prints well."""
    return PAGES.get_template("sheet.html").render(sheet=printout)


def as_pdf(printout: Printout) -> bytes:
    """A PDF; the same bytes for the same printout. Takes about 10 ms, and 40 MB the first time."""
    content = APOSTROPHE.sub("'", orjson.dumps(asdict(printout)).decode())
    found = typst.compile(STATIC / "sheet.typ", root=STATIC, font_paths=_fonts(), timestamp=0,
                          sys_inputs={"sheet": content})
    assert isinstance(found, bytes)
    return found


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(STATIC)])


