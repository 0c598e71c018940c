"""What the source documents print for supabase-js, letter by letter, by the real client as a signed-in person."""

from __future__ import annotations

import pytest
from tests.integration.database.documents_sql import a_patient, as_, insert

CLIENT = {"client": "001/client.ts"}
SIGN_UP = {"snippet": "001/sign_up.ts", "gives": ["data", "error"]}
SIGN_IN = {"snippet": "001/sign_in.ts", "gives": ["session"]}
WHO = {"snippet": "001/current_user.ts", "gives": ["user"]}
FETCH = {"snippet": "001/fetch_patients.ts", "gives": ["patients", "error"]}
CREATE = {"snippet": "001/create_patient.ts", "gives": ["patient"]}
ASSIGN = {"snippet": "001/assign_to_care_team.ts"}
SEND = {"snippet": "001/send_care_message.ts"}
DASHBOARD = "003/src/app/(portal)/dashboard/page.tsx"

SMITH, JONES = "dr.smith@clinic.com", "dr.jones@clinic.com"
PASSWORD = "SecurePassword123!"
JONES_SIGNS_IN = {**SIGN_IN, "replacing": {SMITH: JONES}}
PERSON = {"email": "erik@home.example", "password": "a-long-enough-passphrase"}


@pytest.fixture
def smith(deployment) -> str:
    """The documents' doctor, with the clinical role that was asked for."""
    account = deployment.sign_up(email=SMITH, password=PASSWORD)
    deployment.grant(SMITH)
    return account


@pytest.fixture
def jones(deployment) -> str:
    """Another one."""
    account = deployment.sign_up(email=JONES, password=PASSWORD)
    deployment.grant(JONES)
    return account


def test_000_a_doctor_signs_up_signs_in_is_known_and_signs_out(javascript):
    # The page that the document comes from hides the address it prints.
    own = {"replacing": {"[email\u00a0protected]": "amina@clinic.example"}}
    up, came_in, known, _, unknown = javascript.run(
        {"client": "000/client.ts"},
        {"snippet": "000/sign_up.ts", "gives": ["data", "error"], **own},
        {"snippet": "000/sign_in.ts", "gives": ["data", "error"], **own},
        {"snippet": "000/current_user.ts", "gives": ["user"]},
        {"snippet": "000/sign_out.ts"},
        {"snippet": "000/current_user.ts", "gives": ["user"]},
    )[1:]
    assert (up["error"], came_in["error"]) == (None, None)
    assert came_in["data"]["session"]["token_type"] == "bearer"
    assert known["user"]["email"] == "amina@clinic.example"
    assert unknown["user"] is None


def test_001_who_signs_up_as_attending_has_asked_for_it_and_sees_and_opens_nothing(javascript, deployment):
    signed_up, known, fetched, created = javascript.run(CLIENT, SIGN_UP, WHO, FETCH, CREATE)[1:]
    assert signed_up["error"] is None
    assert known["user"]["user_metadata"] == {"full_name": "Dr. Smith", "role": "attending"}
    assert "role" not in known["user"]["app_metadata"]
    assert fetched == {"patients": [], "error": None}
    assert created == {"patient": None}
    assert deployment.rows("select from public.patients") == []


def test_001_a_patient_is_created_read_back_assigned_and_fetched(javascript, deployment, smith):
    came_in, known, before, created, _, after = javascript.run(CLIENT, SIGN_IN, WHO, FETCH, CREATE, ASSIGN, FETCH)[1:]
    assert came_in["session"]["user"]["id"] == known["user"]["id"]
    assert before == {"patients": [], "error": None}
    erik = {"first_name": "Erik", "last_name": "Hansen", "mrn": "MRN-2026-001", "date_of_birth": "1985-03-15"}
    assert created["patient"].items() >= {**erik, "created_by": known["user"]["id"]}.items()
    assert after == {"patients": [{"id": created["patient"]["id"], **erik}], "error": None}
    assert deployment.rows("select provider_id::text, role from public.care_team") == [
        (known["user"]["id"], "attending")
    ]


def test_001_another_doctor_does_not_see_the_patient_and_cannot_join_the_team(javascript, deployment, smith, jones):
    *_, fetched = javascript.run(CLIENT, SIGN_IN, WHO, CREATE, ASSIGN, CLIENT, JONES_SIGNS_IN, WHO, ASSIGN, FETCH)
    assert fetched == {"patients": [], "error": None}
    assert deployment.rows("select provider_id::text from public.care_team") == [(smith,)]


def test_001_a_care_message_is_sent_by_the_team_and_by_nobody_else(javascript, deployment, smith, jones):
    patient = a_patient(deployment.database, deployment.person(smith))
    javascript.run(CLIENT, JONES_SIGNS_IN, WHO, SEND, patientId=str(patient))
    assert deployment.rows("select from public.care_messages") == []
    javascript.run(CLIENT, SIGN_IN, WHO, SEND, patientId=str(patient))
    assert deployment.rows("select patient_id, sender_id::text, message, priority from public.care_messages") == [
        (patient, smith, "Patient vitals reviewed. Continue current medication.", "normal")
    ]


def test_001_a_care_message_is_not_sent_in_somebody_elses_name(javascript, deployment, smith, jones):
    patient = a_patient(deployment.database, deployment.person(smith))
    javascript.run(CLIENT, SIGN_IN, SEND, patientId=str(patient), user={"id": jones})
    assert deployment.rows("select from public.care_messages") == []


@pytest.fixture
def person(deployment) -> str:
    """The id of a patient's own account, whose record a doctor keeps, with two visits ahead."""
    database, doctor = deployment.database, deployment.database.a_person()
    patient = a_patient(database, doctor)
    account = deployment.sign_up(**PERSON)
    with as_(database, doctor) as session:
        (token,) = session.execute("select private.invite(%s, 'self', null, null)", [patient]).fetchone()
    with as_(database, deployment.person(account)) as session:
        session.execute("select private.redeem_invitation(%s, '1985-03-15')", [token])
        for kind, at in (("Second", "2999-02-01T09:00:00Z"), ("First", "2999-01-01T09:00:00Z")):
            insert(
                session, "appointments", patient_id=account, provider_name="Dr. Smith", appointment_type=kind,
                scheduled_at=at,
            )  # fmt: skip
    return account


def test_003_the_dashboard_shows_the_persons_own_profile_and_next_visits(javascript, deployment, person):
    (shown,) = javascript.run({"page": DASHBOARD, "signedInAs": PERSON})
    words = shown["read"].split("\n")
    assert "Welcome, Erik" in words
    assert "MRN: MRN-2026-001" in words
    assert [word for word in words if word in {"First", "Second"}] == ["First", "Second"]


def test_003_what_the_dashboard_logs_stands_on_record_as_the_clients_word_with_the_servers_address(
    javascript, deployment, person
):
    javascript.run({"page": DASHBOARD, "signedInAs": PERSON})
    claims = [one for one in deployment.database.recorded() if one["action"] == "client:READ"]
    (claim,) = claims
    assert (claim["relation"], claim["actor"]) == ("dashboard", person)
    assert claim["ip"] == "127.0.0.1"
    reads = [one for one in deployment.database.recorded() if one["actor"] == person and one["action"] == "read"]
    assert {one["relation"] for one in reads} >= {"public.patient_profiles", "public.appointments"}


def test_003_what_is_logged_in_somebody_elses_name_is_the_callers_word(javascript, deployment, person):
    other = str(deployment.database.a_person().user_id)
    audit = {"page": "003/src/lib/audit.ts", "calls": "logPhiAccess", "using": [other, other, "READ", "records"]}
    javascript.run({**audit, "signedInAs": PERSON})
    (claim,) = [one for one in deployment.database.recorded() if one["action"] == "client:READ"]
    assert (claim["relation"], claim["actor"]) == ("records", person)


def test_003_who_is_not_signed_in_is_sent_to_the_login_and_asks_for_nothing(javascript, deployment, person):
    assert javascript.run({"page": DASHBOARD}) == [{"redirected": "/login"}]
    assert [
        one
        for one in deployment.database.recorded()
        if one["relation"] == "public.patient_profiles" and one["action"] == "read"
    ] == []


def test_003_another_person_sees_nothing_of_the_first(javascript, deployment, person):
    other = {**PERSON, "email": "amina@home.example"}
    deployment.sign_up(**other)
    (shown,) = javascript.run({"page": DASHBOARD, "signedInAs": other})
    assert "Erik" not in shown["read"]
    assert "First" not in shown["read"]
