"""Where an address leads that only forms are sent to, when somebody opens it: to the page the form stands on.

In charge of the language switch, of reloading and of coming back after a sign-in, which all open a page by its address.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving
from carebase.apps.account.arriving import Counted
from carebase.auth import links, requests
from carebase.web import messages

OF_ANYBODY: Final = {"/confirm/code": links.PAGE, "/confirm/again": links.PAGE}
OF_PEOPLE: Final = {
    "/account/factors": "/account/factors/new",
    "/account/factors/{factor_id}/confirmation": "/account/factors/new",
    "/account/profile/email": "/account/profile",
    "/account/profile/phone": "/account/profile",
    "/account/security/password": "/account/security",
    "/account/security/identities": "/account/security",
    "/account/security/identities/{identity_id}/removal": "/account/security",
}

router = APIRouter(include_in_schema=False)


async def lead(request: Request) -> Response:
    """To the form's page, in the language that was asked for."""
    page = (OF_ANYBODY | OF_PEOPLE)[request.scope["route"].path]
    language = request.query_params.get(messages.PARAMETER)
    return arriving.gone(page, lang=language) if language in messages.LANGUAGES else arriving.gone(page)


for _address in OF_ANYBODY:
    router.add_api_route(_address, lead, methods=["GET"], dependencies=[Counted])
for _address in OF_PEOPLE:
    router.add_api_route(
        _address, lead, methods=["GET"], dependencies=[Depends(requests.signed_in_identity_for_request)]
    )
