"""Every byte that is given away was checked; what was changed, swapped or cut is found, by a range as well."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carebase.storage import contents, failures, frames
from carebase.storage.backends import filesystem
from carebase.storage.contents import BLOCK_BYTES
from carebase.storage.encryption import Key, Keys

ONE, OTHER = Key.fresh(), Key.fresh()
SEALED = Keys.of([ONE])
DIGESTED = Keys.of([ONE], seals=False)


class Row:
    """What a row says of its bytes."""

    def __init__(self, key: UUID, content: bytes) -> None:
        self.key, self.size, self.sha256 = key, len(content), hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> filesystem.Filesystem:
    return filesystem.Filesystem(tmp_path_factory.mktemp("objects"))


def kept(place: filesystem.Filesystem, content: bytes, *, keys: Keys = SEALED) -> Row:
    row = Row(uuid4(), content)
    writing = contents.Writing(place, keys, row.key)
    blocks = [content[at : at + BLOCK_BYTES] for at in range(0, len(content), BLOCK_BYTES)] or [b""]
    for block in blocks[:-1]:
        writing.append(bytearray(block))
    written = writing.finish(bytearray(blocks[-1]))
    assert (written.size, written.sha256) == (row.size, row.sha256)
    return row


def read(
    place: filesystem.Filesystem, row: Row, start: int = 0, end: int | None = None, *, keys: Keys = SEALED
) -> bytes:
    reading = contents.Reading(place, keys, row, start=start, end=row.size if end is None else end)
    found = b""
    while part := reading.part():
        found += part
    return found


def plain(place: filesystem.Filesystem, content: bytes) -> Row:
    """A file as earlier versions left it."""
    row = Row(uuid4(), content)
    place.path_of(row.key).write_bytes(content)
    return row


@pytest.mark.parametrize("keys", [SEALED, DIGESTED])
@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES])
def test_an_object_comes_back_whole_and_takes_the_room_that_is_told(place, keys, size):
    content = os.urandom(size)
    row = kept(place, content, keys=keys)

    assert read(place, row, keys=keys) == content
    assert b"".join(contents.parts(place, keys, row)) == content
    assert place.size_of(row.key) == frames.stored_size(size)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_every_range_is_the_same_part_of_the_object(place, data):
    if not hasattr(place, "long"):
        place.content = os.urandom(2 * BLOCK_BYTES + 1000)
        place.long = kept(place, place.content)
    start = data.draw(st.integers(0, len(place.content)))
    end = data.draw(st.integers(start, len(place.content)))

    assert read(place, place.long, start, end) == place.content[start:end]


@pytest.mark.parametrize("keys", [SEALED, DIGESTED])
def test_a_range_finds_the_change_in_its_own_blocks_only(place, keys):
    row = kept(place, bytes(3 * BLOCK_BYTES), keys=keys)
    path = place.path_of(row.key)
    lying = bytearray(path.read_bytes())
    lying[frames.HEADER_BYTES + frames.FRAME_BYTES + 77] ^= 1
    path.write_bytes(lying)

    assert read(place, row, 5, BLOCK_BYTES, keys=keys) == bytes(BLOCK_BYTES - 5)
    assert read(place, row, 2 * BLOCK_BYTES, keys=keys) == bytes(BLOCK_BYTES)
    for start, end in ((0, None), (BLOCK_BYTES, BLOCK_BYTES + 1), (2 * BLOCK_BYTES - 1, 2 * BLOCK_BYTES)):
        with pytest.raises(failures.Damaged):
            read(place, row, start, end, keys=keys)


@pytest.mark.parametrize("keys", [SEALED, DIGESTED])
def test_swapped_blocks_and_swapped_files_are_found(place, keys):
    row, other = (kept(place, os.urandom(2 * BLOCK_BYTES), keys=keys) for _ in range(2))
    path = place.path_of(row.key)
    lying = path.read_bytes()
    head, first, second = (
        lying[: frames.HEADER_BYTES], lying[frames.HEADER_BYTES : -frames.FRAME_BYTES], lying[-frames.FRAME_BYTES :],
    )  # fmt: skip

    path.write_bytes(head + second + first)
    with pytest.raises(failures.Damaged):
        read(place, row, 0, 1, keys=keys)

    path.write_bytes(place.path_of(other.key).read_bytes())
    with pytest.raises(failures.Damaged):
        read(place, row, 0, 1, keys=keys)


@pytest.mark.parametrize("left", [0, 10, frames.HEADER_BYTES, frames.HEADER_BYTES + frames.FRAME_BYTES])
def test_a_file_that_was_cut_gives_nothing_not_even_what_is_whole(place, left):
    row = kept(place, bytes(2 * BLOCK_BYTES))
    os.truncate(place.path_of(row.key), left)

    with pytest.raises(failures.Damaged):
        read(place, row, 0, 1)


def test_a_cut_that_the_row_was_made_to_agree_with_is_found_by_the_last_block(place):
    row = kept(place, bytes(2 * BLOCK_BYTES))
    os.truncate(place.path_of(row.key), frames.stored_size(BLOCK_BYTES))
    row.size = BLOCK_BYTES

    with pytest.raises(failures.Damaged):
        read(place, row, 0, 1)


def test_after_a_new_key_the_old_one_still_opens(place):
    row = kept(place, b"before", keys=Keys.of([OTHER]))
    both = Keys.of([ONE, OTHER])

    assert read(place, row, keys=both) == b"before"
    with pytest.raises(failures.KeyNotHere):
        read(place, row, keys=SEALED)


def test_with_encryption_off_what_was_sealed_is_read_and_what_is_new_shows(place):
    sealed = kept(place, b"sealed")
    shown = kept(place, b"in the clear", keys=DIGESTED)

    assert read(place, sealed, keys=DIGESTED) == b"sealed"
    assert b"in the clear" in place.path_of(shown.key).read_bytes()
    assert read(place, shown, keys=SEALED) == b"in the clear"


def test_files_of_earlier_versions_are_read_and_their_hash_checked_before_any_range(place):
    content = os.urandom(BLOCK_BYTES + 10)
    row = plain(place, content)
    assert read(place, row) == content
    assert read(place, row, 5, 10) == content[5:10]

    path = place.path_of(row.key)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(failures.Damaged):
        read(place, row, 5, 10)


def test_a_sealed_object_is_not_replaced_by_one_that_needs_no_key(place):
    row = kept(place, b"potassium 4.1")
    forged = kept(place, b"potassium 6.1", keys=Keys(None, {}))
    # Under the right key, with digests that agree: all that somebody with the disk alone can make.
    writing = contents.Writing(place, Keys(None, {}), row.key)
    place.path_of(row.key).unlink()
    writing.finish(bytearray(b"potassium 6.1"))
    assert forged.size == row.size

    with pytest.raises(failures.Damaged):
        read(place, row)


def test_nothing_is_left_of_what_was_abandoned(place, tmp_path):
    store = filesystem.Filesystem(tmp_path)
    writing = contents.Writing(store, SEALED, uuid4())
    writing.abandon()
    writing.append(bytearray(BLOCK_BYTES))
    writing.abandon()

    assert not [path for path in Path(tmp_path).rglob("*") if path.is_file()]


def test_reading_ends_with_its_last_part_and_may_end_before(place):
    row = kept(place, bytes(2 * BLOCK_BYTES))
    before = len(list(Path("/proc/self/fd").iterdir()))

    read(place, row)
    reading, part = contents.begun(place, SEALED, row, start=0, end=row.size)
    assert len(part) == BLOCK_BYTES
    reading.close()
    reading.close()
    with pytest.raises(failures.Damaged):
        contents.begun(place, SEALED, Row(row.key, b"another size"), start=0, end=1)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
