"""Writes `docs/reference/errors.md` and `docs/reference/settings.md` from the source they describe.

Run after an error or a setting was added or reworded: `python scripts/make_reference.py`. A test reads
that both are current.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import carebase
from carebase import errors, settings

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
ERRORS_HEAD = """\
# Errors

Every error has a stable code. The JSON API answers `{"code", "message", "details", "hint", "request_id"}` with the
status below; pages show a translated sentence for the code; commands print message and hint and end with the exit
code. A message never holds what a patient said or what was measured.

Written by `scripts/make_reference.py`.
"""
SETTINGS_HEAD = """\
# Settings

A flag of the command wins over the environment, the environment over a file named by the variable with `_FILE`
(`JWT_SECRET_FILE=/run/secrets/jwt`), that over `carebase.toml` (or the file `CAREBASE_CONFIG` names), that over the
default. A value of the wrong form, an unknown key in the file and a weak secret stop the start with exit code 78.

Written by `scripts/make_reference.py`.

| In the environment | In `carebase.toml` | Default | What it is |
|---|---|---|---|
"""
DATA_DEFAULT = "`~/.local/share/carebase` (by `XDG_DATA_HOME`)"
NOTHING = {
    "secret": "made at the first start",
    "site_url": "`http://localhost:<PORT>`",
    "audit_checkpoints": "`<CAREBASE_DATA>/audit/checkpoints.jsonl`",
    "audit_key": "`<CAREBASE_DATA>/audit/signing.key`",
    "storage_key": "`~/.config/carebase/<hash of CAREBASE_DATA>.storage-key` (by `XDG_CONFIG_HOME`; root's in `/etc`)",
}


def error_classes() -> list[type[errors.CareError]]:
    """Every error of the package, by module and in the order of the source."""
    for module in pkgutil.walk_packages(carebase.__path__, "carebase."):
        importlib.import_module(module.name)
    return sorted(
        {found for found in _below(errors.CareError) if found.__module__.startswith("carebase.")} | {errors.CareError},
        key=lambda found: (found.__module__, inspect.getsourcelines(found)[1]),
    )


def _below(base: type[errors.CareError]) -> Iterator[type[errors.CareError]]:
    for found in base.__subclasses__():
        yield found
        yield from _below(found)


def errors_page() -> str:
    """`errors.md`: what an API or a page may answer, then what stops a command."""
    classes = error_classes()
    setup = [found for found in classes if issubclass(found, errors.SetupError)]
    answers = [found for found in classes if found not in setup]
    lines = [ERRORS_HEAD, "## Answers of the server\n", "| Code | Status | Message | When |", "|---|---|---|---|"]
    lines += [
        f"| `{found.code}` | {found.status} | {_cell(found.message)} | {_cell(_sentence(found))} |"
        for found in sorted(answers, key=lambda found: (found.status, found.code))
    ]
    lines += ["\n## What stops a command\n", "| Code | Exit code | Message | When |", "|---|---|---|---|"]
    lines += [
        f"| `{found.code}` | {found.exit_code} | {_cell(found.message)} | {_cell(_sentence(found))} |"
        for found in sorted(setup, key=lambda found: found.code)
    ]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """`settings.md`: one row for each setting."""
    rows = []
    for field in dataclasses.fields(settings.Settings):
        name = field.metadata["name"]
        rows.append(f"| `{name}` | `{field.name}` | {_default(field)} | {_cell(field.metadata['help'])} |")
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _default(field: dataclasses.Field[object]) -> str:
    if field.name == "data":
        return DATA_DEFAULT
    if field.default in (None, ""):
        return NOTHING.get(field.name, "none")
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _sentence(found: type) -> str:
    """The first paragraph of its docstring; the family's own speaks of all of them."""
    if found is errors.CareError:
        return "A fault of ours: the server's log tells more under the request's id."
    return " ".join((inspect.getdoc(found) or "").partition("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES = {"errors.md": errors_page, "settings.md": settings_page}

if __name__ == "__main__":
    for file_name, page in PAGES.items():
        (REFERENCE / file_name).write_text(page(), encoding="utf-8")
