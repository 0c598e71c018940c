"""What an administrator does to accounts: made, granted a role, listed."""

from __future__ import annotations

from carebase.audit import log as audit
from carebase.auth import accounts, addresses, metadata, passwords
from carebase.auth.accounts import Account, Accounts
from carebase.auth.users import User
from carebase.database import queries

SQL = queries.beside(__file__)


async def create_with_role(means: Accounts, email: str, password: str, *, role: str) -> Account:
    """Make an account with a clinical role, for an administrator at the command line."""
    metadata.check_role(role)
    email = addresses.normal(email)
    passwords.check(password, email=email)
    hashed = await means.passwords.hash(password)
    async with means.begin() as session:
        user = await accounts.make(
            session, email, hashed=hashed, app_metadata=metadata.of_service(role), user_metadata="{}"
        )
        await audit.record(session, "create_account", accounts.USERS, keys=[str(user.id)], details={"role": role})
        return await accounts.with_ways(session, user)


async def grant(means: Accounts, email: str, *, role: str) -> User:
    """Give an account a clinical role; NotFound when nobody has this address.

    Whoever is signed in with it gets the role with the next refresh.
    """
    metadata.check_role(role)
    async with means.begin() as session:
        user = await session.one(SQL["grant_role"], User, email=addresses.normal(email), role=role)
        await audit.record(session, "grant_role", accounts.USERS, keys=[str(user.id)], details={"role": role})
        return user


async def everybody(means: Accounts) -> list[User]:
    """Every account, the oldest first."""
    async with means.begin() as session:
        return await session.all(SQL["everybody"], User)
