"""Links that are handed to whoever holds the service key, to be sent by a mail of its own.

In charge of what each kind does to the account before it is proven. Whoever has such a link comes in as the
account's holder, so no person gets one, administrator or not; no mail is sent from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from carebase.auth import (
    accounts,
    addresses,
    admin_refused,
    confirming,
    links,
    metadata,
    new_devices,
    one_time_tokens,
    passwords,
    redirects,
    refused,
)
from carebase.auth.accounts import Account, Accounts
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.operators import Operator
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)


class LinkKind(StrEnum):
    """For what a link is."""

    SIGN_UP = "signup"
    INVITE = "invite"
    MAGIC_LINK = "magiclink"
    RECOVERY = "recovery"
    EMAIL_CHANGE_CURRENT = "email_change_current"
    EMAIL_CHANGE_NEW = "email_change_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a link is asked for."""

    kind: LinkKind
    email: str
    new_email: str | None = None
    password: str | None = None
    data: Mapping[str, Any]
    redirect_to: str | None = None

    def __repr__(self) -> str:
        return f"Asked({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A link with what it says, told this once."""

    account: Account
    kind: LinkKind
    """What it has become: a sign-in by an unknown address is a sign-up."""
    link: str
    token: str
    code: str
    redirect_to: str

    def __repr__(self) -> str:
        return f"Generated({self.kind})"


def kind_of(given: object) -> LinkKind:
    """The kind a client names; NotValid when it is none."""
    try:
        return LinkKind(str(given))
    except ValueError as error:
        raise refused.NotValid(details="Invalid email action link type requested") from error


async def generate(means: Accounts, asked: Asked, *, by: Operator) -> Generated:
    """A link; ServiceKeyNeeded for a person, UserNotFound, EmailExists, NotValid, WeakPassword."""
    by.demand_key()
    email = addresses.normal(asked.email)
    said = metadata.of_person(asked.data)
    hashed = await _hashed(means, asked, email=email)
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
        kind = LinkKind.SIGN_UP if user is None and asked.kind is LinkKind.MAGIC_LINK else asked.kind
        holder = await _prepared(session, asked, kind=kind, user=user, email=email, hashed=hashed, said=said)
        token_type, word, to = _meaning(kind, holder)
        made = await one_time_tokens.make(session, means, holder, token_type=token_type, relates_to=to)
        await session.run(SQL["mark"], user_id=holder.id, kind=kind.value)
        await by.record(session, "generate_link", holder.id, kind=kind.value)
        account = await accounts.with_ways(session, await accounts.by_id(session, holder.id) or holder)
    ends = redirects.allowed(means.policy, asked.redirect_to)
    return Generated(
        account=account,
        kind=kind,
        link=links.verify_link(means.policy, made.token, token_type=word, redirect_to=ends),
        token=made.token,
        code=made.code,
        redirect_to=ends,
    )


async def _prepared(
    session: Session, asked: Asked, *, kind: LinkKind, user: User | None, email: str, hashed: str | None, said: str
) -> User:
    """The account as it is before the link is opened."""
    match kind:
        case LinkKind.SIGN_UP | LinkKind.INVITE:
            if user is None:
                user = await accounts.make(
                    session,
                    email,
                    hashed=hashed,
                    app_metadata=metadata.of_service(),
                    user_metadata=said,
                    is_confirmed=False,
                )
            elif user.confirmed_at is not None:
                raise refused.EmailExists
            else:
                # Whatever is in it may be a stranger's, and the link would confirm that stranger's password.
                await confirming.drop_what_was_left(session, user.id)
                await session.run(SQL["begin_anew"], user_id=user.id, hashed=hashed, said=said)
            await new_devices.keep_key(session, user.id)
            return user
        case LinkKind.MAGIC_LINK | LinkKind.RECOVERY:
            if user is None:
                raise admin_refused.UserNotFound
            return user
        case LinkKind.EMAIL_CHANGE_CURRENT | LinkKind.EMAIL_CHANGE_NEW:
            if user is None:
                raise admin_refused.UserNotFound
            return await _changing(session, user, new=addresses.normal(asked.new_email or ""))
        case _:
            assert_never(kind)


async def _changing(session: Session, user: User, *, new: str) -> User:
    if await accounts.by_email(session, new) is not None:
        raise refused.EmailExists
    # The other of the two links belongs to the same change, so asking for it does not begin another.
    if user.email_change != new:
        await session.run(SQL["ask_change"], user_id=user.id, new=new)
        changes = (TokenType.EMAIL_CHANGE_CURRENT, TokenType.EMAIL_CHANGE_NEW)
        await one_time_tokens.withdraw(session, user.id, types=changes)
    return await accounts.by_id(session, user.id) or user


def _meaning(kind: LinkKind, holder: User) -> tuple[TokenType, str, str]:
    """The token of a link, its word in the address, and to which address it belongs."""
    own, new = holder.email or "", holder.email_change or ""
    match kind:
        case LinkKind.SIGN_UP:
            return TokenType.CONFIRMATION, "signup", own
        case LinkKind.INVITE:
            return TokenType.INVITE, "invite", own
        case LinkKind.MAGIC_LINK:
            return TokenType.MAGIC_LINK, "magiclink", own
        case LinkKind.RECOVERY:
            return TokenType.RECOVERY, "recovery", own
        case LinkKind.EMAIL_CHANGE_CURRENT:
            return TokenType.EMAIL_CHANGE_CURRENT, "email_change", own
        case LinkKind.EMAIL_CHANGE_NEW:
            return TokenType.EMAIL_CHANGE_NEW, "email_change", new
        case _:
            assert_never(kind)


async def _hashed(means: Accounts, asked: Asked, *, email: str) -> str | None:
    if asked.kind is not LinkKind.SIGN_UP:
        return None
    password = asked.password or passwords.generate()
    await means.passwords.check(password, email=email, shortest=means.policy.shortest_password)
    return await means.passwords.hash(password)


def words_of(said: Generated) -> dict[str, str]:
    """The link's own part of the answer, in GoTrue's words."""
    return {
        "action_link": said.link,
        "email_otp": said.code,
        "hashed_token": said.token,
        "verification_type": said.kind.value,
        "redirect_to": said.redirect_to,
    }


def read(body: Mapping[str, Any], *, redirect_to: str | None) -> Asked:
    """What the body of a request asks for; NotValid where it cannot be.

    >>> read({"type": "recovery", "email": "a@example.org"}, redirect_to=None).kind.value
    'recovery'
    """
    for name in ("email", "new_email", "password", "redirect_to"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise refused.NotValid(details=f"{name} is no text")
    data = body.get("data")
    if data is not None and not isinstance(data, dict):
        raise refused.NotValid(details="data is not an object.")
    return Asked(
        kind=kind_of(body.get("type")),
        email=body.get("email") or "",
        new_email=body.get("new_email") or None,
        password=body.get("password") or None,
        data=data or {},
        redirect_to=redirect_to or body.get("redirect_to"),
    )
