"""What the operator decides about the data API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from carebase.rest.catalogue import Name

LONGEST_ADDRESS: Final = 32 * 1024
LARGEST_BODY: Final = 1024 * 1024
MOST_ROWS: Final = 1000
DEEPEST_EMBED: Final = 10
TIMEOUTS: Final = {"anon": 3, "authenticated": 8, "service_role": 60}
"""Seconds; the first two are Supabase's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings of PostgREST that exist here, under our names."""

    schemas: tuple[str, ...] = ("public",)
    """Exposed; the first is meant where none is named."""
    extra_search_path: tuple[str, ...] = ("public",)
    roles: tuple[str, ...] = ("anon", "authenticated", "service_role")
    anonymous_role: str = "anon"
    pre_request: Name | None = None
    """A function without arguments that is called in each request's transaction, before anything else."""
    has_sessions: bool = True
    """Whether the database knows sessions and refuses those that have ended."""
    is_rolled_back: bool = False
    """Whether nothing is kept unless the client says `tx=commit`."""
    may_choose_ending: bool = False
    """Whether `tx=` is heeded."""
    app_settings: Mapping[str, str] = field(default_factory=dict)
    max_rows: int | None = MOST_ROWS
    are_aggregates_allowed: bool = False
    are_plans_allowed: bool = False
    """Whether PostgreSQL's plan may be asked for instead of an answer."""
    deepest_embed: int = DEEPEST_EMBED
    """Levels of embeds within embeds."""
    timeouts: Mapping[str, int] = field(default_factory=lambda: TIMEOUTS)
    """Seconds that a statement may take, by role; what the role or the function sets for itself counts instead."""
    longest_address: int = LONGEST_ADDRESS
    """Characters of path and query together."""
    largest_body: int = LARGEST_BODY
    is_described: bool = True
    """Whether the root answers with the description of the API."""
    address: str = "http://localhost:8000/rest/v1"
    """Where clients find the API, as its description says."""
    version: str = "1.0.0"
    """Of the server, as the description says."""
