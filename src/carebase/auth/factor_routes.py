"""Routes of second factors and of codes on paper: `/factors`, `/paper_codes`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from carebase.auth import factors, factors_refused, printing, protocol, refused, requests, users
from carebase.auth.factors import Enrolled, FactorType
from carebase.auth.paper_codes import Purpose

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.post(
    "/factors", openapi_extra=protocol.takes("factor_type", "friendly_name", "issuer", required=("factor_type",))
)
async def enroll(request: Request) -> Response:
    """Enrol a second factor: `totp` for an app, `codes` for a sheet of paper. Its first code makes it one."""
    identity, body = protocol.person(request), await protocol.body(request)
    match body.get("factor_type"):
        case "phone":
            raise factors_refused.PhoneFactorsNotOffered
        case "webauthn":
            raise factors_refused.KeyFactorsNotOffered
        case FactorType.TOTP.value | FactorType.CODES.value as kind:
            factor_type = FactorType(kind)
        case _:
            raise refused.NotValid(details="factor_type needs to be totp or codes")
    enrolled = await factors.enroll(
        requests.accounts_of(request),
        identity,
        name=_optional_text(body, "friendly_name"),
        factor_type=factor_type,
        issuer=_optional_text(body, "issuer"),
        caller=requests.caller_of(request),
    )
    return protocol.answer(_enrolled(enrolled))


@router.post("/factors/{factor_id}/challenge")
async def challenge(request: Request, factor_id: str) -> Response:
    """Ask for a code of the factor; the question is open for five minutes and for this session alone."""
    identity = protocol.person(request)
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    asked = await factors.challenge(means, identity, factor_id=_id(factor_id), caller=caller)
    kind = users.factor_type_on_the_wire(asked.factor_type)
    return protocol.answer({"id": str(asked.id), "type": kind, "expires_at": int(asked.expires_at.timestamp())})


@router.post(
    "/factors/{factor_id}/verify",
    openapi_extra=protocol.takes("challenge_id", "code", required=("challenge_id", "code")),
)
async def verify(request: Request, factor_id: str) -> Response:
    """Raise the session to aal2 by a code of the factor, or by a recovery code."""
    identity, body = protocol.person(request), await protocol.body(request)
    try:
        challenge_id = UUID(protocol.text(body, "challenge_id"))
    except ValueError as error:
        raise refused.NotValid(details="challenge_id must be an UUID") from error
    opened = await factors.verify(
        requests.accounts_of(request),
        identity,
        factor_id=_id(factor_id),
        challenge_id=challenge_id,
        code=protocol.text(body, "code"),
        caller=requests.caller_of(request),
    )
    return protocol.answer(protocol.opened(opened))


@router.delete("/factors/{factor_id}")
async def unenroll(request: Request, factor_id: str) -> Response:
    """Remove a second factor; what it raised falls at once."""
    identity, asked = protocol.person(request), _id(factor_id)
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    await factors.unenroll(means, identity, factor_id=asked, caller=caller)
    return protocol.answer({"id": str(asked)})


@router.post("/paper_codes", openapi_extra=protocol.takes("purpose", "factor_id", "patient_id", required=("purpose",)))
async def print_codes(request: Request) -> Response:
    """A new sheet of codes in place of the old one, told this once: for oneself, or with `patient_id` for a patient
    whose team one leads."""
    identity, body = protocol.person(request), await protocol.body(request)
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    try:
        purpose = Purpose(protocol.text(body, "purpose"))
        factor_id, patient_id = (
            UUID(given) if (given := _optional_text(body, name)) else None for name in ("factor_id", "patient_id")
        )
    except ValueError as error:
        raise refused.NotValid(details="purpose, factor_id or patient_id is none") from error
    if patient_id is None:
        sheet = await printing.own(means, identity, purpose=purpose, factor_id=factor_id, caller=caller)
    elif purpose is Purpose.SIGN_IN:
        async with requests.open_session(request, identity, read_only=True) as session:
            account_id = await printing.account_for(session, patient_id)
        sheet = await printing.for_patient(means, identity, account_id=account_id, patient_id=patient_id, caller=caller)
    else:
        raise refused.NotValid(details="For somebody else there are codes to sign in with, and no others.")
    told: dict[str, Any] = {"purpose": sheet.purpose.value, "codes": list(sheet.codes)}
    if sheet.expires_at is not None:
        told["expires_at"] = users.rfc3339(sheet.expires_at)
    return protocol.answer(told, headers={"Cache-Control": "no-store"})


def _enrolled(enrolled: Enrolled) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(enrolled.factor.id),
        "type": enrolled.factor.factor_type,
        "friendly_name": enrolled.factor.friendly_name or "",
    }
    if enrolled.secret is None:
        return {**told, "codes": list(enrolled.codes)}
    return {**told, "totp": {"qr_code": enrolled.qr, "secret": enrolled.secret, "uri": enrolled.uri}}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise factors_refused.FactorNotFound from error


def _optional_text(body: dict[str, Any], name: str) -> str | None:
    return protocol.text(body, name) if body.get(name) else None
