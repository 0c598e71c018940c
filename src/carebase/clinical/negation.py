"""Tells whether a phrase of a sentence is present, denied, doubted, past or somebody else's.

In charge of the scopes of trigger words, after ConText (Harkema 2009) and NegEx (Chapman 2001),
with own French rules; the words stand in `tables/assertion_triggers.json` with their sources.
A comma after a denied phrase may go on with the list or begin something new; where that cannot be
told the answer is "uncertain", never "present" and never "absent".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import cast

from carebase.clinical import folding
from carebase.clinical.language import Language


class Assertion(StrEnum):
    """What a sentence says about a phrase in it."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    FAMILY = "family"


_NEAR_WORDS = 3
_LONGEST_LIST_ITEM_WORDS = 4
_PUNCTUATION_ENDS = re.compile(r"[;.!]|: |(?<=\w)\)")
_SEPARATOR = re.compile(r",| et | and | ainsi que | & |\+|/(?= )")
# A phrase that carries its own negation is an observation ("ne respire plus"), not a denied one.
_OWN_NEGATION = re.compile(
    r"\b(?:n'|ne )(?:[a-z']+ ){1,3}?(?:pas|plus)\b|\b(?:not|unable|cannot|stopped|no fit)\b|n't\b|\brefus"
)
_ALTERNATIVE = re.compile(r"\b(?:or|nor|ou|ni)\b")
_NEW_NUMBER = re.compile(r"\d|\b(?:depuis|since|for|x)\b")


@dataclass(frozen=True, slots=True)
class _Trigger:
    kind: str
    direction: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Grammar:
    triggers: tuple[_Trigger, ...]
    any_trigger: re.Pattern[str]
    terminator: re.Pattern[str]
    opener: re.Pattern[str]
    continuation: re.Pattern[str]


def _bounded(phrases: Iterable[str]) -> str:
    """Alternatives, longest first, with word boundaries where they begin or end with a letter."""
    ordered = sorted(phrases, key=len, reverse=True)
    begun = [one if one.startswith(("n't", ":", "\\", "(?:: ?)")) else rf"(?<![a-z0-9]){one}" for one in ordered]
    return "(?:" + "|".join(f"(?:{one})" for one in begun) + r")(?:(?<=['?) ])|(?![a-z0-9]))"


@lru_cache(maxsize=1)
def _table() -> Mapping[str, object]:
    text = resources.files("carebase.clinical").joinpath("tables/assertion_triggers.json").read_text("utf-8")
    return cast(Mapping[str, object], json.loads(text))


@lru_cache(maxsize=3)
def _grammar(language: Language | None) -> _Grammar:
    def rows(name: str) -> list[Mapping[str, object]]:
        listed = cast(list[Mapping[str, object]], _table()[name])
        return [row for row in listed if language is None or row["language"] == language]

    def phrases(found: Iterable[Mapping[str, object]]) -> list[str]:
        return [phrase for row in found for phrase in cast(list[str], row["phrases"])]

    def words(name: str) -> list[str]:
        by_language = cast(Mapping[str, list[str]], _table()[name])
        return [word for key, listed in by_language.items() if language is None or key == language for word in listed]

    found = rows("triggers")
    triggers = tuple(
        _Trigger(str(row["kind"]), str(row["direction"]), re.compile(_bounded(phrases([row])))) for row in found
    )
    return _Grammar(
        triggers=triggers,
        any_trigger=re.compile(_bounded(phrases(found))),
        terminator=re.compile(_bounded(phrases(rows("terminators")))),
        opener=re.compile(r"\s*(?:" + "|".join(words("clause_openers")) + r")(?:(?<=')|(?![a-z0-9]))"),
        continuation=re.compile(r"\s*(?:" + "|".join(words("continuations")) + r")(?:(?<=')|(?![a-z0-9]))"),
    )


@dataclass(frozen=True, slots=True)
class _Scope:
    kind: str
    start: int
    end: int
    trigger_start: int
    trigger_end: int


class Assertions:
    """The scopes of one sentence; ask `of` for a span of its folded text."""

    def __init__(self, folded: str, scopes: tuple[_Scope, ...]) -> None:
        self._folded = folded
        self._scopes = scopes

    def of(self, start: int, end: int) -> Assertion | None:
        """What is said of `folded[start:end]`; None when it says nothing about this patient now.

        None covers what is only conditional ("return if fever") and what is denied of relatives.
        """
        kinds = self._kinds(start, end)
        own_negation = _OWN_NEGATION.search(self._folded[start:end]) is not None
        if own_negation:
            kinds -= {"absent", "absent_perhaps", "uncertain"}
        return _strongest(kinds, own_negation=own_negation)

    def perhaps_listed(self, start: int, end: int) -> bool:
        """True when the only doubt is whether a denied list goes on to this span."""
        return self._kinds(start, end) == {"absent_perhaps"}

    def _kinds(self, start: int, end: int) -> set[str]:
        return {
            scope.kind
            for scope in self._scopes
            # A phrase may itself hold a word that ends scopes ("burning with urination").
            if scope.start < end and start < scope.end and not (scope.trigger_start < end and start < scope.trigger_end)
        }


def _strongest(kinds: set[str], *, own_negation: bool) -> Assertion | None:
    # An emergency sign that reads like a denial is never lost to a condition in the same sentence.
    if "hypothetical" in kinds and not own_negation:
        return None
    if "family" in kinds and "not_family" not in kinds:
        return None if kinds & {"absent", "absent_perhaps"} else Assertion.FAMILY
    for kind, assertion in (
        ("absent", Assertion.ABSENT),
        ("resolved", Assertion.HISTORICAL),
        ("absent_perhaps", Assertion.UNCERTAIN),
        ("uncertain", Assertion.UNCERTAIN),
    ):
        if kind in kinds:
            return assertion
    if "historical" in kinds and "pseudo_historical" not in kinds:
        return Assertion.HISTORICAL
    return Assertion.PRESENT


def assertions(sentence: str, *, language: Language | None = None) -> Assertions:
    """Read the triggers of one sentence (printed or folded); None means both languages.

    >>> said = assertions("Pas d'épanchement pleural ni de pneumothorax, mais cardiomégalie", language="fr")
    >>> said.of(6, 25).value, said.of(32, 44).value, said.of(51, 64).value
    ('absent', 'absent', 'present')
    """
    text = folding.fold(sentence)
    grammar = _grammar(language)
    scopes: list[_Scope] = []
    position = 0
    while (hit := grammar.any_trigger.search(text, position)) is not None:
        # The longest reading of a place wins ("cannot be excluded" over "excluded"), in every direction.
        ends = [
            (trigger, match.end())
            for trigger in grammar.triggers
            if (match := trigger.pattern.match(text, hit.start()))
        ]
        position = max(end for _, end in ends)
        for trigger, end in ends:
            if end == position:
                scopes.extend(_scopes(trigger, hit.start(), end, text=text, grammar=grammar))
    return Assertions(text, tuple(scopes))


def _scopes(trigger: _Trigger, start: int, end: int, *, text: str, grammar: _Grammar) -> list[_Scope]:
    kind = trigger.kind
    if kind == "pseudo":
        return []
    if trigger.direction.startswith("backward"):
        begin = _backward_begin(text, start, grammar=grammar, near=trigger.direction == "backward_near")
        scopes = [_Scope(kind, begin, start, start, end)]
        if kind == "absent" and _ALTERNATIVE.search(text, begin, start):
            # "Nodes, masses or effusion are not seen": the members before the comma may be denied too.
            scopes.append(_Scope("absent_perhaps", _list_begin(text, begin), start, start, end))
        return scopes
    limit = _forward_limit(text, end, grammar=grammar)
    if trigger.direction == "forward_near":
        return [_Scope(kind, end, min(limit, _words_ahead(text, end)), start, end)]
    if kind not in ("absent", "resolved"):
        return [_Scope(kind, end, limit, start, end)]
    certain, perhaps = _list_ends(text, end, limit=limit, grammar=grammar)
    return [_Scope(kind, end, certain, start, end), _Scope("absent_perhaps", end, perhaps, start, end)]


def _forward_limit(text: str, end: int, *, grammar: _Grammar) -> int:
    """Where a forward scope ends: at a terminator, unless it follows the trigger at once."""
    limit = len(text)
    for match in grammar.terminator.finditer(text, end):
        if text[end : match.start()].strip():
            limit = match.start()
            break
    for match in _PUNCTUATION_ENDS.finditer(text, end):
        if text[end : match.start()].strip():
            return min(limit, match.start())
    return limit


def _backward_begin(text: str, start: int, *, grammar: _Grammar, near: bool) -> int:
    begin = 0
    for match in grammar.terminator.finditer(text, 0, start):
        begin = match.end()
    begin = max(begin, text.rfind(",", 0, start) + 1, text.rfind(";", 0, start) + 1, text.rfind(". ", 0, start) + 1)
    if near:
        words = list(re.finditer(r"[a-z0-9']+", text[begin:start]))
        if len(words) > _NEAR_WORDS:
            begin += words[-_NEAR_WORDS].start()
    return begin


def _list_begin(text: str, begin: int) -> int:
    """Where a list may begin whose last member stands at `begin`; only short members are taken."""
    while begin > 0 and text[begin - 1] == ",":
        before = max(text.rfind(sign, 0, begin - 1) for sign in ",;.:") + 1
        if len(text[before : begin - 1].split()) > _LONGEST_LIST_ITEM_WORDS:
            break
        begin = before
    return begin


def _words_ahead(text: str, end: int) -> int:
    match = re.compile(rf"(?:[ '-]*[a-z0-9]+){{0,{_NEAR_WORDS + 1}}}").match(text, end)
    return end if match is None else match.end()


def _list_ends(text: str, end: int, *, limit: int, grammar: _Grammar) -> tuple[int, int]:
    """Where a denied list surely ends, and where it may still go on (≥ the former)."""
    cuts = [(match.start(), match.end(), match[0]) for match in _SEPARATOR.finditer(text, end, limit)]
    bounds = [*cuts, (limit, limit, "")]
    certain = bounds[0][0]
    pieces = [
        (separator, text[begin : bounds[index + 1][0]], bounds[index + 1][0])
        for index, (_, begin, separator) in enumerate(cuts)
    ]
    bare_commas = sum(separator == "," for separator, _, _ in pieces)
    in_doubt = False
    perhaps = certain
    for index, (separator, piece, piece_end) in enumerate(pieces):
        if not grammar.continuation.match(piece):
            if _begins_anew(piece, grammar=grammar):
                break
            joined = any(re.search(r"\b(?:ni|ou|or|nor)\b", later) for _, later, _ in pieces[index:])
            english_list = grammar is _grammar("en") and (separator == " and " or bare_commas > 1)
            in_doubt = in_doubt or _is_long(piece) or not (joined or english_list)
        perhaps = piece_end
        if not in_doubt:
            certain = piece_end
    return certain, perhaps


def _begins_anew(piece: str, *, grammar: _Grammar) -> bool:
    return grammar.opener.match(piece) is not None or _NEW_NUMBER.search(piece) is not None


def _is_long(piece: str) -> bool:
    """Whether one item is longer than members of a list are; then it may be a clause of its own."""
    items = re.split(r" (?:ni|ou|or|nor|and|et) ", piece)
    return max(len(item.split()) for item in items) > _LONGEST_LIST_ITEM_WORDS
