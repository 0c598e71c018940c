"""What may be used, and what a word in a result says."""

from __future__ import annotations

import pytest

from carebase.clinical import case_facts, facts


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
