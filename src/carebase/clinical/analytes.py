"""The table of laboratory quantities and the names laboratories print for them.

In charge of `tables/analytes.json`: rows with unit, adult range, critical limits, limits of
plausibility and sources. A name is recognised when it is written in the table, case, accents and
punctuation aside; nothing is recognised by likeness.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from carebase.clinical import units

Limits = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """One row of the table; ranges and limits are for adults who are not pregnant, in `unit`."""

    id: str
    names: Mapping[str, str]
    aliases: tuple[str, ...]
    loinc: str | None
    specimen: str
    kind: Literal["quantity", "ordinal"]
    unit: str | None
    customary_units: tuple[str, ...]
    molar_mass: Decimal | None
    valence: int | None
    factors: Mapping[str, tuple[Decimal, Decimal]]
    """Units that no molar mass explains: unit → (times, plus) into `unit`."""
    male: Limits | None
    female: Limits | None
    range_source: str | None
    expected: str | None
    """The answer a qualitative test is expected to give (`negative`)."""
    critical: Limits
    critical_text: str | None
    critical_source: str | None
    possible: tuple[Decimal, Decimal] | None
    note: str | None


# A name of one or two letters, or one that laboratories share, counts only beside a fitting unit.
_SHARED_NAMES = frozenset(
    ["pct", "ptt", "co2", "tco2", "hco3", "pcr", "aso", "alb", "iron", "fer", "tlc", "hdl", "ldl", "hct", "hto", "tca"]
)
_METHODS = frozenset(
    [
        "ifcc",
        "jaffe",
        "jaffé",
        "enzymatic",
        "enzymatique",
        "colorimetric",
        "colorimétrie",
        "turbidimetry",
        "immunoturbidimétrie",
        "ise",
        "hexokinase",
        "serum",
        "sérum",
        "plasma",
        "blood",
        "sang",
        "suero",
        "sangre",
        "venous",
        "veineux",
        "hplc",
        "elisa",
        "cmia",
        "eclia",
        "god",
        "pod",
        "uv",
        "bcg",
        "biuret",
        "westergren",
        "clauss",
        "photometry",
        "photométrie",
        "cinétique",
        "kinetic",
        "calculé",
        "calculated",
        "automated",
        "spectrophotométrie",
        "néphélémétrie",
        "immunoturbidimetry",
        "turbidimétrie",
        "électrode",
        "potentiométrie",
        "alinity",
        "architect",
        "abbott",
        "roche",
        "cobas",
        "elecsys",
        "sysmex",
        "siemens",
        "atellica",
        "centaur",
        "beckman",
        "coulter",
        "access",
        "vidas",
        "biomérieux",
        "biomerieux",
        "vitros",
        "mindray",
        "randox",
        "horiba",
        "determine",
        "oraquick",
        "bioline",
        "alere",
        "unigold",
        "hrp2",
        "ckd",
        "epi",
        "mdrd",
        "2009",
        "2021",
        "friedewald",
        "martin",
        "cytométrie",
        "impédance",
        "chimiluminescence",
        "électrochimiluminescence",
    ]
)
_BLOOD_WORDS = re.compile(
    r"\b(?:s[eé]riques?|sanguins?|sanguines?|plasmatiques?|s[eé]rum|serum|plasma|blood|sang|suero|sangre|plasm[aá]tic[oa])\b",
    re.IGNORECASE,
)
_FLUID_WORDS: Mapping[str, re.Pattern[str]] = {
    "blood": _BLOOD_WORDS,
    "urine": re.compile(r"\b(?:urinaires?|urines?|urinary|urinari[oa]s?|(?:en )?orina)\b", re.IGNORECASE),
    "csf": re.compile(r"\b(?:du lcr|lcr|csf|lcs|cerebrospinal fluid)\b", re.IGNORECASE),
}
_LEADING = re.compile(
    r"^(?:sr?\.\s+|(?:dosage|taux|recherche|mesure|d[eé]termination|recuento)\s+(?:(?:de\s+l['’a]\s?|des?\s+|du\s+|d['’])))",
    re.IGNORECASE,
)
_GENERATION = re.compile(r"\s*\b\d ?(?:[eè]me|e|rd|th) g[eé]n[eé]ration\b", re.IGNORECASE)
_PARENTHESES = re.compile(r"^(?P<base>.+?)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]\s*\*?$")


@lru_cache(maxsize=8192)
def key(name: str) -> str:
    """A printed name without case, accents, spaces and punctuation.

    >>> key("γ-GT"), key("Hémoglobine"), key("NEU%"), key("NEU#")
    ('gammagt', 'hemoglobine', 'neupct', 'neuabs')
    """
    text = name.lower().replace("γ", "gamma").replace("β", "beta").replace("α", "alpha")
    text = text.replace("%", "pct").replace("#", "abs").replace("œ", "oe").replace("æ", "ae")
    folded = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _limits(value: Any) -> Limits | None:
    return None if value is None else (_decimal(value[0]), _decimal(value[1]))


def _analyte(row: Mapping[str, Any]) -> Analyte:
    printed = row.get("range", {})
    critical = row.get("critical", {})
    possible = row.get("possible")
    return Analyte(
        id=row["id"],
        names=row["names"],
        aliases=tuple(row["aliases"]),
        loinc=row["loinc"],
        specimen=row["specimen"],
        kind=row["kind"],
        unit=row["unit"],
        customary_units=tuple(row.get("customary_units", ())),
        molar_mass=_decimal(row.get("molar_mass")),
        valence=row.get("valence"),
        factors={
            unit: (Decimal(line["times"]), Decimal(line["plus"])) for unit, line in row.get("factors", {}).items()
        },
        male=_limits(printed.get("male")),
        female=_limits(printed.get("female")),
        range_source=printed.get("source"),
        expected=row.get("expected", {}).get("text"),
        critical=(_decimal(critical.get("low")), _decimal(critical.get("high"))),
        critical_text=critical.get("text"),
        critical_source=critical.get("source"),
        possible=None if possible is None else (Decimal(possible[0]), Decimal(possible[1])),
        note=row.get("note"),
    )


_TABLE = json.loads((resources.files("carebase.clinical") / "tables" / "analytes.json").read_text("utf-8"))

ALL: tuple[Analyte, ...] = tuple(_analyte(row) for row in _TABLE["analytes"])
SOURCES: Mapping[str, Mapping[str, Any]] = _TABLE["sources"]
_BY_ID = {analyte.id: analyte for analyte in ALL}


def _index() -> dict[str, dict[str, tuple[Analyte, ...]]]:
    index: dict[str, dict[str, tuple[Analyte, ...]]] = {}
    for analyte in ALL:
        by_key = index.setdefault(analyte.specimen, {})
        for name in {key(alias) for alias in (*analyte.names.values(), *analyte.aliases)}:
            by_key[name] = (*by_key.get(name, ()), analyte)
    return index


_INDEX = _index()
_NONE: dict[str, tuple[Analyte, ...]] = {}


def by_id(analyte_id: str) -> Analyte:
    """The row of that id; KeyError when there is none."""
    return _BY_ID[analyte_id]


def is_name(printed: str, *, specimen: str) -> bool:
    """Whether any row of that specimen carries this name, whatever the unit."""
    return bool(_candidates(printed, specimen))


def match(printed_name: str, *, unit: str | None, specimen: str) -> Analyte | None:
    """The analyte a printed name means beside a UCUM unit, or None when unknown or undecided.

    >>> match("TP", unit="%", specimen="blood").id, match("TP", unit="g/dL", specimen="blood").id
    ('pt_percent', 'total_protein')
    """
    found = _candidates(printed_name, specimen)
    if not found:
        return None
    fitting = tuple(row for row in found if _goes_with(row, unit))
    if len(fitting) == 1:
        return fitting[0]
    if fitting or len(found) > 1 or _needs_unit(printed_name):
        return None
    # One meaning, and a unit that cannot be: the row is known, its unit is to be checked.
    return found[0] if found[0].kind == "quantity" else None


def _goes_with(analyte: Analyte, unit: str | None) -> bool:
    if analyte.kind == "ordinal":
        return unit is None or analyte.specimen == "blood"
    return units.fits(unit, analyte=analyte)


def _needs_unit(printed_name: str) -> bool:
    name = key(printed_name)
    return len(name) <= 2 or name in _SHARED_NAMES


@lru_cache(maxsize=8192)
def _candidates(printed_name: str, specimen: str) -> tuple[Analyte, ...]:
    by_key = _INDEX.get(specimen, _NONE)
    for form in _forms(printed_name, specimen):
        found = by_key.get(key(form))
        if found:
            return found
    return _of_parts(_GENERATION.sub("", printed_name), by_key)


def _forms(printed_name: str, specimen: str) -> list[str]:
    """The name as printed, then without what does not change its meaning."""
    forms = [printed_name, _GENERATION.sub("", printed_name)]
    shorter = _LEADING.sub("", printed_name)
    forms.append(shorter)
    own_words = _FLUID_WORDS.get(specimen, _BLOOD_WORDS)
    forms.append(own_words.sub(" ", shorter).replace("()", "").strip(" ,-"))
    bracket = _PARENTHESES.match(printed_name)
    if bracket is not None and is_remark(bracket["inner"]):
        forms.append(bracket["base"])
    return [form for form in forms if form]


def is_remark(words: str) -> bool:
    """Whether parentheses hold a unit or a method, which leave the name as it is."""
    return units.normalise(words) is not None or all(
        word in _METHODS for word in re.split(r"[\s,/.-]+", words.lower()) if word
    )


def _of_parts(printed_name: str, by_key: Mapping[str, tuple[Analyte, ...]]) -> tuple[Analyte, ...]:
    """`ASAT (TGO)` and `TGO / ASAT`: every part must mean the same."""
    parts = [part for part in re.split(r"\s*[(/)\[\]]\s*|\s+-\s+", printed_name) if key(part)]
    if len(parts) < 2:
        return ()
    common: tuple[Analyte, ...] | None = None
    for part in parts:
        found = by_key.get(key(part), ())
        common = found if common is None else tuple(row for row in common if row in found)
    return common or ()
