"""Judges one printed value: flag, critical, and whether a person must check the source.

The printed range comes first, the adult table second, and nothing third. Whatever is doubtful has
no flag; it still alerts when every reading of it that is compatible with life is critical.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from carebase.clinical import numbers, ranges, units
from carebase.clinical.analytes import Analyte, key
from carebase.clinical.person import Person
from carebase.clinical.results import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`value` is None where the number has two meanings that are both possible."""

    value: Decimal | None
    canonical: Decimal | None
    flag: Flag | None
    critical: bool
    check: str | None


_CRITICAL_WORDS = frozenset(["hh", "ll", "critical", "critique", "panic", "panique", "critico", "alerte", "alert"])
_NEGATIVE = re.compile(
    r"^(?:n[eé]gati(?:f|ve|vo|va)s?|neg\.?|non[- ]?r[eé]acti(?:f|ve)|no reactivo|absen(?:ce|t|te|ts)|absente"
    r"|not detected|non d[eé]tect[eé]e?s?|nil|none|no detectado|not seen|non vue?s?|aucune?|-|0)\b",
    re.IGNORECASE,
)
_POSITIVE = re.compile(
    r"^(?:positi(?:f|ve|vo|va)s?|pos\.?|r[eé]acti(?:f|ve|vo)s?|pr[eé]sen(?:ce|t|te|ts)|d[eé]tect[eé]e?s?|detected|detectado|seen"
    r"|\+{1,4}|[1-4]\s?\+)(?:\b|$|\s|\()",
    re.IGNORECASE,
)


def judge(
    *,
    analyte: Analyte | None,
    number: numbers.Number | None,
    text: str,
    unit: str | None,
    printed: ranges.Printed | None,
    person: Person,
    flag_printed: str | None = None,
    doubt: str | None = None,
) -> Judgement:
    """One result's judgement.

    `unit` is UCUM, `printed` the range as read, `doubt` a reason to check that the reader already
    has (`ambiguous_date`, `specimen_unclear` …). Unknown tests are compared with their printed
    range alone.
    """
    said_critical = flag_printed is not None and key(flag_printed) in _CRITICAL_WORDS
    if number is None:
        return _judge_words(analyte, text, said_critical=said_critical, doubt=doubt)
    if analyte is None:
        return _judge_unknown(number, printed, person=person, unit=unit, said_critical=said_critical, doubt=doubt)
    if analyte.kind == "ordinal":
        return Judgement(
            value=number.value if number.other is None else None,
            canonical=None,
            flag=None,
            critical=said_critical,
            check=doubt or ("ambiguous_number" if number.other is not None else None),
        )
    return _judge_quantity(
        analyte, number, unit=unit, printed=printed, person=person, said_critical=said_critical, doubt=doubt
    )


def _judge_words(analyte: Analyte | None, text: str, *, said_critical: bool, doubt: str | None) -> Judgement:
    flag: Flag | None = None
    critical = said_critical
    if analyte is not None and analyte.kind == "ordinal" and analyte.expected == "negative":
        if is_negative(text):
            flag = "N"
        elif is_positive(text):
            flag = "H"
            critical = critical or analyte.critical_text == "positive"
    return Judgement(value=None, canonical=None, flag=None if doubt else flag, critical=critical, check=doubt)


def is_negative(text: str) -> bool:
    """Whether a qualitative answer says that nothing was found."""
    return _NEGATIVE.match(text.strip()) is not None


def is_positive(text: str) -> bool:
    """Whether a qualitative answer says that something was found; traces are neither."""
    return _POSITIVE.match(text.strip()) is not None


def _judge_unknown(
    number: numbers.Number,
    printed: ranges.Printed | None,
    *,
    person: Person,
    unit: str | None,
    said_critical: bool,
    doubt: str | None,
) -> Judgement:
    check = doubt or ("ambiguous_number" if number.other is not None else None)
    interval = None if printed is None else ranges.for_person(printed, person)
    # A test we do not know may well have no unit (an index, a ratio), but then nothing vouches for it.
    flag = None
    if check is None and interval is not None and unit is not None:
        flag = ranges.position(number.value, interval, comparator=number.comparator)
    return Judgement(
        value=number.value if number.other is None else None,
        canonical=None,
        flag=flag,
        critical=said_critical,
        check=check,
    )


def _judge_quantity(
    analyte: Analyte,
    number: numbers.Number,
    *,
    unit: str | None,
    printed: ranges.Printed | None,
    person: Person,
    said_critical: bool,
    doubt: str | None,
) -> Judgement:
    unitless = analyte.unit in units.UNITLESS
    own_unit = analyte.unit if unit is None and unitless else unit
    fits = own_unit is not None and units.fits(own_unit, analyte=analyte)
    number, ambiguous = _settle(number, analyte, own_unit if fits else None)
    check = doubt
    if check is None and ambiguous:
        check = "ambiguous_number"
    if check is None and own_unit is None:
        check = "unit_missing"
    if check is None and not fits and not _is_fibrin_without_kind(analyte, own_unit):
        check = "unit_unexpected"
    canonical = None
    if fits and not ambiguous and own_unit is not None:
        canonical = units.convert(number.value, analyte=analyte, unit=own_unit)
    if check is None and canonical is not None and not is_possible(canonical, analyte):
        check = "implausible"
    flag = None
    if check is None:
        flag = _flag(analyte, number, canonical=canonical, printed=printed, person=person)
    # An unknown unit is not a missing one: to try the customary ones would be to guess.
    can_judge = fits or (own_unit is None and doubt != "unit_unknown")
    critical = said_critical or (can_judge and _is_critical(analyte, number, own_unit if fits else None))
    return Judgement(
        value=None if number.other is not None else number.value,
        canonical=canonical,
        flag=flag,
        critical=critical,
        check=check,
    )


def _is_fibrin_without_kind(analyte: Analyte, unit: str | None) -> bool:
    # A D-dimer whose unit does not say FEU or DDU may differ by a factor of two: the printed range
    # still judges it, the table cannot.
    return analyte.id == "d_dimer" and unit is not None and unit.endswith(("g/mL", "g/L"))


def _settle(number: numbers.Number, analyte: Analyte, unit: str | None) -> tuple[numbers.Number, bool]:
    """The number with one reading where life allows one, and whether its flag must wait.

    A mark can only be decimal when the thousands cannot be lived with (TSH 2.345). The other way
    round the reading is taken for the alert, and a person still checks it (150.000/mm3).
    """
    if number.other is None or unit is None:
        return number, number.other is not None
    as_decimal = units.convert(number.value, analyte=analyte, unit=unit)
    as_thousands = units.convert(number.other, analyte=analyte, unit=unit)
    if as_thousands is not None and not is_possible(as_thousands, analyte):
        return numbers.Number(number.value, None, number.comparator), False
    if as_decimal is not None and not is_possible(as_decimal, analyte):
        return numbers.Number(number.other, None, number.comparator), True
    return number, True


def is_possible(canonical: Decimal, analyte: Analyte) -> bool:
    """Whether a value is compatible with life and method, by our own limits."""
    return analyte.possible is None or analyte.possible[0] <= canonical <= analyte.possible[1]


def _flag(
    analyte: Analyte,
    number: numbers.Number,
    *,
    canonical: Decimal | None,
    printed: ranges.Printed | None,
    person: Person,
) -> Flag | None:
    if printed is not None:
        interval = ranges.for_person(printed, person)
        if interval is None:
            return None
        return ranges.position(number.value, interval, comparator=number.comparator)
    if canonical is None:
        return None
    found = {
        ranges.position(canonical, interval, comparator=number.comparator)
        for interval in ranges.of_table(analyte, person)
    }
    return found.pop() if len(found) == 1 else None


def _is_critical(analyte: Analyte, number: numbers.Number, unit: str | None) -> bool:
    """Whether every reading compatible with life is critical; with one reading, whether it is."""
    if analyte.critical == (None, None):
        return False
    readings = [number.value] if number.other is None else [number.value, number.other]
    in_units = [unit] if unit is not None else list(analyte.customary_units)
    values = [
        value
        for reading in readings
        for each in in_units
        if (value := units.convert(reading, analyte=analyte, unit=each)) is not None
    ]
    if len(values) > 1:
        values = [value for value in values if is_possible(value, analyte)]
    return bool(values) and all(_beyond(value, analyte, number.comparator) for value in values)


def _beyond(value: Decimal, analyte: Analyte, comparator: numbers.Comparator | None) -> bool:
    low, high = analyte.critical
    is_low = low is not None and value <= low and comparator not in (">", ">=")
    is_high = high is not None and value >= high and comparator not in ("<", "<=")
    return is_low or is_high
