"""Names of objects are data: whatever is sent, what is taken has one spelling and stays in its bucket."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import object_names, refused

PARTS = st.one_of(
    st.sampled_from(["", ".", "..", "...", "a", "%2e%2e", "..\\", "\0", "\u202e", " ", "C:", "~", "é", "a\nb"]),
    st.text(max_size=5),
)


@given(st.lists(PARTS, min_size=1, max_size=5).map("/".join))
def test_what_is_taken_is_the_same_after_folding_and_decoding(name):
    if object_names.is_object(name):
        assert posixpath.normpath(name) == name
        assert not name.startswith("/")
        assert name.isascii()
        assert "%" not in name
        assert "\\" not in name
        assert all(character.isprintable() for character in name)


@pytest.mark.parametrize("name", ["a", "a/b.pdf", "2026/scan (1) & more.pdf", "...", "a..b", "*'!$@=;:+,?-_"])
def test_what_storage_takes_is_taken(name):
    assert object_names.is_object(name)


def test_the_longest_name_is_taken_and_no_longer_one():
    assert object_names.is_object("a" * 1024)
    assert not object_names.is_object("a" * 1025)
    assert object_names.is_bucket("a" * 100)
    assert not object_names.is_bucket("a" * 101)


def test_the_refusal_tells_which_name_it_was():
    with pytest.raises(refused.InvalidKey) as caught:
        object_names.check("medical-files", "a//b")
    assert caught.value.details == "Invalid key: a//b"
    with pytest.raises(refused.InvalidBucketName):
        object_names.check("medical/files", "a")
