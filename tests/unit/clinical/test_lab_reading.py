"""Reports of a laboratory, line by line."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.clinical.lab_pages import CHILD, MAN, WOMAN, a_report, a_result

from carebase.clinical.person import Person, Sex

HEADER = """\
Analyse            Résultat    Unité     Valeurs de référence   Antériorité
                                                                12/01/2024
"""


@pytest.mark.parametrize(
    ("line", "analyte", "value", "unit", "flag"),
    [
        ("Hémoglobine            10,9   g/dL     12,0 - 16,0   L", "hemoglobin", "10.9", "g/dL", "L"),
        ("Hémoglobine : 13,5 g/dl H: 13-17 F: 12-16", "hemoglobin", "13.5", "g/dL", "N"),
        ("Hémoglobine   6,2*   g/dL   12-16", "hemoglobin", "6.2", "g/dL", "L"),
        ("Hémoglobine   *6,2*   g/dL   12-16", "hemoglobin", "6.2", "g/dL", "L"),
        ("Plaquettes        150 000 /mm3     150 000 - 400 000", "platelets", "150000", "/mm3", "N"),
        ("Leucocytes 12 400/mm³  VR: 4000 à 10000", "wbc", "12400", "/mm3", "H"),
        ("Plaquettes 245 109/L", "platelets", "245", "10*9/L", "N"),
        ("Ferritine ......... 12 µg/L (15 - 150)", "ferritin", "12", "ug/L", "L"),
        ("Ferritine.........12 µg/L (15 - 150)", "ferritin", "12", "ug/L", "L"),
        ("CRP               < 2,00 mg/L     N: Inf. 2,00", "crp", "2.00", "mg/L", "N"),
        ("CRP   Inf. à 5 mg/L", "crp", "5", "mg/L", "N"),
        ("TP                85 %        70 - 100", "pt_percent", "85", "%", "N"),
        ("TSH               2.345 mUI/L  0.350 - 4.940", "tsh", "2.345", "m[IU]/L", "N"),
        ("Créatininémie : 12,4 mg/l (VN : 7-13 mg/l)", "creatinine", "12.4", "mg/L", "N"),
        ("Glycémie à jeun 1,32 g/L (0,70-1,10) H", "glucose_fasting", "1.32", "g/L", "H"),
        ("Glucose   Hexokinase   5,4 mmol/L   3,9 - 5,8", "glucose_random", "5.4", "mmol/L", "N"),
        ("Vitamine B12      350 pg/mL   200-800", "vitamin_b12", "350", "pg/mL", "N"),
        ("CA 125     12 U/mL   < 35", "ca_125", "12", "U/mL", "N"),
        ("Bilirubine   totale   30 mg/L", "bilirubin_total", "30", "mg/L", "H"),
        ("Cholestérol   HDL   0,62 g/L", "hdl", "0.62", "g/L", "N"),
        ("Natrémie:138mmol/l", "sodium", "138", "mmol/L", "N"),
        ("Sodium 138 mmol/L Normal 136 - 145", "sodium", "138", "mmol/L", "N"),
        ("Hemoglobin (g/dL)       10.1      12.0-16.0", "hemoglobin", "10.1", "g/dL", "L"),
        ("HbA1c (IFCC)   48 mmol/mol   20 - 42", "hba1c", "48", "mmol/mol", "H"),
        ("D-dimer   650 ng/mL   < 500", "d_dimer", "650", "ng/mL", "H"),
        ("Hématocrite   0,45 L/L   0,37 - 0,47", "hematocrit", "0.45", "L/L", "N"),
        ("DFG (CKD-EPI)     95 mL/min/1,73m²    > 60", "egfr", "95", "mL/min/{1.73_m2}", "N"),
    ],
)
def test_a_row_is_read_as_printed(line, analyte, value, unit, flag):
    result = a_result(line)
    assert (result.analyte, result.value, result.unit, result.flag) == (analyte, Decimal(value), unit, flag)
    assert result.check is None
    assert result.quote == " ".join(line.split())


@pytest.mark.parametrize(
    "text",
    [
        "Diabète si > 1,26 g/L",
        "Glycémie à jeun > 1,26 g/L : diabète",
        "Tél : 01 42 34 56 78",
        "BP 1234 Yaoundé",
        "Page 1/3",
        "Age : 45 ans",
        "Poids :   70 kg",
        "Dossier n° 240312",
        "Riesgo alto si LDL > 160 mg/dL",
        "Normal :  < 5,7 %",
        "Prédiabète   5,7 - 6,4 %",
        "Femme enceinte :   < 0,92 g/L",
        "Enfant   11,0 - 14,0 g/dL",
        "Une créatinine à 12 mg/L est normale.",
        "L'hémoglobine de 9,8 g/dL impose un contrôle dans 8 jours.",
        "14/03/2024   08:15",
        "Total   45 000 FCFA",
        "Clairance   > 60 : normale",
        "Seuil de décision : 14 ng/L",
        "Prélevé le 12/03/2024 à 08:15",
        "IBAN FR76 3000 4000",
        "Signature : Dr TCHOUA   Page 1 / 2",
        "Patient : MBARGA Jeanne   Né(e) le : 12/03/1985   Sexe : F",
        "Objectif LDL < 1,00 g/L si risque élevé.",
    ],
)
def test_what_is_no_result_becomes_none(text):
    report = a_report(text)
    assert (report.results, report.unread) == ((), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Potassium   1O,5 mmol/L   3.5-5.0", "not_a_number"),
        ("Calcium   2.4 mmol/L 2.2 2.5", "several_values"),
        ("Leucocytes 7 103/µL", "not_a_number"),
        ("Machin truc 12 mg/L", "unknown_name"),
        ("CRP   < 5   3,2 mg/L", "several_values"),
        ("Créatinine sanguine   8 mg/L   DFG (MDRD) > 60 mL/min", "several_values"),
        ("hémoglobine 5,9 g/dl le 12/03/2024", "dated"),
    ],
)
def test_a_line_that_looks_like_a_result_and_is_unclear_is_reported(text, reason):
    report = a_report(text)
    assert report.results == ()
    assert [line.reason for line in report.unread] == [reason]


def test_an_earlier_result_is_never_the_current_one():
    report = a_report(
        HEADER
        + "Hémoglobine        13,5        g/dL      12,0 - 16,0            11,2\n"
        + "Plaquettes                     G/L       150 - 400              210"
    )
    (haemoglobin,) = report.results
    assert haemoglobin.value == Decimal("13.5")
    assert haemoglobin.previous[0].value == Decimal("11.2")
    assert haemoglobin.previous[0].sample_time == datetime(2024, 1, 12, tzinfo=UTC)
    assert [line.reason for line in report.unread] == ["no_current_value"]


def test_a_missing_unit_has_no_flag_and_alerts_only_when_every_reading_is_critical():
    glucose, potassium = a_report("Glycémie          1,26\nKaliémie          7,1").results
    assert (glucose.flag, glucose.check, glucose.critical, glucose.canonical) == (None, "unit_missing", False, None)
    assert (potassium.flag, potassium.check, potassium.critical) == (None, "unit_missing", True)


def test_an_ambiguous_number_has_no_flag():
    normal, low = a_report("Plaquettes   150.000/mm3   150.000 - 400.000\nPlaquettes   15.000/mm3").results
    assert (normal.flag, normal.check, normal.critical, normal.canonical) == (None, "ambiguous_number", False, None)
    assert (low.flag, low.check, low.critical) == (None, "ambiguous_number", True)


def test_an_english_report_with_decimal_points_groups_thousands_with_commas():
    hb, wbc = a_report(
        "Test   Result   Units   Reference range\nHemoglobin   13.5   g/dL   12.0-16.0\n"
        "WBC   7,500   /cumm   4,000-11,000"
    ).results
    assert (wbc.value, wbc.flag, wbc.check) == (Decimal(7500), "N", None)
    assert hb.flag == "N"


def test_an_ambiguous_sample_date_leaves_every_result_without_a_flag():
    result = a_result("Prélevé le 03/04/26\nHémoglobine   13,5   g/dL   12,0 - 16,0")
    assert (result.flag, result.check, result.sample_time) == (None, "ambiguous_date", None)


def test_an_implausible_value_still_alerts():
    result = a_result("Sodium            21 mmol/L       136 - 145")
    assert (result.flag, result.check, result.critical) == (None, "implausible", True)


def test_two_units_that_disagree_are_to_be_checked():
    agreed = a_result("Glycémie à jeun   0,95 g/L   5,27 mmol/L   3,9 - 6,1")
    assert (agreed.value, agreed.unit, agreed.flag) == (Decimal("5.27"), "mmol/L", "N")
    disagreed = a_result("Glycémie à jeun   0,95 g/L   (0,70 - 1,10)   8,27 mmol/L   (3,9 - 6,1)")
    assert (disagreed.flag, disagreed.check, disagreed.canonical) == (None, "dual_units_disagree", None)


def test_percent_and_count_are_two_results():
    percent, count = a_report("Polynucléaires neutrophiles   62,5 %   4,36 G/L   1,80 - 7,50").results
    assert (percent.analyte, percent.value, percent.range) == ("neutrophils_pct", Decimal("62.5"), None)
    assert (count.analyte, count.value, count.flag) == ("neutrophils_abs", Decimal("4.36"), "N")


@pytest.mark.parametrize("person", [CHILD, Person(), Person(sex=Sex.FEMALE, age_days=WOMAN.age_days, pregnant=True)])
def test_without_a_printed_range_only_adults_who_are_not_pregnant_have_a_flag(person):
    assert a_result("Hémoglobine   10,9   g/dL", person).flag is None
    assert a_result("Hémoglobine   10,9   g/dL   12,0 - 16,0", person).flag == "L"


def test_the_table_judges_by_sex():
    assert a_result("Hémoglobine   13,0   g/dL", WOMAN).flag == "N"
    assert a_result("Hémoglobine   13,0   g/dL", MAN).flag == "L"
    assert a_result("Hémoglobine   13,0   g/dL", Person(age_days=WOMAN.age_days)).flag is None


def test_qualitative_results_keep_their_words():
    report = a_report(
        "Ag HBs   Négatif\nSérologie VIH 1/2    Non réactif\nGoutte épaisse    Positive (++)   Négatif\n"
        "HIV 1/2 Ag/Ab   0.12   Non Reactive\nHIV 1/2   1.25   Non reactive < 0.9"
    )
    hbs, hiv, smear, indexed, referenced = report.results
    assert (hbs.text, hbs.flag, hiv.flag) == ("Négatif", "N", "N")
    assert (smear.text, smear.flag, smear.critical) == ("Positive (++)", "H", True)
    assert (indexed.text, indexed.flag) == ("Non Reactive", "N")
    assert (referenced.text, referenced.flag) == ("1.25", None)


def test_urine_and_spinal_fluid_never_meet_serum_rules():
    report = a_report(
        "EXAMEN DES URINES\nGlucose   Négatif\nCréatinine   8,5 mmol/L\nBIOCHIMIE\nCréatinine   12 mg/L   7-13\n"
        "LIQUIDE CÉPHALO-RACHIDIEN\nGlucose   0,20 g/L\nBIOCHIMIE\nGlucose   0,90 g/L\n"
        "BIOCHIMIE SANGUINE\nGlucose   0,90 g/L"
    )
    assert [(result.specimen, result.analyte, result.critical) for result in report.results] == [
        ("urine", "urine_glucose", False),
        ("urine", "urine_creatinine", False),
        ("blood", "creatinine", False),
        ("csf", "csf_glucose", False),
        ("other", None, False),
        ("blood", "glucose_random", False),
    ]
    assert report.results[4].check == "specimen_unclear"


def test_the_specimen_in_a_name_counts_everywhere():
    assert a_result("Créatinine urinaire   8,5 mmol/L").analyte == "urine_creatinine"
    assert a_result("Glucose   Urine   5,4 mmol/L").specimen == "urine"
    assert a_result("Glucose, CSF   0,4 g/L").specimen == "csf"


def test_a_name_may_be_wrapped():
    above = a_result("Concentration corpusculaire moyenne\nen hémoglobine              33,1   g/dL   32 - 36")
    assert (above.analyte, above.value) == ("mchc", Decimal("33.1"))
    below = a_result("Hémoglobine        6,5   %   4,0 - 6,0\nglyquée")
    assert (below.analyte, below.printed_name) == ("hba1c", "Hémoglobine glyquée")


def test_indented_rows_continue_the_name_above_them():
    report = a_report("Bilirubine\n  totale              25 mg/l\n  directe             12 mg/l\nAlbumine   40 g/L")
    assert [result.analyte for result in report.results] == ["bilirubin_total", "bilirubin_direct", "albumin"]


def test_words_that_nothing_explains_belong_to_the_name():
    result = a_result("Cholestérol   VLDL   0,52 g/L")
    assert (result.analyte, result.printed_name) == (None, "Cholestérol VLDL")


def test_an_unknown_test_is_kept_word_for_word():
    result = a_result("Bidulase          12,5 U/L   3 - 10   H")
    assert (result.analyte, result.printed_name, result.value, result.flag) == (None, "Bidulase", Decimal("12.5"), "H")


def test_a_row_with_a_headings_words_is_a_row():
    report = a_report("Sérologie VIH : Négatif\nRecherche d'hématozoaires : Absence")
    assert [result.analyte for result in report.results] == ["hiv_agab", "malaria_smear"]


def test_an_unknown_unit_is_not_taken_for_a_missing_one():
    result = a_result("Plaquettes   2,45   gouttes/seau   1,5 - 4,5")
    assert (result.flag, result.check, result.critical) == (None, "unit_unknown", False)


def test_the_printed_critical_mark_counts():
    assert a_result("Bidulase          12,5 U/L   3 - 10   HH").critical


def test_the_report_says_whom_when_and_how():
    report = a_report(
        "Patient : MBARGA Jeanne   Né(e) le : 12/03/1985   Sexe : F\nPrélevé le 14/03/2024 à 08:15\n"
        "Rapport corrigé\nHémoglobine   13,5   g/dL   12,0 - 16,0"
    )
    assert (report.header.patient_name, report.header.sex) == ("MBARGA Jeanne", Sex.FEMALE)
    assert report.header.birth_date == date(1985, 3, 12)
    assert report.header.evidence["birth_date"].line == 1
    assert report.sample_time == datetime(2024, 3, 14, 8, 15, tzinfo=UTC)
    assert report.results[0].sample_time == report.sample_time
    assert (report.language, report.amended) == ("fr", True)


def test_a_sample_date_in_the_future_is_none():
    assert a_report("Prélevé le 14/03/2030\nHémoglobine   13,5   g/dL").sample_time is None


NAMES = ("Hémoglobine", "Créatinine", "Sodium", "Bidulase", "Vitamine B12", "GB", "Facteur truc")
UNITS = ("g/dL", "mg/L", "mmol/L", "G/L", "/mm3", "10^9/L", "%", "109/L", "UI/L", "")
RANGES = ("", "12,0 - 16,0", "[3 à 5]", "< 5", "N: Inf. 2,00", "(4 000 - 10 000)", "0.350 - 4.940", "H: 13-17 F: 12-16")
FLAGS = ("", "H", "L", "*", "↑", "HH", "Élevé")
GAPS = (" ", "   ", " : ", " ..... ", "\u00a0")


@st.composite
def rows(draw):
    """A row in one of many forms, and the one number that is its value, as printed."""
    whole = draw(st.integers(0, 999999))
    value = draw(
        st.sampled_from(
            [f"{whole}", f"{whole % 1000},{whole % 97}", f"{whole % 1000}.{whole % 89}", f"{whole:,}".replace(",", " ")]
        )
    )
    gap = draw(st.sampled_from(GAPS[1:4]))
    parts = [value, draw(st.sampled_from(UNITS)), draw(st.sampled_from(RANGES)), draw(st.sampled_from(FLAGS))]
    order = draw(st.sampled_from([(0, 1, 2, 3), (0, 3, 1, 2), (0, 1, 3, 2), (2, 0, 1, 3)]))
    line = draw(st.sampled_from(NAMES)) + gap + "   ".join(parts[index] for index in order if parts[index])
    return line, value


@settings(max_examples=300)
@given(rows())
def test_the_value_is_the_printed_one_or_none(row):
    line, value = row
    report = a_report(line)
    assert all(result.text == value for result in report.results)
    assert len(report.results) + len(report.unread) <= 1


def _numbers_on(line: str) -> str:
    return "".join(character for character in line if character.isdigit())


@settings(max_examples=400)
@given(rows(), st.integers(0, 60), st.sampled_from(["", " ", "O", ".", ",", "x", "  ", "1", "-", "/", "<"]))
def test_no_damage_to_a_line_makes_a_number_that_is_not_on_it(row, place, damage):
    line, _ = row
    place = min(place, len(line))
    damaged = line[:place] + damage + line[place + 1 :]
    for result in a_report(damaged).results:
        assert result.text in " ".join(damaged.split())
        if result.value is not None:
            digits = format(abs(result.value), "f").replace(".", "").strip("0")
            assert digits in _numbers_on(result.text)


@settings(max_examples=150)
@given(st.text(max_size=80))
def test_any_line_is_read_without_an_error(text):
    a_report(text)


def test_five_pages_are_read_in_thirty_milliseconds():
    chance = random.Random(7)
    names = (
        "Hémoglobine",
        "Leucocytes",
        "Plaquettes",
        "Créatinine",
        "Sodium",
        "Potassium",
        "ASAT (TGO)",
        "CRP",
        "TSH",
        "Ferritine",
        "Urée",
        "Calcium",
    )
    texts = [
        HEADER + "\n".join(f"{name:<30}{chance.randint(1, 99)},5   g/L   10,0 - 90,0   H" for name in names)
        for _ in range(5)
    ]
    a_report(*texts)
    best = min(_seconds(texts) for _ in range(5))
    # The goal is 30 ms on the reference machine; shared machines get some air.
    assert best < 0.09


def _seconds(texts: list[str]) -> float:
    start = time.process_time()
    a_report(*texts)
    return time.process_time() - start


@pytest.mark.parametrize("grade", ["3+", "+++"])
def test_the_grade_of_a_strip_is_an_answer_and_no_number(grade):
    found = a_result(f"Cétonurie    {grade}    Négatif")
    assert (found.analyte, found.value, found.text, found.flag) == ("urine_ketones", None, grade, "H")
