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


@pytest.mark.parametrize(
    "line",
    [
        "LABORATORIES   Phone: (555) 123-4567",
        "QUEST REGIONAL LABORATORIES     Phone: (555) 123-4567    CLIA 05D0000001",
        "BIOLAB Tél : 01 43 28   12 34 mL/min",
    ],
)
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


def test_a_second_line_gives_the_count_of_the_cell_above():
    percent, count = a_report("""\
Polynucléaires neutrophiles     6,4 %
   soit                         0,30       G/L      1,80 - 7,50
""").results
    assert (percent.analyte, count.analyte, count.value) == ("neutrophils_pct", "neutrophils_abs", Decimal("0.30"))
    assert count.critical


def test_a_comment_on_a_quantity_is_no_result():
    report = a_report("Potassium : résultat contrôlé, absence d'hémolyse. Téléphoné au Dr PETIT le 17/11/2026.")
    assert (report.results, report.unread) == ((), ())


@pytest.mark.parametrize(
    "line", ["Potassium : en cours", "Hb : hémolysé", "Sodium : voir commentaire", "Glycémie : HI"]
)
def test_a_result_that_is_not_there_yet_is_listed_as_unread(line):
    report = a_report(line)
    assert report.results == ()
    assert [one.reason for one in report.unread] == ["no_value"]


def test_a_positive_smear_alerts_whatever_follows_it():
    result = a_result("Goutte épaisse      Positive  P. falciparum 185 000/µL")
    assert (result.analyte, result.flag, result.critical) == ("malaria_smear", "H", True)


@pytest.mark.parametrize(
    ("line", "value", "critical"),
    [
        ("Cholestérol LDL      1,21 g/L      Valeurs cibles : < 1,60 g/L si 0 FDR", "1.21", False),
        ("INR : 5,8 (cible 2-3)", "5.8", True),
    ],
)
def test_a_target_is_no_range_and_hides_no_value(line, value, critical):
    result = a_result(line)
    assert (result.value, result.critical, result.range) == (Decimal(value), critical, None)


@pytest.mark.parametrize("text", ["O Rhésus Positif", "A Rh D négatif", "AB"])
def test_a_blood_group_is_one_answer(text):
    result = a_result(f"Groupe sanguin          {text}")
    assert (result.printed_name, result.text, result.flag, result.flag_printed) == ("Groupe sanguin", text, None, None)


def test_a_table_that_begins_with_dates_keeps_its_names_and_times():
    potassium, glucose = a_report("""\
Date          Analyse         Résultat    Unité     Norme min    Norme max    Flag
2026-05-10    Potassium       6,9         mmol/L    3,5          5,1          H
2026-05-11    Glycémie        0,45        g/L       0,70         1,10         L
""").results
    assert (potassium.analyte, potassium.value, potassium.critical) == ("potassium", Decimal("6.9"), True)
    assert (potassium.range.low, potassium.range.high, potassium.flag) == (Decimal("3.5"), Decimal("5.1"), "H")
    assert (glucose.analyte, glucose.critical) == ("glucose_random", True)
    assert [one.sample_time.day for one in (potassium, glucose)] == [10, 11]


def test_a_column_of_sample_dates_behind_the_result_dates_it():
    result = a_result("""\
Test Name       Result    Units     Reference Range    Flag    Collected
Potassium       6.8       mmol/L    3.5-5.1            HH      2026-05-12 08:00
""")
    assert (result.value, result.sample_time.day, result.sample_time.hour) == (Decimal("6.8"), 12, 8)


def test_of_columns_that_only_dates_name_the_latest_is_current():
    result = a_result("""\
                      12/03/2026    05/04/2026    17/05/2026
Potassium (mmol/L)    4,4           5,1           6,9
""")
    assert (result.value, result.critical, result.sample_time.month) == (Decimal("6.9"), True, 5)
    assert [one.value for one in result.previous] == [Decimal("4.4"), Decimal("5.1")]


def test_the_latest_of_two_dates_may_stand_first():
    result = a_result("""\
                      17/05/2026    12/03/2026
Potassium (mmol/L)    6,9           4,4
""")
    assert (result.value, result.previous[0].value) == (Decimal("6.9"), Decimal("4.4"))


def test_a_value_missing_under_the_latest_date_is_never_filled_with_an_earlier_one():
    report = a_report("""\
                      17/05/2026    12/03/2026
Potassium (mmol/L)                  4,4
""")
    assert report.results == ()
    assert [one.reason for one in report.unread] == ["no_current_value"]


@pytest.mark.parametrize(
    ("line", "analyte", "critical"),
    [
        ("pH                 7,12        7,35 - 7,45", "ph_blood", True),
        ("pH (venous)   7.15   7.32 - 7.42", "ph_blood", True),
        ("pH                 7,38        7,35 - 7,45", "ph_blood", False),
        ("pH artériel   7,38", "ph_arterial", False),
        ("pH   6,0", None, False),
    ],
)
def test_the_reaction_of_blood_and_of_a_urine_strip_without_heading(line, analyte, critical):
    result = a_result(line)
    assert (result.analyte, result.critical) == (analyte, critical)


@pytest.mark.parametrize(
    ("line", "analyte"),
    [
        ("Réticulocytes   312   G/L   20 - 100", "reticulocytes_abs"),
        ("Réticulocytes   1,2   %   0,5 - 1,5", "reticulocytes"),
        ("Thyréostimuline (TSH 3ème génération)   12,4   mUI/L   0,40 - 4,00", "tsh"),
        ("Cholestérol LDL calculé (Friedewald)   1,57 g/L   < 1,30", "ldl"),
        ("Glu   486   mg/dL   70-99", "glucose_random"),
        ("Coef. de saturation   80   %   20 - 45", "tsat"),
    ],
)
def test_names_as_laboratories_shorten_them(line, analyte):
    assert a_result(line).analyte == analyte


TWO_SEXES = """\
              Résultats             Valeurs de référence             Antériorités
                                    Homme           Femme            12/06/2025   02/01/2025
Hémoglobine   12,5       g/dL       13,0 - 17,0     12,0 - 16,0      12,6         12,9
"""


@pytest.mark.parametrize(("person", "flag", "low"), [(WOMAN, "N", "12.0"), (MAN, "L", "13.0")])
def test_ranges_in_a_column_for_each_sex(person, flag, low):
    result = a_result(TWO_SEXES, person)
    assert (result.value, result.flag, result.range.low) == (Decimal("12.5"), flag, Decimal(low))
    assert [one.value for one in result.previous] == [Decimal("12.6"), Decimal("12.9")]


def test_a_column_of_laboratory_codes_is_no_second_value():
    result = a_result("""\
TESTS           RESULT      FLAG    UNITS         REFERENCE INTERVAL    LAB
Hemoglobin      6.8         Alert   g/dL          11.1 - 15.9            01
""")
    assert (result.value, result.flag, result.flag_printed, result.critical) == (Decimal("6.8"), "L", "Alert", True)


def test_columns_named_by_dates_with_short_years():
    result = a_result("""\
Prélèvement : 10/05/2026 à 08:20
                                     10/05/26        03/12/25     11/05/25
Kaliémie ...................  2,4    mmol/l  (3,5-5,1)   4,4      4,5
""")
    assert (result.value, result.critical, result.sample_time.day) == (Decimal("2.4"), True, 10)
    assert [one.value for one in result.previous] == [Decimal("4.4"), Decimal("4.5")]


def test_a_toxin_is_a_test():
    assert a_result("Toxine Clostridium difficile : Positive").text == "Positive"


def test_a_range_below_the_heading_of_an_earlier_result_stays_the_range():
    result = a_result(
        """\
Prélèvement : 10/05/2026 à 08:20
                                        10/05/26        03/12/25     11/05/25
Hémoglobine .................. 13,9    g/dl    (13,4-16,7)   14,0     14,2
""",
        MAN,
    )
    assert (result.value, result.range.low, result.flag) == (Decimal("13.9"), Decimal("13.4"), "N")
    assert [one.value for one in result.previous] == [Decimal("14.0"), Decimal("14.2")]
