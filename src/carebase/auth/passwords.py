"""Passwords: whether one is good enough, and its hash.

In charge of argon2id (and of bcrypt hashes brought from elsewhere) in two threads of its own: a hash
takes 64 MiB and a processor for a while, so more at once would starve everything else.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from carebase import errors
from carebase.auth import refused

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST: Final = 10
"""Characters; NIST SP 800-63B asks for 8 with a second factor and 15 without any other measure."""
LONGEST: Final = 1024
"""Characters; far above any person's, and short enough to hash."""
HASHES_AT_ONCE: Final = 2
MOST_WAITING: Final = 100
"""Hashes in work and waiting; about ten seconds of work, after which nobody waits any longer."""
# The second recommended choice of RFC 9106: three passes over 64 MiB.
MEMORY_KIBIBYTES: Final = 65_536
PASSES: Final = 3
# Bcrypt reads no further; a longer password would match one that only begins alike.
BCRYPT_BYTES: Final = 72
SITE_NAME: Final = "carebase"
GENERATED_BYTES: Final = 18

# What lists of leaked passwords are made of, without the digits and signs people add to reach a length.
COMMON: Final = frozenset({
    "abc", "abcd", "abcdef", "abcdefg", "abcdefgh", "abcdefghij", "admin", "administrateur", "administrator",
    "adminadmin", "aqwzsx", "azerty", "azertyuiop", "baseball", "basketball", "bienvenue", "bonjour", "carebase",
    "changeme", "chocolat", "cliniccare", "clinique", "computer", "default", "docteur", "doctor", "dragon", "football",
    "hello", "helloworld", "hopital", "hospital", "iloveyou", "infirmier", "infirmiere", "internet", "jetaime",
    "letmein", "login", "loulou", "marseille", "master", "medecin", "medical", "medicine", "michael", "monkey",
    "motdepasse", "nurse", "nopassword", "pass", "passe", "passpass", "password", "passw", "patient",
    "pokemon", "princess", "princesse", "qazwsx", "qazwsxedc", "qwert", "qwerty", "qwertyuiop", "qwertz", "qwertzuiop",
    "root", "sante", "secret", "shadow", "soleil", "starwars", "summer", "sunshine", "superman", "test", "testtest",
    "testing", "trustno", "user", "welcome", "winter", "zxcvbn", "zxcvbnm", "asdfgh", "asdfghjkl", "qqww",
})  # fmt: skip
SEQUENCES: Final = (
    "01234567890123456789",
    "09876543210987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertzuiopasdfghjklyxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "a1b2c3d4e5f6g7h8i9j0",
)
LEET: Final = str.maketrans("0134578@$!€", "oieastbasie")


def check(password: str, *, email: str) -> None:
    """Nothing when the password may be used, else WeakPassword with the reasons.

    Characters are counted, whatever they are; no kind of character is asked for.
    """
    reasons = []
    if not SHORTEST <= len(password) <= LONGEST:
        reasons.append("length")
    if _is_common(password):
        reasons.append("common")
    if _is_personal(password, email=email):
        reasons.append("personal")
    if reasons:
        raise refused.WeakPassword(
            reasons,
            details=f"Use {SHORTEST} characters or more, not a well-known password and not your address.",
        )


def _is_common(password: str) -> bool:
    lower = _folded(password)
    letters = re.sub(r"[^a-z]", "", lower.strip("0123456789!?.*#@$&%+-_ "))
    replaced = re.sub(r"[^a-z]", "", lower.translate(LEET).strip("!?.*#@$&%+-_ "))
    unlettered = re.sub(r"[^a-z]", "", lower.rstrip("0123456789!?.*#@$&%+-_ ").translate(LEET))
    return (
        len(set(lower)) < 5
        or {letters, replaced, unlettered} & COMMON != set()
        or any(lower in sequence for sequence in SEQUENCES)
        or _is_repetition(lower)
    )


def _is_repetition(text: str) -> bool:
    # A text that occurs in its own double before its end is a shorter one said again.
    return len(text) > 1 and (text + text).find(text, 1) <= len(text) // 2


def _is_personal(password: str, *, email: str) -> bool:
    lower = _folded(password)
    name, _, place = email.lower().partition("@")
    known = {name, *re.split(r"[._+-]", name), place.split(".")[0], SITE_NAME}
    return any(len(word) >= 4 and word in lower and len(lower) - len(word) < 6 for word in known)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def generate() -> str:
    """A password that nobody guesses, for an account made by an administrator."""
    return secrets.token_urlsafe(GENERATED_BYTES)


class Passwords:
    """Hashes and compares in its own threads; `close` ends them."""

    def __init__(self, *, memory_kibibytes: int = MEMORY_KIBIBYTES, passes: int = PASSES) -> None:
        self._argon2 = Argon2Hasher(memory_cost=memory_kibibytes, time_cost=passes)
        self._hasher = PasswordHash((self._argon2, BcryptHasher(rounds=12)))
        self._waiting = 0
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="password")
        # Compared with when there is no account, so that the answer takes as long.
        self._nobodys = self._hasher.hash(secrets.token_bytes(32))

    def close(self) -> None:
        """End the threads after what they are doing."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        return await self._in_thread(self._hasher.hash, _bytes(password))

    async def verify(self, password: str, kept: str | None) -> bool:
        """Whether this is the password whose hash is kept; as slow as ever when none is."""
        return await self._in_thread(self._is_right, password, kept)

    def is_outdated(self, kept: str) -> bool:
        """Whether a right password should be hashed again, stronger."""
        return not self._argon2.identify(kept) or self._argon2.check_needs_rehash(kept)

    def _is_right(self, password: str, kept: str | None) -> bool:
        given = _bytes(password)
        if kept is None or len(password) > LONGEST or (BcryptHasher.identify(kept) and len(given) > BCRYPT_BYTES):
            self._hasher.verify(given[:LONGEST], self._nobodys)
            return False
        try:
            return self._hasher.verify(given, kept)
        except UnknownHashError:
            return False

    async def _in_thread(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        if self._waiting >= MOST_WAITING:
            raise errors.Unavailable(hint="Many people are signing in; try again.", retry_after_seconds=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))
        finally:
            self._waiting -= 1


def _bytes(password: str) -> bytes:
    # The same characters may be typed as other code points on another keyboard; nothing else is changed.
    return unicodedata.normalize("NFC", password).encode()
