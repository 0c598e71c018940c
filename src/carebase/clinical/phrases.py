"""Finds the phrases of a table in folded text, with their inflections.

In charge of matching only. A phrase is written in folded letters: words take a plural or feminine
ending by themselves, `*` stands for any letters (`h*maturia`), `a|b` is a choice, `word?` may be
missing, `~` stands for up to two words, `word=` takes no ending at all. Nothing is matched by
likeness of spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_ENDING = r"(?:e?s|e|x)?"
_LINK = r"[ '/-]+"
_WORD = re.compile(r"[a-z0-9]+")
# Phrases are kept under the first letters of their first word (fewer where it is shorter or open).
_KEY_LETTERS = 3


def _word_pattern(word: str) -> str:
    choices = []
    for choice in word.split("|"):
        if "*" in choice:
            choices.append("[a-z]*".join(re.escape(part) for part in choice.split("*")))
        elif choice.endswith("="):
            choices.append(re.escape(choice[:-1]))
        elif len(choice) < 4 or not choice.isalpha():
            choices.append(re.escape(choice))
        else:
            choices.append(re.escape(choice) + _ENDING)
    return choices[0] if len(choices) == 1 else "(?:" + "|".join(choices) + ")"


def pattern(phrase: str) -> str:
    """The regular expression of a phrase, without the word boundaries around it.

    >>> bool(re.fullmatch(pattern("douleur ~ thoracique"), "douleurs intenses thoraciques"))
    True
    """
    pieces: list[str] = []
    for word in phrase.split():
        if word == "~":
            pieces.append(r"(?:[a-z0-9']+[ '-]+){0,2}")
        elif word.endswith("?"):
            pieces.append(f"(?:{_word_pattern(word[:-1])}{_LINK})?")
        else:
            pieces.append(_word_pattern(word) + _LINK)
    return "".join(pieces).removesuffix(_LINK)


@dataclass(frozen=True, slots=True)
class Match:
    """One concept in a text; the offsets are those of the folded text."""

    concept: str
    start: int
    end: int


class Lexicon:
    """Concepts with their phrases, looked up by the first letters of a word."""

    def __init__(self, concepts: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._phrases: dict[str, list[tuple[str, str]]] = {}
        self._compiled: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {}
        for concept, phrases in concepts:
            for phrase in phrases:
                for first in phrase.split()[0].split("|"):
                    key = re.split(r"[^a-z0-9]", first)[0][:_KEY_LETTERS]
                    self._phrases.setdefault(key, []).append((concept, phrase))

    def _beginning_with(self, word: str) -> Iterator[tuple[str, re.Pattern[str]]]:
        """The phrases that may begin with this word; compiled when first met, there are thousands."""
        for length in range(1, _KEY_LETTERS + 1):
            key = word[:length]
            if len(key) < length or key not in self._phrases:
                continue
            compiled = self._compiled.get(key)
            if compiled is None:
                compiled = tuple(
                    (concept, re.compile(pattern(phrase) + r"(?![a-z0-9])")) for concept, phrase in self._phrases[key]
                )
                self._compiled[key] = compiled
            yield from compiled

    def find(self, folded: str) -> tuple[Match, ...]:
        """All concepts from left to right; a phrase inside a longer one is not reported."""
        found: list[Match] = []
        for word in _WORD.finditer(folded):
            for concept, compiled in self._beginning_with(word[0]):
                match = compiled.match(folded, word.start())
                if match is not None:
                    found.append(Match(concept, match.start(), match.end()))
        return tuple(_longest(found))


def _longest(found: Sequence[Match]) -> list[Match]:
    kept: list[Match] = []
    for one in sorted(found, key=lambda match: (match.start - match.end, match.start)):
        inside = any(
            (one.start < other.end and other.start < one.end)
            and (one.concept == other.concept or (other.start <= one.start and one.end <= other.end))
            and (one.start, one.end, one.concept) != (other.start, other.end, other.concept)
            and not (one.start == other.start and one.end == other.end)
            for other in kept
        )
        if not inside and one not in kept:
            kept.append(one)
    return sorted(kept, key=lambda match: (match.start, match.end))
