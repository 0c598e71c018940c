"""Forms in work: what somebody was writing when a session ended for lack of use.

In charge of nobody but the writer seeing it, and of it going once it was sent or a week has passed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, by the name of the field, and when it was kept last."""

    owner: UUID
    fields: Mapping[str, str]
    kept_at: datetime

    def __repr__(self) -> str:
        return f"Draft({self.owner})"


async def keep(session: Session, form: str, fields: Mapping[str, str]) -> None:
    """Keep what was typed into the form, in place of what was kept before; NotAllowed for who is no staff."""
    await session.run(SQL["keep"], form=form, fields=json.dumps(dict(fields)))


async def read(session: Session, form: str) -> Draft | None:
    """What the caller was writing, None when there is nothing."""
    found = await session.maybe(SQL["of_form"], Draft, form=form)
    if found is not None:
        log.saw(session, "public.drafts", [f"{found.owner},{form}"])
    return found


async def drop(session: Session, form: str) -> None:
    """Forget it; nothing when there is none."""
    await session.run(SQL["drop"], form=form)
