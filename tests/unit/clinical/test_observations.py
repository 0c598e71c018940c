"""What an imaging report's findings become, told once."""

from __future__ import annotations

import pytest
from tests.unit.clinical.test_radiology import report

from carebase.clinical import observations, texts


def told(text: str, language: texts.Language = "fr") -> list[str]:
    statements = observations.imaging(report(text).findings)
    return [texts.word(one, language) for one in statements if one.code != "imaging-denied"]


def test_the_side_of_a_finding_is_told():
    text = "Résultats :\nÉpanchement pleural droit.\nConclusion :\nÉpanchement pleural."
    assert told(text) == ["Imagerie : épanchement pleural (à droite)."]


def test_two_nodules_are_two_findings():
    text = "Findings:\nThere is a 6 mm nodule in the left upper lobe.\nThere is an 8 mm nodule in the right lower lobe."
    assert len(told(text, "en")) == 2


def test_a_doubt_that_the_conclusion_settles_is_not_repeated():
    text = "Résultats :\nOpacité évocatrice d'une pneumopathie.\nConclusion :\nPneumopathie."
    assert told(text).count("Imagerie, incertain : pneumonie.") == 0
    assert told(text)[0] == "Imagerie : pneumonie."


def test_an_absence_is_told_without_an_article():
    (denied,) = observations.imaging(report("Résultats :\nAbsence d'embolie pulmonaire.").findings)
    assert texts.word(denied, "fr") == "Imagerie, absence signalée : embolie pulmonaire."


@pytest.mark.parametrize(
    ("text", "worded"),
    [
        ("Conclusion :\nTuberculose pulmonaire.", "Constatation critique en imagerie : tuberculose pulmonaire."),
        (
            "Conclusion :\nAspect évocateur d'une tuberculose pulmonaire.",
            "Constatation critique évoquée en imagerie, à confirmer : tuberculose pulmonaire.",
        ),
    ],
)
def test_an_alert_does_not_assert_what_the_radiologist_suspects(text, worded):
    (finding,) = report(text).findings
    assert texts.word(observations.imaging_alert(finding, is_other_patient=False), "fr") == worded


def test_an_absence_on_one_side_is_not_told_of_both():
    text = "Résultats :\nÉpanchement pleural gauche. Absence d'épanchement pleural droit."
    words = [texts.word(one, "fr") for one in observations.imaging(report(text).findings)]
    assert words == [
        "Imagerie : épanchement pleural (à gauche).",
        "Imagerie, absence signalée : épanchement pleural (à droite).",
    ]
