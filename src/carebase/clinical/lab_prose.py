"""Whether a printed line is a row of a table or a sentence that mentions numbers.

In charge of the words around a value: what links, what sets a condition, what runs on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from carebase.clinical import folding, numbers
from carebase.clinical.lab_tokens import Token


class Shape:
    """What the line as a whole looks like: a row of a table, or a sentence."""

    def __init__(self, tokens: Sequence[Token], *, is_apart: bool) -> None:
        self._tokens = tokens
        self._is_apart = is_apart
        self.has_unit = any(token.kind == "unit" for token in tokens) and any(
            token.kind == "number" for token in tokens
        )

    @property
    def is_bare(self) -> bool:
        """Whether a number with its unit stands there and no words around them."""
        return self.has_unit and not any(token.kind == "word" for token in self._tokens)

    def is_prose(self, *, is_known: bool) -> bool:
        """Whether words run on around the numbers, as in "Diabète si > 1,26 g/L"."""
        running = self._running_words()
        if any(_CONDITION.match(folding.fold(word)) for word in running):
            return True
        starts_with_number = bool(self._tokens) and self._tokens[0].kind in ("number", "answer", "flag", "gap")
        if self._is_apart or (is_known and starts_with_number):
            has_limit = any(
                token.kind == "number" and numbers.read(token.text) and not token.text[:1].isdigit()
                for token in self._tokens
            )
            return has_limit and bool(running) and not self._is_apart
        return bool(running)

    def _running_words(self) -> list[str]:
        """Words that are not alone in a cell of their own."""
        words: list[str] = []
        for index, token in enumerate(self._tokens):
            if token.kind != "word" or LINKS.match(token.text.lower()):
                continue
            before = self._tokens[index - 1].kind if index else "gap" if self._is_apart else "word"
            if before not in ("gap", "word") or not self._is_apart or _CONDITION.match(folding.fold(token.text)):
                words.append(token.text)
        return words


_CONDITION = re.compile(
    r"^(?:si|if|objectif|cible|target|seuil|cutoff|cut-off|diabet\w*|prediabet\w*|recommand\w*"
    r"|recommend\w*|risque|risk"
    r"|interpret\w*|selon|according|optimal\w*|desirable|souhaitable|borderline|carence|insuffisance"
    r"|deficien\w*|traitement)$"
)


def has_condition(words: str) -> bool:
    """Whether one of the words makes the whole a condition (`si`, `objectif`, `seuil`)."""
    return any(_CONDITION.match(folding.fold(word)) for word in words.split())


LINKS = re.compile(r"^(?:soit|i\.e\.|ou|or|=|/|\(|\)|\[|\]|:|;|,|-|–|—|eq|environ|\*|\.)+$")
