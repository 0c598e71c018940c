"""Reads the headers `Prefer` (RFC 7240).

In charge of which preferences are known and which of them count; acting on them is others' business.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from enum import StrEnum
from typing import TypeVar

from carebase.rest import errors
from carebase.rest.syntax import Count, Preferences, Resolution, Return

_E = TypeVar("_E", bound=StrEnum)
_NUMBER = re.compile(r"\s*(-?[0-9]{1,18})\s*")

KNOWN = frozenset({
    *(f"return={value}" for value in Return),
    *(f"count={value}" for value in Count),
    *(f"resolution={value}" for value in Resolution),
    "missing=default", "missing=null", "tx=commit", "tx=rollback", "handling=strict", "handling=lenient",
})  # fmt: skip

MAX_PREFERENCES = 100
"""In one header; more are not looked at."""


def read(headers: Sequence[str], *, timezones: Container[str] | None = None) -> Preferences:
    """The preferences of all `Prefer` headers; of several for one thing the first counts.

    `timezones` are the names the database knows; None leaves that question open.

    >>> said = read(["return=minimal, count=exact", "return=representation, colour=blue"])
    >>> said.returns, said.count, said.invalid
    (<Return.MINIMAL: 'minimal'>, <Count.EXACT: 'exact'>, ('colour=blue',))
    """
    if not headers:
        return Preferences()
    said = [
        preference.strip() for header in headers for preference in header.split(",", MAX_PREFERENCES)[:MAX_PREFERENCES]
    ]
    timezone = _first(said, "timezone=")
    is_zone_known = timezone is not None and (timezones is None or timezone in timezones)
    return Preferences(
        returns=_one(Return, said, "return="),
        count=_one(Count, said, "count="),
        resolution=_one(Resolution, said, "resolution="),
        is_missing_default=_either(said, "missing=default", "missing=null"),
        is_rollback=_either(said, "tx=rollback", "tx=commit"),
        is_strict=_either(said, "handling=strict", "handling=lenient"),
        timezone=timezone if is_zone_known else None,
        max_affected=_number(_first(said, "max-affected=")),
        invalid=tuple(p for p in said if not _is_known(p, is_zone_known=is_zone_known)),
    )


def refuse_unknown(preferences: Preferences) -> None:
    """With `handling=strict`, PreferencesRefused for those that are none of ours; asked once the plan is made."""
    if preferences.is_strict and preferences.invalid:
        raise errors.PreferencesRefused(preferences.invalid)


def _is_known(preference: str, *, is_zone_known: bool) -> bool:
    if preference.startswith("timezone="):
        return is_zone_known
    return preference in KNOWN or preference.startswith("max-affected=")


def _one(kind: type[_E], said: Sequence[str], prefix: str) -> _E | None:
    values = (preference[len(prefix) :] for preference in said if preference.startswith(prefix))
    return next((kind(value) for value in values if value in kind.__members__.values()), None)


def _either(said: Sequence[str], yes: str, no: str) -> bool | None:
    return next((preference == yes for preference in said if preference in {yes, no}), None)


def _first(said: Sequence[str], prefix: str) -> str | None:
    return next((preference[len(prefix) :] for preference in said if preference.startswith(prefix)), None)


def _number(text: str | None) -> int | None:
    found = _NUMBER.fullmatch(text or "")
    return int(found[1]) if found else None
