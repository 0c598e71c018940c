"""Tells whether what a client kept of a file is still the file (RFC 9110, section 13): dates and tags, nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import utils
from typing import Final

LONGEST_HEADER: Final = 8_192
ENTITY_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def is_kept(*, if_none_match: str | None, if_modified_since: str | None, etag: str, modified_at: datetime) -> bool:
    """Whether 304 is the answer; a date counts only where no tag was sent.

    >>> at = datetime(2026, 5, 1, tzinfo=UTC)
    >>> is_kept(if_none_match='"b", W/"a"', if_modified_since=None, etag='"a"', modified_at=at)
    True
    >>> is_kept(if_none_match=None, if_modified_since="Fri, 01 May 2026 00:00:00 GMT", etag='"a"', modified_at=at)
    True
    """
    if if_none_match is not None:
        return _names(if_none_match, etag)
    since = None if if_modified_since is None else _date(if_modified_since)
    return since is not None and modified_at.replace(microsecond=0) <= since


def http_date(at: datetime) -> str:
    """The date as headers carry it.

    >>> http_date(datetime(2026, 5, 1, tzinfo=UTC))
    'Fri, 01 May 2026 00:00:00 GMT'
    """
    return utils.format_datetime(at.astimezone(UTC), usegmt=True)


def _names(header: str, etag: str) -> bool:
    if header.strip(" \t") == "*":
        return True
    # Tags are compared weakly here: what is the same byte for byte is the same.
    return len(header) <= LONGEST_HEADER and etag.removeprefix("W/") in ENTITY_TAG.findall(header)


def _date(header: str) -> datetime | None:
    try:
        found = utils.parsedate_to_datetime(header)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
