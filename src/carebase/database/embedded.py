"""Supervises the embedded PostgreSQL: makes it, starts it, keeps it serving, stops it.

One process owns a data directory, under a file lock. The server does not die with that process: after a
kill -9 of the owner, the next one attaches to the server that still runs, or starts it anew when it would
start it otherwise (other programs, other settings). It listens on a socket in a private directory only.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import psycopg
from psycopg import conninfo

from carebase.database import (
    binaries,
    embedded_errors,
    initdb,
    locks,
    ownership,
    placement,
    postmaster,
    server_settings,
)
from carebase.errors import SetupError

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Recovery after a crash replays at most max_wal_size (1 GB), which slow disks need minutes for.
READY_WITHIN_SECONDS = 300
FAST_STOP_SECONDS = 10
IMMEDIATE_STOP_SECONDS = 5
LOOK_EVERY_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a running server is reached; `version` as printed by it ("18.4")."""

    socket_directory: Path
    port: int
    superuser: str
    version: str
    passfile: Path

    def dsn(self, *, login: str | None = None, database: str = "postgres", password: str | None = None) -> str:
        """A libpq connection string for `login`, by default the superuser.

        The superuser's holds no secret: it names the file that does, readable for the owner only.
        """
        parts = {"host": str(self.socket_directory), "port": str(self.port), "dbname": database}
        parts["user"] = self.superuser if login is None else login
        if password is not None:
            parts["password"] = password
        elif login is None or login == self.superuser:
            parts["passfile"] = str(self.passfile)
        return conninfo.make_conninfo("", **parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What `start` found out once and a restart needs again."""

    user: ownership.ServerUser
    home: placement.Home
    lock: locks.Ownership
    programs: binaries.Binaries
    sockets: Path

    @property
    def command(self) -> list[str]:
        return server_settings.command(self.programs, home=self.home, sockets=self.sockets)


class Embedded:
    """The embedded server of the data directory `data`, run with the programs in `binaries` (the wheel's)."""

    def __init__(self, data: Path, *, binaries: Path | None = None) -> None:
        self._data = data.absolute()
        self._given = binaries
        self._place: _Place | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> Cluster:
        """Starts the server, or attaches to the one that an ended owner left, and waits for it to serve.

        Raises the `SetupError` that says what the operator has to change.
        """
        async with self._turn:
            try:
                if (place := self._place) is None:
                    place = await _finished(self._settle)
                return await self._serve(place)
            except BaseException:
                # Also when cancelled: no process without an owner, no lock without a server.
                await self._end()
                raise

    async def reach(self) -> Cluster | None:
        """The server that another process owns, or None when none runs; takes no ownership.

        For commands beside a running carebase. Raises `SetupError` when it runs but does not let us in.
        """
        with embedded_errors.file_errors(self._data):
            home = placement.existing(self._data.resolve())
            found = postmaster.of_cluster(home.cluster)
        if found is None or not found.is_ready:
            return None
        return await _greeted(home, sockets=found.socket_directory)

    async def watch(self) -> None:
        """Starts the server again each time it dies; runs until cancelled.

        A start that fails (a full disk, say) is logged and tried again, at growing intervals: the cause may
        pass, and a server that never comes back would need a person.
        """
        pause = LOOK_EVERY_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = LOOK_EVERY_SECONDS
            async with self._turn:
                if self._place is None or self._is_running(self._place):
                    continue
                log.error("embedded_postgres_died: starting it again")
                began = time.monotonic()
                try:
                    await self._serve(self._place)
                except (SetupError, psycopg.OperationalError) as error:
                    log.error("embedded_postgres_restart_failed: %s", error)
                    pause = min(LONGEST_PAUSE_SECONDS, 2 * (time.monotonic() - began) + 0.5)
                else:
                    log.info("embedded_postgres_serves_again: after %.2f s", time.monotonic() - began)

    async def stop(self) -> None:
        """Ends the server and gives the data directory up; without effect when we do not own it."""
        async with self._turn:
            await self._end()

    def _settle(self) -> _Place:
        self._place = _settled(self._data, given=self._given)
        return self._place

    async def _serve(self, place: _Place) -> Cluster:
        with embedded_errors.file_errors(place.home.path):
            self._pid = await _orphan(place)
            if self._pid is None:
                await _finished(self._launch, place)
            await self._wait_until_ready(place)
        return await _greeted(place.home, sockets=place.sockets)

    def _launch(self, place: _Place) -> None:
        alive = locks.take_alive(place.home.alive_lock)
        if alive is None:
            raise embedded_errors.StillRunning(place.home.cluster)
        with alive:
            initdb.ensure(place.programs, home=place.home, user=place.user, alive=alive)
            server_settings.write(place.home)
            place.home.start_output.unlink(missing_ok=True)
            with place.home.start_output.open("xb") as output:
                # Not asyncio's: that kills its children when the loop closes, and uvloop's cannot change users.
                self._child = subprocess.Popen(  # noqa: S603 - our own words and paths
                    place.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=initdb.ENVIRONMENT,
                    cwd="/",
                    user=place.user.user,
                    group=place.user.group,
                    extra_groups=place.user.extra_groups,
                    umask=0o077,
                    # Ctrl-C in a terminal is for us: we drain first and stop the server last.
                    start_new_session=True,
                    pass_fds=(alive.descriptor,),
                )
        self._pid = self._child.pid

    async def _wait_until_ready(self, place: _Place) -> None:
        end = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < end:
            file = postmaster.read_pid_file(place.home.cluster)
            if file is not None and file.pid == self._pid and file.is_ready:
                return
            if not self._is_running(place):
                raise _why_it_ended(place)
            await asyncio.sleep(0.01)
        raise embedded_errors.ServerDidNotStart(
            f"It is not ready after {READY_WITHIN_SECONDS} seconds.", log=place.home.log
        )

    def _is_running(self, place: _Place) -> bool:
        if self._child is not None and self._child.pid == self._pid:
            return self._child.poll() is None
        # Not our child, so its number could be somebody else's by now.
        return self._pid is not None and postmaster.command_line(self._pid) == postmaster.joined(place.command)

    async def _end(self) -> None:
        place, self._place = self._place, None
        if place is None:
            return
        try:
            await _end_processes(place, pid=self._pid if self._is_running(place) else None)
            if place.sockets.parent != place.home.path:
                with suppress(OSError):
                    place.sockets.rmdir()
        finally:
            if (child := self._child) is not None:
                # A process that ends is gone from view a moment before it can be reaped.
                await _happens(lambda: child.poll() is not None, within=1)
            self._pid = self._child = None
            place.lock.release()


def _settled(data: Path, *, given: Path | None) -> _Place:
    """Takes the directory and finds all that a start needs; raises `SetupError`."""
    with embedded_errors.file_errors(data):
        data = data.resolve()
        user = ownership.server_user(placement.existing(data).cluster)
        data.parent.mkdir(parents=True, exist_ok=True)
        # As root, the server's user has to pass through here; what lies below is closed to it.
        ownership.make_directory(data, mode=0o711 if user.drops else 0o700)
        home = placement.prepare(data, user=user)
        lock = locks.Ownership(home.owner_lock, data=data)
        try:
            programs = binaries.for_user(given, copies=home.copies, user=user)
            sockets = placement.socket_directory(home, user=user)
            server_settings.write_extensions(programs, home=home)
        except BaseException:
            lock.release()
            raise
    return _Place(user=user, home=home, lock=lock, programs=programs, sockets=sockets)


async def _orphan(place: _Place) -> int | None:
    """The server left running that is just what we would start; any other is ended."""
    found = postmaster.of_cluster(place.home.cluster)
    if found is not None and postmaster.command_line(found.pid) == postmaster.joined(place.command):
        log.info("embedded_postgres_attached: process %d", found.pid)
        return found.pid
    await _end_processes(place, pid=None if found is None else found.pid)
    # Nothing serves this directory: its pid file could name a process that got the number since.
    (place.home.cluster / "postmaster.pid").unlink(missing_ok=True)
    socket = f".s.PGSQL.{placement.PORT}"
    for name in (socket, f"{socket}.lock"):
        (place.sockets / name).unlink(missing_ok=True)
    return None


async def _end_processes(place: _Place, *, pid: int | None) -> None:
    """Ends the postmaster `pid`, gently first, and whatever processes of this server remain."""
    steps = (
        (signal.SIGINT, FAST_STOP_SECONDS),  # Rolls open transactions back and writes a checkpoint.
        (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),  # Leaves recovery to the next start.
        (signal.SIGKILL, 1),
    )
    for number, seconds in steps:
        if pid is None:
            break
        postmaster.send(pid, number)
        if await _happens(lambda: postmaster.command_line(pid) is None, within=seconds):
            break
        log.warning("embedded_postgres_stop_escalates: %s did not end it in %d s", number.name, seconds)
    # After an orderly end only the writer of the log remains, which deserves a moment for its last lines.
    # After a sudden one the others leave by themselves, but for a backend deep in a computation.
    patience = 0.3 if pid is None else 1.0
    if await _happens(lambda: not locks.is_anyone_alive(place.home.alive_lock), within=patience):
        return
    for left in postmaster.of_server(place.home.name, uid=place.user.uid):
        postmaster.send(left, signal.SIGKILL)
    # An `initdb` that outlived its parent has no title to find it by, and ends by itself.
    if not await _happens(lambda: not locks.is_anyone_alive(place.home.alive_lock), within=15):
        raise embedded_errors.StillRunning(place.home.cluster)


async def _happens(is_true: Callable[[], bool], *, within: float) -> bool:
    end = time.monotonic() + within
    while not is_true():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True


async def _finished(work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Runs `work` in a thread and, when cancelled, waits for its end, so that nothing starts behind our back."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def _greeted(home: placement.Home, *, sockets: Path) -> Cluster:
    """Connects once: the server takes connections, the password fits, and it says its version."""
    cluster = Cluster(
        socket_directory=sockets,
        port=placement.PORT,
        superuser=initdb.SUPERUSER,
        version="",
        passfile=home.passfile,
    )
    try:
        connection = await psycopg.AsyncConnection.connect(cluster.dsn(), connect_timeout=10)
    except psycopg.OperationalError as error:
        if "password" in str(error):
            raise embedded_errors.PasswordLost(home.passfile) from error
        raise embedded_errors.ServerDidNotStart("It takes no connections.", log=home.log) from error
    # Debian adds its package's version in parentheses.
    version = (connection.info.parameter_status("server_version") or "").split(" ", 1)[0]
    await connection.close()
    return replace(cluster, version=version)


def _why_it_ended(place: _Place) -> SetupError:
    """The reason from what the server wrote last; by its settings that holds nothing of anybody's data."""
    logs = sorted(place.home.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
    said = "\n".join(_tail(path) for path in [*logs[-1:], place.home.start_output])
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return embedded_errors.DiskFull(place.home.path, reason="PostgreSQL could not write")
    fatal = [line for line in said.splitlines() if "FATAL:" in line or "PANIC:" in line]
    last = (fatal or said.splitlines() or ["It ended without a word"])[-1]
    return embedded_errors.ServerDidNotStart(f"{last.strip()}.", log=place.home.log)


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read().decode("utf-8", "replace")
