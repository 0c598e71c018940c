from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.rest import render_text


@given(st.text())
def test_a_quoted_name_ends_where_it_should(name):
    written = render_text.quoted(name)

    assert written[0] == written[-1] == '"'
    assert '"' not in written[1:-1].replace('""', "")
    assert "\0" not in written


@given(st.text())
def test_a_type_that_is_cast_to_is_never_more_than_a_name(written):
    try:
        made = render_text.cast_type(written)
    except render_text.UnknownType:
        return
    name = made.removesuffix("[]")
    if name in render_text.SPELLED:
        return

    assert name[0] == name[-1] == '"'
    assert '"' not in name[1:-1].replace('""', "")


@pytest.mark.parametrize("name", ["regclass", "REGROLE", "regtype[]"])
def test_no_cast_looks_up_what_is_not_exposed(name):
    with pytest.raises(render_text.UnknownType):
        render_text.cast_type(name)


def test_values_are_numbered_in_order_and_lose_zero_bytes():
    writer = render_text.Writer()

    assert [writer.value("a"), writer.value("b\0c"), writer.value(None)] == ["$1", "$2", "$3"]
    assert writer.values == ["a", "bc", None]
