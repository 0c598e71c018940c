"""The administrator's pages of accounts: who there is, who asks for which role, and what is done about it.

Every change asks for a fresh proof of who makes it, and is on record under that name. Nobody changes the own account
here, so that the last administrator cannot shut everybody out by a slip.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase import errors
from carebase.apps.account import arriving, wording
from carebase.apps.account.arriving import Field, OwnForm
from carebase.apps.account.views import Form, Mistake, Option
from carebase.apps.admin import administering
from carebase.apps.admin.administering import AdminSession
from carebase.apps.admin.views import Fact, PeopleView, PersonRow, PersonView
from carebase.auth import administration, factors, invitations, links
from carebase.auth.accounts import Account
from carebase.auth.attributes import LONGEST_BAN, Wanted
from carebase.auth.metadata import GRANTED_ROLES
from carebase.auth.requests import SignedInIdentity
from carebase.auth.users import User
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.web.messages import Reader

PEOPLE: Final = "/admin/users"
ROWS: Final = 50
DONE: Final = frozenset({"invited", "role", "disabled", "enabled", "reset"})
NO_ROLE: Final = "none"

router = APIRouter(include_in_schema=False)


@router.get(PEOPLE)
async def people(request: Request, _: AdminSession) -> Response:
    """Every account, the newest first."""
    return await _people(request, Form())


@router.post(PEOPLE, dependencies=[OwnForm])
async def find(request: Request, _: AdminSession, *, asked: Field = "", page: Field = "1") -> Response:
    """Those whose address or name holds a text, a page of them."""
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    return await _people(request, Form(values={"asked": asked.strip()}), number=max(1, number))


@router.post(f"{PEOPLE}/invite", dependencies=[OwnForm])
async def invite(
    request: Request, identity: SignedInIdentity, _: AdminSession, *, email: Field = "", role: Field = NO_ROLE
) -> Response:
    """Write to somebody who is to have an account."""
    means = arriving.means_of(request)
    try:
        await administering.demand_fresh(request, identity)
        await invitations.invite(
            means,
            email,
            data=None,
            redirect_to=links.own_page(means.policy),
            role=role if role in GRANTED_ROLES else None,
            by=identity.user_id,
            caller=arriving.caller_of(request),
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=PEOPLE)
    except CareError as error:
        found = wording.mistakes(arriving.reader_of(request), error, field="email")
        return await _people(request, Form(values={"email": email, "role": role}, mistakes=found), status=400)
    return arriving.gone(PEOPLE, said="invited")


@router.get(f"{PEOPLE}/{{user_id}}")
async def person(request: Request, identity: SignedInIdentity, _: AdminSession, *, user_id: UUID) -> Response:
    """One account."""
    return await _person(request, identity, user_id=user_id, form=Form())


@router.post(f"{PEOPLE}/{{user_id}}/role", dependencies=[OwnForm])
async def grant(
    request: Request, identity: SignedInIdentity, _: AdminSession, *, user_id: UUID, role: Field = ""
) -> Response:
    """Grant a role, or take it away; it holds from the next request on."""
    if role != NO_ROLE and role not in GRANTED_ROLES:
        raise errors.Invalid
    said = json.dumps({"role": None if role == NO_ROLE else role})
    return await _changed(request, identity, user_id=user_id, wanted=Wanted(app_metadata=said), said="role")


@router.post(f"{PEOPLE}/{{user_id}}/disable", dependencies=[OwnForm])
async def disable(request: Request, identity: SignedInIdentity, _: AdminSession, *, user_id: UUID) -> Response:
    """Let nobody in with the account from the next request on."""
    return await _changed(request, identity, user_id=user_id, wanted=Wanted(ban=LONGEST_BAN), said="disabled")


@router.post(f"{PEOPLE}/{{user_id}}/enable", dependencies=[OwnForm])
async def enable(request: Request, identity: SignedInIdentity, _: AdminSession, *, user_id: UUID) -> Response:
    """Let its holder in again."""
    return await _changed(request, identity, user_id=user_id, wanted=Wanted(ban=timedelta()), said="enabled")


@router.post(f"{PEOPLE}/{{user_id}}/factors/reset", dependencies=[OwnForm])
async def reset(request: Request, identity: SignedInIdentity, _: AdminSession, *, user_id: UUID) -> Response:
    """Remove the second factors of somebody who lost them; a mail tells the person."""
    means = arriving.means_of(request)
    if user_id == identity.user_id:
        return await _own_refused(request, identity, user_id)
    try:
        await administering.demand_fresh(request, identity)
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=f"{PEOPLE}/{user_id}")
    account = await administration.read(means, user_id)
    if account.user.email is None:
        raise errors.Invalid
    operator = administering.operator_of(request, identity)
    async with means.begin() as session:
        await operator.record(session, "reset_second_factors", user_id)
    await factors.reset(means, account.user.email, caller=operator.caller)
    return arriving.gone(f"{PEOPLE}/{user_id}", said="reset")


async def _changed(request: Request, identity: Identity, *, user_id: UUID, wanted: Wanted, said: str) -> Response:
    if user_id == identity.user_id:
        return await _own_refused(request, identity, user_id)
    back = f"{PEOPLE}/{user_id}"
    try:
        await administering.demand_fresh(request, identity)
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=back)
    operator = administering.operator_of(request, identity)
    await administration.change(arriving.means_of(request), user_id, wanted, by=operator)
    return arriving.gone(back, said=said)


async def _own_refused(request: Request, identity: Identity, user_id: UUID) -> Response:
    text = arriving.reader_of(request)("admin-person-own")
    form = Form(mistakes=(Mistake(field="role", text=text),))
    return await _person(request, identity, user_id=user_id, form=form, status=400)


async def _people(request: Request, form: Form, *, number: int = 1, status: int = 200) -> Response:
    t, means = arriving.reader_of(request), arriving.means_of(request)
    found = await administration.page(means, number=number, size=ROWS, asked=form.value_of("asked") or None)
    view = PeopleView(
        form=form,
        done=_done(request, t),
        rows=tuple(_row(t, one.user) for one in found.accounts),
        total=t("admin-people-total", count=found.total),
        roles=_roles(t, form.value_of("role") or NO_ROLE),
        earlier_page=number - 1 if number > 1 else None,
        later_page=number + 1 if number * ROWS < found.total else None,
    )
    return arriving.renderer_of(request).page(request, "admin/people.html", view=view, status=status)


async def _person(request: Request, identity: Identity, *, user_id: UUID, form: Form, status: int = 200) -> Response:
    t = arriving.reader_of(request)
    account = await administration.read(arriving.means_of(request), user_id)
    has_factor = any(one.status == "verified" for one in account.factors)
    is_own = user_id == identity.user_id
    view = PersonView(
        form=form,
        done=_done(request, t),
        row=_row(t, account.user),
        facts=tuple(_facts(t, account, has_factor=has_factor)),
        roles=_roles(t, str(account.user.app_metadata.get("role") or NO_ROLE)),
        is_own=is_own,
        may_reset=has_factor and account.user.email is not None and not is_own,
    )
    return arriving.renderer_of(request).page(request, "admin/person.html", view=view, status=status)


def _facts(t: Reader, account: Account, *, has_factor: bool) -> list[Fact]:
    user = account.user
    wish = _wish(t, user)
    found = [Fact(name=t("admin-person-role"), text=_role(t, user.app_metadata.get("role")))]
    if wish is not None:
        found.append(Fact(name=t("admin-person-wish"), text=wish, is_warning=True))
    found += [
        Fact(name=t("admin-person-state"), text=_state(t, user)),
        Fact(name=t("admin-person-factor"), text=t("admin-yes" if has_factor else "admin-no")),
        Fact(name=t("admin-person-made"), text=t.moment(user.created_at)),
        Fact(name=t("admin-person-last"), text=_last(t, user)),
        Fact(name=t("admin-person-id"), text=str(user.id)),
    ]
    return found


def _row(t: Reader, user: User) -> PersonRow:
    return PersonRow(
        id=str(user.id),
        name=str(user.user_metadata.get("full_name") or ""),
        email=user.email or (f"+{user.phone}" if user.phone else t("admin-person-nameless")),
        role=_role(t, user.app_metadata.get("role")),
        wish=_wish(t, user),
        state=_state(t, user),
        is_closed=user.is_banned(datetime.now(UTC)),
        last=_last(t, user),
    )


def _wish(t: Reader, user: User) -> str | None:
    """The role it asked for, where it has none; what else may stand there is the person's own word and not shown."""
    asked = user.user_metadata.get("role")
    return _role(t, asked) if asked in GRANTED_ROLES and not user.app_metadata.get("role") else None


def _role(t: Reader, role: object) -> str:
    return t(f"role-{role}") if role in GRANTED_ROLES else t("role-none")


def _state(t: Reader, user: User) -> str:
    if user.is_banned(datetime.now(UTC)):
        return t("admin-state-disabled")
    if user.confirmed_at is None:
        return t("admin-state-invited" if user.invited_at is not None else "admin-state-unconfirmed")
    return t("admin-state-open")


def _last(t: Reader, user: User) -> str:
    return t("admin-never") if user.last_sign_in_at is None else t.moment(user.last_sign_in_at)


def _roles(t: Reader, chosen: str) -> tuple[Option, ...]:
    return tuple(
        Option(value=role, text=t(f"role-{role}"), is_selected=role == chosen)
        for role in (NO_ROLE, *sorted(GRANTED_ROLES))
    )


def _done(request: Request, t: Reader) -> str | None:
    said = request.query_params.get("said", "")
    return t(f"admin-done-{said}") if said in DONE and request.method == "GET" else None
