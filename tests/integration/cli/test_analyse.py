"""`carebase analyse`: the same analysis for files on this machine, without server or database."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.integration import bad_files
from tests.integration.cli.conftest import carebase
from tests.integration.records.conftest import SAMPLES

SCHEMA = json.loads(Path(__file__).parents[3].joinpath("docs/reference/result.schema.json").read_text("utf-8"))
LABS = SAMPLES / "en" / "laboratory-report.pdf"
CHEST = SAMPLES / "en" / "chest-radiograph-report.pdf"
IMAGE = SAMPLES / "en" / "chest-radiograph.png"
KWAME = ("--birth-date", "1968-06-02", "--sex", "male", "--name", "Kwame OSEI")


def test_json_is_the_published_schema_with_every_file_in_it(tmp_path):
    done = carebase("analyse", LABS, CHEST, IMAGE, *KWAME, "--language", "en", "--json", CAREBASE_DATA=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    result = json.loads(done.stdout)
    jsonschema_rs.validator_for(SCHEMA).validate(result)
    assert {row["file"] for row in result["labs"]} == {str(LABS)}
    assert any(found["code"].startswith("imaging-") for found in result["case_summary"]["key_findings"])
    assert not [one for one in result["warnings"] if one["code"].startswith("patient_mismatch")]
    # It kept nothing.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_text_names_file_page_and_line(language):
    done = carebase("analyse", LABS, *KWAME, "--language", language)

    assert done.returncode == 0, done.stderr
    assert LABS.name in done.stdout
    assert ("LABORATORY RESULTS" if language == "en" else "RÉSULTATS DE LABORATOIRE") in done.stdout
    assert "{" not in done.stdout
    assert "None" not in done.stdout


def test_one_unreadable_file_among_others_is_a_warning(tmp_path):
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(bad_files.report(("Sodium", "128", "mmol/L", "136 - 145"), password="secret"))

    done = carebase("analyse", LABS, locked, *KWAME, "--language", "en", "--json")

    assert done.returncode == 0, done.stderr
    assert ("file_encrypted", str(locked)) in {
        (one["code"], one["file"]) for one in json.loads(done.stdout)["warnings"]
    }


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00\x03", b"%PDF-1.7\n"])
def test_when_nothing_can_be_read_the_exit_code_says_so(tmp_path, content):
    file = tmp_path / "labs.pdf"
    file.write_bytes(content)

    done = carebase("analyse", file, "--language", "en")

    assert done.returncode == 65
    assert done.stderr == "None of the files could be read.\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("no-such-file.pdf",),
        (LABS, "--age", "-1"),
        (LABS, "--age", "abc"),
        (LABS, "--sex", "x"),
        (LABS, "--birth-date", "2999-01-01"),
    ],
)
def test_wrong_usage_is_explained_in_a_few_lines(words):
    done = carebase("analyse", *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert 0 < len(done.stderr.splitlines()) <= 6
    assert "Traceback" not in done.stderr
