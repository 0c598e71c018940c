"""Without a mail server a mail is a file that the server's user alone reads."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest

from carebase.mail import spool
from carebase.mail.messages import Kind, Message
from carebase.mail.sending import NotTaken
from carebase.mail.spool import Spool
from carebase.mail.wording import Wording

WORDS = Wording(site="https://care.example.org", sender="carebase@example.org")
MESSAGE = Message(kind=Kind.TEST, to="amina@example.org", language="fr")


async def test_a_mail_is_kept_for_the_servers_user_alone(tmp_path: Path):
    kept, mail_id = Spool(tmp_path / "mail"), uuid4()
    await kept.deliver(WORDS.word(MESSAGE, mail_id=mail_id), mail_id=mail_id)
    [found] = kept.mails()
    assert found.id == mail_id
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700
    assert spool.read(found)["To"] == "amina@example.org"


async def test_a_mail_that_is_tried_again_lies_there_once(tmp_path: Path):
    kept, mail_id = Spool(tmp_path), uuid4()
    for _ in range(2):
        await kept.deliver(WORDS.word(MESSAGE, mail_id=mail_id), mail_id=mail_id)
    assert len(kept.mails()) == 1


async def test_old_mails_go_and_other_files_stay(tmp_path: Path):
    kept = Spool(tmp_path)
    old = tmp_path / f"20200102T030405Z-{uuid4()}.eml"
    for path in (old, tmp_path / "notes.txt"):
        path.write_text("x")
    assert [each.path for each in kept.mails()] == [old]
    assert kept.forget_old() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


async def test_a_disk_that_refuses_is_no_delivery(tmp_path: Path):
    (tmp_path / "mail").write_text("a file where the directory should be")
    with pytest.raises(NotTaken):
        await Spool(tmp_path / "mail").deliver(WORDS.word(MESSAGE, mail_id=uuid4()), mail_id=uuid4())
