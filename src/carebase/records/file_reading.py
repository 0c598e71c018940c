"""Reads one file of a case as medicine: a laboratory report, a radiology report, or an image.

In charge of telling which it is, of the wrong-patient guard, and of turning every trouble with a
file into a warning while the rest of the case goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from carebase.clinical import identity, lab_reading, radiology
from carebase.clinical.evidence import Source
from carebase.clinical.identity import HeaderIdentity
from carebase.clinical.person import Person
from carebase.clinical.radiology import RadiologyReport
from carebase.clinical.results import LabResult
from carebase.documents.text import Document, Image, Page

Category = Literal["lab", "radiology"]
LAB_ROWS_THAT_MAKE_A_REPORT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInput:
    """One file as stored: `file` is its id, `document` what was read, `problem` why it was not."""

    file: str
    name: str
    category: Category
    sha256: str
    document: Document | None
    problem: str | None = None
    is_confirmed: bool = False
    """A clinician said that the file is this patient's, whatever its header says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A warning about a file, or about the case when `file` is None; `code` has a sentence."""

    code: str
    file: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadPlace:
    """A page or a line that could not be read; `reason` is a stable code."""

    file: str
    page: int
    line: int | None
    box: tuple[float, float, float, float] | None
    quote: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """What one file says, and what is wrong with it."""

    given: FileInput
    labs: tuple[LabResult, ...] = ()
    radiology: RadiologyReport | None = None
    image: Image | None = None
    unread: tuple[UnreadPlace, ...] = ()
    notices: tuple[Notice, ...] = ()
    is_other_patient: bool = False
    """The file contradicts the case's patient; nothing in it is used but alerts."""

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages read."""
        return () if self.given.document is None else self.given.document.pages


# Reasons of the reading process, by the sentence that explains them.
_PROBLEMS = {
    "encrypted": "file_encrypted",
    "damaged": "file_damaged",
    "empty": "file_empty",
    "too_many_pages": "file_too_large",
    "too_large": "file_too_large",
    "timed_out": "file_timeout",
    "timeout": "file_timeout",
    "unsupported": "file_unsupported",
    "unsupported_type": "file_unsupported",
    "unsupported_encoding": "file_unsupported",
    "pixels_not_decodable": "file_unsupported",
    "not_a_pdf": "file_damaged",
    "not_an_image": "file_damaged",
    "not_dicom": "file_damaged",
}

# Warnings of a document that was read: what is missing of it may have mattered.
_READ_IN_PART = frozenset({"too_much_text", "unmapped_text"})
_NOT_SHOWN = frozenset({"no_pixels", "pixels_damaged", "pixels_not_decodable"})


def read(given: FileInput, *, person: Person, today: date) -> FileReading:
    """Read one file for this person; never fails on what a file holds."""
    document = given.document
    if document is None:
        code = _PROBLEMS.get(given.problem or "", "file_not_read")
        unread = UnreadPlace(file=given.file, page=1, line=None, box=None, quote="", reason=given.problem or "not_read")
        return FileReading(given=given, unread=(unread,), notices=(Notice(code=code, file=given.file),))
    if document.image is not None:
        return _image(given, document.image, warnings=document.warnings, person=person, today=today)
    return _text(given, document, person=person, today=today)


def _image(given: FileInput, image: Image, *, warnings: Sequence[str], person: Person, today: date) -> FileReading:
    codes = ["image_in_lab"] if given.category == "lab" else []
    mismatches = _mismatches([identity.from_dicom(image.metadata)], person=person, today=today)
    codes += [*_of_mismatches(mismatches, given), "image_not_interpreted"]
    if not _NOT_SHOWN.isdisjoint(warnings):
        codes.append("image_not_shown")
    return FileReading(
        given=given,
        image=image,
        notices=tuple(Notice(code=code, file=given.file) for code in codes),
        is_other_patient=bool(mismatches) and not given.is_confirmed,
    )


def _text(given: FileInput, document: Document, *, person: Person, today: date) -> FileReading:
    source = Source(file=given.file, sha256=given.sha256)
    labs, report, notices = _contents(given, document, person=person, today=today)
    headers = identity.read_headers(document.pages, source)
    mismatches = _mismatches(headers, person=person, today=today)
    pages = tuple(_unread_pages(given, document))
    lines = () if labs is None else labs.unread
    unread = pages + tuple(
        UnreadPlace(file=one.file, page=one.page, line=one.line, box=one.box, quote=one.quote, reason=one.reason)
        for one in lines
    )
    notices += [Notice(code=code, file=given.file) for code in _of_mismatches(mismatches, given)]
    notices += [_page_notice(one) for one in pages]
    if not _READ_IN_PART.isdisjoint(document.warnings):
        notices.append(Notice(code="file_incomplete", file=given.file))
    notices += [Notice(code="line_unread", file=given.file, page=one.page) for one in lines]
    results = () if labs is None else labs.results
    notices += [Notice(code="check_source", file=given.file, page=row.page) for row in results if row.check is not None]
    if labs is not None and labs.amended:
        notices.append(Notice(code="amended", file=given.file))
    if any(row.sample_time is None for row in results):
        notices.append(Notice(code="undated", file=given.file))
    return FileReading(
        given=given,
        labs=results,
        radiology=report,
        unread=unread,
        notices=tuple(dict.fromkeys(notices)),
        is_other_patient=bool(mismatches) and not given.is_confirmed,
    )


def _contents(
    given: FileInput, document: Document, *, person: Person, today: date
) -> tuple[lab_reading.LabReport | None, RadiologyReport | None, list[Notice]]:
    """The file read as what it is, with a warning where that is not its category."""
    source = Source(file=given.file, sha256=given.sha256)
    labs = lab_reading.read(document.pages, source, person=person, today=today)
    # A report with known analytes is a laboratory's; reading it as imaging too would cost time only.
    report = radiology.read(document.pages, source) if _known_rows(labs) < LAB_ROWS_THAT_MAKE_A_REPORT else None
    if report is not None and _is_report(report, category=given.category):
        codes = ["radiology_in_lab"] if given.category == "lab" else []
        return None, report, [Notice(code=code, file=given.file) for code in codes]
    if labs.results or labs.unread:
        codes = ["lab_in_radiology"] if given.category == "radiology" else []
        return labs, None, [Notice(code=code, file=given.file) for code in codes]
    notices = [Notice(code="nothing_read", file=given.file)] if any(page.lines for page in document.pages) else []
    return (labs, None, notices) if given.category == "lab" else (None, report, notices)


def _known_rows(labs: lab_reading.LabReport) -> int:
    return sum(row.analyte is not None for row in labs.results)


def _is_report(report: RadiologyReport, *, category: Category) -> bool:
    # A culture may name an abscess; only an imaging report names its technique or concludes.
    is_framed = bool(report.impression) or report.modality is not None
    return (bool(report.findings) and (is_framed or category == "radiology")) or bool(report.impression)


def looks_like_radiology(document: Document) -> bool:
    """Whether the content is an image or a radiology report rather than laboratory results."""
    if document.image is not None:
        return True
    source = Source(file="", sha256="")
    labs = lab_reading.read(document.pages, source, person=Person(), today=date.max)
    if _known_rows(labs) >= LAB_ROWS_THAT_MAKE_A_REPORT:
        return False
    return _is_report(radiology.read(document.pages, source), category="lab")


def _of_mismatches(mismatches: list[str], given: FileInput) -> list[str]:
    """What is said of contradictions: each of them, or that a clinician has answered them."""
    return ["patient_confirmed"] if mismatches and given.is_confirmed else mismatches


def _mismatches(
    headers: list[HeaderIdentity] | tuple[HeaderIdentity, ...], *, person: Person, today: date
) -> list[str]:
    found = (one.field for header in headers for one in identity.compare(person, header, on=today))
    return [f"patient_mismatch_{name.value}" for name in dict.fromkeys(found)]


def _unread_pages(given: FileInput, document: Document) -> Iterator[UnreadPlace]:
    for page in document.pages:
        if page.unread is not None:
            yield UnreadPlace(file=given.file, page=page.number, line=None, box=None, quote="", reason=page.unread)
    if document.page_count > len(document.pages):
        beyond = len(document.pages) + 1
        reason = "pages_beyond_limit"
        yield UnreadPlace(file=given.file, page=beyond, line=None, box=None, quote="", reason=reason)


def _page_notice(one: UnreadPlace) -> Notice:
    code = one.reason if one.reason == "pages_beyond_limit" else "page_unread"
    return Notice(code=code, file=one.file, page=one.page)
