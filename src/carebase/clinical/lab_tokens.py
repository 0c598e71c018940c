"""Cuts one printed line of a laboratory report into what a row is made of.

In charge of shapes: number, unit, range, flag, answer, date, word. What a shape means in its row
is for `lab_rows` to say.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from carebase.clinical import numbers, units
from carebase.clinical.page import Line, Page, Word

Kind = Literal["gap", "date", "number", "range", "unit", "flag", "answer", "word"]
GAP = "\t"


@dataclass(frozen=True, slots=True)
class Token:
    """A shape, its words as printed, and where it stands from left to right (points)."""

    kind: Kind
    text: str
    x0: float
    x1: float
    is_marked: bool = False
    """For a range: brackets or a label (`N:`) say that it is one."""


class Segment:
    """A stretch of one line: its words, and its text with a tab for every wide gap or leader."""

    def __init__(self, page: Page, line: Line, words: Sequence[Word]) -> None:
        self.page = page
        self.line = line
        self.words = words
        self.text, self._starts, self._places = _laid_out(words)
        self.quote = " ".join(word.text for word in words)
        """The words, as they stand in the line's text."""
        self.box = _around(words)
        """x0, y0, x1, y1 around the words, in points."""

    def x_at(self, offset: int) -> float:
        """Where the character at `offset` of `text` starts, in points."""
        index = max(bisect_right(self._starts, offset) - 1, 0)
        start, length, word = self._places[index]
        share = min(max(offset - start, 0) / length, 1.0)
        return word.box.x0 + share * (word.box.x1 - word.box.x0)

    def tokens(self, start: int) -> list[Token]:
        """The shapes from `start` of `text` on."""
        return [
            Token(
                _KINDS[str(match.lastgroup)],
                match[0].strip(" "),
                self.x_at(match.start()),
                self.x_at(match.end()),
                match.lastgroup == "marked",
            )
            for match in _TOKEN.finditer(self.text, start)
            if _is_real(match)
        ]


def _around(words: Sequence[Word]) -> tuple[float, float, float, float]:
    boxes = [word.box for word in words]
    return (
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


_LEADER = re.compile(r"(?:\.{3,}|…+\.*|_{3,}|·{3,}|-{4,}|\|+|(?:\. ){3,}\.?)")


def _laid_out(words: Sequence[Word]) -> tuple[str, list[int], list[tuple[int, int, Word]]]:
    width = _letter_width(words)
    parts: list[str] = []
    starts: list[int] = []
    places: list[tuple[int, int, Word]] = []
    offset = 0
    previous: Word | None = None
    for word in words:
        if previous is not None:
            parts.append(GAP if word.box.x0 - previous.box.x1 > 1.6 * width else " ")
            offset += 1
        # One character stays one character, so that places stay true.
        text = word.text if word.text.isascii() else numbers.clean(word.text) or " "
        if not text.isalnum():
            text = _LEADER.sub(lambda leader: GAP * len(leader[0]), text)
        parts.append(text)
        starts.append(offset)
        places.append((offset, len(text), word))
        offset += len(text)
        previous = word
    return "".join(parts), starts, places


def _letter_width(words: Sequence[Word]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(word.box.x1 - word.box.x0 for word in words) / letters if letters else 1.0


_NUM = rf"(?:{numbers.DIGITS})"
_TO = r" ?(?:-|–|—|−|(?<=[ \d])à|(?<= )a(?= )|(?<= )to(?= )|(?<= )et(?= )|(?<= )and(?= )|(?<= )hasta(?= )|\.\.\.?) ?"
_PAIR = rf"(?<![\w.,])(?:[-−+]?{_NUM}(?: ?%)?{_TO}[-−+]?{_NUM}|\([-−+]{_NUM}\) ?[-–] ?\([-−+]{_NUM}\))(?![\d/])"
_LIMIT = rf"(?:{numbers.COMPARATOR_WORDS}) ?:? ?[-−]?{_NUM}"
_LABEL = (
    r"(?:[HFMN]|VN|V\.N\.?|VR|V\.R\.?|N\.V\.?|R[ée]f\.?|Norm(?:ale?s?|es?)?\.?|Hommes?|Femmes?|Males?"
    r"|Females?|M[ae]n|Wom[ae]n"
    r"|Adultes?|Adults?|Hombres?|Mujer(?:es)?|Valeurs? (?:normales?|usuelles?|de r[ée]f[ée]rence)"
    r"|Reference(?: range)?|Normal range)"
)
_AROUND_UNIT = rf"(?: ?{units.PATTERN}(?![\w/]))?"
_ONE_RANGE = rf"(?:{_PAIR}|{_LIMIT})"
_MARKED = (
    rf"(?:(?<![\w]){_LABEL} ?[:=]? ?(?:de |entre )?[(\[]? ?{_ONE_RANGE}{_AROUND_UNIT} ?[)\]]?(?: ?[,;/"
    rf"|]? ?(?=[HFMhfm(]))?)+"
    rf"|[(\[] ?(?:{_LABEL} ?[:=]? ?)?{_ONE_RANGE}{_AROUND_UNIT} ?[)\]]"
)
_ANSWER_WORDS = (
    r"n[ée]gati(?:f|ve|vo|va)s?|positi(?:f|ve|vo|va)s?|non[- ]?r[ée]acti(?:f|ve)s?|no reactivo"
    r"|r[ée]acti(?:f|ve|vo)s?|nil|n[ée]ant"
    r"|absen(?:ce|t|te|ts|tes)|pr[ée]sen(?:ce|t|te|ts|tes)|trace?s?|trazas|rares?|nombreux|nombreuses"
    r"|quelques|few|many|moderate"
    r"|(?:non |not )?d[ée]tect[ée]e?s?|(?:not )?detected|(?:no )?detectado|not seen|none seen|seen|vue?s?"
    r"|occasional|ind[ée]termin[ée]e?"
    r"|indeterminate|equivocal|douteux|st[ée]rile|sterile|ausente|presente"
)
_FLAG_WORDS = (
    r"HH|LL|H|L|N|A|C|B|High|Low|HIGH|LOW|[ÉEée]lev[ée]e?|Haute?"
    r"|Basse?|BAS|HAUT|Normal|NORMAL"
    r"|Abnormal|Alert|Critical|Critique|CRITICAL|CRITIQUE|Panic|Alto|Alta|Bajo|Baja|Augment[ée]e?"
    r"|Diminu[ée]e?|\(H\)|\(L\)|\(\*\)|\[H\]|\[L\]"
)
_TOKEN = re.compile(
    rf"(?P<gap>\t[\t ]*)"
    r"|(?P<date>(?<![\d/.,])\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?![\d/,]|[.]\d)(?: ?(?:à|at"
    r"|-)? ?\d{1,2}[:hH]\d{2})?"
    r"|(?<!\d)\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2})?|(?<!\d)\d{1,2}[:hH]\d{2}(?![\d/]))"
    rf"|(?P<power>(?:[xX×*] ?)?10 ?(?:\^|\*\*?|[eE])? ?(?:12|9|6|3|⁹|³|⁶|¹²) ?/ ?(?:[µμu]?[lL]"
    rf"|mm ?\^?[3³]|cumm|nL)(?![\w]))"
    r"|(?P<titre>(?<![\w/.,])1 ?[/:] ?(?:\d{2,5}|[458])(?![\d/.,]))"
    # A flattened exponent ("245 109/L") is a unit; "7 103/µL" could be either and is left alone.
    r"|(?P<flat>(?<![\w.,])\d+(?:[.,]\d+)?(?= 10(?:3|6|9|12) ?/ ?[lL](?![\w])))"
    r"|(?P<muddle>(?<![\w.,])\d{1,3} 10[36]/(?:[µμu][lL]|mm ?\^?[3³]))"
    # A colony count ("> 10^5 UFC/mL Escherichia coli") is words: its exponent is no number of its own.
    r"|(?P<colonies>(?<![\w.,])(?:[<>≤≥]=? ?)?(?:\d(?:[.,]\d)? ?[xX×.*] ?)?10 ?(?:\^ ?[1-9]|[²³⁴⁵⁶⁷⁸⁹]) ?"
    r"(?:UFC|CFU|germes?|bact[eé]ries?|col\w*)(?!\w)[^\t]*)"
    rf"|(?P<marked>{_MARKED})"
    rf"|(?P<pair>{_PAIR})"
    # The grade of a strip is no number with a sign behind it.
    r"|(?P<grade>(?<![\w.,+-])[1-4]\+(?![\w+])[^\t]*)"
    rf"|(?P<number>(?:(?<![\w])"
    rf"|(?<=[*↑↓HL]))(?:(?:{numbers.COMPARATOR_WORDS}) ?)?(?<![\w.,])[-−]?{_NUM}(?![\d]|[.,/:]\d))"
    rf"|(?P<unit>(?:(?<![A-Za-zÀ-ÿ])|(?<=[xX])){units.PATTERN}(?![\w/%]))"
    # "Bacilles à Gram négatif" names a bacterium; it is no negative answer.
    rf"|(?P<answer>(?<![\w])(?<!gram )(?<!gram-)"
    rf"(?:(?:{_ANSWER_WORDS})(?![\w])|\+{{1,4}}(?![\w])|[1-4] ?\+(?![\w+]))[^\t]*)"
    rf"|(?P<flag>[*↑↓▲▼!]+|(?<![A-Za-zÀ-ÿ])(?:{_FLAG_WORDS})(?![\w/]))"
    rf"|(?P<word>[^\s]+)",
    re.IGNORECASE,
)
_KINDS: dict[str, Kind] = {
    "gap": "gap", "date": "date", "power": "unit", "titre": "answer", "flat": "number", "muddle": "word",
    "colonies": "answer", "grade": "answer",
    "marked": "range", "pair": "range",
    "number": "number", "unit": "unit", "answer": "answer", "flag": "flag", "word": "word",
}  # fmt: skip
_LONE_LOWER_FLAG = re.compile(r"[hlnacb]$")


def _is_real(match: re.Match[str]) -> bool:
    # Letters are read without case for the sake of words; a lone small letter is no flag.
    return not (match.lastgroup == "flag" and _LONE_LOWER_FLAG.match(match[0]))
