"""Keeps the warm process and asks it to read files.

In charge of the parent's side: starting the process of `child`, starting it again when it
dies, and turning the way a child ended into a reason. Blocking; `reading` puts it on threads.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

import carebase
from carebase import errors
from carebase.documents import wire
from carebase.documents.unreadable import Reason, UnreadableFile

READY: Final = b"r"
START_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 5.0
"""How long past its own limit the warm process may take to say how a child ended."""
_CHUNK: Final = 1 << 20
# The C library kills with SIGABRT, SIGTRAP or SIGILL where an allocation is refused to code that cannot go on.
_REFUSED: Final = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)
_MUCH: Final = 0.6


class Abandon:
    """Lets another thread give up a question that is being answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self.is_asked = False

    def ask(self) -> None:
        """Ends the child, if one is at work; the question then fails."""
        with self._lock:
            self.is_asked = True
            if self._line is not None:
                with contextlib.suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def over(self, line: socket.socket) -> Iterator[None]:
        """Within, `ask` ends the child that answers over `line`."""
        with self._lock:
            self._line = line
        try:
            yield
        finally:
            with self._lock:
                self._line = None


class Zygote:
    """The warm process; started at the first question, and again when it has died. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The warm process, or None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Starts the process now instead of at the first question.

        Raises:
            errors.Unavailable: it does not start.
        """
        with self._lock:
            self._running()

    def ask(self, path: Path, request: wire.Request | wire.PictureRequest, *, abandon: Abandon) -> bytes:
        """The answer to `request` about the file at `path`, as its child wrote it.

        Raises:
            UnreadableFile: the child was ended or died: `timed_out`, `too_large`, `damaged`.
            errors.Unavailable: the warm process died twice or is closed, or the question was given up.
            OSError: the file cannot be opened.
        """
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            for _ in range(2):
                told = self._asked_once(source, request, abandon=abandon)
                if told is not None:
                    return _judged(*told, request=request)
                if abandon.is_asked:
                    break
                os.lseek(source, 0, os.SEEK_SET)
        finally:
            os.close(source)
        raise errors.Unavailable(details="The process that reads files ended.")

    def close(self) -> None:
        """Ends the process and its children, for good: questions under way and later ones fail."""
        with self._lock:
            self._is_closed = True
            self._discard()

    def _asked_once(
        self, source: int, request: wire.Request | wire.PictureRequest, *, abandon: Abandon
    ) -> tuple[bytes, dict[str, object]] | None:
        """The answer and the verdict; None when the warm process died over it."""
        output, answer = os.pipe()
        line, asker = socket.socketpair()
        with line, os.fdopen(output, "rb", buffering=0) as reader, abandon.over(line):
            with asker, os.fdopen(answer, "wb", buffering=0):
                line.sendall(wire.pack_request(request))
                process = self._handed(source, answer, asker)
            if process is None or abandon.is_asked:
                return None
            told = _collected(reader.fileno(), line, request=request)
        if told is None and not abandon.is_asked:
            with self._lock:
                if self._process is process:
                    self._discard()
        return told

    def _handed(self, source: int, answer: int, asker: socket.socket) -> subprocess.Popen[bytes] | None:
        with self._lock:
            process, control = self._running()
            try:
                socket.send_fds(control, [b"f"], [source, answer, asker.fileno()])
            except OSError:
                self._discard()
                return None
            return process

    def _running(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        if self._process is not None and self._control is not None and self._process.poll() is None:
            return self._process, self._control
        if self._is_closed:
            raise errors.Unavailable(details="The reader of files is closed.")
        self._discard()
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own a Ctrl-C at the terminal leaves it to us to drain and end it.
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing from outside
                [sys.executable, "-P", "-m", "carebase.documents.child", str(theirs.fileno())],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Libraries print what they read into their warnings.
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._process, self._control = process, ours
        ours.settimeout(START_SECONDS)
        try:
            said = ours.recv(1)
        except OSError:
            said = b""
        if said != READY:
            self._discard()
            raise errors.Unavailable(
                details="The process that reads files does not start.",
                hint=f"Run `{sys.executable} -m carebase.documents.child 0` to see why.",
            )
        ours.settimeout(_GRACE_SECONDS)
        return process, ours

    def _discard(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            # Its children end with it.
            self._process.kill()
            self._process.wait()
        self._process = self._control = None


def _environment() -> dict[str, str]:
    """What the process needs to find its code, and none of our secrets."""
    home = str(Path(carebase.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": home if inherited is None else os.pathsep.join((home, inherited)),
        "PYTHONDONTWRITEBYTECODE": "1",
        # Threads of a numerical library would not survive a fork, and each reserves memory.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _collected(
    answer: int, line: socket.socket, *, request: wire.Request | wire.PictureRequest
) -> tuple[bytes, dict[str, object]] | None:
    """The bytes of the child and the verdict of its keeper; None when the keeper is gone or stuck."""
    ends_at = time.monotonic() + request.limits.seconds + _GRACE_SECONDS
    chunks: list[bytes] = []
    size, verdict = 0, b""
    watch = select.poll()
    watch.register(answer, select.POLLIN)
    watch.register(line, select.POLLIN)
    open_ends = {answer, line.fileno()}
    while open_ends:
        left = ends_at - time.monotonic()
        if left <= 0:
            return None
        for descriptor, _ in watch.poll(left * 1000):
            chunk = _read(descriptor)
            if not chunk:
                watch.unregister(descriptor)
                open_ends.discard(descriptor)
            elif descriptor == answer:
                size += len(chunk)
                if size > request.limits.answer_bytes:
                    # Leaving closes both ends, and the keeper ends the child.
                    raise UnreadableFile(Reason.TOO_LARGE)
                chunks.append(chunk)
            else:
                verdict += chunk
    return (b"".join(chunks), orjson.loads(verdict)) if verdict else None


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except ConnectionResetError:
        # The keeper died before it took the request from its socket: an end like any other.
        return b""


def _judged(answer: bytes, verdict: dict[str, object], *, request: wire.Request | wire.PictureRequest) -> bytes:
    code, peak = verdict["code"], verdict["peak_bytes"]
    if verdict["ended"] == Reason.TIMED_OUT or code in {-signal.SIGXCPU, -signal.SIGALRM}:
        raise UnreadableFile(Reason.TIMED_OUT)
    if code == 0 and answer:
        return answer
    is_big = isinstance(peak, int) and peak > _MUCH * request.limits.memory_bytes
    # A plain kill that is not ours comes from the kernel, out of memory.
    if code == -signal.SIGKILL or is_big or code in _REFUSED:
        raise UnreadableFile(Reason.TOO_LARGE)
    raise UnreadableFile(Reason.DAMAGED)
