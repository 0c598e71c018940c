"""A deployment for the suites of Storage's clients, with the keys and the row policies that they bring along.

In charge of one PostgreSQL and one server, as an operator has them after `carebase serve`; nothing of it is left.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import uvicorn
from tests.conformance.serving import free_port

from carebase import server
from carebase.auth.tokens import Tokens
from carebase.database import migrate
from carebase.database.embedded import Embedded
from carebase.settings import Settings

SECRET: Final = "a-secret-of-the-suites-of-storage-0123456789"


@dataclass(frozen=True)
class Deployed:
    """A server with its storage; `owner_dsn` is for looking behind it."""

    address: str
    anon_key: str
    service_key: str
    owner_dsn: str


@contextmanager
def deployed(policies: str, *, port: int | None = None) -> Iterator[Deployed]:
    """A deployment to which `policies` are added, as an operator adds his own after the start."""
    folder = Path(tempfile.mkdtemp(prefix="carebase-suite-"))
    folder.chmod(0o755)
    embedded = Embedded(folder / "data")
    with asyncio.Runner() as runner:
        dsn = runner.run(embedded.start()).dsn()
        try:
            migrate.migrate(dsn, secret=SECRET, staff_mfa="optional")
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(policies)
            with _served(folder, dsn=dsn, port=port or free_port()) as one:
                yield one
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(folder: Path, *, dsn: str, port: int) -> Iterator[Deployed]:
    settings = Settings(
        data=folder / "data",
        secret=SECRET,
        port=port,
        requests_per_minute=1_000_000,
        uploads_per_hour=1_000_000,
        storage_key=folder / "storage.key",
    )
    app = server.build(settings, owner_dsn=dsn)
    web = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", server_header=False))
    thread = threading.Thread(target=lambda: asyncio.run(web.serve()), name="storage")
    thread.start()
    try:
        while not web.started:
            if not thread.is_alive():
                raise SystemExit(f"the server did not start on port {port}")
            time.sleep(0.05)
        tokens = Tokens.of(settings)
        yield Deployed(f"http://127.0.0.1:{port}", tokens.anon_key(), tokens.service_key(), dsn)
    finally:
        web.should_exit = True
        thread.join()
