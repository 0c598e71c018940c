"""The signed checkpoints of the record as a page lists them: the newest first, and how old it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from carebase.apps.admin.views import Fact
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.errors import CareError
from carebase.settings import Settings
from carebase.web.messages import Reader

SHOWN: Final = 20
LATE_AFTER: Final = 3
"""Intervals between checkpoints without one."""


def facts(t: Reader, chosen: Settings) -> tuple[Fact, ...]:
    """How old the newest is, then the last of them. Reads the file."""
    name = t("admin-fact-checkpoint")
    try:
        found = [signed.read() for signed in CheckpointFile(chosen.checkpoint_file).read()[-SHOWN:]]
    except CareError:
        return (Fact(name=name, text=t("admin-checkpoint-unreadable"), is_warning=True),)
    if not found:
        return (Fact(name=name, text=t("admin-checkpoint-none")),)
    now = datetime.now(UTC)
    minutes = max(0, round(now.timestamp() / 60 - found[-1].made_at / 60e6))
    is_late = minutes > LATE_AFTER * chosen.audit_checkpoint_minutes
    age = Fact(name=name, text=t("admin-checkpoint-age", minutes=minutes), is_warning=is_late)
    listed = (
        Fact(
            name=t.moment(datetime.fromtimestamp(one.made_at / 1e6, UTC)),
            text=t(f"admin-checkpoint-{one.kind.value}", seq=one.seq),
        )
        for one in reversed(found)
    )
    return (age, *listed)
