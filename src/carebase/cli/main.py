"""The `carebase` command: finds the module of a subcommand when it is called.

In charge of the names only. Each module exposes `command`; loading one costs nothing to the others,
so `carebase --help` starts at once and a command imports only what it needs.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from carebase import settings

COMMANDS: Mapping[str, str] = {
    "analyse": "carebase.cli.analyse",
    "audit": "carebase.cli.audit",
    "demo": "carebase.cli.demo",
    "doctor": "carebase.cli.doctor",
    "explain-access": "carebase.cli.explain_access",
    "keys": "carebase.cli.keys",
    "mail": "carebase.cli.mail",
    "migrate": "carebase.cli.migrate",
    "serve": "carebase.cli.serve",
    "status": "carebase.cli.status",
    "storage": "carebase.cli.storage",
    "user": "carebase.cli.user",
    "worker": "carebase.cli.worker",
}


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name, or None, which click words as "No such command"."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]}.command is no command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(settings.VERSION, prog_name="carebase")
def main() -> None:
    """One self-hosted care platform on PostgreSQL."""


if __name__ == "__main__":
    main()
