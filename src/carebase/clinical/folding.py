"""Text without accents and capitals, with the way back to what was printed.

In charge of letters only. Rules match on folded text; what is shown is always the printed words.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that NFD does not take apart, and typography that means a plain character.
_SPECIAL = {
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ø": "o",
    "ł": "l",
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "´": "'",
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "«": '"',
    "»": '"',
    "“": '"',
    "”": '"',
    "：": ":",
}


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    if character.isspace():
        return " "
    lowered = character.lower()
    special = _SPECIAL.get(lowered)
    if special is not None:
        return special
    return "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Lower case, no accents, ligatures taken apart, plain quotes and dashes, every space a blank.

    >>> fold("Œdème aigu – T° élevée")
    'oedeme aigu - t° elevee'
    """
    return "".join(map(_folded_character, text))


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `origins[i]` is where its i-th character stands in `printed`."""

    printed: str
    text: str
    origins: tuple[int, ...]

    def printed_span(self, start: int, end: int) -> str:
        """The printed words behind `text[start:end]`.

        >>> folded("Un œdème").printed_span(3, 9)
        'œdème'
        """
        if start >= end:
            return ""
        return self.printed[self.origins[start] : self.origins[end - 1] + 1]


def folded(text: str) -> Folded:
    """`fold` with the way back."""
    pieces: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        piece = _folded_character(character)
        pieces.append(piece)
        origins.extend([index] * len(piece))
    return Folded(text, "".join(pieces), tuple(origins))
