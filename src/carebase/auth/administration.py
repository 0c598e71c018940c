"""What is done to accounts by whoever administers them: made, read, changed, disabled, removed.

In charge of each being on record under the operator's name, and of it holding from the next request on: a ban, a
removal and another role end what was signed in before (`private.begin_request`), another password every session.
A person who administers cannot set what would open somebody else's account; that takes the service key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from carebase.auth import accounts, addresses, admin_refused, devices, metadata, one_time_tokens, passwords, refused
from carebase.auth.accounts import Account, Accounts
from carebase.auth.attributes import LONGEST_BAN, Wanted
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.operators import COMMAND_LINE, Operator
from carebase.auth.users import AccountIdentity, Factor, User
from carebase.database import queries
from carebase.database.session import Session
from carebase.errors import CareError, Invalid, NotFound

SQL = queries.beside(__file__)

MOST_ON_A_PAGE: Final = 1000
FURTHEST_PAGE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some accounts of all."""

    accounts: Sequence[Account]
    total: int


async def create_with_role(means: Accounts, email: str, password: str, *, role: str) -> Account:
    """Make an account with a clinical role, for an administrator at the command line."""
    metadata.check_role(role)
    email = addresses.normal(email)
    passwords.check(password, email=email, shortest=means.policy.shortest_password)
    hashed = await means.passwords.hash(password)
    async with means.begin() as session:
        user = await accounts.make(
            session, email, hashed=hashed, app_metadata=metadata.of_service(role), user_metadata="{}"
        )
        await COMMAND_LINE.record(session, "create_account", user.id, role=role)
        return await accounts.with_ways(session, user)


async def grant(means: Accounts, email: str, *, role: str) -> User:
    """Give an account a clinical role; NotFound when nobody has this address.

    Whoever is signed in with it gets the role with the next refresh.
    """
    metadata.check_role(role)
    async with means.begin() as session:
        found = await _of_address(session, email)
        user = await _changed(session, found.id, Wanted(app_metadata=json.dumps({"role": role})))
        await COMMAND_LINE.record(session, "grant_role", user.id, role=role)
        return user


async def disable(means: Accounts, email: str) -> User:
    """Let nobody in with an account from the next request on; NotFound when nobody has this address."""
    return await _banned(means, email, ban=LONGEST_BAN, action="disable_account")


async def enable(means: Accounts, email: str) -> User:
    """Let the holder of a disabled account in again; NotFound when nobody has this address."""
    return await _banned(means, email, ban=timedelta(), action="enable_account")


async def everybody(means: Accounts) -> list[User]:
    """Every account, the oldest first."""
    async with means.begin() as session:
        found = await session.all(SQL["some"], User, asked=None, most=None, skipped=0)
    return found[::-1]


def check_page(*, number: int, size: int) -> None:
    """NotValid for a page that is none."""
    if not 1 <= number <= FURTHEST_PAGE or not 1 <= size <= MOST_ON_A_PAGE:
        raise refused.NotValid(details=f"Bad Pagination Parameters: at most {MOST_ON_A_PAGE} on a page")


async def page(means: Accounts, *, number: int, size: int, asked: str | None) -> Page:
    """A page of accounts, the newest first; `asked` is part of an address or a full name."""
    async with means.begin() as session:
        async with session.together() as ask:
            total = ask.value(SQL["count"], asked=asked)
            some = ask.all(SQL["some"], User, asked=asked, most=size, skipped=(number - 1) * size)
        return Page(accounts=await _with_ways(session, some.brought), total=total.brought)


async def read(means: Accounts, user_id: UUID) -> Account:
    """An account; UserNotFound without it."""
    async with means.begin() as session:
        return await accounts.with_ways(session, await known(session, user_id))


async def create(means: Accounts, wanted: Wanted, *, by: Operator) -> Account:
    """Make an account; EmailExists, PhoneExists, NotValid, WeakPassword, ServiceKeyNeeded.

    Without a password it has none: its holder comes in by a link, or is invited.
    """
    if wanted.email is None and wanted.phone is None:
        raise refused.NotValid(details="Cannot create a user without either an email or phone")
    if wanted.is_proven:
        by.demand_key()
    hashed = await _hashed(means, wanted, email=wanted.email)
    providers = [name for name, value in (("email", wanted.email), ("phone", wanted.phone)) if value is not None]
    async with means.begin() as session:
        user_id = await session.value(
            SQL["put"],
            user_id=wanted.user_id,
            email=wanted.email,
            phone=wanted.phone,
            hashed=hashed,
            is_email_confirmed=wanted.is_email_confirmed,
            is_phone_confirmed=wanted.is_phone_confirmed,
            providers=metadata.of_service(providers=providers),
            app_metadata=wanted.app_metadata,
            user_metadata=wanted.user_metadata,
            ban_seconds=_seconds(wanted.ban),
        )
        if user_id is None:
            raise await _taken(session, wanted, user_id=None)
        await _say_ways(session, user_id, wanted)
        await by.record(session, "create_account", user_id, **_of_record(wanted))
        return await accounts.with_ways(session, await known(session, user_id))


async def change(means: Accounts, user_id: UUID, wanted: Wanted, *, by: Operator) -> Account:
    """Change an account; UserNotFound, EmailExists, PhoneExists, NotValid, WeakPassword, ServiceKeyNeeded."""
    if wanted.opens_account:
        by.demand_key()
    hashed = None
    if wanted.password is not None or wanted.password_hash is not None:
        async with means.begin() as session:
            before = await known(session, user_id)
        hashed = await _hashed(means, wanted, email=wanted.email or before.email)
    async with means.begin() as session:
        user = await _changed(session, user_id, wanted, hashed=hashed)
        await _say_ways(session, user_id, wanted)
        if hashed is not None:
            await devices.end(session, user_id, session_id=user_id, scope=devices.Scope.GLOBAL)
        if hashed is not None or wanted.email is not None:
            await one_time_tokens.withdraw(session, user_id, types=tuple(TokenType))
        await by.record(session, "change_account", user_id, **_of_record(wanted))
        return await accounts.with_ways(session, user)


async def delete(means: Accounts, user_id: UUID, *, is_kept_as_a_name: bool, by: Operator) -> bool:
    """Remove an account; whether it is gone altogether.

    With `is_kept_as_a_name`, and wherever a record names it, its row stays without an address, a way in or a word
    about the person: who signed a report has to be known as long as the report is kept. UserNotFound.
    """
    if not is_kept_as_a_name and await _erased(means, user_id, by=by):
        return True
    async with means.begin() as session:
        await known(session, user_id)
        await devices.end(session, user_id, session_id=user_id, scope=devices.Scope.GLOBAL)
        async with session.together() as ask:
            ask.run(SQL["drop_identities"], user_id=user_id)
            ask.run(SQL["drop_factors"], user_id=user_id)
            ask.run(SQL["drop_paper_codes"], user_id=user_id)
            ask.run(SQL["drop_tokens"], user_id=user_id)
            ask.run(SQL["drop_flows"], user_id=user_id)
            ask.run(SQL["empty"], user_id=user_id)
        await by.record(session, "delete_account", user_id, kept_as_a_name=True)
    return False


async def _erased(means: Accounts, user_id: UUID, *, by: Operator) -> bool:
    try:
        async with means.begin() as session:
            await known(session, user_id)
            await session.run(SQL["erase"], user_id=user_id)
            await by.record(session, "delete_account", user_id, kept_as_a_name=False)
    except Invalid:
        # A record names it; nothing was done.
        return False
    return True


async def _banned(means: Accounts, email: str, *, ban: timedelta, action: str) -> User:
    async with means.begin() as session:
        found = await _of_address(session, email)
        user = await _changed(session, found.id, Wanted(ban=ban))
        await COMMAND_LINE.record(session, action, user.id)
        return user


async def _of_address(session: Session, email: str) -> User:
    found = await accounts.by_email(session, addresses.normal(email))
    if found is None:
        raise NotFound
    return found


async def known(session: Session, user_id: UUID) -> User:
    """An account in a transaction of somebody else; UserNotFound without it."""
    found = await accounts.by_id(session, user_id)
    if found is None:
        raise admin_refused.UserNotFound
    return found


async def _changed(session: Session, user_id: UUID, wanted: Wanted, *, hashed: str | None = None) -> User:
    changed = await session.value(
        SQL["change"],
        user_id=user_id,
        email=wanted.email,
        phone=wanted.phone,
        hashed=hashed,
        is_email_confirmed=wanted.is_email_confirmed,
        is_phone_confirmed=wanted.is_phone_confirmed,
        app_metadata=wanted.app_metadata,
        user_metadata=wanted.user_metadata,
        ban_seconds=_seconds(wanted.ban),
    )
    user = await known(session, user_id)
    if changed is None:
        raise await _taken(session, wanted, user_id=user_id)
    return user


async def _taken(session: Session, wanted: Wanted, *, user_id: UUID | None) -> CareError:
    """Why an account cannot be as it is wanted."""
    if wanted.email is not None:
        holder = await accounts.by_email(session, wanted.email)
        if holder is not None and holder.id != user_id:
            return refused.EmailExists()
    if wanted.phone is not None:
        holder = await accounts.by_phone(session, wanted.phone)
        if holder is not None and holder.id != user_id:
            return refused.PhoneExists()
    return refused.NotValid(details="There is an account with this id.")


async def _say_ways(session: Session, user_id: UUID, wanted: Wanted) -> None:
    """The address and the number as ways in."""
    said = {"sub": str(user_id), "email_verified": False, "phone_verified": False}
    for provider, value, is_confirmed in (
        ("email", wanted.email, wanted.is_email_confirmed),
        ("phone", wanted.phone, wanted.is_phone_confirmed),
    ):
        if value is not None:
            own = {**said, provider: value, f"{provider}_verified": is_confirmed}
            await session.run(SQL["say_way"], user_id=user_id, provider=provider, said=json.dumps(own))


async def _hashed(means: Accounts, wanted: Wanted, *, email: str | None) -> str | None:
    if wanted.password is None:
        return wanted.password_hash
    named = email or wanted.phone or ""
    await means.passwords.check(wanted.password, email=named, shortest=means.policy.shortest_password)
    return await means.passwords.hash(wanted.password)


async def _with_ways(session: Session, users: Sequence[User]) -> list[Account]:
    """The accounts with their identities and factors, in one round trip."""
    async with session.together() as ask:
        asked = [
            (
                user,
                ask.all(accounts.SQL["identities"], AccountIdentity, user_id=user.id),
                ask.all(accounts.SQL["factors"], Factor, user_id=user.id),
            )
            for user in users
        ]
    return [
        Account(user=user, identities=identities.brought, factors=factors.brought)
        for user, identities, factors in asked
    ]


def _seconds(ban: timedelta | None) -> float | None:
    return None if ban is None else ban.total_seconds()


def _of_record(wanted: Wanted) -> dict[str, object]:
    """What was changed, without addresses, passwords or words about the person."""
    said = json.loads(wanted.app_metadata)
    named = {
        "email": wanted.email,
        "phone": wanted.phone,
        "password": wanted.password or wanted.password_hash,
        "email_confirm": wanted.is_email_confirmed,
        "phone_confirm": wanted.is_phone_confirmed,
        "user_metadata": wanted.user_metadata != "{}",
        "app_metadata": bool(said),
        "ban": wanted.ban is not None,
    }
    details: dict[str, object] = {"changed": sorted(name for name, value in named.items() if value)}
    if "role" in said:
        details["role"] = said["role"]
    if wanted.ban is not None:
        details["banned_until"] = (datetime.now(UTC) + wanted.ban).isoformat(timespec="seconds") if wanted.ban else None
    return details
