"""The keys that stored bytes are sealed with: made once, kept in a file outside of the data directory.

Each line of the file is one key, `carebase-storage-1 <id> <32 bytes in base64>`; the first seals, all of them open.
So a key is followed by another by writing a line above it, and goes when nothing is sealed with it any more. Whoever
takes the disk or its backup does not have the file; whoever loses the file has lost what was sealed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from carebase import errors
from carebase.settings import Settings
from carebase.storage import failures, frames
from carebase.storage.backends.backend import Backend

WORD: Final = "carebase-storage-1"
KEY_BYTES: Final = 32
# One would do where every object is sealed with keys of one file; a few more see past files of earlier versions.
LOOKED_AT: Final = 16


class KeyUnusable(errors.SetupError):
    """The file of the keys that stored files are sealed with cannot be used."""

    code, message = "storage_key_unusable", "The key of the stored files cannot be used."


class KeyMissing(errors.SetupError):
    """Files are sealed with a key that is not there; going on with another would only hide the loss."""

    code, message = "storage_key_missing", "The key that stored files are sealed with is not there."


@dataclass(frozen=True, slots=True)
class Key:
    """One key; its id is a hash of it and may be known."""

    secret: bytes = field(repr=False)
    id: bytes = field(init=False)
    """16 bytes, as headers name it."""

    def __post_init__(self) -> None:
        """Make the id."""
        made = hashlib.sha256(b"carebase storage key\0" + self.secret).digest()[: frames.KEY_ID_BYTES]
        object.__setattr__(self, "id", made)

    @property
    def line(self) -> str:
        """As its file holds it."""
        return f"{WORD} {self.id.hex()} {base64.b64encode(self.secret).decode()}\n"

    @classmethod
    def fresh(cls) -> Key:
        """A new one."""
        return cls(secrets.token_bytes(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys at hand: `sealing` is for what is written now, None where encryption is off."""

    sealing: Key | None
    known: dict[bytes, Key] = field(repr=False)

    @classmethod
    def of(cls, keys: list[Key], *, seals: bool = True) -> Keys:
        """The first of the keys seals, where that is wished."""
        return cls(keys[0] if seals else None, {key.id: key for key in keys})

    def fresh(self, object_key: UUID) -> tuple[frames.Header, frames.Vouching]:
        """For an object that is about to be written."""
        if self.sealing is None:
            header = frames.Header.fresh(frames.Mode.DIGESTED)
            return header, frames.vouching(header, object_key=object_key, sealing_key=None)
        header = frames.Header.fresh(frames.Mode.SEALED, key_id=self.sealing.id)
        return header, frames.vouching(header, object_key=object_key, sealing_key=self.sealing.secret)

    def vouching(self, header: frames.Header, object_key: UUID) -> frames.Vouching:
        """For an object that is read; KeyNotHere when it was sealed with another key."""
        if header.mode is frames.Mode.DIGESTED:
            return frames.vouching(header, object_key=object_key, sealing_key=None)
        key = self.known.get(header.key_id)
        if key is None:
            raise failures.KeyNotHere(hint=f"It was sealed with key {header.key_id.hex()}; put it back into its file.")
        return frames.vouching(header, object_key=object_key, sealing_key=key.secret)


def keys_of(settings: Settings, backend: Backend) -> Keys:
    """The keys in the file that the settings name; one is made (mode 0600) where nothing is sealed yet.

    Raises KeyMissing when the bytes in the backend are sealed with a key that is not there, KeyUnusable, Unavailable.
    """
    path = settings.storage_key_file
    if path.resolve().is_relative_to(settings.data.resolve()):
        raise KeyUnusable(
            details=f"{path} lies in the data directory, where a thief or a backup would find it beside the files.",
            hint="Name a file elsewhere with CAREBASE_STORAGE_KEY_FILE.",
        )
    try:
        is_there = path.exists()
    except OSError as error:
        raise _unusable(path, error) from error
    if is_there:
        keys = read(path)
        _check_opens(backend, keys, path)
        return Keys.of(keys, seals=settings.storage_encryption)
    if sealed := next(_sealed_with(backend), None):
        raise KeyMissing(
            details=f"{path} does not exist, and there are files sealed with key {sealed.hex()}.",
            hint="Put the key back, or say where it is with CAREBASE_STORAGE_KEY_FILE. Without it they cannot be read.",
        )
    if not settings.storage_encryption:
        return Keys(None, {})
    _write_once(path, Key.fresh())
    return Keys.of(read(path))


def read(path: Path) -> list[Key]:
    """The keys in a file, at least one; KeyUnusable for any other content, or when others may read it."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnusable(details=f"{path} can be read by others.", hint=f"Run: chmod 600 {path}")
        lines = path.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError as error:
        raise KeyUnusable(details=f"{path} holds no keys.") from error
    except OSError as error:
        raise _unusable(path, error) from error
    keys = [
        _key_in(line, where=f"{path}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    if not keys:
        raise KeyUnusable(details=f"{path} is empty.", hint="Put back what it held; it is not made anew.")
    return keys


def add(path: Path) -> Key:
    """Write a new key above those in the file; what is written from the next start on is sealed with it."""
    keys = read(path)
    added = Key.fresh()
    draft = _drafted(path, "".join(key.line for key in (added, *keys)))
    try:
        draft.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    return added


def _key_in(line: str, *, where: str) -> Key:
    try:
        word, named, encoded = line.split()
        key = Key(base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error) as error:
        raise KeyUnusable(details=f"{where}: that is no key.", hint="Put back what it held.") from error
    # A slip in copying would otherwise seal what nobody can open with the right key.
    if word != WORD or len(key.secret) != KEY_BYTES or key.id.hex() != named:
        raise KeyUnusable(details=f"{where}: the key is not the one it was.", hint="Put back what it held.")
    return key


def _check_opens(backend: Backend, keys: list[Key], path: Path) -> None:
    known = {key.id for key in keys}
    for sealed in itertools.islice(_sealed_with(backend, most=LOOKED_AT), 1):
        if sealed not in known:
            raise KeyMissing(
                details=f"{path} holds other keys; there are files sealed with key {sealed.hex()}.",
                hint="Add that key's line to the file, or name the right file with CAREBASE_STORAGE_KEY_FILE.",
            )


def _sealed_with(backend: Backend, *, most: int | None = None) -> itertools.chain[bytes]:
    """The ids of keys that objects were sealed with, as they are met."""
    return itertools.chain.from_iterable(_key_of(backend, key) for key in itertools.islice(backend.keys(), most))


def _key_of(backend: Backend, key: UUID) -> list[bytes]:
    try:
        source = backend.open(key)
    except failures.Damaged:
        # Being written, or just removed.
        return []
    try:
        header = frames.header_of(source.read(0, frames.HEADER_BYTES))
    except failures.Damaged:
        return []
    finally:
        source.close()
    return [header.key_id] if header is not None and header.mode is frames.Mode.SEALED else []


def _write_once(path: Path, key: Key) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = _drafted(path, key.line)
        # Two processes may start at the same moment: whoever links first decides for both.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def _drafted(path: Path, text: str) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> KeyUnusable:
    return KeyUnusable(
        details=f"{path}: {error.strerror}.",
        hint="Name a file that this user can make and read, outside of the data directory: CAREBASE_STORAGE_KEY_FILE.",
    )
