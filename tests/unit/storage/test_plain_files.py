"""A reader that takes a path gets one, and nothing of it stays."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4

import pytest

from carebase import errors
from carebase.storage import contents, failures, plain_files
from carebase.storage.backends import filesystem
from carebase.storage.contents import BLOCK_BYTES
from carebase.storage.encryption import Key, Keys
from carebase.storage.objects import Received

KEYS = Keys.of([Key.fresh()])


def kept(place: filesystem.Filesystem, content: bytes) -> Received:
    key = uuid4()
    writing = contents.Writing(place, KEYS, key)
    for at in range(0, len(content) - BLOCK_BYTES, BLOCK_BYTES):
        writing.append(bytearray(content[at : at + BLOCK_BYTES]))
    writing.finish(bytearray(content[-(len(content) % BLOCK_BYTES or BLOCK_BYTES) :]))
    return Received(key, len(content), hashlib.sha256(content).hexdigest(), b"", None)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
async def test_a_path_leads_to_the_plain_bytes_and_nothing_has_a_name(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(plain_files, "LARGEST_IN_MEMORY_BYTES", in_memory)
    place, content = filesystem.Filesystem(tmp_path / "objects"), os.urandom(2 * BLOCK_BYTES + 5)
    row, before = kept(place, content), open_files()

    async with plain_files.opened(place, KEYS, row, scratch=tmp_path) as path:
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o077 == 0
        assert [one.name for one in tmp_path.iterdir()] == ["objects"]

    assert open_files() == before
    assert [one.name for one in tmp_path.iterdir()] == ["objects"]


async def test_where_files_need_a_name_it_goes_with_the_block(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_files, "OWN_FILES", tmp_path / "no-such-system")
    place = filesystem.Filesystem(tmp_path / "objects")
    row = kept(place, b"report")

    with pytest.raises(RuntimeError):
        async with plain_files.opened(place, KEYS, row, scratch=tmp_path) as path:
            assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"report", 0o600)
            raise RuntimeError

    assert [one.name for one in tmp_path.iterdir()] == ["objects"]


async def test_damaged_bytes_are_told_before_any_path_is_given(tmp_path):
    place = filesystem.Filesystem(tmp_path / "objects")
    row, before = kept(place, bytes(3 * BLOCK_BYTES)), open_files()
    with place.path_of(row.key).open("r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"?")

    with pytest.raises(failures.Damaged):
        async with plain_files.opened(place, KEYS, row, scratch=tmp_path):
            pass

    assert open_files() == before


async def test_a_scratch_that_is_gone_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_files, "LARGEST_IN_MEMORY_BYTES", 0)
    place = filesystem.Filesystem(tmp_path / "objects")
    row = kept(place, b"report")

    with pytest.raises(errors.Unavailable):
        async with plain_files.opened(place, KEYS, row, scratch=tmp_path / "gone"):
            pass
