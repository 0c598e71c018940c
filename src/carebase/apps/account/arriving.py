"""What every page of accounts does alike: who is there, how a session comes into the browser and leaves it.

In charge of the cookies a sign-in leaves behind, of the mark by which a browser is known again, of forms that did
not come from our own pages, and of leading people to prove themselves again.
"""

from __future__ import annotations

import dataclasses
import secrets
from typing import Annotated, Final, cast
from urllib.parse import urlencode

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.auth import accounts, captcha, continuing, factors_refused, refused, requests, signing_out, standing
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.devices import Scope
from carebase.auth.opening import Opened
from carebase.auth.standing import Owed
from carebase.auth.tokens import Tokens
from carebase.database.identity import ANONYMOUS, Identity
from carebase.web import cookies, csrf, failures, messages, rendering, signed_in, zones
from carebase.web.messages import Reader

LONGEST_FIELD: Final = 1024
DEVICE_DAYS: Final = 400
DEVICE_BYTES: Final = 32
FIRST_PAGE: Final = "/"
SECOND_FACTOR: Final = signed_in.SECOND_FACTOR

Field = Annotated[str, Form(max_length=LONGEST_FIELD)]
NextField = Annotated[str, Form(alias="next", max_length=LONGEST_FIELD)]

TOO_OLD: Final = (
    factors_refused.ProofTooOld,
    factors_refused.SecondFactorNeeded,
    refused.NotFresh,
    refused.SecondFactorNeeded,
    refused.CurrentPasswordNeeded,
)
"""What is refused until the person has proven again who it is."""


async def _of_our_own(request: Request, form_token: Field = "") -> None:
    csrf.check_origin(request)
    csrf.check_token(request, form_token)


async def _counted(request: Request) -> None:
    requests.spend_request(request, ANONYMOUS)


OwnForm = Depends(_of_our_own)
"""Refuses a form that another site sends in a person's name."""
Counted = Depends(_counted)
"""Counts a request of somebody who is not signed in against the address."""


def means_of(request: Request) -> Accounts:
    """By what accounts are served."""
    return requests.accounts_of(request)


def renderer_of(request: Request) -> rendering.Renderer:
    """What makes pages."""
    return cast(rendering.Renderer, request.app.state.renderer)


def reader_of(request: Request) -> Reader:
    """The sentences in the language of this request."""
    return renderer_of(request).reader(request)


def caller_of(request: Request) -> Caller:
    """From where the account is used; a browser that is here for the first time gets its mark now."""
    return dataclasses.replace(requests.caller_of(request), device=_device_of(request))


async def check_captcha(request: Request) -> None:
    """CaptchaFailed where the operator has chosen a service that tells people from programs, and it has not said yes.

    Its word comes along in the form, from the widget on the page.
    """
    widget = renderer_of(request).widget
    word = None if widget is None else (await request.form()).get(widget.field)
    given = {"gotrue_meta_security": {"captcha_token": word}}
    await captcha.check(request.app.state.settings, given, caller=requests.caller_of(request))


async def entered(request: Request, opened: Opened, *, to: str) -> Response:
    """Into the browser with the new session, in place of the one it may have had.

    The pages speak the account's language and show times in its zone from here on, whoever used the browser before.
    """
    answer = RedirectResponse(to, status_code=303)
    held = cookies.read(request)
    keep(request, answer, opened)
    user = opened.account.user
    if user.language is not None:
        messages.keep(request, answer, language=user.language)
    zones.keep(request, answer, zone=user.time_zone)
    if held is not None:
        await end(request, held)
    return answer


def keep(request: Request, answer: Response, opened: Opened) -> None:
    """Give the browser the session's tokens, and its mark where it has none."""
    cookies.keep(request, answer, cookies.SessionTokens(access=opened.access_token, refresh=opened.refresh_token))
    mark(request, answer)


def mark(request: Request, answer: Response) -> None:
    """Give the browser its mark where it has none."""
    if requests.device_of(request) is None:
        answer.set_cookie(
            cookies.name_on(request, requests.DEVICE_COOKIE),
            _device_of(request),
            max_age=DEVICE_DAYS * 24 * 3600,
            path="/",
            secure=cookies.is_secure(request),
            httponly=True,
            samesite="lax",
        )


async def end(request: Request, held: cookies.SessionTokens) -> None:
    """End the session behind the tokens for good, not only in this browser."""
    means, tokens = means_of(request), cast(Tokens, request.app.state.tokens)
    caller = signed_in.caller_of(request)
    try:
        try:
            identity = tokens.verify(held.access)
        except errors.NotSignedIn:
            # The access token ran out, the session behind it did not.
            opened = await continuing.by_refresh_token(means, held.refresh, caller=caller)
            identity = tokens.verify(opened.access_token)
        await signing_out.sign_out(means, identity, scope=Scope.LOCAL, caller=caller)
    except errors.Unavailable:
        raise
    except errors.CareError:
        # It was over already, which is what was asked for.
        return


async def left(request: Request, **query: str) -> Response:
    """To the sign-in page, with nothing left of the session in the browser or here."""
    held = cookies.read(request)
    answer = gone(failures.SIGN_IN, **query)
    cookies.forget(request, answer)
    if held is not None:
        await end(request, held)
    return answer


def gone(to: str, **query: str) -> Response:
    """On to another of our pages."""
    return RedirectResponse(f"{to}?{urlencode(query)}" if query else to, status_code=303)


async def prove_again(request: Request, identity: Identity, *, back: str) -> Response:
    """To where the person proves again who it is, and back."""
    owed = await standing.owed(means_of(request), identity)
    has_factor = owed is Owed.SHOW or accounts.level_of(identity) == "aal2"
    return gone(SECOND_FACTOR if has_factor else failures.SIGN_IN, next=back, said="again")


def _device_of(request: Request) -> str:
    kept = requests.device_of(request) or getattr(request.state, "new_device", None)
    if kept is None:
        kept = request.state.new_device = secrets.token_urlsafe(DEVICE_BYTES)
    return str(kept)
