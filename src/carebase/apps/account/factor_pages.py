"""The pages on which a second factor is added: an app with its square code, or a sheet of paper.

In charge of showing what is shown once. A factor counts from its first right code on; what the page shows comes back
with a wrong one, so that nobody has to begin again for a slip.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, security_pages, wording
from carebase.apps.account.arriving import Field, NextField, OwnForm
from carebase.apps.account.views import EnrollView, Form, NewFactorView
from carebase.auth import factors, own_account, paper_codes, printing, qr, standing
from carebase.auth.factors import FactorType
from carebase.auth.paper_codes import Purpose
from carebase.auth.requests import SignedInIdentity
from carebase.auth.standing import Owed
from carebase.auth.tokens import Tokens
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.web import failures

NEW: Final = "/account/factors/new"
APP_ADDRESS: Final = re.compile(r"otpauth://totp/[!-~]{1,500}")
MOST_CODES: Final = 20

router = APIRouter(include_in_schema=False)


@router.get(NEW)
async def new_factor(request: Request, identity: SignedInIdentity) -> Response:
    """An app or a sheet of paper."""
    return await _choice(request, identity, Form(), to=_next(request.query_params.get("next")))


@router.post("/account/factors", dependencies=[OwnForm])
async def begin_factor(
    request: Request, identity: SignedInIdentity, *, kind: Field = "", name: Field = "", next_address: NextField = ""
) -> Response:
    """Make the factor and show what goes with it; what was begun before and never finished goes."""
    means, t, caller = arriving.means_of(request), arriving.reader_of(request), arriving.caller_of(request)
    to = _next(next_address)
    chosen = FactorType.CODES if kind == FactorType.CODES else FactorType.TOTP
    try:
        for begun in (await own_account.read(means, identity)).factors:
            if begun.status != "verified":
                await factors.unenroll(means, identity, factor_id=begun.id, caller=caller)
        enrolled = await factors.enroll(
            means, identity, name=name.strip() or None, factor_type=chosen, caller=caller, issuer=None
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=NEW)
    except CareError as error:
        form = Form(values={"name": name, "kind": chosen.value}, mistakes=wording.mistakes(t, error, field="name"))
        return await _choice(request, identity, form, to=to, status=400)
    view = EnrollView(
        form=Form(),
        factor_id=str(enrolled.factor.id),
        next_address=to,
        picture=enrolled.qr,
        secret=_spaced(enrolled.secret or ""),
        uri=enrolled.uri or "",
        codes=enrolled.codes,
    )
    return arriving.renderer_of(request).page(request, "account/enroll.html", view=view)


@router.post("/account/factors/{factor_id}/confirmation", dependencies=[OwnForm])
async def confirm_factor(
    request: Request,
    identity: SignedInIdentity,
    factor_id: UUID,
    *,
    code: Field = "",
    uri: Field = "",
    codes: Field = "",
    next_address: NextField = "",
) -> Response:
    """The first code: from now on the factor counts. The first one brings recovery codes along."""
    means, t, caller = arriving.means_of(request), arriving.reader_of(request), arriving.caller_of(request)
    to = _next(next_address)
    had_one = any(one.status == "verified" for one in (await own_account.read(means, identity)).factors)
    try:
        opened = await factors.challenge_and_verify(means, identity, factor_id=factor_id, code=code, caller=caller)
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=NEW)
    except CareError as error:
        form = Form(mistakes=wording.mistakes(t, error, field="code"))
        view = _shown_again(form, factor_id=factor_id, uri=uri, codes=codes, to=to)
        status = error.status if error.status == 429 else 400
        return arriving.renderer_of(request).page(request, "account/enroll.html", view=view, status=status)
    if had_one:
        answer = arriving.gone(security_pages.SECURITY)
    else:
        tokens: Tokens = request.app.state.tokens
        raised = tokens.verify(opened.access_token)
        sheet = await printing.own(means, raised, purpose=Purpose.RECOVERY, caller=caller)
        answer = security_pages.sheet_page(request, sheet, user=opened.account.user, to=to)
    arriving.keep(request, answer, opened)
    return answer


async def _choice(request: Request, identity: Identity, form: Form, *, to: str, status: int = 200) -> Response:
    means, t = arriving.means_of(request), arriving.reader_of(request)
    owed = await standing.owed(means, identity)
    view = NewFactorView(form=form, next_address=to, notice=t("new-factor-required") if owed is Owed.ENROLL else None)
    return arriving.renderer_of(request).page(request, "account/new_factor.html", view=view, status=status)


def _shown_again(form: Form, *, factor_id: UUID, uri: str, codes: str, to: str) -> EnrollView:
    # It came back with the form of the person it was shown to; what is not of its form is not shown.
    is_app = APP_ADDRESS.fullmatch(uri) is not None
    kept = tuple(code for code in codes.split()[:MOST_CODES] if paper_codes.normal(code) is not None)
    secret = parse_qs(urlsplit(uri).query).get("secret", [""])[0] if is_app else ""
    return EnrollView(
        form=form,
        factor_id=str(factor_id),
        next_address=to,
        picture=qr.svg(uri) if is_app else None,
        secret=_spaced(secret),
        uri=uri if is_app else "",
        codes=kept,
    )


def _next(given: str | None) -> str:
    return failures.safe_next(given) if given else security_pages.SECURITY


def _spaced(secret: str) -> str:
    plain = secret.replace(" ", "")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
