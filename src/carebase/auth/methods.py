"""By what means a person proves who it is: the words of the claim `amr`, and how strong each is.

In charge of the closed set, in GoTrue's words where it has them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from carebase.auth.tokens import SignedIn


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


def level(proofs: Iterable[SignedIn]) -> str:
    """The level of assurance: `aal2` with a second factor among the proofs, else `aal1`.

    >>> level([SignedIn(method="password", timestamp=0), SignedIn(method="totp", timestamp=1)])
    'aal2'
    >>> level([SignedIn(method="recovery", timestamp=0)])
    'aal1'
    """
    return "aal2" if any(entry.method in SECOND_FACTORS for entry in proofs) else "aal1"
