"""What pages that write mails do alike: where the mail's link ends, and the page for its six digits."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving
from carebase.apps.account.views import Form, SentView
from carebase.auth import captcha, links
from carebase.auth.mailing import Return
from carebase.auth.proving import VerifyType
from carebase.errors import CareError


def ends(request: Request) -> Return:
    """The mail's link ends at our own page."""
    return Return(redirect_to=links.own_page(arriving.means_of(request).policy))


def status_of(error: CareError) -> int:
    """The status of a form that comes back: refused, or asked for too often."""
    return error.status if isinstance(error, captcha.CaptchaFailed) or error.status == 429 else 400


def sent(request: Request, form: Form, *, kind: VerifyType, status: int = 200, is_again: bool = False) -> Response:
    """A mail is on its way, if the address has an account; its digits may be typed here."""
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
        request, "account/sent.html", view=view, status=status, is_signed_in=False, asks_person=True
    )
