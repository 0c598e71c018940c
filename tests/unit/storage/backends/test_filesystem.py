"""Bytes are durable before anybody is told, and nothing is left of what failed."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from carebase import errors
from carebase.storage import failures
from carebase.storage.backends import filesystem
from carebase.storage.backends.backend import Backend

KEY = UUID("abcd1234-0000-4000-8000-000000000000")


def write(store: Backend, key: UUID, *pieces: bytes) -> None:
    draft = store.create(key)
    for piece in pieces:
        draft.write(piece)
    draft.finish()


def content(store: Backend, key: UUID, start: int, end: int) -> bytes:
    source = store.open(key)
    try:
        return source.read(start, end)
    finally:
        source.close()


def files_below(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_bytes_lie_under_their_key(tmp_path):
    store: Backend = filesystem.Filesystem(tmp_path)

    write(store, KEY, b"one ", b"", bytearray(b"two"))

    assert files_below(tmp_path) == [f"ab/{KEY}"]
    assert content(store, KEY, 0, 7) == b"one two"
    assert content(store, KEY, 2, 5) == b"e t"
    assert content(store, KEY, 5, 100) == b"wo"
    assert store.size_of(KEY) == 7
    assert list(store.keys()) == [KEY]


def test_an_empty_file_is_a_file(tmp_path):
    store = filesystem.Filesystem(tmp_path)

    write(store, KEY)

    assert store.size_of(KEY) == 0


def test_directories_are_durable_first_and_a_file_is_synced_before_it_is_named(tmp_path, monkeypatch):
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(descriptor):
        done.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(tmp_path).as_posix())
        sync(descriptor)

    def renamed(path, target):
        done.append("rename " + path.name)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    store = filesystem.Filesystem(tmp_path)

    write(store, KEY, b"x")

    assert done == [
        "sync .",
        f"sync ab/{KEY}.part",
        f"rename {KEY}.part",
        "sync ab",
    ]


def test_files_are_the_owners_alone(tmp_path):
    store = filesystem.Filesystem(tmp_path / "objects")

    write(store, KEY, b"x")

    assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700
    assert store.path_of(KEY).stat().st_mode & 0o777 == 0o600
    assert store.path_of(KEY).parent.stat().st_mode & 0o777 == 0o700


def test_a_key_is_written_once(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    part = store.path_of(KEY).with_name(f"{KEY}.part")
    part.write_bytes(b"somebody else's")

    with pytest.raises(FileExistsError):
        store.create(KEY)

    assert part.read_bytes() == b"somebody else's"


def test_nothing_is_left_of_an_abandoned_draft_finished_or_not(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    half, whole = store.create(KEY), store.create(uuid4())
    half.write(b"x")
    whole.write(b"x")
    whole.finish()

    for draft in (half, whole, half):
        draft.abandon()

    assert files_below(tmp_path) == []


def test_what_a_short_write_leaves_over_is_written_too(tmp_path, monkeypatch):
    write_all = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, piece: write_all(descriptor, memoryview(piece)[:3]))
    store = filesystem.Filesystem(tmp_path)

    write(store, KEY, b"0123456789")

    assert content(store, KEY, 0, 10) == b"0123456789"


def test_what_a_short_read_leaves_over_is_read_too(tmp_path, monkeypatch):
    store = filesystem.Filesystem(tmp_path)
    write(store, KEY, b"0123456789")
    read_all = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, most, start: read_all(descriptor, min(most, 3), start))

    assert content(store, KEY, 1, 9) == b"12345678"


def test_missing_bytes_are_told(tmp_path):
    store = filesystem.Filesystem(tmp_path)

    with pytest.raises(failures.Missing):
        store.open(KEY)
    assert store.size_of(KEY) is None


def test_removing_takes_leftovers_along_and_may_be_repeated(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    write(store, KEY, b"x")
    store.path_of(KEY).with_name(f"{KEY}.part").write_bytes(b"leftover")
    never_written = uuid4()

    store.remove([KEY, never_written])
    store.remove([KEY, never_written])

    assert files_below(tmp_path) == []
    assert list(store.keys()) == []


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(errors.Unavailable):
        filesystem.Filesystem(tmp_path / "taken" / "objects")
