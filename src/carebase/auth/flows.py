"""Sign-ins that a client began and will end: the code it exchanges for a session (RFC 7636).

In charge of the code being good once, for a few minutes and for the client alone whose verifier hashes to the
challenge; of SHA-256 being the only way to hash; and of keeping the code nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from carebase.auth import refused
from carebase.auth.tokens import SignedIn
from carebase.database import queries
from carebase.database.session import Session
from carebase.errors import CareError

SQL = queries.beside(__file__)

CODE_BYTES: Final = 32
CODE_MINUTES: Final = 5
# Base64url of the 32 bytes of a SHA-256.
CHALLENGE_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER_FORM: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
LONGEST_CODE: Final = 256


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Who is proven by the code, and by what."""

    id: UUID
    user_id: UUID
    authentication_method: str
    amr: Sequence[Mapping[str, Any]]
    code_challenge: str
    is_over: bool

    @property
    def proofs(self) -> list[SignedIn]:
        """By what means the person was proven before the code was given."""
        return [SignedIn(method=str(entry["method"]), timestamp=int(entry["timestamp"])) for entry in self.amr]


def challenge_of(given: Mapping[str, object]) -> str | None:
    """The challenge a client sends along, None without one; NotValid unless it is one by SHA-256."""
    challenge, method = given.get("code_challenge") or None, given.get("code_challenge_method") or None
    if challenge is None and method is None:
        return None
    if not isinstance(challenge, str) or not isinstance(method, str):
        raise refused.NotValid(details="PKCE flow requires code_challenge_method and code_challenge")
    if method.lower() != "s256":
        raise refused.NotValid(details="code_challenge_method has to be s256")
    if not CHALLENGE_FORM.fullmatch(challenge):
        raise refused.NotValid(details="code_challenge has to be a SHA-256 in base64url, 43 characters")
    return challenge


async def begin(
    session: Session, *, user_id: UUID | None, provider: str, method: str, challenge: str, minutes: int = 60
) -> UUID:
    """The id of a sign-in that waits for its link to be opened; `challenge` has come from `challenge_of`."""
    flow_id: UUID = await session.value(
        SQL["begin"], user_id=user_id, provider=provider, method=method, challenge=challenge, minutes=minutes
    )
    return flow_id


async def issue_code(session: Session, flow_id: UUID, user_id: UUID, *, proofs: Sequence[SignedIn]) -> str | None:
    """The code for the client that began; None when the sign-in is over or has had one."""
    code = secrets.token_urlsafe(CODE_BYTES)
    issued = await session.value(
        SQL["issue"],
        flow_id=flow_id,
        user_id=user_id,
        code_sha256=_sha256(code),
        amr=json.dumps([proof.as_claim for proof in proofs]),
        minutes=CODE_MINUTES,
    )
    return None if issued is None else code


async def exchange(session: Session, code: str, verifier: str) -> Exchanged | CareError:
    """Who is proven by code and verifier, else the refusal to raise once the transaction is durable.

    A code that comes with a wrong verifier is somebody else's by then, so it is over as well.
    """
    if not code.isascii() or len(code) > LONGEST_CODE:
        return refused.FlowNotFound()
    found = await session.maybe(SQL["exchange"], Exchanged, code_sha256=_sha256(code))
    if found is None:
        return refused.FlowNotFound()
    if found.is_over:
        return refused.FlowExpired()
    return found if is_answered(found.code_challenge, verifier) else refused.BadVerifier()


def is_answered(challenge: str, verifier: str) -> bool:
    """Whether the verifier hashes to the challenge.

    >>> is_answered("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    True
    """
    if not VERIFIER_FORM.fullmatch(verifier):
        return False
    hashed = base64.urlsafe_b64encode(_sha256(verifier)).rstrip(b"=")
    return hmac.compare_digest(hashed, challenge.encode())


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
