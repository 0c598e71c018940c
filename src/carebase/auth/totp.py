"""Codes of an app that counts time: RFC 6238 over RFC 4226, with SHA-1, six digits and thirty seconds.

In charge of the arithmetic alone. The clock and what was used before are given; keeping the secret is `factors`'
business. SHA-1, six digits and thirty seconds are what every such app takes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote, urlencode

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""As long as what SHA-1 gives (RFC 4226, section 4)."""
STEPS_AWAY: Final = 1
"""How many steps a telephone's clock may be away, either way."""


def new_secret() -> bytes:
    """A secret for one factor."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """The secret as a person types it into an app: base32.

    >>> written(b"12345678901234567890")
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    """
    return base64.b32encode(secret).decode().rstrip("=")


def step_at(now: float) -> int:
    """The number of the thirty seconds that a time (seconds since 1970) lies in."""
    return int(now // STEP_SECONDS)


def code_at(secret: bytes, step: int) -> str:
    """The six digits of a step.

    >>> code_at(b"12345678901234567890", step_at(59))
    '287082'
    """
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, *, now: float, last_used: int | None) -> int | None:
    """The step whose code this is, at most one away from now and later than the one used last; None otherwise.

    A code is thereby good once: whoever reads it over a shoulder comes too late.
    """
    current = step_at(now)
    found = None
    for step in range(max(0, current - STEPS_AWAY), current + STEPS_AWAY + 1):
        # Every step is compared, so that the time tells nothing.
        is_it = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if is_it and (last_used is None or step > last_used):
            found = step
    return found


def uri(secret: bytes, *, issuer: str, account: str) -> str:
    """What the square code holds, in the form that apps read.

    >>> uri(b"12345678901234567890", issuer="City clinic", account="amina@example.org")
    'otpauth://totp/City%20clinic:amina%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=City%20clinic&algorithm=SHA1&digits=6&period=30'
    """
    # Some apps show a plus sign where the form encoding of a space stands.
    told = urlencode(
        {
            "secret": written(secret),
            "issuer": issuer,
            "algorithm": "SHA1",
            "digits": DIGITS,
            "period": STEP_SECONDS,
        },
        quote_via=quote,
    )
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{told}"
