"""A Range header is answered with exactly the bytes RFC 9110 names, or with the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import failures, ranges
from carebase.storage.ranges import ByteRange

SIZES = st.integers(min_value=0, max_value=10**12)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", ByteRange(0, 500)),
        ("bytes=500-999", ByteRange(500, 1000)),
        ("bytes=-500", ByteRange(9500, 10000)),
        ("bytes=9500-", ByteRange(9500, 10000)),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=9999-20000", ByteRange(9999, 10000)),
        ("bytes=-20000", ByteRange(0, 10000)),
        ("BYTES=0-1", ByteRange(0, 2)),
        ("bytes= , 0-1 , ", ByteRange(0, 2)),
        ("bytes=0-" + "9" * 100, ByteRange(0, 10000)),
        ("bytes=" + "0" * 100 + "1-2", ByteRange(1, 3)),
    ],
)
def test_one_range_is_answered_with_its_bytes(header, expected):
    assert ranges.read(header, size=10000) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "bytes=٣-٤",
        "bytes=+1-2",
        "items=0-1",
        "bytes=0-0,2-3",
        "bytes=" + ",".join(["0-1"] * 10_000),
        "bytes=" + "1" * 100_000 + "-",
    ],
)
def test_what_is_not_one_range_gets_the_whole(header):
    assert ranges.read(header, size=10000) is None


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=" + "9" * 100 + "-"])
def test_a_range_behind_the_end_is_refused_with_the_size(header):
    with pytest.raises(failures.RangeNotSatisfiable) as refused:
        ranges.read(header, size=10000)

    assert refused.value.status == 416
    assert ranges.unsatisfied(size=refused.value.size) == "bytes */10000"


def test_an_empty_file_has_no_part_but_is_whole():
    assert ranges.read("bytes=-5", size=0) is None
    with pytest.raises(failures.RangeNotSatisfiable):
        ranges.read("bytes=0-", size=0)


@given(header=st.one_of(st.text(), st.text(alphabet="0123456789-, ").map("bytes=".__add__)), size=SIZES)
def test_whatever_is_asked_the_part_lies_within_the_file_and_is_not_empty(header, size):
    try:
        part = ranges.read(header, size=size)
    except failures.RangeNotSatisfiable:
        return

    assert part is None or 0 <= part.start < part.end <= size


@given(content=st.binary(max_size=40), first=st.integers(0, 50), length=st.integers(1, 50))
def test_the_part_is_the_bytes_from_the_first_to_the_last_named(content, first, length):
    last = first + length - 1
    if first >= len(content):
        with pytest.raises(failures.RangeNotSatisfiable):
            ranges.read(f"bytes={first}-{last}", size=len(content))
        return

    part = ranges.read(f"bytes={first}-{last}", size=len(content))

    assert content[part.start : part.end] == bytes(b for at, b in enumerate(content) if first <= at <= last)


@given(content=st.binary(min_size=1, max_size=40), length=st.integers(1, 50))
def test_a_suffix_is_the_last_bytes(content, length):
    part = ranges.read(f"bytes=-{length}", size=len(content))

    assert content[part.start : part.end] == content[-length:]


def test_a_range_of_another_version_is_not_answered():
    assert not ranges.still_holds('"older"', etag='"newer"')
    assert not ranges.still_holds("Wed, 21 Oct 2026 07:28:00 GMT", etag='"newer"')
