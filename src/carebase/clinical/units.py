"""Printed units to UCUM, and values from one unit to another.

In charge of units alone: a molar mass or a valence comes from the analyte. Factors are exact
fractions, so that what is printed as 12 mg/L is 1.2 mg/dL and not nearly so. UCUM 2.1 (2017-11-21).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carebase.clinical.analytes import Analyte

UNITLESS = frozenset({"[pH]", "{INR}", "1"})
"""Units of quantities that are printed without any."""

_SIGNIFICANT = Context(prec=15)
_PREFIXES = {
    "": 0, "k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15,
}  # fmt: skip
_POWER = r"(?:[xX×*]\s?)?10\s?(?:\^|\*\*?|[eE])?\s?(?:12|9|6|3)"
_AMOUNT = (
    r"(?:mc|[kdcmµμunpf])?(?:mol(?:es?)?|g(?:r|rammes?)?|kat|[eE]q|[oO][sS][mM](?:ol)?|UI|IU|U|G|MOL|EQ)"
    r"|[Gg]iga|[Tt][eé]ra|[Mm]illions?|[Mm]illones|[Mm]illiers?|[Tt]housands?|[Tt]hous?|[Mm]iles|[Ll]akhs?|[GTMK]|[MU]G|M?MOL|mUI|MUI|mL|ml|[Cc]opies|[Cc]op"
    r"|[Cc]ells?|[Cc]ellules?|UFC|CFU|[EÉeé]l[eé]ments|[Pp]arasites?|mm|mosm"
)
_PER = (
    r"100\s?m[lL]|[dcmµμunpf]?[lL]|DL|ML|mm\s?\^?[3³]|mmc|cu\.?\s?mm|cumm|min(?:/1[.,]73(?:\s?m\s?\^?[2²])?)?"
    r"|24\s?[hH]|[hH](?:eure|r)?|jour|mmol|mol|kg|g|[cC]hamp|hpf|HPF|lpf|LPF"
)
PATTERN = (
    rf"(?:(?:{_POWER}|{_AMOUNT})\s?/\s?(?:{_PER})(?:\s?\(?FEU\)?)?"
    r"|/\s?(?:m[lL]|mm\s?\^?[3³]|mmc|[µμu][lL]|[cC]hamp|hpf|HPF|lpf|LPF|cumm|cu\.?\s?mm)"
    r"|m[lL]/min/1[.,]73(?:\s?m\s?\^?[2²])?|[lL]/[lL]|%|‰|mm\s?\[?[hH][gG]\]?|kPa|sec(?:ondes?|onds?|\.)?|s|fl|fL|FL|pg|PG|µ\^?[3³]|[µμ]m\^?[3³]|mm(?:\s1h)?)"
)
"""What may be a unit, for a tokenizer; `normalise` confirms it."""

_WHOLE = {
    "%": "%", "‰": "[ppth]", "mmhg": "mm[Hg]", "mm[hg]": "mm[Hg]", "kpa": "kPa", "sec": "s", "sec.": "s", "s": "s",
    "secondes": "s", "seconde": "s", "seconds": "s", "second": "s", "fl": "fL", "pg": "pg", "u3": "fL",
    "um3": "fL", "u^3": "fL", "um^3": "fL", "inr": "{INR}", "mm": "mm/h", "mm1h": "mm/h", "mm/1h": "mm/h",
    "ml/min/1.73": "mL/min/{1.73_m2}", "ml/min/1,73": "mL/min/{1.73_m2}",
    "ml/min/1.73m2": "mL/min/{1.73_m2}", "ml/min/1,73m2": "mL/min/{1.73_m2}", "ml/mn/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73m^2": "mL/min/{1.73_m2}", "ml/min/1,73m^2": "mL/min/{1.73_m2}", "ph": "[pH]",
}  # fmt: skip
_NUMERATORS = {
    "giga": "10*9", "tera": "10*12", "G": "10*9", "T": "10*12", "M": "10*6", "K": "10*3", "million": "10*6",
    "millions": "10*6", "millier": "10*3", "milliers": "10*3", "thousand": "10*3",
    "thousands": "10*3", "thous": "10*3", "miles": "10*3", "millones": "10*6",
    "lakh": "10*5", "lakhs": "10*5", "mm": "mm",
    "ml": "mL", "copies": "{copies}",
    "cop": "{copies}", "cell": "{cells}", "cells": "{cells}", "cellule": "{cells}", "cellules": "{cells}",
    "ufc": "[CFU]", "cfu": "[CFU]", "elements": "{cells}", "parasite": "{parasites}", "parasites": "{parasites}",
    "": "",
}  # fmt: skip
_DENOMINATORS = {
    "l": "L", "dl": "dL", "cl": "cL", "ml": "mL", "ul": "uL", "nl": "nL", "fl": "fL", "pl": "pL", "100ml": "dL",
    "mm3": "mm3", "mm^3": "mm3", "mmc": "mm3", "cumm": "mm3", "cu.mm": "mm3", "min": "min", "h": "h", "hr": "h",
    "heure": "h", "24h": "(24.h)", "jour": "d", "mmol": "mmol", "mol": "mol", "g": "g", "kg": "kg",
    "champ": "[HPF]", "hpf": "[HPF]", "lpf": "[LPF]", "umol": "umol", "mg": "mg",
}  # fmt: skip
_BASES = {
    "mol": "mol", "mole": "mol", "moles": "mol", "g": "g", "gr": "g", "gm": "g", "gramme": "g", "grammes": "g",
    "kat": "kat", "eq": "eq", "osm": "osm", "osmol": "osm", "ui": "[IU]", "iu": "[IU]", "u": "U", "l": "L", "m": "m",
}  # fmt: skip
_POWER_OF_TEN = re.compile(r"(?:[x×*])?10(?:\^|\*\*?|[eE])?(12|9|6|3)$", re.IGNORECASE)
_AMOUNT_PARTS = re.compile(r"(mc|[kdcmunpf])?([a-z]+)$")


@lru_cache(maxsize=4096)
def normalise(printed: str) -> str | None:
    """The UCUM code of a printed unit, or None when it is not known as one.

    >>> normalise("G/L"), normalise("g/l"), normalise("x 10³/µL"), normalise("UI/L"), normalise("/mm3")
    ('10*9/L', 'g/L', '10*3/uL', '[IU]/L', '/mm3')
    """
    text = unicodedata.normalize("NFKC", printed).replace("μ", "u").replace("µ", "u")
    text = re.sub(r"\s+", "", text).strip("()[];:")
    feu = re.search(r"\(?FEU\)?$", text)
    if feu is not None:
        text = text[: feu.start()]
    whole = _WHOLE.get(text.lower())
    if whole is not None:
        return whole
    if "/" not in text:
        return None
    over, _, under = text.partition("/")
    ucum = _ratio(over, under)
    return ucum if ucum is None or feu is None else ucum + "{FEU}"


def _ratio(over: str, under: str) -> str | None:
    bottom = _DENOMINATORS.get(under.lower())
    top = _numerator(over)
    if bottom is None or top is None:
        return None
    return f"{top}/{bottom}"


def _numerator(over: str) -> str | None:
    power = _POWER_OF_TEN.match(over)
    if power is not None:
        return f"10*{power[1]}"
    direct = _NUMERATORS.get(over) or _NUMERATORS.get(over.lower() if len(over) > 1 else "?")
    if direct is not None or over == "":
        return direct or ""
    parts = _AMOUNT_PARTS.match(over.lower())
    if parts is None:
        return None
    for prefix, base in ((parts[1] or "", parts[2]), ("", over.lower())):
        if base in _BASES:
            return ("u" if prefix == "mc" else prefix) + _BASES[base]
    return None


def for_analyte(ucum: str, *, analyte: Analyte) -> str:
    """The unit as this analyte can have it, where capitals hide giga from gram.

    `G/L` for fibrinogen can only be gram, `g/l` for platelets only giga: a mass is no count.
    """
    own = None if analyte.unit is None else _measure(analyte.unit)
    if own is None:
        return ucum
    if ucum == "10*9/L" and own[0] == "g/L":
        return "g/L"
    if ucum == "g/L" and own[0] == "/L":
        return "10*9/L"
    return ucum


def convert(value: Decimal, *, analyte: Analyte, unit: str) -> Decimal | None:
    """`value` in the analyte's own unit, or None where `unit` cannot be converted."""
    line = _line_to_own(analyte.id, unit, analyte)
    if line is None:
        return None
    times, plus = line
    return to_decimal(Fraction(value) * times + plus)


def convert_back(value: Decimal, *, analyte: Analyte, unit: str) -> Decimal | None:
    """The inverse of `convert`: from the analyte's own unit into `unit`."""
    line = _line_to_own(analyte.id, unit, analyte)
    if line is None:
        return None
    times, plus = line
    return to_decimal((Fraction(value) - plus) / times)


def to_decimal(value: Fraction) -> Decimal:
    """Fifteen significant digits, without trailing zeros or an exponent."""
    quotient = _SIGNIFICANT.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize()
    return Decimal(f"{quotient:f}")


def fits(unit: str | None, *, analyte: Analyte) -> bool:
    """Whether a value printed in `unit` can be this analyte."""
    if unit is None:
        return analyte.unit is None or analyte.unit in UNITLESS
    return _line_to_own(analyte.id, for_analyte(unit, analyte=analyte), analyte) is not None


_LINES: dict[tuple[str, str], tuple[Fraction, Fraction] | None] = {}


def _line_to_own(analyte_id: str, unit: str, analyte: Analyte) -> tuple[Fraction, Fraction] | None:
    key = (analyte_id, unit)
    if key not in _LINES:
        _LINES[key] = _find_line(unit, analyte)
    return _LINES[key]


def _find_line(unit: str, analyte: Analyte) -> tuple[Fraction, Fraction] | None:
    if analyte.unit is None:
        return None
    factor = analyte.factors.get(unit)
    if factor is not None:
        return Fraction(factor[0]), Fraction(factor[1])
    if unit == analyte.unit:
        return Fraction(1), Fraction(0)
    source, target = _measure(unit), _measure(analyte.unit)
    if source is None or target is None:
        return None
    bridge = _bridge(source[0], target[0], analyte)
    return None if bridge is None else (source[1] * bridge / target[1], Fraction(0))


def _bridge(source: str, target: str, analyte: Analyte) -> Fraction | None:
    """What one base unit of `source` is in base units of `target`."""
    if source == target:
        return Fraction(1)
    mass = None if analyte.molar_mass is None else Fraction(analyte.molar_mass)
    match (source, target):
        case ("mol/L", "g/L"):
            return mass
        case ("g/L", "mol/L"):
            return None if mass is None else 1 / mass
        case ("eq/L", "mol/L"):
            return None if analyte.valence is None else Fraction(1, analyte.valence)
        case ("eq/L", "g/L"):
            return None if mass is None or analyte.valence is None else mass / analyte.valence
        case _:
            return None


_ATOMS = {
    "g": "g", "mol": "mol", "eq": "eq", "osm": "osm", "U": "U", "[IU]": "U", "kat": "kat", "L": "L",
}  # fmt: skip
_UNDER = {
    "L": ("L", Fraction(1)), "mm3": ("L", Fraction(1, 10**6)), "kg": ("kg", Fraction(1)),
    "g": ("kg", Fraction(1, 1000)), "mol": ("mol", Fraction(1)), "mmol": ("mol", Fraction(1, 1000)),
}  # fmt: skip


@lru_cache(maxsize=1024)
def _measure(ucum: str) -> tuple[str, Fraction] | None:
    """The base unit and how many of it `ucum` is: `mg/dL` is a hundredth of a `g/L`."""
    if ucum in ("%", "L/L"):
        return "1", Fraction(1, 100) if ucum == "%" else Fraction(1)
    if ucum in ("mm[Hg]", "kPa"):
        # One kilopascal is 7.50062 mm[Hg] (BIPM SI brochure, 9th edition, table 8).
        return "mm[Hg]", Fraction("7.50062") if ucum == "kPa" else Fraction(1)
    suffix = "{FEU}" if ucum.endswith("{FEU}") else ""
    over, slash, under = ucum.removesuffix(suffix).partition("/")
    bottom = _bottom(under) if slash else None
    top = _top(over)
    if top is None or bottom is None:
        return None
    name, size = top
    if name == "kat":
        name, size = "U", size * 60_000_000
    return f"{name}/{bottom[0]}{suffix}", size / bottom[1]


def _top(over: str) -> tuple[str, Fraction] | None:
    if over in ("", "{cells}", "{parasites}"):
        return "", Fraction(1)
    if over.startswith("10*"):
        return "", Fraction(10 ** int(over[3:]))
    for prefix, power in _PREFIXES.items():
        base = over.removeprefix(prefix)
        if over.startswith(prefix) and base in _ATOMS:
            return _ATOMS[base], Fraction(10) ** power
    return None


def _bottom(under: str) -> tuple[str, Fraction] | None:
    if under in _UNDER:
        return _UNDER[under]
    if under.endswith("L") and under[:-1] in _PREFIXES:
        return "L", Fraction(10) ** _PREFIXES[under[:-1]]
    return None
