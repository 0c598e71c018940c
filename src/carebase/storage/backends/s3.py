"""Keeps bytes in a bucket of S3 or of what speaks like it.

`<prefix>/ab/abcd…` is an object that is whole; S3 shows nothing of one that is still being sent. What is small goes
in one request, what is not in parts of 8 MiB, of which few are in memory at a time.
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, GenericError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from carebase import errors
from carebase.observability import Log
from carebase.storage import failures

if TYPE_CHECKING:
    from obstore.store import S3Config

LOG = Log("storage")

PART_BYTES: Final = 8 << 20
"""Of an object that is sent in parts; S3 takes 10,000 of them, so 80 GiB."""
PARTS_AT_ONCE: Final = 2
WAITING_PIECES: Final = 2
"""Pieces (of a block each) between who writes and who sends."""
FIRST_READ_BYTES: Final = (1 << 20) + 4096
"""What opening brings along, so that a small object is one request."""
READ_AHEAD_BYTES: Final = 4 << 20
CONNECT_TIMEOUT: Final = timedelta(seconds=5)
REQUEST_TIMEOUT: Final = timedelta(seconds=60)
RETRY_FOR: Final = timedelta(seconds=20)
MOST_RETRIES: Final = 3
KEY: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What the services we know say where AWS never has to: there is no room.
FULL: Final = re.compile(r"StorageFull|QuotaExceeded|EntityTooLarge\b.*quota|status code: 507", re.IGNORECASE)
NO_BUCKET: Final = "NoSuchBucket"
NO_RANGE: Final = "InvalidRange"
REFUSED_KEYS: Final = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|status code: 40[13]|ExpiredToken|InvalidToken"
)

Piece = bytes | bytearray | memoryview


class BucketUnusable(errors.SetupError):
    """The bucket that files are to be kept in cannot be used."""

    code, message = "bucket_unusable", "The bucket for files cannot be used."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where a bucket is and how it is opened."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    """The address of the service; None: Amazon's own."""
    region: str = "us-east-1"
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


class S3:
    """A bucket, or what lies below a prefix in it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        is_plain = bucket.endpoint is not None and bucket.endpoint.startswith("http://")
        config: S3Config = {
            "region": bucket.region,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
            # Services of one's own rarely have a name for each bucket.
            "virtual_hosted_style_request": bucket.endpoint is None,
        }
        if bucket.endpoint is not None:
            config["endpoint"] = bucket.endpoint
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={"allow_http": is_plain, "connect_timeout": CONNECT_TIMEOUT, "timeout": REQUEST_TIMEOUT},
            retry_config={"max_retries": MOST_RETRIES, "retry_timeout": RETRY_FOR},
        )

    def check(self) -> None:
        """BucketUnusable, in words for the operator, when the bucket is not there or not ours; Unavailable."""
        try:
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        except (BaseError, OSError) as error:
            raise self._unusable(error) from error

    def create(self, key: UUID) -> Draft:
        """Begin to send under a fresh key."""
        return Draft(self._store, path_of(key))

    def open(self, key: UUID) -> Source:
        """The object of the key; Missing when it is not there."""
        return Source(self._store, path_of(key))

    def remove(self, keys: Iterable[UUID]) -> None:
        """Remove the objects of the keys; a key without any is no error."""
        paths = [path_of(key) for key in keys]
        if paths:
            with _asking(), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, paths)

    def keys(self) -> Iterator[UUID]:
        """Every key under which an object lies; what was never sent whole is the bucket's own to clear."""
        with _asking():
            for page in obstore.list(self._store):
                for entry in page:
                    name = entry["path"].rpartition("/")[2]
                    if KEY.fullmatch(name):
                        yield UUID(name)

    def size_of(self, key: UUID) -> int | None:
        """The number of bytes as they lie under the key, None when there is no object."""
        try:
            with _asking():
                return int(obstore.head(self._store, path_of(key))["size"])
        except FileNotFoundError:
            return None

    def _unusable(self, error: Exception) -> errors.CareError:
        text, name = str(error), self._bucket.name
        if NO_BUCKET in text or isinstance(error, FileNotFoundError):
            return BucketUnusable(
                details=f"There is no bucket {name}.", hint="Make it, or name another: CAREBASE_STORAGE=s3://…"
            )
        if isinstance(error, PermissionDeniedError | UnauthenticatedError) or REFUSED_KEYS.search(text):
            return BucketUnusable(
                details=f"The service does not let us into {name}.",
                hint="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need to list, read, write and delete there.",
            )
        return BucketUnusable(
            details=f"{self._bucket.endpoint or 'S3'} does not answer as S3 does.",
            hint="Is CAREBASE_S3_ENDPOINT its address, and AWS_REGION its region?",
        )


def path_of(key: UUID) -> str:
    """The name of a key's object below the prefix.

    >>> path_of(UUID("0b5f1d3e-0000-4000-8000-000000000000"))
    '0b/0b5f1d3e-0000-4000-8000-000000000000'
    """
    return f"{str(key)[:2]}/{key}"


class Draft:
    """An object on its way; used by one thread at a time."""

    def __init__(self, store: S3Store, path: str) -> None:
        self._store = store
        self._path = path
        self._held: bytearray | None = bytearray()
        self._sending: _Sending | None = None

    def write(self, piece: Piece) -> None:
        """Take the next bytes; from the first part's end on they are sent while more come."""
        if self._sending is not None:
            self._sending.give(bytes(piece))
            return
        if self._held is None:
            raise ValueError("the draft is closed")
        self._held += piece
        if len(self._held) > PART_BYTES:
            self._sending = _Sending(self._store, self._path)
            held, self._held = bytes(self._held), None
            self._sending.give(held)

    def finish(self) -> None:
        """Return once the service has the whole object."""
        if self._sending is not None:
            self._sending.end()
            return
        if self._held is None:
            raise ValueError("the draft is closed")
        with _asking():
            obstore.put(self._store, self._path, bytes(self._held), use_multipart=False)
        self._held = None

    def abandon(self) -> None:
        """Take back what was sent."""
        self._held = None
        if self._sending is not None:
            self._sending.break_off()
        try:
            with _asking(), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, [self._path])
        except errors.CareError as error:
            # The sweeper knows the key from its intent.
            LOG.warning("object_left_to_sweeper", code=error.code)


class _Abandoned(Exception):
    """Makes the library take back the parts it has sent."""


class _Sending:
    """Sends pieces in parts from a thread of its own, as the library asks for them and writers bring them."""

    def __init__(self, store: S3Store, path: str) -> None:
        self._store = store
        self._path = path
        self._pieces: queue.Queue[bytes | None] = queue.Queue(WAITING_PIECES)
        self._is_broken_off = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._send, name="storage-s3", daemon=True)
        self._thread.start()

    def give(self, piece: bytes | None) -> None:
        while self._thread.is_alive():
            try:
                self._pieces.put(piece, timeout=0.2)
            except queue.Full:
                continue
            return
        self._raise()

    def end(self) -> None:
        self.give(None)
        self._thread.join()
        self._raise()

    def break_off(self) -> None:
        self._is_broken_off = True
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._pieces.put_nowait(None)
            self._thread.join(0.1)

    def _raise(self) -> None:
        if self._failure is not None:
            with _asking():
                raise self._failure

    def _send(self) -> None:
        try:
            obstore.put(
                self._store,
                self._path,
                self._brought(),
                use_multipart=True,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
        except _Abandoned:
            return
        except (BaseError, OSError) as error:
            self._failure = error

    def _brought(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            yield piece
        if self._is_broken_off:
            raise _Abandoned


class Source:
    """An object that is read from any place, ahead of who reads on."""

    def __init__(self, store: S3Store, path: str) -> None:
        self._store = store
        self._path = path
        self._start = 0
        self._window = b""
        try:
            with _asking():
                begun = obstore.get(store, path, options={"range": (0, FIRST_READ_BYTES)})
                self.size: int = int(begun.meta["size"])
                self._window = bytes(begun.bytes())
        except FileNotFoundError as error:
            raise failures.Missing(hint="Its bytes are missing; restore them from a backup.") from error
        except _NothingThere:
            self.size = 0
        self._read_to = 0

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to and without `end`; fewer only at the object's end."""
        end = min(end, self.size)
        if end <= start:
            return b""
        if not (self._start <= start and end <= self._start + len(self._window)):
            # Whoever read up to here goes on; whoever jumps wants a part.
            to = min(self.size, max(end, start + READ_AHEAD_BYTES)) if start == self._read_to else end
            self._fetch(start, to)
        self._read_to = end
        return self._window[start - self._start : end - self._start]

    def close(self) -> None:
        """Forget what was read ahead."""
        self._window = b""

    def _fetch(self, start: int, end: int) -> None:
        try:
            with _asking():
                self._window = bytes(obstore.get_range(self._store, self._path, start=start, end=end))
        except FileNotFoundError as error:
            raise failures.Missing(hint="Its bytes were removed while they were read.") from error
        self._start = start


class _NothingThere(Exception):
    """An object without bytes has no range to be asked for."""


@contextmanager
def _asking() -> Iterator[None]:
    """What the service refuses leaves the block in our own words; FileNotFoundError stays itself."""
    try:
        yield
    except (BaseError, OSError) as error:
        text = str(error)
        if isinstance(error, FileNotFoundError) and NO_BUCKET not in text:
            raise
        if isinstance(error, GenericError) and NO_RANGE in text:
            raise _NothingThere from error
        if FULL.search(text):
            raise failures.DiskFull(hint="The operator has to make room in the bucket; then try again.") from error
        # Its words name the address and the key, and are for the log alone.
        raise errors.Unavailable(hint="The bucket of the files does not answer; try again.") from error
