"""Looks at the machine: Python, the built style and scripts, and what a scan can be read with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from carebase import web
from carebase.cli.checks import finding
from carebase.cli.checks.finding import Finding
from carebase.web import assets

OLDEST_PYTHON: Final = (3, 11)


def look() -> Iterator[Finding]:
    """What is installed here."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield finding.mend("python", "python-old", version=version, oldest=".".join(map(str, OLDEST_PYTHON)))
    else:
        yield finding.well("python", "python-well", version=version)
    built = Path(next(iter(web.__path__))) / "static" / "dist" / assets.MANIFEST
    yield finding.well("pages", "pages-built") if built.is_file() else finding.mend("pages", "pages-unbuilt")
    yield finding.note("scans", "scans-unread")
