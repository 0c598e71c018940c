"""The patterns against truth written by hand, and the laws no row of the table may break."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from carebase.clinical import analytes, criteria, diagnosis, facts, notes, patterns
from carebase.clinical.evidence import Evidence
from carebase.clinical.facts import Facts, Measure, Said
from carebase.clinical.outcomes import State
from carebase.clinical.person import Person, Sex
from carebase.clinical.results import LabResult, PreviousResult, PrintedRange
from carebase.clinical.statements import Severity

TODAY = datetime(2026, 10, 12, 8, tzinfo=UTC)
WOMAN = Person(sex=Sex.FEMALE, age_days=40 * 366)
MAN = Person(sex=Sex.MALE, age_days=40 * 366)
PLACE = Evidence(file="case", page=1, line=1, box=None, quote="words", sha256="0" * 64)


def row(analyte, value, *, comparator=None, at=TODAY, high=None, flag=None, check=None, previous=(), text=None):
    number = None if value is None else Decimal(value)
    table = None if analyte is None else analytes.by_id(analyte)
    return LabResult(
        printed_name=analyte or "Widal",
        analyte=analyte,
        loinc=None,
        value=number,
        comparator=comparator,
        text=text or str(value),
        unit=None if table is None else table.unit,
        range=None if high is None else PrintedRange(low=None, high=Decimal(high), text=f"< {high}"),
        flag_printed=None,
        flag=flag,
        critical=False,
        specimen="blood" if table is None else table.specimen,
        sample_time=at,
        previous=tuple(PreviousResult(value=Decimal(v), text=v, sample_time=t) for v, t in previous),
        file="f",
        page=1,
        line=1,
        box=(0, 0, 1, 1),
        quote=f"{analyte} {text or value}",
        sha256="0" * 64,
        check=check,
        canonical=number,
    )


def known(*rows, person=WOMAN, said=(), denied=(), imaging=(), measures=()) -> Facts:
    spoken = [Said(concept=c, present=True, evidence=(PLACE,)) for c in said]
    spoken += [Said(concept=c, present=False, evidence=(PLACE,)) for c in denied]
    pictured = [Said(concept=c, present=True, evidence=(PLACE,)) for c in imaging]
    return facts.gather(person, results=rows, said=spoken, imaging=pictured, measures=measures)


def computed(code, value):
    return Measure(name=f"derived:{code}", value=Decimal(value), unit="", taken_at=TODAY, evidence=(PLACE,))


def vital(kind, value):
    return Measure(name=f"vital:{kind}", value=Decimal(value), unit="", evidence=(PLACE,))


def held(facts_: Facts) -> set[str]:
    return {one.pattern.id for one in patterns.judge_all(facts_) if one.state is State.MET}


TRUTH = [
    ([row("hemoglobin", "11.9")], WOMAN, {"anemia"}),
    ([row("hemoglobin", "12.0")], WOMAN, set()),
    ([row("hemoglobin", "12.5")], MAN, {"anemia"}),
    ([row("hemoglobin", "9"), row("ferritin", "6")], WOMAN, {"anemia", "iron_deficiency_anemia"}),
    ([row("hemoglobin", "9"), row("ferritin", "40")], WOMAN, {"anemia"}),
    ([row("hemoglobin", "9"), row("ferritin", "40"), row("crp", "30")], WOMAN, {"anemia", "iron_deficiency_anemia"}),
    ([row("hemoglobin", "9"), row("mcv", "110"), row("vitamin_b12", "90")], WOMAN, {"anemia", "b12_deficiency_anemia"}),
    ([row("mcv", "70"), row("ferritin", "60"), row("crp", "2")], WOMAN, {"microcytosis_iron_replete"}),
    ([row("neutrophils_abs", "0.4")], WOMAN, {"neutropenia_severe"}),
    ([row("platelets", "149")], WOMAN, {"thrombocytopenia"}),
    ([row("wbc", "14"), row("neutrophils_abs", "11")], WOMAN, {"leukocytosis_neutrophilia"}),
    ([row("hba1c", "7.2"), row("glucose_fasting", "140")], WOMAN, {"diabetes", "diabetic_range_once"}),
    ([row("hba1c", "7.2")], WOMAN, {"diabetic_range_once"}),
    ([row("hba1c", "6.0")], WOMAN, {"prediabetes"}),
    ([row("glucose_random", "45")], WOMAN, {"hypoglycemia"}),
    ([row("potassium", "5.5")], WOMAN, {"hyperkalemia"}),
    ([row("potassium", "5.4")], WOMAN, set()),
    ([row("potassium", "3.4")], WOMAN, {"hypokalemia"}),
    ([row("sodium", "134")], WOMAN, {"hyponatremia"}),
    ([row("sodium", "146")], WOMAN, {"hypernatremia"}),
    ([row("tsh", "12"), row("free_t4", "0.5")], WOMAN, {"hypothyroidism"}),
    ([row("tsh", "6"), row("free_t4", "1.2")], WOMAN, {"hypothyroidism_subclinical"}),
    ([row("tsh", "0.02"), row("free_t4", "3.1")], WOMAN, {"thyrotoxicosis"}),
    ([row("ldl", "170"), row("triglycerides", "120")], WOMAN, {"hypercholesterolemia"}),
    ([row("ldl", "170"), row("triglycerides", "210")], WOMAN, {"mixed_hyperlipidemia", "hypertriglyceridemia"}),
    ([row("malaria_rdt", None, text="Positif")], WOMAN, {"malaria"}),
    ([row("malaria_smear", None, text="Positif : Plasmodium falciparum")], WOMAN, {"malaria", "malaria_falciparum"}),
    ([row("malaria_rdt", None, text="Négatif")], WOMAN, set()),
    ([row("hbsag", None, text="Positive")], WOMAN, {"hepatitis_b"}),
    ([row("hcv_ab", None, text="Reactive")], WOMAN, {"hepatitis_c_antibody"}),
    ([row("ck", "9000")], MAN, {"rhabdomyolysis"}),
    ([row("vitamin_d", "12")], WOMAN, {"vitamin_d_deficiency"}),
    ([row("uric_acid", "7.5")], MAN, {"hyperuricemia"}),
]


@pytest.mark.parametrize(("rows", "person", "expected"), TRUTH)
def test_a_pattern_holds_exactly_where_the_source_says(rows, person, expected):
    assert held(known(*rows, person=person)) == expected


def test_two_of_three_make_acute_pancreatitis():
    lipase = row("lipase", "500", high="140")
    assert "acute_pancreatitis" in held(known(lipase, said=["epigastric_pain"]))
    assert "acute_pancreatitis" not in held(known(lipase))


def test_the_printed_upper_limit_goes_before_the_tables():
    assert "acute_pancreatitis" not in held(known(row("lipase", "500", high="300"), said=["epigastric_pain"]))


def test_one_low_egfr_is_never_chronic_kidney_disease():
    judged = held(known(measures=[computed("egfr", "38")]))
    assert "kidney_function_reduced" in judged
    assert "chronic_kidney_disease" not in judged


def test_two_low_egfr_ninety_days_apart_are_and_name_the_stage():
    before = datetime(2026, 5, 1, tzinfo=UTC)
    facts_ = known(row("egfr", "38", previous=[("41", before)]))
    found = next(one for one in patterns.judge_all(facts_) if one.pattern.id == "chronic_kidney_disease")
    assert (found.state, found.icd10) == (State.MET, "N18.32")


def test_two_low_egfr_two_weeks_apart_are_not():
    before = datetime(2026, 9, 28, tzinfo=UTC)
    assert "chronic_kidney_disease" not in held(known(row("egfr", "38", previous=[("41", before)])))


def test_a_creatinine_that_rises_within_two_days_is_acute_kidney_injury():
    before = datetime(2026, 10, 11, 8, tzinfo=UTC)
    assert "acute_kidney_injury" in held(known(row("creatinine", "1.6", previous=[("1.2", before)])))
    assert "acute_kidney_injury" not in held(known(row("creatinine", "4.5")))


def test_one_widal_is_never_typhoid():
    judged = held(known(row(None, None, text="Positif"), said=["fever"]))
    assert "widal_positive" in judged
    assert "typhoid" not in judged


def test_one_reactive_test_is_never_hiv():
    facts_ = known(row("hiv_agab", None, text="Réactif"))
    ranked = diagnosis.rank(patterns.judge_all(facts_))
    assert [one.icd10 for one in ranked.findings] == ["R75"]
    assert ranked.primary is None
    assert not any(pattern.icd10 in ("B20", "Z21") for pattern in patterns.table().values())


def test_a_d_dimer_never_diagnoses_embolism():
    facts_ = known(row("d_dimer", "4.0"), said=["dyspnoea", "chest_pain"])
    ranked = diagnosis.rank(patterns.judge_all(facts_))
    assert "I26.99" not in [one.icd10 for one in ranked.ranked]
    assert [one.pattern.id for one in ranked.findings] == ["d_dimer_raised"]


def test_imaging_does():
    facts_ = known(row("d_dimer", "4.0"), imaging=["pulmonary_embolism"])
    ranked = diagnosis.rank(patterns.judge_all(facts_))
    assert ranked.primary is not None
    assert ranked.primary.icd10 == "I26.99"
    assert ranked.findings == ()


def test_hba1c_decides_nothing_in_sickle_cell_disease():
    facts_ = known(row("hba1c", "9.0"), row("glucose_fasting", "99"), said=["sickle_cell_disease"])
    assert held(facts_) == set()
    judged = next(one for one in patterns.judge_all(facts_) if one.pattern.id == "diabetic_range_once")
    assert "unreliable" in [statement.code for statement in judged.against]


def test_iodine_deficiency_hypothyroidism_is_never_asserted():
    assert "E02" not in [pattern.icd10 for pattern in patterns.table().values()]


def test_a_child_is_not_judged_by_adult_limits():
    child = Person(sex=Sex.FEMALE, age_days=6 * 366)
    assert held(known(row("hemoglobin", "11.5"), row("platelets", "120"), person=child)) == set()


def test_an_unknown_age_is_not_an_adults():
    facts_ = known(row("hemoglobin", "9"), person=Person(sex=Sex.FEMALE))
    judged = next(one for one in patterns.judge_all(facts_) if one.pattern.id == "anemia")
    assert judged.state is State.UNKNOWN
    assert "missing-person-adult" in [statement.code for statement in judged.missing]


def test_pregnancy_has_its_own_haemoglobin_limits():
    weeks = Person(sex=Sex.FEMALE, age_days=30 * 366, pregnant=True, gestation_weeks=20)
    assert held(known(row("hemoglobin", "10.6"), person=weeks)) == set()
    assert held(known(row("hemoglobin", "10.4"), person=weeks)) == {"anemia"}


def test_urine_never_meets_a_blood_rule():
    urine = LabResult(**{**_fields(row("potassium", "80")), "specimen": "urine"})
    assert held(known(urine)) == set()


def _fields(result):
    return {name: getattr(result, name) for name in LabResult.__slots__}


def test_a_row_to_be_checked_sets_off_nothing():
    assert held(known(row("sodium", "21", check="implausible"))) == set()


def test_a_value_printed_as_below_decides_only_what_it_decides():
    assert held(known(row("ferritin", "5", comparator="<"), row("hemoglobin", "9"))) >= {"iron_deficiency_anemia"}
    assert "anemia" not in held(known(row("hemoglobin", "14", comparator="<")))


def test_results_much_older_than_the_newest_are_history():
    old = datetime(2026, 2, 1, tzinfo=UTC)
    assert held(known(row("potassium", "6.0", at=old), row("sodium", "140"))) == set()


def test_what_explains_a_pattern_is_at_least_as_urgent():
    judged = {one.pattern.id: one for one in patterns.judge_all(known(row("hemoglobin", "6.5"), row("ferritin", "4")))}
    assert judged["anemia"].urgency is Severity.EMERGENCY
    assert judged["iron_deficiency_anemia"].urgency is Severity.EMERGENCY


def test_sepsis_needs_a_sign_of_infection_and_two_of_three_signs():
    signs = [vital("respiratory_rate", "26"), vital("systolic_blood_pressure", "88")]
    assert "sepsis" in held(known(said=["fever"], measures=signs))
    assert "sepsis" not in held(known(measures=signs))
    assert "sepsis" not in held(known(said=["fever"], measures=signs[:1]))


def test_a_denied_symptom_speaks_against():
    facts_ = known(row("troponin_t_hs", "80"), denied=["chest_pain"])
    judged = next(one for one in patterns.judge_all(facts_) if one.pattern.id == "nstemi")
    assert judged.state is State.NOT_MET
    assert "said-absent" in [statement.code for statement in judged.against]


def test_every_pattern_says_its_source_and_asks_only_for_known_measures():
    known_ids = {analyte.id: analyte for analyte in analytes.ALL}
    for pattern in patterns.table().values():
        assert pattern.source.title
        assert pattern.source.edition
        for criterion in (*pattern.required, *pattern.supporting):
            for name in getattr(criterion, "of", ()):
                if isinstance(name, str) and name.startswith("lab:"):
                    assert name.removeprefix("lab:") in known_ids


def test_every_limit_is_in_the_analytes_own_unit():
    units = {analyte.id: analyte.unit for analyte in analytes.ALL}
    for pattern in patterns.table().values():
        for criterion in _leaves((*pattern.required, *pattern.supporting, *(when for _, when in pattern.escalates))):
            unit = getattr(criterion, "unit", None)
            for name in criterion.of if unit else ():
                if name.startswith("lab:"):
                    assert units[name.removeprefix("lab:")] == unit, (pattern.id, name)


def _leaves(parts):
    for part in parts:
        if isinstance(part, criteria.AtLeast):
            yield from _leaves(part.of)
        else:
            yield part


def test_there_are_at_least_twenty_patterns():
    assert len(patterns.table()) >= 20


ILL = [vital("systolic_blood_pressure", "85"), vital("heart_rate", "125")]
LACTATE = [row("lactate", "5.2"), row("procalcitonin", "12.4"), row("nt_probnp", "1500")]


def ranked(facts_: Facts) -> diagnosis.Diagnosis:
    return diagnosis.rank(patterns.judge_all(facts_))


def names(found: diagnosis.Diagnosis) -> list[str]:
    return [one.pattern.id for one in found.ranked]


@pytest.mark.parametrize("said", ["fever", "chills"])
def test_suspected_sepsis_goes_before_heart_failure(said):
    found = ranked(known(*LACTATE, said=[said, "dyspnoea"], measures=[*ILL, vital("respiratory_rate", "24")]))
    assert names(found)[:2] == ["sepsis", "heart_failure"]
    assert found.primary is not None
    assert (found.primary.icd10, found.primary.urgency) == ("A41.9", Severity.EMERGENCY)
    assert "qsofa" in found.primary.pattern.caveats


def test_without_a_respiratory_rate_sepsis_is_possible_and_the_rate_is_asked_for():
    found = ranked(known(*LACTATE, said=["fever", "chills", "dyspnoea"], measures=ILL))
    sepsis = next(one for one in found.ranked if one.pattern.id == "sepsis")
    assert sepsis.state is State.UNKNOWN
    assert found.primary is not sepsis
    assert {"measure": "vital:respiratory_rate"} in [one.params for one in sepsis.missing]
    asked = [one for one in notes.plan(found, alerts=()) if one.code == "plan-vital"]
    assert "vital:respiratory_rate" in [one.params["measure"] for one in asked]


@pytest.mark.parametrize(
    ("said", "denied", "measures"),
    [
        (["fever"], [], [vital("heart_rate", "110")]),
        (["dyspnoea"], [], ILL),
        (
            ["fever"],
            ["coma", "confusion"],
            [*ILL, vital("respiratory_rate", "16"), vital("glasgow_coma_score", "15")],
        ),
    ],
)
def test_fever_alone_shock_alone_or_a_refuted_score_suggest_no_sepsis(said, denied, measures):
    assert "sepsis" not in names(ranked(known(said=said, denied=denied, measures=measures)))


@pytest.mark.parametrize("place", ["pyelonephritis", "consolidation", "liver_abscess"])
def test_an_infection_on_imaging_is_a_suspected_infection(place):
    signs = [*ILL, vital("respiratory_rate", "24")]
    assert "sepsis" in held(known(imaging=[place], measures=signs))


def test_a_positive_culture_is_a_suspected_infection():
    signs = [*ILL, vital("respiratory_rate", "24")]
    culture = replace(row(None, None, text="Positive"), printed_name="Hémoculture")
    assert "sepsis" in held(known(culture, measures=signs))


ACIDOSIS = [row("glucose_random", "500"), row("bicarbonate", "9"), row("hemoglobin", "10")]


def test_ketoacidosis_goes_before_anaemia_with_the_code_of_the_stated_type():
    known_type = [Said(concept=c, present=True, evidence=(PLACE,)) for c in ("diabetes_type_1", "diabetes")]
    rows = [*ACIDOSIS, row("urine_ketones", None, text="+++")]
    for said, code in ((known_type, "E10.10"), (known_type[1:], "E11.10"), ([], "E11.10")):
        found = ranked(facts.gather(WOMAN, results=rows, said=said))
        assert names(found)[:2] == ["diabetic_ketoacidosis", "anemia"]
        assert found.primary is not None
        assert found.primary.icd10 == code
        told = [one.code for one in notes.assessment(found)]
        assert ("caveat-diabetes-type" in told) is (code == "E11.10")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("2+", State.MET),
        ("Positif (++)", State.MET),
        ("1+", State.NOT_MET),
        ("Traces", State.NOT_MET),
        ("Négatif", State.NOT_MET),
        ("Positif", State.UNKNOWN),
    ],
)
def test_ketoacidosis_asks_for_ketones_of_two_plus(text, state):
    judged = patterns.judge(
        patterns.table()["diabetic_ketoacidosis"], known(*ACIDOSIS, row("urine_ketones", None, text=text))
    )
    assert judged.state is state


def test_without_ketones_the_acidosis_comes_first_and_ketones_are_the_missing_test():
    found = ranked(known(*ACIDOSIS, said=["diabetes"], measures=[computed("anion_gap", "28")]))
    assert names(found)[:2] == ["high_anion_gap_acidosis", "diabetic_ketoacidosis"]
    for one in found.ranked[:2]:
        assert {"measure": "lab:urine_ketones"} in [missing.params for missing in one.missing]


@pytest.mark.parametrize("denied", [[], ["dyspnoea", "orthopnoea", "oedema"]])
def test_a_raised_nt_probnp_alone_is_no_heart_failure(denied):
    found = ranked(known(row("nt_probnp", "4000"), denied=denied))
    assert found.primary is None
    assert "heart_failure" not in held(known(row("nt_probnp", "4000"), denied=denied))


def test_malaria_seen_by_smear_and_by_rapid_test_is_one_diagnosis():
    rows = [row("malaria_rdt", None, text="Positif P. falciparum"), row("malaria_smear", None, text="Positif")]
    assert names(ranked(known(*rows, said=["fever"]))) == ["malaria_falciparum"]
    assert names(ranked(known(*rows, said=["fever", "coma"]))) == ["malaria_severe"]


def test_a_raised_crp_alone_suggests_no_iron_deficiency():
    assert "iron_deficiency_anemia" not in names(ranked(known(row("crp", "210"))))
    assert "iron_deficiency_anemia" in names(ranked(known(row("ferritin", "40"))))
