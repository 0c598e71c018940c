"""The file of checkpoints: one signed document a line, only ever appended to.

Several processes may share it: whoever makes a document holds the file's lock from reading the last one
to having written the next. A line counts once it has its end; a torn one was never told to anybody.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from carebase import errors
from carebase.audit import documents
from carebase.audit.documents import Document, Kind, Signed

TAIL_BYTES: Final = 65_536
LINE_BEGINS: Final = b'{"document":"'
# Without O_NOFOLLOW, root could be led by a link to write a file of somebody else's choosing.
FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class FileUnusable(errors.SetupError):
    """The checkpoints' file cannot be read or written."""

    code, message = "checkpoints_unusable", "The file of the record's checkpoints cannot be used."


class FileLocked(errors.Unavailable):
    """Another process is making a checkpoint."""

    code, message = "checkpoints_locked", "Another process is making a checkpoint just now."


class CheckpointFile:
    """The file at a path; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def lock(self) -> Iterator[Tail]:
        """The right to append, with what stands at the end; FileLocked when another process has it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, FLAGS, 0o600)
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FileLocked(hint="Try again.", retry_after_seconds=1) from error
            yield Tail(self.path, descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> list[Signed]:
        """Every document, from the first; none when there is no file."""
        try:
            written = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(self.path, error) from error
        return _lines(written)

    def since(self, sha256: bytes | None) -> Sequence[Signed]:
        """The documents behind the one with this hash; only the last when it is none of the file's."""
        with self.lock() as tail:
            found: Sequence[Signed] = tail.documents
        for is_whole in (False, True):
            if is_whole:
                found = self.read()
            for number in range(len(found) - 1, -1, -1):
                if found[number].sha256 == sha256:
                    return found[number + 1 :]
            if sha256 is None:
                break
        return found[-1:]


class Tail:
    """The end of the locked file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor
        self._size, self._is_torn = 0, False
        self.documents = self._read()
        """The last ones, newest last; a hundred or so."""

    @property
    def last(self) -> Signed | None:
        """The newest document, whatever its kind."""
        return self.documents[-1] if self.documents else None

    @property
    def end(self) -> Document | None:
        """The newest that says where the log ended."""
        for signed in reversed(self.documents):
            document = signed.read()
            if document.kind is not Kind.PURGE:
                return document
        return None

    def append(self, signed: Signed) -> None:
        """Write a document; it is on the disk when this returns."""
        line = signed.line.encode() + b"\n"
        try:
            if self._is_torn:
                os.ftruncate(self._descriptor, self._size)
                self._is_torn = False
            # Appending only, so that the file may carry the file system's append-only mark.
            if os.write(self._descriptor, line) != len(line):
                self._is_torn = True
                raise FileUnusable(details=f"{self._path}: the disk is full.")
            os.fsync(self._descriptor)
            if self._size == 0:
                _sync_directory(self._path.parent)
        except OSError as error:
            raise _unusable(self._path, error) from error
        self._size += len(line)
        self.documents.append(signed)

    def _read(self) -> list[Signed]:
        size = os.fstat(self._descriptor).st_size
        begin = max(0, size - TAIL_BYTES)
        written = os.pread(self._descriptor, size - begin, begin)
        if begin:
            # The first line of the window may have lost its beginning.
            cut = written.find(b"\n") + 1
            if cut == 0:
                raise documents.NotACheckpoint(details=f"{self._path} is no file of checkpoints.")
            begin, written = begin + cut, written[cut:]
        whole, _, torn = written.rpartition(b"\n")
        if torn and not torn.startswith(LINE_BEGINS[: len(torn)]):
            raise documents.NotACheckpoint(details=f"{self._path} is no file of checkpoints.")
        self._is_torn = bool(torn)
        self._size = size - len(torn)
        return _lines(whole + b"\n")


def _lines(written: bytes) -> list[Signed]:
    whole = written.rpartition(b"\n")[0]
    try:
        return [documents.from_line(line) for line in whole.decode().split("\n") if line]
    except UnicodeDecodeError as error:
        raise documents.NotACheckpoint(details="It is not text.") from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> FileUnusable:
    return FileUnusable(details=f"{path}: {error.strerror}.", hint="CAREBASE_AUDIT_CHECKPOINTS names it.")
