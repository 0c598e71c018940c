"""Replays PostgREST's own expectations against our data API.

    python -m tests.conformance.rest CHECKOUT
        [--cases FILE] [--database DSN] [--suite PART] [--differences N] [--seed S] [-v]

CHECKOUT is PostgREST at v14.17. A throw-away PostgreSQL 15 is made and filled with its fixtures, unless `--database`
names one that was. The folder with `prepare.py`, `replay.py` and `cases.json` is found through CAREBASE_SHARED.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from tests.conformance import serving
from tests.conformance.differences import peer, running

from carebase.rest.catalogue import Name
from carebase.rest.configuration import Configuration

ANONYMOUS = "postgrest_test_anonymous"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def configuration() -> Configuration:
    return Configuration(
        schemas=("test",),
        extra_search_path=(),
        anonymous_role=ANONYMOUS,
        pre_request=Name("test", "switch_role"),
        has_sessions=False,
        is_rolled_back=True,
        may_choose_ending=True,
        app_settings={
            "app.settings.app_host": "localhost",
            "app.settings.external_api_secret": "0123456789abcdef",
        },
        max_rows=None,
    )


# --- the database --------------------------------------------------------------------------------------------------


@contextmanager
def fixtures(checkout: Path, prepare: Path) -> Iterator[str]:
    """A throw-away PostgreSQL 15 that holds the fixtures of the specification."""
    if not (PROGRAMS / "initdb").exists():
        raise SystemExit("PostgreSQL 15 with its contrib modules is needed: apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="rest-", dir="/tmp"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    cluster, log = folder / "data", folder / "log"

    def run(*command: str | Path) -> None:
        subprocess.run([*as_user, *map(str, command)], check=True, stdout=subprocess.DEVNULL)

    try:
        run(PROGRAMS / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(PROGRAMS / "pg_ctl", "-D", cluster, "-l", log, "-o", options, "-w", "start")
        try:
            dsn = f"postgresql://postgres@/rest?host={folder}"
            with psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", autocommit=True) as connection:
                connection.execute("create database rest")
            subprocess.run([sys.executable, prepare, checkout, dsn], check=True, stdout=subprocess.DEVNULL)
            yield dsn
        finally:
            run(PROGRAMS / "pg_ctl", "-D", cluster, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replayed(replay: Path, cases: Path, *, address: str, options: list[str]) -> tuple[str, bool]:
    """Replay the cases; the line with their count of passes and failures, and whether that is good enough."""
    command = [sys.executable, str(replay), str(cases), *options]
    done = subprocess.run(
        command, env={**os.environ, "REST_URL": address}, stdout=subprocess.PIPE, text=True, check=False
    )
    lines = done.stdout.splitlines()
    summary = next((line for line in lines if line.endswith("failed") and " passed, " in line), "0 passed, 1 failed")
    for line in lines:
        if line != summary:
            print(line)
    passed, _, failed, _ = summary.replace(",", "").split()
    is_good = int(passed) * 100 >= (int(passed) + int(failed)) * 99
    return summary, is_good and done.returncode in {0, 1}


def compared(dsn: str, *, requests: int, seed: int) -> bool:
    """Ask PostgREST 12.0.2 the same at random, in a database of its own; whether no difference was left unexplained."""
    program = peer.program()
    if program is None or not requests:
        print("differences: none looked for" if program else "differences: PostgREST is not installed in tests/clients")
        return True
    own = make_conninfo(dsn, dbname="differences")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop database if exists differences")
        connection.execute("create database differences template template0")
        try:
            peer.fill(own)
            print(f"seed {seed}")
            return not running.run(program, own, requests=requests, seed=seed)
        finally:
            connection.execute("drop database differences with (force)")


def judged(dsn: str, shared: Path, given: argparse.Namespace) -> int:
    """Replay and compare; the last line is that of the replay."""
    options = (["--suite", given.suite] if given.suite else []) + (["-v"] if given.is_verbose else [])
    # Two cases send no slash before the path and three a bare `#`; only this parser lets them through to us.
    with serving.served(dsn, configuration(), parser="h11") as address:
        cases = given.cases or shared / "cases.json"
        summary, is_good = replayed(shared / "replay.py", cases, address=address, options=options)
    is_alike = compared(dsn, requests=given.differences, seed=given.seed)
    print(summary)
    return 0 if is_good and is_alike else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--database")
    parser.add_argument("--suite")
    parser.add_argument("--differences", type=int, default=20_000, help="how many requests are compared with PostgREST")
    parser.add_argument("--seed", type=int, default=1, help="another one makes other requests")
    parser.add_argument("-v", action="store_true", dest="is_verbose")
    given = parser.parse_args()
    shared = Path(os.environ.get("CAREBASE_SHARED") or Path(__file__).parents[3] / "shared") / "conformance" / "rest"
    if not shared.is_dir():
        print(f"{shared} is not there; CAREBASE_SHARED names the folder that holds conformance/rest")
        return 1 if os.environ.get("CI") else 0
    if given.database:
        return judged(given.database, shared, given)
    with fixtures(given.checkout, shared / "prepare.py") as dsn:
        return judged(dsn, shared, given)


if __name__ == "__main__":
    sys.exit(main())
