"""A query string taken apart."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import parameters


def test_names_and_values_are_decoded():
    assert parameters.pairs(b"a+b=%C3%A9%2B&c;d==%zz") == [("a b", "é+"), ("c", None), ("d", "=%zz")]


def test_parameters_are_sorted_by_their_last_word():
    found = parameters.read("select=a&select=b&ward.order=x&not.or=(y)&ward.limit=1&offset=2&name=eq.1&other")
    assert found.select == "a"
    assert found.orders == [("ward.order", "x")]
    assert found.trees == [("not.or", "(y)")]
    assert found.ranges == [("ward.limit", "1"), ("offset", "2")]
    assert found.others == [("name", "eq.1")]


@pytest.mark.parametrize("query", ["a=%ff", b"a=\xff", "a=\udcff"])
def test_what_is_no_utf_8_is_refused(query):
    with pytest.raises(errors.Unreadable):
        parameters.read(query)


def test_a_zero_byte_is_refused_before_the_database_does():
    with pytest.raises(errors.ZeroByte):
        parameters.read("a=eq.%00")


def test_there_are_not_parameters_without_end():
    with pytest.raises(errors.TooComplex):
        parameters.read("&" * 100_000)
