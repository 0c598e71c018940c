"""`carebase keys`: the keys that clients send, derived from the deployment's secret."""

from __future__ import annotations

from pathlib import Path

import click

from carebase.auth.tokens import Tokens
from carebase.cli import runtime


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
    chosen = runtime.read_settings(data=data)
    tokens = Tokens(
        chosen.secret,
        issuer=f"{chosen.address}/auth/v1",
        access_token_minutes=chosen.access_token_minutes,
    )
    keys = {"anon_key": tokens.anon_key()}
    if service:
        keys["service_key"] = tokens.service_key()
    if as_json:
        runtime.print_json(keys)
        return
    for name, key in keys.items():
        click.echo(f"{name.replace('_', ' '):<12} {key}")
