"""Words statements in French or English, from the same parameters.

In charge of the text tables (`tables/texts`, Project Fluent) and of names: analytes, concepts,
patterns. Numbers keep their digits; only the decimal sign follows the language.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Literal, assert_never

from fluent.runtime import FluentBundle, FluentResource

from carebase.clinical import analytes
from carebase.clinical.statements import Parameter, Statement

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

_MEASURES = frozenset({"measure", "other"})
_NAMED = {"concept": "concept", "pattern": "pattern"}
_UNITS = frozenset({"unit", "limit_unit", "upper_unit", "earlier_unit"})
_SPOKEN_RELATIONS = {">=": "≥", "<=": "≤"}
_DATES = frozenset({"date", "earlier_date"})
_NO_UNIT = frozenset({"[pH]", "{INR}", "{score}", "{ratio}", "1"})
_EXPONENTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNIT_WORDS: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "fr": (
        ("[IU]", "UI"), ("[CFU]", "UFC"), ("[HPF]", "champ"), ("{cells}", "cellules"), ("{parasites}", "parasites"),
        ("{1.73_m2}", "1,73 m²"), ("1.73m2", "1,73 m²"), ("/d", "/jour"),
    ),
    "en": (
        ("[IU]", "IU"), ("[CFU]", "CFU"), ("[HPF]", "HPF"), ("{cells}", "cells"), ("{parasites}", "parasites"),
        ("{1.73_m2}", "1.73 m²"), ("1.73m2", "1.73 m²"), ("/d", "/day"),
    ),
}  # fmt: skip
_UNIT_SIGNS = (
    ("Cel", "°C"), ("mm[Hg]", "mmHg"), ("{FEU}", " FEU"), ("{copies}", "copies"), ("(24.h)", "24 h"),
    ("mm3", "mm³"), ("[ppth]", "‰"), ("meq", "mEq"), ("mosm", "mOsm"),
)  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def word(statement: Statement, language: Language) -> str:
    """The statement as one or more whole sentences; KeyError for a code without a message."""
    return sentence(statement.code, statement.params, language=language)


def sentence(code: str, params: Mapping[str, Parameter], *, language: Language) -> str:
    """The message of that code, filled; ValueError when a parameter it names is not given."""
    bundle = _bundle(language)
    message = bundle.get_message(code)
    if message.value is None:
        raise KeyError(code)
    filled = {name: _fill(name, value, language=language) for name, value in params.items()}
    filled |= {f"{name}_form": _form(value, language) for name, value in params.items() if isinstance(value, int)}
    text, errors = bundle.format_pattern(message.value, filled)
    if errors:
        raise ValueError(f"{code}: {errors[0]}")
    return _tidy(str(text), language=language)


def number(value: Decimal | int, language: Language) -> str:
    """The digits as they are, with the language's decimal sign.

    >>> number(Decimal("5.10"), "fr"), number(Decimal("5.10"), "en")
    ('5,10', '5.10')
    """
    digits = format(value, "f") if isinstance(value, Decimal) else str(value)
    match language:
        case "fr":
            return digits.replace(".", ",")
        case "en":
            return digits
        case _:
            assert_never(language)


def day(iso: str, language: Language) -> str:
    """A date as people of that language write it.

    >>> day("2026-11-07", "fr"), day("2026-11-07", "en")
    ('07/11/2026', '7 Nov 2026')
    """
    at = date.fromisoformat(iso)
    match language:
        case "fr":
            return f"{at:%d/%m/%Y}"
        case "en":
            return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
        case _:
            assert_never(language)


def unit(ucum: str, language: Language) -> str:
    """A UCUM unit as a reader expects it.

    >>> unit("10*12/L", "fr"), unit("m[IU]/L", "fr"), unit("ug/L", "en"), unit("{cells}/mm3", "en")
    ('10¹²/L', 'mUI/L', 'µg/L', 'cells/mm³')
    """
    if ucum in _NO_UNIT:
        return ""
    spoken = ucum
    for code, sign in (*_UNIT_SIGNS, *_UNIT_WORDS[language]):
        spoken = re.sub(rf"{re.escape(code)}(?![a-zL])", sign, spoken)
    spoken = re.sub(r"10\*(\d+)", lambda power: f"10{power[1].translate(_EXPONENTS)}", spoken)
    return re.sub(r"(?:^|(?<=/))u(?=[a-zLUI])", "µ", spoken)


def _form(count: int, language: Language) -> str:
    """Which form a counted noun takes: French counts 0 as one."""
    match language:
        case "fr":
            return "one" if abs(count) < 2 else "many"
        case "en":
            return "one" if abs(count) == 1 else "many"
        case _:
            assert_never(language)


def name_of_measure(name: str, language: Language) -> str:
    """The name of `lab:<analyte>`, `derived:…`, `vital:…` or `named:…`; any other text as it is."""
    kind, _, code = name.partition(":")
    if kind == "lab":
        return analytes.by_id(code).names[language]
    if kind in ("derived", "vital", "named") and code:
        return sentence(f"{kind}-{code}", {}, language=language)
    return name.removeprefix("printed:")


def has(code: str) -> bool:
    """Whether both languages have a message of that code."""
    return all(_bundle(language).has_message(code) for language in LANGUAGES)


def _fill(name: str, value: Parameter, *, language: Language) -> str:  # noqa: PLR0911  one line for each kind
    if isinstance(value, Decimal | int):
        return number(value, language)
    if name in _MEASURES:
        return name_of_measure(value, language)
    if name == "pattern" and value.startswith("imaging:"):
        concept = sentence(f"concept-{value.removeprefix('imaging:')}", {}, language=language)
        return concept[:1].upper() + concept[1:]
    if name in _NAMED:
        return sentence(f"{_NAMED[name]}-{value}", {}, language=language)
    if name in _UNITS:
        return unit(value, language)
    if name in _DATES and value:
        return day(value, language)
    if name in ("date", "duration", "converted"):
        return value or "none"
    if name == "relation":
        return _SPOKEN_RELATIONS.get(value, value)
    if name == "source":
        # A source known by a word of either language gives both, French first.
        words = value.split(" / ")
        return words[LANGUAGES.index(language)] if len(words) == len(LANGUAGES) else value
    if name == "medicine":
        return _medicine(value, language=language)
    return value


def _tidy(text: str, *, language: Language) -> str:
    # A quantity without a unit leaves two spaces, or one before the sign that follows it.
    text = " ".join(text.split(" ")).replace("  ", " ").replace(" )", ")").replace(" .", ".")
    return text.replace(" :", ":") if language == "en" else text


def _medicine(code: str, *, language: Language) -> str:
    names = _medicines().get(code)
    return names if language == "fr" and names else code.replace("_", " ")


@functools.cache
def _medicines() -> Mapping[str, str]:
    packed = resources.files("carebase.clinical").joinpath("tables/medicines.json").read_text("utf-8")
    # The first name of each row is the French one.
    return {row["id"]: row["names"][0] for row in json.loads(packed)["medicines"]}


@functools.cache
def _bundle(language: Language) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    folder = resources.files("carebase.clinical").joinpath("tables/texts")
    for name in (f"{language}.ftl", f"concepts.{language}.ftl"):
        bundle.add_resource(FluentResource(folder.joinpath(name).read_text("utf-8")))
    return bundle
