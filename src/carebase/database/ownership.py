"""Decides which user runs the embedded PostgreSQL, and what that user can reach.

`initdb` and `postgres` refuse root, so a carebase that runs as root gives them an unprivileged user.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from carebase.database import embedded_errors

# The customary name first; `nobody` exists wherever there is no PostgreSQL package.
UNPRIVILEGED_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUser:
    """The user and group that PostgreSQL runs as; `drops` when they are not our own."""

    uid: int
    gid: int
    drops: bool

    @property
    def user(self) -> int | None:
        """What `subprocess` wants as `user`."""
        return self.uid if self.drops else None

    @property
    def group(self) -> int | None:
        """What `subprocess` wants as `group`."""
        return self.gid if self.drops else None

    @property
    def extra_groups(self) -> list[int] | None:
        """What `subprocess` wants as `extra_groups`: none at all, so that root's groups do not stay."""
        return [] if self.drops else None


def server_user(cluster: Path) -> ServerUser:
    """The user for the database files at `cluster`: who owns them, else a choice for new ones.

    Raises `UnprivilegedUserMissing` when we are root and the system has no other user.
    """
    if os.geteuid() != 0:
        return ServerUser(uid=os.geteuid(), gid=os.getegid(), drops=False)
    if cluster.exists():
        # The owner stays: a user "postgres" that appears later must not take the files over.
        owner = cluster.stat()
        if owner.st_uid != 0:
            return ServerUser(uid=owner.st_uid, gid=owner.st_gid, drops=True)
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(uid=entry.pw_uid, gid=entry.pw_gid, drops=True)
    raise embedded_errors.UnprivilegedUserMissing(
        f"There is no user named {' or '.join(UNPRIVILEGED_USERS)} to run it as."
    )


def blocked_at(path: Path, *, user: ServerUser) -> Path | None:
    """The first directory on the way to and including `path` that `user` may not pass, or None."""
    resolved = path.resolve()
    for directory in [*reversed(resolved.parents), resolved]:
        if not _may_pass(directory.stat(), user):
            return directory
    return None


def _may_pass(entry: os.stat_result, user: ServerUser) -> bool:
    if entry.st_uid == user.uid:
        return bool(entry.st_mode & stat.S_IXUSR)
    if entry.st_gid == user.gid:
        return bool(entry.st_mode & stat.S_IXGRP)
    return bool(entry.st_mode & stat.S_IXOTH)


def make_directory(path: Path, *, mode: int, owner: ServerUser | None = None) -> None:
    """Makes `path` with exactly `mode`, for `owner` when given; one that exists is left as it is."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        if not path.is_dir():
            raise
        return
    path.chmod(mode)  # The process's umask may have taken bits away.
    if owner is not None and owner.drops:
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def write_file(path: Path, text: str, *, mode: int, owner: ServerUser | None = None) -> None:
    """Replaces `path` by a file holding `text`, durably and in one step."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    # O_EXCL does not follow a link that somebody planted under this name.
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        if owner is not None and owner.drops:
            os.fchown(descriptor, owner.uid, owner.gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes the names in `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
