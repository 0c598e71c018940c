"""`carebase user` and `carebase keys`, run as an operator runs them."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

RUN = "import sys; from carebase.cli.{group} import command; command(sys.argv[1:])"


def carebase(group, *words, typed="", **environment):
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, "-c", RUN.format(group=group), *words],
        env={**kept, **{name: str(value) for name, value in environment.items()}},
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def site(database):
    return {
        "DATABASE_URL": database.owner_dsn,
        "JWT_SECRET": database.secret,
        "CAREBASE_DATA": "/nonexistent",
    }


async def test_the_operator_makes_an_attending_who_signs_in(service, client, steps, site):
    made = carebase("user", "create", "amina@example.org", "--role", "attending", "--json", **site)
    assert made.returncode == 0, made.stderr
    shown = json.loads(made.stdout)
    answer = await steps.signed_in(client, password=shown["password"])
    assert answer.json()["user"]["app_metadata"]["role"] == "attending"
    assert answer.json()["user"]["id"] == shown["id"]
    (row,) = service.recorded("create_account")
    assert row["keys"] == [shown["id"]]
    assert row["details"] == {"role": "attending", "by": "command line", "address": None}

    chosen = carebase(
        "user", "create", "bruno@example.org", "--role", "nurse", "--password-stdin",
        typed="a phrase with a space at its end \n", **site,
    )  # fmt: skip
    assert chosen.returncode == 0, chosen.stderr
    assert "phrase" not in chosen.stdout + chosen.stderr
    assert (
        await steps.signed_in(client, "bruno@example.org", password="a phrase with a space at its end ")
    ).status_code == 200

    listed = json.loads(carebase("user", "list", "--json", **site).stdout)
    assert [(row["email"], row["role"]) for row in listed] == [
        ("amina@example.org", "attending"),
        ("bruno@example.org", "nurse"),
    ]
    assert "argon2" not in str(listed)


async def test_the_operator_grants_the_role_that_was_asked_for(client, steps, site):
    body = {"email": "eve@example.org", "password": steps.PASSWORD, "data": {"role": "attending"}}
    session = (await client.post("/auth/v1/signup", json=body)).json()
    assert "asks for attending" in carebase("user", "list", **site).stdout
    assert carebase("user", "grant", "Eve@example.org", "--role", "nurse", **site).returncode == 0
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 401
    answer = await steps.signed_in(client, "eve@example.org")
    assert answer.json()["user"]["app_metadata"]["role"] == "nurse"


async def test_what_cannot_be_made_ends_with_a_sentence_and_a_code(site):
    for words, typed, code in (
        (["create", "amina", "--role", "nurse"], "", 65),
        (["create", "a@x.org", "--role", "nurse", "--password-stdin"], "short\n", 65),
        (["create", "a@x.org", "--role", "nurse", "--password-stdin"], "", 65),
        (["create", "a@x.org", "--role", "owner"], "", 2),
        (["grant", "nobody@x.org", "--role", "nurse"], "", 65),
    ):
        done = carebase("user", *words, typed=typed, **site)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr
        assert "Traceback" not in done.stderr
    assert carebase("user", "create", "a@x.org", "--role", "nurse", **site).returncode == 0
    again = carebase("user", "create", "A@x.org", "--role", "nurse", **site)
    assert (again.returncode, again.stdout) == (65, "")


def test_the_service_key_is_shown_only_when_asked_for(site):
    plain = json.loads(carebase("keys", "show", "--json", **site).stdout)
    assert set(plain) == {"anon_key"}
    both = carebase("keys", "show", "--service", **site).stdout
    assert plain["anon_key"] in both
    assert "service key" in both


def test_without_a_server_the_commands_start_one_for_their_time():
    directory = Path(tempfile.mkdtemp(prefix="carebase-user-"))
    directory.chmod(0o755)
    data = directory / "data"
    try:
        made = carebase("user", "create", "amina@example.org", "--role", "admin", "--json", CAREBASE_DATA=data)
        assert made.returncode == 0, made.stderr
        assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
        listed = carebase("user", "list", "--json", CAREBASE_DATA=data)
        assert [row["role"] for row in json.loads(listed.stdout)] == ["admin"]
        assert not list(data.rglob("postmaster.pid"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
