"""Fills a database with people, teams, cases, messages and a sealed record, as the product would have written them.

The rows of the log are not chained here (a page does not read the chain); what is sealed and verified has a
database of its own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from carebase.database.identity import Identity, Role

CLINICIANS = 1000
MONTHS = 12
# One record in ten is in somebody's care now; the others are kept.
IN_CARE = 10
TEAM = 300
FEW_OWN = 20
MOST_OWN_PART = 100
LITTLE_RECORDED = 20
TREATING = ("many own cases", "few own cases", "team only")
MUCH_RECORDED_PART = 2000

_ACCOUNTS = """
insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data)
select bench.clinician(n), 'clinician' || n || '@carebase.example', now(), '{"role": "attending"}'
  from generate_series(1, %(clinicians)s) n
"""
_PATIENTS = """
insert into public.patients (id, created_by, first_name, last_name, date_of_birth, mrn, gender)
select bench.patient(n), bench.clinician(1 + n %% %(clinicians)s),
       (array['Aïcha','Kwame','Maria','Jean','Élodie','Samuel','Fatou','Paul','Grace','Ngozi'])[1 + n %% 10],
       (array['NGONO','OSEI','DIALLO','MARTIN','OKAFOR','MENSAH','KEITA'])[1 + n %% 7],
       date '1930-01-01' + n %% 32000, 'M' || n, case when n %% 2 = 0 then 'female' else 'male' end
  from generate_series(1, %(patients)s) n
"""
_TEAMS = """
insert into public.care_team (patient_id, provider_id, role)
select bench.patient(n), bench.clinician(1 + (n * 7 + k * 501) %% %(clinicians)s),
       case k when 0 then 'attending' else 'nurse' end
  from generate_series(1, %(in_care)s) n, generate_series(0, 1) k
"""
_TEAM_OF_ONE = """
insert into public.care_team (patient_id, provider_id, role)
select distinct bench.patient(1 + (n * 31 + %(offset)s) %% %(in_care)s), %(clinician)s::uuid, 'specialist'
  from generate_series(1, %(team)s) n
"""
# Three in four name a record; every hundredth is of the clinician with most.
_CASES = """
insert into public.cases (doctor_id, patient_name, patient_age, patient_gender, case_summary, doctor_notes, status,
                          critical_count, patient_id, created_at, updated_at)
select case when n %% %(most_part)s = 0 then %(most)s::uuid
            when n %% greatest(%(cases)s / %(few_own)s, 1) = 1 then %(few)s::uuid
            else bench.clinician(1 + (n * 31) %% %(clinicians)s) end,
       'Patient ' || n, n %% 95, case when n %% 2 = 0 then 'female' else 'male' end,
       'Asthénie et dyspnée d''effort depuis ' || n %% 12 || ' mois, palpitations. Pas de fièvre.',
       'TA 12/8, FC ' || 60 + n %% 60 || '/min, T 36,8 °C.', 'completed', n %% 3,
       case when n %% 4 <> 0 then bench.patient(1 + (n * 17::bigint %% %(in_care)s)::int) end,
       now() - make_interval(secs => n * 10), now() - make_interval(secs => n * 10)
  from generate_series(1, %(cases)s) n
"""
_CARE_MESSAGES = """
insert into public.care_messages (patient_id, sender_id, message, created_at)
select bench.patient(1 + n %% %(in_care)s), bench.clinician(1 + n %% %(clinicians)s),
       'Potassium 5,9 mmol/L ce matin, ECG demandé, contrôle à 14 h. ' || n, now() - make_interval(mins => n)
  from generate_series(1, %(in_care)s * 2) n
"""
_APPOINTMENTS = """
insert into public.appointments (patient_id, record_id, provider_name, appointment_type, scheduled_at, during, status)
select coalesce(a.account_id, bench.account(1 + n %% %(in_care)s)), bench.patient(1 + n %% %(in_care)s),
       'Dr OSEI', 'consultation', t.at,
       tstzrange(t.at, t.at + interval '30 minutes'), case when n %% 5 = 0 then 'cancelled' else 'scheduled' end
  from generate_series(1, %(in_care)s * 4) n
  cross join lateral (select now() + make_interval(hours => n %% 4000 - 2000) as at) t
  left join public.patient_accounts a on a.patient_id = bench.patient(1 + n %% %(in_care)s)
"""
_SECURE_MESSAGES = """
insert into public.secure_messages (patient_id, record_id, sender_id, is_from_staff, subject, body, is_read, created_at)
select coalesce(a.account_id, bench.account(1 + n %% %(in_care)s)), bench.patient(1 + n %% %(in_care)s),
       bench.clinician(1 + n %% %(clinicians)s), n %% 2 = 0, 'Résultats', 'Vos résultats sont arrivés. ' || n,
       n < %(in_care)s, now() - make_interval(mins => n)
  from generate_series(1, %(in_care)s * 2) n
  left join public.patient_accounts a on a.patient_id = bench.patient(1 + n %% %(in_care)s)
"""
# A month's part: the n-th entry of all has its time by n, so the parts fit together.
_LOG = """
insert into audit.log (seq, sealed_at, body, hash, at, actor, action, relation, keys, ip, agent, has_patients)
select n, t.at + interval '1 second',
       format('{"at":%%s,"actor":"%%s","session":"%%s","action":"read","relation":"public.cases","keys":["%%s"],'
              '"patients":["%%s"],"details":{},"request":"%%s","ip":"10.20.%%s.%%s","agent":"Mozilla/5.0 (Linux)"}',
              (extract(epoch from t.at) * 1e6)::bigint, w.actor, w.actor, w.key, w.patient,
              md5(n::text), n %% 256, n %% 251),
       decode(md5(n::text) || md5((n + 1)::text), 'hex'), t.at, w.actor, 'read', 'public.cases',
       jsonb_build_array(w.key),
       '10.20.' || n %% 256 || '.' || n %% 251, 'Mozilla/5.0 (Linux)', true
  from generate_series(%(first)s::bigint, %(last)s::bigint) n
  cross join lateral (select %(begins)s::timestamptz + n * %(step)s::interval as at) t
  cross join lateral (select bench.clinician((1 + n * 31 %% %(clinicians)s)::int) as actor,
                             md5('case' || n %% 1000003)::uuid::text as key,
                             case when n %% %(much_part)s = 0 then bench.patient(1)
                                  when n %% %(little_part)s = 1 then bench.patient(2)
                                  else bench.patient((3 + n * 17 %% (%(in_care)s - 2))::int) end as patient) w
"""
_ABOUT = """
insert into audit.about (patient_id, at, sealed_at, seq)
select substring(l.body from '"patients":\\["([0-9a-f-]{36})')::uuid, l.at, l.sealed_at, l.seq
  from audit.log l where l.seq between %(first)s and %(last)s
                     and l.sealed_at between %(from)s::timestamptz and %(to)s::timestamptz
"""
_BENCH = """
create schema bench;
create function bench.clinician(n int) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
create function bench.account(n int) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
create function bench.patient(n int) returns uuid language sql immutable as
    $$ select overlay(md5('patient' || n) placing '4' from 13 for 1)::uuid $$;
"""
# Document 001's way on the same rows: each policy as it is printed there, and with `exists`, which asks of each row.
_NAIVE = """
create table bench.care_team (like public.care_team including all);
insert into bench.care_team select * from public.care_team;
create table bench.cases_in (like public.cases including all);
insert into bench.cases_in overriding system value select * from public.cases;
create table bench.cases_exists (like public.cases including all);
insert into bench.cases_exists overriding system value select * from public.cases;
alter table bench.care_team enable row level security;
alter table bench.cases_in enable row level security;
alter table bench.cases_exists enable row level security;
grant usage on schema bench to authenticated;
grant select on bench.care_team, bench.cases_in, bench.cases_exists to authenticated;
create policy care_team_select on bench.care_team for select using (provider_id = auth.uid());
create policy doctors_see_their_cases on bench.cases_in for select using (doctor_id = auth.uid());
create policy providers_see_their_patients on bench.cases_in for select using (
    patient_id in (select patient_id from bench.care_team where provider_id = auth.uid()));
create policy doctors_see_their_cases on bench.cases_exists for select using (doctor_id = auth.uid());
create policy providers_see_their_patients on bench.cases_exists for select using (
    exists (select 1 from bench.care_team t
             where t.patient_id = cases_exists.patient_id and t.provider_id = auth.uid()));
analyze bench.care_team;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Who can be asked about in a filled database."""

    clinicians: dict[str, Identity]
    patients: dict[str, Identity]
    admin: Identity


def fill(owner: psycopg.Connection[Any], *, patients: int, cases: int) -> Filled:
    """People, teams, cases, appointments and messages, and beside them the copy under the naive policies."""
    in_care = max(patients // IN_CARE, 10)
    owner.execute(_BENCH)
    counts = {"patients": patients, "in_care": in_care, "cases": cases, "clinicians": CLINICIANS}
    clinicians = {name: a_person(owner, name) for name in (*TREATING, "nobody yet")}
    filled = Filled(
        clinicians=clinicians,
        patients={name: a_person(owner, name, role=None) for name in ("much recorded", "little recorded")},
        admin=a_person(owner, "admin", role="admin"),
    )
    ids = {name: str(identity.user_id) for name, identity in clinicians.items()}
    owner.execute("set session_replication_role = replica")
    owner.execute(_ACCOUNTS, counts)
    owner.execute(_PATIENTS, counts)
    owner.execute(_TEAMS, counts)
    for number, name in enumerate(TREATING):
        owner.execute(_TEAM_OF_ONE, counts | {"clinician": ids[name], "offset": number, "team": min(TEAM, in_care)})
    owner.execute(
        _CASES,
        counts
        | {"most": ids["many own cases"], "few": ids["few own cases"]}
        | {"most_part": MOST_OWN_PART, "few_own": FEW_OWN},
    )
    for number, person in enumerate(filled.patients.values(), 1):
        account = {"account": str(person.user_id), "n": number}
        owner.execute("update public.patients set account_id = %(account)s where id = bench.patient(%(n)s)", account)
        owner.execute(
            "insert into public.patient_accounts (account_id, patient_id, relation) "
            "values (%(account)s, bench.patient(%(n)s), 'self')",
            account,
        )
    for statement in (_CARE_MESSAGES, _APPOINTMENTS, _SECURE_MESSAGES):
        owner.execute(statement, counts)
    owner.execute(_NAIVE)
    owner.execute("reset session_replication_role")
    for table in ("patients", "care_team", "cases", "care_messages", "appointments", "secure_messages"):
        owner.execute(sql.SQL("vacuum analyze public.{}").format(sql.Identifier(table)))
    owner.execute("vacuum analyze bench.cases_in, bench.cases_exists")
    owner.execute("analyze auth.users")
    return filled


def a_person(owner: psycopg.Connection[Any], name: str, *, role: str | None = "attending") -> Identity:
    """A signed-in account of that role."""
    metadata = {} if role is None else {"role": role}
    row = owner.execute(
        "with made as (insert into auth.users (email, raw_app_meta_data) values (%s, %s) returning id) "
        "insert into auth.sessions (user_id, aal, not_after) select id, 'aal1', now() + interval '1 day' from made "
        "returning user_id, id",
        [f"{name.replace(' ', '.')}@carebase.example", json.dumps(metadata)],
    ).fetchone()
    if row is None:
        raise RuntimeError("no account was made")
    claims = {"sub": str(row[0]), "session_id": str(row[1]), "aal": "aal1", "app_metadata": metadata}
    return Identity(Role.AUTHENTICATED, claims)


def fill_log(owner_dsn: str, *, entries: int, patients: int) -> None:
    """So many sealed entries over the last twelve months, each about one record, two months at a time."""
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        begins, step = _spread(owner, entries)
        counts = {
            "in_care": max(patients // IN_CARE, 10),
            "clinicians": CLINICIANS,
            "much_part": MUCH_RECORDED_PART,
            "little_part": entries // LITTLE_RECORDED,
            "begins": begins,
            "step": step,
        }
        months = owner.execute(
            "select min(n), max(n), min(at), max(at), audit.make_partition(min(at)) from "
            "(select n, %(begins)s::timestamptz + n * %(step)s::interval + interval '1 second' as at "
            "   from generate_series(1, %(entries)s::bigint) n) e "
            "group by date_trunc('month', at at time zone 'UTC') order by 1",
            counts | {"entries": entries},
        ).fetchall()
        parts = [counts | {"first": first, "last": last, "from": a, "to": b} for first, last, a, b, _ in months]
        with _without_indexes(owner, "audit.log"), _without_indexes(owner, "audit.about"):
            loading = [threading.Thread(target=_load, args=(owner_dsn, parts[n::2])) for n in range(2)]
            for thread in loading:
                thread.start()
            for thread in loading:
                thread.join()
        found = owner.execute("select count(*) from audit.about").fetchone()
        if found is None or found[0] != entries:
            raise RuntimeError(f"{found} of {entries} entries were written")
        owner.execute("update audit.head set seq = %s, sealed_at = now()", [entries])
        owner.execute("vacuum analyze audit.log")
        owner.execute("vacuum analyze audit.about")
        owner.execute("checkpoint")


def size(owner: psycopg.Connection[Any]) -> str:
    """How large the database is, and its log with what belongs to it."""
    row = owner.execute(
        "select pg_size_pretty(pg_database_size(current_database())), "
        "       pg_size_pretty(sum(pg_total_relation_size(relid))) "
        "  from (select relid from pg_partition_tree('audit.log') union all select 'audit.about'::regclass) t"
    ).fetchone()
    return "" if row is None else f"{row[0]}, of it the record {row[1]}"


def _spread(owner: psycopg.Connection[Any], entries: int) -> tuple[Any, Any]:
    row = owner.execute(
        "select now() - make_interval(months => %(months)s), make_interval(months => %(months)s) / %(entries)s",
        {"months": MONTHS, "entries": entries},
    ).fetchone()
    if row is None:
        raise RuntimeError
    # An interval of months has no fixed length; in microseconds it has.
    step = owner.execute("select (now() - %s) / %s", [row[0], entries]).fetchone()
    if step is None:
        raise RuntimeError
    return row[0], step[0]


def _load(owner_dsn: str, parts: Sequence[dict[str, Any]]) -> None:
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("set synchronous_commit = off")
        for part in parts:
            owner.execute(_LOG, part)
            owner.execute(_ABOUT, part)


@contextmanager
def _without_indexes(owner: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Without the table's keys and indexes, which are made again at the end: much faster for many rows."""
    keys = owner.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint "
        "where conrelid = %s::regclass and contype in ('p', 'u')",
        [table],
    ).fetchall()
    indexes = owner.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i "
        "where i.indrelid = %s::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)",
        [table],
    ).fetchall()
    for name, _ in keys:
        owner.execute(f"alter table {table} drop constraint {name}")
    for name, _ in indexes:
        owner.execute(f"drop index {name}")
    yield
    owner.execute("set maintenance_work_mem = '512MB'")
    for name, definition in keys:
        owner.execute(f"alter table {table} add constraint {name} {definition}")
    for _, definition in indexes:
        owner.execute(definition.replace(" ON ONLY ", " ON "))
