"""The page on which people ask for a mail to sign in with: its link, or its six digits.

In charge of nothing being told about who has an account: a known address and an unknown one get the same answer, and
nobody gets an account by asking.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, onward, sending, wording
from carebase.apps.account.arriving import Counted, Field, NextField, OwnForm
from carebase.apps.account.views import ByMailView, Form
from carebase.auth import mail_requests
from carebase.auth.proving import VerifyType
from carebase.errors import CareError
from carebase.web import failures

PAGE: Final = "/login/mail"

router = APIRouter(include_in_schema=False)


@router.get(PAGE, dependencies=[Counted])
async def page(request: Request) -> Response:
    """Asks for the address."""
    return _form(request, Form(), to=failures.safe_next(request.query_params.get("next")))


@router.post(PAGE, dependencies=[Counted, OwnForm])
async def ask(request: Request, *, email: Field = "", next_address: NextField = "") -> Response:
    """Write to the address; the answer is the same for every one."""
    t, to = arriving.reader_of(request), failures.safe_next(next_address)
    try:
        await arriving.check_captcha(request)
        await mail_requests.sign_in(
            arriving.means_of(request),
            email,
            data={},
            may_make=False,
            ends=sending.ends(request),
            caller=arriving.caller_of(request),
        )
    except CareError as error:
        form = Form(values={"email": email}, mistakes=wording.mistakes(t, error, field="email"))
        return _form(request, form, to=to, status=sending.status_of(error))
    answer = sending.sent(request, Form(values={"email": email.strip()}), kind=VerifyType.MAGIC_LINK)
    onward.keep(request, answer, to)
    return answer


def _form(request: Request, form: Form, *, to: str, status: int = 200) -> Response:
    view = ByMailView(form=form, next_address=to)
    return arriving.renderer_of(request).page(
        request, "account/by_mail.html", view=view, status=status, is_signed_in=False, asks_person=True
    )
