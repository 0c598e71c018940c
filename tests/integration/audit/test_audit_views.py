"""The record in the documents' words: who reads which entries, and what becomes of what a client adds."""

from __future__ import annotations

import json
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from carebase.database.identity import Identity
from carebase.database.pool import Login

SECRET_WORDS = "chest pain at night"


class Clinic:
    """A record, those who have to do with it, and some who have not."""

    def __init__(self, database) -> None:
        self.database = database
        self.doctor, self.other_doctor, self.admin = (
            database.a_person(role) for role in ("attending", "nurse", "admin")
        )
        self.patient, self.proxy, self.former_proxy, self.stranger = (database.a_person(None) for _ in range(4))
        with database.owner() as owner:
            self.amina, self.bruno = (
                owner.execute(
                    "insert into public.patients (created_by, first_name, last_name) values (%s, %s, 'D') returning id",
                    [self.doctor.user_id, name],
                ).fetchone()[0]
                for name in ("Amina", "Bruno")
            )
            for who, record, relation, until in (
                (self.patient, self.amina, "self", None),
                (self.proxy, self.amina, "parent", "tomorrow"),
                (self.former_proxy, self.amina, "parent", "yesterday"),
                (self.stranger, self.bruno, "self", None),
            ):
                owner.execute(
                    "insert into public.patient_accounts (account_id, patient_id, relation, valid_until) values (%s,"
                    " %s, %s, %s::timestamptz)",
                    [who.user_id, record, relation, until],
                )
            owner.execute(
                "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')",
                [self.amina, self.doctor.user_id],
            )
            owner.execute("delete from audit.inbox")
            owner.execute(
                "insert into public.allergies (patient_id, substance, reaction, recorded_by) values (%s,"
                " 'penicillin', %s, %s)",
                [self.amina, SECRET_WORDS, self.doctor.user_id],
            )
            owner.execute(
                "select audit.record('read', 'public.patients', %s, %s)",
                [json.dumps([str(self.amina)]), json.dumps([str(self.amina)])],
            )
            owner.execute(
                "select audit.record('read', 'public.patients', %s, %s)",
                [json.dumps([str(self.bruno)]), json.dumps([str(self.bruno)])],
            )
            owner.execute(
                "select audit.record('read', 'list', '[]', %s)", [json.dumps([str(self.amina), str(self.bruno)])]
            )
            owner.execute("select audit.record('sign_in', 'account', '[]')")
            owner.execute("select audit.seal()")

    @contextmanager
    def as_(self, who: Identity | str, *, login: Login = Login.AUTHENTICATOR):
        role, claims = (who, "") if isinstance(who, str) else (who.role.value, who.claims_json)
        with psycopg.connect(self.database.login_dsn(login)) as connection:
            connection.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)", [role, claims]
            )
            yield connection
            # After a refusal this rolls back.
            connection.commit()

    def reads(self, who: Identity, query: str) -> list[tuple]:
        with self.as_(who) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def clinic(database) -> Clinic:
    return Clinic(database)


ACTIONS = "select action, table_name from public.audit_log order by created_at, id"
PHI = "select action, patient_id from public.phi_audit_log order by created_at, patient_id"


def test_administrators_read_every_entry_once(clinic):
    assert len(clinic.reads(clinic.admin, ACTIONS)) == 5
    assert len(set(clinic.reads(clinic.admin, "select id from public.audit_log"))) == 5
    # One entry concerns two records, one none.
    found = clinic.reads(clinic.admin, PHI)
    assert len(found) == 6
    assert [patient for _, patient in found].count(None) == 1
    assert len(set(clinic.reads(clinic.admin, "select id from public.phi_audit_log"))) == 6


@pytest.mark.parametrize("who", ["patient", "proxy"])
def test_a_person_and_its_proxy_read_what_concerns_its_record(clinic, who):
    reader = getattr(clinic, who)
    assert sorted(clinic.reads(reader, ACTIONS)) == [
        ("INSERT", "public.allergies"),
        ("read", "list"),
        ("read", "public.patients"),
    ]
    assert {patient for _, patient in clinic.reads(reader, PHI)} == {clinic.amina}
    assert len(clinic.reads(reader, PHI)) == 3


def test_another_person_reads_of_its_own_record_only(clinic):
    assert {patient for _, patient in clinic.reads(clinic.stranger, PHI)} == {clinic.bruno}
    assert (
        clinic.reads(clinic.stranger, f"select 1 from public.phi_audit_log where patient_id = '{clinic.amina}'") == []
    )


def test_clinicians_and_former_proxies_read_nothing(clinic):
    for reader in (clinic.doctor, clinic.other_doctor, clinic.former_proxy):
        assert clinic.reads(reader, ACTIONS) == []
        assert clinic.reads(reader, PHI) == []


def test_anonymous_and_service_do_not_read(clinic):
    for role, login in (("anon", Login.AUTHENTICATOR), ("service_role", Login.SERVICE_GATEWAY)):
        for view in ("audit_log", "phi_audit_log"):
            with clinic.as_(role, login=login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select from public.{view}")


def test_an_id_stays_with_its_entry_whoever_reads_it(clinic):
    mine = set(clinic.reads(clinic.patient, "select id from public.audit_log"))
    assert mine < set(clinic.reads(clinic.admin, "select id from public.audit_log"))
    assert {id_.version for (id_,) in mine} == {8}


def test_a_row_is_named_where_it_is_one(clinic):
    found = dict(
        clinic.reads(
            clinic.admin,
            "select table_name, record_id from public.audit_log where table_name in ('list', 'public.allergies')",
        )
    )
    assert found["list"] is None
    assert isinstance(found["public.allergies"], UUID)
    resources = {r for (r,) in clinic.reads(clinic.admin, "select resource from public.phi_audit_log")}
    assert {f"public.patients:{clinic.amina}", "list", "account"} < resources


def test_values_are_shown_during_emergency_access_only(clinic):
    change = "select new_data ->> 'reaction' from public.audit_log where action = 'INSERT'"
    assert clinic.reads(clinic.admin, change) == [(None,)]
    assert clinic.reads(clinic.patient, change) == [(None,)]
    with clinic.database.owner() as owner:
        owner.execute(
            "insert into public.break_glass_grants (patient_id, granted_to, reason) values (%s, %s, 'unconscious in"
            " the ward')",
            [clinic.amina, clinic.admin.user_id],
        )
    assert clinic.reads(clinic.admin, change) == [(SECRET_WORDS,)]
    with clinic.database.owner() as owner:
        owner.execute("update public.break_glass_grants set ended_at = now()")
    assert clinic.reads(clinic.admin, change) == [(None,)]


def test_bodies_are_read_by_nobody(clinic):
    for reader in (clinic.admin, clinic.patient, clinic.doctor):
        for query in (
            "select body from audit.log",
            "select l from audit.log l",
            "select * from audit.log_2026_11",
            "select * from audit.head",
        ):
            with (
                clinic.as_(reader) as connection,
                pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)),
            ):
                connection.execute(query)


def test_what_is_not_sealed_yet_is_not_shown(clinic):
    with clinic.database.owner() as owner:
        owner.execute("select audit.record('read', 'later', '[]', '[]')")
    assert "later" not in str(clinic.reads(clinic.admin, ACTIONS))


def test_a_clients_entry_is_its_word_and_the_server_says_who_and_when(clinic):
    with clinic.as_(clinic.doctor) as connection:
        connection.execute(
            'select set_config(\'carebase.request\', \'{"id":"r","ip":"192.0.2.7","agent":"real"}\', true)'
        )
        connection.execute(
            "insert into public.phi_audit_log (id, user_id, patient_id, action, resource, ip_address, user_agent,"
            " created_at) "
            "values (gen_random_uuid(), %s, %s, 'DELETE', 'public.patients', '6.6.6.6', 'forged', '2001-01-01')",
            [clinic.admin.user_id, clinic.amina],
        )
    with clinic.database.owner() as owner:
        owner.execute("select audit.seal()")
    entry = (
        "select user_id, patient_id, action, resource, ip_address, user_agent,"
        " created_at > now() - interval '1 hour' from public.phi_audit_log where is_client_word"
    )
    said = (clinic.doctor.user_id, clinic.amina, "DELETE", "public.patients", "192.0.2.7", "real", True)
    assert clinic.reads(clinic.admin, entry) == [said]
    assert clinic.reads(clinic.patient, entry) == [said]
    with clinic.database.owner() as owner:
        details = owner.execute(
            "select body::jsonb -> 'details' from audit.log where action like 'client:%'"
        ).fetchone()[0]
    assert details == {"by": "client", "claimed": {"patient_id": str(clinic.amina)}}


def test_a_clients_word_on_a_record_counts_where_the_client_sees_that_record(clinic):
    with clinic.database.owner() as owner:
        owner.execute(
            "update public.patients set account_id = %s where id = %s", [clinic.patient.user_id, clinic.amina]
        )
    # Document 003 names a patient by its account, and a reader by itself.
    for who, named in (
        (clinic.patient, clinic.patient.user_id),
        (clinic.stranger, clinic.amina),
        (clinic.other_doctor, clinic.amina),
    ):
        with clinic.as_(who) as connection:
            connection.execute(
                "insert into public.phi_audit_log (user_id, patient_id, action, resource)"
                " values (%s, %s, 'READ', 'dashboard')",
                [who.user_id, named],
            )
    with clinic.database.owner() as owner:
        owner.execute("select audit.seal()")
    said = "select user_id, patient_id from public.phi_audit_log where is_client_word order by patient_id nulls last"
    assert clinic.reads(clinic.patient, said) == [(clinic.patient.user_id, clinic.amina)]
    assert {patient for _, patient in clinic.reads(clinic.admin, said)} == {clinic.amina, None}


def test_the_first_documents_columns_are_taken_from_person_and_service(clinic):
    write = (
        "insert into public.audit_log (user_id, action, table_name, record_id, old_data, new_data) values (%s,"
        " 'UPDATE', 'patients', %s, '{}', %s)"
    )
    for who, login in ((clinic.doctor, Login.AUTHENTICATOR), ("service_role", Login.SERVICE_GATEWAY)):
        with clinic.as_(who, login=login) as connection:
            connection.execute(write, [clinic.admin.user_id, clinic.amina, json.dumps({"text": "x" * 30_000})])
    with clinic.database.owner() as owner:
        found = owner.execute(
            "select body::jsonb ->> 'actor', length(body) < 2000 from audit.inbox order by n"
        ).fetchall()
    assert found == [(str(clinic.doctor.user_id), True), ("service_gateway", True)]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("", "x"),
        (None, "x"),
        ("a" * 65, "x"),
        ("read\n", "x"),
        ("réad", "x"),
        ("1", "x"),
        ("read", ""),
        ("read", None),
        ("read", "x" * 201),
        ("read", "a\nb"),
    ],
)
def test_words_that_are_too_long_or_odd_are_refused(clinic, action, resource):
    with clinic.as_(clinic.doctor) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("insert into public.phi_audit_log (action, resource) values (%s, %s)", [action, resource])


def test_nothing_is_changed_or_deleted_through_the_views(clinic):
    for view in ("audit_log", "phi_audit_log"):
        for statement in (f"update public.{view} set action = 'x'", f"delete from public.{view}"):
            for who in (clinic.admin, clinic.patient, clinic.doctor):
                with clinic.as_(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
            with clinic.database.owner() as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("select set_config('request.jwt.claims', %s, false)", [clinic.admin.claims_json])
                owner.execute(statement)


def test_no_role_but_the_owner_may_change_or_delete_in_the_record(clinic):
    with clinic.database.owner() as owner:
        granted = owner.execute(
            "select c.relname, r.rolname, p from pg_class c, pg_roles r, unnest(array['update', 'delete',"
            " 'truncate']) p"
            " where c.relnamespace = 'audit'::regnamespace and c.relkind in ('r', 'p') and not r.rolsuper"
            " and r.rolname <> 'audit_owner' and r.rolname !~ '^pg_' and not pg_has_role(r.oid, 'audit_owner',"
            " 'member')"
            " and has_table_privilege(r.oid, c.oid, p)"
        ).fetchall()
        columns = owner.execute(
            "select grantee, table_name from information_schema.column_privileges where table_schema = 'audit'"
            " and privilege_type = 'UPDATE' and grantee <> 'audit_owner'"
        ).fetchall()
    assert (granted, columns) == ([], [])
