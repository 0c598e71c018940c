"""Recognises the processes of one embedded PostgreSQL, from its pid file and the system's process table.

In charge of looking, and of ending processes that were recognised; starting them is `embedded`'s business.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "cmdline").exists()  # Linux; elsewhere `ps` is asked.


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What `postmaster.pid` says: the process, where it listens, and whether it takes connections."""

    pid: int
    socket_directory: Path
    is_ready: bool


def read_pid_file(cluster: Path) -> PidFile | None:
    """The pid file of `cluster`, or None when there is none or it is half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdecimal():
        return None
    # The eighth line is written last and changes with the server's state; see miscadmin.h of PostgreSQL.
    return PidFile(
        pid=int(lines[0]),
        socket_directory=Path(lines[4] if len(lines) > 4 else ""),
        is_ready=len(lines) > 7 and lines[7].strip() == "ready",
    )


def command_line(pid: int) -> str | None:
    """The words of a living process joined by spaces, or None when it has ended (also as a zombie)."""
    if _HAS_PROC:
        try:
            words = (_PROC / str(pid) / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # A zombie's command line is empty.
        return words.rstrip(b"\0 ").replace(b"\0", b" ").decode("utf-8", "surrogateescape") or None
    answer = subprocess.run(  # noqa: S603 - fixed words and a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def joined(arguments: Sequence[str]) -> str:
    """Arguments in the form that `command_line` gives them back."""
    return " ".join(arguments).rstrip(" ")


def of_cluster(cluster: Path) -> PidFile | None:
    """The pid file of `cluster` when its process is alive and is a PostgreSQL serving this very directory."""
    file = read_pid_file(cluster)
    if file is None or (words := command_line(file.pid)) is None:
        return None
    return file if _serves(words, cluster, file.pid) else None


def _serves(words: str, cluster: Path, pid: int) -> bool:
    if f"postgres -D {cluster} " in f"{words} ":
        return True
    if Path(words.split(" -", 1)[0]).name not in {"postgres", "postmaster"}:
        return False
    # Started by hand, perhaps with a relative path; a postmaster's working directory is its data directory.
    with suppress(OSError):
        return (_PROC / str(pid) / "cwd").resolve(strict=True) == cluster.resolve()
    return False


def of_server(name: str, *, uid: int) -> list[int]:
    """The server processes that carry the cluster name `name` in their title and run as `uid`.

    The postmaster itself keeps its command line and is not among them.
    """
    title = f"postgres: {name}: "
    return [pid for pid, owner, words in _processes() if owner == uid and words.startswith(title)]


def _processes() -> Iterator[tuple[int, int, str]]:
    if _HAS_PROC:
        for entry in _PROC.iterdir():
            if entry.name.isdecimal():
                with suppress(FileNotFoundError, ProcessLookupError):
                    yield int(entry.name), entry.stat().st_uid, command_line(int(entry.name)) or ""
        return
    answer = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,uid=,command="], capture_output=True, text=True, check=False
    )
    for line in answer.stdout.splitlines():
        pid, owner, words = line.split(None, 2)
        yield int(pid), int(owner), words


def send(pid: int, number: signal.Signals) -> None:
    """Signals a process; one that has ended meanwhile is no error."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
