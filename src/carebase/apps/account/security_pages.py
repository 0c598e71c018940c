"""The pages on which a person guards the own account: password, second factors, devices, sheets of codes."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase import errors
from carebase.apps.account import arriving, own_pages, providers, wording
from carebase.apps.account.arriving import Field, OwnForm
from carebase.apps.account.views import (
    CodesView,
    FactorRow,
    Form,
    IdentityRow,
    Mistake,
    SecurityView,
    SessionRow,
    SessionsView,
    SheetView,
)
from carebase.auth import (
    factors,
    identities,
    own_account,
    paper_codes,
    printing,
    refused,
    sessions,
    signing_out,
    standing,
)
from carebase.auth.accounts import Account
from carebase.auth.devices import Scope
from carebase.auth.paper_codes import Purpose
from carebase.auth.printing import Sheet
from carebase.auth.requests import SignedInIdentity
from carebase.auth.sessions import OwnSession
from carebase.auth.standing import Owed
from carebase.auth.users import User
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.mail import devices
from carebase.web.messages import Reader

SECURITY = providers.SECURITY
SESSIONS = "/account/sessions"
CODES = "/account/codes"
NOT_LINKED = {"identity-taken": "refusal-identity-taken", "identity-refused": "refusal-identity-refused"}
"""Why a provider did not become a way into the account."""
PRINTED = (Purpose.RECOVERY, Purpose.SIGN_IN)

router = APIRouter(include_in_schema=False)


@router.get(SECURITY)
async def security(request: Request, identity: SignedInIdentity) -> Response:
    """Password, second factors, outside providers."""
    said, t = request.query_params.get("said", ""), arriving.reader_of(request)
    found = (Mistake(field="identities", text=t(NOT_LINKED[said])),) if said in NOT_LINKED else ()
    return await _security(request, identity, Form(mistakes=found))


@router.post("/account/security/password", dependencies=[OwnForm])
async def change_password(
    request: Request, identity: SignedInIdentity, *, current_password: Field = "", password: Field = ""
) -> Response:
    """Set another password; every other device is signed out."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    account = await own_account.read(means, identity)
    try:
        await own_account.change(
            means,
            identity,
            password=password,
            # Left empty it is a wrong one: nobody changes the password at a device that was left open.
            current_password=current_password if account.user.encrypted_password is not None else None,
            caller=arriving.caller_of(request),
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=SECURITY)
    except refused.InvalidCredentials:
        form = Form(mistakes=(Mistake(field="current_password", text=t("refusal-current-password")),))
        return await _security(request, identity, form, status=400)
    except CareError as error:
        found = wording.mistakes(t, error, field="password", shortest=means.policy.shortest_password)
        return await _security(request, identity, Form(mistakes=found), status=400)
    return arriving.gone(SECURITY, said="password")


@router.post("/account/security/factors/{factor_id}/removal", dependencies=[OwnForm])
async def remove_factor(request: Request, identity: SignedInIdentity, factor_id: UUID) -> Response:
    """Remove a second factor; the devices that showed it, this one too, have to sign in again."""
    try:
        await factors.unenroll(
            arriving.means_of(request), identity, factor_id=factor_id, caller=arriving.caller_of(request)
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=SECURITY)
    return await arriving.left(request, said="factor-removed", next=SECURITY)


@router.post("/account/security/identities/{identity_id}/removal", dependencies=[OwnForm])
async def remove_identity(request: Request, identity: SignedInIdentity, identity_id: UUID) -> Response:
    """Take an outside provider off the account."""
    t = arriving.reader_of(request)
    try:
        await identities.unlink(
            arriving.means_of(request), identity, identity_id=identity_id, caller=arriving.caller_of(request)
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=SECURITY)
    except CareError as error:
        found = wording.mistakes(t, error, field="identities")
        return await _security(request, identity, Form(mistakes=found), status=400)
    return arriving.gone(SECURITY, said="identity-removed")


@router.get(SESSIONS)
async def session_list(request: Request, identity: SignedInIdentity) -> Response:
    """Where the person is signed in."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    user = (await own_account.read(means, identity)).user
    rows = tuple(_row(t, one, user=user) for one in await sessions.list_own(means, identity))
    view = SessionsView(done=own_pages.done(request), rows=rows, has_others=len(rows) > 1)
    return arriving.renderer_of(request).page(request, "account/sessions.html", view=view)


@router.post("/account/sessions/{session_id}/end", dependencies=[OwnForm])
async def end_session(request: Request, identity: SignedInIdentity, session_id: UUID) -> Response:
    """Sign one device out."""
    caller = arriving.caller_of(request)
    await sessions.revoke_own(arriving.means_of(request), identity, session_id, caller=caller)
    return arriving.gone(SESSIONS, said="session-ended")


@router.post("/account/sessions/end-others", dependencies=[OwnForm])
async def end_others(request: Request, identity: SignedInIdentity) -> Response:
    """Sign every other device out."""
    caller = arriving.caller_of(request)
    await signing_out.sign_out(arriving.means_of(request), identity, scope=Scope.OTHERS, caller=caller)
    return arriving.gone(SESSIONS, said="sessions-ended")


@router.get(CODES)
async def codes_page(request: Request, identity: SignedInIdentity) -> Response:
    """The sheets a person may print for itself."""
    return await _codes(request, identity, Form())


@router.post(CODES, dependencies=[OwnForm])
async def print_codes(request: Request, identity: SignedInIdentity, purpose: Field = "") -> Response:
    """A new sheet in place of the old one, shown this once."""
    wanted = next((one for one in PRINTED if one.value == purpose), None)
    if wanted is None:
        raise errors.Invalid
    means, t = arriving.means_of(request), arriving.reader_of(request)
    try:
        sheet = await printing.own(means, identity, purpose=wanted, caller=arriving.caller_of(request))
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=CODES)
    except refused.NotValid:
        form = Form(mistakes=(Mistake(field=wanted.value, text=t(f"codes-{_key(wanted)}-refused")),))
        return await _codes(request, identity, form, status=400)
    account = await own_account.read(means, identity)
    return sheet_page(request, sheet, user=account.user, to=CODES)


def sheet_page(request: Request, sheet: Sheet, *, user: User, to: str) -> Response:
    """The codes, this once."""
    t, key = arriving.reader_of(request), _key(sheet.purpose)
    until = sheet.expires_at
    view = SheetView(
        title=t(f"sheet-{key}-title"),
        explanation=t(f"sheet-{key}-explanation"),
        holder=user.email or user.phone or "",
        good_until=None if until is None else t("sheet-until", when=own_pages.moment(t, until, user=user)),
        codes=sheet.codes,
        next_address=to,
    )
    return arriving.renderer_of(request).page(request, "account/sheet.html", view=view)


async def _security(request: Request, identity: Identity, form: Form, *, status: int = 200) -> Response:
    means, t = arriving.means_of(request), arriving.reader_of(request)
    account = await own_account.read(means, identity)
    async with means.begin() as session:
        left = await paper_codes.left(session, account.user.id, purpose=Purpose.RECOVERY)
    owed = await standing.owed(means, identity)
    view = SecurityView(
        form=form,
        done=own_pages.done(request),
        has_password=account.user.encrypted_password is not None,
        shortest=means.policy.shortest_password,
        factors=tuple(
            FactorRow(
                id=str(one.id),
                name=one.friendly_name or t(f"factor-kind-{one.factor_type}"),
                kind=t(f"factor-kind-{one.factor_type}"),
                since=own_pages.moment(t, one.created_at, user=account.user),
            )
            for one in account.factors
            if one.status == "verified"
        ),
        is_factor_required=owed is Owed.ENROLL,
        recovery_left=t("codes-left", count=left),
        identities=_identities(account),
        offered=providers.offered(request, linked={one.provider for one in account.identities}),
    )
    return arriving.renderer_of(request).page(request, "account/security.html", view=view, status=status)


def _identities(account: Account) -> tuple[IdentityRow, ...]:
    return tuple(
        IdentityRow(id=str(one.id), name=providers.shown_name(one.provider), email=one.email or "")
        for one in account.identities
        if one.provider not in {"email", "phone"}
    )


async def _codes(request: Request, identity: Identity, form: Form, *, status: int = 200) -> Response:
    means, t = arriving.means_of(request), arriving.reader_of(request)
    account = await own_account.read(means, identity)
    async with means.begin() as session:
        recovery = await paper_codes.left(session, account.user.id, purpose=Purpose.RECOVERY)
        sign_in = await paper_codes.left(session, account.user.id, purpose=Purpose.SIGN_IN)
        may_sign_in = await printing.may_come_by_paper(session, account.user.id)
    view = CodesView(
        form=form,
        recovery_left=t("codes-left", count=recovery),
        sign_in_left=t("codes-left", count=sign_in),
        may_recover=any(one.status == "verified" for one in account.factors),
        may_sign_in_by_paper=may_sign_in,
    )
    return arriving.renderer_of(request).page(request, "account/codes.html", view=view, status=status)


def _row(t: Reader, one: OwnSession, *, user: User) -> SessionRow:
    return SessionRow(
        id=str(one.id),
        device=devices.in_words(one.user_agent or "", language=t.language),
        address=one.address or "",
        began=own_pages.moment(t, one.created_at, user=user),
        used=own_pages.moment(t, one.last_active_at, user=user),
        ends=own_pages.moment(t, min(one.not_after, one.idle_after), user=user),
        level=t("session-level-two" if one.aal == "aal2" else "session-level-one"),
        is_this=one.is_this,
    )


def _key(purpose: Purpose) -> str:
    return purpose.value.replace("_", "-")
