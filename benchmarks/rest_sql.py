"""How fast PostgreSQL alone answers what the data API asks it: the same SQL in pgbench, the opening included."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.deployment import Deployment
from benchmarks.rest_peer import POOL, Question
from carebase.database import binaries, pool
from carebase.database import session as sessions
from carebase.database.exchange import Statement
from carebase.database.pool import Login, Pools
from carebase.rest import loading, work
from carebase.rest.configuration import Configuration
from carebase.rest.parsing import request as reading
from carebase.rest.schema import Known


def per_second(deployment: Deployment, question: Question, *, person: str, seconds: int, folder: Path) -> float:
    """Transactions a second over as many connections as the data API has, each asking as the person."""
    secret = (deployment.served.data / "secret").read_text().strip()
    statement = asyncio.run(_written(deployment, question, secret=secret))
    with deployment.owner() as connection:
        row = connection.execute(
            "select s.id::text, u.raw_app_meta_data from auth.sessions s join auth.users u on u.id = s.user_id "
            "where u.id = %s",
            [person],
        ).fetchone()
    if row is None:
        raise RuntimeError("the person has no session")
    claims = json.dumps({
        "sub": person, "role": "authenticated", "aal": "aal1", "session_id": row[0], "app_metadata": row[1],
    })  # fmt: skip
    settings = {
        "statement_timeout": "8s", "search_path": '"public"', "request.method": "GET", "request.path": "/bench_tasks",
        "request.headers": json.dumps({"accept": "application/json"}), "request.cookies": "{}",
        "carebase.request": json.dumps({"id": "a" * 32}), "role": "authenticated", "request.jwt.claims": claims,
        "transaction_read_only": "on",
    }  # fmt: skip
    calls = ", ".join(f"set_config({_quoted(name)}, {_quoted(value)}, true)" for name, value in settings.items())
    opening = f"select num_nulls({calls}, private.begin_request({_quoted(claims)}::jsonb));"
    path = folder / f"{question.name}.sql"
    filled = re.sub(r"\$(\d+)", lambda found: _quoted(str(statement.values[int(found[1]) - 1])), statement.text)
    path.write_text(f"\\startpipeline\nbegin;\n{opening}\n{filled};\ncommit;\n\\endpipeline\n")
    done = subprocess.run(
        [
            str(binaries.of_wheel() / "pgbench"), "-n", "-M", "prepared", "-c", str(POOL), "-j", "1",
            "-T", str(seconds), "-f", str(path),
            pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=deployment.dsn, secret=secret),
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done)
    if found is None:
        raise RuntimeError("pgbench told no rate")
    return float(found[1])


async def _written(deployment: Deployment, question: Question, *, secret: str) -> Statement:
    logins = frozenset({Login.AUTHENTICATOR})
    async with (
        Pools(owner_dsn=deployment.dsn, secret=secret, logins=logins) as pools,
        sessions.begin_as_login(pools[Login.AUTHENTICATOR]) as session,
    ):
        catalogue = await loading.load(session, schemas=["public"], roles=["authenticated"])
    address = urlsplit(question.paths[0])
    request = reading.read(method="GET", path=address.path, query=address.query, headers=[], body=b"")
    made = work.prepare(request, Known(catalogue=catalogue), Configuration(), role="authenticated")
    return made.statements[0]


def _quoted(text: str) -> str:
    # pgbench takes a name behind a colon for one of its variables.
    return "'" + text.replace("'", "''").replace('":"', '": "') + "'"
