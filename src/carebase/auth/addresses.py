"""E-mail addresses and telephone numbers as names of accounts."""

from __future__ import annotations

import re
from typing import Final

from carebase.auth import refused

# Only what no account could ever be written to is refused; whether it is read by somebody, a mail tells.
FORM: Final = re.compile(
    r"[^\s@\"(),:;<>\[\\\]\x00-\x20\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?"
)
LONGEST: Final = 254
# E.164 without its plus sign.
PHONE_FORM: Final = re.compile(r"[1-9][0-9]{1,14}")


def normal(text: str) -> str:
    """The address as it is kept: without spaces around it, in lower case; NotValid when it is none.

    >>> normal(" Amina@Example.org ")
    'amina@example.org'
    """
    address = text.strip().lower()
    if len(address) > LONGEST or not address.isprintable() or not FORM.fullmatch(address):
        raise refused.NotValid(details="Unable to validate email address: invalid format")
    return address


def phone(text: str) -> str:
    """The number as it is kept: digits alone, with the country's; NotValid when it is none.

    >>> phone("+33 1 23 45 67 89")
    '33123456789'
    """
    number = text.strip().removeprefix("+").replace(" ", "")
    if not PHONE_FORM.fullmatch(number):
        raise refused.NotValid(details="Invalid phone number format (E.164 required)")
    return number
