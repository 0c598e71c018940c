"""The warm process that forks one bounded child for each file.

In charge of the lifetime of children: it starts them, ends them at their time limit or when
nobody waits for them any more, and says how they ended. It never looks at a file itself, and it
ends with its parent. Started as `python -m carebase.documents.child <descriptor>`.

One byte with three descriptors on the control socket asks for one file: the file, the pipe for
the answer, and a socket from which the request is read and to which the verdict is written.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Final, NoReturn, assert_never

import orjson

from carebase import errors
from carebase.documents import confine, dicom, drawing, images, kinds, pdf, plain, reshaping, wire
from carebase.documents.limits import Limits
from carebase.documents.text import Document, Kind
from carebase.documents.unreadable import Reason, UnreadableFile

READY: Final = b"r"
_FAILED: Final = 70  # EX_SOFTWARE of sysexits.h
_MOST_REQUEST_BYTES: Final = 65_536


@dataclass(slots=True)
class _Child:
    """A process that reads one file."""

    pid: int
    asker: socket.socket
    ends_at: float
    verdict: str = ""


def main(control: socket.socket) -> None:
    """Serves `control` until its other end closes."""
    _preload()
    wake, waker = os.pipe()
    for descriptor in (wake, waker):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: list[_Child] = []
    control.sendall(READY)
    try:
        while True:
            watch = select.poll()
            watch.register(control, select.POLLIN)
            watch.register(wake, select.POLLIN)
            for child in children:
                watch.register(child.asker, select.POLLIN)
            soonest = min((child.ends_at for child in children), default=None)
            patience = None if soonest is None else max(0.0, soonest - time.monotonic()) * 1000 + 1
            events = dict(watch.poll(patience))
            if wake in events:
                os.read(wake, 4096)
            _end_overdue(children, events)
            children = _reaped(children)
            if control.fileno() in events and not _forked(control, children):
                return
    finally:
        for child in children:
            os.kill(child.pid, signal.SIGKILL)


def _preload() -> None:
    """Imports and warms everything a child may use: a child cannot open a file to import it."""
    for encoding in (*kinds.ENCODINGS, *dicom.ENCODINGS):
        codecs.lookup(encoding)
    images.preload()
    dicom.preload()
    sheet = plain.read("Hémoglobine 13,2\n".encode(), kind=Kind.TEXT, limits=Limits()).pages[0]
    typed = drawing.typed(sheet)
    pdf.read(typed, limits=Limits())
    picture = drawing.draw(typed, kind=Kind.PDF, page=1, scale=0.2, highlight=sheet.lines[0].box, limits=Limits())
    images.read(picture, kind=Kind.PNG, limits=Limits())
    reshaping.preload()
    # Children share these pages with us as long as nobody writes to them.
    gc.collect()
    gc.freeze()


def _forked(control: socket.socket, children: list[_Child]) -> bool:
    """Takes one request from `control` and starts its child; False when the parent is gone."""
    signal_byte, descriptors, _, _ = socket.recv_fds(control, 1, 3)
    if not signal_byte:
        return False
    source, answer, asker_descriptor = descriptors
    asker = socket.socket(fileno=asker_descriptor)
    request = wire.unpack_request(asker.recv(_MOST_REQUEST_BYTES))
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _read_one(request, source=source, answer=answer, parent=parent)
    os.close(source)
    os.close(answer)
    children.append(_Child(pid, asker, time.monotonic() + request.limits.seconds))
    return True


def _end_overdue(children: list[_Child], events: dict[int, int]) -> None:
    now = time.monotonic()
    for child in children:
        if child.verdict:
            continue
        if child.asker.fileno() in events:
            # The asker says nothing after its request, so this is its end: it gave up.
            child.verdict = "abandoned"
        elif now >= child.ends_at:
            child.verdict = Reason.TIMED_OUT
        else:
            continue
        os.kill(child.pid, signal.SIGKILL)


def _reaped(children: list[_Child]) -> list[_Child]:
    left: list[_Child] = []
    for child in children:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid == 0:
            left.append(child)
            continue
        verdict = {
            "ended": child.verdict,
            "code": os.waitstatus_to_exitcode(status),
            "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }
        # Where nobody waits any more, the verdict has no reader.
        with contextlib.suppress(OSError):
            child.asker.sendall(orjson.dumps(verdict))
        child.asker.close()
    return left


def _read_one(request: wire.Request | wire.PictureRequest, *, source: int, answer: int, parent: int) -> NoReturn:
    """The child's whole life; whatever happens, it ends here and never returns to the parent's loop."""
    status = _FAILED
    try:
        # The process ends with its file, and memory is bounded without a collector walking through it.
        gc.disable()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine.confine(request.limits, source=source, answer=answer, parent=parent)
        with os.fdopen(confine.OUTPUT, "wb", buffering=0) as output:
            written = memoryview(_answer(request))
            while written:
                written = written[output.write(written) :]
        status = 0
    finally:
        os._exit(status)


def _answer(request: wire.Request | wire.PictureRequest) -> bytes:
    try:
        return _answered(_content(request.limits), request)
    except UnreadableFile as unreadable:
        return wire.pack_failure(unreadable.reason)
    except errors.NotFound:
        return wire.pack_failure(wire.NO_SUCH_PAGE)
    except MemoryError:
        return wire.pack_failure(Reason.TOO_LARGE)
    except RecursionError:
        return wire.pack_failure(Reason.DAMAGED)


def _answered(content: bytes, request: wire.Request | wire.PictureRequest) -> bytes:
    if isinstance(request, wire.PictureRequest):
        return b"I" + reshaping.reshape(content, request.picture, limits=request.limits)
    if request.page is None:
        return wire.pack_document(_document(content, request))
    return b"P" + drawing.draw(
        content,
        kind=request.kind,
        page=request.page,
        scale=request.scale,
        highlight=request.highlight,
        limits=request.limits,
    )


def _content(limits: Limits) -> bytes:
    if os.fstat(confine.INPUT).st_size > limits.file_bytes:
        raise UnreadableFile(Reason.TOO_LARGE)
    with os.fdopen(confine.INPUT, "rb") as source:
        content = source.read()
    if not content:
        raise UnreadableFile(Reason.EMPTY)
    return content


def _document(content: bytes, request: wire.Request) -> Document:
    kind, limits = request.kind, request.limits
    match kind:
        case Kind.PDF:
            return pdf.read(content, limits=limits)
        case Kind.PNG | Kind.JPEG:
            return images.read(content, kind=kind, limits=limits)
        case Kind.DICOM:
            return dicom.read(content, limits=limits)
        case Kind.TEXT | Kind.CSV:
            return plain.read(content, kind=kind, limits=limits)
        case _:
            assert_never(kind)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
