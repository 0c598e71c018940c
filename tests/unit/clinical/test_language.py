"""French or English, told by small words."""

from __future__ import annotations

import pytest

from carebase.clinical import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Homme de 45 ans, fièvre et toux depuis 3 jours", "fr"),
        ("45 year old man with fever and cough", "en"),
        ("TA 12/8", None),
        ("", None),
    ],
)
def test_the_language_is_told(text, expected):
    assert language.of(text) == expected
