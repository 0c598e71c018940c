"""Whoever changes what proves an account proves again that it is theirs.

In charge of what counts as such a proof: a sign-in a short while ago, the current password, or a code written to
the account's address; and of an account with a second factor being changed only by whoever has proven that too.
"""

from __future__ import annotations

from carebase.auth import accounts, mailing, methods, one_time_tokens, refused, signing_in
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.users import User
from carebase.database.identity import Identity
from carebase.mail.messages import Kind


async def ask(means: Accounts, identity: Identity, *, caller: Caller) -> None:
    """Write a code to the address of the account that is signed in."""
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        if user.email is None:
            raise (
                refused.MessageNotSent
                if user.phone
                else refused.NotValid(details="Reauthentication requires the user to have an email or a phone number")
            )
        if user.email_confirmed_at is None:
            raise refused.EmailNotConfirmed
        too_many = await mailing.send(
            session, means, user, to=user.email, kind=Kind.REAUTHENTICATION, ends=Return(), caller=caller
        )
    if too_many is not None:
        raise too_many


async def by_nonce(means: Accounts, user: User, nonce: str, *, caller: Caller) -> None:
    """Nothing when it is the code that was written; BadNonce, counted and on record, otherwise."""
    async with means.begin() as session:
        redeemed = await one_time_tokens.redeem_code(
            session, means, user, types=[TokenType.REAUTHENTICATION], code=nonce
        )
        is_right = redeemed is not None and redeemed.relates_to == user.email
        if not is_right:
            await accounts.record_refusal(session, user, reason="nonce", caller=caller)
    if not is_right:
        raise refused.BadNonce


async def check(
    means: Accounts,
    account: Account,
    identity: Identity,
    *,
    current_password: str | None = None,
    nonce: str | None = None,
    caller: Caller,
) -> None:
    """Nothing when the person has proven itself: by a code, by the password, or by a fresh sign-in.

    SecondFactorNeeded, BadNonce, InvalidCredentials or NotFresh otherwise.
    """
    check_level(account, identity)
    if nonce is not None:
        await by_nonce(means, account.user, nonce, caller=caller)
    elif current_password is not None:
        await signing_in.check_current(means, account.user, current_password, caller=caller)
    elif not methods.is_fresh(accounts.proofs_of(identity), by=methods.SECOND_FACTORS if has_factor(account) else None):
        raise refused.NotFresh


def has_factor(account: Account) -> bool:
    """Whether the account has a second factor that counts."""
    return any(factor.status == "verified" for factor in account.factors)


def check_level(account: Account, identity: Identity) -> None:
    """SecondFactorNeeded when the account has one and this session has not proven it."""
    if has_factor(account) and accounts.level_of(identity) != "aal2":
        raise refused.SecondFactorNeeded
