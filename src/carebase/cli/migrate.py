"""`carebase migrate`: brings a database to the state of this version, or says what that would be."""

from __future__ import annotations

from pathlib import Path

import click

from carebase import observability
from carebase.cli import runtime
from carebase.database import migrate
from carebase.database.embedded import Embedded
from carebase.settings import Settings


@click.command("migrate")
@runtime.data_option
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be done and change nothing.")
@click.option(
    "--attached",
    is_flag=True,
    help="DATABASE_URL is a hosted project with accounts of its own: tables and policies only.",
)
@runtime.json_option
@runtime.explained
def command(data: Path | None, *, only_plan: bool, attached: bool, as_json: bool) -> None:
    """Migrate the database (DATABASE_URL, or the embedded one).

    Exit codes: 0 done (or nothing to do), 75 the database does not answer, 78 it cannot be migrated.
    """
    observability.start()
    chosen = runtime.read_settings(data=data)
    if attached:
        plan = _attach(chosen, only_plan=only_plan)
    else:
        plan = runtime.run_async(_migrate(chosen, only_plan=only_plan))
    if as_json:
        runtime.print_json({"planned": only_plan, "steps": list(plan.lines)})
    elif plan.is_empty:
        click.echo("Nothing to do.")
    else:
        click.echo("\n".join(f"{'would apply' if only_plan else 'applied'} {line}" for line in plan.lines))


def _attach(chosen: Settings, *, only_plan: bool) -> migrate.Plan:
    dsn = chosen.database_direct_url or chosen.database_url
    if dsn is None:
        raise click.UsageError("--attached needs DATABASE_URL: the project's own connection string.")
    return migrate.plan(dsn, attached=True) if only_plan else migrate.attach(dsn, staff_mfa=chosen.staff_mfa)


async def _migrate(chosen: Settings, *, only_plan: bool) -> migrate.Plan:
    if chosen.database_url is not None:
        return _on(chosen.database_direct_url or chosen.database_url, chosen, only_plan=only_plan)
    embedded = Embedded(chosen.data)
    if running := await embedded.reach():
        return _on(running.dsn(), chosen, only_plan=only_plan)
    cluster = await embedded.start()
    try:
        return _on(cluster.dsn(), chosen, only_plan=only_plan)
    finally:
        await embedded.stop()


def _on(dsn: str, chosen: Settings, *, only_plan: bool) -> migrate.Plan:
    return migrate.plan(dsn) if only_plan else migrate.migrate(dsn, secret=chosen.secret)
