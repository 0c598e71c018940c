"""What the source documents print, to be run: statements, and clients' calls as PostgREST sends them. Not a test.

The files under `documents/` are copied from the documents: the contract, not our work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import errors, sql
from tests.integration.conftest import Database

from carebase.database.identity import Identity, Role
from carebase.database.pool import Login

DOCUMENTS = ("000", "001", "003", "004")
Session = psycopg.Connection


def statements(document: str) -> list[str]:
    """The statements of a document in their order; a function's body is one piece."""
    found: list[str] = []
    lines: list[str] = []
    is_in_body = False
    for line in (Path(__file__).parent / "documents" / f"{document}.sql").read_text().splitlines():
        code = line.partition("--")[0].rstrip()
        if not code:
            continue
        lines.append(code)
        is_in_body ^= code.count("$$") % 2 == 1
        if code.endswith(";") and not is_in_body:
            found.append("\n".join(lines))
            lines = []
    assert not lines, lines
    return found


def head(statement: str) -> str:
    """What it makes or changes, in the document's words."""
    words = " ".join(statement.split()).removesuffix(";")
    named = re.match(
        r"(create (?:or replace )?(?:table|policy|index|function|trigger|extension)(?: if not exists)?"
        r' (?:"[^"]+"|[\w.]+)|alter table [\w.]+)(?:.*? on ([\w.]+))?',
        words,
        re.IGNORECASE,
    )
    assert named, words
    table = named[2] if "policy" in named[1].lower() else None
    return named[1].lower() + (f" on {table.lower()}" if table else "")


def run(owner: Session, document: str, named: str = "") -> None:
    """The document's statements as its reader would run them, one by one; those whose first words hold `named`."""
    for statement in statements(document):
        if named in head(statement):
            try:
                owner.execute(statement)
            except errors.DuplicateTable:
                continue


@contextmanager
def as_(database: Database, person: Identity, **claims: object) -> Iterator[Session]:
    """A transaction of this person, as the gateway opens it."""
    login = Login.SERVICE_GATEWAY if person.role is Role.SERVICE else Login.AUTHENTICATOR
    words = {**json.loads(person.claims_json), **claims}
    with psycopg.connect(database.login_dsn(login)) as session:
        session.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            [person.role.value, json.dumps(words)],
        )
        yield session


def insert(session: Session, table: str, **row: object) -> dict[str, object]:
    """As PostgREST writes what a client inserts and wants back (`.insert(…).select().single()`)."""
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    cursor = session.execute(
        sql.SQL(
            "with source as (insert into public.{table} ({columns}) select {columns}"
            " from json_populate_recordset(null::public.{table}, %s) returning *) select to_jsonb(source) from source"
        ).format(table=sql.Identifier(table), columns=columns),
        [json.dumps([row], default=str)],
    )
    found = cursor.fetchone()
    assert found is not None
    return found[0]


def send(session: Session, table: str, **row: object) -> int:
    """As PostgREST writes what a client inserts and does not want back."""
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    return session.execute(
        sql.SQL(
            "insert into public.{table} ({columns})"
            " select {columns} from json_populate_recordset(null::public.{table}, %s)"
        ).format(table=sql.Identifier(table), columns=columns),
        [json.dumps([row], default=str)],
    ).rowcount


def count(session: Session, query: str, *values: object) -> int:
    row = session.execute(query, values or None).fetchone()
    assert row is not None
    return row[0]


def is_refused(deed: Callable[[], object]) -> bool:
    """Whether a policy refuses it; a missing grant would be another matter."""
    try:
        deed()
    except errors.InsufficientPrivilege as refusal:
        assert "row-level security" in str(refusal), refusal
        return True
    return False


def a_case(database: Database, clinician: Identity) -> str:
    with as_(database, clinician) as session:
        return str(insert(session, "cases", patient_name="Amina", patient_age=40, patient_gender="female")["case_id"])


def a_patient(database: Database, clinician: Identity) -> UUID:
    """A record as document 001 makes one: the patient, then the team."""
    with as_(database, clinician) as session:
        patient = insert(
            session, "patients", first_name="Erik", last_name="Hansen", date_of_birth="1985-03-15", mrn="MRN-2026-001"
        )
        insert(session, "care_team", patient_id=patient["id"], provider_id=clinician.user_id, role="attending")
    return UUID(str(patient["id"]))


def a_portal_account(database: Database, clinician: Identity, patient: UUID) -> Identity:
    """The person whose record it is, signed in."""
    person = database.a_person(None)
    with as_(database, clinician) as session:
        token = session.execute("select private.invite(%s, 'self', null, null)", [patient]).fetchone()
    with as_(database, person) as session:
        answer = session.execute("select private.redeem_invitation(%s, '1985-03-15')", [token[0]]).fetchone()
    assert answer == ("redeemed",)
    return person
