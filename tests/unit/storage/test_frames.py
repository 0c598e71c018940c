"""A block that was changed, moved, cut off or put under another key is found by whoever reads it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import failures, frames

KEY = UUID("abcd1234-0000-4000-8000-000000000000")
SECRET = bytes(range(32))
MODES = st.sampled_from(list(frames.Mode))


def vouching(header: frames.Header, *, key: UUID = KEY, secret: bytes = SECRET) -> frames.Vouching:
    sealing_key = secret if header.mode is frames.Mode.SEALED else None
    return frames.vouching(header, object_key=key, sealing_key=sealing_key)


def framed(header: frames.Header, block: bytes, *, number: int = 0, is_last: bool = True) -> bytes:
    return bytes(vouching(header).framed(block, number=number, is_last=is_last))


@given(MODES, st.binary(max_size=2000), st.integers(0, 2**40), st.booleans())
def test_what_was_framed_comes_out_as_it_was(mode, block, number, is_last):
    header = frames.Header.fresh(mode)

    frame = framed(header, block, number=number, is_last=is_last)

    assert len(frame) == len(block) + frames.PROOF_BYTES
    assert vouching(header).block(frame, number=number, is_last=is_last) == block


@pytest.mark.parametrize("mode", frames.Mode)
def test_full_blocks_one_after_the_other_come_out_as_they_were(mode):
    header = frames.Header.fresh(mode)
    writing, blocks = vouching(header), [bytes([n]) * frames.BLOCK_BYTES for n in range(3)]

    lying = [bytes(writing.framed(block, number=n, is_last=n == 2)) for n, block in enumerate(blocks)]

    assert [vouching(header).block(one, number=n, is_last=n == 2) for n, one in enumerate(lying)] == blocks


@given(MODES, st.binary(max_size=300), st.data())
def test_one_changed_bit_is_found(mode, block, data):
    header = frames.Header.fresh(mode)
    frame = bytearray(framed(header, block))
    bit = data.draw(st.integers(0, 8 * len(frame) - 1))
    frame[bit // 8] ^= 1 << bit % 8

    with pytest.raises(failures.Damaged):
        vouching(header).block(frame, number=0, is_last=True)


@given(MODES, st.binary(max_size=300), st.integers(0, 400))
def test_a_frame_that_was_cut_is_found(mode, block, left):
    header = frames.Header.fresh(mode)
    frame = framed(header, block)

    with pytest.raises(failures.Damaged):
        vouching(header).block(frame[: min(left, len(frame) - 1)], number=0, is_last=True)


@pytest.mark.parametrize("mode", frames.Mode)
def test_a_block_vouches_for_its_place_alone(mode):
    header = frames.Header.fresh(mode)
    frame = framed(header, b"sodium 140", number=3, is_last=False)

    for number, is_last, key, other in (
        (4, False, KEY, header),
        (3, True, KEY, header),
        (3, False, uuid4(), header),
        (3, False, KEY, frames.Header.fresh(mode)),
    ):
        with pytest.raises(failures.Damaged):
            vouching(other, key=key).block(frame, number=number, is_last=is_last)


def test_another_deployments_key_opens_nothing():
    header = frames.Header.fresh(frames.Mode.SEALED)

    with pytest.raises(failures.Damaged):
        vouching(header, secret=bytes(32)).block(framed(header, b"x"), number=0, is_last=True)


def test_what_is_sealed_does_not_show_and_never_looks_the_same_twice():
    blocks = {framed(frames.Header.fresh(frames.Mode.SEALED), b"Amina NGONO") for _ in range(3)}

    assert len(blocks) == 3
    assert not any(b"NGONO" in block for block in blocks)


def test_a_changed_header_is_found_with_the_first_block():
    header = frames.Header.fresh(frames.Mode.SEALED, key_id=b"k" * 16)
    frame = framed(header, b"x")
    other = frames.Header(header.mode, b"l" * 16, header.salt)

    with pytest.raises(failures.Damaged):
        vouching(other).block(frame, number=0, is_last=True)


@given(MODES, st.binary(min_size=16, max_size=16))
def test_a_header_is_read_as_it_was_written(mode, key_id):
    header = frames.Header.fresh(mode, key_id=key_id)

    assert len(header.packed) == frames.HEADER_BYTES
    assert frames.header_of(header.packed + b"more") == header


@given(st.binary(max_size=100).filter(lambda content: not content.startswith(frames.MAGIC)))
def test_bytes_that_do_not_begin_with_our_mark_are_plain(content):
    assert frames.header_of(content) is None


@pytest.mark.parametrize(
    "change", [lambda h: h[:40], lambda h: h[:8] + b"\x02" + h[9:], lambda h: h[:9] + b"\x07" + h[10:]]
)
def test_a_header_of_another_form_is_damaged_or_newer(change):
    with pytest.raises(failures.Damaged):
        frames.header_of(change(frames.Header.fresh(frames.Mode.SEALED).packed))


@given(st.integers(0, 2**42))
def test_the_size_of_an_object_is_told_by_what_lies_there(size):
    assert frames.plain_size(frames.stored_size(size)) == size


@given(st.integers(0, 5 * frames.FRAME_BYTES))
def test_a_size_that_no_object_has_is_none(stored):
    size = frames.plain_size(stored)

    assert size is None or frames.stored_size(size) == stored
