"""The keys that sign access tokens and the keys that tokens are checked with.

In charge of the operator's file of keys, of which of them signs now and which still verify, and of what is told
to the world of them (JWKS). The deployment's secret always verifies (HS256) and signs where there is no other
key. What a token's header says chooses among these keys and adds none.

The file is JSON: `{"keys": [{"kty": "EC", …, "kid": "…", "alg": "ES256", "use_from": "2026-01-02T03:04:05Z",
"retire_at": "…"}]}`, each a private JWK; `retire_at` is left out while a key has no successor.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from carebase.observability import Log
from carebase.settings import BadSetting, Settings

LOG = Log("auth")

Key: TypeAlias = OctKey | RSAKey | ECKey

SECRET_ALGORITHM: Final = "HS256"  # noqa: S105 (a word of the protocol)
SETTING: Final = "CAREBASE_SIGNING_KEYS"
ALGORITHMS: Final[Mapping[str, str]] = {"ES256": "EC", "RS256": "RSA"}
"""What a key of the file may sign with, by the kind of key that it needs."""
CURVE: Final = "P-256"
PUBLIC_NUMBERS: Final = ("kty", "crv", "x", "y", "n", "e")
SHORTEST_RSA_BITS: Final = 2048
LONGEST_KID: Final = 128
LOOKED_AT_SECONDS: Final = 5.0
"""How long a change of the file may go unseen."""
OVERLAP: Final = timedelta(hours=1)
"""Beyond the life of a token, for which a key goes on verifying after its successor signs."""
ALWAYS: Final = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key of the file."""

    kid: str
    algorithm: str
    key: RSAKey | ECKey = field(repr=False)
    use_from: float
    """Seconds since 1970, from when on it signs; it verifies before, for the clocks of others."""
    retire_at: float
    """From when on it verifies nothing more."""

    @property
    def public(self) -> dict[str, Any]:
        """The key as everybody may read it."""
        known: Mapping[str, Any] = self.key.as_dict(private=False)
        numbers = {name: known[name] for name in PUBLIC_NUMBERS if name in known}
        return {**numbers, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeySet:
    """The keys in force at a time; another object as soon as another key signs or one verifies no more."""

    secret: OctKey = field(repr=False)
    signer: SigningKey | None
    """None where the secret signs."""
    verifiers: Mapping[str, SigningKey]
    """By their ids."""
    changes_at: float
    """Seconds since 1970 from when on these are no longer the keys in force."""

    def secret_header(self) -> tuple[dict[str, Any], Key, str]:
        """The header, key and algorithm of what the secret signs."""
        return {"alg": SECRET_ALGORITHM, "typ": "JWT"}, self.secret, SECRET_ALGORITHM

    def sign_with(self) -> tuple[dict[str, Any], Key, str]:
        """The header, key and algorithm that a new token is signed with."""
        if self.signer is None:
            return self.secret_header()
        algorithm = self.signer.algorithm
        return {"alg": algorithm, "typ": "JWT", "kid": self.signer.kid}, self.signer.key, algorithm

    def secret_for(self, header: Mapping[str, Any]) -> Key | None:
        """The secret for a token with this header; None where it names a key or another algorithm."""
        return self.secret if "kid" not in header and header.get("alg") == SECRET_ALGORITHM else None

    def verifier_for(self, header: Mapping[str, Any]) -> Key | None:
        """The key for a token with this header; None without one.

        The secret is for tokens that name no key. A key of the file is for its own algorithm alone, so that the
        public part of one is never taken for a secret.
        """
        kid = header.get("kid")
        if kid is None:
            return self.secret_for(header)
        found = self.verifiers.get(kid) if isinstance(kid, str) else None
        return found.key if found is not None and header.get("alg") == found.algorithm else None

    @property
    def public_jwks(self) -> dict[str, Any]:
        """The public keys, for whoever checks our tokens; the secret is none of them."""
        return {"keys": [key.public for key in self.verifiers.values()]}


class SigningKeys:
    """The keys of a deployment, following its file."""

    def __init__(self, secret: str, *, file: Path | None = None, life_seconds: int = 3600) -> None:
        self._secret = OctKey.import_key(secret.encode())
        self._file = file
        self._life_seconds = life_seconds
        self._looked_at = -math.inf
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[SigningKey, ...] = ()
        self._set = KeySet(secret=self._secret, signer=None, verifiers={}, changes_at=ALWAYS)
        if file is not None:
            self._seen = _state(file)
            self._keys = read_file(file)
            self._set = self._in_force(-math.inf)

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """The keys that the settings name; BadSetting where their file cannot be used."""
        life = settings.access_token_minutes * 60
        return cls(settings.secret, file=settings.signing_keys, life_seconds=life)

    def at(self, now: float) -> KeySet:
        """The keys in force, now being seconds since 1970."""
        if self._file is not None:
            ticks = time.monotonic()
            if ticks - self._looked_at > LOOKED_AT_SECONDS:
                self._looked_at = ticks
                self._look(self._file, now)
            if now >= self._set.changes_at:
                self._set = self._in_force(now)
        return self._set

    def _look(self, file: Path, now: float) -> None:
        try:
            state = _state(file)
            if state == self._seen:
                return
            # Remembered before it is read: a file that cannot be used is complained about once.
            self._seen = state
            self._keys = read_file(file)
        except BadSetting as error:
            # Tokens go on being checked with the keys of before; a half-written file must sign nobody out.
            LOG.error("signing_keys_not_read", cause=error)
            return
        self._set = self._in_force(now)
        LOG.info("signing_keys_read", count=len(self._keys))

    def _in_force(self, now: float) -> KeySet:
        at = time.time() if now == -math.inf else now
        good = [key for key in self._keys if key.retire_at > at]
        begun = [key for key in good if key.use_from <= at]
        # What is signed now has to be good for the whole life of a token.
        lasting = [key for key in begun if key.retire_at >= at + self._life_seconds]
        times = [
            when
            for key in self._keys
            for when in (key.use_from, key.retire_at, key.retire_at - self._life_seconds)
            if when > at
        ]
        return KeySet(
            secret=self._secret,
            signer=max(lasting, key=lambda key: key.use_from, default=None),
            verifiers={key.kid: key for key in good},
            changes_at=min(times, default=ALWAYS),
        )


def read_file(file: Path) -> tuple[SigningKey, ...]:
    """The keys of a file; BadSetting where it cannot be used or others may read it."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BadSetting(details=f"{file} can be read by others.", hint=f"Run: chmod 600 {file}")
        return of_text(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(details=f"{SETTING}: {file} cannot be read.") from error


def of_text(text: str) -> tuple[SigningKey, ...]:
    """The keys that a file says; BadSetting where it says something else.

    >>> of_text('{"keys": []}')
    ()
    """
    try:
        written = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSetting(details=f"{SETTING} is not JSON.") from error
    entries = written.get("keys") if isinstance(written, dict) else None
    if not isinstance(entries, list):
        raise BadSetting(details=f'{SETTING} is an object with a list of "keys".')
    keys = tuple(_key(entry) for entry in entries)
    if len({key.kid for key in keys}) < len(keys):
        raise BadSetting(details=f"{SETTING} names one kid twice.")
    return keys


def _key(entry: object) -> SigningKey:
    if not isinstance(entry, dict):
        raise BadSetting(details=f"{SETTING} holds something that is no key.")
    kid, algorithm = entry.get("kid"), entry.get("alg")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID or not kid.isprintable():
        raise BadSetting(details=f"{SETTING}: a key needs a kid, its name.")
    if not isinstance(algorithm, str) or ALGORITHMS.get(algorithm) != entry.get("kty"):
        raise BadSetting(details=f"{SETTING}: {kid} is no key for ES256 or RS256.")
    try:
        key: RSAKey | ECKey = RSAKey.import_key(entry) if algorithm == "RS256" else ECKey.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadSetting(details=f"{SETTING}: {kid} cannot be read as a key.") from error
    _check_strength(key, kid)
    return SigningKey(
        kid=kid,
        algorithm=algorithm,
        key=key,
        use_from=_seconds(entry.get("use_from"), kid=kid, otherwise=0.0),
        retire_at=_seconds(entry.get("retire_at"), kid=kid, otherwise=ALWAYS),
    )


def _check_strength(key: RSAKey | ECKey, kid: str) -> None:
    if not key.is_private:
        raise BadSetting(details=f"{SETTING}: {kid} has no private part and cannot sign.")
    is_short = isinstance(key, RSAKey) and key.raw_value.key_size < SHORTEST_RSA_BITS
    if is_short or (isinstance(key, ECKey) and key.curve_name != CURVE):
        raise BadSetting(details=f"{SETTING}: {kid} is not P-256 and no RSA key of {SHORTEST_RSA_BITS} bits or more.")


def _seconds(given: object, *, kid: str, otherwise: float) -> float:
    if given is None:
        return otherwise
    try:
        when = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise BadSetting(details=f"{SETTING}: {kid} has a time that is none.") from error
    if when.tzinfo is None:
        raise BadSetting(details=f"{SETTING}: {kid} has a time without its zone, such as Z.")
    return when.timestamp()


def _state(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except FileNotFoundError as error:
        raise BadSetting(details=f"{SETTING}: {file} is not there.", hint="Make it: carebase keys rotate") from error
    except OSError as error:
        raise BadSetting(details=f"{SETTING}: {file} cannot be read.") from error
    return found.st_mtime_ns, found.st_ino, found.st_size


def rotated(text: str | None, *, algorithm: str, life_seconds: int, now: Callable[[], datetime]) -> str:
    """The file with a new key that signs from now on; what signed before goes on verifying while its tokens last.

    Keys that verify nothing any more are left out. None for the text makes the first key.
    """
    at = now().astimezone(UTC)
    entries: list[dict[str, Any]] = []
    if text is not None:
        of_text(text)
        entries = json.loads(text)["keys"]
    end = at + timedelta(seconds=life_seconds) + OVERLAP
    kept = [
        {**entry, "retire_at": _iso(min(end, _when(entry.get("retire_at"), otherwise=end)))}
        for entry in entries
        if _when(entry.get("retire_at"), otherwise=end) > at
    ]
    made: RSAKey | ECKey = RSAKey.generate_key(3072) if algorithm == "RS256" else ECKey.generate_key(CURVE)
    fresh = {**made.as_dict(private=True), "kid": made.thumbprint(), "alg": algorithm, "use_from": _iso(at)}
    return json.dumps({"keys": [*kept, fresh]}, indent=2) + "\n"


def rotate(file: Path, *, algorithm: str, life_seconds: int) -> str:
    """Put a new key into the file, or make the file with it; the key's id. BadSetting where it cannot be used.

    Readers see the file of before or the new one, never half of it.
    """
    owner = None
    if file.exists():
        read_file(file)
        found = file.stat()
        owner = found.st_uid, found.st_gid
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        before = None if owner is None else file.read_text(encoding="utf-8")
        after = rotated(before, algorithm=algorithm, life_seconds=life_seconds, now=lambda: datetime.now(UTC))
        with draft.open("x", encoding="utf-8") as written:
            draft.chmod(0o600)
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                # The server, not whoever rotates, has to read it.
                os.chown(draft, *owner)
            written.write(after)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(file)
    except OSError as error:
        raise BadSetting(details=f"{SETTING}: {file} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return of_text(after)[-1].kid


def _when(given: str | None, *, otherwise: datetime) -> datetime:
    return otherwise if given is None else datetime.fromisoformat(given)


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
