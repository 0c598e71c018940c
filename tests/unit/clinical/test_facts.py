"""What may be used, and what a word in a result says."""

from __future__ import annotations

import pytest

from carebase.clinical import case_facts, context, facts
from carebase.clinical.evidence import CASE_TEXT, Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Négatif", "negative"),
        ("NEGATIVE", "negative"),
        ("Absence", "negative"),
        ("Non réactif", "negative"),
        ("Non reactive", "negative"),
        ("Positif", "positive"),
        ("Positif (+++)", "positive"),
        ("Positivo", "positive"),
        ("++", "positive"),
        ("Présence de trophozoïtes", "positive"),
        ("Douteux", None),
        ("Indéterminé", None),
        ("Négatif, contrôle positif", None),
        ("12,3", None),
        ("", None),
    ],
)
def test_a_word_is_positive_negative_or_neither(text, expected):
    assert facts.polarity(text) == expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("depuis 3 semaines", 21),
        ("for 2 days", 2),
        ("depuis un mois", 30),
        ("x 5 j", 5),
        ("depuis longtemps", None),
        (None, None),
    ],
)
def test_a_duration_is_read_in_days(text, days):
    assert case_facts.days_of(text) == days


@pytest.mark.parametrize("text", ["Known type 1 diabetes.", "Diabète de type 1 connu.", "DT1 sous insuline."])
def test_type_1_diabetes_is_diabetes_too(text):
    said = context.read(text, source=Source(file=CASE_TEXT, sha256="ab" * 32))
    assert [one.concept for one in case_facts.of_context(said)] == ["diabetes_type_1", "diabetes"]


@pytest.mark.parametrize("text", ["Known type 2 diabetes.", "Diabétique connu."])
def test_another_diabetes_is_not_called_type_1(text):
    said = context.read(text, source=Source(file=CASE_TEXT, sha256="ab" * 32))
    assert [one.concept for one in case_facts.of_context(said)] == ["diabetes"]
