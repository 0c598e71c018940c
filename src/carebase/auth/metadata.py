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


def of_person(given: Mapping[str, Any]) -> str:
    """The person's own words as they are kept, without what is null; NotValid when they are too long."""
    text = json.dumps({key: value for key, value in given.items() if value is not None})
    if len(text) > LONGEST_BYTES:
        raise refused.NotValid(details=f"data is larger than {LONGEST_BYTES} bytes.")
    return text


def of_service(role: str | None = None, *, providers: Sequence[str] = ("email",)) -> str:
    """What is said of a new account: by what it signs in, and its clinical role if one is granted."""
    said: dict[str, object] = {"provider": providers[0], "providers": list(providers)} if providers else {}
    return json.dumps(said if role is None else {**said, "role": role})


def check_role(role: str) -> None:
    """NotValid unless it is a clinical role."""
    if role not in GRANTED_ROLES:
        raise refused.NotValid(details=f"{role} is no role; there are {', '.join(sorted(GRANTED_ROLES))}.")
