"""The measures themselves: what counts as named, traced, equal in both languages, and absent."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from tests.evaluate import coding, files, gold, sets, table, tracing

from carebase.clinical import patterns
from carebase.clinical.person import Sex
from carebase.records import analysis


def analysed(summary: str, lab: str) -> analysis.Analysis:
    given = files.read("lab.txt", lab.encode(), category="lab")
    person = sets.person_of("39-year-old woman")
    case = analysis.CaseInput(person=person, summary=summary, notes=None, opened_on=sets.TODAY)
    return analysis.analyse(case, (given,), today=sets.TODAY)


CASE = analysed("Fever of 101.3°F for three days.", f"{sets.COLLECTED}\n\nHemoglobin 9.1 g/dL\nSodium 122 mEq/L\n")


def test_every_named_pattern_is_one_of_the_table():
    assert set(gold.PATTERN_NAMES) <= set(patterns.table())


@pytest.mark.parametrize(
    ("diagnosis", "name"),
    [("Heart Failure", "heart_failure"), ("Pre-eclampsia", "preeclampsia"), ("DKA", "diabetic_ketoacidosis")],
)
def test_a_synonym_names_its_pattern(diagnosis, name):
    assert name in gold.accepted(diagnosis)


def test_a_diagnosis_that_only_holds_the_word_is_not_named():
    assert gold.accepted("Sickle Cell Anemia") == gold.accepted("Aspiration Pneumonia") == frozenset()


def test_age_and_sex_are_read_as_stated():
    assert sets.person_of("48-year-old woman, mother of a 3-year-old boy").age_years == 48
    assert sets.person_of("48-year-old woman, mother of a 3-year-old boy").sex is Sex.FEMALE
    assert sets.person_of("college student").sex is None


def test_every_number_of_an_analysis_is_traced():
    trace = tracing.Trace()
    tracing.follow(CASE, trace, label="case")
    assert trace.violations == [] == trace.differing
    assert trace.quoted > 4
    assert trace.converted > 0


def test_a_number_that_stands_nowhere_is_a_violation():
    other = analysed("Fever.", "Hemoglobin 9.1 g/dL\nSodium 122 mEq/L\n")
    (statement,) = (one for one in other.key_findings if one.params["value"] == Decimal(122))
    object.__setattr__(statement, "params", {**statement.params, "value": Decimal(121)})
    trace = tracing.Trace()
    tracing.follow(other, trace, label="case")
    assert trace.violations


def test_renderings_differ_where_a_number_or_a_code_does():
    first = {"text": "Sodium 122,5", "icd10": "E87.1", "language": "fr"}
    assert list(tracing.differences(first, {"text": "Sodium 122.5", "icd10": "E87.1", "language": "en"})) == []
    assert list(tracing.differences(first, {"text": "Sodium 12.25", "icd10": "E87.1", "language": "en"}))
    assert list(tracing.differences(first, {"text": "Sodium 122.5", "icd10": "E87.0", "language": "en"}))


def test_codes_count_over_all_notes_together():
    right, said, wanted = coding.micro(
        [(frozenset({"I10", "J90"}), frozenset({"I10"})), (frozenset(), frozenset({"B20"}))]
    )
    assert (right, said, wanted) == (1, 2, 2)


def test_nothing_to_count_has_no_share():
    assert table.Row("NAME", "what", 0, 0).closing == "NAME nan"


def test_absent_sets_are_named_and_fail_only_where_ci_is_true(tmp_path: Path):
    program = [
        sys.executable, "-c",
        "import sys; from tests.evaluate import __main__ as m, labs, table\n"
        "labs.measure = lambda: table.Part('none')\n"
        "sys.exit(m.main([sys.argv[1]]))",
        str(tmp_path),
    ]  # fmt: skip
    root = str(Path(__file__).parents[2])
    for value, code in (("", 0), ("true", 1)):
        done = subprocess.run(
            program, env={"PYTHONPATH": f"{root}/src:{root}", "CI": value}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert "ABSENT_SETS 7" in done.stdout
