"""`carebase analyse` on files, without server or database."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from carebase.cli import main

REPORT = """LABORATOIRE DU CENTRE
Patient : NGONO Marie
Analyse;Resultat;Unite;Reference
Hemoglobine;6,8;g/dL;12,0 - 16,0
Ferritine;6;ng/mL;15 - 150
"""


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "bilan.csv"
    path.write_text(REPORT, "utf-8")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main.main, ["analyse", *arguments])


def test_json_is_the_result_schema(report):
    found = run(report, "--age", "43", "--sex", "female", "--language", "en", "--json")
    assert found.exit_code == 0, found.output
    result = json.loads(found.stdout)
    assert result["language"] == "en"
    assert result["diagnosis"]["primary"]["icd10"] == "D50.9"


def test_text_puts_alerts_first_and_shows_page_and_line(report):
    found = run(report, "--age", "43", "--sex", "female")
    assert found.stdout.startswith("ALERTES CRITIQUES")
    assert "bilan.csv 1:4" in found.stdout


def test_a_prefix_names_the_category(report):
    found = run(f"radiology:{report}", "--json")
    assert "lab_in_radiology" in [one["code"] for one in json.loads(found.stdout)["warnings"]]


def test_nothing_readable_is_65(tmp_path):
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    found = run(str(empty))
    assert found.exit_code == 65
    assert "Ce document est vide" in found.stdout


@pytest.mark.parametrize("arguments", [[], ["absent.pdf"], ["x", "--age", "-1"], ["x", "--age", "abc"]])
def test_wrong_usage_is_2(arguments):
    assert run(*arguments).exit_code == 2


def test_a_terminal_is_not_steered_by_a_printed_name(tmp_path):
    path = tmp_path / "bilan.csv"
    path.write_text(REPORT.replace("Ferritine", "Fer\x1b[31mritine"), "utf-8")
    assert "\x1b" not in run(str(path), "--age", "43", "--sex", "female").stdout
