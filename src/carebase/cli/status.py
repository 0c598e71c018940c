"""`carebase status`: is it running, where, with which keys, and how much work waits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from carebase import authority
from carebase.auth.tokens import Tokens
from carebase.cli import runtime
from carebase.database.pool import Login, Pools
from carebase.jobs import counts
from carebase.settings import Settings


@click.command("status")
@runtime.data_option
@runtime.json_option
@runtime.explained
def command(data: Path | None, *, as_json: bool) -> None:
    """Print address, anon key, database version and the queue.

    Exit codes: 0 running, 69 not running, 75 it does not answer, 78 a setting is wrong.
    """
    found = runtime.run_async(_status(runtime.read_settings(data=data)))
    if as_json:
        runtime.print_json(found)
        return
    click.echo(f"address     {found['address']}")
    click.echo(f"anon key    {found['anon_key']}")
    click.echo(f"PostgreSQL  {found['postgresql']} ({'embedded' if found['embedded'] else 'external'})")
    for one in found["certificates"]:
        click.echo(f"{one['name']:<12}good until {one['expires_at']:%Y-%m-%d} ({one['days_left']} days)")
    click.echo(f"waiting     {found['waiting']} jobs, {found['doing']} being done, {found['failed']} failed")


async def _status(chosen: Settings) -> dict[str, Any]:
    dsn = await runtime.reached_database(chosen)
    async with Pools(owner_dsn=dsn, secret=chosen.secret, logins=frozenset({Login.CARE_QUEUE})) as pools:
        found = await counts.read(pools)
    tokens = Tokens.of(chosen)
    return {
        "address": chosen.address,
        "anon_key": tokens.anon_key(),
        "postgresql": found.server_version,
        "embedded": chosen.embedded,
        "certificates": [_expiry(one) for one in authority.expiries(chosen)],
        "waiting": found.waiting,
        "doing": found.doing,
        "failed": found.failed,
    }


def _expiry(one: authority.Expiry) -> dict[str, Any]:
    return {
        "name": one.name,
        "expires_at": one.expires_at,
        "days_left": (one.expires_at - datetime.now(UTC)).days,
    }
