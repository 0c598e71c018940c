"""The clinician's own words."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import context, mentions
from carebase.clinical.context import PatientContext
from carebase.clinical.evidence import CASE_TEXT, Source
from carebase.clinical.folding import folded

SOURCE = Source(file=CASE_TEXT, sha256="ef" * 32)

FRENCH = """Patiente de 34 ans, enceinte de 28 SA, consulte pour fatigue et dyspnée d'effort depuis 2 semaines.
Pas de fièvre, de toux ni de douleur thoracique. Soif intense, polyurie depuis un mois, perte de poids de 6 kg.
ATCD : HTA, diabète de type 2. Mère drépanocytaire.
Traitement : metformine, amlodipine. Allergie à la pénicilline.
Examen : TA 14/9, FC 102/min, T° 37,8, SpO2 96 %, pâleur conjonctivale. Pas d'ictère.
Conduite à tenir : NFS ; revenir si saignement."""

ENGLISH = """45 year old man with a 3-day history of fever, chills and productive cough.
Denies hemoptysis, chest pain or weight loss. PMH: HIV, TB in 2015. DH: cotrimoxazole.
Temp 39.2 C, BP 100/60, HR 118. Mother has diabetes."""


def read(text: str) -> PatientContext:
    return context.read(text, source=SOURCE)


def names(found) -> list[str]:
    return [one.concept for one in found]


def test_a_french_case_is_read():
    found = read(FRENCH)

    assert found.language == "fr"
    assert [(one.concept, one.duration) for one in found.complaints] == [
        ("fatigue", "depuis 2 semaines"),
        ("dyspnoea", "depuis 2 semaines"),
        ("polydipsia", "depuis un mois"),
        ("polyuria", "depuis un mois"),
        ("weight_loss", None),
        ("pallor", None),
    ]
    assert names(found.negated) == ["fever", "cough", "chest_pain", "jaundice"]
    assert names(found.history) == ["hypertension", "diabetes", "penicillin_allergy"]
    assert names(found.family) == ["sickle_cell_disease"]
    assert names(found.medicines) == ["metformin", "amlodipine"]
    assert [(one.kind.value, int(one.value)) for one in found.vitals][:3] == [
        ("systolic_blood_pressure", 140),
        ("diastolic_blood_pressure", 90),
        ("heart_rate", 102),
    ]
    assert found.pregnant is not None
    assert (found.pregnant.assertion.value, found.pregnancy_weeks) == ("present", 28)


def test_an_english_case_is_read():
    found = read(ENGLISH)

    assert found.language == "en"
    assert [(one.concept, one.duration) for one in found.complaints] == [
        ("fever", "3-day"),
        ("chills", "3-day"),
        ("sputum", "3-day"),
    ]
    assert names(found.negated) == ["haemoptysis", "chest_pain", "weight_loss"]
    assert names(found.history) == ["hiv", "tuberculosis"]
    assert names(found.family) == ["diabetes"]
    assert names(found.medicines) == ["cotrimoxazole"]


def test_evidence_is_the_sentence_on_its_line():
    negated = read(FRENCH).negated[0].evidence

    assert (negated.file, negated.page, negated.line, negated.box) == ("case", 1, 2, None)
    assert negated.quote == "Pas de fièvre, de toux ni de douleur thoracique."
    assert negated.sha256 == SOURCE.sha256


def test_what_is_planned_is_no_complaint():
    assert "bleeding" not in names((*read(FRENCH).complaints, *read(FRENCH).uncertain))


@pytest.mark.parametrize(
    ("text", "pregnant"),
    [
        ("Enceinte de 12 SA", "present"),
        ("Non enceinte", "absent"),
        ("She is not pregnant.", "absent"),
        ("Test de grossesse négatif", None),
    ],
)
def test_pregnancy_is_said_or_not_said(text, pregnant):
    found = read(text).pregnant

    assert (None if found is None else found.assertion.value) == pregnant


@pytest.mark.parametrize(
    "text", ["Allergie à l'amoxicilline", "Arrêt de la metformine", "Allergic to penicillin, stopped aspirin"]
)
def test_a_medicine_not_taken_is_no_medicine(text):
    assert read(text).medicines == ()


def test_afebrile_denies_the_fever():
    assert names(read("Patient apyrétique").negated) == ["fever"]


def test_a_child_that_no_longer_breathes_is_an_observation():
    assert names(read("L'enfant ne respire plus, il convulse.").complaints) == ["not_breathing", "seizure"]


def test_a_familys_blood_pressure_is_not_the_patients():
    assert read("Sa mère a une TA 18/10").vitals == ()


def _rows(table: str):
    text = resources.files("carebase.clinical").joinpath(f"tables/{table}.json").read_text("utf-8")
    content = json.loads(text)
    assert content["source"]
    return content.get("concepts") or content["medicines"]


def test_the_tables_know_sixty_symptoms():
    assert len(_rows("symptoms")) >= 60


@pytest.mark.parametrize("table", ["symptoms", "conditions", "medicines"])
def test_every_phrase_of_the_tables_finds_its_concept(table):
    for row in _rows(table):
        for language in ("fr", "en"):
            for phrase in (*row.get(language, ()), *row.get("names", ())):
                plain = re.sub(r"[*=?]", "", phrase.replace(" ~ ", " ").replace("h*m", "haem"))
                found = {one.concept for one in mentions.find(folded(plain), language=language)}
                assert row["id"] in found, (row["id"], phrase, found)


LINES = st.lists(st.sampled_from([*FRENCH.splitlines(), *ENGLISH.splitlines(), "", "ATCD :", "Œdème,"]), max_size=8)


@given(LINES, st.text(max_size=80))
def test_every_quote_stands_on_its_line_word_for_word(lines, noise):
    text = "\n".join([*lines, noise])
    printed = text.split("\n")

    found = read(text)

    items = [
        *found.complaints,
        *found.uncertain,
        *found.negated,
        *found.past,
        *found.history,
        *found.family,
        *found.medicines,
        *found.vitals,
    ]
    assert all(one.evidence.quote in printed[one.evidence.line - 1] for one in items)


SYMPTOMS = {
    "fr": ["fièvre", "toux", "céphalées", "polyurie", "dyspnée"],
    "en": ["fever", "cough", "headache", "polyuria", "dyspnea"],
}
DENIALS = {
    "fr": ["Pas de {}.", "Le patient nie {}.", "Sans {}.", "{} : non"],
    "en": ["No {}.", "He denies {}.", "Without {}.", "{}: no"],
}


@given(st.data())
def test_a_denied_symptom_is_never_a_complaint(data):
    language = data.draw(st.sampled_from(["fr", "en"]))
    symptom = data.draw(st.sampled_from(SYMPTOMS[language]))

    found = read(data.draw(st.sampled_from(DENIALS[language])).format(symptom))

    assert found.complaints == ()
    assert len(found.negated) == 1 or found.language is None
