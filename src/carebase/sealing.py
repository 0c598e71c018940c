"""Keeps texts that somebody has to read again, and compares those that nobody has to, with the deployment's secret.

In charge of the keys made of that secret, one for each purpose, so that what was sealed for one is nothing for
another; and of binding what is sealed to the row it lies in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carebase.errors import CareError

NONCE_BYTES: Final = 12


class Unsealable(CareError):
    """What was sealed cannot be opened: the secret is another one, or the bytes were changed or moved."""

    code, status, message = "unsealable", 500, "Something kept under seal cannot be read with this secret."


def seal(secret: str, plain: bytes, *, purpose: str, bound_to: str) -> bytes:
    """The bytes under AES-256-GCM; `bound_to` names the row, and another row's name does not open them.

    >>> unseal("s", seal("s", b"x", purpose="totp", bound_to="1"), purpose="totp", bound_to="1")
    b'x'
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key_for(secret, purpose)).encrypt(nonce, plain, bound_to.encode())


def unseal(secret: str, sealed: bytes, *, purpose: str, bound_to: str) -> bytes:
    """What was sealed; Unsealable when it is not what `seal` made for this purpose and row."""
    try:
        return AESGCM(key_for(secret, purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Unsealable from error


def keyed(secret: str, text: str, *, purpose: str) -> bytes:
    """A hash of a short text (six digits, a code on paper) that nobody without the secret can try out.

    >>> keyed("s", "123456", purpose="a") != keyed("s", "123456", purpose="b")
    True
    """
    return hmac.digest(key_for(secret, purpose), text.encode(), hashlib.sha256)


def key_for(secret: str, purpose: str) -> bytes:
    """The 32 bytes that seal, compare or sign for this purpose alone."""
    return hmac.digest(secret.encode(), f"carebase {purpose}".encode(), hashlib.sha256)
