"""`carebase keys`: the keys that clients send, and the keys that tokens are signed with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from carebase import settings
from carebase.auth import api_keys, signing_keys, users
from carebase.auth.api_keys import ApiKey, Kind
from carebase.auth.tokens import Tokens
from carebase.cli import account_access, runtime
from carebase.database.identity import Role
from carebase.database.session import Session
from carebase.settings import Settings

T = TypeVar("T")

LEGACY: Final = {"anon": Role.ANON, "service": Role.SERVICE}
LEGACY_OPTION = click.Choice(sorted(LEGACY))


@click.group("keys")
def command() -> None:
    """Keys of this deployment."""


@command.command("show")
@runtime.data_option
@click.option("--service", is_flag=True, help="Print the service key too; it passes by every row policy.")
@runtime.json_option
@runtime.explained
def show(data: Path | None, *, service: bool, as_json: bool) -> None:
    """Print the anon key, which is public.

    Exit codes: 0 printed, 78 a setting is wrong.
    """
    tokens = Tokens.of(runtime.read_settings(data=data))
    keys = {"anon_key": tokens.anon_key()}
    if service:
        keys["service_key"] = tokens.service_key()
    if as_json:
        runtime.print_json(keys)
        return
    for name, key in keys.items():
        click.echo(f"{name.replace('_', ' '):<12} {key}")


@command.command("mint")
@click.argument("name")
@click.option("--secret", "is_secret", is_flag=True, help="A key that passes by every row policy, for servers alone.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days after which it ends by itself.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def mint(name: str, *, is_secret: bool, days: int | None, data: Path | None, as_json: bool) -> None:
    """Make a key that can be withdrawn by itself, and print it once.

    Exit codes: 0 made, 65 the name is taken or none, 75 the database does not answer, 78 a setting is wrong.
    """
    kind = Kind.SECRET if is_secret else Kind.PUBLISHABLE
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    made = _with(
        runtime.read_settings(data=data),
        lambda session: api_keys.mint(session, kind=kind, name=name, expires_at=expires_at),
    )
    if as_json:
        runtime.print_json({**_summary(made.row), "key": made.key})
        return
    click.echo(made.key)
    click.echo("The key is shown this once and kept nowhere.", err=True)


@command.command("revoke")
@click.argument("name", required=False)
@click.option("--legacy", type=LEGACY_OPTION, help="Every signed key of the role, instead of one by its name.")
@runtime.data_option
@runtime.explained
def revoke(name: str | None, *, legacy: str | None, data: Path | None) -> None:
    """Withdraw a key; it is refused from the next request on.

    Exit codes: 0 withdrawn, 65 there is no such key, 75 the database does not answer, 78 a setting is wrong.
    """
    chosen = runtime.read_settings(data=data)
    if (name is None) == (legacy is None):
        raise click.UsageError("Name a key, or --legacy anon, or --legacy service.")
    if legacy is not None:
        tokens, role = Tokens.of(chosen), LEGACY[legacy]
        key = tokens.anon_key() if role is Role.ANON else tokens.service_key()
        _with(chosen, lambda session: api_keys.revoke_legacy(session, role, key=key))
    else:
        _with(chosen, lambda session: api_keys.revoke(session, name or ""))
    click.echo("It is refused from the next request on.")


@command.command("restore")
@click.option("--legacy", type=LEGACY_OPTION, required=True, help="The role whose signed keys are let in again.")
@runtime.data_option
@runtime.explained
def restore(*, legacy: str, data: Path | None) -> None:
    """Let signed keys in again that were withdrawn.

    Exit codes: 0 let in, 65 they were not withdrawn, 75 the database does not answer, 78 a setting is wrong.
    """
    _with(runtime.read_settings(data=data), lambda session: api_keys.restore_legacy(session, LEGACY[legacy]))
    click.echo("They are let in from the next request on.")


@command.command("list")
@runtime.data_option
@runtime.json_option
@runtime.explained
def list_all(data: Path | None, *, as_json: bool) -> None:
    """Print the keys that were made, by their first characters.

    Exit codes: 0 printed, 75 the database does not answer, 78 a setting is wrong.
    """
    found = [_summary(row) for row in _with(runtime.read_settings(data=data), api_keys.every)]
    if as_json:
        runtime.print_json(found)
        return
    for row in found:
        click.echo(f"{row['hint'] + '…':<24} {row['role']:<14} {row['state']:<10} {row['name']}")


@command.command("rotate")
@click.option("--algorithm", type=click.Choice(sorted(signing_keys.ALGORITHMS)), default="ES256", show_default=True)
@runtime.data_option
@runtime.json_option
@runtime.explained
def rotate(*, algorithm: str, data: Path | None, as_json: bool) -> None:
    """Sign tokens with a new key; nobody is signed out.

    What signed before goes on verifying for as long as its tokens last and an hour more. A running server follows
    within seconds. The secret, which keys and the database hang on, stays as it is.

    Exit codes: 0 rotated, 78 CAREBASE_SIGNING_KEYS names no file or one that cannot be used.
    """
    chosen = runtime.read_settings(data=data)
    file = chosen.signing_keys
    if file is None:
        raise settings.BadSetting(
            details="CAREBASE_SIGNING_KEYS names no file, so the secret signs tokens.",
            hint=f"Name one, such as {chosen.data / 'signing-keys.json'}, and run this again.",
        )
    made = signing_keys.rotate(file, algorithm=algorithm, life_seconds=chosen.access_token_minutes * 60)
    keys = [{"kid": key.kid, "alg": key.algorithm, "signs": key.kid == made} for key in signing_keys.read_file(file)]
    if as_json:
        runtime.print_json(keys)
        return
    for key in keys:
        click.echo(f"{key['kid']}  {key['alg']}  {'signs' if key['signs'] else 'verifies for now'}")


def _with(chosen: Settings, work: Callable[[Session], Awaitable[T]]) -> T:
    async def done() -> T:
        async with account_access.opened(chosen) as accounts, accounts.begin() as session:
            return await work(session)

    return runtime.run_async(done())


def _summary(row: ApiKey) -> dict[str, Any]:
    is_over = row.expires_at is not None and row.expires_at <= datetime.now(UTC)
    return {
        "id": str(row.id),
        "name": row.name,
        "kind": row.kind,
        "role": row.role,
        "hint": row.hint,
        "state": "withdrawn" if row.revoked_at else "over" if is_over else "good",
        "created_at": users.rfc3339(row.created_at),
        "expires_at": users.rfc3339(row.expires_at) if row.expires_at else None,
        "revoked_at": users.rfc3339(row.revoked_at) if row.revoked_at else None,
    }
