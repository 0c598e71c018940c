"""Under whose name a transaction runs: a database role and the claims policies read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson

LONGEST_AGENT: Final = 400
"""Characters of a user agent that are kept."""


class Role(StrEnum):
    """The roles of the API, as tokens name them."""

    ANON = "anon"
    AUTHENTICATED = "authenticated"
    SERVICE = "service_role"


@dataclass(frozen=True)
class Identity:
    """Who is asking. `claims` are those of a verified token and are passed to policies as they are."""

    role: Role
    claims: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def user_id(self) -> UUID | None:
        """The account's id, None for anon and for keys."""
        subject = self.claims.get("sub")
        return UUID(subject) if isinstance(subject, str) else None

    @cached_property
    def claims_json(self) -> str:
        """The claims as PostgreSQL's settings carry them."""
        return json.dumps({**self.claims, "role": self.role.value}, separators=(",", ":"))


ANONYMOUS = Identity(Role.ANON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request comes from, for the record of what it does; none of it decides what it may see."""

    request_id: str | None = None
    address: str | None = None
    agent: str | None = None
    """The user agent as the client names itself."""

    @property
    def json(self) -> str:
        """As the setting `carebase.request` carries it."""
        agent = self.agent and self.agent[:LONGEST_AGENT]
        return orjson.dumps({"id": self.request_id, "ip": self.address, "agent": agent}).decode()
