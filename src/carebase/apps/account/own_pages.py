"""The pages of the own account: who one is, the language, the time zone, and the password after a mail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from carebase import errors
from carebase.apps.account import arriving, landing, wording
from carebase.apps.account.arriving import Field, OwnForm
from carebase.apps.account.views import ChoiceView, Form, Mistake, Option, PasswordView, ProfileView
from carebase.auth import links, own_account, preferences, refused, requests
from carebase.auth.accounts import Account
from carebase.auth.mailing import Return
from carebase.auth.requests import SignedInIdentity
from carebase.auth.users import User
from carebase.database.identity import Identity
from carebase.errors import CareError
from carebase.web import messages, zones
from carebase.web.messages import Reader

DONE: Final = frozenset({"profile", "email", "email-asked", "phone", "language", "timezone", "password",
                         "session-ended", "sessions-ended", "identity-removed", "identity-added"})  # fmt: skip
"""What a page may be told to have been done, by a word in its address."""

router = APIRouter(include_in_schema=False)


def done(request: Request) -> str | None:
    """What was just done, as a sentence."""
    said = request.query_params.get("said", "")
    is_known = said in DONE and request.method == "GET"
    return arriving.reader_of(request)(f"done-{said}") if is_known else None


def moment(t: Reader, when: datetime, *, user: User) -> str:
    """A time in the person's own zone, with the zone's name."""
    return t.moment(when, zone=user.time_zone or zones.DEFAULT)


@router.get("/account", dependencies=[Depends(requests.signed_in_identity_for_request)])
async def first_page() -> Response:
    """Leads to the profile."""
    return arriving.gone("/account/profile")


@router.get("/account/profile")
async def profile(request: Request, identity: SignedInIdentity) -> Response:
    """Name, address, role."""
    account = await own_account.read(arriving.means_of(request), identity)
    name = str(account.user.user_metadata.get("full_name") or "")
    return _profile(request, account, Form(values={"full_name": name}))


@router.post("/account/profile", dependencies=[OwnForm])
async def change_profile(request: Request, identity: SignedInIdentity, full_name: Field = "") -> Response:
    """Keep the name."""
    await own_account.change(
        arriving.means_of(request),
        identity,
        data={"full_name": full_name.strip() or None},
        caller=arriving.caller_of(request),
    )
    return arriving.gone("/account/profile", said="profile")


@router.post("/account/profile/email", dependencies=[OwnForm])
async def change_email(
    request: Request, identity: SignedInIdentity, *, email: Field = "", current_password: Field = ""
) -> Response:
    """Ask both addresses whether the account changes from one to the other."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    try:
        await own_account.change_email(
            means,
            identity,
            email,
            current_password=current_password or None,
            ends=Return(redirect_to=links.own_page(means.policy)),
            caller=arriving.caller_of(request),
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back="/account/profile")
    except CareError as error:
        account = await own_account.read(means, identity)
        field = "current_password" if isinstance(error, refused.InvalidCredentials) else "email"
        name = str(account.user.user_metadata.get("full_name") or "")
        found = _of_password(t, error, field=field)
        form = Form(values={"full_name": name, "email": email}, mistakes=found)
        return _profile(request, account, form, status=error.status)
    return arriving.gone("/account/profile", said="email-asked")


@router.post("/account/profile/phone", dependencies=[OwnForm])
async def change_phone(
    request: Request, identity: SignedInIdentity, *, phone: Field = "", phone_password: Field = ""
) -> Response:
    """Give the account another number."""
    means, t = arriving.means_of(request), arriving.reader_of(request)
    if not means.policy.is_phone_allowed:
        raise errors.NotFound
    try:
        await own_account.change_phone(
            means, identity, phone, current_password=phone_password or None, caller=arriving.caller_of(request)
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back="/account/profile")
    except CareError as error:
        account = await own_account.read(means, identity)
        name = str(account.user.user_metadata.get("full_name") or "")
        form = Form(values={"full_name": name, "phone": phone}, mistakes=_of_phone(t, error))
        return _profile(request, account, form, status=error.status)
    return arriving.gone("/account/profile", said="phone")


@router.get("/account/language")
async def language_page(request: Request, identity: SignedInIdentity) -> Response:
    """The language of pages and mails."""
    account = await own_account.read(arriving.means_of(request), identity)
    t = arriving.reader_of(request)
    chosen = account.user.language or t.language
    renderer = arriving.renderer_of(request)
    view = ChoiceView(
        form=Form(),
        done=done(request),
        name="language",
        title=t("language-title"),
        hint=t("language-hint"),
        options=tuple(
            Option(value=one, text=renderer.messages.text(one, "language-own-name"), is_selected=one == chosen)
            for one in messages.LANGUAGES
        ),
        example=None,
    )
    return renderer.page(request, "account/language.html", view=view)


@router.post("/account/language", dependencies=[OwnForm])
async def choose_language(request: Request, identity: SignedInIdentity, language: Field = "") -> Response:
    """Keep the language, in the account and in this browser."""
    means, caller = arriving.means_of(request), arriving.caller_of(request)
    await preferences.choose(means, identity, language=language, caller=caller)
    answer = arriving.gone("/account/language", said="language")
    messages.keep(request, answer, language=language)
    return answer


@router.get("/account/timezone")
async def time_zone_page(request: Request, identity: SignedInIdentity) -> Response:
    """The zone that times are shown in."""
    account = await own_account.read(arriving.means_of(request), identity)
    t, chosen = arriving.reader_of(request), account.user.time_zone or "UTC"
    view = ChoiceView(
        form=Form(),
        done=done(request),
        name="time_zone",
        title=t("timezone-title"),
        hint=t("timezone-hint"),
        options=tuple(
            Option(value=zone, text=zone.replace("_", " "), is_selected=zone == chosen)
            for zone in preferences.time_zones()
        ),
        example=t("timezone-now", now=moment(t, datetime.now(UTC), user=account.user)),
    )
    return arriving.renderer_of(request).page(request, "account/timezone.html", view=view)


@router.post("/account/timezone", dependencies=[OwnForm])
async def choose_time_zone(request: Request, identity: SignedInIdentity, time_zone: Field = "") -> Response:
    """Keep the zone, in the account and in this browser."""
    means, caller = arriving.means_of(request), arriving.caller_of(request)
    await preferences.choose(means, identity, time_zone=time_zone, caller=caller)
    answer = arriving.gone("/account/timezone", said="timezone")
    zones.keep(request, answer, zone=time_zone)
    return answer


@router.get("/reset")
async def reset_page(request: Request, identity: SignedInIdentity) -> Response:
    """A new password after a forgotten one."""
    return await _password_form(request, identity, Form(), at="reset")


@router.post("/reset", dependencies=[OwnForm])
async def reset(request: Request, identity: SignedInIdentity, password: Field = "") -> Response:
    """Set it; every other device is signed out."""
    return await _set_password(request, identity, password, at="reset", full_name="")


@router.get("/invitation")
async def invitation_page(request: Request, identity: SignedInIdentity) -> Response:
    """The first password of somebody who was invited."""
    return await _password_form(request, identity, Form(), at="invitation")


@router.post("/invitation", dependencies=[OwnForm])
async def accept_invitation(
    request: Request, identity: SignedInIdentity, *, full_name: Field = "", password: Field = ""
) -> Response:
    """Set it, with the name."""
    return await _set_password(request, identity, password, at="invitation", full_name=full_name)


@router.post("/account/stay", dependencies=[OwnForm], status_code=204)
async def stay(request: Request, identity: SignedInIdentity) -> Response:
    """Somebody is there: a request that says nothing else, which is a use of the session while that lasts."""
    await own_account.read(arriving.means_of(request), identity)
    return Response(status_code=204)


async def _set_password(request: Request, identity: Identity, password: str, *, at: str, full_name: str) -> Response:
    means, t = arriving.means_of(request), arriving.reader_of(request)
    try:
        await own_account.change(
            means,
            identity,
            password=password,
            data={"full_name": full_name.strip()} if full_name.strip() else None,
            caller=arriving.caller_of(request),
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back="/account/security")
    except CareError as error:
        found = wording.mistakes(t, error, field="password", shortest=means.policy.shortest_password)
        return await _password_form(
            request, identity, Form(values={"full_name": full_name}, mistakes=found), at=at, status=400
        )
    if at == "reset":
        return arriving.gone("/account/security", said="password")
    return await landing.handed_over(request) or arriving.gone(arriving.FIRST_PAGE)


async def _password_form(request: Request, identity: Identity, form: Form, *, at: str, status: int = 200) -> Response:
    means, t = arriving.means_of(request), arriving.reader_of(request)
    user = (await own_account.read(means, identity)).user
    values = {"full_name": str(user.user_metadata.get("full_name") or ""), **form.values}
    view = PasswordView(
        form=Form(values=values, mistakes=form.mistakes),
        title=t(f"{at}-title"),
        explanation=t(f"{at}-explanation"),
        action=f"/{at}",
        email=user.email or user.phone or "",
        shortest=means.policy.shortest_password,
        asks_name=at == "invitation",
    )
    return arriving.renderer_of(request).page(request, "account/password.html", view=view, status=status)


def _profile(request: Request, account: Account, form: Form, *, status: int = 200) -> Response:
    t, user, policy = arriving.reader_of(request), account.user, arriving.means_of(request).policy
    role = str(user.app_metadata.get("role") or "none")
    view = ProfileView(
        form=form,
        done=done(request),
        email=user.email or "",
        new_email=user.email_change or "",
        phone=f"+{user.phone}" if user.phone else "",
        has_phones=policy.is_phone_allowed,
        may_change_phone=policy.is_confirmed_at_once,
        role=t(f"role-{role}") if t.messages.has(t.language, f"role-{role}") else role,
        has_password=user.encrypted_password is not None,
    )
    return arriving.renderer_of(request).page(request, "account/profile.html", view=view, status=status)


def _of_phone(t: Reader, error: CareError) -> tuple[Mistake, ...]:
    match error:
        case refused.NotValid():
            return (Mistake(field="phone", text=t("refusal-phone")),)
        case refused.PhoneExists():
            return (Mistake(field="phone", text=t("refusal-phone-exists")),)
        case refused.MessageNotSent():
            return (Mistake(field="phone", text=t("profile-phone-fixed")),)
        case _:
            return _of_password(t, error, field="phone_password")


def _of_password(t: Reader, error: CareError, *, field: str) -> tuple[Mistake, ...]:
    if isinstance(error, refused.InvalidCredentials):
        return (Mistake(field=field, text=t("refusal-current-password")),)
    return wording.mistakes(t, error, field=field)
