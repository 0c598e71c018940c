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


_BLOOD_GROUP = re.compile(
    r"^(?:(?:groupe|group|grupo) ?(?:sanguin|abo|sanguineo|rhesus|rh)[ a-z()/.,-]*|blood (?:group|type)[ a-z()/&-]*"
    r"|abo(?: ?(?:/|-|et|and) ?rh\w*(?: ?\(?d\)?)?)?|groupage(?: sanguin)?|gs ?(?:/|-)? ?rh\w*)$"
)
_PUT_OFF = re.compile(
    r"^(?:(?:prelevement|echantillon|sample|specimen|serum|tube) )?(?:tres )?(?:ha?emolys\w*|coagul\w*|clotted"
    r"|en cours|pending|a suivre|to follow|voir|see|non (?:realise|rendu|dosable|interpretable|fait|effectue)\w*"
    r"|not (?:done|performed|tested|available)|quantite insuffisante|insuffi\w*|qns|cancel\w*|annule\w*"
    r"|ininterpretable|rendu ulterieurement|hi|lo|high|low|error|erreur)\b[^\d]*$"
)


def is_blood_group(name: str) -> bool:
    """Whether a name asks for a blood group, whose answer ("O Rhésus positif") is one text."""
    return _BLOOD_GROUP.match(folding.fold(name).strip(" :*")) is not None


def is_put_off(rest: str) -> bool:
    """Whether words say that there is no result, or none in figures (`en cours`, `hémolysé`, `HI`)."""
    return len(rest) <= 60 and _PUT_OFF.match(folding.fold(" ".join(rest.split())).strip(" :.-()")) is not None


def without_target(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without a target ("Valeurs cibles : < 1,60 g/L si 0 FDR", "(cible 2-3)") behind the value.

    A target is a goal of treatment and no reference range. Only what stands behind a first plain number,
    in a cell of its own or in parentheses, is left out; any other sentence stays a sentence.
    """
    kept = list(tokens)
    first = next((index for index, token in enumerate(kept) if token.kind != "gap"), None)
    if first is None or kept[first].kind != "number" or not kept[first].text[:1].isdigit():
        return kept
    at = next((index for index, token in enumerate(kept) if index > first and _is_target(token)), None)
    if at is None:
        return kept
    if kept[at].text.startswith("("):
        return kept[:at]
    gaps = [index for index in range(first, at) if kept[index].kind == "gap"]
    has_limit = any(token.kind == "range" or _is_bounded(token) for token in kept[gaps[0] :]) if gaps else False
    return kept[: gaps[-1]] if has_limit else kept


def _is_target(token: Token) -> bool:
    return token.kind == "word" and _TARGET.match(folding.fold(token.text).strip("()[]:;,.")) is not None


_TARGET = re.compile(r"^(?:cibles?|objectifs?|targets?|goal|si|if)$")


def _is_bounded(token: Token) -> bool:
    return token.kind == "number" and not token.text[:1].isdigit()


def answer_alone(tokens: Sequence[Token]) -> list[Token]:
    """Of "Positive   P. falciparum   185 000/µL" the answer; the line's quote carries the count."""
    kept: list[Token] = []
    is_answered = False
    for token in tokens:
        if token.kind in ("number", "range") and not is_answered:
            return list(tokens)
        is_answered = is_answered or token.kind == "answer"
        if not is_answered or token.kind not in ("number", "unit", "word"):
            kept.append(token)
    return kept
