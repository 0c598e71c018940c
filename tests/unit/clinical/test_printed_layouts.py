"""Rows as French, African, British and American laboratories print them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.unit.clinical.lab_pages import MAN, WOMAN, a_report, a_result


@pytest.mark.parametrize(
    ("line", "analyte", "text"),
    [
        ("VIH (Determine)     Réactif", "hiv_agab", "Réactif"),
        ("Sérologie VIH 1&2 (Determine)   Positif", "hiv_agab", "Positif"),
        ("Ferritine (Alinity, Abbott)   6   µg/L   15 - 150", "ferritin", "6"),
        ("DFG estimé (CKD-EPI 2009)   41   mL/min/1,73m²   > 60", "egfr", "41"),
    ],
)
def test_a_remark_in_parentheses_leaves_the_name_as_it_is(line, analyte, text):
    result = a_result(line)
    assert (result.analyte, result.text) == (analyte, text)


@pytest.mark.parametrize("line", ["LABORATORIES   Phone: (555) 123-4567", "BIOLAB Tél : 01 43 28   12 34 mL/min"])
def test_a_telephone_number_is_no_result(line):
    assert a_report(line).results == ()


@pytest.mark.parametrize("line", ["Culture : > 10^5 UFC/mL Escherichia coli", "Culture   10⁶ UFC/mL E. coli"])
def test_a_colony_count_keeps_its_exponent(line):
    result = a_result(line)
    assert result.value is None
    assert result.text in line


def test_a_gram_stain_is_no_negative_answer():
    assert a_report("Examen direct (Gram) : bacilles à Gram négatif").results == ()


@pytest.mark.parametrize(
    ("unit", "ucum"), [("Thousand/uL", "10*3/uL"), ("Million/uL", "10*6/uL"), ("miles/mm3", "10*3/mm3")]
)
def test_counts_in_words_of_size(unit, ucum):
    name = "Red Blood Cell Count" if "Million" in unit else "Platelets"
    assert a_result(f"{name}   4.01   {unit}   1 - 5").unit == ucum


def test_an_or_equal_in_words_is_a_limit():
    result = a_result("eGFR    33    L    > OR = 60    mL/min/1.73m2")
    assert (result.value, result.flag, result.range.low) == (Decimal(33), "L", Decimal(60))


def test_a_name_wrapped_in_its_cell_is_whole():
    text = """\
Examen                             Résultat   Unité    Intervalle de référence
Anticorps anti-thyroperoxydase
(TPO)                              450        UI/mL    0 - 34
"""
    assert a_result(text, MAN).printed_name == "Anticorps anti-thyroperoxydase (TPO)"


def test_a_header_that_breaks_after_its_first_word_still_names_the_range():
    text = """\
                         Résultats        Valeurs de      Antériorité
                                          référence       02/03/2026
CRP                      <1,0 mg/L        < 5,0           3,2
Cholestérol total        2,45 g/L         < 2,00          2,30
"""
    crp, total = a_report(text, person=WOMAN).results
    assert (crp.comparator, crp.value, crp.range.high) == ("<", Decimal("1.0"), Decimal("5.0"))
    assert (total.value, total.flag, total.previous[0].value) == (Decimal("2.45"), "H", Decimal("2.30"))
