"""From a printed row to results: analyte, unit, range, judgement.

In charge of what depends on more than the line: specimen, the report's way to write numbers, two
units of one quantity, percent and count of one cell type.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date

from carebase.clinical import analytes, folding, judging, lab_header, lab_sections, numbers, ranges, units
from carebase.clinical.analytes import Analyte
from carebase.clinical.evidence import Source
from carebase.clinical.lab_rows import Reading, Row
from carebase.clinical.person import Person
from carebase.clinical.results import LabResult, PreviousResult, PrintedRange

DUAL_TOLERANCE = 0.05
"""Two units of one quantity are rounded apart; beyond five per cent one of them is wrong."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with the section and the sample time under which it stands."""

    row: Row
    specimen: str
    is_unclear: bool
    sampled: lab_header.SampleTime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How this report writes numbers and dates."""

    comma_is_thousands: bool
    day_first: bool | None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    placed: Placed
    source: Source
    person: Person
    habits: Habits
    sampled: lab_header.SampleTime | None
    specimen: str
    doubt: str | None


def judged(
    placed: Placed, *, source: Source, person: Person, habits: Habits, fallback: lab_header.SampleTime | None
) -> list[LabResult]:
    """The results of one row: one, or two when it prints a percentage and a count."""
    sampled = placed.sampled or fallback
    named = lab_sections.of_name(placed.row.name)
    unclear = placed.is_unclear and named is None
    doubt = None
    if sampled is not None and sampled.is_ambiguous:
        doubt = "ambiguous_date"
    if unclear:
        doubt = "specimen_unclear"
    context = _Context(
        placed=placed,
        source=source,
        person=person,
        habits=habits,
        sampled=sampled,
        specimen="other" if unclear else named or placed.specimen,
        doubt=doubt,
    )
    readings = placed.row.readings
    found = [_analyte(placed.row, reading, context.specimen) for reading in readings]
    for reading, analyte in zip(readings, found, strict=True):
        _prefer_answer(reading, analyte)
    if len(readings) == 1:
        if (
            found[0] is None
            and readings[0].number is not None
            and _unit(readings[0]) is None
            and placed.row.is_surely_named
        ):
            # "Neutrophiles 60": a known name that means percent or count by its unit alone.
            context = replace(context, doubt=context.doubt or "unit_missing")
        return [_result(readings[0], found[0], context, with_flag=True)]
    if found[0] is not None and found[1] is not None and found[0] is not found[1]:
        ranged = 1 if readings[1].range is not None or readings[0].range is None else 0
        return [
            _result(reading, analyte, context, with_flag=index == ranged)
            for index, (reading, analyte) in enumerate(zip(readings, found, strict=True))
        ]
    return [_of_two_units(readings, found[0] or found[1], context)]


def _prefer_answer(reading: Reading, analyte: Analyte | None) -> None:
    """Of a qualitative test the words are the result, the number beside them an index."""
    # Words with digits ("Non réactif < 0,9") are the reference of the index, not an answer.
    if analyte is None or analyte.kind != "ordinal" or reading.answer is None:
        return
    if not any(character.isdigit() for character in reading.answer):
        reading.value, reading.number, reading.unit = reading.answer, None, None


def _analyte(row: Row, reading: Reading, specimen: str) -> Analyte | None:
    analyte = analytes.match(row.name, unit=_unit(reading), specimen=specimen)
    if analyte is not None and analyte.kind == "ordinal" and reading.number is not None and reading.unit is not None:
        return analyte if reading.answer is not None else None
    if analyte is not None and analyte.id == "ph_blood" and not _TWO_DECIMALS.search(reading.value):
        # Blood is printed with two decimals; "pH 6,0" without a heading is a urine strip.
        return None
    return analyte


_TWO_DECIMALS = re.compile(r"[.,]\d\d")


def _unit(reading: Reading) -> str | None:
    """The unit beside the value, or the one that only the range prints."""
    if reading.unit is not None or reading.range is None:
        return reading.unit
    match = re.search(rf"(?<=[\d ]){units.PATTERN}(?![\w/])", reading.range)
    return None if match is None else units.normalise(match[0])


def _of_two_units(readings: list[Reading], analyte: Analyte | None, context: _Context) -> LabResult:
    first, second = readings
    if analyte is not None:
        fitting = [one for one in readings if one.unit is not None and units.fits(one.unit, analyte=analyte)]
        if len(fitting) == 1:
            # "Albumine 42,5 g/L 58,2 %": the percentage is another quantity.
            return _result(fitting[0], analyte, context, with_flag=True)
    ranged = first.range or second.range
    if analyte is None:
        return _result(replace(first, range=first.range), None, context, with_flag=True)
    if ranged is not None and (first.range is None or second.range is None):
        first.range, second.range = None, None
        _nearest(readings, ranged, context.habits).range = ranged
    chosen = second if first.range is None and second.range is not None else first
    result = _result(chosen, analyte, context, with_flag=True)
    if not _agree(readings, analyte):
        return replace(result, check=result.check or "dual_units_disagree", flag=None, canonical=None)
    return result


def _nearest(readings: list[Reading], printed: str, habits: Habits) -> Reading:
    """The reading whose size the printed range has; two units differ by a factor of five or more."""
    read = ranges.read(printed, comma_is_thousands=habits.comma_is_thousands)
    intervals = [] if read is None else [part for part in (read.anyone, read.male, read.female) if part]
    ends = [float(end) for part in intervals for end in (part.low, part.high) if end]
    if not ends:
        return readings[0]
    middle = sum(math.log(abs(end)) for end in ends) / len(ends)

    def distance(reading: Reading) -> float:
        value = reading.number.value if reading.number is not None else None
        return abs(math.log(abs(float(value))) - middle) if value else math.inf

    return min(readings, key=distance)


def _agree(readings: list[Reading], analyte: Analyte) -> bool:
    values = []
    for reading in readings:
        if reading.number is None or reading.unit is None:
            return False
        unit = units.for_analyte(reading.unit, analyte=analyte)
        value = units.convert(reading.number.value, analyte=analyte, unit=unit)
        if value is None:
            return False
        values.append(float(value))
    return math.isclose(values[0], values[1], rel_tol=DUAL_TOLERANCE, abs_tol=1e-9)


def _result(reading: Reading, analyte: Analyte | None, context: _Context, *, with_flag: bool) -> LabResult:
    row, habits = context.placed.row, context.habits
    unit = _unit(reading)
    if unit is not None and analyte is not None:
        unit = units.for_analyte(unit, analyte=analyte)
    printed = (
        None if reading.range is None else ranges.read(reading.range, comma_is_thousands=habits.comma_is_thousands)
    )
    flag_printed = row.flag if with_flag else None
    judgement = judging.judge(
        analyte=analyte,
        number=_settled(reading, habits),
        text=reading.value,
        unit=unit,
        printed=printed,
        person=context.person,
        flag_printed=flag_printed,
        doubt=context.doubt or ("unit_unknown" if unit is None and reading.has_unknown_unit else None),
    )
    segment = row.segment
    return LabResult(
        printed_name=row.name,
        analyte=None if analyte is None else analyte.id,
        loinc=None if analyte is None else analyte.loinc,
        value=judgement.value,
        comparator=None if reading.number is None else reading.number.comparator,
        text=reading.value,
        unit=unit,
        range=_printed_range(reading, printed, context.person),
        flag_printed=flag_printed,
        flag=judgement.flag,
        critical=judgement.critical,
        specimen=context.specimen,
        sample_time=None if context.sampled is None else context.sampled.at,
        previous=tuple(_previous(context, index) for index in range(len(row.previous))),
        file=context.source.file,
        page=segment.page.number,
        line=segment.line.number,
        box=segment.box,
        quote=segment.quote,
        sha256=context.source.sha256,
        check=judgement.check,
        canonical=judgement.canonical,
    )


def _settled(reading: Reading, habits: Habits) -> numbers.Number | None:
    """The number, with one reading where the row's range or the report's habit shows which."""
    number = reading.number
    if number is None or number.other is None:
        return number
    mark = "," if "," in reading.value else "."
    if reading.range is not None and ranges.shows_decimal_mark([reading.range], mark=mark):
        return numbers.Number(number.value, None, number.comparator)
    if habits.comma_is_thousands and mark == ",":
        return numbers.Number(number.other, None, number.comparator)
    return number


def _printed_range(reading: Reading, printed: ranges.Printed | None, person: Person) -> PrintedRange | None:
    if reading.range is None:
        return None
    interval = None if printed is None else ranges.for_person(printed, person)
    return PrintedRange(
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        text=reading.range,
    )


def _previous(context: _Context, index: int) -> PreviousResult:
    row, habits = context.placed.row, context.habits
    text = row.previous[index]
    number = numbers.read(text)
    when = row.previous_dates[index]
    sampled = None
    if when:
        sampled = lab_header.read_time(folding.fold(when), day_first=habits.day_first, today=habits.today)
    return PreviousResult(
        value=None if number is None or number.other is not None else number.value,
        text=text,
        sample_time=None if sampled is None else sampled.at,
    )
