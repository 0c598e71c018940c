"""A cursor brings the list on, says nothing new, and is refused where it is made up."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import listing, refused
from carebase.storage.listing import Entry, Folder, Page

AT = datetime(2026, 3, 4, 5, 6, 7, 891234, tzinfo=UTC)


@given(
    name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
    column=st.sampled_from(listing.PAGE_COLUMNS),
    order=st.sampled_from(listing.ORDERS),
)
def test_a_cursor_goes_on_where_its_page_ended_in_the_same_order(name, column, order):
    first = Page.of({"sortBy": {"column": column, "order": order}, "limit": 5})
    last = Entry(name, uuid4(), AT, AT, AT, {})
    then = Page.of({"cursor": first.cursor_after(last), "limit": 5})
    assert (then.column, then.is_ascending, then.after_name) == (column, order == "asc", name)
    assert then.after_at == ("-infinity" if column == "name" else AT.isoformat())


@given(st.text(max_size=60))
def test_a_cursor_that_was_made_up_is_refused(cursor):
    if not cursor:
        return
    with pytest.raises(refused.InvalidRequest):
        Page.of({"cursor": cursor})


def test_a_search_may_name_folders():
    asked = Folder.of({"prefix": "a", "search": "b/c"})
    assert (asked.folder, asked.within, asked.search) == ("a/b/", "b/", "c")


def test_no_list_is_longer_than_a_thousand():
    assert Folder.of({"prefix": "", "limit": 10**9}).limit == 1000
    assert Page.of({"limit": "5000"}).limit == 1000
