"""Limits of buckets are read as clients write them."""

from __future__ import annotations

import pytest

from carebase.storage import buckets, refused


@pytest.mark.parametrize(
    ("given", "size"), [(None, None), (0, None), (10, 10), ("20MB", 20_000_000), ("1.5kb", 1500), ("3b", 3)]
)
def test_a_size_is_a_number_or_a_number_with_its_unit(given, size):
    assert buckets._size(given, largest_bytes=1 << 30) == size


@pytest.mark.parametrize("given", ["", "MB", "1tb", "-1", "1e9b", True, -1, 1.5, []])
def test_what_is_no_size_is_refused(given):
    with pytest.raises(refused.InvalidRequest):
        buckets._size(given, largest_bytes=1 << 30)


def test_no_bucket_takes_more_than_the_server():
    with pytest.raises(refused.EntityTooLarge):
        buckets._size("2gb", largest_bytes=1 << 30)


def test_kinds_are_types_or_all_of_a_family():
    assert buckets._kinds(["image/*", "application/pdf", "", "text/plain;charset=utf-8", "*"]) == [
        "image/*", "application/pdf", "text/plain;charset=utf-8", "*",
    ]  # fmt: skip
    assert buckets._kinds([]) is None
    for given in (["image"], [1], "image/*", ["image/*\n"]):
        with pytest.raises(refused.StorageError):
            buckets._kinds(given)
