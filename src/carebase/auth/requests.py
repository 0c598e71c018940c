"""Who is asking, and the transaction they ask in: what every route declares as its parameters.

In charge of reading credentials from a request, of the transaction that is committed before the answer
leaves, and of the record of what was read being durable before that too. A handler never chooses a role,
never commits.

    @router.get("/cases/{case_id}")
    async def read_case(case_id: str, session: ReadSession) -> CaseBody: ...
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Annotated, Final, cast
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from carebase import errors
from carebase.auth import api_keys, limits
from carebase.auth.accounts import Accounts
from carebase.auth.activity import Activity
from carebase.auth.callers import Caller
from carebase.auth.policy import Policy
from carebase.auth.tokens import Tokens
from carebase.database import refusals
from carebase.database import session as sessions
from carebase.database.identity import ANONYMOUS, Identity, Origin, Role
from carebase.database.pool import Login
from carebase.database.session import Session

UNSAFE_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_AGENT: Final = b"user-agent"
POLL: Final = (b"x-carebase-poll", b"1")
EVENT_SOURCE: Final = (b"accept", b"text/event-stream")
"""Headers of what a page does without its reader: looking for news is no use of a session."""
DEVICE_COOKIE: Final = "carebase_device"
"""Keeps a random text in a browser by which it is known again; with `__Host-` before it on HTTPS."""
LONGEST_DEVICE: Final = 100
"""Characters."""


def address_of(connection: HTTPConnection) -> str | None:
    """The address of the peer of the socket; what a header says about it is the sender's own word."""
    client = connection.scope.get("client")
    return None if client is None else _address(client[0])


@lru_cache(maxsize=4096)
def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:  # a local socket has a name or nothing here
        return None


def request_id_of(connection: HTTPConnection) -> str:
    """The request's id for the record and the log; empty where no middleware gave it one."""
    return str(connection.scope.get("state", {}).get("request_id", ""))


def origin_of(connection: HTTPConnection) -> Origin:
    """Where a request comes from, for the record."""
    names = [name for name, _ in connection.scope["headers"]]
    return Origin(
        request_id=request_id_of(connection),
        address=address_of(connection),
        agent=connection.headers["user-agent"] if _AGENT in names else None,
    )


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header, None without a bearer's."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def read_identity(connection: HTTPConnection) -> Identity:
    """Who is asking: the bearer's token, else the person signed in on the pages, else the key's role.

    ANONYMOUS without any credential; NotSignedIn when one is given that cannot be believed. The service
    key is refused: people's requests never run with it.
    """
    tokens = cast(Tokens, connection.app.state.tokens)
    kept = getattr(connection.state, "access_token", None)
    token, key = bearer_token(connection), connection.headers.get("apikey")
    if token and not api_keys.is_key_twice(token, key):
        identity = tokens.verify(token)
    elif kept:
        refuse_foreign_origin(connection)
        identity = tokens.verify(kept)
    elif key:
        identity = api_keys.identity_of(tokens, key)
    else:
        return ANONYMOUS
    if identity.role is Role.SERVICE:
        raise errors.NotSignedIn(hint="The service key is not accepted here; sign in as a person.")
    return identity


def refuse_foreign_origin(connection: HTTPConnection) -> None:
    """NotAllowed for a change that comes with our cookie from another site."""
    # A browser sends the cookie by itself, so a change must come from one of our own pages.
    if connection.scope.get("method") not in UNSAFE_METHODS:
        return
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    own = connection.headers.get("host", "").lower()
    is_foreign = (site is not None and site not in {"same-origin", "none"}) or (
        origin is not None and urlsplit(origin).netloc.lower() != own
    )
    if is_foreign:
        raise refusals.NotAllowed(hint="This request came from another site.")


def accounts_of(connection: HTTPConnection) -> Accounts:
    """The accounts of this deployment, made at the first use."""
    state = connection.app.state
    if not hasattr(state, "accounts"):
        settings = state.settings
        policy = Policy.of(settings)
        state.accounts = Accounts(state.pools, tokens=state.tokens, secret=settings.secret, policy=policy)
    return cast(Accounts, state.accounts)


def caller_of(connection: HTTPConnection) -> Caller:
    """From where an account is used, for its sessions and the record."""
    return Caller(
        address=address_of(connection),
        user_agent=connection.headers.get("user-agent"),
        request_id=request_id_of(connection),
        device=device_of(connection),
    )


def device_of(connection: HTTPConnection) -> str | None:
    """By what the browser is known again; None for programs, and for one that was not here before."""
    prefix = "__Host-" if connection.scope["scheme"] == "https" else ""
    said = connection.cookies.get(f"{prefix}{DEVICE_COOKIE}")
    return said if said and len(said) <= LONGEST_DEVICE else None


def spend_request(connection: HTTPConnection, identity: Identity) -> None:
    """Count one request against its caller: the account, else the address, and a secret key beside it."""
    state = connection.scope["app"].state
    try:
        allowance: limits.Allowance = state.allowance
    except AttributeError:
        allowance = state.allowance = limits.Allowance(state.settings.requests_per_minute)
    claims = identity.claims
    if identity.role is Role.AUTHENTICATED:
        allowance.take(claims["sub"])
        return
    # Everybody has a publishable key, and a secret one may be made up: it is looked for later.
    allowance.take(limits.caller_at(address_of(connection)))
    if identity.role is Role.SERVICE and (key := claims.get("key_sha256")) is not None:
        allowance.take(key)


def spend_of_bearer(connection: HTTPConnection) -> None:
    """The same where who is asking is told only later: the person of a token that is ours, else the address."""
    token, identity = bearer_token(connection), ANONYMOUS
    if token is not None:
        try:
            identity = cast(Tokens, connection.app.state.tokens).verify(token)
        except errors.NotSignedIn:
            # Tokens that are made up cost their maker as much as any request.
            identity = ANONYMOUS
    spend_request(connection, identity)


def note_activity(connection: HTTPConnection, identity: Identity) -> None:
    """Note that a person uses the session, unless the page does that by itself."""
    if identity.role is not Role.AUTHENTICATED or POLL in connection.scope["headers"]:
        return
    activity: Activity | None = getattr(connection.scope["app"].state, "activity", None)
    if activity is not None:
        activity.note(identity.claims["session_id"])


async def identity_for_request(request: Request) -> Identity:
    """Who is asking, ANONYMOUS included; TooMany when the caller's allowance is used up."""
    try:
        identity = read_identity(request)
    except errors.NotSignedIn:
        # Tokens that are made up cost their maker as much as any request.
        spend_request(request, ANONYMOUS)
        raise
    spend_request(request, identity)
    if EVENT_SOURCE not in request.scope["headers"]:
        note_activity(request, identity)
    return identity


RequestIdentity = Annotated[Identity, Depends(identity_for_request)]


async def signed_in_identity_for_request(identity: RequestIdentity) -> Identity:
    """The person who is asking; NotSignedIn when it is nobody."""
    if identity.role is not Role.AUTHENTICATED:
        raise errors.NotSignedIn
    return identity


SignedInIdentity = Annotated[Identity, Depends(signed_in_identity_for_request)]


@asynccontextmanager
async def open_session(
    connection: HTTPConnection, identity: Identity, *, read_only: bool = False
) -> AsyncIterator[Session]:
    """A transaction as `identity`: committed and its reads on record when the block ends.

    For work that outlives the handler (server-sent events, a streamed body); other handlers declare
    RequestSession or ReadSession.
    """
    state = connection.app.state
    origin = origin_of(connection)
    begun = sessions.begin(state.pools[Login.AUTHENTICATOR], identity, read_only=read_only, origin=origin)
    reads: Session | None = None
    try:
        async with begun as session:
            reads = session
            yield session
    finally:
        # A read that ended in an error has still shown rows to our code, and an error may tell of them.
        if reads is not None and reads.reads:
            await state.gate.release(tuple(reads.reads), identity=identity, origin=origin)


async def session_for_request(request: Request, identity: SignedInIdentity) -> AsyncIterator[Session]:
    """The transaction of this request, as the person who is asking."""
    async with open_session(request, identity) as session:
        yield session


async def read_session_for_request(request: Request, identity: SignedInIdentity) -> AsyncIterator[Session]:
    """The same, in which PostgreSQL refuses every change."""
    async with open_session(request, identity, read_only=True) as session:
        yield session


# With the scope of a function it is committed before the answer is sent; with the default scope a client
# would read 201 and a commit that failed afterwards would be seen by nobody.
RequestSession = Annotated[Session, Depends(session_for_request, scope="function")]
ReadSession = Annotated[Session, Depends(read_session_for_request, scope="function")]
