"""Mails that prove an address: what each is good for, and how often one may be asked for.

In charge of the token, the link and the mail becoming durable in one transaction, and of doing the same work
for an address without an account, so that neither answer nor time tells whether there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, allowances, flows, links, one_time_tokens, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message

SQL = queries.beside(__file__)

MAILS_OF_A_KIND_PER_HOUR: Final = 60
"""To one address; so a minute passes between two."""
MAILS_FROM_ONE_PLACE_PER_HOUR: Final = 360
MAILS_FROM_ONE_PLACE_AT_ONCE: Final = 100
"""A hospital's people share an address."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """For what a mail's token is good."""

    token_type: TokenType
    word: str
    """As the protocol calls it in links."""


PURPOSES: Final[Mapping[Kind, Purpose]] = {
    Kind.CONFIRMATION: Purpose(TokenType.CONFIRMATION, "signup"),
    Kind.INVITE: Purpose(TokenType.INVITE, "invite"),
    Kind.MAGIC_LINK: Purpose(TokenType.MAGIC_LINK, "magiclink"),
    Kind.RECOVERY: Purpose(TokenType.RECOVERY, "recovery"),
    Kind.EMAIL_CHANGE_CURRENT: Purpose(TokenType.EMAIL_CHANGE_CURRENT, "email_change"),
    Kind.EMAIL_CHANGE_NEW: Purpose(TokenType.EMAIL_CHANGE_NEW, "email_change"),
    Kind.REAUTHENTICATION: Purpose(TokenType.REAUTHENTICATION, "reauthentication"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Where a link ends, and whether in a code for the client that began or in a session."""

    redirect_to: str | None = None
    """As the client asked; checked against the allowed addresses here. Our own page in the place of any other."""
    challenge: str | None = None
    """As `flows.challenge_of` read it."""


async def allow(
    session: Session, means: Accounts, *, to: str, kind: Kind, caller: Caller
) -> refused.TooManyMails | None:
    """Count a mail to the address, whoever has it; the refusal is for the caller to raise after its transaction."""
    took = await allowances.take(session, "mail_kind", f"{kind} {to}", per_hour=MAILS_OF_A_KIND_PER_HOUR, burst=1)
    if took is None:
        hourly = means.policy.mails_per_hour
        took = await allowances.take(session, "mail_address", to, per_hour=hourly, burst=hourly)
    if took is None and caller.address is not None:
        took = await allowances.take(
            session,
            "mail_caller",
            caller.address,
            per_hour=MAILS_FROM_ONE_PLACE_PER_HOUR,
            burst=MAILS_FROM_ONE_PLACE_AT_ONCE,
        )
    return None if took is None else refused.TooManyMails(retry_after_seconds=took.retry_after_seconds)


async def write(
    session: Session,
    means: Accounts,
    user: User | None,
    *,
    to: str,
    kind: Kind,
    ends: Return,
    caller: Caller,
) -> None:
    """Write a mail of the kind to the address and keep it for sending, without counting it.

    With None for the account nobody is written to, and it takes as long.
    """
    purpose = PURPOSES.get(kind)
    subject = user if purpose is not None else None
    asked_for = purpose or PURPOSES[Kind.CONFIRMATION]
    flow = None if ends.challenge is None else await _begin(session, means, subject, purpose=asked_for, ends=ends)
    made = await one_time_tokens.make(
        session, means, subject, token_type=asked_for.token_type, relates_to=to, flow=flow
    )
    message = Message(
        kind=kind if user is not None else Kind.NONE,
        to=to,
        language=_language(means, user),
        link=_link(means, made.token, purpose=purpose, redirect_to=ends.redirect_to),
        code=made.code if purpose is not None else "",
        good_minutes=one_time_tokens.minutes_of(means, asked_for.token_type),
        new_address=(user.email_change or "") if user is not None else "",
    )
    await outbox.put(session, message, secret=means.secret)
    async with session.together() as ask:
        ask.run(SQL["mark_sent"], user_id=None if subject is None else subject.id, kind=kind.value)
        ask.run(SQL["clear_tokens"])
        ask.run(SQL["clear_flows"])
    await audit.record(
        session,
        "mail_requested",
        accounts.USERS,
        keys=[] if user is None else [str(user.id)],
        request_id=caller.request_id,
        details={"kind": kind.value, "address": caller.address},
    )


async def send(
    session: Session,
    means: Accounts,
    user: User | None,
    *,
    to: str,
    kind: Kind,
    ends: Return,
    caller: Caller,
) -> refused.TooManyMails | None:
    """Count and write a mail; the refusal is for the caller to raise after its transaction."""
    too_many = await allow(session, means, to=to, kind=kind, caller=caller)
    if too_many is None:
        await write(session, means, user, to=to, kind=kind, ends=ends, caller=caller)
    return too_many


async def tell(session: Session, means: Accounts, user: User, *, kind: Kind, at: str = "") -> None:
    """Tell the account's address of what was done to the account; nothing where it has none."""
    if user.email is not None and user.email_confirmed_at is not None:
        message = Message(
            kind=kind, to=user.email, language=_language(means, user), link=means.policy.site_address, at=at
        )
        await outbox.put(session, message, secret=means.secret)


def _link(means: Accounts, token: str, *, purpose: Purpose | None, redirect_to: str | None) -> str:
    if purpose is None or purpose.token_type is TokenType.REAUTHENTICATION:
        return means.policy.site_address
    ends = links.end(means.policy, redirect_to)
    return links.verify_link(means.policy, token, token_type=purpose.word, redirect_to=ends)


async def _begin(session: Session, means: Accounts, user: User | None, *, purpose: Purpose, ends: Return) -> UUID:
    return await flows.begin(
        session,
        user_id=None if user is None else user.id,
        provider="email",
        method=purpose.word,
        challenge=ends.challenge or "",
        minutes=one_time_tokens.minutes_of(means, purpose.token_type),
    )


def _language(means: Accounts, user: User | None) -> str:
    chosen = None if user is None else user.language
    return chosen or means.policy.language
