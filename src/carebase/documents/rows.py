"""Groups words into the rows a reader sees.

In charge of geometry only: words that stand on the same baseline make one line, whatever
column or text object they come from, because a laboratory report is read across.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from carebase.documents.text import Box, Line, Word

_SAME_BASELINE: Final = 0.35
_INSIDE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Placed:
    """A word with the baseline it stands on; `baseline` and `height` in points, y downwards."""

    text: str
    box: Box
    baseline: float
    height: float


def lines(placed: Iterable[Placed]) -> tuple[Line, ...]:
    """The words as lines, top to bottom, each left to right, numbered from 1."""
    rows: list[list[Placed]] = []
    small: list[Placed] = []
    for word in sorted(placed, key=lambda word: (word.baseline, word.box.x0)):
        # Only the last rows can be near, since words come by ascending baseline.
        row = next((row for row in reversed(rows[-3:]) if _stands_with(word, row[0])), None)
        if row is not None:
            row.append(word)
        elif rows and _is_inside_a_taller(word, rows[-3:]):
            small.append(word)
        else:
            rows.append([word])
    rows = _with_raised(rows)
    for word in small:
        min(rows, key=lambda row: abs(_middle(row[0].box) - _middle(word.box))).append(word)
    return tuple(_line(number, row) for number, row in enumerate(_in_order(rows), start=1))


def _stands_with(word: Placed, first: Placed) -> bool:
    return abs(word.baseline - first.baseline) <= _SAME_BASELINE * min(word.height, first.height)


def _is_inside_a_taller(word: Placed, rows: list[list[Placed]]) -> bool:
    return any(_is_inside(word, row[0]) for row in rows)


def _is_inside(word: Placed, taller: Placed) -> bool:
    if word.height > 0.8 * taller.height:
        return False
    shared = min(word.box.y1, taller.box.y1) - max(word.box.y0, taller.box.y0)
    return shared >= _INSIDE * (word.box.y1 - word.box.y0)


def _with_raised(rows: list[list[Placed]]) -> list[list[Placed]]:
    """Rows of small raised words (exponents, call-out marks) put into the row just under them."""
    kept: list[list[Placed]] = []
    for row, following in itertools.zip_longest(rows, rows[1:]):
        if following is not None and all(_is_inside(word, following[0]) for word in row):
            following.extend(row)
        else:
            kept.append(row)
    return kept


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _in_order(rows: list[list[Placed]]) -> list[list[Placed]]:
    return sorted(rows, key=lambda row: (row[0].baseline, row[0].box.x0))


def _line(number: int, row: list[Placed]) -> Line:
    words: list[Word] = []
    for word in sorted(row, key=lambda word: word.box.x0):
        # Some writers draw a word twice, a hair apart, to make it bold.
        if words and words[-1].text == word.text and _overlap(words[-1].box, word.box):
            continue
        words.append(Word(word.text, word.box))
    return Line(number, tuple(words), _around([word.box for word in words]))


def _overlap(one: Box, other: Box) -> bool:
    return abs(one.x0 - other.x0) < 0.5 * (one.x1 - one.x0) and abs(one.y0 - other.y0) < 0.5 * (one.y1 - one.y0)


def _around(boxes: list[Box]) -> Box:
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )
