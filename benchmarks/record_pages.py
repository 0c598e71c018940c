"""What pages ask of the record: the latest cases under the policy of teams, and everybody's first page.

Each question is asked as a request asks it, in a transaction of its own under role and claims, in turns with what it is
compared with.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import rows

from benchmarks import figures
from benchmarks.record_rows import Filled
from carebase.database import queries, session
from carebase.database.identity import Identity
from carebase.database.pool import Login, Pools
from carebase.database.queries import Query

WARM_UP = 6
LONGEST_PLAN = 40
SQL = queries.load("""
-- name: latest
-- The latest twenty of all cases that the reader may see.
select case_id, doctor_id, patient_name, status, critical_count, patient_id, created_at
  from public.cases order by created_at desc limit 20;

-- name: naive_in
-- The same rows under the documents' policies.
select case_id, doctor_id, patient_name, status, critical_count, patient_id, created_at
  from bench.cases_in order by created_at desc limit 20;

-- name: naive_exists
-- The same with the team asked for by `exists`.
select case_id, doctor_id, patient_name, status, critical_count, patient_id, created_at
  from bench.cases_exists order by created_at desc limit 20;

-- name: team_page
-- A clinician's first page: the patients of its teams with their newest case and what it has not read.
select p.id, p.first_name, p.last_name, p.date_of_birth, newest.case_id, newest.status, newest.created_at, unread.count
  from public.patients p
  join public.care_team t on t.patient_id = p.id and t.provider_id = (select auth.uid())
  left join lateral (select c.case_id, c.status, c.created_at from public.cases c
                      where c.patient_id = p.id and c.deleted_at is null
                      order by c.created_at desc, c.id desc limit 1) newest on true
  left join lateral (select count(*) from public.care_messages m
                      where m.patient_id = p.id
                        and not exists (select from public.care_message_reads r
                                         where r.message_id = m.id and r.reader_id = (select auth.uid()))) unread
    on true
 order by newest.created_at desc nulls last limit 20;

-- name: next_appointments
-- A person's first page: when it is expected.
select id, provider_name, appointment_type, scheduled_at, status
  from public.appointments
 where patient_id = (select auth.uid()) and scheduled_at >= now() and status in ('scheduled', 'confirmed')
 order by scheduled_at limit 3;

-- name: unread_messages
-- A person's first page: what was written to it.
select id, subject, sender_id, created_at
  from public.secure_messages
 where patient_id = (select auth.uid()) and is_from_staff and not is_read order by created_at desc limit 20;

-- name: who_saw_me
-- A person's first page: who saw its record.
select id, user_id, action, resource, created_at from public.phi_audit_log order by created_at desc limit 20;

-- name: latest_entries
-- An administrator's first page: what happened last.
select id, user_id, action, table_name, record_id, created_at
  from public.audit_log order by created_at desc limit 20;

-- name: latest_accesses
-- An administrator's first page: whose record was seen last.
select id, user_id, patient_id, action, resource, created_at
  from public.phi_audit_log order by created_at desc limit 20;
""")
NAIVE = ("naive_in", "naive_exists")
FIRST_PAGES: Mapping[str, Sequence[str]] = {
    "clinician": ("team_page",),
    "patient": ("next_appointments", "unread_messages", "who_saw_me"),
    "admin": ("latest_entries", "latest_accesses"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A database with its pools, by a name for the tables."""

    name: str
    owner_dsn: str
    pools: Pools
    filled: Filled


async def latest_cases(databases: Sequence[Asked], *, rounds: int, naive_rounds: int) -> list[str]:
    """Twenty latest cases for each kind of clinician, ours in each round and the naive ones in the first of them."""
    taken: dict[tuple[str, str, str], list[float]] = {}
    for number in range(WARM_UP + rounds):
        for at in databases:
            for who, person in at.filled.clinicians.items():
                ways = ("latest", *(NAIVE if number < naive_rounds else ()))
                for way in ways:
                    waited = await seconds(at.pools, person, [way])
                    if number >= WARM_UP or way in NAIVE:
                        taken.setdefault((at.name, who, way), []).append(waited)
    print("\nTwenty latest cases, own or of a team, in a transaction of their own")
    for (name, who, way), found in sorted(taken.items()):
        print(figures.line(f"{name}, {who}, {way}", found))
    worst = max(
        ((name, who) for name, who, way in taken if way == "latest"),
        key=lambda key: statistics.median(taken[*key, "latest"]),
    )
    slowest = 1000 * statistics.median(taken[*worst, "latest"])
    naive_slowest = 1000 * max(statistics.median(found) for (_, _, way), found in taken.items() if way in NAIVE)
    print(f"slowest: ours {slowest:.2f} ms ({', '.join(worst)}), naive {naive_slowest:.0f} ms")
    if slowest > 10:
        at = next(at for at in databases if at.name == worst[0])
        print(explained(at.owner_dsn, at.filled.clinicians[worst[1]], SQL["latest"]))
    return [figures.verdict("latest twenty p50 milliseconds, the slowest reader", slowest, goal=10)]


async def first_pages(databases: Sequence[Asked], *, rounds: int) -> None:
    """Everybody's first page, all of its questions in one transaction, in turns over the databases."""
    taken: dict[str, list[float]] = {}
    asked: dict[str, tuple[Asked, Identity]] = {}
    for number in range(WARM_UP + rounds):
        for at in databases:
            readers = {
                **{f"clinician, {who}": person for who, person in at.filled.clinicians.items()},
                **{f"patient, {who}": person for who, person in at.filled.patients.items()},
                "admin": at.filled.admin,
            }
            for who, person in readers.items():
                kind = who.partition(",")[0]
                for name in (*FIRST_PAGES[kind], *(["whole"] if len(FIRST_PAGES[kind]) > 1 else [])):
                    key = f"{at.name}, {who}: {name}"
                    waited = await seconds(at.pools, person, FIRST_PAGES[kind] if name == "whole" else [name])
                    asked[key] = at, person
                    if number >= WARM_UP:
                        taken.setdefault(key, []).append(waited)
    print("\nFirst pages")
    for key, found in sorted(taken.items()):
        print(figures.line(key, found))
    worst = max(taken, key=lambda key: statistics.median(taken[key]) if not key.endswith("whole") else 0)
    if statistics.median(taken[worst]) > 0.02:
        at, person = asked[worst]
        print(f"{worst}:")
        print(explained(at.owner_dsn, person, SQL[worst.rpartition(": ")[2]]))


async def seconds(pools: Pools, person: Identity, names: Sequence[str]) -> float:
    """How long the questions take in one transaction, with what begins and ends it."""
    began = time.perf_counter()
    async with session.begin(
        pools[Login.AUTHENTICATOR], person, read_only=True, statement_timeout_milliseconds=120_000
    ) as reading:
        for name in names:
            await reading.run(SQL[name])
    return time.perf_counter() - began


def explained(owner_dsn: str, person: Identity, query: Query) -> str:
    """The plan of a question of that person, as PostgreSQL carried it out."""
    with psycopg.connect(owner_dsn, row_factory=rows.tuple_row) as owner:
        found: list[tuple[Any, ...]] = []
        for _ in range(2):
            owner.execute(
                "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)",
                [person.claims_json],
            )
            found = owner.execute(f"explain (analyze, buffers off, costs off) {query.text}").fetchall()
            owner.rollback()
    steps = [row[0] for row in found if "never executed" not in row[0] and "Index Searches" not in row[0]]
    # Each month of the log has a step like the one before.
    return "\n".join(steps[:LONGEST_PLAN])
