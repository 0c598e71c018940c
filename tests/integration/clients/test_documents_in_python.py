"""What document 004 prints for supabase-py, letter by letter, by the real client as a signed-in person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.clients.conftest import DOCUMENTS, Deployment

pytest.importorskip("supabase")

AMINA = {"email": "amina@home.example", "password": "a-long-enough-passphrase"}
ERIK = {"email": "erik@home.example", "password": "a-long-enough-passphrase"}
HELPER = (DOCUMENTS / "004/supabase_client.txt").read_text(encoding="utf-8")
OPENS, _, TALKS = (DOCUMENTS / "004/conversation.txt").read_text(encoding="utf-8").partition("# Create conversation\n")
REMEMBERS = TALKS[TALKS.index("# Fetch last N messages") :]

# Between the line that makes the client and those that use it stands the sign-in that the document asks for.
PROGRAM = """
import json, sys

account, user_id, user_text, conv_id, repeats, lines = json.load(sys.stdin)
{opens}
if account is not None:
    sb.auth.sign_in_with_password(account)
for _ in range(repeats):
    exec(lines)
print(json.dumps({{"conv_id": conv_id, "history": history}}))
"""


@pytest.fixture
def talk(deployment: Deployment, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs the document's lines in a program of their own, as an account; what it knows in the end."""
    (tmp_path / "app/utils").mkdir(parents=True)
    (tmp_path / "app/utils/supabase_client.py").write_text(HELPER, encoding="utf-8")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(opens=OPENS), encoding="utf-8")
    environment = {**os.environ, "SUPABASE_URL": deployment.address, "SUPABASE_ANON_KEY": deployment.anon_key}

    def run(
        account: dict[str, str] | None, *, user_id: str, text: str = "", conversation: int | None = None,
        times: int = 1, lines: str = TALKS,
    ) -> dict[str, Any]:  # fmt: skip
        given = json.dumps([account, user_id, text, conversation, times, lines])
        ended = subprocess.run(
            [sys.executable, program],
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if ended.returncode != 0:
            raise Refused(ended.stderr)
        told: dict[str, Any] = json.loads(ended.stdout)
        return told

    return run


class Refused(Exception):
    """The program ended with an error, which stands in its last words."""


def test_004_a_signed_in_person_opens_a_conversation_adds_a_message_and_fetches_it(deployment, talk):
    amina = deployment.sign_up(**AMINA)
    told = talk(AMINA, user_id=amina, text="Bonjour, j'ai de la fièvre.")
    assert told["history"] == [{"role": "user", "content": "Bonjour, j'ai de la fièvre."}]
    assert deployment.rows("select id, user_id::text, context from public.conversations") == [
        (told["conv_id"], amina, "")
    ]


def test_004_the_last_ten_messages_are_fetched_newest_first(deployment, talk):
    amina = deployment.sign_up(**AMINA)
    adds = TALKS[TALKS.index("# Add a message") :]
    conversation = talk(AMINA, user_id=amina, text="1")["conv_id"]
    told = talk(AMINA, user_id=amina, text="again", conversation=conversation, times=11, lines=adds)
    assert [message["content"] for message in told["history"]] == ["again"] * 10


def test_004_another_person_fetches_nothing_of_a_conversation(deployment, talk):
    amina, erik = deployment.sign_up(**AMINA), deployment.sign_up(**ERIK)
    conversation = talk(AMINA, user_id=amina, text="Bonjour")["conv_id"]
    assert talk(ERIK, user_id=erik, conversation=conversation, lines=REMEMBERS)["history"] == []


def test_004_a_conversation_is_not_opened_in_somebody_elses_name_or_by_nobody(deployment, talk):
    amina = deployment.sign_up(**AMINA)
    deployment.sign_up(**ERIK)
    for account in (ERIK, None):
        with pytest.raises(Refused, match="'code': '42501'"):
            talk(account, user_id=amina, text="Bonjour")
    assert deployment.rows("select from public.conversations") == []
