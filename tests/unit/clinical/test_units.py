"""Units: spelling to UCUM, and conversions that come back."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import analytes, units

CONVERTIBLE = [
    (analyte, unit)
    for analyte in analytes.ALL
    for unit in (*analyte.customary_units, *analyte.factors)
    if analyte.unit is not None
]


@pytest.mark.parametrize(
    ("printed", "ucum"),
    [
        ("G/L", "10*9/L"),
        ("Giga/L", "10*9/L"),
        ("gm/dL", "g/dL"),
        ("10^9/L", "10*9/L"),
        ("x 10⁹/L", "10*9/L"),
        ("109/L", "10*9/L"),
        ("g/l", "g/L"),
        ("MG/DL", "mg/dL"),
        ("UI/L", "[IU]/L"),
        ("/mm³", "/mm3"),
        ("/cumm", "/mm3"),
        ("mEq/l", "meq/L"),
        ("µUI/mL", "u[IU]/mL"),
        ("mcg/L", "ug/L"),
        ("mL/min/1,73 m²", "mL/min/{1.73_m2}"),
        ("10³/µL", "10*3/uL"),
        ("ng/mL FEU", "ng/mL{FEU}"),
        ("mmHg", "mm[Hg]"),
        ("g/100 mL", "g/dL"),
        ("T/L", "10*12/L"),
        ("sec", "s"),
    ],
)
def test_a_printed_unit_has_one_ucum_code(printed, ucum):
    assert units.normalise(printed) == ucum


@pytest.mark.parametrize("printed", ["ans", "FCFA", "kg/m/s", "/", "", "12", "euros"])
def test_what_is_no_unit_stays_unknown(printed):
    assert units.normalise(printed) is None


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "canonical"),
    [
        ("creatinine", "12", "mg/L", "1.2"),
        ("glucose_random", "1.26", "g/L", "126"),
        ("platelets", "150000", "/mm3", "150"),
        ("hemoglobin", "135", "g/L", "13.5"),
        ("hematocrit", "0.45", "L/L", "45"),
        ("paco2", "5", "kPa", "37.5031"),
        ("fibrinogen", "3.2", "g/L", "320"),
        ("crp", "1.2", "mg/dL", "12"),
        ("sodium", "138", "meq/L", "138"),
        ("troponin_t_hs", "14", "pg/mL", "14"),
        ("ferritin", "12", "ug/L", "12"),
        ("calcium", "4", "meq/L", "8.0156"),
    ],
)
def test_conversions_are_exact(analyte, value, unit, canonical):
    row = analytes.by_id(analyte)
    assert units.convert(Decimal(value), analyte=row, unit=unit) == Decimal(canonical)


def test_glycated_haemoglobin_is_affine():
    row = analytes.by_id("hba1c")
    converted = units.convert(Decimal(48), analyte=row, unit="mmol/mol")
    assert converted is not None
    assert round(converted, 1) == Decimal("6.5")


def test_a_dimer_without_its_kind_is_not_converted():
    assert units.convert(Decimal(500), analyte=analytes.by_id("d_dimer"), unit="ng/mL") is None


def test_capitals_do_not_turn_gram_into_giga():
    assert units.for_analyte("10*9/L", analyte=analytes.by_id("fibrinogen")) == "g/L"
    assert units.for_analyte("g/L", analyte=analytes.by_id("platelets")) == "10*9/L"
    assert units.for_analyte("10*9/L", analyte=analytes.by_id("wbc")) == "10*9/L"


@given(st.sampled_from(CONVERTIBLE), st.decimals(min_value="0.001", max_value="100000", places=3))
def test_every_conversion_comes_back(pair, value):
    analyte, unit = pair
    there = units.convert(value, analyte=analyte, unit=unit)
    assert there is not None
    back = units.convert_back(there, analyte=analyte, unit=unit)
    assert back is not None
    assert math.isclose(float(back), float(value), rel_tol=1e-9)


@given(
    st.sampled_from(CONVERTIBLE),
    st.decimals(min_value="0.001", max_value="10000", places=3),
    st.decimals(min_value="0.001", max_value="10000", places=3),
)
def test_every_conversion_keeps_the_order(pair, first, second):
    analyte, unit = pair
    low, high = sorted((first, second))
    converted = [units.convert(value, analyte=analyte, unit=unit) for value in (low, high)]
    assert converted[0] is not None and converted[1] is not None
    assert converted[0] <= converted[1]
