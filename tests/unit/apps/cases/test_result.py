"""The frozen result schema, read as typed values."""

import pytest

from carebase.apps.cases import result

PLACE = {"file": "f-1", "page": 2, "line": 7, "box": [1, 2, 3, 4], "quote": "Potassium 6,8", "sha256": "0"}


def test_a_statement_keeps_every_place_it_points_at() -> None:
    read = result.read(
        {"critical_alerts": [{"id": "s1", "text": "K 6,8", "severity": "emergency", "evidence": [PLACE, PLACE]}]}
    )
    (alert,) = read.alerts
    assert alert.severity == "emergency"
    assert alert.places[0] == result.Place(file="f-1", page=2, line=7, box=(1.0, 2.0, 3.0, 4.0), quote="Potassium 6,8")
    assert len(alert.places) == 2


def test_plain_text_and_statements_are_both_taken() -> None:
    read = result.read({"soap": {"subjective": "Fatigue.\nToux.", "plan": [{"id": "p1", "text": "Avis."}]}})
    assert [said.text for said in read.soap["subjective"]] == ["Fatigue.", "Toux."]
    assert [said.id for said in read.soap["plan"]] == ["p1"]
    assert read.soap["objective"] == ()


def test_a_row_of_the_table_can_be_pointed_at_by_its_place_in_the_table() -> None:
    row = {"printed_name": "Potassium", "text": "6,8", "unit": "mmol/L", "flag": "H", "critical": True, **PLACE}
    read = result.read({"labs": [row | {"printed_name": "Sodium", "critical": False}, row]})
    found = result.find(read, "lab-2")
    assert found is not None
    assert found.text == "Potassium"
    assert found.places[0].quote == "Potassium 6,8"


def test_an_unknown_flag_is_no_flag() -> None:
    read = result.read({"labs": [{"printed_name": "X", "text": "1", "flag": "normal", **PLACE}]})
    assert read.labs[0].flag is None


def test_an_empty_analysis_says_nothing() -> None:
    read = result.read({})
    assert list(read.statements()) == []
    assert read.primary is None


def test_every_statement_can_be_found() -> None:
    def said(number: str) -> dict[str, object]:
        return {"id": number, "text": number, "evidence": [PLACE]}

    candidate = {"name": "A", "evidence_for": [said("f")], "evidence_against": [said("a")], "missing": [said("m")]}
    read = result.read(
        {
            "critical_alerts": [said("c")],
            "case_summary": {"key_findings": [said("k")]},
            "soap": {"plan": [said("p")]},
            "diagnosis": {"primary": candidate, "alternatives": [candidate | {"evidence_for": [said("g")]}]},
        }
    )
    assert {one.id for one in read.statements()} == {"c", "k", "p", "f", "a", "m", "g"}
    assert result.find(read, "zz") is None


def test_what_is_neither_text_nor_statement_is_refused() -> None:
    with pytest.raises(TypeError):
        result.read({"critical_alerts": 3})
