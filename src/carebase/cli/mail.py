"""`carebase mail`: what was written, what waits for the mail server, and whether that takes anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import click

from carebase import errors, sealing
from carebase.cli import runtime
from carebase.database import session as sessions
from carebase.database.pool import Login, Pools
from carebase.database.session import Session
from carebase.mail import outbox, sending, spool, wording
from carebase.mail.messages import Kind, Message
from carebase.mail.outbox import Waiting
from carebase.mail.sending import MailServer, NotTaken
from carebase.mail.spool import Spool
from carebase.mail.wording import Wording
from carebase.settings import Settings


class NoSuchMail(errors.SetupError):
    """No mail of that id waits or lies in the spool directory."""

    code, message = "no_such_mail", "There is no mail with that id."
    exit_code = 65  # EX_DATAERR of sysexits.h


class MailNotTaken(errors.SetupError):
    """The mail server did not take the mail, or the address is none."""

    code, message = "mail_not_taken", "The mail was not taken."
    exit_code = 69  # EX_UNAVAILABLE of sysexits.h


@click.group("mail")
def command() -> None:
    """Mails to people who have accounts."""


@command.command("list")
@runtime.data_option
@runtime.json_option
@runtime.explained
def list_all(data: Path | None, *, as_json: bool) -> None:
    """Print the mails that wait for the mail server, and those that lie in the spool directory without one.

    Exit codes: 0 printed, 69 carebase is not running, 75 the database does not answer, 78 a setting is wrong.
    """
    chosen = runtime.read_settings(data=data)
    rows = [*runtime.run_async(_waiting(chosen)), *[_of_spool(each) for each in Spool.of(chosen).mails()]]
    if as_json:
        runtime.print_json(rows)
        return
    for row in rows:
        why = f"  {row['failure']}" if row["failure"] else ""
        click.echo(f"{row['id']}  {row['at']}  {row['state']:<8}  {row['kind']:<20}  {row['to']}{why}")


@command.command("show")
@click.argument("mail_id", metavar="ID", type=click.UUID)
@runtime.data_option
@runtime.explained
def show(mail_id: UUID, *, data: Path | None) -> None:
    """Print one mail. Its link may sign in: keep it from other eyes.

    Exit codes: 0 printed, 65 there is no such mail, 69 carebase is not running, 75 the database does not answer,
    78 a setting is wrong.
    """
    chosen = runtime.read_settings(data=data)
    spooled = Spool.of(chosen).find(mail_id)
    mail = spool.read(spooled) if spooled else runtime.run_async(_worded(chosen, mail_id))
    for name in ("From", "To", "Subject", "Date"):
        click.echo(f"{name}: {mail[name]}")
    body = mail.get_body(("plain",))
    click.echo(f"\n{body.get_content() if body else ''}", nl=False)


@command.command("test")
@click.argument("address")
@click.option("--language", type=click.Choice(wording.LANGUAGES), help="Of the mail; else the site's.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def test(address: str, *, language: str | None, data: Path | None, as_json: bool) -> None:
    """Send a mail that asks for nothing, and name templates that cannot be used.

    Without a mail server it lies in the spool directory. Exit codes: 0 taken, 69 not taken, 78 a setting or a
    template is wrong.
    """
    chosen = runtime.read_settings(data=data)
    words = Wording.of(chosen)
    if broken := words.broken():
        raise wording.BadTemplate(details=f"{', '.join(broken)} in {words.templates}.")
    runtime.run_async(_send(chosen, Message(kind=Kind.TEST, to=address, language=language or chosen.language)))
    taker = f"{chosen.smtp_host}:{chosen.smtp_port}" if chosen.smtp_host else str(Spool.of(chosen).directory)
    if as_json:
        runtime.print_json({"to": address, "taken_by": taker})
    else:
        click.echo(f"{taker} has taken a mail to {address}.")


@command.command("retry")
@click.argument("mail_id", metavar="[ID]", type=click.UUID, required=False)
@runtime.data_option
@runtime.json_option
@runtime.explained
def retry(mail_id: UUID | None, *, data: Path | None, as_json: bool) -> None:
    """Have one mail tried again at once, or every one that waits or was given up.

    Exit codes: 0 asked for, 65 there is no such mail, 69 carebase is not running, 75 the database does not answer,
    78 a setting is wrong.
    """
    count = runtime.run_async(_retry(runtime.read_settings(data=data), mail_id))
    if mail_id is not None and count == 0:
        raise NoSuchMail(details=str(mail_id))
    if as_json:
        runtime.print_json({"count": count})
    else:
        click.echo(f"{count} to be tried now.")


@asynccontextmanager
async def _session(chosen: Settings) -> AsyncIterator[Session]:
    """A transaction of the accounts service on a database that serves."""
    dsn = await runtime.reached_database(chosen)
    async with (
        Pools(owner_dsn=dsn, secret=chosen.secret, logins=frozenset({Login.AUTH_SERVICE})) as pools,
        sessions.begin_as_login(pools[Login.AUTH_SERVICE]) as session,
    ):
        yield session


async def _waiting(chosen: Settings) -> list[dict[str, Any]]:
    async with _session(chosen) as session:
        return [_of_outbox(each, secret=chosen.secret) for each in await outbox.waiting(session)]


async def _worded(chosen: Settings, mail_id: UUID) -> EmailMessage:
    async with _session(chosen) as session:
        found = next((each for each in await outbox.waiting(session) if each.id == mail_id), None)
    if found is None:
        raise NoSuchMail(details=str(mail_id))
    try:
        return Wording.of(chosen).word(found.opened(chosen.secret), mail_id=mail_id)
    except wording.Unwordable as error:
        raise NoSuchMail(details=f"It cannot be written: {error}.") from error


async def _send(chosen: Settings, message: Message) -> None:
    mail_id = uuid4()
    delivery: sending.Delivery = MailServer.of(chosen) or Spool.of(chosen)
    try:
        await delivery.deliver(Wording.of(chosen).word(message, mail_id=mail_id), mail_id=mail_id)
    except wording.Unwordable as error:
        raise MailNotTaken(details=f"It cannot be written: {error}.") from error
    except NotTaken as error:
        raise MailNotTaken(details=f"{error}.") from error


async def _retry(chosen: Settings, mail_id: UUID | None) -> int:
    async with _session(chosen) as session:
        return await outbox.retry(session, mail_id)


def _of_outbox(each: Waiting, *, secret: str) -> dict[str, Any]:
    try:
        to = each.opened(secret).to
    except (sealing.Unsealable, ValueError, TypeError):
        to = "-"
    return {
        "id": str(each.id),
        "at": each.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": "given up" if each.failed_at else "waiting",
        "kind": each.kind,
        "to": to,
        "failure": each.failure,
        "tries": each.tries,
    }


def _of_spool(each: spool.Spooled) -> dict[str, Any]:
    mail = spool.read(each)
    return {
        "id": str(each.id),
        "at": each.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": "spooled",
        "kind": str(mail["X-Carebase-Mail"] or "-"),
        "to": str(mail["To"]),
        "failure": None,
        "tries": 1,
    }
