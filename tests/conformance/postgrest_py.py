"""Runs the suite of supabase-py's `postgrest` package against our data API.

    python -m tests.conformance.postgrest_py CHECKOUT [-v] [PYTEST ARGUMENT ...]

CHECKOUT is supabase-py; its own client is used, and its own `infra/init.sql` fills a throw-away database, to which the
anonymous role has the rights it has there. Only the address that the suite asks is changed, in a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo
from tests.conformance import serving

from carebase.database.embedded import Embedded
from carebase.rest.configuration import Configuration

ANONYMOUS = "suite"
ADDRESS = "http://127.0.0.1:3000"
CHOSEN = Configuration(
    schemas=("public",),
    extra_search_path=(),
    anonymous_role=ANONYMOUS,
    has_sessions=False,
    may_choose_ending=True,
    are_plans_allowed=True,
)
"""As the suite's own `infra/docker-compose.yaml` has it."""


@contextmanager
def prepared(package: Path) -> Iterator[str]:
    """A PostgreSQL of its own with the suite's tables."""
    folder = Path(tempfile.mkdtemp(prefix="carebase-suite-"))
    folder.chmod(0o755)
    server = Embedded(folder / "data")
    with asyncio.Runner() as runner:
        running = runner.run(server.start())
        try:
            with psycopg.connect(running.dsn(), autocommit=True) as connection:
                connection.execute(f"create role {ANONYMOUS}")
                connection.execute("create database suite")
            dsn = conninfo.make_conninfo(running.dsn(), dbname="suite")
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute((package / "infra/init.sql").read_text(encoding="utf-8"))
                connection.execute(f"grant all on all tables in schema public to {ANONYMOUS}")
            yield dsn
        finally:
            runner.run(server.stop())
            shutil.rmtree(folder, ignore_errors=True)


def run(package: Path, *, address: str, options: list[str]) -> int:
    """Run the suite from a copy that asks `address`; pytest's exit code, its counts as the last line."""
    with tempfile.TemporaryDirectory(prefix="carebase-suite-") as folder:
        copy = Path(folder) / "tests"
        shutil.copytree(package / "tests", copy)
        asked = 0
        for client in copy.glob("*/client.py"):
            text = client.read_text(encoding="utf-8")
            asked += text.count(ADDRESS)
            client.write_text(text.replace(ADDRESS, address), encoding="utf-8")
        if not asked:
            raise SystemExit(f"the suite does not ask {ADDRESS} any more")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
        done = subprocess.run(
            [*command, "-W", "ignore::DeprecationWarning", "--tb=short", "--rootdir", folder, *options, "tests"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(package.resolve() / "src")},
            check=False,
        )
        return done.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    given, options = parser.parse_known_args()
    package = given.checkout / "src" / "postgrest"
    with prepared(package) as dsn, serving.served(dsn, CHOSEN) as address:
        return run(package, address=address, options=options)


if __name__ == "__main__":
    sys.exit(main())
