"""The pages by which people come in and go: password, printed code, second factor, signing out."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, by_mail, first_run, providers, wording
from carebase.apps.account.arriving import Counted, Field, NextField, OwnForm
from carebase.apps.account.views import Form, Mistake, Option, PaperSignInView, SecondFactorView, SignInView, Way
from carebase.auth import factors, own_account, paper_sign_in, refused, signing_in
from carebase.auth.requests import SignedInIdentity
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.web import failures
from carebase.web.messages import Reader

NOTICES: Final = frozenset({"idle", "again", "out", "provider", "factor-removed"})

router = APIRouter(include_in_schema=False)


@router.get(failures.SIGN_IN, dependencies=[Counted])
async def sign_in_page(request: Request) -> Response:
    """The form."""
    return await _sign_in_form(request, Form(), to=failures.safe_next(request.query_params.get("next")))


@router.post(failures.SIGN_IN, dependencies=[Counted, OwnForm])
async def sign_in(
    request: Request, *, email: Field = "", password: Field = "", next_address: NextField = ""
) -> Response:
    """Open a session and keep it in cookies; the form again when that is refused."""
    means, t, to = arriving.means_of(request), arriving.reader_of(request), failures.safe_next(next_address)
    is_number = means.policy.is_phone_allowed and "@" not in email
    come_in = signing_in.by_phone if is_number else signing_in.by_password
    try:
        await arriving.check_captcha(request)
        opened = await come_in(means, email, password, caller=arriving.caller_of(request))
    except CareError as error:
        # What is no address has no account either, and is answered like one that has none.
        said = refused.InvalidCredentials() if isinstance(error, refused.NotValid) else error
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, said, field="email"))
        return await _sign_in_form(request, form, to=to, status=error.status if error.status == 429 else 400)
    return await arriving.entered(request, opened, to=to)


@router.get("/login/code", dependencies=[Counted])
async def paper_page(request: Request) -> Response:
    """The form for a printed code."""
    return _paper_form(request, Form(), to=failures.safe_next(request.query_params.get("next")))


@router.post("/login/code", dependencies=[Counted, OwnForm])
async def come_by_paper(
    request: Request, *, name: Field = "", code: Field = "", next_address: NextField = ""
) -> Response:
    """Open a session for a printed code."""
    t, to = arriving.reader_of(request), failures.safe_next(next_address)
    try:
        await arriving.check_captcha(request)
        opened = await paper_sign_in.by_code(arriving.means_of(request), name, code, caller=arriving.caller_of(request))
    except refused.InvalidCredentials:
        form = Form(values={"name": name}, mistakes=(Mistake(field="name", text=t("refusal-paper")),))
        return _paper_form(request, form, to=to, status=400)
    except CareError as error:
        form = Form(values={"name": name}, mistakes=wording.mistakes(t, error, field="name"))
        return _paper_form(request, form, to=to, status=error.status)
    return await arriving.entered(request, opened, to=to)


@router.get(arriving.SECOND_FACTOR)
async def second_factor_page(request: Request, identity: SignedInIdentity) -> Response:
    """The question for the second factor."""
    return await _second_factor_form(request, identity, Form(), to=failures.safe_next(request.query_params.get("next")))


@router.post(arriving.SECOND_FACTOR, dependencies=[OwnForm])
async def show_second_factor(
    request: Request, identity: SignedInIdentity, *, factor: Field = "", code: Field = "", next_address: NextField = ""
) -> Response:
    """Raise the session by a code."""
    to, t = failures.safe_next(next_address), arriving.reader_of(request)
    try:
        opened = await factors.challenge_and_verify(
            arriving.means_of(request),
            identity,
            factor_id=_id(factor),
            code=code,
            caller=arriving.caller_of(request),
        )
    except CareError as error:
        form = Form(values={"factor": factor}, mistakes=wording.mistakes(t, error, field="code"))
        return await _second_factor_form(
            request, identity, form, to=to, status=error.status if error.status == 429 else 400
        )
    answer = arriving.gone(to)
    arriving.keep(request, answer, opened)
    return answer


@router.post("/logout", dependencies=[OwnForm])
async def sign_out(request: Request) -> Response:
    """End the session for good, not only in this browser."""
    return await arriving.left(request)


async def _sign_in_form(request: Request, form: Form, *, to: str, status: int = 200) -> Response:
    t, policy = arriving.reader_of(request), arriving.means_of(request).policy
    said = request.query_params.get("said", "")
    view = SignInView(
        form=form,
        next_address=to,
        notice=t(f"sign-in-said-{said}") if said in NOTICES and request.method == "GET" else None,
        name_label=t("sign-in-email-or-phone" if policy.is_phone_allowed else "sign-in-email"),
        ways=await _ways(request, t, to=to, is_open=policy.is_sign_up_open),
    )
    return arriving.renderer_of(request).page(
        request, "account/sign_in.html", view=view, status=status, is_signed_in=False, asks_person=True
    )


async def _ways(request: Request, t: Reader, *, to: str, is_open: bool) -> tuple[Way, ...]:
    onward = f"?{urlencode({'next': to})}"
    ways = [
        *providers.ways(request, t, to=to),
        Way(address=f"{by_mail.PAGE}{onward}", text=t("sign-in-by-mail")),
        Way(address=f"/login/code{onward}", text=t("sign-in-by-paper")),
        Way(address="/forgot", text=t("sign-in-forgot")),
    ]
    if is_open:
        ways.append(Way(address="/register", text=t("sign-in-register")))
    if await first_run.is_offered(request):
        ways.append(Way(address=first_run.PAGE, text=t("first-run-link")))
    return tuple(ways)


def _paper_form(request: Request, form: Form, *, to: str, status: int = 200) -> Response:
    view = PaperSignInView(form=form, next_address=to)
    return arriving.renderer_of(request).page(
        request, "account/paper_sign_in.html", view=view, status=status, is_signed_in=False, asks_person=True
    )


async def _second_factor_form(
    request: Request, identity: Identity, form: Form, *, to: str, status: int = 200
) -> Response:
    t = arriving.reader_of(request)
    account = await own_account.read(arriving.means_of(request), identity)
    verified = [one for one in account.factors if one.status == "verified"]
    if not verified:
        return arriving.gone(to)
    chosen = form.value_of("factor")
    is_known = any(str(one.id) == chosen for one in verified)
    options = tuple(
        Option(
            value=str(one.id),
            text=one.friendly_name or t(f"factor-kind-{one.factor_type}"),
            is_selected=str(one.id) == chosen or (not is_known and position == 0),
        )
        for position, one in enumerate(verified)
    )
    is_again = request.query_params.get("said") == "again" and request.method == "GET"
    view = SecondFactorView(
        form=form, next_address=to, notice=t("second-factor-again") if is_again else None, factors=options
    )
    return arriving.renderer_of(request).page(
        request, "account/second_factor.html", view=view, status=status, is_signed_in=False
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
