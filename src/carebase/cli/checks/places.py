"""Looks at the files of a deployment: the data directory, the secret, the keys, and the room that is left."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from carebase import authority, settings_reading
from carebase.cli.checks import finding
from carebase.cli.checks.finding import Finding
from carebase.settings import Settings

LEAST_FREE_BYTES: Final = 1024**3
LEAST_FREE_SHARE: Final = 0.05
OPEN_TO_OTHERS: Final = 0o077
WRITABLE_BY_OTHERS: Final = 0o022
ROOT: Final = 0


def look(chosen: Settings) -> Iterator[Finding]:
    """The data directory and what lies in it."""
    if not chosen.data.is_dir():
        yield finding.unknown("data", "data-absent", path=str(chosen.data))
        return
    yield from _directory(chosen.data)
    yield _secret(chosen)
    yield from _private_files(chosen)
    yield from _room(chosen)


def _directory(data: Path) -> Iterator[Finding]:
    found = data.stat()
    mode = stat.S_IMODE(found.st_mode)
    own = os.geteuid()
    if own not in {ROOT, found.st_uid}:
        yield finding.mend("data", "data-of-other", path=str(data), owner=found.st_uid, own=own)
    elif mode & WRITABLE_BY_OTHERS:
        yield finding.mend("data", "data-open", path=str(data), mode=f"{mode:04o}")
    elif not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield finding.mend("data", "data-closed", path=str(data), mode=f"{mode:04o}")
    else:
        yield finding.well("data", "data-well", path=str(data), mode=f"{mode:04o}")


def _secret(chosen: Settings) -> Finding:
    if chosen.secret:
        # What is given is refused when it is weak, before anything else is looked at.
        return finding.well("secret", "secret-given", count=len(chosen.secret))
    path = chosen.data / settings_reading.SECRET_FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        length = len(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return finding.note("secret", "secret-absent", path=str(path))
    except (OSError, UnicodeDecodeError):
        return finding.mend("secret", "secret-unreadable", path=str(path))
    if mode & OPEN_TO_OTHERS:
        return finding.mend("secret", "secret-open", path=str(path), mode=f"{mode:04o}")
    if length < settings_reading.SHORTEST_SECRET:
        return finding.mend("secret", "secret-weak", path=str(path), least=settings_reading.SHORTEST_SECRET)
    return finding.well("secret", "secret-kept", path=str(path), count=length)


def _private_files(chosen: Settings) -> Iterator[Finding]:
    folder = chosen.data / authority.FOLDER
    private = [chosen.audit_key_file, chosen.storage_key_file]
    private += [folder / authority.AUTHORITY_FILE, folder / authority.SERVER_FILE]
    private += [path for path in (chosen.tls_key, chosen.signing_keys, chosen.data / "demo.json") if path is not None]
    open_files = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & OPEN_TO_OTHERS]
    for path in open_files:
        yield finding.mend("keys", "keys-open", path=str(path), mode=f"{stat.S_IMODE(path.stat().st_mode):04o}")
    if not open_files and (count := sum(path.exists() for path in private)):
        yield finding.well("keys", "keys-well", count=count)


def _room(chosen: Settings) -> Iterator[Finding]:
    seen: set[int] = set()
    for check, path in (("disk", chosen.data), ("objects", chosen.data / "objects")):
        if not path.is_dir() or path.stat().st_dev in seen:
            continue
        seen.add(path.stat().st_dev)
        yield _room_at(check, path)


def _room_at(check: str, path: Path) -> Finding:
    usage, files = shutil.disk_usage(path), os.statvfs(path)
    share = usage.free / usage.total if usage.total else 0.0
    free, percent = in_bytes(usage.free), round(share * 100)
    if files.f_files and files.f_favail < files.f_files * 0.01:
        return finding.mend(check, "disk-no-files", path=str(path))
    if usage.free < LEAST_FREE_BYTES or share < LEAST_FREE_SHARE:
        return finding.mend(check, "disk-full", path=str(path), free=free, percent=percent)
    return finding.well(check, "disk-well", path=str(path), free=free, percent=percent)


def in_bytes(count: int) -> str:
    """A number of bytes for people, in binary steps.

    >>> in_bytes(3 * 1024**3), in_bytes(512)
    ('3.0 GiB', '512 B')
    """
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
