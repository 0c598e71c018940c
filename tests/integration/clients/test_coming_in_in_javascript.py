"""supabase-js, unmodified: a person comes in by each way that needs a mailbox, with PKCE and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.clients import install

OLD, NEW = "amina@example.org", "amina.ba@example.org"


@pytest.fixture
def chosen():
    return {"auto_confirm": False}


def test_a_person_signs_up_recovers_and_changes_password_and_address(javascript, deployment, tmp_path):
    environment = {
        **os.environ,
        "ADDRESS": deployment.address,
        "ANON_KEY": deployment.anon_key,
        "PYTHON": sys.executable,
        "READ_MAIL": "read_mail.py",
        "MAILS": str(tmp_path / "mail"),
    }

    ended = subprocess.run(
        [*javascript.node.node, "coming_in.mjs"], cwd=install.FOLDER, env=environment,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "signedUp": [[OLD, False], 1],
        "unconfirmed": [400, "email_not_confirmed"],
        "confirmed": [OLD, True],
        "twice": [400, "pkce_code_verifier_not_found"],
        "asked": None,
        "wrong": [403, "otp_expired"],
        "digits": [OLD, True],
        "forgotten": None,
        "backAt": "http://localhost:8000/confirm",
        "recovered": [OLD, True],
        "reset": [OLD, False],
        "toldOfIt": None,
        "oldPassword": [400, "invalid_credentials"],
        "newPassword": [OLD, True],
        "withoutProof": [400, "reauthentication_needed"],
        "withNonce": [OLD, False],
        "changing": [OLD, NEW],
        "half": [None, False],
        "whole": [NEW, True],
        "implicit": [NEW, True],
        "tooSoon": [429, "over_email_send_rate_limit"],
        "resent": None,
        "elsewhere": [["ngozi@example.org", False], 400, "signup", *[["ngozi@example.org", True]] * 2, "Ngozi"],
        "anonymous": [422, "anonymous_provider_disabled"],
    }
