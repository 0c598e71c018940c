"""Columns of a laboratory page: what a table's header says, and where a page has two columns.

A value that stands under "previous result" is never the current one; that is decided here, from
the printed header and the place on the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from carebase.clinical import analytes, folding
from carebase.clinical.lab_tokens import GAP, Segment
from carebase.clinical.page import Line, Page, Word

Role = Literal["name", "value", "previous", "unit", "range", "flag", "date", "other"]
SPECIMENS = ("blood", "urine", "csf")

_FORMS: tuple[tuple[Role, str], ...] = (
    (
        "previous",
        r"\b(?:anterior|anteriorites?|antecedents?|anterieure?s?|precedente?s?|previous|prior|last|historique"
        r"|history|previos?|previa)\b|^ant\b",
    ),
    (
        "date",
        r"^(?:dates?\b(?! (?:de )?naissance| of birth)|fecha\b|collected\b|collection (?:date|time)\b"
        r"|sampled?\b|preleve)",
    ),
    (
        "range",
        r"^(?:min|max|low|high|inf|sup)(?:imum)?$|^(?:hommes?|femmes?|males?|females?|m[ae]n|wom[ae]n|hombres?|mujeres)$|\bbornes?\b|\b(?:lower|upper)\b|reference|\bref\b|\bnormale?s?\b|\bnormes?\b|usuelle?s?|intervall?e?|\brange\b"
        r"|referencia|\bvr\b|\bvn\b|^valeurs(?: de)?$|limites|biolog",
    ),
    (
        "value",
        r"\bresultats?\b|\bresults?\b|\bvaleurs? (?:mesuree|trouvee|obtenue)s?|\bvalue\b"
        r"|\bresultados?\b|^valor$|^valeur$|observed",
    ),
    ("unit", r"\bunites?\b|\bunits?\b|\bunidad(?:es)?\b"),
    ("flag", r"\bflags?\b|\bindicateur|\binterpretation\b|\babn\b|\bstatus\b|\balerte?\b|\bh/l\b|\bindicador\b"),
    (
        "other",
        r"\bmethodes?\b|\bmethods?\b|\btechnique\b|\bmetodo\b|\bspecimen\b|\bcommentaires?\b"
        r"|\bcomments?\b|^n°$|^(?:lab|site|code|seq)$",
    ),
    (
        "name",
        r"\banalyses?\b|\bexamens?\b|\btests?\b|\bparametres?\b|\bparameters?\b"
        r"|\binvestigations?\b|\bprueba\b|\banalisis\b|\bdeterminacion(?:es)?\b"
        r"|\bdosages?\b|\banalyte\b|\bcomponent\b|\bdesignation\b|\blibelle\b|\bestudio\b"
        r"|\bexamen\b|\bdescription\b|\bparametro\b",
    ),
)
_ROLES = tuple((role, re.compile(form)) for role, form in _FORMS)
_ONLY_DATE = re.compile(r"^\(?(?:du |le )?\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\)?$")


_ONE_SEX = re.compile(r"^(?:hommes?|femmes?|males?|females?|m[ae]n|wom[ae]n|hombres?|mujer(?:es)?)$")


@dataclass(frozen=True, slots=True)
class Column:
    """One header cell."""

    role: Role
    x0: float
    x1: float
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table, from left to right."""

    columns: tuple[Column, ...]
    dated: str = ""
    """The date that heads the column of current values, where dates alone name the columns."""

    def at(self, x0: float, x1: float) -> Column:
        """The column that a stretch of the page belongs to: the one under which it stands."""
        return max(self.columns, key=lambda column: _nearness(column, x0, x1))

    @property
    def previous(self) -> Column | None:
        """The first column of earlier results."""
        return next((column for column in self.columns if column.role == "previous"), None)


def _nearness(column: Column, x0: float, x1: float) -> tuple[float, float]:
    overlap = min(column.x1, x1) - max(column.x0, x0)
    return (overlap if overlap < 0 else 0.0, -abs((column.x0 + column.x1) - (x0 + x1)))


def read_header(segment: Segment) -> Header | None:
    """The columns that this line names, or None when it is no table header."""
    cells = _cells(segment)
    if len(cells) > 1 and all(_ONLY_DATE.match(text) for text, _, _ in cells):
        return _of_dates(cells)
    columns: list[Column] = []
    unknown = 0
    for text, x0, x1 in cells:
        role = _role(text, after_value=any(column.role == "value" for column in columns))
        if role is None:
            unknown += 1
        else:
            columns.append(Column(role, x0, x1, text))
    roles = {column.role for column in columns}
    if "value" not in roles or len(columns) < 2 or unknown > 1 or roles == {"value"}:
        return None
    return Header(tuple(columns))


def _of_dates(cells: Sequence[tuple[str, float, float]]) -> Header | None:
    """Columns that only dates name: the latest holds the current values, whichever way they are read."""
    printed = [_numbers_of(text) for text, _, _ in cells]
    latest = {max(range(len(cells)), key=lambda at: order(printed[at])) for order in (_day_first, _month_first)}
    if len(latest) > 1 or len(set(printed)) < len(printed):
        return None
    now = latest.pop()
    columns = (Column("value" if at == now else "previous", x0, x1, text) for at, (text, x0, x1) in enumerate(cells))
    return Header(tuple(columns), dated=cells[now][0])


def _numbers_of(text: str) -> tuple[int, int, int]:
    first, second, year = map(int, re.findall(r"\d+", text))
    return first, second, year if year > 99 else 2000 + year


def _day_first(printed: Sequence[int]) -> tuple[int, ...]:
    return printed[2], printed[1], printed[0]


def _month_first(printed: Sequence[int]) -> tuple[int, ...]:
    return printed[2], printed[0], printed[1]


_END_OF_RANGE = re.compile(r"\b(?:(?P<low>min\w*|low\w*|inf\w*)|max\w*|high\w*|sup\w*|upper)\b")


def end_of_range(column: Column) -> Literal["low", "high"] | None:
    """Which end of the range a column holds, where the table gives each a column of its own."""
    end = _END_OF_RANGE.search(folding.fold(column.text)) if column.role == "range" else None
    if end is None:
        return None
    return "low" if end["low"] else "high"


def between(ends: Mapping[str, str]) -> str:
    """The range whose ends, as printed, stand in two columns."""
    if len(ends) == 2:
        return f"{ends['low']} - {ends['high']}"
    return f">= {ends['low']}" if "low" in ends else f"<= {ends['high']}"


_LEAD = re.compile(r"^[A-Z]{0,4}[-\d/:.hT ]*\d[-\d/:.hT ]*$")


def without_lead(header: Header, segment: Segment) -> Segment:
    """The line from its name on, where the table has dates or numbers in columns before the name."""
    before: list[Column] = []
    for column in header.columns:
        if column.role == "name":
            break
        before.append(column)
    else:
        return segment
    words = segment.words
    for cell in segment.text.split(GAP)[: len(before)]:
        if not _LEAD.match(cell.strip()):
            break
        words = words[len(cell.split()) :]
    return segment if len(words) in (0, len(segment.words)) else Segment(segment.page, segment.line, words)


def date_of(header: Header, segment: Segment) -> str | None:
    """The date that stands in the table's column of sample dates, as printed."""
    if not any(column.role == "date" for column in header.columns):
        return None
    dates = [token for token in segment.tokens(0) if token.kind == "date"]
    return next((token.text for token in dates if header.at(token.x0, token.x1).role == "date"), None)


def _role(text: str, *, after_value: bool) -> Role | None:
    if _ONLY_DATE.match(text):
        return "previous" if after_value else None
    if len(text) > 45:
        return None
    folded = folding.fold(text)
    for role, form in _ROLES:
        if form.search(folded):
            return role
    return None


def joined(header: Header, below: Segment) -> Header | None:
    """The header with its second line, where that line continues the cells above; else None."""
    cells = _cells(below)
    if not cells or any(re.search(r"\d", text) and not _ONLY_DATE.match(text) for text, _, _ in cells):
        return None
    columns = list(header.columns)
    split: set[Column] = set()
    for text, x0, x1 in cells:
        over = next((one for one in header.columns if min(one.x1, x1) - max(one.x0, x0) > 0), None)
        after = any(column.role == "value" and column.x1 < x0 for column in columns)
        role = _role(text, after_value=after)
        if role not in ("previous", "range", "value", "unit") or (over is None and not (after and role != "value")):
            return None
        if over is not None and over.role == "range" and _ONE_SEX.match(folding.fold(text)):
            # "Homme" and "Femme" below "Valeurs de référence" are two columns in the place of one.
            split.add(over)
            columns.append(Column("range", x0, x1, text))
        elif over is None or role == "previous" != over.role:
            columns.append(Column(role, x0, x1, text))
        else:
            whole = Column(over.role, min(over.x0, x0), max(over.x1, x1), f"{over.text} {text}")
            columns = [whole if column is over else column for column in columns]
    columns = [column for column in columns if column not in split]
    return Header(tuple(sorted(columns, key=lambda column: column.x0)))


def _cells(segment: Segment) -> list[tuple[str, float, float]]:
    found = []
    offset = 0
    for cell in segment.text.split(GAP):
        text = cell.strip()
        if text:
            start = offset + cell.index(text[0])
            found.append((text, segment.x_at(start), segment.x_at(start + len(text))))
        offset += len(cell) + 1
    return found


def segments(page: Page) -> Iterator[Segment]:
    """The page's lines in reading order; of a page with two columns first the left, then the right."""
    gutter = _gutter(page)
    if gutter is None:
        for line in page.lines:
            if line.words:
                yield Segment(page, line, line.words)
        return
    left: list[Segment] = []
    right: list[Segment] = []
    for line in page.lines:
        if _crosses(line, gutter):
            yield from (*left, *right)
            left, right = [], []
            yield Segment(page, line, line.words)
            continue
        for side, words in (
            (left, [word for word in line.words if word.box.x0 < gutter]),
            (right, [word for word in line.words if word.box.x0 >= gutter]),
        ):
            if words:
                side.append(Segment(page, line, words))
    yield from (*left, *right)


def _crosses(line: Line, gutter: float) -> bool:
    before = max((word.box.x1 for word in line.words if word.box.x0 < gutter), default=None)
    after = min((word.box.x0 for word in line.words if word.box.x0 >= gutter), default=None)
    if before is None:
        return False
    # Words that lean over the gutter, or run on without a gap, belong to one wide line.
    return before > gutter + 2 or (after is not None and after - before < 4)


def _gutter(page: Page) -> float | None:
    """Where the right column starts, when known tests with values stand in two columns."""
    starts: Counter[int] = Counter()
    places: dict[int, float] = {}
    for line in page.lines:
        place = _second_name(line, page.width)
        if place is not None:
            bucket = round(place / 6)
            starts[bucket] += 1
            places[bucket] = min(place, places.get(bucket, place))
    if not starts:
        return None
    bucket, count = starts.most_common(1)[0]
    return places[bucket] - 2 if count >= 2 else None


def _second_name(line: Line, width: float) -> float | None:
    words = line.words
    if len(words) < 4 or not _has_digit(words[0:-1]) or not _has_digit(words):
        return None
    for index in range(2, len(words)):
        word = words[index]
        if not 0.35 * width < word.box.x0 < 0.75 * width or not word.text[:1].isalpha():
            continue
        gap = word.box.x0 - words[index - 1].box.x1
        if gap < 6 or not _has_digit(words[1:index]) or not _has_digit(words[index + 1 :]):
            continue
        if _is_known(words[index:]):
            return word.box.x0
    return None


def _is_known(words: Sequence[Word]) -> bool:
    for count in range(min(4, len(words)), 0, -1):
        name = " ".join(word.text for word in words[:count]).strip(" :.")
        if len(name) > 2 and any(analytes.is_name(name, specimen=one) for one in SPECIMENS):
            return True
    return False


def _has_digit(words: Sequence[Word]) -> bool:
    return any(character.isdigit() for word in words for character in word.text)
