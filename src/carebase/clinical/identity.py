"""The wrong-patient guard: who a file says it is about, and whether that can be the case's patient.

In charge of the comparison. What is missing on either side is never a difference; what is
ambiguous is compared in every reading. `identity_header` reads the printed lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from carebase.clinical import dates, identity_header, person_names
from carebase.clinical.evidence import Evidence, Source
from carebase.clinical.page import Page
from carebase.clinical.person import DAYS_PER_YEAR, Person, Sex

AGE_TOLERANCE_YEARS = 1


class IdentityField(StrEnum):
    """What two identities can be compared by."""

    NAME = "name"
    SEX = "sex"
    BIRTH_DATE = "birth_date"
    AGE = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderIdentity:
    """The patient as one file names them; None and empty mean that the file does not say.

    `birth_date` is set when the printed date has one reading; `birth_dates` holds all readings.
    `age_years` counts completed years on `report_date`; `evidence` says where each field stands
    (empty for metadata, which has no line).
    """

    patient_name: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    birth_dates: tuple[date, ...] = ()
    age_years: int | None = None
    report_date: date | None = None
    evidence: Mapping[IdentityField, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One field that contradicts the case; `evidence` is None where the file has no line for it."""

    field: IdentityField
    evidence: Evidence | None


def read_header(pages: Sequence[Page], source: Source) -> HeaderIdentity:
    """The first identity the pages print: name, sex, birth date, age, report date."""
    return _merged(read_headers(pages, source))


def read_headers(pages: Sequence[Page], source: Source) -> tuple[HeaderIdentity, ...]:
    """One identity for each page that prints any, so that a stray page of another patient shows."""
    found = (_of_page(page, source) for page in pages)
    return tuple(one for one in found if one != HeaderIdentity())


def _of_page(page: Page, source: Source) -> HeaderIdentity:
    printed = identity_header.read(page, source)
    places = {
        IdentityField.NAME: printed.name_at,
        IdentityField.SEX: printed.sex_at,
        IdentityField.BIRTH_DATE: printed.birth_at,
        IdentityField.AGE: printed.age_at,
    }
    return HeaderIdentity(
        patient_name=printed.name,
        sex=printed.sex,
        birth_date=printed.birth_dates[0] if len(printed.birth_dates) == 1 else None,
        birth_dates=printed.birth_dates,
        age_years=printed.age_years,
        report_date=printed.report_date,
        evidence={name: place for name, place in places.items() if place is not None},
    )


def _merged(headers: Sequence[HeaderIdentity]) -> HeaderIdentity:
    """Each field from the first page that prints it."""
    birth = next((one for one in headers if one.birth_dates), HeaderIdentity())
    places: dict[IdentityField, Evidence] = {}
    for one in reversed(headers):
        places.update(one.evidence)
    return HeaderIdentity(
        patient_name=next((one.patient_name for one in headers if one.patient_name), None),
        sex=next((one.sex for one in headers if one.sex), None),
        birth_date=birth.birth_date,
        birth_dates=birth.birth_dates,
        age_years=next((one.age_years for one in headers if one.age_years is not None), None),
        report_date=next((one.report_date for one in headers if one.report_date), None),
        evidence=places,
    )


_DICOM_AGE = re.compile(r"\s*(\d{1,3})([DWMY])\s*\Z")
_DAYS = {"D": 1.0, "W": 7.0, "M": DAYS_PER_YEAR / 12, "Y": DAYS_PER_YEAR}
_DICOM_DATE = re.compile(r"\s*(\d{4})[.-]?(\d\d)[.-]?(\d\d)")


def from_dicom(metadata: Mapping[str, str]) -> HeaderIdentity:
    """The patient a DICOM file names (PS3.3 C.7.1.1 and C.7.2.2; values by PS3.5 6.2).

    >>> from_dicom({"PatientName": "NGONO^MARIE", "PatientSex": "F", "PatientAge": "045Y"}).age_years
    45
    """
    name = metadata.get("PatientName", "").strip() or None
    born = _dicom_date(metadata.get("PatientBirthDate", ""))
    age = _DICOM_AGE.match(metadata.get("PatientAge", "").upper())
    sexes = {"F": Sex.FEMALE, "M": Sex.MALE}
    studied = (_dicom_date(metadata.get(key, "")) for key in ("StudyDate", "SeriesDate", "AcquisitionDate"))
    return HeaderIdentity(
        patient_name=name if name and person_names.tokens(name) else None,
        sex=sexes.get(metadata.get("PatientSex", "").strip().upper()),
        birth_date=born,
        birth_dates=() if born is None else (born,),
        # 000Y stands in many exports for "not entered"; newborns carry days, weeks or months.
        age_years=None
        if age is None or age[0].strip() == "000Y"
        else int(int(age[1]) * _DAYS[age[2]] / DAYS_PER_YEAR + 1e-9),
        report_date=next((day for day in studied if day is not None), None),
    )


def _dicom_date(text: str) -> date | None:
    match = _DICOM_DATE.match(text)
    return None if match is None else dates.calendar(int(match[1]), int(match[2]), int(match[3]))


def comparable(person: Person, header: HeaderIdentity) -> frozenset[IdentityField]:
    """The fields on which case and file can be compared at all; empty means "unverified"."""
    found: set[IdentityField] = set()
    if person.name and header.patient_name and person_names.can_be_same(person.name, header.patient_name) is not None:
        found.add(IdentityField.NAME)
    if person.sex and header.sex:
        found.add(IdentityField.SEX)
    if header.birth_dates and person.birth_date:
        found.add(IdentityField.BIRTH_DATE)
    elif header.birth_dates and person.age_days is not None:
        found.add(IdentityField.AGE)
    if header.age_years is not None and (person.birth_date or person.age_days is not None):
        found.add(IdentityField.AGE)
    return frozenset(found)


def unverified(person: Person, header: HeaderIdentity) -> bool:
    """True when nothing on the file can be compared with the case: say so, it is no mismatch."""
    return not comparable(person, header)


def compare(person: Person, header: HeaderIdentity, *, on: date) -> tuple[Mismatch, ...]:
    """The fields that contradict the case, in a fixed order; empty also when nothing is comparable.

    `on` is the day `person.age_days` refers to. Ages may differ by one completed year; the date of
    the report, where printed, is taken into account.
    """
    fields = comparable(person, header)
    return tuple(
        Mismatch(field=one, evidence=_place(header, one))
        for one in IdentityField
        if one in fields and not _agrees(one, person, header=header, on=on)
    )


def _place(header: HeaderIdentity, one: IdentityField) -> Evidence | None:
    place = header.evidence.get(one)
    if place is None and one is IdentityField.AGE:
        return header.evidence.get(IdentityField.BIRTH_DATE)
    return place


def _agrees(one: IdentityField, person: Person, *, header: HeaderIdentity, on: date) -> bool:
    match one:
        case IdentityField.NAME:
            return person_names.can_be_same(person.name or "", header.patient_name or "") is not False
        case IdentityField.SEX:
            return person.sex is header.sex
        case IdentityField.BIRTH_DATE:
            return person.birth_date in header.birth_dates
        case IdentityField.AGE:
            return _ages_agree(person, header, on=on)
        case _:
            assert_never(one)


def _ages_agree(person: Person, header: HeaderIdentity, *, on: date) -> bool:
    reported_on = header.report_date or on
    agrees = True
    if header.age_years is not None:
        if person.birth_date is not None:
            known = _completed_years(person.birth_date, reported_on)
        else:
            age_then = (person.age_days or 0) - (on - reported_on).days
            known = int(age_then / DAYS_PER_YEAR + 1e-9)
        agrees = abs(known - header.age_years) <= AGE_TOLERANCE_YEARS
    if header.birth_dates and person.birth_date is None and person.age_days is not None:
        born = on - timedelta(days=person.age_days)
        allowed_days = (AGE_TOLERANCE_YEARS + 1) * DAYS_PER_YEAR
        agrees = agrees and any(abs((reading - born).days) < allowed_days for reading in header.birth_dates)
    return agrees


def _completed_years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
