"""E-mail addresses as names of accounts."""

from __future__ import annotations

import re
from typing import Final

from carebase.auth import refused

# Only what no account could ever be written to is refused; whether it is read by somebody, a mail tells.
FORM: Final = re.compile(
    r"[^\s@\"(),:;<>\[\\\]\x00-\x20\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?"
)
LONGEST: Final = 254


def normal(text: str) -> str:
    """The address as it is kept: without spaces around it, in lower case; NotValid when it is none.

    >>> normal(" Amina@Example.org ")
    'amina@example.org'
    """
    address = text.strip().lower()
    if len(address) > LONGEST or not address.isprintable() or not FORM.fullmatch(address):
        raise refused.NotValid(details="Unable to validate email address: invalid format")
    return address
