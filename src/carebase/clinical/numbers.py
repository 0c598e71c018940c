"""Reads numbers as laboratories print them: decimal comma or point, thousands, comparators.

In charge of what the digits can mean. Which of two meanings is right is decided by nobody here:
`150.000` keeps both readings, and whoever judges it sees that it is ambiguous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Comparator = Literal["<", "<=", ">", ">="]

DIGITS = (
    r"\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d+)?|\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?"
    r"|\d{1,3}(?:[.,]\d{3}){2,}|\d+(?:[.,]\d+)?|[.,]\d+"
)
"""The shapes of a printed number, longest first: lakh groups, spaced thousands, repeated groups, plain."""

_COMPARATORS: dict[str, Comparator] = {
    "<": "<", "≤": "<=", "<=": "<=", "=<": "<=", ">": ">", "≥": ">=", ">=": ">=", "=>": ">=",
    "inf": "<", "inf à": "<", "inf a": "<", "inférieur à": "<", "inferieur a": "<", "inférieure à": "<",
    "less than": "<", "below": "<", "menor de": "<", "menor que": "<", "moins de": "<",
    "sup": ">", "sup à": ">", "sup a": ">", "supérieur à": ">", "superieur a": ">", "supérieure à": ">",
    "greater than": ">", "more than": ">", "above": ">", "mayor de": ">", "mayor que": ">", "plus de": ">",
    "> or =": ">=", ">or=": ">=", "< or =": "<=", "<or=": "<=",
    "up to": "<=", "upto": "<=", "jusqu'à": "<=", "hasta": "<=",
}  # fmt: skip
COMPARATOR_WORDS = (
    r"[<>]\s?or\s?=|[<>]=?|=[<>]|[≤≥]|(?:inf|sup)(?:érieure?|erieure?)?\.?(?:\s+[àa]\b)?|(?:less|greater|more)\s+than"
    r"|below\b|above\b|(?:menor|mayor)\s+(?:de|que)\b|(?:moins|plus)\s+de\b|up\s?to\b|jusqu['’][àa]\b|hasta\b"
)
_NUMBER = re.compile(rf"(?P<sign>[-−+])?\s?(?P<digits>{DIGITS})$")
_WITH_COMPARATOR = re.compile(rf"(?P<how>{COMPARATOR_WORDS})\s*(?P<rest>[-−]?\s?(?:{DIGITS}))$", re.IGNORECASE)
_GROUPED_ONCE = re.compile(r"[1-9]\d{0,2}[.,]\d{3}$")


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number; `other` is the second reading of an ambiguous one.

    For an ambiguous number `value` reads the mark as decimal, `other` as a mark of thousands.
    """

    value: Decimal
    other: Decimal | None = None
    comparator: Comparator | None = None


def read(text: str) -> Number | None:
    """The number that `text` is, whole, or None.

    >>> read("12,5").value
    Decimal('12.5')
    >>> read("150 000").value
    Decimal('150000')
    >>> read("150.000")
    Number(value=Decimal('150.000'), other=Decimal('150000'), comparator=None)
    >>> read("< 2,00").comparator
    '<'
    """
    text = clean(text)
    with_comparator = _WITH_COMPARATOR.match(text)
    if with_comparator is not None:
        inner = _plain(with_comparator["rest"])
        how = comparator(with_comparator["how"])
        return None if inner is None or how is None else Number(inner.value, inner.other, how)
    return _plain(text)


def comparator(words: str) -> Comparator | None:
    """The relation that printed words name (`Inf.` → `<`)."""
    key = " ".join(words.lower().replace("’", "'").replace(".", " ").split())
    return _COMPARATORS.get(key)


def clean(text: str) -> str:
    """One kind of space and of apostrophe, no white space around."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ").strip()


def _plain(text: str) -> Number | None:
    match = _NUMBER.match(text)
    if match is None:
        return None
    digits = match["digits"]
    sign = -1 if match["sign"] in ("-", "−") else 1
    if _GROUPED_ONCE.match(digits):
        decimal = Decimal(digits.replace(",", "."))
        thousands = Decimal(re.sub("[.,]", "", digits))
        return Number(sign * decimal, sign * thousands)
    return Number(sign * Decimal(_one_reading(digits)))


def _one_reading(digits: str) -> str:
    """The digits with a decimal point and no groups, where only one reading exists."""
    if re.match(r"\d{1,3}(?:[ ']\d{3})+", digits):
        return re.sub("[ ']", "", digits).replace(",", ".")
    if re.match(r"\d{1,3}(?:,\d{2})+,\d{3}", digits):
        return digits.replace(",", "")
    if len(re.findall("[.,]", digits)) > 1:
        return re.sub("[.,]", "", digits)
    return digits.replace(",", ".")
