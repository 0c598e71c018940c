"""The pages on which an account begins, is confirmed, or gets a new password by mail.

In charge of nothing being told about who has an account, and of no token staying in an address: a mail's link is
kept in a cookie of some minutes, and only a button redeems it, so that programs which open links use none up.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, wording
from carebase.apps.account.arriving import Counted, Field, OwnForm
from carebase.apps.account.views import ConfirmView, ForgotView, Form, Option, RegisterView, SaidView, SentView
from carebase.auth import captcha, links, mail_requests, proving, refused, signing_up
from carebase.auth.mail_requests import Again
from carebase.auth.mailing import Return
from carebase.auth.opening import Opened
from carebase.auth.proving import HalfConfirmed, VerifyType
from carebase.errors import CareError
from carebase.web import cookies
from carebase.web.messages import Reader

LINK_COOKIE: Final = "carebase_link"
LINK_SECONDS: Final = 15 * 60
LONGEST_TOKEN: Final = 256
WISHED_ROLES: Final = ("patient", "attending", "nurse", "specialist")
"""What a person may ask to be; an administrator grants it or not."""
BY_CODE: Final = (VerifyType.SIGN_UP, VerifyType.RECOVERY, VerifyType.EMAIL_CHANGE)

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
            means, email, password, data=data, ends=_ends(request), caller=arriving.caller_of(request)
        )
    except CareError as error:
        field = "password" if isinstance(error, refused.WeakPassword) else "email"
        form = Form(
            values={"full_name": full_name, "email": email, "role": role},
            mistakes=wording.mistakes(t, error, field=field, shortest=means.policy.shortest_password),
        )
        return _register_form(request, form, status=_status(error))
    if isinstance(made, Opened):
        return await arriving.entered(request, made, to=arriving.FIRST_PAGE)
    return _sent(request, Form(values={"email": email.strip()}), kind=VerifyType.SIGN_UP)


@router.get("/forgot", dependencies=[Counted])
async def forgot_page(request: Request) -> Response:
    """Asks for the address."""
    return arriving.renderer_of(request).page(
        request, "account/forgot.html", view=ForgotView(form=Form()), is_signed_in=False
    )


@router.post("/forgot", dependencies=[Counted, OwnForm])
async def forgot(request: Request, email: Field = "") -> Response:
    """Write to the address; the answer is the same for every one."""
    t = arriving.reader_of(request)
    try:
        await arriving.check_captcha(request)
        await mail_requests.recover(
            arriving.means_of(request), email, ends=_ends(request), caller=arriving.caller_of(request)
        )
    except CareError as error:
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field="email"))
        return arriving.renderer_of(request).page(
            request, "account/forgot.html", view=ForgotView(form=form), status=_status(error), is_signed_in=False
        )
    return _sent(request, Form(values={"email": email.strip()}), kind=VerifyType.RECOVERY)


@router.get(links.PAGE, dependencies=[Counted])
async def confirm_page(request: Request, *, token: str = "", type: str = "") -> Response:  # noqa: A002
    """Behind a mail's link: takes the token out of the address, then shows the button."""
    if token or type:
        answer = arriving.gone(links.PAGE)
        answer.headers["Referrer-Policy"] = "no-referrer"
        if type in set(VerifyType) and token.isascii() and token.isprintable() and len(token) <= LONGEST_TOKEN:
            cookies.set_private(request, answer, name=LINK_COOKIE, value=f"{type}.{token}", seconds=LINK_SECONDS)
        return answer
    held = _held_link(request)
    if held is None:
        return _sent(request, Form(), kind=VerifyType.SIGN_UP)
    t, kind = arriving.reader_of(request), held[0].value.replace("_", "-")
    view = ConfirmView(
        title=t(f"confirm-{kind}-title"),
        explanation=t(f"confirm-{kind}-explanation"),
        button=t(f"confirm-{kind}-button"),
    )
    return arriving.renderer_of(request).page(request, "account/confirm.html", view=view, is_signed_in=False)


@router.post(links.PAGE, dependencies=[Counted, OwnForm])
async def confirm(request: Request) -> Response:
    """Redeem the link that the browser holds."""
    held, t = _held_link(request), arriving.reader_of(request)
    if held is None:
        return _over(request, t)
    kind, token = held
    try:
        proven = await proving.by_token(
            arriving.means_of(request), token, type=kind, caller=arriving.caller_of(request)
        )
    except CareError as error:
        if error.status >= 500:
            raise
        answer = _over(request, t)
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
        return _sent(request, form, kind=asked_for, status=_status(error))
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
        if asked_for is VerifyType.RECOVERY:
            await mail_requests.recover(means, email, ends=_ends(request), caller=caller)
        else:
            which = Again.SIGN_UP if asked_for is VerifyType.SIGN_UP else Again.EMAIL_CHANGE
            await mail_requests.resend(means, email, which=which, ends=_ends(request), caller=caller)
    except CareError as error:
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field="email"))
        return _sent(request, form, kind=asked_for, status=_status(error))
    return _sent(request, form, kind=asked_for, is_again=True)


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
        case VerifyType.SIGN_UP | VerifyType.MAGIC_LINK | VerifyType.EMAIL:
            to = arriving.FIRST_PAGE
    return await arriving.entered(request, proven, to=to)


def _over(request: Request, t: Reader) -> Response:
    view = SaidView(title=t("over-title"), explanation=t("over-explanation"), address="/forgot", link=t("over-link"))
    return arriving.renderer_of(request).page(request, "account/said.html", view=view, status=400, is_signed_in=False)


def _held_link(request: Request) -> tuple[VerifyType, str] | None:
    kind, _, token = request.cookies.get(cookies.name_on(request, LINK_COOKIE), "").partition(".")
    return (VerifyType(kind), token) if kind in set(VerifyType) and token else None


def _kind(given: str) -> VerifyType:
    return next((kind for kind in BY_CODE if kind.value == given), VerifyType.SIGN_UP)


def _ends(request: Request) -> Return:
    return Return(redirect_to=links.own_page(arriving.means_of(request).policy))


def _status(error: CareError) -> int:
    return error.status if isinstance(error, captcha.CaptchaFailed) or error.status == 429 else 400


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
        request, "account/register.html", view=view, status=status, is_signed_in=False
    )


def _sent(request: Request, form: Form, *, kind: VerifyType, status: int = 200, is_again: bool = False) -> Response:
    t, policy = arriving.reader_of(request), arriving.means_of(request).policy
    key = kind.value.replace("_", "-")
    view = SentView(
        form=form,
        kind=kind.value,
        explanation=t(f"sent-{key}-explanation") if form.value_of("email") else t("sent-nothing-explanation"),
        code_minutes=policy.code_minutes,
        is_again=is_again,
    )
    return arriving.renderer_of(request).page(
        request, "account/sent.html", view=view, status=status, is_signed_in=False
    )
