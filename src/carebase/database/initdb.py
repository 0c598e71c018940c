"""Makes the database files of the embedded PostgreSQL, whole or not at all.

`initdb` works in a directory beside the final one and syncs what it writes; the rename at the end is what
makes the database exist. The superuser's password is durable before that.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess

from carebase.database import binaries, embedded_errors, locks, ownership, placement

SUPERUSER = "carebase_superuser"
# What a new database takes, with its first log files and some room to begin.
NEEDED_BYTES = 200 * 1024 * 1024
TIME_LIMIT_SECONDS = 120
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


def ensure(
    programs: binaries.Binaries, *, home: placement.Home, user: ownership.ServerUser, alive: locks.Alive
) -> None:
    """Makes the database files unless they are there; the caller owns the directory.

    Raises `WrongVersion`, `PasswordLost`, `DiskFull` or `InitialisationFailed`.
    """
    if home.cluster.exists():
        _check_version(programs, home=home)
        if not home.passfile.exists():
            raise embedded_errors.PasswordLost(home.passfile)
        return
    if home.unfinished_cluster.exists():
        shutil.rmtree(home.unfinished_cluster)
    free = shutil.disk_usage(home.path).free
    if free < NEEDED_BYTES:
        raise embedded_errors.DiskFull(
            home.path, reason=f"{free >> 20} MB are free, a new database needs {NEEDED_BYTES >> 20} MB"
        )
    password = secrets.token_hex(32)
    ownership.write_file(home.passfile, f"*:*:*:{SUPERUSER}:{password}\n", mode=0o600)
    ownership.make_directory(home.unfinished_cluster, mode=0o700, owner=user)
    secret = home.path / "initdb.password"
    ownership.write_file(secret, f"{password}\n", mode=0o600, owner=user)
    try:
        _run(programs, home=home, user=user, alive=alive)
    finally:
        secret.unlink()
    home.unfinished_cluster.replace(home.cluster)
    ownership.sync_directory(home.path)


def _check_version(programs: binaries.Binaries, *, home: placement.Home) -> None:
    try:
        found = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        found = "an unknown version (PG_VERSION is missing)"
    if found != str(programs.major):
        raise embedded_errors.WrongVersion(home.cluster, found=found, running=programs.major)


def _run(programs: binaries.Binaries, *, home: placement.Home, user: ownership.ServerUser, alive: locks.Alive) -> None:
    output = ""
    for locale in _locales(programs.major):
        command = [
            str(programs.initdb),
            f"--pgdata={home.unfinished_cluster}",
            f"--username={SUPERUSER}",
            f"--pwfile={home.path / 'initdb.password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
            *locale,
        ]
        try:
            answer = subprocess.run(  # noqa: S603 - fixed words and our own paths
                command,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=TIME_LIMIT_SECONDS,
                env=ENVIRONMENT,
                cwd="/",
                user=user.user,
                group=user.group,
                extra_groups=user.extra_groups,
                umask=0o077,
                pass_fds=(alive.descriptor,),
            )
        except subprocess.TimeoutExpired as error:
            raise embedded_errors.InitialisationFailed(
                f"nothing for {TIME_LIMIT_SECONDS} seconds; the disk may be too slow"
            ) from error
        if answer.returncode == 0:
            return
        output = " ".join((answer.stderr or answer.stdout).split())
        if "invalid locale name" not in output:
            break
    if "No space left on device" in output or "Disk quota exceeded" in output:
        raise embedded_errors.DiskFull(home.path, reason="the disk filled up while the database was made")
    raise embedded_errors.InitialisationFailed(output[-600:])


def _locales(major: int) -> list[list[str]]:
    """Choices of locale from best to least: characters of all languages known, order by code point."""
    if major >= 17:
        # Built into the server: the same order on every system, whatever its C library.
        return [["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--no-locale"]]
