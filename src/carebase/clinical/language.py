"""Tells French from English by their small words.

In charge of those two languages only; a text with too few of them has no language.
"""

from __future__ import annotations

import re
from typing import Literal

from carebase.clinical import folding

Language = Literal["fr", "en"]

_FRENCH_WORDS = (
    "le la les de des du un une et ou ni est sont avec sans pas pour par sur dans chez depuis au aux en ans il "
    "elle qui que ne se ce cette patiente douleur fievre toux jours semaines mois examen absence aspect sous "
    "antecedents traitement poumon coeur droit droite gauche nom prenom sexe resultats conclusion"
)
_ENGLISH_WORDS = (
    "the of and or is are was were with without no not for from by in on at to a an has have had he she his her "
    "who which this that since years old year days weeks months pain fever cough history right left lung heart "
    "normal findings impression denies reports name sex"
)
_FRENCH = frozenset(_FRENCH_WORDS.split())
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_WORD = re.compile(r"[a-z]+")


def of(text: str) -> Language | None:
    """The language of a text, or None when neither leads.

    >>> of("Homme de 45 ans, fièvre et toux depuis 3 jours"), of("45 year old man with fever"), of("TA 12/8")
    ('fr', 'en', None)
    """
    words = _WORD.findall(folding.fold(text))
    french = sum(word in _FRENCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if french == english:
        return None
    return "fr" if french > english else "en"
