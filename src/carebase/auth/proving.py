"""People come in by what was written to them: a link, or six digits.

In charge of what a proof is worth: a session at the first level of assurance, whatever it was written for, or a
code for the client that began. A second factor is never gone around.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import (
    accounts,
    addresses,
    allowances,
    attempts,
    confirming,
    flows,
    methods,
    new_devices,
    one_time_tokens,
    opening,
    refused,
    signing_in,
    steady,
)
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.flows import Exchanged
from carebase.auth.methods import Method
from carebase.auth.one_time_tokens import Redeemed, TokenType
from carebase.auth.opening import Opened
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.errors import CareError

SQL = queries.beside(__file__)

CODES_FROM_ONE_PLACE_PER_HOUR: Final = 60
CODES_FROM_ONE_PLACE_AT_ONCE: Final = 20
"""For one account from one address; each code by itself is good for five tries."""
MOST_CHANGES_TO_ONE_ADDRESS: Final = 3
FIRST_OF_TWO: Final = "Confirmation link accepted. Please proceed to confirm link sent to the other email"


class VerifyType(StrEnum):
    """For what a link or a code is brought, in the protocol's words."""

    SIGN_UP = "signup"
    INVITE = "invite"
    MAGIC_LINK = "magiclink"
    RECOVERY = "recovery"
    EMAIL = "email"
    """Six digits of a sign-up or of a sign-in, whichever was written."""
    EMAIL_CHANGE = "email_change"


TYPES: Final[Mapping[VerifyType, tuple[TokenType, ...]]] = {
    VerifyType.SIGN_UP: (TokenType.CONFIRMATION,),
    VerifyType.INVITE: (TokenType.INVITE,),
    VerifyType.MAGIC_LINK: (TokenType.MAGIC_LINK,),
    VerifyType.RECOVERY: (TokenType.RECOVERY,),
    VerifyType.EMAIL: (TokenType.CONFIRMATION, TokenType.MAGIC_LINK),
    VerifyType.EMAIL_CHANGE: confirming.OF_CHANGE,
}


class Way(Enum):
    """How a proof comes."""

    OPENED = auto()
    """As a link that a browser opens at the accounts service."""
    BROUGHT = auto()
    """As the token of a link, by a program."""
    SHOWN = auto()
    """As the token of a link, at our own page."""
    TYPED = auto()
    """As six digits."""


@dataclass(frozen=True, slots=True)
class Coded:
    """The client that began exchanges this for the session."""

    code: str

    def __repr__(self) -> str:
        return "Coded()"


@dataclass(frozen=True, slots=True)
class HalfConfirmed:
    """One of the two addresses of a change has confirmed it; the other has still to."""


Proven: TypeAlias = Opened | Coded | HalfConfirmed


def verify_type(given: object) -> VerifyType:
    """The type a client names; NotValid when it is none."""
    try:
        return VerifyType(str(given))
    except ValueError as error:
        raise refused.NotValid(details="Verify requires a verification type") from error


async def by_link(means: Accounts, token: str, *, type: VerifyType, caller: Caller) -> Proven:  # noqa: A002
    """What a link opened in a browser gives: a session, or a code where a client waits for one."""
    return await _by_token(means, token, type=type, way=Way.OPENED, caller=caller)


async def by_token(means: Accounts, token: str, *, type: VerifyType, caller: Caller) -> Opened | HalfConfirmed:  # noqa: A002
    """What the token of a link gives to a program that brings it itself: a session."""
    return _uncoded(await _by_token(means, token, type=type, way=Way.BROUGHT, caller=caller))


async def by_page(
    means: Accounts,
    token: str,
    *,
    type: VerifyType,  # noqa: A002
    password: str | None,
    caller: Caller,
) -> Opened | HalfConfirmed:
    """The same at our own page.

    Where nobody knows who signed up (see `unknown_maker`), the password and what else came with the sign-up stay for
    whoever gives that password; without one they are dropped. InvalidCredentials or TooManyTries use nothing up.
    """
    claimed = None
    if password is not None:
        user = await unknown_maker(means, token, type=type, way=Way.SHOWN, caller=caller)
        if user is not None:
            await signing_in.check_signed_up(means, user, password, caller=caller)
            claimed = user.encrypted_password
    return _uncoded(await _by_token(means, token, type=type, way=Way.SHOWN, claimed=claimed, caller=caller))


async def unknown_maker(
    means: Accounts,
    token: str,
    *,
    type: VerifyType,  # noqa: A002
    way: Way,
    caller: Caller,
) -> User | None:
    """The account that this link would confirm, where it has a password and whoever brings the link may be another
    than the one who chose it; None elsewhere. The link stays good."""
    async with means.begin() as session:
        found = await one_time_tokens.look_at(session, token, types=TYPES[type])
        is_coded = found is not None and way is Way.OPENED and found.flow_state_id is not None
        if found is None or found.token_type != TokenType.CONFIRMATION or is_coded:
            return None
        user = await accounts.by_id(session, found.user_id)
        if user is None or user.email != found.relates_to or user.is_banned(datetime.now(UTC)):
            return None
        is_settled = user.email_confirmed_at is not None or user.invited_at is not None
        if is_settled or user.encrypted_password is None:
            return None
        return None if await new_devices.may_be_maker(session, user.id, caller=caller) else user


async def by_code(
    means: Accounts,
    email: str,
    code: str,
    *,
    type: VerifyType,  # noqa: A002
    caller: Caller,
) -> Opened | HalfConfirmed:
    """A session for six digits that were written to the address; a wrong code and an address without an
    account get the same answer in the same time."""
    email = addresses.normal(email)
    async with steady.answer():
        async with means.begin() as session:
            outcome = await _by_code(session, means, email, code=code, type=type, caller=caller)
        if isinstance(outcome, CareError):
            raise outcome
        if isinstance(outcome, Coded):
            raise refused.CodeExpired
        return outcome


async def by_flow(means: Accounts, code: str, verifier: str, *, caller: Caller) -> Opened:
    """A session for the code at the end of a sign-in and the verifier of whoever began it."""
    async with means.begin() as session:
        outcome = await flows.exchange(session, code, verifier)
        if not isinstance(outcome, CareError):
            await _confirm_the_clients(session, outcome)
            user = await opening.mark_proven(session, outcome.user_id)
            if user is not None:
                return await opening.open_one(
                    session, means, user, proofs=outcome.proofs, action="sign_in", caller=caller
                )
            outcome = refused.Banned()
        await accounts.record_refusal(session, None, reason="code of a flow", caller=caller)
    raise outcome


async def _confirm_the_clients(session: Session, exchanged: Exchanged) -> None:
    """Confirm the address of an account by the client that made it and has been waiting for its link."""
    if exchanged.proofs and exchanged.proofs[0].method == Method.EMAIL_SIGN_UP:
        user = await accounts.by_id(session, exchanged.user_id)
        if user is not None:
            await confirming.confirm(session, user, is_own=True)


async def _by_token(
    means: Accounts,
    token: str,
    *,
    type: VerifyType,  # noqa: A002
    way: Way,
    claimed: str | None = None,
    caller: Caller,
) -> Proven:
    async with means.begin() as session:
        redeemed = await one_time_tokens.redeem_token(session, token, types=TYPES[type])
        if redeemed is None:
            await accounts.record_refusal(session, None, reason="link", caller=caller)
            outcome: Proven | CareError = refused.LinkExpired()
        else:
            outcome = await _settle(session, means, redeemed, way=way, claimed=claimed, caller=caller)
    if isinstance(outcome, CareError):
        raise outcome
    return outcome


def _uncoded(proven: Proven) -> Opened | HalfConfirmed:
    if isinstance(proven, Coded):
        raise refused.LinkExpired
    return proven


async def _by_code(
    session: Session,
    means: Accounts,
    email: str,
    *,
    code: str,
    type: VerifyType,  # noqa: A002
    caller: Caller,
) -> Proven | CareError:
    too_many = await allowances.take(
        session,
        "code_account",
        f"{email} {caller.address}",
        per_hour=CODES_FROM_ONE_PLACE_PER_HOUR,
        burst=CODES_FROM_ONE_PLACE_AT_ONCE,
    )
    too_many = too_many or await attempts.take_digits(session, email=email)
    if too_many is not None:
        return too_many
    for user in await _candidates(session, email, type=type):
        redeemed = await one_time_tokens.redeem_code(session, means, user, types=TYPES[type], code=code)
        if redeemed is not None:
            await attempts.give_digits_back(session, email=email)
            outcome = await _settle(session, means, redeemed, way=Way.TYPED, caller=caller)
            return refused.CodeExpired() if isinstance(outcome, refused.LinkExpired) else outcome
    await accounts.record_refusal(session, None, reason="code", caller=caller)
    return refused.CodeExpired()


async def _candidates(session: Session, email: str, *, type: VerifyType) -> list[User | None]:  # noqa: A002
    # Nobody's code is compared too: it takes as long.
    if type is not VerifyType.EMAIL_CHANGE:
        return [await accounts.by_email(session, email)]
    changing = await session.all(SQL["changing"], Changing, address=email, most=MOST_CHANGES_TO_ONE_ADDRESS)
    users = [await accounts.by_id(session, row.user_id) for row in changing]
    return [user for user in users if user is not None] or [None]


@dataclass(frozen=True, slots=True)
class Changing:
    """An account that was written to about a change of its address."""

    user_id: UUID


async def _settle(
    session: Session, means: Accounts, redeemed: Redeemed, *, way: Way, claimed: str | None = None, caller: Caller
) -> Proven | CareError:
    """What a token or code is worth; a refusal is returned, so that its being used up is committed.

    `claimed` is the hash of the password that was shown with it.
    """
    user = await accounts.by_id(session, redeemed.user_id)
    if user is None:
        return refused.LinkExpired()
    if user.is_banned(datetime.now(UTC)):
        await accounts.record_refusal(session, user, reason="disabled", caller=caller)
        return refused.LinkBanned()
    token_type = TokenType(redeemed.token_type)
    is_coded = way is Way.OPENED and redeemed.flow_state_id is not None
    try:
        if is_coded and token_type is TokenType.CONFIRMATION:
            # Whether the one who signed up opened the link is known once the code is exchanged.
            confirmed: User | None = _of_address(user, redeemed.relates_to)
        else:
            is_claimed = claimed is not None and claimed == user.encrypted_password
            is_own = is_claimed or await _is_own(session, user, token_type=token_type, way=way, caller=caller)
            confirmed = await _confirmed(
                session, user, token_type=token_type, address=redeemed.relates_to, is_own=is_own
            )
    except (refused.LinkExpired, refused.EmailExists) as error:
        await accounts.record_refusal(session, user, reason="address", caller=caller)
        return error
    await audit.record(
        session,
        "prove_address",
        accounts.USERS,
        keys=[str(user.id)],
        request_id=caller.request_id,
        details={"for": token_type.value, "address": caller.address},
    )
    if confirmed is None:
        return HalfConfirmed()
    return await _worth(session, means, user, redeemed=redeemed, is_coded=is_coded, caller=caller)


async def _worth(
    session: Session, means: Accounts, user: User, *, redeemed: Redeemed, is_coded: bool, caller: Caller
) -> Proven | CareError:
    proofs = [methods.proof(_method(TokenType(redeemed.token_type)))]
    if is_coded and redeemed.flow_state_id is not None:
        code = await flows.issue_code(session, redeemed.flow_state_id, user.id, proofs=proofs)
        return refused.FlowExpired() if code is None else Coded(code)
    entered = await opening.mark_proven(session, user.id)
    if entered is None:
        return refused.LinkBanned()
    opened = await opening.open_one(session, means, entered, proofs=proofs, action="sign_in", caller=caller)
    is_dropped = user.encrypted_password is not None and entered.encrypted_password is None
    return dataclasses.replace(opened, is_password_dropped=is_dropped)


async def _is_own(session: Session, user: User, *, token_type: TokenType, way: Way, caller: Caller) -> bool:
    """Whether whoever proves the address also put into the account what is in it.

    A link alone does not say so: a stranger may have signed up with the address of whoever opens it. Digits are
    typed in where somebody waits for them, and a program that brings a link's token is the operator's and answers
    for it; our own pages, which anybody may open, ask for the browser too, or for the password.
    """
    match token_type:
        case TokenType.INVITE:
            return True
        case TokenType.CONFIRMATION:
            is_waited_for = way is Way.BROUGHT or (way is Way.TYPED and caller.device is None)
            # What an invited account holds an administrator has written.
            is_invited = user.invited_at is not None
            is_makers = is_waited_for or is_invited or await new_devices.is_maker(session, user.id, caller=caller)
            return is_makers or await confirming.has_no_way_in(session, user)
        case _:
            return False


def _of_address(user: User, address: str) -> User:
    # The address may have changed since the mail was written to it.
    if user.email != address:
        raise refused.LinkExpired
    return user


async def _confirmed(session: Session, user: User, *, token_type: TokenType, address: str, is_own: bool) -> User | None:
    match token_type:
        case TokenType.EMAIL_CHANGE_NEW | TokenType.EMAIL_CHANGE_CURRENT:
            return await confirming.change_email(session, user, token_type=token_type, address=address)
        case TokenType.CONFIRMATION | TokenType.INVITE | TokenType.MAGIC_LINK | TokenType.RECOVERY:
            return await confirming.confirm(session, _of_address(user, address), is_own=is_own)
        case TokenType.REAUTHENTICATION | TokenType.PHONE_CHANGE:
            raise refused.LinkExpired
        case _:
            assert_never(token_type)


def _method(token_type: TokenType) -> Method:
    match token_type:
        case TokenType.CONFIRMATION:
            return Method.EMAIL_SIGN_UP
        case TokenType.INVITE:
            return Method.INVITE
        case TokenType.RECOVERY:
            return Method.RECOVERY
        case TokenType.EMAIL_CHANGE_NEW | TokenType.EMAIL_CHANGE_CURRENT:
            return Method.EMAIL_CHANGE
        case TokenType.MAGIC_LINK:
            return Method.MAGIC_LINK
        case TokenType.REAUTHENTICATION | TokenType.PHONE_CHANGE:
            return Method.OTP
        case _:
            assert_never(token_type)
