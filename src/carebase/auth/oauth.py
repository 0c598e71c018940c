"""A sign-in at an outside provider, from the browser's leaving to its coming back.

In charge of it ending where it began: in the browser that holds the cookie, once, within minutes, at the provider
it was begun with. It ends in a code for the client that began or in a session, always at aal1: whoever needs a
second factor is asked for it afterwards.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carebase.auth import accounts, flows, levels, methods, oauth_accounts, oauth_refused, opening, redirects
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.oauth_accounts import Proven
from carebase.auth.oauth_issuers import Issuer
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.observability import Log

SQL = queries.beside(__file__)
LOG = Log("auth")

FLOW_MINUTES: Final = 10
SECRET_BYTES: Final = 32
BROWSER_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""Of the cookie's value."""
WISHES: Final = ("prompt", "login_hint", "ui_locales", "hd", "acr_values")
"""What a client may say to the provider; the rest of the address is ours."""
LONGEST_WISH: Final = 300
ERROR_FORM: Final = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where the browser goes, and the cookie it has to come back with."""

    address: str
    browser: str
    flow_id: UUID

    def __repr__(self) -> str:
        return "Begun()"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An identity that is about to become a way into an account, once the person at the browser has agreed."""

    provider_type: str
    nonce: str
    provider_verifier: str
    holder: str
    """The account's address or number."""

    def __repr__(self) -> str:
        return f"Waiting({self.provider_type})"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that has come back; nobody else can end it any more."""

    id: UUID
    provider_type: str
    code_challenge: str | None
    nonce: str
    provider_verifier: str
    referrer: str
    linking_target_id: UUID | None

    def __repr__(self) -> str:
        return f"Flow({self.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider sent the browser back with."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None


async def begin(
    means: Accounts,
    issuer: Issuer,
    *,
    redirect_to: str | None,
    challenge: str | None,
    browser: str | None,
    wishes: Mapping[str, str],
    linking: Identity | None = None,
) -> Begun:
    """Begin a sign-in; with `linking` the identity becomes a way into that account, which has to be proven anew.

    `browser` is the cookie that came along; `challenge` has come from `flows.challenge_of`.
    """
    if browser is None or not BROWSER_FORM.fullmatch(browser):
        browser = secrets.token_urlsafe(SECRET_BYTES)
    nonce, verifier = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    # Asked first, so that no connection to the database waits for the provider.
    await issuer.metadata()
    async with means.begin() as session:
        target = None
        if linking is not None:
            target, held = await levels.hold(session, linking)
            levels.demand_fresh(held, linking)
        flow_id: UUID = await session.value(
            SQL["begin"],
            provider=issuer.provider.name,
            challenge=challenge,
            nonce=nonce,
            verifier=verifier,
            browser_sha256=_sha256(browser),
            referrer=redirects.allowed(means.policy, redirect_to),
            target=None if target is None else target.id,
            minutes=FLOW_MINUTES,
        )
        await session.run(SQL["clear"])
    address = await issuer.sign_in_address(
        redirect_uri=callback_address(means),
        state=str(flow_id),
        nonce=nonce,
        verifier=verifier,
        wishes={name: wishes[name][:LONGEST_WISH] for name in WISHES if wishes.get(name)},
    )
    return Begun(address=address, browser=browser, flow_id=flow_id)


async def waiting(means: Accounts, flow_id: UUID, *, browser: str) -> Waiting | None:
    """What was begun for a browser that could not be given its cookie; None when it is over or was another's."""
    async with means.begin() as session:
        return await session.maybe(SQL["waiting"], Waiting, flow_id=flow_id, browser_sha256=_sha256(browser))


async def address_of(means: Accounts, issuer: Issuer, found: Waiting, *, flow_id: UUID) -> str:
    """Where the browser goes on to with it."""
    return await issuer.sign_in_address(
        redirect_uri=callback_address(means),
        state=str(flow_id),
        nonce=found.nonce,
        verifier=found.provider_verifier,
        wishes={},
    )


async def end(
    means: Accounts, issuers: Mapping[str, Issuer], answer: Answer, *, browser: str | None, caller: Caller
) -> str:
    """The address the browser goes to next, with a code, a session or what went wrong."""
    flow = await _come_back(means, answer.state, browser=browser)
    if flow is None:
        # Whose sign-in it is nobody knows, so neither is where it wanted to go.
        return redirects.with_error(means.policy.site_address, oauth_refused.BadState())
    try:
        proven = await _proven(means, issuers, answer, flow=flow)
        return await _entered(means, flow, proven, caller=caller)
    except CareError as error:
        if error.status >= 500:
            LOG.error("provider_unavailable", cause=error.__cause__ or error, step=flow.provider_type)
        async with means.begin() as session:
            await accounts.record_refusal(session, None, reason=f"{flow.provider_type}: {error.code}", caller=caller)
        return redirects.with_error(flow.referrer, error)


def callback_address(means: Accounts) -> str:
    """Where providers send browsers back to: registered with them, so it never follows a request's host."""
    return f"{means.policy.site_address}/auth/v1/callback"


async def _come_back(means: Accounts, state: str, *, browser: str | None) -> Flow | None:
    try:
        flow_id = UUID(state)
    except ValueError:
        return None
    if browser is None or not BROWSER_FORM.fullmatch(browser):
        return None
    async with means.begin() as session:
        return await session.maybe(SQL["come_back"], Flow, flow_id=flow_id, browser_sha256=_sha256(browser))


async def _proven(means: Accounts, issuers: Mapping[str, Issuer], answer: Answer, *, flow: Flow) -> Proven:
    issuer = issuers.get(flow.provider_type)
    if issuer is None:
        raise oauth_refused.BadCallback
    # The answer of one provider must not be brought to another (RFC 9207).
    metadata = await issuer.metadata()
    if answer.issuer != issuer.provider.issuer and (answer.issuer is not None or metadata.says_issuer):
        raise oauth_refused.BadCallback
    if answer.error or not answer.code:
        said = answer.error if ERROR_FORM.fullmatch(answer.error) else "no code"
        raise oauth_refused.BadCallback(details=f"The provider did not sign the person in: {said}")
    granted = await issuer.exchange(answer.code, redirect_uri=callback_address(means), verifier=flow.provider_verifier)
    claims = await issuer.verified(
        granted.id_token,
        clients={issuer.provider.client_id},
        access_token=granted.access_token,
        nonce=flow.nonce,
    )
    claims = await issuer.with_profile(claims, access_token=granted.access_token)
    return oauth_accounts.of_claims(issuer.provider, claims)


async def _entered(means: Accounts, flow: Flow, proven: Proven, *, caller: Caller) -> str:
    proofs = [methods.proof(Method.OAUTH)]
    async with means.begin() as session:
        if flow.linking_target_id is None:
            user = await oauth_accounts.enter(session, means, proven, caller=caller)
        else:
            user = await oauth_accounts.link(session, means, proven, user_id=flow.linking_target_id, caller=caller)
        if flow.code_challenge is not None:
            code = await flows.issue_code(session, flow.id, user.id, proofs=proofs)
            if code is None:
                raise oauth_refused.BadState
            return redirects.with_code(flow.referrer, code)
        opened = await opening.open_one(session, means, user, proofs=proofs, action="sign_in", caller=caller)
        return redirects.with_tokens(flow.referrer, opened, type="oauth")


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
