"""What patients, proxies and staff try in the portal's tables beyond their right, in SQL."""

from __future__ import annotations

import hashlib
import uuid

import psycopg
import pytest
from tests.security.attempts import outcome, reaches_a_row

WRITE = (
    "insert into public.secure_messages (patient_id, record_id, sender_id, subject, body)"
    " values (%({account})s, %({record})s, %({sender})s, 'x', 'x')"
)
BOOK = (
    "insert into public.appointments (patient_id, record_id, provider_name, appointment_type, scheduled_at{more})"
    " values (%({account})s, %({record})s, 'Dr. X', 'visit', {at}{values})"
)
SOON = "now() + interval '400 days'"

ATTEMPTS = {
    # Identity (ruling 13, 25).
    ("another number", "patient"): "update public.patient_profiles set mrn = 'MINE'",
    ("another birth date", "patient"): "update public.patient_profiles set dob = '2000-01-01'",
    ("another name", "patient"): "update public.patient_profiles set last_name = 'x'",
    ("another record", "patient"): "update public.patient_profiles set record_id = %(second_record)s",
    ("a profile of one's own making", "proxy"): "insert into public.patient_profiles"
    " (id, mrn, first_name, last_name, dob) values (%(proxy)s, 'MINE', 'x', 'x', '2000-01-01')",
    ("a profile over another's, by the upsert", "patient"): "insert into public.patient_profiles"
    " (id, mrn, first_name, last_name, dob) values (%(another_patient)s, 'MINE', 'x', 'x', '2000-01-01')"
    " on conflict (id) do update set phone = '000'",
    ("deleting the profile", "patient"): "delete from public.patient_profiles",
    ("the record's number", "patient"): "update public.patients set mrn = 'MINE'",
    ("the record's telephone, past the profile", "patient"): "update public.patients set phone = '000'",
    ("a proxy changes the profile", "proxy"): "update public.patient_profiles set phone = '000'",
    ("another's profile", "patient"): "update public.patient_profiles set phone = '000' where id = %(another_patient)s",
    ("another's profile, read", "patient"): "select from public.patient_profiles where id = %(another_patient)s",
    # Links between accounts and records.
    ("linking oneself by hand", "patient"): "insert into public.patient_accounts (account_id, patient_id, relation)"
    " values (%(patient)s, %(second_record)s, 'self')",
    ("prolonging a proxy's access", "former proxy"): "update public.patient_accounts set valid_until = 'infinity'",
    ("becoming the person", "proxy"): "update public.patient_accounts set relation = 'self'",
    ("undoing its end", "former proxy"): "update public.patient_accounts set ended_at = null",
    ("the view instead of the table", "proxy"): "update public.proxies set valid_until = 'infinity'",
    ("adding through the view", "attending"): "insert into public.proxies"
    " (account_id, patient_id, relation, valid_until) values (%(attending)s, %(second_record)s, 'parent', 'infinity')",
    ("an invitation by hand", "attending"): "insert into public.invitations (patient_id, token_sha256)"
    " values (%(first_record)s, sha256('x'))",
    ("the hash of a token", "attending"): "select token_sha256 from public.invitations",
    ("an invitation without end", "attending"): "update public.invitations set expires_at = 'infinity'",
    ("more tries", "attending"): "update public.invitations set tries = -100",
    ("invitations, as the patient", "patient"): "select from public.invitations",
    ("inviting to another team's record", "attending"): "select where private.invite("
    "%(second_record)s, 'parent', null, now() + interval '1 day') is not null",
    ("inviting as the patient", "patient"): "select where private.invite("
    "%(first_record)s, 'parent', null, now() + interval '1 day') is not null",
    ("inviting after the emergency", "former emergency"): "select where private.invite("
    "%(first_record)s, 'parent', null, now() + interval '1 day') is not null",
    ("ending another's access", "patient"): "select where private.end_access(%(another_patient)s, %(second_record)s)",
    ("a proxy ends the person's access", "proxy"): "select where private.end_access(%(patient)s, %(first_record)s)",
    ("a nurse ends the person's access", "nurse"): "select where private.end_access(%(patient)s, %(first_record)s)",
    # Messages.
    ("a message in another's name", "patient"): WRITE.format(
        account="patient", record="first_record", sender="attending"
    ),
    ("a message in the patient's name", "attending"): WRITE.format(
        account="patient", record="first_record", sender="patient"
    ),
    ("a message about another's record", "patient"): WRITE.format(
        account="patient", record="second_record", sender="patient"
    ),
    ("a message into another's box", "patient"): WRITE.format(
        account="another_patient", record="second_record", sender="patient"
    ),
    ("a message by a former proxy", "former proxy"): WRITE.format(
        account="former_proxy", record="first_record", sender="former_proxy"
    ),
    ("a message of staff to another team's patient", "attending"): WRITE.format(
        account="another_patient", record="second_record", sender="attending"
    ),
    ("a message of an administrator", "admin"): WRITE.format(account="patient", record="first_record", sender="admin"),
    ("posing as staff", "patient"): "insert into public.secure_messages"
    " (patient_id, sender_id, subject, body, is_from_staff) values (%(patient)s, %(patient)s, 'x', 'x', true)",
    ("rewriting what was sent", "patient"): "update public.secure_messages set body = 'x'",
    ("rewriting as staff", "attending"): "update public.secure_messages set body = 'x'",
    ("another sender afterwards", "patient"): "update public.secure_messages set sender_id = %(attending)s",
    ("moving it to another patient", "attending"): "update public.secure_messages set record_id = %(second_record)s",
    ("taking it back", "patient"): "delete from public.secure_messages",
    ("deleting as staff", "attending"): "delete from public.secure_messages",
    ("one's own message marked as read", "patient"): "update public.secure_messages set is_read = true"
    " where sender_id = %(patient)s",
    ("one's own message marked, as staff", "attending"): "update public.secure_messages set is_read = true"
    " where sender_id = %(attending)s",
    ("a colleague's message marked for the patient", "nurse"): "update public.secure_messages set is_read = true"
    " where sender_id = %(attending)s",
    ("a message marked by an administrator", "admin"): "update public.secure_messages set is_read = true",
    ("a message into another's thread", "another patient"): "insert into public.secure_messages"
    " (patient_id, record_id, thread_id, subject, body)"
    " values (%(another_patient)s, %(second_record)s, %(first_thread)s, 'x', 'x')",
    # Appointments.
    ("a visit for another", "patient"): BOOK.format(
        account="another_patient", record="second_record", at=SOON, more="", values=""
    ),
    ("a visit on another's record", "patient"): BOOK.format(
        account="patient", record="second_record", at=SOON, more="", values=""
    ),
    ("a visit by a former proxy", "former proxy"): BOOK.format(
        account="former_proxy", record="first_record", at=SOON, more="", values=""
    ),
    ("a visit in the past", "patient"): BOOK.format(
        account="patient", record="first_record", at="now() - interval '1 day'", more="", values=""
    ),
    ("a visit that is confirmed already", "patient"): BOOK.format(
        account="patient", record="first_record", at=SOON, more=", status", values=", 'confirmed'"
    ),
    ("confirming one's own visit", "patient"): "update public.appointments set status = 'confirmed'",
    ("completing one's own visit", "patient"): "update public.appointments set status = 'completed'",
    ("another time", "patient"): "update public.appointments set scheduled_at = scheduled_at + interval '1 hour'",
    ("longer", "patient"): "update public.appointments set minutes = 480",
    ("another provider", "patient"): "update public.appointments set provider_name = 'Dr. Z'",
    ("what staff noted", "patient"): "update public.appointments set notes = 'x'",
    ("moving it to another patient", "staff"): "update public.appointments set patient_id = %(another_patient)s",
    ("deleting a visit", "patient"): "delete from public.appointments",
    ("deleting a visit as staff", "attending"): "delete from public.appointments",
    ("completed without being confirmed", "attending"): "update public.appointments set status = 'completed'",
    ("another's visit cancelled", "patient"): "update public.appointments set status = 'cancelled'"
    " where patient_id = %(another_patient)s",
    ("a visit of another team cancelled", "attending"): "update public.appointments set status = 'cancelled'"
    " where patient_id = %(another_patient)s",
    ("visits, as an administrator", "admin"): "select from public.appointments",
    # Those who give care, and their hours.
    ("listing oneself as a provider", "patient"): "insert into public.providers (display_name) values ('x')",
    ("renaming a provider", "attending"): "update public.providers set display_name = 'x'",
    ("opening another's hours", "attending"): "insert into public.slots (provider_no, during)"
    " select provider_no, tstzrange('2090-01-01', '2090-01-02') from public.providers"
    " where account_id = %(another_attending)s",
    ("closing another's hours", "attending"): "delete from public.slots s using public.providers p"
    " where p.provider_no = s.provider_no and p.account_id = %(another_attending)s",
    # Consents and the assistant.
    ("a consent of another", "patient"): "insert into public.consents (account_id, purpose, policy_version)"
    " values (%(another_patient)s, 'assistant_storage', '1')",
    ("a consent on another's record", "patient"): "insert into public.consents (patient_id, purpose, policy_version)"
    " values (%(second_record)s, 'remote_model', '1')",
    ("a consent given earlier", "patient"): "insert into public.consents (purpose, policy_version, given_at)"
    " values ('remote_model', '1', '2000-01-01')",
    ("rewording a consent", "patient"): "update public.consents set policy_version = '2'",
    ("deleting a consent", "patient"): "delete from public.consents",
    ("withdrawing for the patient", "attending"): "update public.consents set withdrawn_at = now()"
    " where account_id = %(patient)s",
    ("another's address", "patient"): "update public.users set email = 'boss@example.org'",
    ("another's settings", "patient"): "update public.users set display_name = 'x' where id = %(another_patient)s",
    ("settings for another", "patient"): "insert into public.users (id) values (%(another_patient)s)"
    " on conflict (id) do update set display_name = 'x'",
    ("a conversation of another", "patient"): "insert into public.conversations (user_id) values (%(another_patient)s)",
    ("giving a conversation away", "patient"): "update public.conversations set user_id = %(another_patient)s",
    ("another's conversation", "attending"): "select from public.conversations where user_id = %(patient)s",
    ("another's messages", "admin"): "select from public.messages m join public.conversations c"
    " on c.id = m.conversation_id where c.user_id = %(patient)s",
    ("a message into another's conversation", "patient"): "insert into public.messages (conversation_id, content)"
    " values (%(another_patient_conversation)s, 'x')",
    ("a message moved to another's conversation", "patient"): "update public.messages"
    " set conversation_id = %(another_patient_conversation)s",
}
FUNCTIONS = ("private.",)


@pytest.fixture
def names(names, clinic):
    talks = {f"{n.replace(' ', '_')}_conversation": number for n, number in clinic.makings.conversations.items()}
    threads = clinic.owner.execute(
        "select thread_id from public.secure_messages where record_id = %(first_record)s limit 1", names
    ).fetchone()
    return {**names, **talks, "first_thread": threads[0]}


@pytest.mark.parametrize(("attempt", "who"), ATTEMPTS)
def test_it_fails(clinic, names, attempt, who):
    who = "attending" if who == "staff" else who
    statement = ATTEMPTS[attempt, who] if (attempt, who) in ATTEMPTS else ATTEMPTS[attempt, "staff"]
    if not any(words in statement for words in FUNCTIONS):
        assert reaches_a_row(clinic, who, statement, names)
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) in ("refused", "nothing")


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("patient", "update public.patient_profiles set phone = '000', preferences = '{}'"),
        ("patient", BOOK.format(account="patient", record="first_record", at=SOON, more="", values="")),
        ("proxy", BOOK.format(account="proxy", record="first_record", at=SOON, more="", values="")),
        ("attending", BOOK.format(account="patient", record="first_record", at=SOON, more="", values="")),
        ("patient", "update public.appointments set status = 'cancelled'"),
        ("attending", "update public.appointments set status = 'confirmed'"),
        ("patient", WRITE.format(account="patient", record="first_record", sender="patient")),
        ("proxy", WRITE.format(account="proxy", record="first_record", sender="proxy")),
        ("nurse", WRITE.format(account="patient", record="first_record", sender="nurse")),
        ("patient", "update public.secure_messages set is_read = true where sender_id = %(attending)s"),
        ("nurse", "update public.secure_messages set is_read = true where sender_id = %(patient)s"),
        ("patient", "select where private.end_access(%(proxy)s, %(first_record)s)"),
        ("patient", "update public.consents set withdrawn_at = now()"),
    ],
)
def test_what_is_ones_right_is_done(clinic, names, who, statement):
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) == "done"


def test_documents_003_insert_gets_its_record_and_its_time(clinic, names):
    """`patient_id`, provider's name, type and time are all that the document's code sends."""
    with clinic.as_("patient") as connection:
        made = connection.execute(
            "insert into public.appointments (patient_id, provider_name, appointment_type, scheduled_at)"
            f" values (%(patient)s, 'Dr. X', 'visit', {SOON})"
            " returning record_id, status, upper(during) - lower(during)",
            names,
        ).fetchone()
    assert made[:2] == (names["first_record"], "scheduled")
    assert made[2].total_seconds() == 1800


def test_a_telephone_in_the_profile_reaches_the_record_and_a_number_of_the_record_the_profile(clinic, names):
    with clinic.as_("patient") as connection:
        connection.execute("update public.patient_profiles set phone = '+33 6 00'")
        seen = connection.execute("select phone from public.patients where id = %(first_record)s", names)
        assert seen.fetchone() == ("+33 6 00",)
    with clinic.as_("attending") as connection:
        connection.execute("update public.patients set mrn = 'CORRECTED' where id = %(first_record)s", names)
        seen = connection.execute("select mrn from public.patient_profiles where record_id = %(first_record)s", names)
        assert seen.fetchone() == ("CORRECTED",)


def test_what_was_read_stays_read(clinic, names):
    with clinic.as_("patient") as connection:
        mark = "update public.secure_messages set is_read = %s where sender_id = %s"
        connection.execute(mark, [True, names["attending"]])
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(mark, [False, names["attending"]])
        assert caught.value.sqlstate == "CA409"


# --- invitations ----------------------------------------------------------------------------------------------------


def redeem(connection: psycopg.Connection, token: str, birth_date: str) -> str:
    row = connection.execute("select private.redeem_invitation(%s, %s)", [token, birth_date]).fetchone()
    assert row is not None
    return str(row[0])


def invitation(clinic, record: uuid.UUID, *, invited_by: object, relation: str = "parent", **more: object) -> str:
    token = uuid.uuid4().hex
    columns = {
        "patient_id": record,
        "relation": relation,
        "invited_by": invited_by,
        "token_sha256": hashlib.sha256(token.encode()).digest(),
        "access_until": "2100-01-01",
        **more,
    }
    clinic.owner.execute(
        f"insert into public.invitations ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})",
        list(columns.values()),
    )
    return token


def test_an_invitation_is_good_once_and_its_birth_date_five_times(clinic, names):
    token = invitation(clinic, names["first_record"], invited_by=names["attending"])
    with clinic.as_("without a role") as connection:
        for _ in range(4):
            assert redeem(connection, token, "1999-09-09") == "wrong_birth_date"
        assert redeem(connection, token, "1980-01-01") == "redeemed"
        assert connection.execute("select id from public.patients").fetchall() == [(names["first_record"],)]
        assert redeem(connection, token, "1980-01-01") == "not_valid"
    with clinic.as_("without a role") as connection:
        for _ in range(5):
            assert redeem(connection, token, "1999-09-09") == "wrong_birth_date"
        assert redeem(connection, token, "1980-01-01") == "not_valid"


@pytest.mark.parametrize(
    "more",
    [{"expires_at": "2000-01-01"}, {"revoked_at": "2000-01-01"}, {"tries": 5}],
    ids=lambda more: next(iter(more)),
)
def test_an_invitation_that_is_over_opens_nothing(clinic, names, more):
    token = invitation(clinic, names["first_record"], invited_by=names["attending"], **more)
    with clinic.as_("without a role") as connection:
        assert redeem(connection, token, "1980-01-01") == "not_valid"


def test_a_record_has_one_person(clinic, names):
    token = invitation(clinic, names["first_record"], invited_by=names["attending"], relation="self")
    with clinic.as_("without a role") as connection:
        assert redeem(connection, token, "1980-01-01") == "not_valid"


def test_a_person_has_one_record(clinic, names):
    token = invitation(clinic, names["opened_record"], invited_by=names["attending"], relation="self")
    with clinic.as_("patient") as connection:
        assert redeem(connection, token, "1980-01-01") == "not_valid"


def test_who_invites_does_not_redeem_it(clinic, names):
    """A member of staff would keep a way to the record after leaving its team."""
    token = invitation(clinic, names["first_record"], invited_by=names["nurse"])
    with clinic.as_("nurse") as connection:
        assert redeem(connection, token, "1980-01-01") == "not_valid"


def test_emergency_access_invites_nobody(clinic, names):
    with clinic.as_("emergency") as connection:
        asked = "select where private.invite(%(first_record)s, 'parent', null, now() + interval '1 day') is not null"
        assert outcome(connection, asked, names) in ("nothing", "refused")


@pytest.mark.parametrize("table", ["secure_messages", "appointments"])
def test_nothing_about_a_record_stays_open_when_a_proxys_access_is_over(clinic, names, table):
    with clinic.as_("former proxy") as connection:
        assert connection.execute(f"select from public.{table} where record_id is not null").rowcount == 0


def test_who_is_the_person_stays_so_by_an_invitation_to_act_for_it(clinic, names):
    token = invitation(clinic, names["first_record"], invited_by=names["attending"], access_until="2090-01-01")
    with clinic.as_("patient") as connection:
        redeem(connection, token, "1980-01-01")
        mine = "select relation, valid_until from public.patient_accounts where account_id = %(patient)s"
        assert connection.execute(mine, names).fetchall() == [("self", None)]


def test_a_record_that_was_linked_to_the_wrong_account_can_be_linked_to_the_right_one(clinic, names):
    """And the wrong one keeps nothing of it: neither name nor number nor birth date."""
    with clinic.owner.transaction(force_rollback=True):
        token = invitation(clinic, names["first_record"], invited_by=names["attending"], relation="self")
        with clinic.speaking_as("attending"):
            asked = "select private.end_access(%(patient)s, %(first_record)s)"
            assert clinic.owner.execute(asked, names).fetchone() == (True,)
        with clinic.speaking_as("patient"):
            assert clinic.owner.execute("select from public.patients").rowcount == 0
            assert clinic.owner.execute("select from public.patient_profiles").rowcount == 0
        with clinic.speaking_as("without a role"):
            assert redeem(clinic.owner, token, "1980-01-01") == "redeemed"
            read = clinic.owner.execute("select record_id from public.patient_profiles").fetchall()
            assert read == [(names["first_record"],)]


@pytest.mark.parametrize("until", ["infinity", "9999-01-01"])
def test_a_proxys_access_has_an_end_that_somebody_will_see(clinic, names, until):
    with clinic.as_("attending") as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("select private.invite(%s, 'parent', null, %s)", [names["first_record"], until])
    assert caught.value.sqlstate in ("CA409", "23514")


def test_a_token_is_not_found_by_its_hash_or_its_whole_row(clinic, names):
    with clinic.as_("attending") as connection:
        for asked in (
            "select i from public.invitations i",
            "select to_jsonb(i) from public.invitations i",
            "select id from public.invitations where token_sha256 = sha256('x')",
            "select id from public.invitations order by token_sha256",
            "update public.invitations set revoked_at = now() returning token_sha256",
        ):
            assert outcome(connection, asked, names) == "refused", asked
