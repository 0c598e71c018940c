"""Reads the fields of a request to Storage: what is not as the protocol has it is refused by its name.

In charge of kinds and bounds of values in JSON and in the address; what they mean is the steps' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from carebase.storage import refused

Choice = TypeVar("Choice", bound=str)


def text(given: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    """A text; InvalidRequest when it is none, or is missing without a default."""
    value = given.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise refused.InvalidRequest(details=f"body must have required property '{name}'")
    if not isinstance(value, str) or "\0" in value:
        raise refused.InvalidRequest(details=f"body/{name} must be string")
    return value


def optional_text(given: Mapping[str, Any], name: str) -> str | None:
    """A text that may be absent."""
    return None if given.get(name) is None else text(given, name)


def flag(given: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """A truth value; InvalidRequest when it is none."""
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise refused.InvalidRequest(details=f"body/{name} must be boolean")
    return value


def number(given: Mapping[str, Any], name: str, *, default: int, least: int, most: int) -> int:
    """A whole number of at least `least`; more than `most` counts as that. A text of digits is one, too."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 18:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refused.InvalidRequest(details=f"{name} must be integer")
    if value < least:
        raise refused.InvalidRequest(details=f"{name} must be >= {least}")
    return min(value, most)


def choice(given: Mapping[str, Any], name: str, *, of: tuple[Choice, ...], default: Choice) -> Choice:
    """One of some words; InvalidRequest when it is another."""
    value = given.get(name)
    if value is None:
        return default
    for one in of:
        if value == one:
            return one
    raise refused.InvalidRequest(details=f"{name} must be equal to one of the allowed values")


def mapping(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object that may be absent; InvalidRequest when it is anything else."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused.InvalidRequest(details=f"body/{name} must be object")
    return value


def texts(given: Mapping[str, Any], name: str, *, most: int) -> list[str]:
    """A list of texts, of at least one and at most `most`; InvalidRequest when it is none."""
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise refused.InvalidRequest(details=f"body/{name} must be array of strings")
    if not 1 <= len(value) <= most:
        raise refused.InvalidRequest(details=f"body/{name} must have 1 to {most} items")
    return value


def moment(at: datetime) -> str:
    """A time as answers tell it.

    >>> moment(datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC))
    '2026-01-02T03:04:05.678Z'
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
