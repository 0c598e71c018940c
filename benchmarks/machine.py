"""What the machine gives without carebase: bytes made durable, one transaction of pgbench."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from carebase.database import binaries

DATABASE = "bench"
SCALE = 5


def seconds_to_sync(folder: Path, content: bytes) -> float:
    """How long it takes to write the bytes to a new file and make them durable, by the shortest way there is."""
    path = folder / uuid.uuid4().hex
    began = time.perf_counter()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    taken = time.perf_counter() - began
    path.unlink()
    return taken


class Pgbench:
    """pgbench's TPC-B-like transaction in a database of its own on the same server."""

    def __init__(self, owner_dsn: str) -> None:
        self._program = str(binaries.of_wheel() / "pgbench")
        self._dsn = conninfo.make_conninfo(owner_dsn, dbname=DATABASE)
        with psycopg.connect(owner_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        self._run("-i", "-q", "-s", str(SCALE))

    def seconds(self, transactions: int) -> list[float]:
        """How long each of some transactions took, one after the other over one connection."""
        with tempfile.TemporaryDirectory() as folder:
            self._run("-n", "-c", "1", "-t", str(transactions), "-l", "--log-prefix", f"{folder}/log")
            found = "".join(path.read_text() for path in Path(folder).iterdir())
        # client, transaction, microseconds, …
        return [int(row.split()[2]) / 1e6 for row in found.splitlines()]

    def _run(self, *options: str) -> None:
        subprocess.run([self._program, *options, self._dsn], check=True, capture_output=True)
