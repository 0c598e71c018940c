"""Quantities computed from results of one sample: formula and inputs always shown.

In charge of the formulas. An input that must be checked at its source, that has a comparator, or
that belongs to another sample or to another fluid is not used. Estimated filtration is for adults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from carebase.clinical.person import Person, Sex
from carebase.clinical.results import LabResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A computed quantity; `code` is an analyte id where the table has one."""

    code: str
    value: Decimal
    unit: str
    formula: str
    inputs: tuple[LabResult, ...]


@dataclass(frozen=True, slots=True)
class _Formula:
    code: str
    inputs: tuple[str, ...]
    unit: str
    places: int
    words: str
    """The formula with its source."""
    compute: Callable[[Mapping[str, float], Person], float | None]


def _egfr(values: Mapping[str, float], person: Person) -> float | None:
    if not person.is_adult or person.sex is None or person.age_years is None or person.pregnant:
        return None
    is_woman = person.sex is Sex.FEMALE
    kappa, alpha = (0.7, -0.241) if is_woman else (0.9, -0.302)
    share = values["creatinine"] / kappa
    below, above = math.pow(min(share, 1.0), alpha), math.pow(max(share, 1.0), -1.2)
    result = 142 * below * above * math.pow(0.9938, person.age_years)
    return result * 1.012 if is_woman else result


def _ldl(values: Mapping[str, float], _person: Person) -> float | None:
    # Friedewald does not hold from 400 mg/dL of triglycerides on.
    if values["triglycerides"] >= 400:
        return None
    result = values["cholesterol_total"] - values["hdl"] - values["triglycerides"] / 5
    return result if result > 0 else None


def _fib4(values: Mapping[str, float], person: Person) -> float | None:
    if not person.is_adult or person.age_years is None:
        return None
    return person.age_years * values["ast"] / (values["platelets"] * math.sqrt(values["alt"]))


def _r_factor(values: Mapping[str, float], _person: Person) -> float:
    # Upper limits of the table: alanine aminotransferase 40, alkaline phosphatase 120 U/L.
    return (values["alt"] / 40) / (values["alp"] / 120)


_FORMULAS: tuple[_Formula, ...] = (
    _Formula(
        "egfr",
        ("creatinine",),
        "mL/min/{1.73_m2}",
        0,
        "CKD-EPI 2021 creatinine (Inker et al., NEJM 2021;385:1737): "
        "142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^-1.200 × 0.9938^age (× 1.012 for women)",
        _egfr,
    ),
    _Formula(
        "anion_gap",
        ("sodium", "chloride", "bicarbonate"),
        "mmol/L",
        1,
        "Na − Cl − HCO3 (without potassium)",
        lambda v, _: v["sodium"] - v["chloride"] - v["bicarbonate"],
    ),
    _Formula(
        "calcium_corrected",
        ("calcium", "albumin"),
        "mg/dL",
        2,
        "Ca + 0.8 × (4.0 − albumin g/dL) (Payne et al., BMJ 1973;4:643)",
        lambda v, _: v["calcium"] + 0.8 * (4.0 - v["albumin"]),
    ),
    _Formula(
        "tsat",
        ("iron", "tibc"),
        "%",
        0,
        "100 × iron / total iron-binding capacity",
        lambda v, _: 100 * v["iron"] / v["tibc"],
    ),
    _Formula(
        "fib4",
        ("ast", "alt", "platelets"),
        "1",
        2,
        "age × AST / (platelets × √ALT) (Sterling et al., Hepatology 2006;43:1317)",
        _fib4,
    ),
    _Formula(
        "r_factor",
        ("alt", "alp"),
        "1",
        1,
        "(ALT / 40) / (ALP / 120) (ACG, Am J Gastroenterol 2017;112:18)",
        _r_factor,
    ),
    _Formula(
        "ldl",
        ("cholesterol_total", "hdl", "triglycerides"),
        "mg/dL",
        0,
        "total − HDL − triglycerides / 5 (Friedewald et al., Clin Chem 1972;18:499), triglycerides below 400 mg/dL",
        _ldl,
    ),
    _Formula(
        "osmolality",
        ("sodium", "glucose", "urea"),
        "mosm/kg",
        0,
        "2 × Na + glucose mg/dL / 18 + urea mmol/L",
        lambda v, _: 2 * v["sodium"] + v["glucose"] / 18 + v["urea"],
    ),
)
# One quantity under several analyte ids; the factor brings it into the formula's unit.
_ALSO: Mapping[str, tuple[tuple[str, float], ...]] = {
    "glucose": (("glucose_random", 1.0), ("glucose_fasting", 1.0)),
    "urea": (("urea", 1.0), ("bun", 1 / 2.8014)),
}
_NEEDS_POSITIVE = frozenset(["creatinine", "tibc", "platelets", "alt", "alp", "ast"])


def derive(results: Sequence[LabResult], person: Person) -> tuple[Derived, ...]:
    """What follows from these results, sample by sample; a quantity printed there is not computed again."""
    found: list[Derived] = []
    for sample in _samples(results):
        by_id = _usable(sample)
        printed = {result.analyte for result in sample if result.value is not None}
        for formula in _FORMULAS:
            if formula.code not in printed:
                derived = _apply(formula, by_id, person)
                if derived is not None:
                    found.append(derived)
    return tuple(found)


def _samples(results: Iterable[LabResult]) -> Iterable[list[LabResult]]:
    """Blood results of one time; without a printed time, those of one file only."""
    samples: dict[tuple[datetime | None, str | None], list[LabResult]] = {}
    for result in results:
        if result.specimen == "blood":
            file = result.sha256 if result.sample_time is None else None
            samples.setdefault((result.sample_time, file), []).append(result)
    return samples.values()


def _usable(sample: Sequence[LabResult]) -> dict[str, LabResult]:
    """By analyte; one that is printed twice with different values is left out."""
    by_id: dict[str, LabResult] = {}
    doubtful: set[str] = set()
    for result in sample:
        if result.analyte is None:
            continue
        other = by_id.get(result.analyte)
        is_clear = result.check is None and result.comparator is None and result.canonical is not None
        if not is_clear or (other is not None and other.canonical != result.canonical):
            doubtful.add(result.analyte)
        by_id.setdefault(result.analyte, result)
    return {analyte: result for analyte, result in by_id.items() if analyte not in doubtful}


def _apply(formula: _Formula, by_id: Mapping[str, LabResult], person: Person) -> Derived | None:
    inputs: list[LabResult] = []
    values: dict[str, float] = {}
    for name in formula.inputs:
        choice = _input(name, by_id)
        if choice is None:
            return None
        inputs.append(choice[0])
        values[name] = choice[1]
        if name in _NEEDS_POSITIVE and choice[1] <= 0:
            return None
    value = formula.compute(values, person)
    if value is None:
        return None
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-formula.places))
    return Derived(code=formula.code, value=rounded, unit=formula.unit, formula=formula.words, inputs=tuple(inputs))


def _input(name: str, by_id: Mapping[str, LabResult]) -> tuple[LabResult, float] | None:
    candidates = [(by_id[analyte], factor) for analyte, factor in _ALSO.get(name, ((name, 1.0),)) if analyte in by_id]
    if len(candidates) != 1:
        return None
    result, factor = candidates[0]
    return None if result.canonical is None else (result, float(result.canonical) * factor)
