"""By what means a person proves who it is: the words of the claim `amr`, and how strong each is.

In charge of the closed set, in GoTrue's words where it has them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final

from carebase.auth.tokens import SignedIn

FRESH_SECONDS: Final = 15 * 60
"""How old a proof may be for changes that decide over an account."""
CLOCKS_APART_SECONDS: Final = 60
"""By how much another copy's clock may be ahead."""


class Method(StrEnum):
    """One means."""

    PASSWORD = "password"  # noqa: S105 (a word of the protocol)
    OTP = "otp"
    MAGIC_LINK = "magiclink"
    RECOVERY = "recovery"
    INVITE = "invite"
    EMAIL_SIGN_UP = "email/signup"
    EMAIL_CHANGE = "email_change"
    OAUTH = "oauth"
    ANONYMOUS = "anonymous"
    PAPER_CODE = "paper_code"
    """A printed code in place of a password."""
    TOTP = "totp"
    PAPER_FACTOR = "mfa/paper"
    """A printed code as the second factor, or the recovery code of a lost one."""


SECOND_FACTORS: Final = frozenset({Method.TOTP, Method.PAPER_FACTOR})


def proof(method: Method) -> SignedIn:
    """That it was proven by this means just now."""
    return SignedIn(method=method.value, timestamp=int(time.time()))


def is_fresh(proofs: Iterable[SignedIn], *, by: Collection[Method] | None = None) -> bool:
    """Whether one of the proofs, by one of these means if given, was given a short while ago.

    >>> is_fresh([proof(Method.PASSWORD)]), is_fresh([proof(Method.PASSWORD)], by=SECOND_FACTORS)
    (True, False)
    """
    now = time.time()
    return any(
        now - FRESH_SECONDS <= entry.timestamp <= now + CLOCKS_APART_SECONDS
        for entry in proofs
        if by is None or entry.method in by
    )


def level(proofs: Iterable[SignedIn]) -> str:
    """The level of assurance: `aal2` with a second factor among the proofs, else `aal1`.

    >>> level([SignedIn(method="password", timestamp=0), SignedIn(method="totp", timestamp=1)])
    'aal2'
    >>> level([SignedIn(method="recovery", timestamp=0)])
    'aal1'
    """
    return "aal2" if any(entry.method in SECOND_FACTORS for entry in proofs) else "aal1"
