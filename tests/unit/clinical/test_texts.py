"""Both languages say the same: same codes, same variables, same digits."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import resources

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import patterns, texts
from carebase.clinical.statements import Statement

FOLDER = resources.files("carebase.clinical").joinpath("tables/texts")


class _Variables(Visitor):
    def __init__(self):
        self.names = set()

    def visit_VariableReference(self, node):  # noqa: N802  the library's name
        # Which form a counted noun takes is each language's own affair.
        self.names.add(node.id.name.removesuffix("_form"))


def messages(name):
    resource = FluentParser().parse(FOLDER.joinpath(name).read_text("utf-8"))
    assert not [entry.content for entry in resource.body if isinstance(entry, ast.Junk)]
    found = {}
    for entry in resource.body:
        if isinstance(entry, ast.Message):
            visitor = _Variables()
            visitor.visit(entry)
            assert entry.id.name not in found, f"{entry.id.name} twice"
            found[entry.id.name] = visitor.names
    return found


@pytest.mark.parametrize("form", ["{}.ftl", "concepts.{}.ftl"])
def test_every_code_exists_in_both_languages_with_the_same_variables(form):
    assert messages(form.format("fr")) == messages(form.format("en"))


def test_every_pattern_step_and_caveat_has_a_sentence():
    for pattern in patterns.table().values():
        assert texts.has(f"pattern-{pattern.id}")
        for step in pattern.next_steps:
            assert texts.has(f"next-{step.replace('_', '-')}"), step
        for caveat in pattern.caveats:
            assert texts.has(f"caveat-{caveat}"), caveat


@pytest.mark.parametrize("table", ["symptoms.json", "conditions.json"])
def test_every_concept_a_clinician_may_write_has_a_name(table):
    packed = resources.files("carebase.clinical").joinpath(f"tables/{table}").read_text("utf-8")
    assert [row["id"] for row in json.loads(packed)["concepts"] if not texts.has(f"concept-{row['id']}")] == []


def test_every_finding_a_report_may_state_has_a_name():
    packed = resources.files("carebase.clinical").joinpath("tables/radiology_findings.json").read_text("utf-8")
    assert [row["id"] for row in json.loads(packed)["findings"] if not texts.has(f"concept-{row['id']}")] == []


def test_every_concept_a_pattern_asks_for_is_one_the_readers_know():
    said, imaged = _asked()
    assert {concept for concept in said if not _in("concepts", concept, "symptoms.json", "conditions.json")} == set()
    assert {concept for concept in imaged if not _in("findings", concept, "radiology_findings.json")} == set()


def _asked():
    said, imaged = set(), set()

    def walk(value):
        if isinstance(value, dict):
            said.update(value.get("said", ()), value.get("unreliable_with", ()))
            imaged.update(value.get("imaging", ()))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads(FOLDER.joinpath("../patterns.json").read_text("utf-8")))
    return said, imaged


def _in(key, concept, *tables):
    loaded = (json.loads(FOLDER.joinpath(f"../{table}").read_text("utf-8")) for table in tables)
    return any(row["id"] == concept for table in loaded for row in table[key])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-9999, max_value=99999))
def test_a_language_changes_the_decimal_sign_and_no_digit(value):
    french, english = texts.number(value, "fr"), texts.number(value, "en")
    assert french.replace(",", ".") == english
    assert Decimal(english) == value


def test_printed_zeros_are_kept():
    params = {"measure": "lab:tsh", "comparator": "", "value": Decimal("5.10"), "unit": "mIU/L", "date": ""}
    statement = Statement(code="alert-critical", params=params)
    assert "5,10 mIU/L" in texts.word(statement, "fr")
    assert "5.10 mIU/L" in texts.word(statement, "en")


def test_an_unknown_test_keeps_its_printed_name():
    statement = Statement(code="missing-test", params={"measure": "printed:Zorglub libre"})
    assert texts.word(statement, "fr").startswith("Zorglub libre")


def test_no_sentence_names_a_dose():
    dose = re.compile(r"\d+\s*(mg|µg|mcg|ml|UI|IU|comprim|tablet)\b(?!/)", re.IGNORECASE)
    for language in texts.LANGUAGES:
        assert dose.search(FOLDER.joinpath(f"{language}.ftl").read_text("utf-8")) is None


def test_a_missing_parameter_is_an_error_never_a_gap():
    with pytest.raises(ValueError, match="lab-low"):
        texts.sentence("lab-low", {"measure": "lab:tsh"}, language="fr")


def test_dates_and_units_are_written_as_people_of_the_language_write_them():
    params = {
        "measure": "lab:platelets",
        "comparator": "",
        "value": Decimal(12),
        "unit": "10*9/L",
        "date": "2026-11-07",
    }
    assert texts.sentence("alert-critical", params, language="fr") == (
        "Résultat critique : Plaquettes 12 10⁹/L (prélèvement du 07/11/2026). À confirmer et à traiter sans délai."
    )
    assert "12 10⁹/L (sample of 7 Nov 2026)" in texts.sentence("alert-critical", params, language="en")


@pytest.mark.parametrize(
    ("ucum", "french", "english"),
    [
        ("10*12/L", "10¹²/L", "10¹²/L"),
        ("10*6/mm3", "10⁶/mm³", "10⁶/mm³"),
        ("[IU]/L", "UI/L", "IU/L"),
        ("{cells}/mm3", "cellules/mm³", "cells/mm³"),
        ("mL/min/{1.73_m2}", "mL/min/1,73 m²", "mL/min/1.73 m²"),
        ("ug/L", "µg/L", "µg/L"),
        ("ng/mL{FEU}", "ng/mL FEU", "ng/mL FEU"),
        ("/uL", "/µL", "/µL"),
        ("[CFU]/mL", "UFC/mL", "CFU/mL"),
        ("g/dL", "g/dL", "g/dL"),
        ("U/L", "U/L", "U/L"),
        ("{INR}", "", ""),
    ],
)
def test_a_unit_is_shown_without_its_code(ucum, french, english):
    assert (texts.unit(ucum, "fr"), texts.unit(ucum, "en")) == (french, english)


def test_a_counted_noun_agrees_with_its_number():
    assert texts.sentence("summary-alerts", {"count": 1}, language="fr") == "1 alerte critique à traiter en premier."
    assert texts.sentence("summary-alerts", {"count": 2}, language="fr") == "2 alertes critiques à traiter en premier."
    assert texts.sentence("summary-alerts", {"count": 1}, language="en") == "1 critical alert to act on first."


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_sentence_leaves_its_number_open(language):
    text = FOLDER.joinpath(f"{language}.ftl").read_text("utf-8")
    assert "(s)" not in text
