"""A clinic in this process: the application, a real reader, and workers that can be started, starved and stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.conftest import SECRET, Database

from carebase import server
from carebase.database import pool
from carebase.database.identity import Identity
from carebase.database.pool import Login, Pools
from carebase.documents.reading import Reader
from carebase.jobs import queue
from carebase.records.work import Analyst, LeaseTiming
from carebase.settings import Settings
from carebase.storage.objects import Store

SAMPLES = Path(__file__).parents[3] / "src" / "carebase" / "cli" / "samples"
AICHA = {"patient_name": "Aïcha NGONO", "birth_date": "1991-03-14", "patient_gender": "female"}
LONG_ENOUGH_SECONDS = 20.0


@dataclass
class Clinic:
    """One deployment of its own, its pools and its clients."""

    app: Any
    database: Database
    pools: Pools
    store: Store
    reader: Reader
    doctors: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def client(self, person: Identity) -> httpx.AsyncClient:
        token = self.app.state.tokens._sign(  # the token of a session that exists, without its password
            dict(person.claims)
            | {"iss": "test", "aud": "authenticated", "role": "authenticated", "exp": 4102444800, "iat": 1}
        )
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://localhost:8000",
            headers={"Authorization": f"Bearer {token}"},
        )

    def analyst(self, *, reader: Any = None, hold_seconds: float = 2.0) -> Analyst:
        timing = LeaseTiming(hold_seconds=hold_seconds)
        return Analyst(pools=self.pools, store=self.store, reader=reader or self.reader, timing=timing)

    @contextlib.asynccontextmanager
    async def worker(
        self, analyst: Analyst | None = None, *, stalled_after_seconds: float = 1.0
    ) -> AsyncIterator[None]:
        """A worker at work while the block runs; retries are not waited for."""
        conninfo = pool.conninfo_for(Login.CARE_QUEUE, owner_dsn=self.database.owner_dsn, secret=SECRET)
        work = (analyst or self.analyst()).work
        timing = queue.Timing(stalled_after_seconds=stalled_after_seconds, poll_seconds=0.1)
        tasks = [
            asyncio.create_task(queue.Worker(conninfo, work, timing=timing).run()),
            asyncio.create_task(self._skip_pauses()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _skip_pauses(self) -> None:
        """The pauses before retries are the queue's own and measured elsewhere; here they would only cost time."""
        while True:
            await asyncio.sleep(0.1)
            await asyncio.to_thread(
                self.sql,
                "update procrastinate_jobs set scheduled_at = now() where status = 'todo' and scheduled_at > now()",
            )

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows as the superuser sees them."""
        with self.database.owner() as connection:
            # The queue's own triggers find their tables by the path.
            connection.execute("set search_path to jobs, public")
            done = connection.execute(text, values)
            return done.fetchall() if done.description else []

    def job(self, case_id: str) -> dict[str, Any]:
        """The arguments of the job that waits or is being done for a case."""
        return self.sql(
            "select args from jobs.procrastinate_jobs where args ->> 'case_id' = %s and status in ('todo', 'doing')",
            case_id,
        )[0][0]


async def until(happened: Callable[[], Any], *, seconds: float = LONG_ENOUGH_SECONDS) -> Any:
    """What `happened` says as soon as it is true."""
    async with asyncio.timeout(seconds):
        while not (found := await asyncio.to_thread(happened)):
            await asyncio.sleep(0.05)
        return found


@pytest.fixture(scope="session")
def reader():
    reading = Reader()
    with asyncio.Runner() as runner:
        runner.run(reading.start())
        yield reading
        runner.run(reading.close())


@pytest.fixture
def clinic(database: Database, reader: Reader, tmp_path: Path):
    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Clinic]:
        settings = Settings(data=tmp_path, secret=SECRET, database_url=database.owner_dsn)
        app = server.build(settings, owner_dsn=database.owner_dsn)
        async with app.router.lifespan_context(app), database.pools(frozenset({Login.CARE_WORKER})) as pools:
            yield Clinic(app, database, pools, app.state.store, reader)

    return opened
