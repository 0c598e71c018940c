"""`carebase mail`, beside a deployment without a mail server: what it writes lies in the spool directory."""

from __future__ import annotations

import json
import stat
import time
import uuid

import pytest
from tests.integration.cli.conftest import carebase


def listed(served):
    return json.loads(served.command("mail", "list", "--json"))


def test_a_test_mail_lies_in_the_spool_and_is_shown(served):
    told = json.loads(served.command("mail", "test", "it@example.org", "--language", "en", "--json"))
    assert told["to"] == "it@example.org"
    [mail] = [row for row in listed(served) if row["to"] == "it@example.org"]
    assert (mail["state"], mail["kind"]) == ("spooled", "test")
    shown = served.command("mail", "show", mail["id"])
    assert "Subject: Test message" in shown
    [file] = (served.data / "mail").glob(f"*{mail['id']}.eml")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_address_that_is_none_is_explained(served):
    done = carebase("mail", "test", "a@b.example\nBcc: c@d.example", CAREBASE_DATA=served.data)
    assert done.returncode == 69
    assert done.stderr.startswith("carebase: ")


def test_a_mail_server_that_does_not_answer_is_explained(served):
    done = carebase(
        "mail", "test", "it@example.org", CAREBASE_DATA=served.data, SMTP_HOST="127.0.0.1", SMTP_PORT=1,
        SMTP_ADMIN_EMAIL="carebase@example.org",
    )  # fmt: skip
    assert (done.returncode, "does not answer" in done.stderr) == (69, True)


def test_a_template_that_cannot_be_used_is_named(served, tmp_path):
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "invite.txt").write_text("Subject: x\n\n{{ nothing }}\n")
    done = carebase("mail", "test", "it@example.org", CAREBASE_DATA=served.data, CAREBASE_MAIL_TEMPLATES=tmp_path)
    assert (done.returncode, "fr/invite" in done.stderr) == (78, True)


@pytest.mark.parametrize("words", [("show",), ("retry",)])
def test_a_mail_that_is_not_there_is_explained(served, words):
    done = carebase("mail", *words, str(uuid.uuid4()), CAREBASE_DATA=served.data)
    assert done.returncode == 65


def test_a_request_over_http_ends_as_a_mail_in_the_spool(served):
    import httpx

    email = f"{uuid.uuid4()}@example.org"
    served.command("user", "create", email, "--role", "nurse")
    asked = httpx.post(f"{served.address}/auth/v1/recover", json={"email": email}, headers={"Host": "evil.example"})
    assert asked.status_code == 200, asked.text
    until = time.monotonic() + 15
    while not (found := [row for row in listed(served) if row["to"] == email and row["state"] == "spooled"]):
        assert time.monotonic() < until
        time.sleep(0.2)
    shown = served.command("mail", "show", found[0]["id"])
    assert f"http://localhost:{served.port}/confirm?token=" in shown
    assert "evil" not in shown
