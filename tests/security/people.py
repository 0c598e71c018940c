"""Everybody who speaks to the database, each with the same kinds of rows, so that own and others' are told apart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from carebase.database import session
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.database.pool import Login

SCHEMAS = ("public", "private", "auth", "storage", "audit", "jobs", "migrations")
STAFF_ROLES = {"attending": "attending", "another attending": "attending", "nurse": "nurse"}


@dataclass(frozen=True)
class Actor:
    """Somebody with a login, and the person behind it when there is one."""

    name: str
    login: Login
    identity: Identity | None = None
    lease: str = ""
    asks_second_factor: bool = False

    @property
    def role(self) -> str:
        return self.identity.role.value if self.identity else self.login.value


@dataclass
class Clinic:
    """A database with a case, a file and an analysis of each person."""

    database: Any
    owner: psycopg.Connection
    people: dict[str, Identity] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    runs: dict[str, uuid.UUID] = field(default_factory=dict)
    lease: str = field(default_factory=lambda: str(uuid.uuid4()))
    made: set[tuple[str, str]] = field(default_factory=set)
    """Whose first rows exist in which tables; the others refer to those."""

    def __post_init__(self) -> None:
        roles: dict[str, str | None] = {**STAFF_ROLES, "patient": "patient", "without a role": None}
        for name, role in {**roles, "disabled": "attending"}.items():
            self.people[name] = self.database.a_person(role)
            self.cases[name] = str(uuid.uuid4())
            self.runs[name] = uuid.uuid4()
        for name in self.people:
            for table in PERSONAL:
                self.insert(self.owner, table, whose=name)
        self.owner.execute(
            "update public.cases set lease_token = %s, lease_until = now() + interval '1 hour' where case_id = %s",
            [self.lease, self.cases["attending"]],
        )
        self.owner.execute(
            "update storage.uploads set expires_at = now() where owner = %s", [self.people["attending"].user_id]
        )
        self.owner.execute("""
            insert into jobs.procrastinate_workers default values;
            insert into jobs.procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
            values ('t', 'p', 0)
        """)
        disabled = self.people["disabled"].user_id
        self.owner.execute("update auth.users set banned_until = 'infinity' where id = %s", [disabled])

    @property
    def actors(self) -> list[Actor]:
        attending = self.people["attending"]
        with_factor = Identity(Role.AUTHENTICATED, {**attending.claims, "aal": "aal2"})
        return [
            Actor("anon", Login.AUTHENTICATOR, ANONYMOUS),
            *(Actor(name, Login.AUTHENTICATOR, person) for name, person in self.people.items()),
            Actor("attending by password alone", Login.AUTHENTICATOR, attending, asks_second_factor=True),
            Actor("attending by two factors", Login.AUTHENTICATOR, with_factor, asks_second_factor=True),
            Actor("service key", Login.SERVICE_GATEWAY, Identity(Role.SERVICE)),
            Actor("worker that holds a case", Login.CARE_WORKER, lease=self.lease),
            Actor("worker without a case", Login.CARE_WORKER),
            Actor("queue", Login.CARE_QUEUE),
            Actor("accounts", Login.AUTH_SERVICE),
            Actor("sealer", Login.AUDIT_SEALER),
        ]

    @staticmethod
    def somebody_else(name: str) -> str:
        """Another clinician than that person."""
        return "attending" if name == "another attending" else "another attending"

    def person_of(self, actor: Actor) -> str:
        """Whose rows are an actor's own; a worker's are those of the case it holds."""
        return actor.name if actor.name in self.people else "attending"

    @contextmanager
    def as_(self, actor: Actor) -> Iterator[psycopg.Connection]:
        """A transaction of the actor that is rolled back at its end."""
        if actor.asks_second_factor:
            self._ask_second_factor("required")
        try:
            dsn = self.database.login_dsn(actor.login)
            with psycopg.connect(dsn) as connection, connection.transaction(force_rollback=True):
                become(connection, actor)
                yield connection
        finally:
            if actor.asks_second_factor:
                self._ask_second_factor("optional")

    def _ask_second_factor(self, value: str) -> None:
        self.owner.execute("update private.site_settings set value = %s where name = 'staff_mfa'", [value])

    def insert(
        self, connection: psycopg.Connection, table: str, *, whose: str, columns: set[str] | None = None
    ) -> None:
        """Add a row of that person, in the columns given (all of them otherwise)."""
        row = self.row(table, whose=whose)
        given = {name: value for name, value in row.items() if columns is None or name in columns}
        target = sql.Identifier(*table.split("."))
        if not given:
            connection.execute(sql.SQL("insert into {} default values").format(target))
            return
        connection.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                target,
                sql.SQL(", ").join(map(sql.Identifier, given)),
                sql.SQL(", ").join(sql.Placeholder() * len(given)),
            ),
            list(given.values()),
        )

    def row(self, table: str, *, whose: str) -> dict[str, Any]:
        """What a new row of that person could look like; the first has the keys that other rows refer to."""
        is_first = (table, whose) not in self.made
        self.made.add((table, whose))
        return self._rows(whose, is_first=is_first).get(table, {})

    def _rows(self, whose: str, *, is_first: bool) -> dict[str, dict[str, Any]]:
        person, case_id, run_id = self.people[whose].user_id, self.cases[whose], self.runs[whose]
        new, data, some_hash = str(uuid.uuid4()), Jsonb({}), "0" * 64
        patient = {"patient_name": f"Patient of {whose}", "patient_age": 40, "patient_gender": "female"}
        labs = {"file_name": "labs.pdf", "file_type": "application/pdf", "file_size": 1, "file_url": "/"}
        engine = {"engine": "rules", "version": "1", "inputs_sha256": some_hash}
        said = {"kind": "key_finding", "code": "c", "params": data, "severity": "info", "evidence": data}
        name = f"{person}/{case_id}/{'first' if is_first else new}"
        return {
            "public.cases": {"case_id": case_id if is_first else new, "doctor_id": person, **patient},
            "public.case_files": {
                "case_id": case_id,
                "object_name": name,
                "file_category": "lab",
                "sha256": some_hash,
                **labs,
            },
            "public.ai_insights": {"case_id": case_id, "lab_summary": "Normal."},
            "public.insight_runs": {
                "run_id": run_id if is_first else new,
                "case_id": case_id,
                "analysis_no": 1,
                "lease_token": new,
                **engine,
                "results": data,
            },
            "public.insight_statements": {"run_id": run_id, "statement_id": new, **said},
            "public.insight_texts": {"run_id": run_id, "statement_id": new, "lang": "en", "text": "Normal."},
            "public.case_steps": {
                "case_id": case_id,
                "analysis_no": 7 if is_first else 8,
                "step": "read",
                "state": "waiting",
            },
            "public.request_keys": {"actor": person, "key": new, "body_hash": "", "response": data},
            "storage.objects": {"bucket_id": "labdocs", "name": name, "owner": person, "version": new},
            "storage.uploads": {"owner": person},
            "storage.trash": {"key": new, "after": "2000-01-01"},
            "storage.buckets": {"id": new, "name": new},
            "auth.users": {"email": f"{new}@example.org"},
            "auth.identities": {
                "user_id": person,
                "provider": "email",
                "provider_id": new,
                "identity_data": data,
            },
            "auth.sessions": {"user_id": person, "not_after": "2100-01-01"},
            "auth.refresh_tokens": {
                "token_sha256": uuid.uuid4().bytes,
                "session_id": self.people[whose].claims["session_id"],
            },
            "auth.attempts": {"account_sha256": uuid.uuid4().bytes, "address": "", "tries": 1, "last_at": "2026-01-01"},
            "audit.inbox": {"body": "{}"},
            "private.site_settings": {"name": new, "value": "x"},
        }


PERSONAL = (
    "public.cases",
    "public.case_files",
    "public.ai_insights",
    "public.insight_runs",
    "public.insight_statements",
    "public.insight_texts",
    "public.case_steps",
    "public.request_keys",
    "storage.objects",
    "storage.uploads",
    "storage.trash",
    "auth.identities",
    "auth.refresh_tokens",
    "auth.attempts",
    "audit.inbox",
)


def become(connection: psycopg.Connection, actor: Actor) -> None:
    """Speak as the actor, with the statement that requests use."""
    times = {"statement_timeout": "15000", "idle_timeout": "30000"}
    if actor.identity is not None:
        names = {
            "role": actor.identity.role.value,
            "claims": actor.identity.claims_json,
            "read_only": "off",
            "request": "",
        }
        connection.execute(session.BECOME, {**names, **times})
    elif actor.login is Login.CARE_WORKER:
        connection.execute(session.BECOME_WORKER, {"lease": actor.lease, **times})
    elif actor.login is Login.CARE_QUEUE:
        connection.execute("set local search_path = jobs, pg_temp")
