"""Decides where the files of the embedded PostgreSQL lie: below the data directory, or where its user can reach.

As root, the server runs as another user. When that user may not pass to the data directory (it lies in root's
0700 home), the files go to `/var/lib/carebase/<hash of the data path>`, and `<data>/postgres/location` says so.
"""

from __future__ import annotations

import hashlib
import logging
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from carebase.database import embedded_errors, ownership

log = logging.getLogger(__name__)

RELOCATED = Path("/var/lib/carebase")
PORT = 5432  # Only a part of the socket's name: there is no TCP.
# sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero.
SOCKET_PATH_BYTES = 103
# libpq and the server split lists of directories at commas and treat quotes specially.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The directory that holds everything of one embedded server."""

    path: Path

    @property
    def owner_lock(self) -> Path:
        """Locked by the carebase process in charge."""
        return self.path / "owner.lock"

    @property
    def alive_lock(self) -> Path:
        """Locked by every PostgreSQL process."""
        return self.path / "alive.lock"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.path / "cluster"

    @property
    def unfinished_cluster(self) -> Path:
        """Where `initdb` works until its result is whole."""
        return self.path / "cluster.unfinished"

    @property
    def copies(self) -> Path:
        """Copies of PostgreSQL's programs, one directory for each version."""
        return self.path / "bin"

    @property
    def share(self) -> Path:
        """Extensions in SQL alone, in the layout that `extension_control_path` asks for."""
        return self.path / "share"

    @property
    def log(self) -> Path:
        """The server's log files, one for each day of the week."""
        return self.path / "log"

    @property
    def start_output(self) -> Path:
        """What the server printed before its log was open."""
        return self.path / "start.out"

    @property
    def passfile(self) -> Path:
        """The superuser's password, in the form that libpq reads."""
        return self.path / "pgpass"

    @property
    def name(self) -> str:
        """A name that tells this server's processes from those of others."""
        return f"carebase-{digest(self.path)}"


def digest(path: Path) -> str:
    """Sixteen hexadecimal digits for a path."""
    return hashlib.sha256(bytes(path)).hexdigest()[:16]


def existing(data: Path) -> Home:
    """Where the files of `data` are, or would be if its user could reach them there."""
    pointer = data / "postgres" / "location"
    if pointer.exists():
        return Home(path=Path(pointer.read_text(encoding="utf-8").strip()))
    return Home(path=data / "postgres")


def prepare(data: Path, *, user: ownership.ServerUser) -> Home:
    """The home of `data` for a server running as `user`, made when it is new.

    Raises `DataDirectoryUnreachable` or `LeftoverFiles`; `OSError` when a directory cannot be made.
    """
    home = existing(data)
    beside = data / "postgres"
    mode = 0o711 if user.drops else 0o700
    ownership.make_directory(beside, mode=mode)
    if home.path == beside and user.drops and (obstacle := ownership.blocked_at(data, user=user)) is not None:
        if home.cluster.exists():
            raise embedded_errors.DataDirectoryUnreachable(home.cluster, blocked_at=obstacle)
        home = _relocate(data, obstacle=obstacle)
    if home.path != beside:
        ownership.make_directory(home.path.parent, mode=mode)
        ownership.make_directory(home.path, mode=mode)
    ownership.make_directory(home.log, mode=0o700, owner=user)
    return home


def _relocate(data: Path, *, obstacle: Path) -> Home:
    home = Home(path=RELOCATED / digest(data))
    pointer = data / "postgres" / "location"
    # The pointer is looked for again, since a process started at the same time may just have written it.
    if home.path.exists() and existing(data) != home:
        raise embedded_errors.LeftoverFiles(home.path, pointer=pointer)
    # The pointer first: files that nothing names would look like somebody's leftovers.
    ownership.write_file(pointer, f"{home.path}\n", mode=0o600)
    log.warning(
        "embedded_postgres_files_elsewhere: PostgreSQL's user may not pass %s, the database files are in %s",
        obstacle,
        home.path,
    )
    return home


def socket_directory(home: Home, *, user: ownership.ServerUser) -> Path:
    """The private directory for the server's socket: in its home, or a short one where that is too long."""
    preferred = home.path / "socket"
    if _fits(preferred):
        ownership.make_directory(preferred, mode=0o700, owner=user)
        return preferred
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - checked below
        short = parent / f"carebase-{digest(home.path)}"
        if _fits(short):
            break
    ownership.make_directory(short, mode=0o700, owner=user)
    # In a directory that everybody may write, somebody could have made it before us.
    entry = short.lstat()
    if not stat.S_ISDIR(entry.st_mode) or entry.st_uid != user.uid:
        raise embedded_errors.SocketDirectoryTaken(short)
    if entry.st_mode & 0o077:
        short.chmod(0o700)
    return short


def _fits(directory: Path) -> bool:
    socket = directory / f".s.PGSQL.{PORT}"
    return len(bytes(socket)) < SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(str(directory)) is not None
