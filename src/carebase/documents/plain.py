"""Reads plain text and CSV as pages, as if they had been typed.

In charge of giving text a place: every character takes the same width, every line the same
height, so that what is aligned in the file is aligned on the page. CSV cells start at their
column's place, with a wide gap between columns.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from carebase.documents import kinds
from carebase.documents.limits import Limits
from carebase.documents.text import Box, Document, Kind, Line, Page, Word
from carebase.documents.unreadable import Reason, UnreadableFile

LINES_PER_PAGE: Final = 60
PAGE_WIDTH: Final = 595.0
PAGE_HEIGHT: Final = 842.0
MARGIN: Final = 40.0
LINE_HEIGHT: Final = 12.7
CHARACTER_WIDTH: Final = 6.0
"""Points; of a typewriter face of 10 points."""
_WIDEST_PAGE: Final = 14_400.0
_COLUMN_GAP: Final = 4
"""Characters between the widest cell of a column and the next column."""
_TAB_STOP: Final = 8
_WRAP_AT: Final = 400
_MOST_COLUMNS: Final = 1_000

Placed = tuple[int, str]
"""A word and the column, counted in characters, at which it starts."""


def read(content: bytes, *, kind: Kind, limits: Limits) -> Document:
    """The pages of a text or CSV file, `LINES_PER_PAGE` lines each; a form feed starts a page.

    Warnings: `encoding_assumed` (not UTF-8: taken for Windows-1252), `too_many_pages`,
    `too_much_text`, `ragged_rows` (rows of a CSV with more cells than its first row).

    Raises:
        UnreadableFile: `empty`, `unsupported_encoding`, `damaged` (a CSV whose quotes never end).
    """
    encoding = kinds.encoding_of(content)
    if encoding is None:
        raise UnreadableFile(Reason.UNSUPPORTED_ENCODING)
    text = unicodedata.normalize("NFC", content.decode(encoding))
    if not text.strip():
        raise UnreadableFile(Reason.EMPTY)
    warnings = ["encoding_assumed"] if encoding == "cp1252" else []
    if kind is Kind.CSV:
        table = _table(text)
        if any(len(row) > len(table[0]) for row in table):
            warnings.append("ragged_rows")
        sheets = [_aligned(table)]
    else:
        sheets = [list(map(_typed, _wrapped(part))) for part in text.split("\f")]
    blocks = [block for sheet in sheets for block in _blocks(sheet)]
    if len(blocks) > limits.pages:
        warnings.append("too_many_pages")
    pages: list[Page] = []
    words_left = limits.words
    widest = max((column + len(word) for block in blocks for row in block for column, word in row), default=0)
    for number, block in enumerate(blocks[: limits.pages], start=1):
        words_left -= sum(map(len, block))
        if words_left < 0:
            warnings.append("too_much_text")
            break
        pages.append(_page(number, block, widest=widest))
    return Document(kind=kind, pages=tuple(pages), page_count=len(blocks), warnings=tuple(warnings))


def _table(text: str) -> list[list[str]]:
    delimiter = kinds.delimiter_of(text) or next(
        (mark for mark in kinds.DELIMITERS if mark in text), kinds.DELIMITERS[0]
    )
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken
    if any(len(row) > _MOST_COLUMNS for row in rows):
        raise UnreadableFile(Reason.TOO_LARGE)
    return [[" ".join(cell.split()) for cell in row] for row in rows] or [[]]


def _aligned(table: list[list[str]]) -> list[list[Placed]]:
    """Each row's words, every column starting where the widest cells before it leave room."""
    widths: list[int] = []
    for row in table:
        widths.extend([0] * (len(row) - len(widths)))
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], len(cell))
    starts, start = [], 0
    for width in widths:
        starts.append(start)
        start += width + _COLUMN_GAP
    return [
        [
            (starts[index] + word.start(), word.group())
            for index, cell in enumerate(row)
            for word in re.finditer(r"\S+", cell)
        ]
        for row in table
    ]


def _wrapped(text: str) -> Iterator[str]:
    """The lines of `text`, tabs expanded; very long ones are cut, where possible between words."""
    for line in text.splitlines():
        rest = line.expandtabs(_TAB_STOP).rstrip()
        while len(rest) > _WRAP_AT:
            cut = rest.rfind(" ", 1, _WRAP_AT + 1)
            cut = cut if cut > 0 else _WRAP_AT
            yield rest[:cut]
            rest = rest[cut:].lstrip()
        yield rest


def _typed(line: str) -> list[Placed]:
    return [(word.start(), word.group()) for word in re.finditer(r"\S+", line)]


def _blocks(rows: list[list[Placed]]) -> Iterator[list[list[Placed]]]:
    for start in range(0, len(rows), LINES_PER_PAGE):
        block = rows[start : start + LINES_PER_PAGE]
        if any(block):
            yield block


def _page(number: int, block: list[list[Placed]], *, widest: int) -> Page:
    character = min(CHARACTER_WIDTH, (_WIDEST_PAGE - 2 * MARGIN) / max(widest, 1))
    width = max(PAGE_WIDTH, 2 * MARGIN + widest * character)
    lines: list[Line] = []
    for row, placed in enumerate(block):
        if not placed:
            continue
        top = MARGIN + row * LINE_HEIGHT
        words = tuple(
            Word(
                word,
                Box(
                    round(MARGIN + column * character, 2),
                    round(top, 2),
                    round(MARGIN + (column + len(word)) * character, 2),
                    round(top + LINE_HEIGHT, 2),
                ),
            )
            for column, word in placed
        )
        lines.append(Line(len(lines) + 1, words, _around(words)))
    return Page(number, round(width, 2), PAGE_HEIGHT, tuple(lines))


def _around(words: Iterable[Word]) -> Box:
    boxes = [word.box for word in words]
    return Box(boxes[0].x0, boxes[0].y0, boxes[-1].x1, boxes[0].y1)
