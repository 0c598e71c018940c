"""The page on which a new deployment gets its first administrator, on the machine itself and once.

In charge of there being no such page anywhere else; `first_admin` decides what "the machine itself" is.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase import errors
from carebase.apps.account import arriving, wording
from carebase.apps.account.arriving import Counted, Field, OwnForm
from carebase.apps.account.views import FirstRunView, Form
from carebase.auth import admin_refused, first_admin, refused
from carebase.errors import CareError

PAGE: Final = "/first-run"

router = APIRouter(include_in_schema=False)


async def is_offered(request: Request) -> bool:
    """Whether this browser may make the first administrator: it is on this machine, and there is none."""
    return first_admin.is_here(request, request.app.state.settings) and await first_admin.is_needed(
        arriving.means_of(request)
    )


@router.get(PAGE, dependencies=[Counted])
async def page(request: Request) -> Response:
    """The form."""
    return await _form(request, Form())


@router.post(PAGE, dependencies=[Counted, OwnForm])
async def make(request: Request, *, email: Field = "", password: Field = "") -> Response:
    """Make the account and sign it in."""
    if not await is_offered(request):
        raise errors.NotFound
    means, t = arriving.means_of(request), arriving.reader_of(request)
    try:
        opened = await first_admin.make(means, email, password, caller=arriving.caller_of(request))
    except admin_refused.NotOperator as error:
        raise errors.NotFound from error
    except CareError as error:
        field = "password" if isinstance(error, refused.WeakPassword) else "email"
        found = wording.mistakes(t, error, field=field, shortest=means.policy.shortest_password)
        return await _form(request, Form(values={"email": email}, mistakes=found), status=400)
    return await arriving.entered(request, opened, to=arriving.FIRST_PAGE)


async def _form(request: Request, form: Form, *, status: int = 200) -> Response:
    if not await is_offered(request):
        raise errors.NotFound
    view = FirstRunView(form=form, shortest=arriving.means_of(request).policy.shortest_password)
    return arriving.renderer_of(request).page(
        request, "account/first_run.html", view=view, status=status, is_signed_in=False
    )
