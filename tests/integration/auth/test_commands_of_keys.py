"""`carebase keys` and what `carebase user` does for people, run as an operator runs them."""

import json
import os
import stat
import subprocess
import sys

import pytest

from carebase.auth.signing_keys import SigningKeys
from carebase.auth.tokens import Tokens

RUN = "import sys; from carebase.cli.{group} import command; command(sys.argv[1:])"
USERS = "/auth/v1/admin/users"


@pytest.fixture
def carebase(database, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PYTHONPATH"}}
    site = {"DATABASE_URL": database.owner_dsn, "JWT_SECRET": database.secret, "CAREBASE_DATA": str(tmp_path)}

    def run(group, *words, **environment):
        return subprocess.run(
            [sys.executable, "-c", RUN.format(group=group), *words],
            env={**kept, **site, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def printed(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_the_operator_mints_lists_and_withdraws_keys(client, carebase):
    made = printed(carebase("keys", "mint", "backup", "--secret", "--days", "30", "--json"))
    header = {"apikey": made["key"]}
    assert made["key"].startswith(made["hint"])
    assert (await client.get(USERS, headers=header)).status_code == 200
    assert carebase("keys", "mint", "backup").returncode == 65
    open_one = carebase("keys", "mint", "web")
    assert open_one.stdout.startswith("sb_publishable_")
    listed = printed(carebase("keys", "list", "--json"))
    assert [(row["name"], row["role"], row["state"]) for row in listed] == [
        ("web", "anon", "good"), ("backup", "service_role", "good"),
    ]  # fmt: skip
    assert made["key"] not in carebase("keys", "list").stdout + json.dumps(listed)
    assert carebase("keys", "revoke", "backup").returncode == 0
    assert (await client.get(USERS, headers=header)).status_code == 401
    assert carebase("keys", "revoke", "backup").returncode == 65
    assert carebase("keys", "revoke").returncode == 2


async def test_the_operator_withdraws_signed_keys_and_lets_them_in_again(client, service, carebase):
    header = {"apikey": service.app.state.tokens.anon_key()}
    assert carebase("keys", "revoke", "--legacy", "anon").returncode == 0
    assert (await client.get("/auth/v1/settings", headers=header)).status_code == 401
    assert (await client.get("/auth/v1/settings")).status_code == 200
    assert carebase("keys", "restore", "--legacy", "anon").returncode == 0
    assert (await client.get("/auth/v1/settings", headers=header)).status_code == 200


async def test_the_operator_rotates_keys_and_nobody_is_signed_out(client, service, steps, carebase, tmp_path):
    missing = carebase("keys", "rotate")
    assert (missing.returncode, "names no file" in missing.stderr) == (78, True)
    file = tmp_path / "keys.json"
    before = await steps.signed_up(client)
    (first,) = printed(carebase("keys", "rotate", "--json", CAREBASE_SIGNING_KEYS=str(file)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    service.app.state.tokens = Tokens(
        service.database.secret,
        issuer="http://localhost:8000/auth/v1",
        access_token_minutes=60,
        keys=SigningKeys(service.database.secret, file=file),
    )
    service.app.state.accounts.tokens = service.app.state.tokens
    session = (await steps.signed_in(client)).json()
    keys = (await client.get("/auth/v1/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in keys] == [first["kid"]]
    assert "d" not in keys[0]
    (old, new) = printed(carebase("keys", "rotate", "--algorithm", "RS256", "--json", CAREBASE_SIGNING_KEYS=str(file)))
    assert (old["kid"], old["signs"], new["alg"], new["signs"]) == (first["kid"], False, "RS256", True)
    for held in (before, session):
        assert (await client.get("/api/me", headers=steps.bearer(held))).status_code == 200


async def test_the_operator_invites_disables_and_helps_people(client, service, steps, carebase):
    invited = printed(carebase("user", "invite", "bruno@example.org", "--role", "nurse", "--json"))
    assert (invited["role"], bool(invited["invited_at"])) == ("nurse", True)
    assert service.sql("select kind from auth.outbox") == [("invite",)]
    session = await steps.signed_up(client)
    assert carebase("user", "disable", "amina@example.org").returncode == 0
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 401
    assert (await steps.signed_in(client)).json()["error_code"] == "user_banned"
    assert "disabled" in carebase("user", "list").stdout
    assert carebase("user", "enable", "amina@example.org").returncode == 0
    assert (await steps.signed_in(client)).status_code == 200
    sheet = printed(carebase("user", "print-codes", "amina@example.org", "--json"))
    assert len(set(sheet["codes"])) == 10
    assert carebase("user", "reset-mfa", "amina@example.org").stdout == "0 second factors removed.\n"
    for words in (["disable"], ["enable"], ["reset-mfa"], ["print-codes"]):
        assert carebase("user", *words, "nobody@example.org").returncode == 65
    assert {row["details"]["by"] for row in service.recorded("disable_account")} == {"command line"}
