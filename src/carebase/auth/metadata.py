"""What travels with an account in every token: the person's own words, and what an administrator says of it.

In charge of their form and size; pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from carebase.auth import refused

GRANTED_ROLES: Final = frozenset({"attending", "nurse", "specialist", "admin", "patient"})
"""Clinical roles that an administrator may give an account."""
LONGEST_BYTES: Final = 4096
"""It travels in every token."""
DEEPEST: Final = 20
TOO_LARGE: Final = 2**63


def of_person(given: Mapping[str, Any]) -> str:
    """The person's own words as they are kept, without what is null; NotValid when they are too long, too deep,
    or hold a number that clients cannot read."""
    kept = {key: value for key, value in given.items() if value is not None}
    check_form(kept)
    text = json.dumps(kept)
    if len(text) > LONGEST_BYTES:
        raise refused.NotValid(details=f"data is larger than {LONGEST_BYTES} bytes.")
    return text


def check_form(value: object, *, depth: int = 0) -> None:
    """NotValid where what is to be kept could not be answered again."""
    if depth > DEEPEST:
        raise refused.NotValid(details=f"data is nested deeper than {DEEPEST}.")
    # PostgreSQL keeps a large number in full digits, and JSON is answered with numbers of 64 bits.
    if isinstance(value, int | float) and abs(value) >= TOO_LARGE:
        raise refused.NotValid(details="data holds a number that is too large.")
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for each in inner:
        check_form(each, depth=depth + 1)


def of_service(role: str | None = None, *, providers: Sequence[str] = ("email",)) -> str:
    """What is said of a new account: by what it signs in, and its clinical role if one is granted."""
    said: dict[str, object] = {"provider": providers[0], "providers": list(providers)} if providers else {}
    return json.dumps(said if role is None else {**said, "role": role})


def check_role(role: str) -> None:
    """NotValid unless it is a clinical role."""
    if role not in GRANTED_ROLES:
        raise refused.NotValid(details=f"{role} is no role; there are {', '.join(sorted(GRANTED_ROLES))}.")
