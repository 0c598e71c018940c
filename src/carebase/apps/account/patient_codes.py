"""The page on which whoever leads a patient's team prints codes for the patient to sign in with.

In charge of the sheet being shown this once. Who may print is decided in the database, and who printed is on record.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, own_pages
from carebase.apps.account.arriving import OwnForm
from carebase.apps.account.views import PatientCodesView, SheetView
from carebase.auth import own_account, paper_codes, printing, refused, requests
from carebase.auth.paper_codes import Purpose
from carebase.auth.requests import SignedInIdentity
from carebase.database.identity import Identity
from carebase.records import patients

PAGE = "/patients/{patient_id}/codes"

router = APIRouter(include_in_schema=False)


def address_for(patient_id: UUID) -> str:
    """The page of one patient."""
    return PAGE.format(patient_id=patient_id)


@router.get(PAGE)
async def codes_page(request: Request, identity: SignedInIdentity, patient_id: UUID) -> Response:
    """What a sheet is for, and how many codes the present one has left."""
    return await _codes(request, identity, patient_id)


@router.post(PAGE, dependencies=[OwnForm])
async def print_codes(request: Request, identity: SignedInIdentity, patient_id: UUID) -> Response:
    """A new sheet in place of the old one, shown this once."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    account_id, name = await _whose(request, identity, patient_id)
    try:
        sheet = await printing.for_patient(
            means, identity, account_id=account_id, patient_id=patient_id, caller=arriving.caller_of(request)
        )
    except refused.NotValid:
        return await _codes(request, identity, patient_id, refusal=t("patient-codes-refused"), status=400)
    until = sheet.expires_at
    reader = (await own_account.read(means, identity)).user
    view = SheetView(
        title=t("patient-codes-title", patient=name),
        explanation=t("patient-sheet-explanation"),
        holder=name,
        good_until=None if until is None else t("sheet-until", when=own_pages.moment(t, until, user=reader)),
        codes=sheet.codes,
        next_address=address_for(patient_id),
        where=t("sheet-where", address=f"{means.policy.site_address}/login/code"),
    )
    return arriving.renderer_of(request).page(request, "account/patient_sheet.html", view=view)


async def _whose(request: Request, identity: Identity, patient_id: UUID) -> tuple[UUID, str]:
    """The patient's account and name; NotFound for whoever does not lead the team."""
    async with requests.open_session(request, identity, read_only=True) as session:
        account_id = await printing.account_for(session, patient_id)
        return account_id, str(await patients.name_of(session, patient_id))


async def _codes(
    request: Request, identity: Identity, patient_id: UUID, *, refusal: str | None = None, status: int = 200
) -> Response:
    t = arriving.reader_of(request)
    account_id, name = await _whose(request, identity, patient_id)
    async with arriving.means_of(request).begin() as session:
        left = await paper_codes.left(session, account_id, purpose=Purpose.SIGN_IN)
    view = PatientCodesView(
        patient=name,
        action=address_for(patient_id),
        left=t("codes-left", count=left),
        back_address="/cases",
        refusal=refusal,
    )
    return arriving.renderer_of(request).page(request, "account/patient_codes.html", view=view, status=status)
