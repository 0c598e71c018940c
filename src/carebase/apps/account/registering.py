"""The pages on which an account begins, is confirmed, or gets a new password by mail.

In charge of nothing being told about who has an account, and of no token staying in an address: a mail's link is
kept in a cookie of some minutes, and only a button redeems it, so that programs which open links use none up.
"""

from __future__ import annotations

from typing import Final, assert_never

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, by_mail, landing, onward, sending, wording
from carebase.apps.account.arriving import Counted, Field, OwnForm
from carebase.apps.account.views import (
    ConfirmView,
    ForgotView,
    Form,
    Mistake,
    Option,
    RegisterView,
    SaidView,
    SignedUpView,
)
from carebase.auth import links, mail_requests, proving, refused, signing_up
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.mail_requests import Again
from carebase.auth.mailing import Return
from carebase.auth.opening import Opened
from carebase.auth.proving import HalfConfirmed, VerifyType, Way
from carebase.auth.users import User
from carebase.errors import CareError
from carebase.web import cookies
from carebase.web.messages import Reader

LINK_COOKIE: Final = "carebase_link"
ASK_AGAIN: Final = "/forgot"
LINK_SECONDS: Final = 15 * 60
LONGEST_TOKEN: Final = 256
WISHED_ROLES: Final = ("patient", "attending", "nurse", "specialist")
"""What a person may ask to be; an administrator grants it or not."""
BY_CODE: Final = (VerifyType.SIGN_UP, VerifyType.RECOVERY, VerifyType.EMAIL_CHANGE, VerifyType.MAGIC_LINK)

router = APIRouter(include_in_schema=False)


@router.get("/register", dependencies=[Counted])
async def register_page(request: Request) -> Response:
    """The form of a new account."""
    return _register_form(request, Form())


@router.post("/register", dependencies=[Counted, OwnForm])
async def register(
    request: Request, *, full_name: Field = "", email: Field = "", password: Field = "", role: Field = ""
) -> Response:
    """Make an account: signed in at once, or written to, whatever the address is."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    data = {"full_name": full_name.strip() or None, "role": role if role in WISHED_ROLES else None}
    try:
        await arriving.check_captcha(request)
        made = await signing_up.by_password(
            means, email, password, data=data, ends=sending.ends(request), caller=arriving.caller_of(request)
        )
    except CareError as error:
        field = "password" if isinstance(error, refused.WeakPassword) else "email"
        form = Form(
            values={"full_name": full_name, "email": email, "role": role},
            mistakes=wording.mistakes(t, error, field=field, shortest=means.policy.shortest_password),
        )
        return _register_form(request, form, status=sending.status_of(error))
    if isinstance(made, Opened):
        return await arriving.entered(request, made, to=arriving.FIRST_PAGE)
    answer = sending.sent(request, Form(values={"email": email.strip()}), kind=VerifyType.SIGN_UP)
    # What was chosen here counts where the address is confirmed in this browser.
    arriving.mark(request, answer)
    return answer


@router.get("/forgot", dependencies=[Counted])
async def forgot_page(request: Request) -> Response:
    """Asks for the address."""
    return arriving.renderer_of(request).page(
        request, "account/forgot.html", view=ForgotView(form=Form()), is_signed_in=False, asks_person=True
    )


@router.post("/forgot", dependencies=[Counted, OwnForm])
async def forgot(request: Request, email: Field = "") -> Response:
    """Write to the address; the answer is the same for every one."""
    t = arriving.reader_of(request)
    try:
        await arriving.check_captcha(request)
        await mail_requests.recover(
            arriving.means_of(request), email, ends=sending.ends(request), caller=arriving.caller_of(request)
        )
    except CareError as error:
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field="email"))
        return arriving.renderer_of(request).page(
            request,
            "account/forgot.html",
            view=ForgotView(form=form),
            status=sending.status_of(error),
            is_signed_in=False,
            asks_person=True,
        )
    return sending.sent(request, Form(values={"email": email.strip()}), kind=VerifyType.RECOVERY)


@router.get(links.PAGE, dependencies=[Counted])
async def confirm_page(
    request: Request,
    *,
    token: str = "",
    type: str = "",  # noqa: A002
    redirect_to: str = "",
) -> Response:
    """Behind a mail's link: takes the token out of the address, then shows the button, or asks for the password of a
    sign-up that came from elsewhere."""
    if token or type:
        answer = arriving.gone(links.PAGE)
        answer.headers["Referrer-Policy"] = "no-referrer"
        if type in set(VerifyType) and token.isascii() and token.isprintable() and len(token) <= LONGEST_TOKEN:
            cookies.set_private(request, answer, name=LINK_COOKIE, value=f"{type}.{token}", seconds=LINK_SECONDS)
            # Other links end at pages of ours.
            landing.keep(request, answer, redirect_to if type == VerifyType.SIGN_UP else "")
        return answer
    held = _held_link(request)
    if held is None:
        return sending.sent(request, Form(), kind=VerifyType.SIGN_UP)
    maker = await _unknown_maker(request, held)
    if maker is not None:
        return _signed_up_form(request, maker, Form())
    t, kind = arriving.reader_of(request), held[0].value.replace("_", "-")
    view = ConfirmView(
        title=t(f"confirm-{kind}-title"),
        explanation=t(f"confirm-{kind}-explanation"),
        button=t(f"confirm-{kind}-button"),
        action=links.PAGE,
    )
    return arriving.renderer_of(request).page(request, "account/confirm.html", view=view, is_signed_in=False)


@router.post(links.PAGE, dependencies=[Counted, OwnForm])
async def confirm(request: Request, *, password: Field = "", anew: Field = "") -> Response:
    """Redeem the link that the browser holds: with the password where it is asked for, or to choose it `anew`."""
    held, t = _held_link(request), arriving.reader_of(request)
    if held is None:
        return _over(request, t, address=ASK_AGAIN)
    kind, token = held
    try:
        proven = await proving.by_page(
            arriving.means_of(request),
            token,
            type=kind,
            password=None if anew else password,
            caller=arriving.caller_of(request),
        )
    except (refused.InvalidCredentials, refused.TooManyTries) as error:
        return await _wrong(request, t, held, error=error)
    except CareError as error:
        if error.status >= 500:
            raise
        answer = _over(request, t, address=by_mail.PAGE if kind is VerifyType.MAGIC_LINK else ASK_AGAIN)
    else:
        answer = await _arrived(request, proven, kind=kind)
    cookies.drop(request, answer, name=LINK_COOKIE)
    return answer


@router.post("/confirm/code", dependencies=[Counted, OwnForm])
async def confirm_by_code(request: Request, *, email: Field = "", code: Field = "", kind: Field = "") -> Response:
    """Redeem six digits that were written to the address."""
    t, asked_for = arriving.reader_of(request), _kind(kind)
    try:
        proven = await proving.by_code(
            arriving.means_of(request), email, "".join(code.split()), type=asked_for, caller=arriving.caller_of(request)
        )
    except CareError as error:
        field = "email" if isinstance(error, refused.NotValid) else "code"
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field=field))
        return sending.sent(request, form, kind=asked_for, status=sending.status_of(error))
    return await _arrived(request, proven, kind=asked_for)


@router.post("/confirm/again", dependencies=[Counted, OwnForm])
async def write_again(request: Request, *, email: Field = "", kind: Field = "") -> Response:
    """Write the mail again; the answer is the same for every address."""
    t, means, caller, asked_for = (
        arriving.reader_of(request),
        arriving.means_of(request),
        arriving.caller_of(request),
        _kind(kind),
    )
    form = Form(values={"email": email.strip()})
    try:
        await arriving.check_captcha(request)
        await _write(means, email, kind=asked_for, ends=sending.ends(request), caller=caller)
    except CareError as error:
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field="email"))
        return sending.sent(request, form, kind=asked_for, status=sending.status_of(error))
    return sending.sent(request, form, kind=asked_for, is_again=True)


async def _write(means: Accounts, email: str, *, kind: VerifyType, ends: Return, caller: Caller) -> None:
    match kind:
        case VerifyType.RECOVERY:
            await mail_requests.recover(means, email, ends=ends, caller=caller)
        case VerifyType.MAGIC_LINK | VerifyType.EMAIL:
            await mail_requests.sign_in(means, email, data={}, may_make=False, ends=ends, caller=caller)
        case VerifyType.EMAIL_CHANGE:
            await mail_requests.resend(means, email, which=Again.EMAIL_CHANGE, ends=ends, caller=caller)
        case VerifyType.SIGN_UP | VerifyType.INVITE:
            await mail_requests.resend(means, email, which=Again.SIGN_UP, ends=ends, caller=caller)
        case _:
            assert_never(kind)


async def _arrived(request: Request, proven: Opened | HalfConfirmed, *, kind: VerifyType) -> Response:
    if isinstance(proven, HalfConfirmed):
        t = arriving.reader_of(request)
        view = SaidView(
            title=t("half-title"), explanation=t("half-explanation"), address=arriving.FIRST_PAGE, link=t("said-go-on")
        )
        return arriving.renderer_of(request).page(request, "account/said.html", view=view, is_signed_in=False)
    match kind:
        case VerifyType.RECOVERY:
            to = "/reset"
        case VerifyType.INVITE:
            to = "/invitation"
        case VerifyType.EMAIL_CHANGE:
            to = "/account/profile?said=email"
        case VerifyType.MAGIC_LINK | VerifyType.EMAIL:
            to = onward.kept(request)
        case VerifyType.SIGN_UP if proven.is_password_dropped:
            to = "/invitation"
        case VerifyType.SIGN_UP:
            to = arriving.FIRST_PAGE
            address = landing.kept(request)
            if address is not None:
                return landing.landed(request, proven, address=address)
    answer = await arriving.entered(request, proven, to=to)
    onward.drop(request, answer)
    return answer


async def _unknown_maker(request: Request, held: tuple[VerifyType, str]) -> User | None:
    kind, token = held
    return await proving.unknown_maker(
        arriving.means_of(request), token, type=kind, way=Way.SHOWN, caller=arriving.caller_of(request)
    )


async def _wrong(request: Request, t: Reader, held: tuple[VerifyType, str], *, error: CareError) -> Response:
    maker = await _unknown_maker(request, held)
    if maker is None:
        return _over(request, t, address=ASK_AGAIN)
    mistakes = wording.mistakes(t, error, field="password")
    if isinstance(error, refused.InvalidCredentials):
        mistakes = (Mistake(field="password", text=t("signed-up-wrong")),)
    return _signed_up_form(request, maker, Form(mistakes=mistakes), status=sending.status_of(error))


def _signed_up_form(request: Request, maker: User, form: Form, *, status: int = 200) -> Response:
    view = SignedUpView(form=form, email=maker.email or "", action=links.PAGE)
    return arriving.renderer_of(request).page(
        request, "account/signed_up.html", view=view, status=status, is_signed_in=False
    )


def _over(request: Request, t: Reader, *, address: str) -> Response:
    view = SaidView(title=t("over-title"), explanation=t("over-explanation"), address=address, link=t("over-link"))
    return arriving.renderer_of(request).page(request, "account/said.html", view=view, status=400, is_signed_in=False)


def _held_link(request: Request) -> tuple[VerifyType, str] | None:
    kind, _, token = request.cookies.get(cookies.name_on(request, LINK_COOKIE), "").partition(".")
    return (VerifyType(kind), token) if kind in set(VerifyType) and token else None


def _kind(given: str) -> VerifyType:
    return next((kind for kind in BY_CODE if kind.value == given), VerifyType.SIGN_UP)


def _register_form(request: Request, form: Form, *, status: int = 200) -> Response:
    t, policy = arriving.reader_of(request), arriving.means_of(request).policy
    view = RegisterView(
        form=form,
        is_open=policy.is_sign_up_open,
        shortest=policy.shortest_password,
        roles=tuple(
            Option(value=role, text=t(f"role-{role}"), is_selected=role == (form.value_of("role") or WISHED_ROLES[0]))
            for role in WISHED_ROLES
        ),
    )
    return arriving.renderer_of(request).page(
        request, "account/register.html", view=view, status=status, is_signed_in=False, asks_person=True
    )
