"""Takes away from a process what it does not need to read one file.

In charge of the limits that the kernel enforces. After `confine` the process has its input, its
output, memory and time, and can open nothing more: no file, no socket, no second process.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys
from typing import Final

from carebase.documents.limits import Limits

INPUT: Final = 3
OUTPUT: Final = 4
_NOBODY: Final = 65_534
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_GRACE_SECONDS: Final = 2.0


def confine(limits: Limits, *, source: int, answer: int, parent: int) -> None:
    """Leaves `source` as `INPUT` and `answer` as `OUTPUT`, and gives up everything else.

    The process ends with `parent`, whichever way that ends.

    Raises:
        OSError: the kernel refuses a limit; the file must not be read then.
    """
    # Both are moved out of the way first: one may stand where the other must go.
    source, answer = _above(source), _above(answer)
    os.dup2(source, INPUT, inheritable=False)
    os.dup2(answer, OUTPUT, inheritable=False)
    os.closerange(OUTPUT + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    seconds = math.ceil(limits.seconds)
    # The last line of defence in time, should the keeper be gone: its default action ends the process.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + _GRACE_SECONDS)
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, limits.memory_bytes),
        # No number is left for a file or a socket.
        (resource.RLIMIT_NOFILE, OUTPUT + 1),
    ):
        resource.setrlimit(what, (value, value))
    # One second between the two, so that the end is told by its own signal and not by a plain kill.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _prctl(_PR_SET_DUMPABLE, 0)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if os.getppid() != parent:
        # The parent died before the signal was asked for.
        os.kill(os.getpid(), signal.SIGKILL)


# Loaded before any limit is set, since loading opens files.
_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _prctl(option: int, value: int) -> None:
    if _libc is not None and _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _above(descriptor: int) -> int:
    while descriptor <= OUTPUT:
        descriptor = os.dup(descriptor)
    return descriptor
