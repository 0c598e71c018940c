from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import freshness

AT = datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def is_kept(*, none_match=None, since=None) -> bool:
    return freshness.is_kept(if_none_match=none_match, if_modified_since=since, etag='"abc"', modified_at=AT)


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', '"x",W/"abc"', "*", ' "abc" '])
def test_a_tag_among_those_that_are_kept_is_recognised(header):
    assert is_kept(none_match=header)


@pytest.mark.parametrize("header", ["", "abc", '"ab"', '"x,abc"', '"abc', "**", '"a", ' * 5_000 + '"abc"'])
def test_another_tag_is_not(header):
    assert not is_kept(none_match=header)


def test_a_date_counts_to_the_second_and_only_where_no_tag_was_sent():
    assert is_kept(since=freshness.http_date(AT))
    assert not is_kept(since=freshness.http_date(AT - timedelta(seconds=1)))
    assert not is_kept(none_match='"other"', since=freshness.http_date(AT + timedelta(days=1)))


@given(st.text(max_size=60))
def test_any_header_is_read_without_an_error(header):
    is_kept(none_match=header)
    is_kept(since=header)
