"""Where pages keep forms in work, so that a session that ends for lack of use takes no text with it.

A page keeps them by itself, which is no use of the session: `requests` knows it by its header.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.apps.cases import new_case_form, views
from carebase.auth import requests
from carebase.auth.requests import SignedInIdentity
from carebase.records import drafts
from carebase.web import csrf

NEW_CASE: Final = "new_case"
FIELDS: Final = {NEW_CASE: frozenset(views.NEW_CASE_FIELDS)}
"""By form, what of it is kept."""
PAGES: Final = {NEW_CASE: "/cases/new"}
MOST_FIELDS: Final = 30

router = APIRouter(include_in_schema=False)


@router.post("/drafts/{form}", status_code=204)
async def keep(request: Request, identity: SignedInIdentity, form: str) -> Response:
    """Keep what was typed so far."""
    fields = await _sent(request, form)
    kept = {name: text[: new_case_form.LONGEST_TEXT] for name, text in fields.items() if name in FIELDS[form] and text}
    if kept:
        async with requests.open_session(request, identity) as session:
            await drafts.keep(session, form, kept)
    return Response(status_code=204)


@router.post("/drafts/{form}/removal")
async def remove(request: Request, identity: SignedInIdentity, form: str) -> Response:
    """Forget it, and go back to the empty form."""
    await _sent(request, form)
    async with requests.open_session(request, identity) as session:
        await drafts.drop(session, form)
    return RedirectResponse(PAGES[form], status_code=303)


async def _sent(request: Request, form: str) -> dict[str, str]:
    """The fields of a form of ours; NotFound for a form that is none, ForeignForm for one of another site."""
    csrf.check_origin(request)
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as sent:
        fields = {name: text for name, text in sent.items() if isinstance(text, str)}
    csrf.check_token(request, fields.pop(csrf.FIELD, None))
    if form not in FIELDS:
        raise errors.NotFound
    return fields
