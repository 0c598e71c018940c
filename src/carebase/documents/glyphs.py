"""Takes the characters of one PDF page and makes words of them.

In charge of word splitting: what a typesetter wrote as one run may be several cells of a table,
and what is one word to a reader may be several runs. Speaks to PDFium's text interface.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from ctypes import byref, c_double
from dataclasses import dataclass, field
from typing import Any, Final

from pypdfium2 import raw

from carebase.documents import rows
from carebase.documents.text import Box

UNKNOWN: Final = "\ufffd"
"""Stands for a character that the font does not name."""

# Fractions of a character's height (about 1.15 times its size).
_WORD_GAP: Final = 0.2
_STRAY_SPACE_GAP: Final = 0.1
_BACKWARDS: Final = 0.4
_OTHER_BASELINE: Final = 0.25
_RAISED_HEIGHT: Final = 0.85
# Leaders between a name and its value are a word of their own, however tightly they are set.
_LEADERS: Final = re.compile(r"\.{4,}|_{4,}|…{2,}|·{4,}")
_RAISED: Final = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LIGATURES: Final = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# PDFium marks a hyphen at the end of a line with U+0002 or U+FFFE.
_HYPHENS: Final = {0x02: "-", 0xAD: "-", 0xFFFE: "-", 0x2010: "-", 0x2011: "-"}

_BLANKS: Final = frozenset((0xA0, 0x1680, *range(0x2000, 0x200C), 0x202F, 0x205F, 0x3000, 0xFEFF))

Place = Callable[[float, float], tuple[float, float]]
"""From the PDF's user space (y upwards) to points from the displayed page's top-left corner."""
Edges = tuple[float, float, float, float]
"""x0, y0, x1, y1 of a character, displayed."""


@dataclass(slots=True)
class _Run:
    """The characters of the word being built, with the edges of each."""

    text: list[str] = field(default_factory=list)
    edges: list[Edges] = field(default_factory=list)
    baseline: float = 0.0
    height: float = 0.0
    is_upright: bool = True
    top: float = math.nan
    right: float = math.nan
    bottom: float = math.nan
    """The edges of its last character."""
    least: float = math.inf
    most: float = -math.inf
    """The gaps at which a character on the same line belongs to it without a closer look."""


def placer(bounds: Edges, *, rotation: int) -> Place:
    """How points of a page with the box `bounds` (left, bottom, right, top) and `rotation` are displayed."""
    left, bottom, right, top = bounds
    match rotation % 360:
        case 90:
            return lambda x, y: (y - bottom, x - left)
        case 180:
            return lambda x, y: (right - x, y - bottom)
        case 270:
            return lambda x, y: (top - y, right - x)
        case _:
            return lambda x, y: (x - left, top - y)


def words(textpage: Any, *, place: Place, rotation: int) -> Iterator[rows.Placed]:
    """The words of a page in the order they were written, off-page ones included."""
    run = _Run()
    blank = ""
    for code, edges, index in _characters(textpage, place=place, rotation=rotation):
        if edges is None:
            blank = "made" if blank != "real" and raw.FPDFText_IsGenerated(textpage, index) == 1 else "real"
            continue
        # Nearly every character follows its neighbour on the same line; the rest is looked at closely.
        if (
            not blank
            and edges[3] == run.bottom
            and edges[1] == run.top
            and run.least < edges[0] - run.right <= run.most
        ):
            run.text.append(chr(code) if 0x20 < code < 0x7F else printed(code))
            run.edges.append(edges)
            run.right = edges[2]
            continue
        raised = _continues(run, edges, blank=blank)
        if raised is None:
            yield from _finished(run)
            run = _begun(textpage, index, edges=edges, place=place, rotation=rotation)
        blank = ""
        shown = chr(code) if 0x20 < code < 0x7F else printed(code)
        run.text.append(shown.translate(_RAISED) if raised else shown)
        run.edges.append(edges)
        run.top, run.right, run.bottom = edges[1:]
    yield from _finished(run)


def _characters(textpage: Any, *, place: Place, rotation: int) -> Iterator[tuple[int, Edges | None, int]]:
    """Code, edges (None of a blank) and index of each character."""
    # This loop runs for every character of every file: nothing is looked up or made twice in it.
    unicode, box = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    rectangle = raw.FS_RECTF()
    to_rectangle = byref(rectangle)
    origin_x, origin_y = (0.0, 0.0) if rotation else place(0.0, 0.0)
    for index in range(raw.FPDFText_CountChars(textpage)):
        code = unicode(textpage, index)
        if (code <= 0x20 and code not in _HYPHENS) or code in _BLANKS:
            yield code, None, index
        elif not box(textpage, index, to_rectangle):
            continue
        elif rotation:
            # Turning a page swaps the corners.
            x0, y0 = place(rectangle.left, rectangle.top)
            x1, y1 = place(rectangle.right, rectangle.bottom)
            yield code, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), index
        else:
            yield (
                code,
                (
                    rectangle.left + origin_x,
                    origin_y - rectangle.top,
                    rectangle.right + origin_x,
                    origin_y - rectangle.bottom,
                ),
                index,
            )


def printed(code: int) -> str:
    """What a reader sees for the character `code`; `UNKNOWN` where the font does not say.

    >>> printed(0xFB01)
    'fi'
    """
    if code in _HYPHENS:
        return _HYPHENS[code]
    if code in _LIGATURES:
        return _LIGATURES[code]
    if code == 0 or 0xD800 <= code <= 0xF8FF or 0xF0000 <= code <= 0x10FFFF:
        return UNKNOWN
    character = chr(code)
    return UNKNOWN if unicodedata.category(character) in {"Cc", "Cn"} else character


def _begun(textpage: Any, index: int, *, edges: tuple[float, float, float, float], place: Place, rotation: int) -> _Run:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    # PDFium counts the angle of a character clockwise, as the page's rotation is counted.
    angle = (math.degrees(raw.FPDFText_GetCharAngle(textpage, index)) + rotation) % 360
    is_upright = angle <= 20 or angle >= 340
    baseline = place(x.value, y.value)[1] if is_upright else edges[3]
    height = edges[3] - edges[1]
    run = _Run(baseline=baseline, height=height, is_upright=is_upright)
    if is_upright:
        run.least, run.most = -_BACKWARDS * height, _WORD_GAP * height
    return run


def _continues(run: _Run, edges: Edges, *, blank: str) -> bool | None:
    """None when a new word begins; else whether the character is a raised one (an exponent)."""
    if not run.edges or blank == "real":
        return None
    if not run.is_upright:
        return None if blank else False
    before = run.edges[-1]
    gap = edges[0] - before[2]
    is_near = -_BACKWARDS * run.height < gap <= _WORD_GAP * run.height
    return _joins(run, edges, gap=gap, is_near=is_near, blank=blank)


def _joins(run: _Run, edges: Edges, *, gap: float, is_near: bool, blank: str) -> bool | None:
    """As `_continues`, for a character of another height or baseline, or after a space PDFium made."""
    height = edges[3] - edges[1]
    first = run.edges[0]
    is_raised = height < _RAISED_HEIGHT * run.height and first[1] < edges[3] < first[3] - 0.15 * run.height
    is_level = abs(edges[3] - first[3]) <= _OTHER_BASELINE * max(run.height, height)
    if not is_near or not (is_raised or is_level):
        return None
    is_tight = gap < _STRAY_SPACE_GAP * run.height
    return is_raised if is_tight or not (blank or is_raised) else None


def _finished(run: _Run) -> list[rows.Placed]:
    if not run.text:
        return []
    text = "".join(run.text)
    # Leaders are looked for where each character has its own place, which ligatures do not.
    if len(text) == len(run.text) > 4 and run.is_upright and _LEADERS.search(text) is not None:
        ends = sorted({0, len(text), *(end for found in _LEADERS.finditer(text) for end in found.span())})
        return [_word(run, text[start:end], slice(start, end)) for start, end in itertools.pairwise(ends)]
    return [_word(run, text, slice(None))]


def _word(run: _Run, text: str, part: slice) -> rows.Placed:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    lefts, tops, rights, bottoms = zip(*run.edges[part], strict=True)
    box = Box(min(lefts), min(tops), max(rights), max(bottoms))
    return rows.Placed(text, box, run.baseline, run.height)
