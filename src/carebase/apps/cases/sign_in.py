"""Signing in to the pages and out again."""

from __future__ import annotations

from typing import Annotated, Final, cast

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.apps.cases.views import SignInView
from carebase.auth import continuing, refused, signing_in, signing_out
from carebase.auth.accounts import Accounts
from carebase.auth.devices import Scope
from carebase.auth.tokens import Tokens
from carebase.web import cookies, csrf, failures, rendering, signed_in

LONGEST_FIELD: Final = 1024
Field = Annotated[str, Form(max_length=LONGEST_FIELD)]

NextField = Annotated[str, Form(alias="next", max_length=LONGEST_FIELD)]

router = APIRouter(include_in_schema=False)


@router.get(failures.SIGN_IN)
async def sign_in_page(request: Request) -> Response:
    """The form."""
    return _form(request, next_address=failures.safe_next(request.query_params.get("next")))


@router.post(failures.SIGN_IN)
async def sign_in(
    request: Request, *, form_token: Field = "", email: Field = "", password: Field = "", next_address: NextField = ""
) -> Response:
    """Open a session and keep it in cookies; the form again when that is refused."""
    csrf.check_origin(request)
    csrf.check_token(request, form_token)
    renderer = cast(rendering.Renderer, request.app.state.renderer)
    accounts = cast(Accounts, request.app.state.accounts)
    address = failures.safe_next(next_address)
    try:
        opened = await signing_in.by_password(accounts, email, password, caller=signed_in.caller_of(request))
    except (refused.InvalidCredentials, refused.Banned):
        # Both look the same here: who may sign in is told to nobody else.
        return _form(
            request,
            next_address=address,
            email=email,
            problem=renderer.reader(request)("sign-in-refused"),
            status=400,
        )
    answer = RedirectResponse(address, status_code=303)
    cookies.keep(request, answer, cookies.SessionTokens(access=opened.access_token, refresh=opened.refresh_token))
    return answer


@router.post("/logout")
async def sign_out(request: Request, form_token: Field = "") -> Response:
    """End the session for good, not only in this browser."""
    csrf.check_origin(request)
    csrf.check_token(request, form_token)
    held = cookies.read(request)
    answer = RedirectResponse(failures.SIGN_IN, status_code=303)
    cookies.forget(request, answer)
    if held is not None:
        await _end(request, held)
    return answer


async def _end(request: Request, held: cookies.SessionTokens) -> None:
    accounts, tokens = cast(Accounts, request.app.state.accounts), cast(Tokens, request.app.state.tokens)
    caller = signed_in.caller_of(request)
    try:
        try:
            identity = tokens.verify(held.access)
        except errors.NotSignedIn:
            # The access token ran out, the session behind it did not.
            opened = await continuing.by_refresh_token(accounts, held.refresh, caller=caller)
            identity = tokens.verify(opened.access_token)
        await signing_out.sign_out(accounts, identity, scope=Scope.LOCAL, caller=caller)
    except errors.Unavailable:
        raise
    except errors.CareError:
        # It was over already, which is what was asked for.
        return


def _form(
    request: Request, *, next_address: str, email: str = "", problem: str | None = None, status: int = 200
) -> Response:
    renderer = cast(rendering.Renderer, request.app.state.renderer)
    view = SignInView(email=email, next_address=next_address, problem=problem)
    return renderer.page(request, "cases/sign_in.html", view=view, status=status, is_signed_in=False)
