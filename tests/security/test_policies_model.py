"""Policies and a model that was written from the rulings agree in random worlds, for everybody and every table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, note, settings
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange
from tests.security.actors import Actor, become
from tests.security.clinic import insertion
from tests.security.conftest import a_database
from tests.security.worlds import PATIENTS, READS, ROLES, Release, Until, World, worlds

from carebase.database.identity import Identity
from carebase.database.pool import Login

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
TABLES = {name: place for place, name in enumerate(["", *READS], start=1)}
EXAMPLES = 40


@pytest.fixture(scope="module")
def stage(cluster) -> Iterator[tuple[psycopg.Connection, dict[str, Identity]]]:
    """An empty record and everybody's account."""
    with a_database(cluster) as database, database.owner() as owner:
        yield owner, {name: database.a_person(role) for name, role in ROLES.items()}


def key(table: str, place: int) -> uuid.UUID:
    return uuid.UUID(int=TABLES[table] * 1000 + place)


def record(place: int | None) -> uuid.UUID | None:
    return None if place is None else key("patients", place)


class Stage:
    """Puts a world into the database."""

    def __init__(self, connection: psycopg.Connection, people: dict[str, Identity]) -> None:
        self.connection = connection
        self.account = {name: person.user_id for name, person in people.items()}

    def add(self, table: str, **columns: Any) -> None:
        adding = insertion(f"public.{table}", columns, overriding=True)
        self.connection.execute(adding, list(columns.values()))

    def put(self, w: World) -> None:
        self.connection.execute("set local session_replication_role = replica")
        asked = "required" if w.asks_second_factor else "optional"
        self.connection.execute("update private.site_settings set value = %s where name = 'staff_mfa'", [asked])
        for place in PATIENTS:
            opener = self.account[w.opened_by[place]]
            self.add("patients", id=record(place), created_by=opener, first_name="x", last_name="x")
        for patient, member in w.teams:
            self.add("care_team", patient_id=record(patient), provider_id=self.account[member], role="nurse")
        self._bonds(w)
        for place in range(len(w.cases)):
            self._case(w, place)
        self._writings(w)
        self._letters(w)

    def _bonds(self, w: World) -> None:
        for place, (patient, holder, until) in enumerate(w.emergencies):
            self.add(
                "break_glass_grants",
                id=key("break_glass_grants", place),
                patient_id=record(patient),
                granted_to=self.account[holder],
                reason="Unconscious and alone",
                granted_at=NOW - 2 * HOUR,
                expires_at=NOW - HOUR if until is Until.PAST else NOW + HOUR,
                ended_at=NOW if until is Until.ENDED else None,
            )
        for patient, holder, until in w.links:
            self.add(
                "patient_accounts",
                account_id=self.account[holder],
                patient_id=record(patient),
                relation="parent",
                valid_until=NOW - HOUR if until is Until.PAST else NOW + HOUR,
                ended_at=NOW if until is Until.ENDED else None,
            )
        for place, (holder, patient) in enumerate(w.profiles):
            names = {"mrn": str(place), "first_name": "x", "last_name": "x", "dob": "1980-01-01"}
            self.add("patient_profiles", id=self.account[holder], record_id=record(patient), **names)

    def _case(self, w: World, place: int) -> None:
        case, case_id, run = w.cases[place], f"case-{place}", key("insight_runs", place)
        self.add(
            "cases",
            case_id=case_id,
            doctor_id=self.account[case.author],
            patient_id=record(case.patient),
            patient_name="x",
            patient_age=1,
            patient_gender="x",
            status="completed",
            deleted_at=NOW if case.is_deleted else None,
        )
        file = {"file_name": "x", "file_type": "x", "file_size": 1, "file_url": "/", "file_category": "lab"}
        self.add("case_files", case_id=case_id, object_name=case_id, sha256="0" * 64, **file)
        self.add("ai_insights", case_id=case_id)
        made = {"engine": "x", "version": "1", "inputs_sha256": "x", "results": Jsonb({}), "lease_token": uuid.uuid4()}
        self.add("insight_runs", run_id=run, case_id=case_id, analysis_no=1, published_at=NOW, **made)
        said = {"kind": "x", "code": "x", "params": Jsonb({}), "severity": "info", "evidence": Jsonb([])}
        self.add("insight_statements", run_id=run, statement_id="s", **said)
        self.add("insight_texts", run_id=run, statement_id="s", lang="en", text="x")
        for number, decision in enumerate(case.reviews):
            words = {"lang": "en", "text": "y"} if decision == "edit" else {}
            review = {"id": key("statement_reviews", place * 10 + number), "run_id": run, "statement_id": "s"}
            by = self.account[case.author]
            self.add("statement_reviews", decision=decision, reviewed_by=by, **review, **words)
        if case.is_signed:
            by = self.account[case.author]
            self.add("insight_signatures", run_id=run, signed_by=by, content_sha256="0" * 64)
        self._release(case.release, case.patient, run_id=run)

    def _release(self, release: Release, patient: int | None, **what: uuid.UUID) -> None:
        if release is not Release.NONE:
            self.add(
                "result_releases",
                patient_id=record(patient),
                released_by=self.account["amina"],
                release_at=NOW + 24 * HOUR if release is Release.LATER else NOW - HOUR,
                reason="To be explained",
                withdrawn_at=NOW if release is Release.WITHDRAWN else None,
                **what,
            )

    def _writings(self, w: World) -> None:
        for place, (patient, author) in enumerate(w.notes):
            about, by = {"patient_id": record(patient)}, self.account[author]
            self.add("care_messages", id=key("care_messages", place), sender_id=by, message="x", **about)
            self.add("tasks", id=key("tasks", place), requester_id=by, title="x", **about)
            self.add("allergies", id=key("allergies", place), recorded_by=by, substance="x", **about)
            self.add("medicines", id=key("medicines", place), recorded_by=by, name="x", **about)
            token = uuid.uuid4().bytes * 2
            self.add("invitations", id=key("invitations", place), invited_by=by, token_sha256=token, **about)
        for place, (patient, author, release) in enumerate(w.values):
            value = {"category": "laboratory", "display": "x", "value_quantity": 1, "effective_at": NOW}
            by = {"id": key("observations", place), "entered_by": self.account[author]}
            self.add("observations", patient_id=record(patient), **by, **value)
            self._release(release, patient, observation_id=key("observations", place))

    def _letters(self, w: World) -> None:
        for number, name in enumerate(ROLES):
            self.add("providers", provider_no=number, account_id=self.account[name], display_name=name)
        for place, (account, patient, other) in enumerate(w.letters):
            sides = {"patient_id": self.account[account], "record_id": record(patient)}
            begins = NOW + place * HOUR
            self.add(
                "appointments",
                id=key("appointments", place),
                provider_no=list(ROLES).index(other),
                provider_name=other,
                appointment_type="visit",
                scheduled_at=begins,
                during=TimestamptzRange(begins, begins + HOUR / 2),
                **sides,
            )
            message = {"sender_id": self.account[other], "subject": "x", "body": "x"}
            self.add("secure_messages", id=key("secure_messages", place), **sides, **message)
            given = {"purpose": "record_sharing", "policy_version": str(place), "withdrawn_at": NOW}
            mine = {"account_id": self.account[account], "patient_id": record(patient)}
            self.add("consents", id=key("consents", place), **mine, **given)
        for place, name in enumerate(w.talks):
            self.add("conversations", id=place, user_id=self.account[name])


def seen(connection: psycopg.Connection, world: World, people: dict[str, Identity], table: str) -> set[int]:
    """The places of the rows that are there for whoever asks now."""
    accounts = {person.user_id: name for name, person in people.items()}
    columns = {
        "care_team": "patient_id, provider_id",
        "patient_accounts": "patient_id, account_id",
        "patient_profiles": "id",
        "cases": "case_id",
        "case_files": "case_id",
        "ai_insights": "case_id",
        "insight_runs": "run_id",
        "insight_statements": "run_id",
        "insight_texts": "run_id",
    }.get(table, "id")
    rows = connection.execute(f"select {columns} from public.{table}").fetchall()
    match table:
        case "care_team":
            return {sorted(world.teams).index((row[0].int % 1000, accounts[row[1]])) for row in rows}
        case "patient_accounts":
            links = [(patient, name) for patient, name, _ in world.links]
            return {links.index((row[0].int % 1000, accounts[row[1]])) for row in rows}
        case "patient_profiles":
            return {[name for name, _ in world.profiles].index(accounts[row[0]]) for row in rows}
        case "cases" | "case_files" | "ai_insights":
            return {int(row[0].removeprefix("case-")) for row in rows}
        case "conversations":
            return {row[0] for row in rows}
        case _:
            return {row[0].int % 1000 for row in rows}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(world=worlds)
def test_everybody_reads_what_the_rulings_say(stage, world):
    owner, people = stage
    with owner.transaction(force_rollback=True):
        Stage(owner, people).put(world)
        owner.execute("set local session_replication_role = origin")
        for name, person in people.items():
            owner.execute("set local session authorization authenticator")
            become(owner, Actor(name, Login.AUTHENTICATOR, person, name))
            for table, model in READS.items():
                note(f"{name} reads {table}")
                assert seen(owner, world, people, table) == model(world, name), (name, table)
            owner.execute("set local session authorization default")
