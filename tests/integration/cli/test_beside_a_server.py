"""The commands of an operator beside a deployment that runs, and what they say when none does."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from tests.faults.served import PASSWORD, free_port
from tests.integration.cli.conftest import carebase


def test_status_and_keys_name_the_same_anon_key_and_it_is_accepted(served):
    status = json.loads(served.command("status", "--json"))
    keys = json.loads(served.command("keys", "show", "--json"))

    assert status["address"] == f"http://localhost:{served.port}"
    assert status["postgresql"].startswith("18")
    assert status["embedded"] is True
    assert {"waiting", "doing", "failed"} <= set(status)
    assert keys == {"anon_key": status["anon_key"]}
    answer = httpx.post(
        f"{served.address}/auth/v1/token?grant_type=password",
        json={"email": "nobody@carebase.example", "password": "wrong"},
        headers={"apikey": keys["anon_key"]},
    )
    assert answer.status_code == 400

    shown = served.command("status")
    assert status["anon_key"] in shown
    assert f"http://localhost:{served.port}" in shown


def test_the_service_key_is_shown_only_when_asked_for(served):
    assert "service" not in served.command("keys", "show")
    assert "service" in served.command("keys", "show", "--service")


def test_an_account_made_beside_the_server_signs_in_at_once(served):
    shown = json.loads(served.command("user", "create", "new@carebase.example", "--role", "attending", "--json"))

    body = {"email": "new@carebase.example", "password": shown["password"]}
    answer = httpx.post(f"{served.address}/auth/v1/token?grant_type=password", json=body)
    assert answer.status_code == 200
    assert answer.json()["user"]["app_metadata"]["role"] == "attending"


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("user", "create", "no-address", "--role", "attending", "--password-stdin"), PASSWORD),
        (("user", "create", "short@carebase.example", "--role", "attending", "--password-stdin"), "short"),
    ],
)
def test_an_account_that_cannot_be_made_is_explained(served, words, typed):
    done = carebase(*words, typed=typed, CAREBASE_DATA=served.data)

    assert done.returncode == 65
    assert done.stderr.startswith("carebase: ")
    assert "Traceback" not in done.stderr
    assert typed not in done.stderr


def test_the_database_of_a_running_server_has_nothing_left_to_migrate(served):
    assert served.command("migrate", "--plan") == "Nothing to do.\n"


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(served):
    done = carebase("serve", CAREBASE_DATA=served.data, PORT=free_port())

    assert done.returncode in {69, 78}
    last = done.stderr.splitlines()
    assert any(line.startswith("carebase: ") for line in last), done.stderr
    assert "Traceback" not in done.stderr
    assert httpx.get(f"{served.address}/readyz").status_code == 200


def test_a_taken_port_is_said_before_anything_is_started(served, place):
    done = carebase("serve", CAREBASE_DATA=place / "other", PORT=served.port)

    assert done.returncode == 69
    assert "The port is taken." in done.stderr
    assert "PORT=" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(place.rglob("PG_VERSION"))
    assert httpx.get(f"{served.address}/readyz").status_code == 200


@pytest.mark.parametrize("command", ["status", "worker"])
def test_without_a_server_that_is_said(command, place):
    done = carebase(command, CAREBASE_DATA=place / "nothing-here")

    assert done.returncode == 69
    assert "carebase is not running on this data directory." in done.stderr
    assert "carebase serve" in done.stderr


@pytest.mark.parametrize("command", ["serve", "demo", "migrate", "keys show"])
def test_a_directory_that_cannot_be_written_is_said(command, place):
    in_the_way = place / "file"
    in_the_way.touch()

    done = carebase(*command.split(), CAREBASE_DATA=in_the_way / "data", PORT=free_port())

    assert done.returncode == 78
    assert "cannot be written" in done.stderr
    assert "CAREBASE_DATA" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("PORT", "abc", "PORT"),
        ("JWT_SECRET", "change_this_secret", "JWT_SECRET"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "43200", "ACCESS_TOKEN_EXPIRE_MINUTES"),
        ("HOST", "0.0.0.0", "loopback"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none", "database"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(place, setting, value, said):
    done = carebase("serve", **{"CAREBASE_DATA": place / "settings", "PORT": free_port(), setting: value})

    assert done.returncode == (75 if setting == "DATABASE_URL" else 78)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert value not in done.stderr or setting == "HOST"


def test_help_names_every_command():
    shown = carebase("--help").stdout

    for name in ("analyse", "demo", "keys", "migrate", "serve", "status", "user", "worker"):
        assert re.search(rf"^  {name} ", shown, re.MULTILINE)
