"""Reads the Range header of RFC 9110, section 14: one range of bytes, or the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from carebase.storage import failures

LONGEST_HEADER: Final = 200
# A list may hold empty elements (RFC 9110, section 5.6.1); more than one real element gets the whole.
ONE_RANGE: Final = re.compile(
    r"bytes=[ \t,]*(?:(?P<first>[0-9]+)-(?P<last>[0-9]*)|-(?P<suffix>[0-9]+))[ \t,]*", re.ASCII | re.IGNORECASE
)
# No file is this long, and Python refuses to read numbers of thousands of digits.
BEYOND: Final = 10**18


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to and without `end`."""

    start: int
    end: int

    def content_range(self, *, size: int) -> str:
        """The value of Content-Range, whose last position is included.

        >>> ByteRange(0, 500).content_range(size=1234)
        'bytes 0-499/1234'
        """
        return f"bytes {self.start}-{self.end - 1}/{size}"


def read(header: str | None, *, size: int) -> ByteRange | None:
    """The range to answer with 206, or None for the whole file with 200.

    Several ranges, other units and what cannot be read are answered with the whole, as the RFC
    allows. Raises RangeNotSatisfiable when the range holds none of the `size` bytes.

    >>> read("bytes=-500", size=1234)
    ByteRange(start=734, end=1234)
    >>> read("bytes=0-0,-1", size=1234) is None
    True
    """
    if header is None or len(header) > LONGEST_HEADER:
        return None
    match = ONE_RANGE.fullmatch(header.strip(" \t"))
    if match is None:
        return None
    if match["suffix"] is not None:
        length = _number(match["suffix"])
        if length == 0:
            raise failures.RangeNotSatisfiable(size=size)
        # An empty file satisfies any suffix, but no Content-Range can say so.
        return ByteRange(max(0, size - length), size) if size else None
    first = _number(match["first"])
    last = _number(match["last"]) if match["last"] else BEYOND
    if last < first:
        return None
    if first >= size:
        raise failures.RangeNotSatisfiable(size=size)
    return ByteRange(first, min(last + 1, size))


def still_holds(if_range: str | None, *, etag: str) -> bool:
    """Whether a range may be answered under this If-Range: only by the same strong `etag`, quotes included.

    >>> still_holds('"a"', etag='"a"'), still_holds('W/"a"', etag='"a"'), still_holds(None, etag='"a"')
    (True, False, True)
    """
    return if_range is None or if_range.strip(" \t") == etag


def unsatisfied(*, size: int) -> str:
    """The value of Content-Range beside a 416.

    >>> unsatisfied(size=1234)
    'bytes */1234'
    """
    return f"bytes */{size}"


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    return BEYOND if len(significant) > 18 else int(significant or "0")
