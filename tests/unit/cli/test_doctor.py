"""The words of `carebase doctor`, and what the whole amounts to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from carebase.cli import doctor, main
from carebase.cli.checks import finding
from carebase.cli.checks.finding import State
from carebase.web import messages

SOURCES = [Path(doctor.__file__), *Path(finding.__file__).parent.glob("*.py")]
TEXT = "\n".join(path.read_text("utf-8") for path in SOURCES)
COMPOSED = ("state-", "doctor-", "check-", "certificate-own-", "certificate-given-", "certificate-authority-over")
WELL, NOTE = finding.well("disk", "disk-well"), finding.note("demo", "demo-accounts")
MEND, UNKNOWN = finding.mend("disk", "disk-full"), finding.unknown("database", "database-not-running")


def test_each_sentence_stands_in_both_languages_and_is_said_somewhere() -> None:
    ids = messages.ids(doctor.LOCALES, "fr")

    assert ids == messages.ids(doctor.LOCALES, "en")
    said = {one.removesuffix("-next") for one in ids if not one.startswith(COMPOSED)}
    assert sorted(one for one in said if f'"{one}"' not in TEXT) == []
    assert {f"state-{state}" for state in State} <= ids


def test_whatever_is_found_has_a_sentence_and_a_name() -> None:
    ids = messages.ids(doctor.LOCALES, "en")

    calls = re.findall(r'finding\.(?:well|note|mend|unknown)\(\s*"([a-z-]+)",\s*"([a-z-]+)"', TEXT)
    assert len(calls) > 50
    assert {said for _, said in calls} <= ids
    assert {f"check-{check}" for check, _ in calls} <= ids


@pytest.mark.parametrize(
    ("found", "whole"),
    [([WELL, NOTE], State.WELL), ([WELL, UNKNOWN], State.UNKNOWN), ([UNKNOWN, MEND, NOTE], State.MEND)],
)
def test_the_whole_is_as_its_worst_part_and_a_note_leaves_it_well(found, whole) -> None:
    assert doctor.worst(found) is whole


def run(*words: str, data: Path, **chosen: str):
    nothing = dict.fromkeys(("DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"), "")
    environment = {**nothing, "CAREBASE_DATA": str(data), **chosen}
    return CliRunner().invoke(main.main, ["doctor", *words], env=environment)


def test_where_nothing_was_started_nothing_is_made_and_that_is_said(tmp_path) -> None:
    done = run("--language", "en", data=tmp_path / "none", PORT="1")

    assert done.exit_code == 2, done.output
    assert not (tmp_path / "none").exists()
    assert "is not there yet" in done.stdout
    assert "Start the platform: carebase serve." in done.stdout
    assert "tesseract is not used" in done.stdout


@pytest.mark.parametrize(
    ("language", "said"), [("fr_CM.UTF-8", "CORRIGER"), ("en_GB.UTF-8", "MEND"), ("C", "CORRIGER")]
)
def test_a_wrong_setting_is_said_in_the_language_of_the_terminal(tmp_path, language, said) -> None:
    done = run(data=tmp_path, PORT="no-port", LANG=language)

    assert done.exit_code == 1
    assert said in done.stdout
    assert "PORT is not a whole number." in done.stdout


def test_programs_get_the_same_as_json(tmp_path) -> None:
    done = run("--json", "--language", "en", data=tmp_path, JWT_SECRET="short")

    found = json.loads(done.stdout)
    assert (done.exit_code, found["state"]) == (1, "mend")
    (settings,) = [one for one in found["findings"] if one["check"] == "settings"]
    assert settings["code"] == "settings-wrong"
    assert settings["next"].startswith("Make a good one: ")
    assert 'short"' not in done.stdout
