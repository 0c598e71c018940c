"""Words statements in French or English, from the same parameters.

In charge of the text tables (`tables/texts`, Project Fluent) and of names: analytes, concepts,
patterns. Numbers keep their digits; only the decimal sign follows the language.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
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
_SPOKEN_UNITS = {
    "Cel": "°C",
    "mm[Hg]": "mmHg",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mL/min/1.73m2": "mL/min/1.73 m²",
    "ug/mL{FEU}": "µg/mL FEU",
    "10*3/uL": "10³/µL",
    "10*6/uL": "10⁶/µL",
    "10*9/L": "10⁹/L",
    "10*12/L": "10¹²/L",
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "ug/dL": "µg/dL",
    "ug/mL": "µg/mL",
    "/uL": "/µL",
    "m[IU]/L": "mIU/L",
    "[IU]/L": "IU/L",
    "[pH]": "",
    "{INR}": "",
    "{score}": "",
    "{ratio}": "",
    "1": "",
}


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
        return _SPOKEN_UNITS.get(value, value)
    if name in ("date", "duration", "converted"):
        return value or "none"
    if name == "relation":
        return _SPOKEN_RELATIONS.get(value, value)
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
