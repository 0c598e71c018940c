"""`carebase user`: accounts made, granted a role and listed by whoever runs the server."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click

from carebase import errors
from carebase.auth import administration, passwords, users
from carebase.auth.accounts import Accounts
from carebase.auth.metadata import GRANTED_ROLES
from carebase.auth.tokens import Tokens
from carebase.auth.users import User
from carebase.cli import runtime
from carebase.database.embedded import Embedded
from carebase.database.pool import Login, Pools
from carebase.settings import Settings

ROLE = click.Choice(sorted(GRANTED_ROLES))


class NotAccepted(errors.SetupError):
    """The address, the password or the role cannot be taken."""

    code, message = "not_accepted", "That account cannot be made or changed so."
    exit_code = 65  # EX_DATAERR of sysexits.h


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
    user = runtime.run_async(_create(runtime.read_settings(data=data), email, password=password, role=role))
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
    user = runtime.run_async(_grant(runtime.read_settings(data=data), email, role=role))
    if as_json:
        runtime.print_json(_summary(user))
    else:
        click.echo(f"{user.email} is {role} from the next refresh on.")


@command.command("list")
@runtime.data_option
@runtime.json_option
@runtime.explained
def list_all(data: Path | None, *, as_json: bool) -> None:
    """Print every account with its role, or the one it asked for.

    Exit codes: 0 printed, 75 the database does not answer, 78 a setting is wrong.
    """
    found = [_summary(user) for user in runtime.run_async(_everybody(runtime.read_settings(data=data)))]
    if as_json:
        runtime.print_json(found)
        return
    for row in found:
        wish = f"asks for {row['requested_role']}" if row["requested_role"] else "no role"
        click.echo(f"{row['id']}  {row['email'] or '-':<40}  {row['role'] or wish}")


async def _create(chosen: Settings, email: str, *, password: str, role: str) -> User:
    async with _accounts(chosen) as accounts:
        return (await administration.create_with_role(accounts, email, password, role=role)).user


async def _grant(chosen: Settings, email: str, *, role: str) -> User:
    async with _accounts(chosen) as accounts:
        return await administration.grant(accounts, email, role=role)


async def _everybody(chosen: Settings) -> list[User]:
    async with _accounts(chosen) as accounts:
        return await administration.everybody(accounts)


@asynccontextmanager
async def _accounts(chosen: Settings) -> AsyncIterator[Accounts]:
    tokens = Tokens(
        chosen.secret,
        issuer=f"{chosen.address}/auth/v1",
        access_token_minutes=chosen.access_token_minutes,
    )
    login = frozenset({Login.AUTH_SERVICE})
    async with (
        _database(chosen) as dsn,
        Pools(owner_dsn=dsn, secret=chosen.secret, logins=login) as pools,
    ):
        accounts = Accounts(pools, tokens=tokens, secret=chosen.secret)
        try:
            yield accounts
        except errors.SetupError:
            raise
        except errors.CareError as error:
            if error.status >= 500:
                raise
            raise NotAccepted(details=error.details or error.message, hint=error.hint) from error
        finally:
            accounts.close()


@asynccontextmanager
async def _database(chosen: Settings) -> AsyncIterator[str]:
    """The database of a running carebase; without one, the embedded server for as long as this takes."""
    if chosen.database_url is None and (running := await Embedded(chosen.data).reach()):
        yield running.dsn()
        return
    async with runtime.owned_database(chosen) as dsn:
        yield dsn


def _summary(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "email": user.email,
        "role": user.app_metadata.get("role"),
        "requested_role": user.user_metadata.get("role"),
        "created_at": users.rfc3339(user.created_at),
        "last_sign_in_at": users.rfc3339(user.last_sign_in_at) if user.last_sign_in_at else None,
    }
