"""The command finds its subcommands when they are called, and only those that exist."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import click
from click.testing import CliRunner

from carebase import settings
from carebase.cli import main


def test_every_listed_command_is_one():
    context = click.Context(main.main)
    for name in main.main.list_commands(context):
        assert isinstance(main.main.get_command(context, name), click.Command)


def test_an_unknown_command_is_wrong_usage():
    assert CliRunner().invoke(main.main, ["frobnicate"]).exit_code == 2


def test_help_loads_no_command_it_does_not_show():
    code = "import sys; from carebase.cli import main; sys.exit('fluent' in ' '.join(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == settings.VERSION
