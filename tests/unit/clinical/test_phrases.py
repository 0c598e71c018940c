"""Phrases with their inflections."""

from __future__ import annotations

from carebase.clinical import phrases

LEXICON = phrases.Lexicon(
    [("pain", ["douleur"]), ("chest_pain", ["douleur ~ thoracique"]), ("haematuria", ["h*maturia"])]
)


def names(text: str) -> list[str]:
    return [one.concept for one in LEXICON.find(text)]


def test_the_longer_phrase_wins():
    assert names("douleurs thoraciques") == ["chest_pain"]
    assert names("douleur intense thoracique, douleur") == ["chest_pain", "pain"]


def test_a_word_inside_a_word_is_not_found():
    assert names("endouleur douleureux") == []


def test_spellings_share_a_phrase():
    assert names("hematuria haematuria") == ["haematuria", "haematuria"]
