"""`carebase explain-access` beside a deployment that runs: what it prints, what it keeps to itself, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faults.served import free_port
from tests.integration.cli.conftest import carebase


@pytest.fixture(scope="module")
def a_case(served, sign_in):
    """A case of one clinician, and the addresses of that one and of another."""
    owner, other = sign_in("owner@carebase.example"), sign_in("other@carebase.example")
    patient = {
        "patient_name": "Ngono Marie",
        "patient_age": "43",
        "patient_gender": "female",
        "case_summary": "Fatigue",
    }
    made = owner.post("/api/cases", data=patient).raise_for_status().json()
    emails = [client.get("/auth/v1/user").raise_for_status().json()["email"] for client in (owner, other)]
    return made["case_id"], *emails


def test_who_may_read_is_told_by_which_policy(served, a_case):
    case_id, owner, _ = a_case
    done = carebase("explain-access", owner, "cases", case_id, CAREBASE_DATA=served.data)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{owner}, attending, aal1"
    assert lines[1].startswith("public.cases id=")
    assert any(line.startswith("select  yes  cases_") for line in lines)
    assert any(line.startswith("delete  no   Nobody signed in is granted delete") for line in lines)
    assert "Ngono" not in done.stdout
    assert "Fatigue" not in done.stdout


def test_who_may_not_read_ends_it_with_1_and_the_false_arm(served, a_case):
    case_id, _, other = a_case
    done = carebase("explain-access", other, "public.cases", f"case_id={case_id}", CAREBASE_DATA=served.data)

    assert done.returncode == 1
    assert "false doctor_id = ( SELECT auth.uid() AS uid)" in done.stdout
    assert done.stderr == ""


def test_json_holds_every_verdict(served, a_case):
    case_id, owner, _ = a_case
    done = carebase("explain-access", owner, "cases", case_id, "--aal", "aal2", "--json", CAREBASE_DATA=served.data)

    found = json.loads(done.stdout)
    assert found["account"]["aal"] == "aal2"
    assert set(found["verdicts"]) == {"select", "insert", "update", "delete"}
    assert found["verdicts"]["select"]["may"] is True
    assert found["verdicts"]["select"]["policies"][0]["condition"]["holds"] is True


@pytest.mark.parametrize(
    "words", [("nobody@carebase.example", "cases", "1"), (None, "no_such", "1"), (None, "cases", "0")]
)
def test_what_is_not_there_ends_it_with_65(served, a_case, words):
    account, *rest = words
    done = carebase("explain-access", account or a_case[1], *rest, CAREBASE_DATA=served.data)

    assert done.returncode == 65
    assert done.stderr.startswith("carebase: That access cannot be explained.")
    assert done.stdout == ""


def test_without_a_server_that_is_said(place: Path):
    done = carebase("explain-access", "a@b.example", "cases", "1", CAREBASE_DATA=place / "nothing", PORT=free_port())
    assert done.returncode == 69
