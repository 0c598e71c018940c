"""What a sentence says about a phrase: present, denied, doubted, past, a relative's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import folding, negation
from carebase.clinical.negation import Assertion


def said(language, sentence, phrase):
    text, wanted = folding.fold(sentence), folding.fold(phrase)
    start = text.index(wanted)
    return negation.assertions(sentence, language=language).of(start, start + len(wanted))


@pytest.mark.parametrize(
    ("language", "sentence", "phrase", "assertion"),
    [
        ("fr", "Pas d'épanchement pleural", "épanchement pleural", "absent"),
        ("fr", "Fièvre : non", "fièvre", "absent"),
        ("en", "Inguinal lymphadenopathy was not observed", "lymphadenopathy", "absent"),
        ("en", "Masses have not been seen", "masses", "absent"),
        ("en", "Adenopathy, goitre or rash is not present", "rash", "absent"),
        ("en", "Adenopathy, goitre or rash is not present", "adenopathy", "uncertain"),
        ("fr", "Adénopathie, goitre ou masse non retrouvés", "adénopathie", "uncertain"),
        ("en", "Consolidation in the right lower lobe, effusion or mass is not seen", "consolidation", "present"),
        ("en", "Images in the liver that could correspond to metastases", "metastases", "uncertain"),
        ("fr", "La patiente nie toute douleur thoracique", "douleur thoracique", "absent"),
        ("fr", "N'a jamais présenté de convulsions", "convulsions", "absent"),
        ("fr", "Pas de perte de connaissance", "perte de connaissance", "absent"),
        ("fr", "Pas d'argument pour une embolie pulmonaire", "embolie pulmonaire", "absent"),
        ("fr", "Sérologie VIH négative", "VIH", "absent"),
        ("fr", "Pas de fièvre, de toux ni de dyspnée", "dyspnée", "absent"),
        ("fr", "Pas de fièvre, toux productive depuis 3 jours", "toux", "present"),
        ("fr", "Pas de fièvre mais toux", "toux", "present"),
        ("fr", "Pas de fièvre, toux, dyspnée", "dyspnée", "uncertain"),
        ("fr", "Absence d'épanchement et cardiomégalie", "cardiomégalie", "uncertain"),
        ("fr", "Pas de modification de l'épanchement pleural", "épanchement pleural", "present"),
        ("fr", "Pas de doute sur la pneumopathie", "pneumopathie", "present"),
        ("fr", "Fièvre depuis plus de 3 jours", "fièvre", "present"),
        ("fr", "Il n'a plus de fièvre", "fièvre", "historical"),
        ("fr", "Une embolie pulmonaire ne peut être exclue", "embolie pulmonaire", "uncertain"),
        ("fr", "Opacité compatible avec une pneumopathie", "opacité", "present"),
        ("fr", "Opacité compatible avec une pneumopathie", "pneumopathie", "uncertain"),
        ("fr", "À éliminer : embolie pulmonaire", "embolie pulmonaire", "uncertain"),
        ("fr", "Fracture ancienne du radius", "fracture", "historical"),
        ("fr", "Mère diabétique", "diabétique", "family"),
        ("fr", "La mère rapporte une fièvre depuis hier", "fièvre", "present"),
        ("en", "Cardiovascular: Denies chest pain or dyspnea", "dyspnea", "absent"),
        ("en", "He denies any burning with urination.", "burning with urination", "absent"),
        ("fr", "Pas de toux avec du sang", "toux avec du sang", "absent"),
        ("en", "Lungs: no effusion", "effusion", "absent"),
        ("en", "Non-smoker", "smoker", "absent"),
        ("fr", "Suspicion de paludisme chez un enfant fébrile", "fébrile", "present"),
        ("en", "No fever, chills, or cough", "cough", "absent"),
        ("en", "Denies hemoptysis, chest pain or weight loss", "weight loss", "absent"),
        ("en", "No fever, productive cough for 3 days", "cough", "present"),
        ("en", "Denies chest pain but has dyspnea", "dyspnea", "present"),
        ("en", "He doesn't have a cough", "cough", "absent"),
        ("en", "No interval change in the pleural effusion", "pleural effusion", "present"),
        ("en", "Pulmonary embolism cannot be excluded", "pulmonary embolism", "uncertain"),
        ("en", "Rule out pulmonary embolism", "pulmonary embolism", "uncertain"),
        ("en", "3-day history of cough", "cough", "present"),
        ("en", "History of tuberculosis", "tuberculosis", "historical"),
        ("en", "The fever has resolved", "fever", "historical"),
        ("en", "His mother has diabetes", "diabetes", "family"),
        ("en", "Mother reports that he has fever", "fever", "present"),
    ],
)
def test_a_phrase_is_read_as_a_clinician_reads_it(language, sentence, phrase, assertion):
    found = said(language, sentence, phrase)

    assert found is not None
    assert found.value == assertion


@pytest.mark.parametrize(
    ("language", "sentence", "phrase"),
    [
        ("fr", "Consulter si fièvre", "fièvre"),
        ("fr", "Pas d'antécédent familial de diabète", "diabète"),
        ("en", "Return if fever", "fever"),
    ],
)
def test_a_condition_and_a_denied_relative_say_nothing_of_the_patient(language, sentence, phrase):
    assert said(language, sentence, phrase) is None


RED_FLAGS = {
    "fr": ["ne respire plus", "ne respire pas", "ne tète plus", "ne bouge plus", "n'urine plus", "ne répond plus"],
    "en": ["not breathing", "stopped breathing", "unable to drink", "no fit breathe", "not responding"],
}


@pytest.mark.parametrize(
    ("language", "flag"), [(language, flag) for language, flags in RED_FLAGS.items() for flag in flags]
)
@pytest.mark.parametrize(
    "frame", ["{}", "L'enfant {} depuis ce matin", "Pas de fièvre, {}", "No fever, he is {}", "Sans toux et {}"]
)
def test_a_red_flag_that_looks_like_a_denial_is_present(language, flag, frame):
    assert said(language, frame.format(flag), flag) is Assertion.PRESENT


DENIALS = {
    "fr": [
        "Pas de {}.",
        "Absence de {}.",
        "Aucune {}.",
        "Sans {}",
        "Il n'y a pas de {} visible.",
        "Ne présente pas de {} ce jour",
        "Pas de nausée, de {} ni de vertige",
        "Ni {} ni vertige",
        "{} : non",
        "{} : absent",
        "Nie {}",
    ],
    "en": [
        "No {}.",
        "Denies {}.",
        "Denies any {} or dizziness",
        "Without {}",
        "No evidence of {}.",
        "There is no {} today.",
        "Negative for {}",
        "{}: no",
        "{} is absent",
        "Patient does not have {}.",
        "{} not seen",
        "Neither dizziness nor {}",
    ],
}
CONCEPTS = {
    "fr": [
        "fièvre",
        "toux",
        "douleur thoracique",
        "dyspnée",
        "pneumothorax",
        "fracture",
        "perte de connaissance",
        "œdème",
    ],
    "en": ["fever", "cough", "chest pain", "dyspnea", "pneumothorax", "fracture", "loss of consciousness", "oedema"],
}


@given(st.data())
def test_a_denied_phrase_is_never_present(data):
    language = data.draw(st.sampled_from(["fr", "en"]))
    denial = data.draw(st.sampled_from(DENIALS[language]))
    concept = data.draw(st.sampled_from(CONCEPTS[language]))
    shout = data.draw(st.booleans())
    sentence = denial.format(concept)

    assert said(language, sentence.upper() if shout else sentence, concept) is Assertion.ABSENT
    assert said(None, sentence, concept) is not Assertion.PRESENT


@given(st.text(max_size=120), st.sampled_from(["fr", "en", None]))
def test_any_sentence_is_read_without_failing(text, language):
    length = len(folding.fold(text))

    assert negation.assertions(text, language=language).of(0, length) in (*Assertion, None)
