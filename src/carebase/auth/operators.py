"""Who administers accounts: a key of the deployment, a person who is an administrator, or the command line.

In charge of who is let in on the routes of administration and of who speaks in what they put on record. Whether a
person is an administrator is asked of the database (`private.is_admin`), second factor included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from starlette.requests import Request

from carebase import errors
from carebase.audit import log as audit
from carebase.auth import accounts, admin_refused, api_keys, refused, requests
from carebase.auth.callers import Caller
from carebase.auth.tokens import Tokens
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login
from carebase.database.session import Session

SQL = queries.beside(__file__)

SHOWN_OF_HASH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whoever administers."""

    identity: Identity | None
    """None for the command line."""
    caller: Caller

    @property
    def person_id(self) -> UUID | None:
        """The account of a person, None for a key and for the command line."""
        return None if self.identity is None else self.identity.user_id

    def demand_key(self) -> None:
        """ServiceKeyNeeded for a person: who administers accounts does not come in as their holders."""
        if self.person_id is not None:
            raise admin_refused.ServiceKeyNeeded

    async def record(self, session: Session, action: str, user_id: UUID | str, **details: object) -> None:
        """Put what was done to an account on record, under the name of whoever did it."""
        await self.record_of(session, action, accounts.USERS, key=str(user_id), **details)

    async def record_of(self, session: Session, action: str, relation: str, *, key: str, **details: object) -> None:
        """The same for a row of another table."""
        await self.speak(session)
        await audit.record(
            session,
            action,
            relation,
            keys=[key],
            request_id=self.caller.request_id,
            details={"by": self.name, "address": self.caller.address, **details},
        )

    async def speak(self, session: Session) -> None:
        """Say who acts in what the transaction puts on record, where it is a person."""
        if self.identity is not None and (person := self.person_id) is not None:
            await accounts.speak_as(session, person, accounts.session_id_of(self.identity))

    @property
    def name(self) -> str:
        """As what it acts: the command line, an administrator, or a key by the beginning of its hash."""
        if self.identity is None:
            return "command line"
        if self.person_id is not None:
            return "administrator"
        hashed = self.identity.claims.get("key_sha256")
        return "service key" if hashed is None else f"service key {hashed[:SHOWN_OF_HASH]}"


COMMAND_LINE: Final = Operator(identity=None, caller=Caller(address=None))


async def admit(request: Request) -> Operator:
    """Who asks on a route of administration; NoAuthorization, BadToken, BadKey, NotOperator.

    The bearer's token decides; a key in the header `apikey` counts where there is none.
    """
    tokens = cast(Tokens, request.app.state.tokens)
    bearer, key = requests.bearer_token(request), request.headers.get("apikey")
    if bearer is not None and not api_keys.is_key_twice(bearer, key):
        identity = _of_bearer(tokens, bearer)
    elif key is not None:
        identity = _of_key(tokens, key)
    else:
        raise refused.NoAuthorization
    match identity.role:
        case Role.ANON:
            raise admin_refused.NotOperator
        case Role.SERVICE:
            await _check_key(request, identity)
        case Role.AUTHENTICATED:
            await _check_person(request, identity)
    return Operator(identity=identity, caller=requests.caller_of(request))


def _of_bearer(tokens: Tokens, bearer: str) -> Identity:
    try:
        return tokens.verify(bearer)
    except errors.NotSignedIn:
        # Clients of GoTrue sign such keys themselves, mostly without an end.
        pass
    try:
        return tokens.verify_operator(bearer)
    except errors.NotSignedIn as error:
        raise refused.BadToken(details=error.hint) from error


def _of_key(tokens: Tokens, key: str) -> Identity:
    try:
        return api_keys.identity_of(tokens, key)
    except errors.NotSignedIn as error:
        raise refused.BadKey from error


async def _check_key(request: Request, identity: Identity) -> None:
    async with requests.accounts_of(request).begin() as session:
        is_good = await api_keys.is_good(session, identity)
    if not is_good:
        raise refused.BadKey


async def _check_person(request: Request, identity: Identity) -> None:
    pool = request.app.state.pools[Login.AUTHENTICATOR]
    try:
        async with sessions.begin(pool, identity, read_only=True) as session:
            is_admin = await session.value(SQL["is_admin"])
    except errors.NotSignedIn as error:
        raise refused.SessionNotFound from error
    if not is_admin:
        raise admin_refused.NotOperator
    requests.note_activity(request, identity)
