"""The form in which bytes lie in a place: blocks of 1 MiB, each sealed or digested on its own.

A header of 64 bytes, then each block followed by 16 bytes that vouch for it. What vouches is bound to the header,
to the key the object lies under, to the block's number and to whether it is the last, so a block that was changed,
moved, cut off, or put under another key is found by whoever reads it, a range included.

Sealed means AES-256-GCM under a key of the object's own, derived of the deployment's key and the header, which
holds 32 random bytes; the number of a block is its nonce, as the derived key is never used for another object.
Digested means the first 16 bytes of SHA-256, which finds what happens by itself and nothing that is done on purpose.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from typing import Final, Protocol, assert_never
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carebase.storage import failures

BLOCK_BYTES: Final = 1 << 20
PROOF_BYTES: Final = 16
FRAME_BYTES: Final = BLOCK_BYTES + PROOF_BYTES
HEADER_BYTES: Final = 64
KEY_ID_BYTES: Final = 16

# As PNG's: a byte that is no text, and line ends that a careless transfer would change.
MAGIC: Final = b"\x93CARE\r\n\x1a"
VERSION: Final = 1
_HEADER: Final = struct.Struct(">8sBB6x16s32s")
_PLACE: Final = struct.Struct(">16sQ?")
_PURPOSE: Final = b"carebase storage frames 1"

Piece = bytes | bytearray | memoryview


class Mode(enum.IntEnum):
    """How blocks are vouched for."""

    DIGESTED = 0
    SEALED = 1


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of framed bytes; `key_id` is all zeros where nothing is sealed."""

    mode: Mode
    key_id: bytes
    salt: bytes

    @classmethod
    def fresh(cls, mode: Mode, *, key_id: bytes = bytes(KEY_ID_BYTES)) -> Header:
        """For an object that is about to be written."""
        return cls(mode, key_id, secrets.token_bytes(32))

    @property
    def packed(self) -> bytes:
        """As it lies in front of the first block."""
        return _HEADER.pack(MAGIC, VERSION, self.mode, self.key_id, self.salt)


class Vouching(Protocol):
    """Puts blocks into frames and takes them out."""

    def framed(self, block: Piece, *, number: int, is_last: bool) -> Piece:
        """The frame of a block; what is returned may be overwritten by the next call."""
        ...

    def block(self, frame: Piece, *, number: int, is_last: bool) -> bytes:
        """The block in a frame; Damaged when it is not the one that was written at this place."""
        ...


def header_of(beginning: bytes) -> Header | None:
    """The header at the beginning of stored bytes, None where they are not framed; Damaged for a form not known here.

    >>> header_of(b"%PDF-1.7") is None
    True
    """
    if not beginning.startswith(MAGIC):
        return None
    if len(beginning) < HEADER_BYTES:
        raise failures.Damaged(hint="It is shorter than it was; restore it from a backup.")
    _, version, mode, key_id, salt = _HEADER.unpack_from(beginning)
    if version != VERSION or mode not in set(Mode):
        raise failures.Damaged(hint="It was written by a newer version, or was changed on disk.")
    return Header(Mode(mode), key_id, salt)


def vouching(header: Header, *, object_key: UUID, sealing_key: bytes | None) -> Vouching:
    """What frames the blocks of one object; `sealing_key` (32 bytes) is needed where the header says so."""
    packed = header.packed
    match header.mode:
        case Mode.SEALED:
            if sealing_key is None:
                raise ValueError("a sealed object needs a key")
            return _Sealed(hmac.digest(sealing_key, _PURPOSE + packed, hashlib.sha256), object_key)
        case Mode.DIGESTED:
            return _Digested(packed, object_key)
        case _:
            assert_never(header.mode)


def stored_size(size: int) -> int:
    """How many bytes lie in a place for an object of `size` bytes.

    >>> stored_size(0), stored_size(BLOCK_BYTES) - BLOCK_BYTES, stored_size(BLOCK_BYTES + 1) - BLOCK_BYTES
    (80, 80, 97)
    """
    return HEADER_BYTES + size + PROOF_BYTES * max(1, -(-size // BLOCK_BYTES))


def plain_size(stored: int) -> int | None:
    """How many bytes the object has of which `stored` framed bytes lie in a place; None where that cannot be.

    >>> [plain_size(stored_size(size)) for size in (0, 1, BLOCK_BYTES, BLOCK_BYTES + 1)]
    [0, 1, 1048576, 1048577]
    >>> plain_size(79) is None
    True
    """
    body = stored - HEADER_BYTES
    size = body - PROOF_BYTES * max(1, -(-body // FRAME_BYTES))
    return size if size >= 0 and stored_size(size) == stored else None


def frame_span(number: int, *, stored: int) -> tuple[int, int]:
    """Where the frame of a block lies: its start and end among `stored` bytes."""
    start = HEADER_BYTES + number * FRAME_BYTES
    return start, min(start + FRAME_BYTES, stored)


class _Sealed:
    def __init__(self, key: bytes, object_key: UUID) -> None:
        self._cipher = AESGCM(key)
        self._object = object_key.bytes
        self._room = bytearray()

    def framed(self, block: Piece, *, number: int, is_last: bool) -> Piece:
        place = _PLACE.pack(self._object, number, is_last)
        if len(block) < BLOCK_BYTES:
            return self._cipher.encrypt(number.to_bytes(12, "big"), block, place)
        if not self._room:
            self._room = bytearray(FRAME_BYTES)
        self._cipher.encrypt_into(number.to_bytes(12, "big"), block, place, self._room)
        return self._room

    def block(self, frame: Piece, *, number: int, is_last: bool) -> bytes:
        place = _PLACE.pack(self._object, number, is_last)
        try:
            return self._cipher.decrypt(number.to_bytes(12, "big"), frame, place)
        except (InvalidTag, ValueError) as error:
            raise _changed() from error


class _Digested:
    def __init__(self, header: bytes, object_key: UUID) -> None:
        self._header = header
        self._object = object_key.bytes

    def framed(self, block: Piece, *, number: int, is_last: bool) -> Piece:
        return b"".join((block, self._digest(block, number=number, is_last=is_last)))

    def block(self, frame: Piece, *, number: int, is_last: bool) -> bytes:
        parts = memoryview(frame)
        block = bytes(parts[:-PROOF_BYTES])
        if self._digest(block, number=number, is_last=is_last) != parts[-PROOF_BYTES:]:
            raise _changed()
        return block

    def _digest(self, block: Piece, *, number: int, is_last: bool) -> bytes:
        digest = hashlib.sha256(self._header + _PLACE.pack(self._object, number, is_last))
        digest.update(block)
        return digest.digest()[:PROOF_BYTES]


def _changed() -> failures.Damaged:
    return failures.Damaged(hint="Its content changed on disk; restore it from a backup.")
