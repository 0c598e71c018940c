"""Two sealers, people who read and write, and a PostgreSQL, each killed at random points; then the record is counted.

Everything a person was told is in the record once, whoever was killed; nothing is in it twice, told or not; what the
database wrote of itself is there exactly as often as the rows it wrote of; the chain and its checkpoints hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from tests.faults.served import ROOT

from carebase.audit import signing, verify
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.verify import Report
from carebase.database import migrate, placement
from carebase.database.embedded import Embedded

SECRET = "a-secret-of-the-faults-that-is-long-enough-0123456789"
PROCESS = Path(__file__).with_name("recording_process.py")
# Everything is killed in each campaign; sealers and people more often, since PostgreSQL takes both with it.
FIRST_TARGETS = ("sealer", "people", "postmaster", "sealers at work")
TARGETS = ("sealer", "sealers at work", "sealers at work", "people", "people", "postmaster")
PROCESSES_OF = {"sealers at work": ("sealer 1", "sealer 2"), "people": ("people",), "postmaster": ()}
SETTLES_WITHIN_SECONDS = 90.0
GOES_ON_WITHIN_SECONDS = 30.0
AT_WORK_WITHIN_SECONDS = 3.0


@dataclass
class Outcome:
    """What people were told, and what the record says of it."""

    kills: Counter[str] = field(default_factory=Counter)
    told: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unmatched_rows: int = 0
    """Rows of tracked tables without an entry, and entries of rows that are not there."""
    sealed: int = 0
    waiting: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)
    vouched_through: int = 0
    slowest_return_seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"kills {dict(self.kills)}, told {self.told}, lost {len(self.lost)}, doubled {len(self.doubled)}, "
            f"rows without their entry {self.unmatched_rows}, sealed {self.sealed}, waiting {self.waiting}, "
            f"checkpoints {self.checkpoints}, faults {len(self.faults)}, "
            f"slowest return {self.slowest_return_seconds:.1f} s"
        )


@dataclass
class Deployment:
    """A database, where its processes keep what they keep, and who acts."""

    folder: Path
    dsn: str
    claims: str
    patient: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def acknowledged(self) -> Path:
        return self.folder / "acknowledged"

    def start(self, name: str) -> None:
        """Start a process, again where it was killed."""
        if name == "people":
            words = ["act", self.dsn, SECRET, str(self.acknowledged), self.claims, self.patient]
        else:
            words = ["seal", self.dsn, SECRET, str(self.folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with (self.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [sys.executable, str(PROCESS), *words], env=environment, stdout=output, stderr=output
            )

    def kill(self, name: str) -> None:
        process = self.processes[name]
        assert process.poll() is None, f"{name} ended by itself: {self.said(name)}"
        process.kill()
        process.wait()

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    @contextlib.contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            yield connection


async def run(*, kills: int, seed: int, pauses: tuple[float, float] = (0.2, 1.5)) -> Outcome:
    """Kill `kills` times at points that `seed` decides, let everything settle, and count."""
    chance, outcome = random.Random(seed), Outcome()
    async with _deployment() as deployment:
        for name in ("sealer 1", "sealer 2", "people"):
            deployment.start(name)
        await _answers(deployment, 0)
        for number in range(kills):
            await asyncio.sleep(chance.uniform(*pauses))
            target = FIRST_TARGETS[number] if number < len(FIRST_TARGETS) else chance.choice(TARGETS)
            one, moment = f"sealer {chance.choice((1, 2))}", chance.uniform(0, 0.01)
            if target == "sealers at work":
                await _at_work(deployment)
                await asyncio.sleep(moment)
            began = time.monotonic()
            if target == "postmaster":
                _postmaster(deployment).kill()
                await _serves(deployment)
            for name in {**PROCESSES_OF, "sealer": (one,)}[target]:
                deployment.kill(name)
                deployment.start(name)
            outcome.kills[target] += 1
            if target in ("people", "postmaster"):
                await _answers(deployment, deployment.acknowledged.stat().st_size)
                outcome.slowest_return_seconds = max(outcome.slowest_return_seconds, time.monotonic() - began)
        deployment.kill("people")
        await _settled(deployment)
        await asyncio.to_thread(_account, deployment, outcome)
    return outcome


@contextlib.asynccontextmanager
async def _deployment() -> AsyncIterator[Deployment]:
    folder = Path(tempfile.mkdtemp(prefix="carebase-record-"))
    # The database's own user has to pass through to its directory.
    folder.chmod(0o755)
    embedded = Embedded(folder / "data")
    deployment: Deployment | None = None
    try:
        running = await embedded.start()
        await asyncio.to_thread(migrate.migrate, running.dsn(), secret=SECRET)
        deployment = Deployment(folder, running.dsn(), *_people(running.dsn()))
        watching = asyncio.create_task(embedded.watch())
        try:
            yield deployment
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    finally:
        if deployment is not None:
            deployment.end()
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _people(dsn: str) -> tuple[str, str]:
    """The claims of a signed-in clinician, and a patient of its team."""
    metadata = {"role": "attending"}
    with psycopg.connect(dsn, autocommit=True) as owner:
        (user,) = owner.execute(
            "insert into auth.users (email, raw_app_meta_data) values ('a@carebase.example', %s) returning id",
            [json.dumps(metadata)],
        ).fetchone()
        (signed_in,) = owner.execute(
            "insert into auth.sessions (user_id, aal, not_after) values (%s, 'aal1', now() + interval '1 day') "
            "returning id",
            [user],
        ).fetchone()
        (patient,) = owner.execute(
            "insert into public.patients (created_by, first_name, last_name) values (%s, 'A', 'B') returning id", [user]
        ).fetchone()
        owner.execute("insert into public.care_team values (%s, %s, 'attending')", [patient, user])
    claims = {"sub": str(user), "session_id": str(signed_in), "aal": "aal1", "app_metadata": metadata}
    return json.dumps(claims), str(patient)


def _postmaster(deployment: Deployment) -> psutil.Process:
    pid_file = placement.existing((deployment.folder / "data").resolve()).cluster / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().split()[0]))


async def _serves(deployment: Deployment) -> None:
    """Return once PostgreSQL, just killed, has been started again."""
    until = time.monotonic() + GOES_ON_WITHIN_SECONDS
    while True:
        # What is left of the killed one still takes connections for a moment and then drops them.
        await asyncio.sleep(0.1)
        with contextlib.suppress(psycopg.OperationalError), deployment.owner() as owner:
            owner.execute("select from audit.head")
            return
        assert time.monotonic() < until, "PostgreSQL does not come back"


async def _answers(deployment: Deployment, told: int) -> None:
    """Return once somebody was told something again."""
    until = time.monotonic() + GOES_ON_WITHIN_SECONDS
    while not deployment.acknowledged.exists() or deployment.acknowledged.stat().st_size <= told:
        assert time.monotonic() < until, f"nobody gets an answer: {deployment.said('people')}"
        await asyncio.sleep(0.02)


async def _at_work(deployment: Deployment) -> None:
    """Return while a sealer holds the end of the chain, if one does within a while."""
    until = time.monotonic() + AT_WORK_WITHIN_SECONDS
    with deployment.owner() as owner:
        while time.monotonic() < until:
            if owner.execute("select from audit.head for update skip locked").fetchone() is None:
                return
            await asyncio.sleep(0)


async def _settled(deployment: Deployment) -> None:
    """Return once the sealers have sealed what waits and signed it; they are ended then."""
    until, file = time.monotonic() + SETTLES_WITHIN_SECONDS, CheckpointFile(deployment.folder / "checkpoints.jsonl")
    while True:
        with contextlib.suppress(psycopg.OperationalError), deployment.owner() as owner:
            (waiting, seq) = owner.execute("select (select count(*) from audit.inbox), seq from audit.head").fetchone()
            signed = [each.read().seq for each in file.read()]
            if waiting == 0 and signed and signed[-1] == seq:
                break
        assert time.monotonic() < until, f"the sealers do not go on: {deployment.said('sealer 1')}"
        await asyncio.sleep(0.1)
    for name in ("sealer 1", "sealer 2"):
        deployment.kill(name)


def _account(deployment: Deployment, outcome: Outcome) -> None:
    told = [key for line in deployment.acknowledged.read_text().splitlines() for key in line.split()]
    with deployment.owner() as owner:
        sealed: Counter[str] = Counter()
        for (key,) in owner.execute("select jsonb_array_elements_text(keys) from audit.log").fetchall():
            sealed[key] += 1
        (outcome.waiting,) = owner.execute("select count(*) from audit.inbox").fetchone()
        (outcome.unmatched_rows,) = owner.execute(
            "select count(*) from (select 'public.care_messages' as relation, id::text as key "
            "                        from public.care_messages "
            "                      union all select 'public.tasks', id::text from public.tasks) stored "
            "full join (select relation, keys ->> 0 as key from audit.log "
            "            where action = 'INSERT' and relation in ('public.care_messages', 'public.tasks')) entries "
            "using (relation, key) where stored.key is null or entries.key is null"
        ).fetchone()
    outcome.told = len(told)
    outcome.lost = [key for key in told if sealed[key] == 0]
    # What nobody was told may be there or not, but never twice.
    outcome.doubled = [key for key, count in sealed.items() if count > 1]
    report = _verified(deployment)
    outcome.sealed, outcome.vouched_through = report.rows, report.trusted
    outcome.checkpoints = len(CheckpointFile(deployment.folder / "checkpoints.jsonl").read())
    outcome.faults = [each.said for each in report.faults]


def _verified(deployment: Deployment) -> Report:
    public = signing.public_half(signing.key_at(deployment.folder / "signing.key"))
    found = CheckpointFile(deployment.folder / "checkpoints.jsonl").read()
    return verify.of_database(deployment.dsn, found=found, keys=frozenset({public}))
