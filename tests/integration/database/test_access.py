"""What is said of a row is what PostgreSQL does with it, and the policy that is named decides it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from carebase import errors
from carebase.auth.tokens import Tokens
from carebase.auth.users import User
from carebase.database import access
from carebase.database.access import NotExplained
from carebase.database.identity import Identity
from carebase.database.pool import Login
from carebase.database.verdicts import Verb

NOTHING = {"select": False, "insert": False, "update": False, "delete": False}


@pytest.fixture
def owner(database):
    with database.owner() as connection:
        yield connection


@pytest.fixture
def explain(database):
    """The explanation for a person and a row."""

    def explained(person: Identity | str, table: str, *key: object, aal: str | None = None) -> access.Explanation:
        account = person if isinstance(person, str) else str(person.user_id)
        words = [str(word) for word in key]
        return access.explain(
            database.owner_dsn, secret=database.secret, account=account, table=table, key=words, aal=aal
        )

    return explained


def a_case(owner: psycopg.Connection, person: Identity) -> str:
    case_id = str(uuid4())
    owner.execute(
        "insert into public.cases (case_id, doctor_id, patient_name, patient_age, patient_gender)"
        " values (%s, %s, 'Ngono Marie', 43, 'female')",
        [case_id, person.user_id],
    )
    return case_id


def a_run(owner: psycopg.Connection, case_id: str) -> UUID:
    run_id = uuid4()
    owner.execute(
        "insert into public.insight_runs (run_id, case_id, analysis_no, lease_token, engine, version, inputs_sha256,"
        " results) values (%s, %s, 1, %s, 'rules', '1', repeat('0', 64), '{}')",
        [run_id, case_id, uuid4()],
    )
    owner.execute(
        "insert into public.insight_statements (run_id, statement_id, kind, code, params, severity, evidence)"
        " values (%s, 's=1', 'key_finding', 'c', '{}', 'info', '[]')",
        [run_id],
    )
    return run_id


def may(found: access.Explanation) -> dict[str, bool]:
    return {verdict.verb.value: verdict.may for verdict in found.verdicts}


def verdict(found: access.Explanation, verb: str):
    return next(one for one in found.verdicts if one.verb == Verb(verb))


def test_a_clinician_reads_and_changes_the_own_case(database, owner, explain):
    amina = database.a_person()
    found = explain(amina, "cases", a_case(owner, amina))

    assert may(found) == {"select": True, "insert": True, "update": True, "delete": False}
    assert found.table == "public.cases"
    assert list(found.key) == ["id"]
    assert verdict(found, "select").decided_by == ("cases_clinician_or_team_reads",)
    assert verdict(found, "insert").decided_by == ("cases_clinician_opens",)
    assert "cases_clinician_changes" in verdict(found, "update").decided_by
    assert "doctor_notes" in verdict(found, "update").columns
    assert "doctor_id" not in verdict(found, "update").columns
    assert verdict(found, "delete").because == "Nobody signed in is granted delete on public.cases."


def test_another_clinicians_case_is_refused_by_the_arm_that_asks_whose_it_is(database, owner, explain):
    amina, bruno = database.a_person(), database.a_person()
    found = explain(bruno, "public.cases", f"case_id={a_case(owner, amina)}")

    assert may(found) == NOTHING
    read = verdict(found, "select")
    assert "cases_clinician_or_team_reads" in read.decided_by
    answer = next(one for one in read.answers if one.policy == "cases_clinician_or_team_reads")
    assert answer.holds is False
    assert answer.condition.joined_by == "and"
    (false,) = [arm for arm in answer.condition.arms if not arm.holds]
    assert false.joined_by == "or"
    assert false.arms[0].text == "doctor_id = ( SELECT auth.uid() AS uid)"
    assert [arm.holds for arm in false.arms] == [False, False]
    assert "is not found" in verdict(found, "update").because


def test_an_account_without_a_role_is_told_so(database, owner, explain):
    somebody = database.a_person(role=None)
    found = explain(somebody, "cases", a_case(owner, somebody))

    assert may(found)["select"] is False
    assert any("no clinical role" in note for note in found.notes)


def test_the_second_factor_is_supposed_or_not(database, owner, explain):
    amina = database.a_person()
    owner.execute("update private.site_settings set value = 'required' where name = 'staff_mfa'")
    case_id = a_case(owner, amina)

    by_password, by_two = explain(amina, "cases", case_id), explain(amina, "cases", case_id, aal="aal2")
    assert (by_password.may_read, by_two.may_read) == (False, True)
    assert any("second factor" in note for note in by_password.notes)
    assert by_two.notes == ()


def test_the_newest_sign_in_says_whether_a_second_factor_was_there(database, owner, explain):
    amina = database.a_person(aal="aal2")
    owner.execute("update private.site_settings set value = 'required' where name = 'staff_mfa'")
    found = explain(amina, "cases", a_case(owner, amina))
    assert (found.aal, found.may_read) == ("aal2", True)


@pytest.mark.parametrize("how", ["banned_until = 'infinity'", "deleted_at = now()"])
def test_a_disabled_account_may_nothing(database, owner, explain, how):
    amina = database.a_person()
    owner.execute(sql.SQL("update auth.users set {} where id = %s").format(sql.SQL(how)), [amina.user_id])
    found = explain(amina, "cases", a_case(owner, amina))

    assert may(found) == NOTHING
    assert all(one.because in {"The account is disabled.", "The account is deleted."} for one in found.verdicts)


def test_an_account_that_is_signed_in_nowhere_is_explained_as_if_it_were(database, owner, explain):
    amina = database.a_person()
    owner.execute("delete from auth.sessions")
    found = explain(amina, "cases", a_case(owner, amina))
    assert found.may_read
    assert any("signed in nowhere" in note for note in found.notes)


def test_nested_queries_see_what_the_person_sees(database, owner, explain):
    amina, bruno = database.a_person(), database.a_person()
    run_id = a_run(owner, a_case(owner, amina))
    key = (f"run_id={run_id}", "statement_id=s=1", "kind=key_finding")

    own, others = explain(amina, "insight_statements", *key), explain(bruno, "insight_statements", *key)
    assert own.may_read
    assert verdict(own, "select").decided_by == ("insight_statements_reader_of_the_run_or_patient_reads",)
    assert not others.may_read
    assert dict(own.key) == {"run_id": str(run_id), "statement_id": "s=1", "kind": "key_finding"}


def test_a_table_without_row_security_is_decided_by_its_grants(database, owner, explain):
    owner.execute("create table public.notices (id int primary key, text text)")
    owner.execute("grant select, update (text) on public.notices to authenticated")
    owner.execute("insert into public.notices values (1, 'Fire drill')")
    found = explain(database.a_person(), "notices", 1)

    assert may(found) == {"select": True, "insert": False, "update": True, "delete": False}
    assert verdict(found, "select").because == "Row security is off: the grant alone decides."
    assert verdict(found, "update").columns == ("text",)


def test_a_table_whose_policies_are_for_others_has_none(database, owner, explain):
    owner.execute("""
        create table public.notices (id int primary key);
        alter table public.notices enable row level security;
        grant select, delete on public.notices to authenticated;
        create policy notices_worker_reads on public.notices for select to care_worker using (true);
        insert into public.notices values (1);
    """)
    found = explain(database.a_person(), "notices", "id=1")
    assert may(found) == NOTHING
    assert verdict(found, "select").because == "No policy is for select."
    assert verdict(found, "delete").decided_by == ()


def test_every_restrictive_policy_must_hold_and_one_of_the_others(database, owner, explain):
    owner.execute("""
        create table public.notices (id int primary key, kind text, percent text);
        alter table public.notices enable row level security;
        grant all on public.notices to authenticated;
        create policy notices_all_read on public.notices for select to authenticated using (true);
        create policy notices_all_read_never on public.notices for select to authenticated using (false);
        create policy notices_all_keep on public.notices for all to authenticated using (kind like '100%');
        create policy notices_all_read_not_secret on public.notices as restrictive for select to authenticated
            using (kind <> 'secret' or percent = '(a AND b)');
        insert into public.notices values (1, 'open'), (2, 'secret'), (3, null), (4, '100% open');
    """)
    person = database.a_person()

    first, second, third, fourth = (explain(person, "notices", number) for number in (1, 2, 3, 4))
    assert [one.may_read for one in (first, second, third, fourth)] == [True, False, False, True]
    assert verdict(first, "select").decided_by == ("notices_all_read",)
    assert verdict(second, "select").decided_by == ("notices_all_read_not_secret",)
    (restrictive,) = [one for one in verdict(second, "select").answers if not one.is_permissive]
    assert restrictive.condition.joined_by == "or"
    assert [arm.holds for arm in restrictive.condition.arms] == [False, None]
    assert verdict(first, "delete").decided_by == ("notices_all_keep",)
    assert verdict(third, "insert").because == "notices_all_keep does not hold."
    assert may(fourth) == dict.fromkeys(NOTHING, True)


def test_a_policy_that_postgresql_will_not_evaluate_is_named_with_the_reason(database, owner, explain):
    owner.execute("""
        create table public.hidden (id int primary key);
        create table public.notices (id int primary key, told text);
        alter table public.notices enable row level security;
        grant select on public.notices to authenticated;
        create policy notices_all_read on public.notices for select to authenticated
            using (exists (select from public.hidden) or told::int = 1);
        insert into public.notices values (1, 'not for the terminal');
    """)
    person = database.a_person()
    refused = verdict(explain(person, "notices", 1), "select")
    assert refused.decided_by == ("notices_all_read",)
    assert refused.answers[0].refusal == "permission denied for table hidden"

    owner.execute("grant select on public.hidden to authenticated")
    told = verdict(explain(person, "notices", 1), "select")
    assert told.answers[0].refusal == "PostgreSQL answers 22P02"


def test_what_is_said_is_what_a_request_meets(database, owner, explain):
    """Every row of two people by each of them: what may be read, changed and removed is just what is."""
    people = [database.a_person(), database.a_person("nurse"), database.a_person("patient"), database.a_person(None)]
    for person in people:
        a_run(owner, a_case(owner, person))
    tables = {"cases": ["id"], "insight_runs": ["run_id"], "insight_statements": ["run_id", "statement_id", "kind"]}
    compared = 0
    for table, columns in tables.items():
        keys = owner.execute(
            sql.SQL("select {} from public.{}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
            )
        ).fetchall()
        for person in people:
            for key in keys:
                found = explain(person, table, *(f"{c}={v}" for c, v in zip(columns, key, strict=True)))
                assert may(found) == done(database, person, table, columns, key)
                compared += 1
    assert compared == 3 * 4 * 4


def done(database, person: Identity, table: str, columns: list[str], key: tuple) -> dict[str, bool]:
    """What PostgreSQL does with the row when the person tries; an insertion is not tried, the key exists."""
    where = sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in columns)
    relation = sql.Identifier("public", table)
    tried = {
        "select": sql.SQL("select 1 from {} where {}").format(relation, where),
        "update": sql.SQL("update {} set doctor_notes = doctor_notes where {}").format(relation, where),
        "delete": sql.SQL("delete from {} where {}").format(relation, where),
    }
    result = {}
    with psycopg.connect(database.login_dsn(Login.AUTHENTICATOR), autocommit=True) as connection:
        for verb, statement in tried.items():
            with connection.transaction(force_rollback=True):
                connection.execute(
                    "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)",
                    [person.claims_json],
                )
                try:
                    result[verb] = connection.execute(statement, key).rowcount == 1
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn):
                    result[verb] = False
    # Who may read a case here opened it; nobody but the worker adds the rest.
    result["insert"] = table == "cases" and person.claims["app_metadata"].get("role") in {"attending", "nurse"}
    result["insert"] = result["insert"] and result["select"]
    return result


def test_asking_changes_nothing_locks_nothing_and_is_recorded_without_values(database, owner, explain):
    amina = database.a_person()
    case_id = a_case(owner, amina)
    owner.execute("delete from audit.inbox")
    before = owner.execute("select xmin, * from public.cases").fetchall()
    with psycopg.connect(database.owner_dsn) as busy:
        busy.execute("select from public.cases for update")
        found = explain(amina, "cases", case_id)

    assert owner.execute("select xmin, * from public.cases").fetchall() == before
    ((body,),) = owner.execute("select body from audit.inbox").fetchall()
    noted = json.loads(body)
    assert noted["action"] == "explain_access"
    assert noted["relation"] == "public.cases"
    assert noted["keys"] == [case_id]
    assert noted["patients"] == []
    assert found.key == {"id": str(before[0][1])}
    assert noted["details"] == {"account": str(amina.user_id), "aal": "aal1"}
    assert "Ngono" not in body


def a_patient(owner: psycopg.Connection, *, team: list[tuple[Identity, str]]) -> str:
    """A record with a care team: its members and their roles in it."""
    ((patient,),) = owner.execute(
        "insert into public.patients (first_name, last_name) values ('Marie', 'Ngono') returning id::text"
    ).fetchall()
    for person, role in team:
        owner.execute(
            "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, %s)",
            [patient, person.user_id, role],
        )
    return patient


def test_the_team_reads_a_case_that_a_colleague_opened(database, owner, explain):
    amina, bruno, chidi = database.a_person(), database.a_person("nurse"), database.a_person()
    case_id = a_case(owner, amina)
    patient = a_patient(owner, team=[(amina, "attending"), (bruno, "nurse")])
    owner.execute("update public.cases set patient_id = %s where case_id = %s", [patient, case_id])

    found = explain(bruno, "cases", case_id)
    assert may(found) == {"select": True, "insert": False, "update": False, "delete": False}
    assert verdict(found, "select").decided_by == ("cases_clinician_or_team_reads",)
    assert verdict(found, "update").decided_by == ("cases_clinician_changes",)
    assert not explain(chidi, "cases", case_id).may_read

    ((body,),) = owner.execute("select body from audit.inbox where body like '%%explain_access%%' limit 1").fetchall()
    assert json.loads(body)["patients"] == [patient]


def test_a_member_of_a_team_is_found_by_its_two_keys(database, owner, explain):
    amina, bruno = database.a_person(), database.a_person("nurse")
    patient = a_patient(owner, team=[(amina, "attending"), (bruno, "nurse")])

    key = (f"provider_id={bruno.user_id}", f"patient_id={patient}")
    by_lead, by_member = explain(amina, "care_team", *key), explain(bruno, "care_team", *key)
    assert dict(by_lead.key) == {"patient_id": patient, "provider_id": str(bruno.user_id)}
    assert verdict(by_lead, "update").may
    assert verdict(by_lead, "update").columns == ("role",)
    assert "care_team_lead_or_admin_changes" in verdict(by_lead, "update").decided_by
    assert not verdict(by_member, "update").may
    assert verdict(by_member, "delete").may


def test_broken_glass_lets_the_record_be_read_until_it_ends(database, owner, explain):
    amina, bruno = database.a_person(), database.a_person()
    patient = a_patient(owner, team=[(amina, "attending")])
    assert not explain(bruno, "patients", patient).may_read

    owner.execute(
        "insert into public.break_glass_grants (patient_id, granted_to, reason) values (%s, %s, 'Found unconscious')",
        [patient, bruno.user_id],
    )
    found = explain(bruno, "patients", patient)
    assert found.may_read
    (answer,) = verdict(found, "select").answers
    assert [arm.text for arm in answer.condition.arms if arm.holds] == [
        "id = ANY (ARRAY( SELECT private.my_patients() AS my_patients))"
    ]

    owner.execute("update public.break_glass_grants set ended_at = now()")
    assert not explain(bruno, "patients", patient).may_read


def test_claims_are_those_of_a_token(database, owner):
    amina = database.a_person()
    person = access._account(owner, str(amina.user_id))
    issued = _issued(person)
    assert set(person.claims) == set(issued) - {"iss", "exp", "iat"}
    assert {name: issued[name] for name in person.claims} == dict(person.claims)


def _issued(person: access.Account) -> dict[str, object]:
    assert person.session_id is not None
    tokens = Tokens("a-secret-of-the-tests-that-is-long-enough-0123456789", issuer="i", access_token_minutes=15)
    now = datetime.now(UTC)
    values = {
        "id": person.id, "aud": "authenticated", "email": person.email, "phone": None, "is_anonymous": False,
        "app_metadata": person.claims["app_metadata"], "user_metadata": {}, "created_at": now, "updated_at": now,
    }  # fmt: skip
    fields = {field.name: values.get(field.name) for field in dataclasses.fields(User) if field.init}
    token = tokens.issue(User(**fields), session_id=person.session_id, aal="aal1", amr=[])
    return dict(tokens.verify(token).claims)


@pytest.mark.parametrize(
    ("account", "table", "key", "said"),
    [
        ("nobody@example.org", "cases", ("1",), "no such account"),
        (None, "no_such", ("1",), "no such table"),
        (None, "cases; drop table x", ("1",), "no such table"),
        (None, "a.b.c.d", ("1",), "no such table"),
        (None, "cases_doctor_latest", ("1",), "is no table"),
        (None, "cases", ("1",), "no row of that key"),
        (None, "cases", ("colour=red",), "no row of that key"),
        (None, "cases", ("id=1", "id=2"), "no row of that key"),
        (None, "insight_statements", ("1",), "no row of that key"),
    ],
)
def test_what_is_not_there_is_said(database, explain, account, table, key, said):
    with pytest.raises(NotExplained) as raised:
        explain(account or database.a_person(), table, *key)
    assert said in str(raised.value)


def test_a_view_names_what_it_reads(database, owner, explain):
    owner.execute(
        "create view public.open_cases as select c.id from public.cases c join public.case_files using (case_id)"
    )
    with pytest.raises(NotExplained) as raised:
        explain(database.a_person(), "open_cases", "1")
    assert "public.case_files, public.cases" in (raised.value.hint or "")


def test_a_database_that_is_not_there_is_no_answer(database):
    gone = psycopg.conninfo.make_conninfo(database.owner_dsn, dbname="gone")
    with pytest.raises(errors.CareError):
        access.explain(gone, secret=database.secret, account="a", table="cases", key=["1"])


@pytest.fixture
def manager(database, owner):
    """The owner of a database on a managed server, who is no superuser."""
    owner.execute("create role manager login password 'of-the-manager'")
    owner.execute("grant platform_owner, care_owner, audit_owner to manager")
    yield psycopg.conninfo.make_conninfo(database.owner_dsn, user="manager", password="of-the-manager")
    owner.execute("drop owned by manager")
    owner.execute("drop role manager")


def test_an_owner_who_is_no_superuser_is_enough(database, owner, manager):
    amina = database.a_person()
    case_id = a_case(owner, amina)

    email = owner.execute("select email from auth.users where id = %s", [amina.user_id]).fetchall()[0][0]
    found = access.explain(manager, secret=database.secret, account=email.upper(), table="cases", key=[case_id])
    assert may(found) == {"select": True, "insert": True, "update": True, "delete": False}
    ((body,),) = owner.execute("select body from audit.inbox where body like '%%explain_access%%'").fetchall()
    assert json.loads(body)["actor"] == "manager"
