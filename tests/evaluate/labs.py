"""Measures laboratory reading on drawn reports: rows exact, flags, nothing invented.

In charge of the comparison with what was drawn. Seeds here are not those of the tests
(`test_lab_layouts`), so nothing was written while looking at these reports.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import pypdfium2
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas
from tests.evaluate import files, lab_layouts, sets, unseen_layouts
from tests.evaluate.table import Part, Row

from carebase.clinical.page import Page
from carebase.clinical.person import Person, Sex, days_of
from carebase.clinical.results import LabResult
from carebase.records import file_reading
from carebase.records.file_reading import FileReading

HELD_OUT_SEEDS = range(1000, 1008)
UNSEEN_SEEDS = range(3000, 3004)
SCANNED_SEED = 2000
PATIENT = Person(sex=Sex.FEMALE, age_days=days_of(39))

Key = tuple[object, ...]


@dataclass(slots=True)
class Tally:
    """Counts over many reports."""

    wanted: int = 0
    exact: int = 0
    flags: int = 0
    flags_wanted: int = 0
    within: int = 0
    """Rows drawn within their range: what "always N" gets right."""
    invented: int = 0
    found: int = 0
    naive: int = 0
    wrong: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    """The layout and language of each row that is not exact."""


def measure() -> Part:
    """Every layout in every language, as text, and once each as a picture of itself."""
    tally, layouts = Tally(), 0
    for layout in lab_layouts.LAYOUTS:
        layouts += 1
        for language in lab_layouts.LANGUAGES:
            for seed in HELD_OUT_SEEDS:
                report = lab_layouts.report(layout, language, seed=seed)
                _count(report, _read(report.pdf), tally)
    unseen = Tally()
    for layout in unseen_layouts.LAYOUTS:
        for language in lab_layouts.LANGUAGES:
            for seed in UNSEEN_SEEDS:
                report = lab_layouts.report(layout, language, seed=seed)
                _count(report, _read(report.pdf), unseen)
    scanned = _scanned()
    what = f"{layouts} layouts x {len(lab_layouts.LANGUAGES)} languages x {len(HELD_OUT_SEEDS)} held-out seeds"
    return Part(
        f"Laboratory rows ({what})",
        (
            Row(
                "LAB_ROWS_EXACT",
                "rows exact (analyte, value, unit, range, page)",
                tally.exact,
                tally.wanted,
                f"first numbers of a line {tally.naive}/{tally.wanted}",
            ),
            Row(
                "LAB_FLAGS",
                "flags right, of rows exact",
                tally.flags,
                tally.flags_wanted,
                f"always N {tally.within}/{tally.flags_wanted}",
            ),
            Row("LAB_INVENTED", "rows that were not drawn (want 0)", tally.invented, tally.found, "none read 0"),
            Row(
                "LAB_UNSEEN_EXACT",
                f"rows exact on {len(unseen_layouts.LAYOUTS)} layouts unknown to the reader",
                unseen.exact,
                unseen.wanted,
                f"first numbers of a line {unseen.naive}/{unseen.wanted}",
            ),
            Row("LAB_UNSEEN_FLAGS", "flags right there, of rows exact", unseen.flags, unseen.flags_wanted),
            Row("LAB_UNSEEN_INVENTED", "rows there that were not drawn (want 0)", unseen.invented, unseen.found),
            scanned[0],
            scanned[1],
        ),
        (*tally.wrong[:20], *(f"{count} {missed}" for missed, count in Counter(unseen.layouts).most_common())),
    )


def _read(pdf: bytes) -> FileReading:
    given = files.read("report.pdf", pdf, category="lab")
    return file_reading.read(given, person=PATIENT, today=sets.TODAY)


def _count(report: lab_layouts.Report, reading: FileReading, tally: Tally) -> None:
    wanted: Counter[Key] = Counter(
        (one.analyte, one.value, one.unit, one.low, one.high, one.page) for one in report.truth
    )
    found = Counter(_key(row) for row in reading.labs)
    flags: dict[Key, str] = {
        (one.analyte, one.value, one.unit, one.low, one.high, one.page): one.flag for one in report.truth
    }
    values = {one.value for one in report.truth}
    tally.wanted += wanted.total()
    tally.found += found.total()
    tally.exact += (wanted & found).total()
    for row in reading.labs:
        key = _key(row)
        if key in flags:
            tally.flags_wanted += 1
            tally.flags += row.flag == flags[key]
            tally.within += flags[key] == "N"
        # A row that was drawn but misread in one column is inexact; one with another value is invented.
        if row.value is None or row.value not in values:
            tally.invented += 1
    tally.layouts += [f"rows not exact: {report.layout}/{report.language}"] * (wanted - found).total()
    for missed in wanted - found:
        tally.wrong.append(f"not exact: {report.layout}/{report.language}: {missed[0]} {missed[1]} {missed[2]}")
    tally.naive += len(set(flags) & set(_naive(reading.pages, report.language)))


def _key(row: LabResult) -> Key:
    ends = (None, None) if row.range is None else (row.range.low, row.range.high)
    return (row.analyte, row.value, row.unit, *ends, row.page)


_LINE = re.compile(r"\s*[.:]*\s*(\d+(?:[.,]\d+)?)\s*(\S+)?.*?(\d+(?:[.,]\d+)?)\s*(?:-|–|à|to)\s*(\d+(?:[.,]\d+)?)")


def _naive(pages: Iterable[Page], language: lab_layouts.Language) -> Iterator[Key]:
    """The trivial reader: a known name, the first number, the next word, the next two numbers."""
    for page in pages:
        for line in page.lines:
            for test in lab_layouts.TESTS:
                name = next((one for one in test.names[language] if line.text.startswith(one + " ")), None)
                match = name and _LINE.match(line.text[len(name) :])
                if match:
                    unit = lab_layouts.ANY_LANGUAGE_UNITS.get(match[2] or "", test.unit)
                    yield (test.id, _number(match[1]), unit, _number(match[3]), _number(match[4]), page.number)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _scanned() -> tuple[Row, Row]:
    """The same reports as pictures: what is read of them, and whether each page is told as unread."""
    wanted = exact = pages = told = 0
    for layout in lab_layouts.LAYOUTS:
        report = lab_layouts.report(layout, "fr", seed=SCANNED_SEED)
        reading = _read(_pictured(report.pdf))
        count = max(one.page for one in report.truth)
        pages += count
        told += len({place.page for place in reading.unread})
        tally = Tally()
        _count(report, reading, tally)
        wanted, exact = wanted + tally.wanted, exact + tally.exact
    return (
        Row("LAB_SCANNED_EXACT", "rows exact on image-only pages (no OCR yet)", exact, wanted, "none read 0"),
        Row("LAB_SCANNED_TOLD_UNREAD", "image-only pages told as unread", told, pages, "silence 0"),
    )


def _pictured(pdf: bytes) -> bytes:
    out = io.BytesIO()
    document = pypdfium2.PdfDocument(pdf)
    paper = canvas.Canvas(out, pagesize=(lab_layouts.WIDTH, lab_layouts.HEIGHT), invariant=1)
    for page in document:
        picture = page.render(scale=1.5).to_pil()
        paper.drawImage(ImageReader(picture), 0, 0, lab_layouts.WIDTH, lab_layouts.HEIGHT)
        paper.showPage()
    paper.save()
    return out.getvalue()
