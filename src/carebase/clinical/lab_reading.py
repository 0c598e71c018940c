"""Reads the pages of a laboratory report: results as printed and judged, and what was not read.

In charge of the order of things: sections, headers, rows, wrapped names. Every value comes from one
printed line; a line that looks like a result and cannot be read is reported, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from carebase.clinical import folding, lab_columns, lab_header, lab_names, lab_results, lab_rows, lab_sections
from carebase.clinical.evidence import Source
from carebase.clinical.lab_columns import Header
from carebase.clinical.lab_header import Language, ReportHeader
from carebase.clinical.lab_rows import Row, Unread
from carebase.clinical.lab_tokens import GAP, Segment
from carebase.clinical.page import Page
from carebase.clinical.person import Person
from carebase.clinical.results import LabResult


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLine:
    """A line that looks like a result and could not be read; `reason` is a stable code."""

    file: str
    page: int
    line: int
    box: tuple[float, float, float, float]
    quote: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport:
    """One report, read. `sample_time` is the first one printed."""

    results: tuple[LabResult, ...]
    unread: tuple[UnreadLine, ...]
    header: ReportHeader
    language: Language | None
    sample_time: datetime | None
    amended: bool


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state while the lines pass by."""

    source: Source
    folded: dict[str, str]
    """The folded text of whole lines."""
    today: date
    day_first: bool | None
    section: lab_sections.Section = field(default_factory=lab_sections.Section)
    header: Header | None = None
    header_line: Segment | None = None
    above: Segment | None = None
    """A line of words alone that may be the start of a wrapped name."""
    parent: Segment | None = None
    """A line of words alone whose indented rows continue its name (`Bilirubine`: totale, directe)."""
    sampled: lab_header.SampleTime | None = None
    first_sampled: lab_header.SampleTime | None = None
    rows: list[lab_results.Placed] = field(default_factory=list)
    unread: list[UnreadLine] = field(default_factory=list)


def read(pages: Sequence[Page], source: Source, *, person: Person, today: date) -> LabReport:
    """All results of a report, flagged and judged for `person`, with what could not be read.

    `today` bounds the sample time: a date in the future is not taken for one.
    """
    folded = {line.text: folding.fold(line.text) for page in pages for line in page.lines}
    lines = list(folded.values())
    spoken = lab_header.language(lines)
    walk = _Walk(source=source, folded=folded, today=today, day_first=lab_header.is_day_first(lines, spoken))
    for page in pages:
        walk.above = walk.parent = None
        for segment in lab_columns.segments(page):
            _step(segment, walk)
    habits = lab_results.Habits(
        comma_is_thousands=spoken == "en" and _writes_decimal_points(lines), day_first=walk.day_first, today=today
    )
    results = tuple(
        result
        for placed in walk.rows
        for result in lab_results.judged(
            placed, source=source, person=person, habits=habits, fallback=walk.first_sampled
        )
    )
    return LabReport(
        results=results,
        unread=tuple(walk.unread),
        header=lab_header.read_patient(pages, source),
        language=spoken,
        sample_time=None if walk.first_sampled is None else walk.first_sampled.at,
        amended=lab_header.is_amended(lines),
    )


_DECIMAL_POINT = re.compile(r"(?<![\d.,/])\d+\.\d{1,2}(?![\d.,/])")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,/])\d+,\d{1,2}(?![\d,/])")


def _writes_decimal_points(lines: Sequence[str]) -> bool:
    return any(_DECIMAL_POINT.search(line) for line in lines) and not any(_DECIMAL_COMMA.search(line) for line in lines)


def _step(segment: Segment, walk: _Walk) -> None:
    folded = walk.folded.get(segment.quote) or folding.fold(segment.quote)
    sampled = lab_header.sample_time(folded, day_first=walk.day_first, today=walk.today)
    if sampled is not None:
        walk.sampled = sampled
        walk.first_sampled = walk.first_sampled or sampled
        return
    if _begins_header(segment, walk):
        return
    if _announces_section(segment, walk):
        walk.above = None
        return
    if walk.section.enter_sample(folded):
        return
    _step_row(segment, walk)


def _announces_section(segment: Segment, walk: _Walk) -> bool:
    # "Sérologie VIH : Négatif" has a heading's words and is a row.
    text = segment.text
    if GAP in text.strip() or re.search(r":\s*\S", text) or any(character.isdigit() for character in text):
        return False
    return lab_sections.looks_like_heading(segment.quote) and walk.section.enter(segment.quote)


def _begins_header(segment: Segment, walk: _Walk) -> bool:
    header = lab_columns.read_header(segment) if GAP in segment.text else None
    if header is not None:
        walk.header, walk.header_line, walk.above = header, segment, None
        if header.dated:
            printed = lab_header.read_time(header.dated, day_first=walk.day_first, today=walk.today)
            if printed is not None and not (printed.is_ambiguous and walk.sampled is not None):
                walk.sampled = printed
            walk.first_sampled = walk.first_sampled or walk.sampled
        return True
    if walk.header is not None and walk.header_line is not None:
        above, walk.header_line = walk.header_line, None
        if _is_next_line(above, segment):
            more = lab_columns.joined(walk.header, segment)
            if more is not None:
                walk.header = more
                return True
    return False


def _step_row(segment: Segment, walk: _Walk) -> None:
    sampled = walk.sampled
    if walk.header is not None:
        printed = lab_columns.date_of(walk.header, segment)
        if printed is not None:
            sampled = lab_header.read_time(folding.fold(printed), day_first=walk.day_first, today=walk.today) or sampled
            walk.first_sampled = walk.first_sampled or sampled
        segment = lab_columns.without_lead(walk.header, segment)
    above = _above(segment, walk)
    walk.above = None
    last = walk.rows[-1].row if walk.rows else None
    near = last is not None and last.segment.page is segment.page and _is_next_line(last.segment, segment)
    if last is not None and near and _is_continued_range(segment, under=last):
        _continue_range(last, segment)
        return
    found = lab_rows.read(segment, header=walk.header, above="" if above is None else above.quote)
    match found:
        case Row():
            walk.section.has_rows = True
            if folding.fold(found.name).strip(" :=") in _SAME_AGAIN:
                if last is None or not near:
                    walk.unread.append(_unread(Unread(segment, "unknown_name"), walk.source))
                    return
                # "Neutrophiles 62 %", and below it "soit 4,44 G/L".
                found.name, found.is_surely_named = last.name, last.is_surely_named
            walk.rows.append(lab_results.Placed(found, walk.section.specimen, walk.section.is_unclear, sampled))
        case Unread():
            walk.unread.append(_unread(found, walk.source))
        case None:
            if last is not None and near and _finishes_name(last, segment):
                last.name = f"{last.name} {segment.quote}"
            elif not any(character.isdigit() for character in segment.text):
                walk.above = segment


_SAME_AGAIN = frozenset(["soit", "ou", "i.e", "i.e.", "or", "o sea"])


def _above(segment: Segment, walk: _Walk) -> Segment | None:
    """The line of words that may begin this row's name: the one above, or the one it is indented under."""
    if walk.above is not None and _continues(walk.above, segment):
        walk.parent = walk.above
        return walk.above
    if walk.parent is not None and segment.box[0] > walk.parent.box[0] + 4:
        return walk.parent
    walk.parent = None
    return None


def _is_continued_range(segment: Segment, *, under: Row) -> bool:
    """Whether a line holds nothing but more of the range of the row above (`F : 12 - 16`)."""
    tokens = [token for token in segment.tokens(0) if token.kind != "gap"]
    if not tokens or any(token.kind not in ("range", "unit") for token in tokens):
        return False
    return any(token.is_marked for token in tokens) and tokens[0].x0 > under.segment.box[0] + 20


def _continue_range(row: Row, segment: Segment) -> None:
    reading = row.readings[0]
    reading.range = segment.quote if reading.range is None else f"{reading.range} {segment.quote}"


def _finishes_name(row: Row, segment: Segment) -> bool:
    """Whether a line of words is the end of the name in the line above."""
    if GAP in segment.text or abs(segment.box[0] - row.segment.box[0]) > 14:
        return False
    return lab_names.is_known(f"{row.name} {segment.quote}")


def _continues(above: Segment, segment: Segment) -> bool:
    return GAP not in above.text and abs(above.box[0] - segment.box[0]) < 14 and _is_next_line(above, segment)


def _is_next_line(above: Segment, below: Segment) -> bool:
    height = max(above.box[3] - above.box[1], 4.0)
    return 0 < below.box[1] - above.box[1] < 3.2 * height


def _unread(found: Unread, source: Source) -> UnreadLine:
    segment = found.segment
    return UnreadLine(
        file=source.file,
        page=segment.page.number,
        line=segment.line.number,
        box=segment.box,
        quote=segment.quote,
        reason=found.reason,
    )
