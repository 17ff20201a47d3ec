"""What Statements declare of their Attachments."""

from typing import Any

import pytest

from lrs.attachments import attachments_of, check_has_data
from lrs.errors import BadRequest

ATTACHED: dict[str, Any] = {"attachments": [{"fileUrl": "http://a"}, {"sha2": "0" * 64}]}


@pytest.mark.parametrize(("statement", "at", "place"), [
    ({"object": {}, **ATTACHED}, "", "/attachments/1"), ({"object": ATTACHED}, "", "/object/attachments/1"),
    ({"object": ATTACHED}, "/3", "/3/object/attachments/1"), ({"object": {}, **ATTACHED}, "/3", "/3/attachments/1")])
def test_an_attachment_with_neither_data_nor_address_is_refused_where_it_stands(statement: dict[str, Any], at: str,
                                                                                place: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_has_data(attachments_of(statement, at))
    assert (refused.value.requirement, refused.value.pointer) == ("XAPI-00129", place)


def test_attachments_with_an_address_need_no_data() -> None:
    check_has_data(attachments_of({"object": {"attachments": [{"fileUrl": "http://a"}]},
                                   "attachments": [{"fileUrl": "http://b"}]}))
