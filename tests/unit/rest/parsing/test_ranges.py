"""Which rows are wanted."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import ranges
from carebase.rest.syntax import Range


@pytest.mark.parametrize(
    ("parameters", "header", "found"),
    [
        ([], None, None),
        ([], Range(5), Range(5)),
        ([("limit", "3")], None, Range(0, 3)),
        ([("offset", "3")], None, Range(3)),
        ([("limit", "3"), ("offset", "2")], None, Range(2, 3)),
        ([("limit", "0")], None, Range(0, 0)),
        ([("limit", "0")], Range(5, 5), Range(0, 0)),
        ([("offset", "-4")], None, Range(0)),
        ([("limit", "many")], None, Range(0)),
        ([("limit", "2"), ("limit", "4")], None, Range(0, 4)),
        ([("limit", "10")], Range(5, 10), Range(5, 5)),
        ([("limit", "0")], Range(5, 0), Range(0, 0)),
    ],
)
def test_parameters_and_header_both_bound_the_rows(parameters, header, found):
    assert ranges.top(ranges.read(parameters), header_range=header) == found


@pytest.mark.parametrize(
    ("parameters", "header"),
    [
        ([("limit", "-1")], None),
        ([("limit", "0"), ("offset", "5")], None),
        ([("limit", "many"), ("offset", "5")], None),
        ([("limit", "5")], Range(5, 5)),
    ],
)
def test_a_range_without_rows_is_refused(parameters, header):
    with pytest.raises(errors.RangeRefused) as caught:
        ranges.top(ranges.read(parameters), header_range=header)
    assert caught.value.status == 416
    assert caught.value.details == "Limit should be greater than or equal to zero."


def test_embeds_have_ranges_of_their_own():
    assert ranges.read([("ward.beds.offset", "1"), ("ward.beds.limit", "2")]) == {("ward", "beds"): Range(1, 2)}


def test_the_header_counts_rows_from_first_to_last():
    assert ranges.header("0-0") == Range(0, 1)
    assert ranges.header("bytes=0-1") is None
    with pytest.raises(errors.RangeRefused, match="PGRST103") as caught:
        ranges.top({}, header_range=ranges.header("5-3"))
    assert "lower boundary" in (caught.value.details or "")
