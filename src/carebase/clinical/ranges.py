"""Reference ranges: what a report prints, what the adult table holds, and which applies to a person.

A printed range may name sexes or ages; a range that is printed for somebody else is not used. The
table is for adults who are not pregnant, and for nobody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from carebase.clinical import numbers
from carebase.clinical.analytes import Analyte, Limits
from carebase.clinical.person import Person, Sex
from carebase.clinical.results import Flag


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; an open end is None, a strict end does not contain its number."""

    low: Decimal | None
    high: Decimal | None
    low_is_strict: bool = False
    high_is_strict: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """The intervals of one printed range, by whom they are printed for."""

    anyone: Interval | None = None
    male: Interval | None = None
    female: Interval | None = None
    adults_only: bool = False


_NUMBER = rf"[-−+]?\s?(?:{numbers.DIGITS})"
SEPARATOR = r"\s*(?:-|–|—|−|à|a(?=\s)|to|et|and|hasta|\.\.\.?)\s*"
_INTERVAL = re.compile(
    rf"(?:(?P<low>(?<![\w.,])[-−+]?(?:{numbers.DIGITS})|\([-−+]?(?:{numbers.DIGITS})\))(?:\s?(?:%|[a-zµμ]{{1,4}}/[a-z]{{1,2}}))?"
    rf"{SEPARATOR}(?P<high>{_NUMBER}|\({_NUMBER}\))"
    rf"|(?P<how>{numbers.COMPARATOR_WORDS})\s*:?\s*(?P<limit>{_NUMBER}))(?![\d.,]*\d)",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"(?P<other>\benfants?\b|\bchild(?:ren)?\b|nouveau|newborn|\bmois\b|\bmonths?\b|\benceintes?\b|\bpregnan\w+|trimest\w+"
    r"|\bni[ñn]os?\b|nourrisson|infant|\bgrossesse|follicul\w+|lut[ée]al\w*|m[ée]nopaus\w+|\bans\b|\byears?\b|\byrs\b|\baños\b)"
    r"|(?P<female>\bfemmes?\b|\bfemales?\b|\bwom[ae]n\b|\bmujer(?:es)?\b|\bf[ée]minin|\bF(?=\s*[:=\d(]))"
    r"|(?P<male>\bhommes?\b|\bmales?\b|\bm[ae]n\b|\bhombres?\b|\bmasculin\w*|\b[HM](?=\s*[:=\d(]))"
    r"|(?P<adult>\badultes?\b|\badults?\b|\badultos?\b)",
    re.IGNORECASE,
)


def read(text: str, *, comma_is_thousands: bool = False) -> Printed | None:
    """What a printed range says, or None when it cannot be read without guessing.

    >>> read("[13,0 - 17,0]").anyone
    Interval(low=Decimal('13.0'), high=Decimal('17.0'), low_is_strict=False, high_is_strict=False)
    >>> read("N: Inf. 2,00").anyone.high
    Decimal('2.00')
    >>> read("H: 13-17  F: 12-16").female.low
    Decimal('12')
    """
    text = numbers.clean(text)
    found: dict[str, Interval] = {}
    position = 0
    for match in _INTERVAL.finditer(text):
        label = _label(text[position : match.start()])
        position = match.end()
        interval = _interval(match, comma_is_thousands=comma_is_thousands)
        if label == "other":
            continue
        if interval is None or label in found:
            return None
        found[label] = interval
    if not found or ("anyone" in found and len(found) > 1):
        return None
    return Printed(
        anyone=found.get("anyone") or found.get("adult"),
        male=found.get("male"),
        female=found.get("female"),
        adults_only="adult" in found,
    )


def _label(words: str) -> str:
    label = "anyone"
    for match in _LABELS.finditer(words):
        label = str(match.lastgroup)
        if label == "other":
            return label
    return label


def _interval(match: re.Match[str], *, comma_is_thousands: bool) -> Interval | None:
    if match["limit"] is not None:
        limit = _settle([match["limit"]], comma_is_thousands=comma_is_thousands)
        how = numbers.comparator(match["how"])
        if limit is None or how is None:
            return None
        if how in ("<", "<="):
            return Interval(None, limit[0], high_is_strict=how == "<")
        return Interval(limit[0], None, low_is_strict=how == ">")
    ends = _settle([match["low"], match["high"]], comma_is_thousands=comma_is_thousands)
    if ends is None or ends[0] > ends[1]:
        return None
    return Interval(ends[0], ends[1])


def _settle(printed: list[str], *, comma_is_thousands: bool) -> list[Decimal] | None:
    """The numbers, where one reading exists or the other end shows which mark is the decimal one."""
    texts = [text.strip("() ").removeprefix("+").strip() for text in printed]
    read_numbers = [numbers.read(text) for text in texts]
    values: list[Decimal] = []
    for text, number in zip(texts, read_numbers, strict=True):
        if number is None:
            return None
        if number.other is None or shows_decimal_mark(texts, mark="," if "," in text else "."):
            values.append(number.value)
        elif comma_is_thousands and "," in text:
            values.append(number.other)
        else:
            return None
    return values


def shows_decimal_mark(texts: list[str], *, mark: str) -> bool:
    """Whether one of the numbers can only use `mark` as its decimal mark (`0.350`, `4.5`)."""
    plain = re.compile(rf"(?<![\d.,])(?:0{re.escape(mark)}\d+|\d+{re.escape(mark)}(?:\d{{1,2}}|\d{{4,}}))(?![\d.,]*\d)")
    return any(plain.search(text) for text in texts)


def for_person(printed: Printed, person: Person) -> Interval | None:
    """The printed interval that applies to this person, or None."""
    if printed.adults_only and not person.is_adult:
        return None
    if printed.anyone is not None:
        return printed.anyone
    match person.sex:
        case Sex.MALE:
            return printed.male
        case Sex.FEMALE:
            return printed.female
        case None:
            return None


def of_table(analyte: Analyte, person: Person) -> tuple[Interval, ...]:
    """The adult intervals that may apply, in the analyte's unit: two when the sex is unknown.

    Empty for a child, for an unknown age, in pregnancy, and where the table has none.
    """
    if not person.is_adult or person.pregnant:
        return ()
    by_sex = {Sex.MALE: analyte.male, Sex.FEMALE: analyte.female}
    limits = list(by_sex.values()) if person.sex is None else [by_sex[person.sex]]
    return tuple(_of_limits(pair) for pair in limits if pair is not None)


def _of_limits(limits: Limits) -> Interval:
    return Interval(limits[0], limits[1])


def position(value: Decimal, interval: Interval, *, comparator: numbers.Comparator | None) -> Flag | None:
    """Below, within or above; None when the comparator leaves it open.

    >>> position(Decimal("5"), Interval(None, Decimal("10")), comparator="<")
    'N'
    >>> position(Decimal("5"), Interval(Decimal("3"), Decimal("10")), comparator="<") is None
    True
    """
    match comparator:
        case None:
            return _position_of(value, interval)
        case "<" | "<=":
            return _position_below(value, interval, strict=comparator == "<")
        case ">" | ">=":
            return _position_above(value, interval, strict=comparator == ">")


def _position_of(value: Decimal, interval: Interval) -> Flag:
    low, high = interval.low, interval.high
    if low is not None and (value < low or (interval.low_is_strict and value == low)):
        return "L"
    if high is not None and (value > high or (interval.high_is_strict and value == high)):
        return "H"
    return "N"


def _position_below(value: Decimal, interval: Interval, *, strict: bool) -> Flag | None:
    low, high = interval.low, interval.high
    if low is not None and low > 0:
        return "L" if value < low or (strict and value == low) else None
    if high is None or value < high or (value == high and (strict or not interval.high_is_strict)):
        return "N"
    return None


def _position_above(value: Decimal, interval: Interval, *, strict: bool) -> Flag | None:
    low, high = interval.low, interval.high
    if high is not None:
        return "H" if value > high or (value == high and (strict or interval.high_is_strict)) else None
    if low is not None and (value > low or (value == low and (strict or not interval.low_is_strict))):
        return "N"
    return None
