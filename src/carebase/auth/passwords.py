"""Passwords: whether one is good enough, by how many guesses it takes, and its hash.

In charge of argon2id (and of bcrypt hashes brought from elsewhere) in two threads of its own: a hash
takes 64 MiB and a processor for a while, so more at once would starve everything else.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Final, ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from carebase import errors
from carebase.auth import refused

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST: Final = 10
"""Characters; NIST SP 800-63B asks for 8 with a second factor and 15 without any other measure."""
LONGEST: Final = 1024
"""Characters; far above any person's, and short enough to hash."""
HASHES_AT_ONCE: Final = 2
BEHIND_OTHERS: Final = 5
"""How nice hashing is to everything else, from 0 to 19: requests of people who are signed in go first."""
MOST_WAITING: Final = 100
"""Hashes in work and waiting; about ten seconds of work, after which nobody waits any longer."""
# The second recommended choice of RFC 9106, three passes over 64 MiB, in one lane instead of four: each is computed
# by a thread of its own, so two hashes would be eight threads against the one that answers all other requests. Who
# guesses pays the same for each guess.
MEMORY_KIBIBYTES: Final = 65_536
PASSES: Final = 3
LANES: Final = 1
# Bcrypt reads no further; a longer password would match one that only begins alike.
BCRYPT_BYTES: Final = 72
SITE_NAME: Final = "carebase"
GENERATED_BYTES: Final = 18

LONGEST_GUESSED: Final = 72
"""Characters looked at for how many guesses a password takes; more would take long to look at."""
MOST_SIGNS_FOR_LETTERS: Final = 8
"""Different ones in one password; zxcvbn tries every way to read them, which with twenty takes seconds."""
LONGEST_WITH_SIGNS: Final = 24
"""Characters looked at where there are more of them."""
FEWEST_GUESSES: Final = 3
"""Of zxcvbn's levels from 0 to 4: safely unguessable by whoever has our hashes, 10 to the 8th guesses."""
SIGNS_FOR_LETTERS: Final = frozenset("4@8({[<3691!|70$5+%2")
# Words of French keyboards and hospitals, beside the lists that zxcvbn brings, which are of English ones.
COMMON: Final = (
    "azerty", "azertyuiop", "qsdfghjklm", "wxcvbn", "aqwzsx", "bienvenue", "bonjour", "chocolat", "clinique",
    "docteur", "hopital", "infirmier", "infirmiere", "jetaime", "loulou", "marseille", "medecin", "medecine",
    "motdepasse", "passe", "patient", "patiente", "princesse", "sante", "secret", "soleil", "doudou", "coucou",
    "nicolas", "camille", "ordinateur", "administrateur", "administrator", "changeme", "hospital", "doctor",
    "nurse", "medical", "medicine",
)  # fmt: skip


def check(password: str, *, email: str, shortest: int = SHORTEST) -> None:
    """Nothing when the password may be used, else WeakPassword with the reasons.

    Characters are counted, whatever they are; no kind of character is asked for. It takes some milliseconds;
    `Passwords.check` does it beside the loop.
    """
    reasons = []
    if not shortest <= len(password) <= LONGEST:
        reasons.append("length")
    elif _is_common(password, email=email):
        reasons.append("common")
    if _is_personal(password, email=email):
        reasons.append("personal")
    if reasons:
        raise refused.WeakPassword(
            reasons,
            details=f"Use {shortest} characters or more, not a well-known password and not your address.",
        )


def _is_common(password: str, *, email: str) -> bool:
    known = [*COMMON, *sorted(_names(email))]
    # Both ways of writing it: accents hide nothing from whoever guesses.
    written = {_looked_at(password), _looked_at(_folded(password))}
    return any(not text or zxcvbn(text, user_inputs=known)["score"] < FEWEST_GUESSES for text in written)


def _looked_at(text: str) -> str:
    """The beginning of the text that is looked at; a shorter one where many signs may stand for letters."""
    is_slow = len(set(text) & SIGNS_FOR_LETTERS) > MOST_SIGNS_FOR_LETTERS
    return text[: LONGEST_WITH_SIGNS if is_slow else LONGEST_GUESSED]


def _is_personal(password: str, *, email: str) -> bool:
    lower = _folded(password)
    return any(len(word) >= 4 and word in lower and len(lower) - len(word) < 6 for word in _names(email))


def _names(email: str) -> set[str]:
    name, _, place = email.lower().partition("@")
    return {word for word in (name, *re.split(r"[._+-]", name), place.split(".")[0], SITE_NAME) if word}


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def generate() -> str:
    """A password that nobody guesses, for an account made by an administrator."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def _give_way() -> None:
    """Have this thread use what processors have left over, where the system can tell threads apart."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND_OTHERS)


@cache
def _nobodys_hash(memory_kibibytes: int, passes: int) -> str:
    hasher = Argon2Hasher(memory_cost=memory_kibibytes, time_cost=passes, parallelism=LANES)
    return hasher.hash(secrets.token_bytes(32))


class Passwords:
    """Hashes and compares in its own threads; `close` ends them."""

    def __init__(self, *, memory_kibibytes: int = MEMORY_KIBIBYTES, passes: int = PASSES) -> None:
        self._argon2 = Argon2Hasher(memory_cost=memory_kibibytes, time_cost=passes, parallelism=LANES)
        self._hasher = PasswordHash((self._argon2, BcryptHasher(rounds=12)))
        self._waiting = 0
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="password", initializer=_give_way)
        # Compared with when there is no account, so that the answer takes as long.
        self._nobodys = _nobodys_hash(memory_kibibytes, passes)

    def close(self) -> None:
        """End the threads after what they are doing."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def check(self, password: str, *, email: str, shortest: int) -> None:
        """Nothing when the password may be used, else WeakPassword with the reasons."""
        await self._in_thread(check, password, email=email, shortest=shortest)

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
