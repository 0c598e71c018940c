"""How fast entries are sealed and verified, beside what cannot be left out of either.

Sealing stands beside the same rows moved from one table into another of the same columns and indexes, without any hash;
verifying beside the same rows streamed from the database and thrown away, and beside their hashes alone.
"""

from __future__ import annotations

import asyncio
import cProfile
import hashlib
import io
import pstats
import statistics
import time
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import figures
from carebase.audit import chain, signing, verify
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.checkpoints import Checkpoints
from carebase.audit.sealer import BATCH_ROWS
from carebase.database import pool, streams
from carebase.database.pool import Login, Pools

SEAL_GOAL, VERIFY_GOAL = 40_000, 100_000
ROW_COLUMNS, ABOUT_COLUMNS = (verify.SQL[name].text.partition(" from ")[0].count(",") + 1 for name in ("rows", "about"))
# 200 to 400 bytes: reads of a case by a page and by an application, each about one record.
_INBOX = """
insert into audit.inbox (body)
select format('{"at":%%s,"actor":"%%s","session":"%%s","action":"read","relation":"public.cases","keys":["%%s"],'
              '"patients":["%%s"],"details":{}%%s,"request":"%%s","ip":"10.20.%%s.%%s","agent":%%s}',
              (extract(epoch from clock_timestamp()) * 1e6)::bigint + n, md5((n %% 1000)::text)::uuid,
              case when n %% 3 > 0 then md5((n %% 5000)::text)::uuid::text end, md5('case' || n %% 1000003)::uuid,
              md5('patient' || n %% 100003)::uuid, '', md5(n::text), n %% 256, n %% 251,
              case when n %% 3 > 0 then '"Mozilla/5.0 (X11; Linux x86_64)"' else 'null' end)
  from generate_series(1, %(rows)s) n
"""
_FLOOR = """
create schema floor;
create table floor.log (like audit.log including all);
create table floor.about (like audit.about including all);
create table floor.inbox (n bigint primary key, body text);
"""
_MOVE = """
with moved as (delete from floor.inbox where n between %(first)s and %(last)s returning n, body),
     read as (select n, body, body::jsonb as b from moved offset 0),
     kept as (insert into floor.log (seq, sealed_at, body, hash, at, actor, action, relation, keys, ip, agent,
                                     has_patients)
              select n, now(), body, '\\x00'::bytea, now(), (b ->> 'actor')::uuid, b ->> 'action', b ->> 'relation',
                     b -> 'keys', b ->> 'ip', b ->> 'agent', true from read)
insert into floor.about (patient_id, at, sealed_at, seq) select (b #>> '{patients,0}')::uuid, now(), now(), n from read
"""


async def measure(
    owner_dsn: str, folder: Path, *, secret: str, rows: int, rounds: int
) -> tuple[float, float, list[str]]:
    """Sealed and verified rows a second, medians, and the verdicts."""
    sealed: list[float] = []
    moved: list[float] = []
    verified: list[float] = []
    streamed: list[float] = []
    hashed: list[float] = []
    file, key = CheckpointFile(folder / "checkpoints.jsonl"), folder / "signing.key"
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute(_FLOOR)
        sizes = _fill(owner, rows=1000)
        _seal(owner_dsn, secret=secret)
        for number in range(rounds):
            _fill(owner, rows=rows)
            owner.execute("truncate floor.inbox, floor.log, floor.about")
            owner.execute("insert into floor.inbox select row_number() over (order by n), body from audit.inbox")
            owner.execute("vacuum analyze audit.inbox, floor.inbox")
            owner.execute("checkpoint")
            # In turns, and in the other order the next time.
            for is_sealing in (number % 2 == 0, number % 2 == 1):
                if is_sealing:
                    sealed.append(rows / _seal(owner_dsn, secret=secret))
                else:
                    moved.append(rows / _move(owner, rows=rows))
            await _sign(owner_dsn, file, key, secret=secret)
            count, seconds = await asyncio.to_thread(_stream, owner_dsn)
            streamed.append(count / seconds)
            hashed.append(count / await asyncio.to_thread(_hash, owner_dsn))
            verified.append(await asyncio.to_thread(_verify, owner_dsn, file, key))
    print(f"\n{rounds} rounds of {rows} entries of {sizes} bytes, {BATCH_ROWS} a batch; the log grows to {count} rows")
    for name, rates in (
        ("sealed", sealed),
        ("moved without a chain", moved),
        ("verified", verified),
        ("streamed and thrown away", streamed),
        ("hashed alone", hashed),
    ):
        print(f"{name:<28} {statistics.median(rates):8.0f} rows/s ({min(rates):.0f} to {max(rates):.0f})")
    seal, verify_rate = statistics.median(sealed), statistics.median(verified)
    if seal < SEAL_GOAL:
        print(f"sealing takes {statistics.median(moved) / seal:.2f} times as long as moving the rows without a chain")
    if verify_rate < VERIFY_GOAL:
        print(await asyncio.to_thread(_profile, owner_dsn, file, key))
    return (
        seal,
        verify_rate,
        [
            figures.verdict("sealed rows a second", seal, goal=SEAL_GOAL, at_least=True),
            figures.verdict("verified rows a second", verify_rate, goal=VERIFY_GOAL, at_least=True),
        ],
    )


def _fill(owner: psycopg.Connection[Any], *, rows: int) -> str:
    owner.execute(_INBOX, {"rows": rows})
    row = owner.execute("select min(length(body)) || ' to ' || max(length(body)) from audit.inbox").fetchone()
    return "" if row is None else str(row[0])


def _seal(owner_dsn: str, *, secret: str) -> float:
    """Seal until nothing waits, as the sealer's login; seconds."""
    dsn = pool.conninfo_for(Login.AUDIT_SEALER, owner_dsn=owner_dsn, secret=secret)
    with psycopg.connect(dsn, autocommit=True) as connection:
        began = time.perf_counter()
        while True:
            row = connection.execute("select audit.seal(%s)", [BATCH_ROWS]).fetchone()
            if row is None or row[0] < 0:
                raise RuntimeError("another sealer is at work")
            if row[0] == 0:
                return time.perf_counter() - began


def _move(owner: psycopg.Connection[Any], *, rows: int) -> float:
    began = time.perf_counter()
    for first in range(1, rows + 1, BATCH_ROWS):
        owner.execute(_MOVE, {"first": first, "last": first + BATCH_ROWS - 1})
    return time.perf_counter() - began


async def _sign(owner_dsn: str, file: CheckpointFile, key: Path, *, secret: str) -> None:
    async with Pools(owner_dsn=owner_dsn, secret=secret, logins=frozenset({Login.AUDIT_SEALER})) as pools:
        await Checkpoints(pools[Login.AUDIT_SEALER], file=file.path, key=key).make()


def _verify(owner_dsn: str, file: CheckpointFile, key: Path) -> float:
    """Rows a second of what `carebase audit verify` does."""
    public = frozenset({signing.public_half(signing.key_at(key))})
    began = time.perf_counter()
    report = verify.of_database(owner_dsn, found=file.read(), keys=public)
    taken = time.perf_counter() - began
    if not report.is_intact or report.trusted != report.head.seq:
        raise RuntimeError(f"the record is not intact: {report.faults[:3]}")
    return report.rows / taken


def _stream(owner_dsn: str) -> tuple[int, float]:
    began, count = time.perf_counter(), 0
    with streams.reading(owner_dsn, role=verify.OWNER) as owner:
        for _ in owner.stream(verify.SQL["rows"], ROW_COLUMNS):
            count += 1
        for _ in owner.stream(verify.SQL["about"], ABOUT_COLUMNS):
            pass
    return count, time.perf_counter() - began


def _hash(owner_dsn: str) -> float:
    with streams.reading(owner_dsn, role=verify.OWNER) as owner:
        bodies = [bytes(row[2] or b"") for row in owner.stream(verify.SQL["rows"], ROW_COLUMNS)]
    began, previous = time.perf_counter(), bytes(32)
    for seq, body in enumerate(bodies):
        previous = hashlib.sha256(previous + chain.NUMBERS.pack(seq, seq) + body).digest()
    return time.perf_counter() - began


def _profile(owner_dsn: str, file: CheckpointFile, key: Path) -> str:
    profiler, written = cProfile.Profile(), io.StringIO()
    profiler.enable()
    _verify(owner_dsn, file, key)
    profiler.disable()
    pstats.Stats(profiler, stream=written).sort_stats("tottime").print_stats(15)
    return written.getvalue()
