"""Bytes are durable before anybody is told, and nothing is left of what failed."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from carebase import errors
from carebase.storage import failures
from carebase.storage.backends import filesystem
from carebase.storage.backends.backend import Backend

KEY = UUID("abcd1234-0000-4000-8000-000000000000")


async def chunks(*parts: bytes):
    for part in parts:
        yield part


async def content(store: Backend, key: UUID, start: int, end: int) -> bytes:
    return b"".join([part async for part in store.stream(key, start=start, end=end)])


def files_below(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


async def test_bytes_lie_under_their_key_counted_and_hashed(tmp_path):
    store: Backend = filesystem.Filesystem(tmp_path)

    written = await store.put(KEY, chunks(b"one ", b"", b"two"))

    assert (written.size, written.sha256) == (7, hashlib.sha256(b"one two").hexdigest())
    assert files_below(tmp_path) == [f"ab/{KEY}"]
    assert await content(store, KEY, 0, 7) == b"one two"
    assert await content(store, KEY, 2, 5) == b"e t"
    assert await store.size_of(KEY) == 7
    assert await store.keys() == {KEY}


async def test_a_file_of_many_blocks_comes_back_whole(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    parts = [os.urandom(700_000) for _ in range(5)]

    written = await store.put(KEY, chunks(*parts))

    assert written.size == 3_500_000
    assert await content(store, KEY, 0, written.size) == b"".join(parts)


async def test_an_empty_file_is_a_file(tmp_path):
    store = filesystem.Filesystem(tmp_path)

    assert (await store.put(KEY, chunks())).size == 0
    assert await store.size_of(KEY) == 0


async def test_directories_are_durable_first_and_a_file_is_synced_before_it_is_named(tmp_path, monkeypatch):
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

    await store.put(KEY, chunks(b"x"))

    assert done == [
        "sync .",
        f"sync ab/{KEY}.part",
        f"rename {KEY}.part",
        "sync ab",
    ]


async def test_files_are_the_owners_alone(tmp_path):
    store = filesystem.Filesystem(tmp_path / "objects")

    await store.put(KEY, chunks(b"x"))

    assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700
    assert store.path_of(KEY).stat().st_mode & 0o777 == 0o600
    assert store.path_of(KEY).parent.stat().st_mode & 0o777 == 0o700


async def test_a_key_is_written_once(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    part = store.path_of(KEY).with_name(f"{KEY}.part")
    part.write_bytes(b"somebody else's")

    with pytest.raises(errors.Unavailable):
        await store.put(KEY, chunks(b"x"))

    assert part.read_bytes() == b"somebody else's"


async def test_nothing_is_left_when_the_sender_fails_half_way(tmp_path):
    store = filesystem.Filesystem(tmp_path)

    async def breaking():
        yield b"x" * 3_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(KEY, breaking())

    assert files_below(tmp_path) == []


async def test_nothing_is_left_when_it_is_cancelled(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    begun = asyncio.Event()

    async def hanging():
        yield b"x" * 3_000_000
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store.put(KEY, hanging()))
    await begun.wait()
    assert files_below(tmp_path) == [f"ab/{KEY}.part"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert files_below(tmp_path) == []


async def test_a_full_disk_is_told_and_keeps_nothing(tmp_path, monkeypatch):
    def full(descriptor, _):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    store = filesystem.Filesystem(tmp_path)

    with pytest.raises(failures.DiskFull) as refused:
        await store.put(KEY, chunks(b"x"))

    assert refused.value.status == 507
    assert isinstance(refused.value, errors.Unavailable)
    assert files_below(tmp_path) == []


async def test_missing_and_shortened_bytes_are_told(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    with pytest.raises(failures.Damaged):
        await content(store, KEY, 0, 5)

    await store.put(KEY, chunks(b"12345"))
    os.truncate(store.path_of(KEY), 3)

    with pytest.raises(failures.Damaged):
        await content(store, KEY, 0, 5)


async def test_removing_takes_leftovers_along_and_may_be_repeated(tmp_path):
    store = filesystem.Filesystem(tmp_path)
    await store.put(KEY, chunks(b"x"))
    store.path_of(KEY).with_name(f"{KEY}.part").write_bytes(b"leftover")
    never_written = uuid4()

    await store.remove([KEY, never_written])
    await store.remove([KEY, never_written])

    assert files_below(tmp_path) == []
    assert await store.keys() == frozenset()


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(errors.Unavailable):
        filesystem.Filesystem(tmp_path / "taken" / "objects")
