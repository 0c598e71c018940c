"""Values are corrected and not changed; a run is signed before it is released; a patient reads nothing earlier."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors as refusals
from psycopg.types.json import Jsonb

POTASSIUM = (
    "insert into public.observations"
    " (patient_id, category, code, display, value_quantity, unit, effective_at, replaces)"
    " values (%(p)s, 'laboratory', '2823-3', 'Potassium', %(value)s, 'mmol/L', now(), %(replaces)s)"
    " returning id, status"
)
SIGN = "insert into public.insight_signatures (run_id) values (%(run)s) returning content_sha256"
RELEASE = "insert into public.result_releases (run_id) values (%(run)s) returning patient_id"
READ = "select statement_id from public.insight_statements"


@pytest.fixture
def run(ward, database) -> UUID:
    """A published analysis of a case of the ward's patient."""
    (case,) = ward.amina.ask(
        "insert into public.cases (patient_id, patient_name, patient_age, patient_gender)"
        " values (%(p)s, 'Bruno Essomba', 41, 'male') returning case_id",
        p=ward.patient,
    )
    with database.owner() as owner:
        owner.execute("alter table public.cases disable trigger user")
        (run_id,) = owner.execute(
            "insert into public.insight_runs"
            " (case_id, analysis_no, lease_token, engine, version, inputs_sha256, results, published_at)"
            " values (%s, 1, gen_random_uuid(), 'rules', '1', '', %s, now()) returning run_id",
            [case["case_id"], Jsonb({"fr": {}, "en": {}})],
        ).fetchone()
        owner.execute(
            "insert into public.insight_statements (run_id, statement_id, kind, code, params, severity, evidence)"
            " values (%s, 's1', 'key_finding', 'potassium.high', '{}', 'high', '[]')",
            [run_id],
        )
        owner.execute("update public.cases set status = 'completed' where case_id = %s", [case["case_id"]])
        owner.execute("alter table public.cases enable trigger user")
    return run_id


def review(person: Any, run: UUID, **values: Any) -> list[dict[str, Any]]:
    given = {"statement": "s1", "decision": "accept", "lang": None, "text": None, **values}
    return person.ask(
        "insert into public.statement_reviews (run_id, statement_id, decision, lang, text)"
        " values (%(run)s, %(statement)s, %(decision)s, %(lang)s, %(text)s) returning id",
        run=run,
        **given,
    )


# --- typed values ---------------------------------------------------------------------------------------------------


def test_a_value_is_corrected_by_a_new_one_and_both_stay(ward):
    (wrong,) = ward.amina.ask(POTASSIUM, p=ward.patient, value="61", replaces=None)
    (right,) = ward.amina.ask(POTASSIUM, p=ward.patient, value="6.1", replaces=wrong["id"])

    assert (wrong["status"], right["status"]) == ("final", "corrected")
    (old,) = ward.amina.ask("select superseded_at from public.observations where id = %(id)s", id=wrong["id"])
    assert old["superseded_at"]
    with pytest.raises(psycopg.Error, match="cannot be corrected"):
        ward.amina.ask(POTASSIUM, p=ward.patient, value="6.2", replaces=wrong["id"])


def test_a_value_is_never_rewritten(ward):
    ward.amina.ask(POTASSIUM, p=ward.patient, value="6.1", replaces=None)
    with pytest.raises(refusals.InsufficientPrivilege):
        ward.amina.ask("update public.observations set value_quantity = 4.1")
    assert ward.amina.changed("update public.observations set status = 'entered-in-error'") == 1
    with pytest.raises(psycopg.Error, match="corrected by a new one"):
        ward.amina.ask("update public.observations set status = 'final'")


def test_a_value_keeps_the_digits_it_was_typed_with(ward):
    ward.amina.ask(POTASSIUM, p=ward.patient, value="6.10", replaces=None)
    (kept,) = ward.amina.ask("select value_quantity::text from public.observations")
    assert kept["value_quantity"] == "6.10"


def test_a_value_of_one_patient_does_not_correct_anothers(ward, a_person, database):
    (mine,) = ward.amina.ask(POTASSIUM, p=ward.patient, value="6.1", replaces=None)
    other = a_person("attending")
    (patient,) = other.ask("insert into public.patients (first_name, last_name) values ('A', 'B') returning id")
    other.ask(
        "insert into public.care_team (patient_id, provider_id, role) values (%(p)s, %(me)s, 'attending')",
        p=patient["id"],
    )
    with pytest.raises(psycopg.Error, match="cannot be corrected"):
        other.ask(POTASSIUM, p=patient["id"], value="4", replaces=mine["id"])


def test_a_patient_reads_a_value_once_it_is_released(ward, a_patient):
    (value,) = ward.amina.ask(POTASSIUM, p=ward.patient, value="6.1", replaces=None)
    assert not a_patient.ask("select id from public.observations")

    ward.amina.ask("insert into public.result_releases (observation_id) values (%(id)s)", id=value["id"])

    assert a_patient.ask("select id from public.observations") == [{"id": value["id"]}]


# --- runs -----------------------------------------------------------------------------------------------------------


def test_a_patient_reads_a_run_that_is_signed_and_released_and_no_other(ward, a_patient, run):
    with pytest.raises(psycopg.Error, match="only a signed run"):
        ward.amina.ask(RELEASE, run=run)
    ward.amina.ask(SIGN, run=run)
    assert not a_patient.ask(READ)

    (released,) = ward.amina.ask(RELEASE, run=run)

    assert released == {"patient_id": ward.patient}
    assert a_patient.ask(READ) == [{"statement_id": "s1"}]
    # The run itself holds what was said before the review, the case what was written for colleagues.
    assert not a_patient.ask("select 1 as one from public.insight_runs")
    assert not a_patient.ask("select 1 as one from public.cases")

    ward.amina.ask("update public.result_releases set withdrawn_at = now()")
    assert not a_patient.ask(READ)


def test_a_patient_does_not_read_what_a_clinician_rejected(ward, a_patient, run):
    review(ward.amina, run, decision="reject", text="Haemolysed sample")
    ward.amina.ask(SIGN, run=run)
    ward.amina.ask(RELEASE, run=run)

    assert not a_patient.ask(READ)
    assert not a_patient.ask("select text from public.statement_reviews")


def test_a_patient_reads_the_wording_that_the_clinician_gave(ward, a_patient, run, database):
    with database.owner() as owner:
        owner.execute(
            "insert into public.insight_texts (run_id, statement_id, lang, text)"
            " values (%(run)s, 's1', 'fr', 'Potassium très élevé'), (%(run)s, 's1', 'en', 'Potassium very high')",
            {"run": run},
        )
    review(ward.amina, run, decision="edit", lang="fr", text="Potassium à revoir.")
    review(ward.amina, run, decision="edit", lang="fr", text="Potassium un peu élevé, à recontrôler.")
    ward.amina.ask(SIGN, run=run)
    ward.amina.ask(RELEASE, run=run)

    assert not a_patient.ask("select text from public.insight_texts")
    assert a_patient.ask("select text from public.statement_reviews") == [
        {"text": "Potassium un peu élevé, à recontrôler."}
    ]


def test_a_signed_case_stays_with_its_patient(ward, run):
    ward.amina.ask(SIGN, run=run)
    with pytest.raises(psycopg.Error, match="stays with its patient"):
        ward.amina.ask("update public.cases set patient_id = null")
    with pytest.raises(psycopg.Error, match="stays in the record"):
        ward.amina.ask("select private.discard_case(case_id) from public.cases")


def test_a_delayed_release_says_why_and_comes_at_its_time(ward, a_patient, run):
    ward.amina.ask(SIGN, run=run)
    later = (
        "insert into public.result_releases (run_id, release_at, reason)"
        " values (%(run)s, now() + interval '2 days', %(why)s)"
    )
    with pytest.raises(refusals.CheckViolation):
        ward.amina.ask(later, run=run, why=None)

    ward.amina.ask(later, run=run, why="We want to explain it to you first.")

    assert not a_patient.ask(READ)
    assert a_patient.ask("select reason from public.result_releases") == [
        {"reason": "We want to explain it to you first."}
    ]


def test_a_strangers_signature_or_release_is_refused(a_person, run):
    stranger = a_person("attending")
    for attempt in (SIGN, RELEASE):
        with pytest.raises(psycopg.Error):
            stranger.ask(attempt, run=run)


def test_a_signature_covers_the_reviews_and_ends_them(ward, run):
    (before,) = ward.amina.ask("select private.content_sha256(%(run)s) as hash", run=run)
    review(ward.amina, run, decision="edit", lang="fr", text="Potassium élevé, à recontrôler.")
    (signed,) = ward.amina.ask(SIGN, run=run)

    assert signed["content_sha256"] != before["hash"]
    with pytest.raises(psycopg.Error, match="the run is signed"):
        review(ward.amina, run)


def test_a_signature_states_the_hash_that_the_server_made(ward, run):
    with pytest.raises(refusals.InsufficientPrivilege):
        ward.amina.ask("insert into public.insight_signatures (run_id, content_sha256) values (%(run)s, '')", run=run)


def test_a_run_that_is_no_longer_the_latest_is_not_signed(ward, run):
    ward.amina.ask("update public.cases set doctor_notes = 'New: chest pain'")
    with pytest.raises(psycopg.Error, match="latest published run"):
        ward.amina.ask(SIGN, run=run)


def test_reviews_are_added_and_never_changed(ward, run):
    review(ward.amina, run)
    for attempt in ("update public.statement_reviews set decision = 'reject'", "delete from public.statement_reviews"):
        with pytest.raises(refusals.InsufficientPrivilege):
            ward.amina.ask(attempt)
    with pytest.raises(psycopg.Error, match="no such statement"):
        review(ward.amina, run, statement="s2")
    with pytest.raises(refusals.CheckViolation):
        review(ward.amina, run, decision="edit")
