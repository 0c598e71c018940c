"""A place for one embedded server: a fresh directory, the servers and owner processes started there, their end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from carebase.database import binaries, embedded, ownership, placement, postmaster

NOBODY = 65534


def find_15() -> Path | None:
    """The programs of a PostgreSQL 15 of this system, if it has one."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for directory in candidates:
        if os.access(directory / "initdb", os.X_OK) and binaries.inspect(directory).major == 15:
            return directory
    return None


@pytest.fixture(scope="session")
def wheel() -> Iterator[Path]:
    """The wheel's PostgreSQL 18 where every user can run it, copied once instead of by each test."""
    root = Path(tempfile.mkdtemp(prefix="care-", dir="/tmp"))
    root.chmod(0o755)
    anybody = ownership.ServerUser(uid=NOBODY, gid=NOBODY, drops=True)
    yield binaries.for_user(None, copies=root / "programs", user=anybody).directory
    shutil.rmtree(root)


@pytest.fixture(params=[18, 15])
def programs(request, wheel) -> Path:
    """The programs of each version that is supported."""
    if request.param == 18:
        return wheel
    if (found := find_15()) is None:
        pytest.skip("there is no PostgreSQL 15 in PATH or /usr/lib/postgresql/*/bin")
    return found


class Owner:
    """A running `owner_process`, and the line it printed."""

    def __init__(self, data: Path, *, programs: Path, uid: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("owner_process.py"), data, programs, str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def said(self) -> dict[str, str]:
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def leave(self) -> None:
        self.process.stdin.close()
        self._end()

    def _end(self) -> None:
        self.process.wait(30)
        self.process.stdin.close()
        self.process.stdout.close()


class Databases:
    """New databases, made once for each version and copied by the tests that are not about making them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def copy(self, programs: Path, *, target: Path) -> None:
        source = self._root / str(binaries.inspect(programs).major)
        if not source.exists():
            maker = Owner(source, programs=programs, uid=-1)
            assert "dsn" in maker.said()
            maker.leave()
        # As root, the owners have to stay, which Python's copies do not do.
        subprocess.run(["cp", "-a", source, target], check=True)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    root = Path(tempfile.mkdtemp(prefix="care-", dir="/tmp"))
    root.chmod(0o711)
    yield Databases(root)
    shutil.rmtree(root)


class Place:
    """A directory that any user may pass (pytest's own lie below a closed one) and what runs there."""

    def __init__(self, root: Path, *, programs: Path, databases: Databases) -> None:
        self.root = root
        self.databases = databases
        self.programs = programs
        self.data = root / "data"
        self.owners: list[Owner] = []
        self.servers: list[embedded.Embedded] = []

    def furnish(self, programs: Path | None = None) -> None:
        """Puts a database with nothing in it on `data`, as a start and a stop would."""
        self.databases.copy(programs or self.programs, target=self.data)

    async def start(self, programs: Path | None = None):
        """Starts a server on `data`: the supervisor and where the server is reached."""
        server = embedded.Embedded(self.data, binaries=programs or self.programs)
        self.servers.append(server)
        return server, await server.start()

    def own(self, *, programs: Path | None = None, uid: int = -1) -> Owner:
        """Starts a process of its own that owns a server on `data`."""
        owner = Owner(self.data, programs=programs or self.programs, uid=uid)
        self.owners.append(owner)
        return owner

    @property
    def home(self) -> placement.Home:
        return placement.existing(self.data.resolve())

    @property
    def postmaster(self) -> int | None:
        found = postmaster.of_cluster(self.home.cluster)
        return found and found.pid

    @property
    def processes(self) -> list[int]:
        uid = ownership.server_user(self.home.cluster).uid
        main = self.postmaster
        return ([main] if main else []) + postmaster.of_server(self.home.name, uid=uid)


@pytest.fixture
async def place(wheel, databases) -> AsyncIterator[Place]:
    root = Path(tempfile.mkdtemp(prefix="care-", dir="/tmp"))
    root.chmod(0o711)
    it = Place(root, programs=wheel, databases=databases)
    yield it
    for owner in it.owners:
        if owner.process.poll() is None:
            owner.leave()
    for server in it.servers:
        await server.stop()
    if it.processes:
        # A test that failed between an owner and the next; take over to end it.
        await it.start()
        await it.servers[-1].stop()
    home = it.home.path
    shutil.rmtree(root)
    if home.is_relative_to(placement.RELOCATED):
        shutil.rmtree(home)


@pytest.fixture
def nobody() -> int:
    """An unprivileged user id that an owner process can take; -1 for staying who we are."""
    return NOBODY if os.geteuid() == 0 else -1


def ask(dsn: str, sql: str) -> object:
    """The first value of the answer to `sql`, or None for a statement without one; commits."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture(name="ask")
def ask_fixture():
    return ask
