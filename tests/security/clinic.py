"""A clinic in a database: people, records with and without teams, and rows of every kind, each known by whose it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.security.actors import LEASED, OPENED_BY, PATIENT_OF, PEOPLE, RECORDS, Actor, Bond, become, everybody
from tests.security.rows import (
    CASE_OF_RECORD,
    DOCUMENT,
    MEDICAL_FILE,
    NOW,
    RECORD_OF_CASE,
    REVIEWED,
    RUNS,
    Columns,
    Makings,
    Spot,
)

SCHEMAS = ("public", "private", "auth", "storage", "audit", "jobs", "migrations")
TEAMS = {"first": ("attending", "nurse"), "second": ("another attending",)}
AUTHORS = {"first": (*TEAMS["first"], "emergency", "former emergency"), "second": TEAMS["second"]}
PATIENTS_SIDE = {"first": ("patient", "proxy", "former proxy"), "second": ("another patient",)}
ENTRIES = (
    ("attending", "first"),
    ("nurse", "first"),
    ("another attending", "second"),
    ("patient", "first"),
    ("patient", None),
    ("admin", "second"),
)
REVIEWS = {"first": "accept", "reworded": "edit", "rejected": "reject"}
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


@dataclass(frozen=True)
class Row:
    """A stored row: its table, its key and where it stands."""

    table: str
    key: tuple[Any, ...]
    spot: Spot


@dataclass
class Clinic:
    """A database with everybody's rows. What actors do there is rolled back, so tests share it."""

    database: Any
    owner: psycopg.Connection
    rows: list[Row] = field(default_factory=list)
    lease: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self.people = {name: self.database.a_person(person.role) for name, person in PEOPLE.items()}
        self.makings = Makings(people=self.people)
        self.actors = everybody(self.people, lease=self.lease)
        # Rows are written as they shall stand, with what triggers would have made of them.
        self.owner.execute("set session_replication_role = replica")
        for seed in (_accounts, _records, _cases, _team_rows, _files, _portal, _platform):
            for table, spot, columns in seed(self.makings, self.lease):
                self._seed(table, spot, columns)
        self.owner.execute("reset session_replication_role")
        self._seal_entries()
        disabled = self.people["disabled"].user_id
        self.owner.execute("update auth.users set banned_until = 'infinity' where id = %s", [disabled])
        # One of the sessions is asked for two factors: it was raised, and its tokens of before are still good below.
        raised = self.people["attending"].user_id
        self.owner.execute("update auth.sessions set aal = 'aal2' where user_id = %s", [raised])

    def actor(self, name: str) -> Actor:
        return next(each for each in self.actors if each.name == name)

    @contextmanager
    def as_(self, name: str) -> Iterator[psycopg.Connection]:
        """A transaction of the actor, through its own login, that is rolled back at its end."""
        actor = self.actor(name)
        with self.second_factor_asked_of(actor):
            dsn = self.database.login_dsn(actor.login)
            with psycopg.connect(dsn) as connection, connection.transaction(force_rollback=True):
                become(connection, actor)
                yield connection

    @contextmanager
    def speaking_as(self, name: str) -> Iterator[None]:
        """The owner's own transaction, in the actor's name while the block lasts: what went before is there."""
        actor = self.actor(name)
        self.owner.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(actor.login.value)))
        become(self.owner, actor)
        yield
        self.owner.execute("set local session authorization default")

    @contextmanager
    def second_factor_asked_of(self, actor: Actor) -> Iterator[None]:
        """While the site asks its staff for two factors, where the actor is there to show that."""
        asked = "update private.site_settings set value = %s where name = 'staff_mfa'"
        if actor.asks_second_factor:
            self.owner.execute(asked, ["required"])
        try:
            yield
        finally:
            if actor.asks_second_factor:
                self.owner.execute(asked, ["optional"])

    def keys(self, table: str) -> list[str]:
        """The columns that tell its rows apart."""
        return key_columns(self.owner, table)

    def _seed(self, table: str, spot: Spot, columns: Columns) -> None:
        adding = sql.SQL("{} returning to_jsonb(added)").format(insertion(table, columns, overriding=True))
        (stored,) = self.owner.execute(adding, list(columns.values())).fetchone() or ({},)
        self.rows.append(Row(table, tuple(stored[column] for column in self.keys(table)), spot))

    def _seal_entries(self) -> None:
        """Entries of the audit: who did something, about which record."""
        self.owner.execute("select audit.seal()")
        for name, record in ENTRIES:
            spot = Spot(account=name, record=record, tag="" if record else "about nobody")
            patients = [str(self.makings.records[record])] if record else []
            actor = str(self.people[name].user_id)
            entry = {"at": 1, "actor": actor, "action": "read", "relation": "x", "keys": [], "patients": patients}
            self.owner.execute("insert into audit.inbox (body) values (%s)", [json.dumps(entry)])
            self.owner.execute("select audit.seal()")
            entry_id = "audit.entry_id(audit.chain(), l.seq)", "audit.entry_id(audit.chain(), l.seq, a.patient_id)"
            row = self.owner.execute(
                f"select to_jsonb(l), to_jsonb(a), {entry_id[0]}::text, {entry_id[1]}::text"
                " from audit.log l left join audit.about a using (seq) order by l.seq desc limit 1"
            ).fetchone()
            assert row is not None
            for table, stored in zip(("audit.log", "audit.about"), row, strict=False):
                if stored:
                    self.rows.append(Row(table, tuple(stored[column] for column in self.keys(table)), spot))
            self.rows.append(Row("public.audit_log", (row[2],), spot))
            self.rows.append(Row("public.phi_audit_log", (row[3],), spot))
        self.owner.execute("insert into audit.inbox (body) values ('{}')")


def key_columns(connection: psycopg.Connection, table: str) -> list[str]:
    """The columns of a table's primary key; `id` or the first two of a view."""
    found = connection.execute(
        "select attname::text from pg_index i join pg_attribute a on attrelid = indrelid and attnum = any (indkey)"
        " where indrelid = %s::regclass and indisprimary order by attnum",
        [table],
    )
    if names := [name for (name,) in found]:
        return names
    columns = connection.execute(
        "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum", [table]
    )
    names = [name for (name,) in columns]
    return ["id"] if "id" in names else names[:2]


def insertion(table: str, columns: Columns, *, overriding: bool = False) -> sql.Composed:
    """The statement that adds a row of these columns."""
    target = sql.Identifier(*table.split("."))
    if not columns:
        return sql.SQL("insert into {} as added default values").format(target)
    return sql.SQL("insert into {} as added ({}) {} values ({})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("overriding system value" if overriding else ""),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )


Seeds = Iterator[tuple[str, Spot, Columns]]


def _accounts(m: Makings, _lease: str) -> Seeds:
    for name in m.people:
        spot = Spot(account=name)
        for table in (
            "public.users",
            "public.request_keys",
            "public.drafts",
            "storage.uploads",
            "auth.identities",
            "auth.refresh_tokens",
            "auth.flow_state",
            "auth.one_time_tokens",
            "auth.paper_codes",
            "auth.known_devices",
        ):
            yield table, spot, m.row(table, spot)
        factor = {"id": uuid.uuid4(), **m.row("auth.mfa_factors", spot)}
        yield "auth.mfa_factors", spot, factor
        yield "auth.mfa_challenges", spot, {**m.row("auth.mfa_challenges", spot), "factor_id": factor["id"]}
        past = Spot(account=name, tag="past its time")
        yield "storage.uploads", past, {**m.row("storage.uploads", past), "expires_at": NOW - HOUR}
        upload = {"id": uuid.uuid4(), **m.row("storage.resumable", spot)}
        yield "storage.resumable", spot, upload
        yield "storage.resumable", past, {**m.row("storage.resumable", past), "expires_at": NOW - HOUR}
        part = m.row("storage.resumable_parts", spot)
        yield "storage.resumable_parts", spot, {**part, "upload_id": upload["id"]}
        yield "public.conversations", spot, {"id": m.conversations[name], "user_id": m.id_of(name)}
        yield "public.messages", spot, m.row("public.messages", spot)
        provider = {"provider_no": m.providers[name], **m.row("public.providers", spot)}
        yield "public.providers", spot, provider
        yield "public.slots", spot, m.row("public.slots", spot)
        yield "public.consents", spot, m.row("public.consents", spot)


def _records(m: Makings, _lease: str) -> Seeds:
    for record in RECORDS:
        about, opener = Spot(record=record), Spot(account=OPENED_BY[record])
        columns = {**m.row("public.patients", opener), "id": m.records[record]}
        yield "public.patients", about, {**columns, "account_id": m.id_of(PATIENT_OF.get(record))}
    for record, members in TEAMS.items():
        for name in members:
            spot = Spot(account=name, record=record)
            role = {"role": PEOPLE[name].role}
            yield "public.care_team", spot, {**m.row("public.care_team", spot), **role}
    for name, until in (("emergency", NOW + HOUR), ("former emergency", NOW - HOUR)):
        spot = Spot(account=name, record="first")
        times = {"granted_at": until - 2 * HOUR, "expires_at": until}
        yield "public.break_glass_grants", spot, {**m.row("public.break_glass_grants", spot), **times}
    elsewhere = Spot(account="disabled", record="second")
    yield "public.break_glass_grants", elsewhere, m.row("public.break_glass_grants", elsewhere)


def _cases(m: Makings, lease: str) -> Seeds:
    for name in m.people:
        record = RECORD_OF_CASE.get(name)
        own = Spot(account=name, record=record, case_of=name, is_leased=True)
        held = {"lease_token": lease, "lease_until": NOW + HOUR} if name == LEASED else {}
        yield "public.cases", own, {**m.row("public.cases", own), "case_id": m.in_work[name], **held}
        done = Spot(account=name, record=record, case_of=name)
        state = {"case_id": m.completed[name], "status": "completed", "analysis_no": len(RUNS)}
        yield "public.cases", done, {**m.row("public.cases", done), **state}
        for spot in (own, done):
            for table in ("public.ai_insights", "public.case_steps"):
                yield table, spot, m.row(table, spot)
            file, stored = m.row("public.case_files", spot), m.row("storage.objects", spot)
            yield "public.case_files", spot, file
            yield "storage.objects", spot, {**stored, "name": file["object_name"]}
        for number, run in enumerate((*RUNS, "unpublished"), start=1):
            yield from _run(m, run, number, name)


def _run(m: Makings, run: str, number: int, name: str) -> Seeds:
    record = RECORD_OF_CASE.get(name)
    is_leased = run == "unpublished"
    spot = Spot(account=name, record=record, case_of=name, is_leased=is_leased, tag=run)
    published = {"published_at": None if is_leased else NOW - HOUR, "analysis_no": number}
    yield "public.insight_runs", spot, {**m.row("public.insight_runs", spot), "run_id": m.runs[name, run], **published}
    for statement, decision in REVIEWS.items():
        said = spot if statement == "first" else replace(spot, tag=f"{run}{REVIEWED}{statement}")
        for table in ("public.insight_statements", "public.insight_texts"):
            yield table, said, {**m.row(table, said), "statement_id": statement}
        words = {"lang": "en", "text": "Slightly low."} if decision == "edit" else {}
        review = {"statement_id": statement, "decision": decision, **words}
        yield "public.statement_reviews", said, {**m.row("public.statement_reviews", said), **review}
    if run not in ("unsigned", "unpublished"):
        yield "public.insight_signatures", spot, m.row("public.insight_signatures", spot)
    if run in ("released", "delayed", "withdrawn") and record:
        columns = {**m.row("public.result_releases", spot), "run_id": m.runs[name, run]}
        yield "public.result_releases", Spot(account=name, record=record, tag="of runs"), {**columns, **_released(run)}


def _released(how: str) -> Columns:
    return {
        "release_at": NOW + YEAR if how == "delayed" else NOW - HOUR,
        "reason": "To be explained in person.",
        "withdrawn_at": NOW if how == "withdrawn" else None,
    }


def _team_rows(m: Makings, _lease: str) -> Seeds:
    for record, authors in AUTHORS.items():
        for name in authors:
            spot = Spot(account=name, record=record)
            for table in ("public.tasks", "public.allergies", "public.medicines", "public.invitations"):
                yield table, spot, m.row(table, spot)
            yield "public.care_messages", spot, m.row("public.care_messages", spot)
            yield "public.care_message_reads", spot, m.row("public.care_message_reads", spot)
        author = CASE_OF_RECORD[record]
        noted = Spot(account=TEAMS[record][-1], record=record, tag="unreleased")
        yield "public.observations", noted, m.row("public.observations", noted)
        message = Spot(account=author, record=record)
        yield "public.care_messages", message, {**m.row("public.care_messages", message), "id": m.messages[record]}
        for value in ("released", "delayed", "withdrawn", "unreleased"):
            spot = Spot(account=author, record=record, tag=value)
            release = Spot(account=author, record=record, tag="of values")
            yield "public.observations", spot, {**m.row("public.observations", spot), "id": m.values[record, value]}
            if value != "unreleased":
                columns = {**m.row("public.result_releases", Spot(account=author, record=record)), "run_id": None}
                columns |= {"observation_id": m.values[record, value], **_released(value)}
                yield "public.result_releases", release, columns


def _files(m: Makings, _lease: str) -> Seeds:
    for record, members in TEAMS.items():
        for name in members:
            spot = Spot(account=name, record=record, tag=MEDICAL_FILE)
            yield "storage.objects", spot, m.row("storage.objects", spot)
    for record, name in PATIENT_OF.items():
        spot = Spot(account=name, record=record, tag=DOCUMENT)
        yield "storage.objects", spot, m.row("storage.objects", spot)


def _portal(m: Makings, _lease: str) -> Seeds:
    for record, name in PATIENT_OF.items():
        spot = Spot(account=name, record=record)
        mine = {"relation": "self", "valid_until": None}
        yield "public.patient_accounts", spot, {**m.row("public.patient_accounts", spot), **mine}
        columns = {**m.row("public.patient_profiles", spot), "record_id": m.records[record], "mrn": record}
        yield "public.patient_profiles", spot, columns
        yield "public.consents", spot, m.row("public.consents", spot)
    for name, until in (("proxy", NOW + YEAR), ("former proxy", NOW - HOUR)):
        spot = Spot(account=name, record="first")
        answer = Spot(account="attending", record="first", tag="by staff", also={name: "written to oneself"})
        columns = {**m.row("public.secure_messages", answer), "patient_id": m.id_of(name), "is_from_staff": True}
        yield "public.secure_messages", answer, columns
        yield "public.patient_accounts", spot, {**m.row("public.patient_accounts", spot), "valid_until": until}
    for record, people in PATIENTS_SIDE.items():
        for name in people:
            asked = Spot(account=name, record=record, tag="by the patient")
            yield "public.secure_messages", asked, m.row("public.secure_messages", asked)
            booked = Spot(account=name, record=record)
            yield "public.appointments", booked, m.row("public.appointments", booked)
        for name in TEAMS[record]:
            answered = Spot(account=name, record=record, tag="by staff")
            yield (
                "public.secure_messages",
                answered,
                {
                    **m.row("public.secure_messages", answered),
                    "is_from_staff": True,
                },
            )
    elsewhere = Spot(account="another patient", record="second", also={"specialist": "booked with oneself"})
    provider = {"provider_no": m.providers["specialist"], "provider_name": "Dr. Specialist"}
    yield "public.appointments", elsewhere, {**m.row("public.appointments", elsewhere), **provider}


def _platform(m: Makings, _lease: str) -> Seeds:
    for table in (
        "storage.trash",
        "auth.attempts",
        "auth.api_keys",
        "auth.allowances",
        "auth.outbox",
        "auth.oauth_clients",
        "jobs.procrastinate_workers",
    ):
        yield table, Spot(), m.row(table, Spot())
    entry = {"task_name": "t", "periodic_id": "p", "defer_timestamp": 0}
    yield "jobs.procrastinate_periodic_defers", Spot(), entry
    job = {"id": 1, "queue_name": "q", "task_name": "t", "args": Jsonb({})}
    yield "jobs.procrastinate_jobs", Spot(), job
    yield "jobs.procrastinate_events", Spot(), {"job_id": 1, "type": "deferred"}


def bonds(actor: Actor, spot: Spot) -> str:
    """Where a row stands for the actor, in one word."""
    if actor.lease:
        return "held" if spot.is_leased and spot.case_of == LEASED else Bond.NONE
    if actor.person is None:
        return Bond.NONE
    if spot.account == actor.person:
        return "own"
    return spot.also.get(actor.person) or actor.bond(spot.record)
