"""Tells whether two printed names can be the same person's.

In charge of names only. Written for French, English and Central African usage: any order, titles,
initials, hyphens, married names; no likeness of spelling is ever taken for sameness.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from carebase.clinical import folding

_TITLE_WORDS = (
    "m mr mrs ms mme mlle mle miss sir monsieur madame mademoiselle sr sra srta dr docteur doctor pr prof "
    "professeur professor enfant bebe baby child master mst smt nn "
    "nee ne epouse epse epouze ep epx vve veuve ditte dit dite alias"
)
_TITLES = frozenset(_TITLE_WORDS.split())
# What scanners and exporters print where no name is known.
_PLACEHOLDER_WORDS = (
    "anonymous anonymized anonymised anonyme anonymise anon unknown inconnu inconnue unnamed noname none "
    "null na nd nc patient test demo deidentified removed redacted"
)
_PLACEHOLDERS = frozenset(_PLACEHOLDER_WORDS.split())
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_INSIDE_A_WORD = re.compile(r"(?<=[a-z])'(?=[a-z])")


def tokens(name: str) -> tuple[str, ...]:
    """The comparable words of a name; DICOM's `A^B^C` and `=` groups are taken apart.

    Empty when the name is a placeholder or has no letter.

    >>> tokens("Mme NGO'O-Bïyick, Marie J.")
    ('ngoo', 'biyick', 'marie', 'j')
    >>> tokens("ANONYMOUS^PATIENT")
    ()
    """
    folded = _INSIDE_A_WORD.sub("", folding.fold(name.split("=", maxsplit=1)[0]))
    words = [word for word in _NOT_A_LETTER.split(folded) if word]
    # A lone M in front is a title ("M. Dupont"), elsewhere an initial ("Dupont M.").
    kept = [word for index, word in enumerate(words) if word not in _TITLES or (word == "m" and index > 0)]
    return () if all(word in _PLACEHOLDERS or set(word) == {"x"} for word in kept) else tuple(kept)


def _strike(words: list[str], others: list[str]) -> None:
    """Take out of both what stands in both."""
    for word in list(words):
        if len(word) > 1 and word in others:
            words.remove(word)
            others.remove(word)


def _strike_joined(words: list[str], others: list[str]) -> None:
    """Take out what one joins and the other writes apart ("Benali", "Ben Ali")."""
    index = 0
    while index + 1 < len(others):
        joined = others[index] + others[index + 1]
        if joined in words:
            words.remove(joined)
            del others[index : index + 2]
        else:
            index += 1


def can_be_same(one: str, other: str) -> bool | None:
    """Whether both names can be one person's; None when either holds no name to compare.

    Every word of the shorter name must stand in the longer one (an initial stands for its word), so
    a missing middle or married name is no difference, and sisters' first names are.

    >>> can_be_same("Jean-Pierre DUPONT", "DUPONT^JEAN PIERRE")
    True
    >>> can_be_same("Marie-Claire Ngono", "Marie-Paule Ngono")
    False
    """
    words, others = list(tokens(one)), list(tokens(other))
    if not words or not others:
        return None
    _strike(words, others)
    _strike_joined(words, others)
    _strike_joined(others, words)
    return _only_initials_left(words, others) or _only_initials_left(others, words)


def _only_initials_left(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    """Whether each word left in `shorter` is matched by its own word in `longer`, one being an initial."""
    remaining = list(longer)
    for word in shorter:
        partner = next(
            (
                candidate
                for candidate in remaining
                if (len(word) == 1 or len(candidate) == 1) and word[0] == candidate[0]
            ),
            None,
        )
        if partner is None:
            return False
        remaining.remove(partner)
    return True
