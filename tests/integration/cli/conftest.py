"""The command as a person types it: a process of its own, its two streams and its exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.faults.served import ROOT

KEPT = frozenset({"HOME", "LANG", "PATH", "TMPDIR", "XDG_CONFIG_HOME"})


def environment(chosen: Mapping[str, object]) -> dict[str, str]:
    """Nothing of this machine's settings, and those that a test chooses."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **{name: str(value) for name, value in chosen.items()}}


def carebase(
    *words: str | Path, typed: str = "", cwd: Path | None = None, **chosen: object
) -> subprocess.CompletedProcess[str]:
    """`carebase` with these words, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "carebase.cli.main", *map(str, words)],
        env=environment(chosen), input=typed, capture_output=True, text=True, timeout=120, check=False, cwd=cwd,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that the database's own user can pass through."""
    made = Path(tempfile.mkdtemp(prefix="carebase-cli-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)
