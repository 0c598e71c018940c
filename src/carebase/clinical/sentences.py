"""Cuts the lines of a text into sentences and remembers which line each word stands on.

In charge of boundaries only. A sentence runs over a line break where the line is plainly
unfinished; in doubt a line ends its sentence, so that a negation never reaches the next finding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from carebase.clinical import folding
from carebase.clinical.folding import Folded

_BOUNDARY = re.compile(r"(?<=[.!?;])[\s]+|\s+(?=[•●▪◦►·*]\s)|\s+(?=-\s?[A-ZÀ-Ý])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|m|mr|mrs|ms|mme|mlle|pr|prof|st|ste|cf|env|approx|ex|vs|fig|no|art|resp|temp|max|min|av|j"
    r"|p|c|s|t|i\.e|e\.g|c\.a\.d|h|d|n)\.\Z"
)
_UNFINISHED = re.compile(
    r"(?:,|\b(?:de|du|des|d'|l'|la|le|les|un|une|et|ou|ni|en|a|au|aux|avec|sans|pas|par|pour|sur|dans|aucun|aucune"
    r"|absence|signe|signes|qui|que|chez|depuis|the|an|of|and|or|nor|no|not|with|without|in|on|at|to|for|is|are|was"
    r"|by|from|evidence|any|since|has|have|had|denies|than|as|that|which|mild|moderate|left|right))\s*\Z"
)
_BULLET = re.compile(r"\s*(?:[-•●▪◦►·*]|\d{1,2}[.)/-])\s*(?=\S)")
_FULL_LINE = 0.8
_NARROWEST_COLUMN = 60


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its text folded with the way back, and the lines it stands on.

    `line_starts[i]` is the folded offset where the line `line_indexes[i]` (counted from 0) begins.
    """

    folded: Folded
    line_starts: tuple[int, ...]
    line_indexes: tuple[int, ...]

    def lines_at(self, start: int, end: int) -> tuple[int, ...]:
        """The indexes of the lines that the folded span stands on."""
        first = max(bisect_right(self.line_starts, start) - 1, 0)
        last = max(bisect_right(self.line_starts, max(end - 1, start)) - 1, first)
        return self.line_indexes[first : last + 1]


def _continues(line: str, following: str, *, width: int) -> bool:
    """Whether the sentence of `line` goes on in the line below."""
    stripped = line.rstrip()
    if not stripped or not following.strip() or stripped[-1] in ".!?;:":
        return False
    if _BULLET.match(following):
        return False
    if _UNFINISHED.search(folding.fold(stripped)):
        return True
    begins = following.lstrip()[0]
    if begins.islower():
        return True
    # Reports in capitals give no sign but the width of the column.
    in_capitals = stripped.upper() == stripped and following.upper() == following
    return in_capitals and len(stripped) >= _FULL_LINE * max(width, _NARROWEST_COLUMN) and ":" not in following


def split(lines: Sequence[str]) -> tuple[Sentence, ...]:
    """The sentences of consecutive lines; empty lines end a sentence and yield none.

    >>> [one.folded.printed for one in split(["Pas de foyer ni", "d'épanchement. Cœur normal", "Toux"])]
    ["Pas de foyer ni d'épanchement.", 'Cœur normal', 'Toux']
    """
    width = max((len(line.rstrip()) for line in lines), default=0)
    found: list[Sentence] = []
    block: list[int] = []
    for index, line in enumerate(lines):
        block.append(index)
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if not _continues(line, following, width=width):
            found.extend(_of_block(lines, block))
            block = []
    return tuple(found)


def _of_block(lines: Sequence[str], block: Sequence[int]) -> list[Sentence]:
    text = ""
    starts: list[int] = []
    for index in block:
        text += " " if text else ""
        starts.append(len(text))
        text += lines[index].strip()
    found: list[Sentence] = []
    begin = 0
    ends = [match for match in _BOUNDARY.finditer(text) if not _ABBREVIATION.search(text[: match.start()].lower())]
    for end, after in [*((match.start(), match.end()) for match in ends), (len(text), len(text))]:
        if text[begin:end].strip():
            found.append(_sentence(text[begin:end], begin, starts=starts, block=block))
        begin = after
    return found


def _sentence(text: str, begin: int, *, starts: Sequence[int], block: Sequence[int]) -> Sentence:
    folded = folding.folded(text)
    first = bisect_right(starts, begin) - 1
    last = bisect_right(starts, begin + len(text) - 1) - 1
    # Folding may lengthen a text (œ), so line starts are looked up in the folded one.
    places = tuple(bisect_right(folded.origins, max(starts[at] - begin, 0) - 1) for at in range(first, last + 1))
    return Sentence(folded, places, tuple(block[first : last + 1]))
