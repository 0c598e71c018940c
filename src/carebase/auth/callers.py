"""From where an account is used, for its sessions, its limits and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST_USER_AGENT: Final = 300
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A client as far as it is known."""

    address: str | None
    user_agent: str | None = None
    request_id: str = ""
    device: str | None = None
    """What the browser's own cookie says, which it keeps when nobody is signed in."""

    @property
    def printable_agent(self) -> str | None:
        """What the client calls itself, as far as it can be printed and kept.

        >>> Caller(address=None, user_agent="Fire\\x1b[2Jfox").printable_agent
        'Fire[2Jfox'
        """
        # A browser may call itself anything; what cannot be printed is not kept.
        return "".join(filter(str.isprintable, self.user_agent or ""))[:LONGEST_USER_AGENT] or None
