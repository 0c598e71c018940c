"""`carebase user`: accounts made, invited, granted a role, disabled and helped by whoever runs the server."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from carebase.auth import administration, factors, invitations, links, passwords, printing, users
from carebase.auth.accounts import Accounts
from carebase.auth.metadata import GRANTED_ROLES
from carebase.auth.operators import COMMAND_LINE
from carebase.auth.paper_codes import Purpose
from carebase.auth.users import User
from carebase.cli import account_access, runtime
from carebase.settings import Settings

T = TypeVar("T")

ROLE = click.Choice(sorted(GRANTED_ROLES))
PURPOSES: Final = {"sign-in": Purpose.SIGN_IN, "recovery": Purpose.RECOVERY}


@click.group("user")
def command() -> None:
    """Accounts."""


@command.command("create")
@click.argument("email")
@click.option("--role", type=ROLE, required=True, help="The clinical role.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def create(email: str, *, role: str, password_stdin: bool, data: Path | None, as_json: bool) -> None:
    """Make an account with a clinical role and print its password once, if it was made here.

    Exit codes: 0 made, 65 address or password not accepted, 75 the database does not answer,
    78 a setting is wrong.
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else passwords.generate()
    user = _with(
        runtime.read_settings(data=data),
        lambda accounts: administration.create_with_role(accounts, email, password, role=role),
    ).user
    made = {"id": str(user.id), "email": user.email, "role": role}
    if not password_stdin:
        made["password"] = password
    if as_json:
        runtime.print_json(made)
        return
    for name, value in made.items():
        click.echo(f"{name:<9} {value}")
    if not password_stdin:
        click.echo("The password is shown this once and kept nowhere.", err=True)


@command.command("invite")
@click.argument("email")
@click.option("--role", type=ROLE, help="The clinical role that comes with it.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def invite(email: str, *, role: str | None, data: Path | None, as_json: bool) -> None:
    """Write to somebody who is to have an account; the mail's link opens it.

    The running server sends the mail. Without a mail server it lands where `carebase mail list` shows it.

    Exit codes: 0 written, 65 address not accepted or in use, 75 the database does not answer, 78 a setting is wrong.
    """
    invited = _with(
        runtime.read_settings(data=data),
        lambda accounts: invitations.invite(
            accounts, email, data=None, redirect_to=links.own_page(accounts.policy), role=role, by=None
        ),
    )
    _told(invited.user, f"{invited.user.email} is invited.", as_json=as_json)


@command.command("grant")
@click.argument("email")
@click.option("--role", type=ROLE, required=True, help="The clinical role.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def grant(email: str, *, role: str, data: Path | None, as_json: bool) -> None:
    """Give an account that signed itself up a clinical role.

    Exit codes: 0 granted, 65 there is no such account, 75 the database does not answer,
    78 a setting is wrong.
    """
    user = _with(runtime.read_settings(data=data), lambda accounts: administration.grant(accounts, email, role=role))
    _told(user, f"{user.email} is {role} from the next refresh on.", as_json=as_json)


@command.command("disable")
@click.argument("email")
@runtime.data_option
@runtime.json_option
@runtime.explained
def disable(email: str, *, data: Path | None, as_json: bool) -> None:
    """Let nobody in with an account; what is signed in with it is refused from the next request on.

    Exit codes: 0 disabled, 65 there is no such account, 75 the database does not answer, 78 a setting is wrong.
    """
    user = _with(runtime.read_settings(data=data), lambda accounts: administration.disable(accounts, email))
    _told(user, f"{user.email} is disabled.", as_json=as_json)


@command.command("enable")
@click.argument("email")
@runtime.data_option
@runtime.json_option
@runtime.explained
def enable(email: str, *, data: Path | None, as_json: bool) -> None:
    """Let the holder of a disabled account in again.

    Exit codes: 0 enabled, 65 there is no such account, 75 the database does not answer, 78 a setting is wrong.
    """
    user = _with(runtime.read_settings(data=data), lambda accounts: administration.enable(accounts, email))
    _told(user, f"{user.email} may sign in again.", as_json=as_json)


@command.command("reset-mfa")
@click.argument("email")
@runtime.data_option
@runtime.explained
def reset_mfa(email: str, *, data: Path | None) -> None:
    """Remove the second factors of somebody who lost them; a mail tells the person.

    Staff enrols a new one at the next sign-in. Make sure that it is the person who asks.

    Exit codes: 0 removed, 65 there is no such account, 75 the database does not answer, 78 a setting is wrong.
    """
    removed = _with(
        runtime.read_settings(data=data),
        lambda accounts: factors.reset(accounts, email, caller=COMMAND_LINE.caller),
    )
    click.echo(f"{removed} second factors removed.")


@command.command("print-codes")
@click.argument("email")
@click.option("--for", "purpose", type=click.Choice(sorted(PURPOSES)), default="sign-in", show_default=True)
@runtime.data_option
@runtime.json_option
@runtime.explained
def print_codes(email: str, *, purpose: str, data: Path | None, as_json: bool) -> None:
    """Print a sheet of codes, each good once: to sign in without e-mail, or in place of a lost second factor.

    An earlier sheet for the same purpose is over. Staff does not sign in by a printed code.

    Exit codes: 0 printed, 65 no such account or not for this one, 75 the database does not answer,
    78 a setting is wrong.
    """
    sheet = _with(
        runtime.read_settings(data=data),
        lambda accounts: printing.print_for(accounts, email, purpose=PURPOSES[purpose], caller=COMMAND_LINE.caller),
    )
    if as_json:
        expires_at = users.rfc3339(sheet.expires_at) if sheet.expires_at else None
        runtime.print_json({"codes": list(sheet.codes), "expires_at": expires_at})
        return
    for code in sheet.codes:
        click.echo(code)
    click.echo("The codes are shown this once and kept nowhere.", err=True)


@command.command("list")
@runtime.data_option
@runtime.json_option
@runtime.explained
def list_all(data: Path | None, *, as_json: bool) -> None:
    """Print every account with its role, or the one it asked for.

    Exit codes: 0 printed, 75 the database does not answer, 78 a setting is wrong.
    """
    found = [_summary(user) for user in _with(runtime.read_settings(data=data), administration.everybody)]
    if as_json:
        runtime.print_json(found)
        return
    for row in found:
        wish = f"asks for {row['requested_role']}" if row["requested_role"] else "no role"
        state = "  disabled" if row["banned_until"] else ""
        click.echo(f"{row['id']}  {row['email'] or row['phone'] or '-':<40}  {row['role'] or wish}{state}")


def _told(user: User, sentence: str, *, as_json: bool) -> None:
    if as_json:
        runtime.print_json(_summary(user))
    else:
        click.echo(sentence)


def _with(chosen: Settings, work: Callable[[Accounts], Awaitable[T]]) -> T:
    async def done() -> T:
        async with account_access.opened(chosen) as accounts:
            return await work(accounts)

    return runtime.run_async(done())


def _summary(user: User) -> dict[str, Any]:
    times = {
        name: users.rfc3339(time) if time is not None else None
        for name, time in (
            ("banned_until", user.banned_until),
            ("invited_at", user.invited_at),
            ("created_at", user.created_at),
            ("last_sign_in_at", user.last_sign_in_at),
        )
    }
    return {
        "id": str(user.id),
        "email": user.email,
        "phone": user.phone,
        "role": user.app_metadata.get("role"),
        "requested_role": user.user_metadata.get("role"),
        **times,
    }
