"""The table of analytes and the names it answers to."""

from __future__ import annotations

import re

import pytest

from carebase.clinical import analytes, units


def test_every_row_has_a_source_for_each_of_its_limits():
    for analyte in analytes.ALL:
        if analyte.male is not None or analyte.female is not None:
            assert analyte.range_source in analytes.SOURCES, analyte.id
        if analyte.critical != (None, None) or analyte.critical_text is not None:
            assert analyte.critical_source in analytes.SOURCES, analyte.id
    for source in analytes.SOURCES.values():
        assert source["title"] and source["edition"] and source["date"]


def test_every_quantity_has_limits_of_plausibility_around_its_range():
    for analyte in analytes.ALL:
        if analyte.kind == "quantity":
            assert analyte.possible is not None, analyte.id
            for limit in (*(analyte.male or ()), *(analyte.female or ()), *analyte.critical):
                assert limit is None or analyte.possible[0] <= limit <= analyte.possible[1], analyte.id


def test_loinc_codes_are_well_formed_and_used_once():
    codes = [analyte.loinc for analyte in analytes.ALL if analyte.loinc is not None]
    assert len(codes) == len(set(codes))
    for code in codes:
        number, check = code.split("-")
        assert re.fullmatch(r"\d{1,5}", number)
        assert _mod_10(number) == int(check), code


def _mod_10(number: str) -> int:
    """LOINC's check digit (LOINC Users' Guide, appendix C)."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if index % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return -total % 10


def test_every_name_of_a_row_leads_to_it_beside_its_unit():
    for analyte in analytes.ALL:
        for name in (*analyte.names.values(), *analyte.aliases):
            found = analytes.match(name, unit=analyte.unit, specimen=analyte.specimen)
            assert found is analyte, (analyte.id, name)


def test_every_customary_unit_can_be_converted():
    for analyte in analytes.ALL:
        for unit in analyte.customary_units:
            assert units.fits(unit, analyte=analyte), (analyte.id, unit)


@pytest.mark.parametrize(
    ("name", "unit", "analyte"),
    [
        ("Hémoglobine", "g/dL", "hemoglobin"),
        ("HEMOGLOBINE", "g/dL", "hemoglobin"),
        ("GB", "10*9/L", "wbc"),
        ("Créatininémie", "umol/L", "creatinine"),
        ("ASAT (TGO)", "U/L", "ast"),
        ("SGPT", "U/L", "alt"),
        ("γGT", "[IU]/L", "ggt"),
        ("PAL", "U/L", "alp"),
        ("Kaliémie", "mmol/L", "potassium"),
        ("TP", "%", "pt_percent"),
        ("TP", "g/dL", "total_protein"),
        ("PT", "s", "pt"),
        ("Neutrophiles", "%", "neutrophils_pct"),
        ("Neutrophiles", "10*9/L", "neutrophils_abs"),
        ("Glycémie", "g/L", "glucose_random"),
        ("Glycémie à jeun", "g/L", "glucose_fasting"),
        ("Creatinine (Jaffé)", "mg/dL", "creatinine"),
        ("Sodium sérique", "mmol/L", "sodium"),
        ("Dosage de la créatinine", "mg/L", "creatinine"),
        ("Bilirubin", "mg/dL", "bilirubin_total"),
        ("Bilirubine conjuguée", "mg/L", "bilirubin_direct"),
        ("Partial Thromboplastin Time", "s", "aptt"),
    ],
)
def test_printed_names(name, unit, analyte):
    found = analytes.match(name, unit=unit, specimen="blood")
    assert found is not None
    assert found.id == analyte


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Bilirubin (delta)", "mg/dL"),
        ("Sodium valproate", "mg/L"),
        ("Neutrophiles", None),
        ("K", None),
        ("PCT", "%"),
        ("TP", None),
        ("Hemoglobine S", "%"),
    ],
)
def test_a_name_that_may_mean_something_else_means_nothing(name, unit):
    assert analytes.match(name, unit=unit, specimen="blood") is None


def test_urine_and_spinal_fluid_have_rows_of_their_own():
    assert analytes.match("Créatinine", unit="mmol/L", specimen="urine").id == "urine_creatinine"
    assert analytes.match("Glucose", unit="g/L", specimen="csf").id == "csf_glucose"
    assert analytes.match("Glucose", unit="g/L", specimen="pleural") is None
