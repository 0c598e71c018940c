"""Reads files that nobody vouches for.

In charge of the way in: each file is read by a process of its own that can open nothing, has
bounded memory and time, and can only answer. What comes back is text with positions, or an
image's description; what goes wrong is an `UnreadableFile` with its reason.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from carebase import errors
from carebase.documents import wire, zygote
from carebase.documents.limits import Limits
from carebase.documents.picture import Picture
from carebase.documents.text import Box, Document, Kind

AT_ONCE: Final = 2
DEFAULT_LIMITS: Final = Limits()
PICTURE_LIMITS: Final = Limits(seconds=15.0, file_bytes=25 << 20, pixels=50_000_000, answer_bytes=32 << 20)
"""A picture is made while somebody waits for it."""

_Answer = TypeVar("_Answer")


class Reader:
    """Reads files, `at_once` of them at a time; the others wait their turn.

    One process is kept warm from the first file (or `start`) to `close`.
    """

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS, at_once: int = AT_ONCE) -> None:
        self._limits = limits
        self._zygote = zygote.Zygote()
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="reader")

    async def start(self) -> None:
        """Warms the process up (about a second), so that the first file does not wait for it.

        Raises:
            errors.Unavailable: it does not start.
        """
        await asyncio.get_running_loop().run_in_executor(self._threads, self._zygote.start)

    async def read(self, path: Path, *, kind: Kind) -> Document:
        """What the file at `path` says.

        Raises:
            UnreadableFile: it cannot be read; `reason` says why.
            errors.Unavailable: the reading process cannot be kept running.
            OSError: there is no such file, or it may not be opened.
        """
        request = wire.Request(kind=kind, limits=self._limits)
        return await self._asked(path, request, wire.unpack_document)

    async def render_page(
        self, path: Path, *, kind: Kind, page: int, scale: float, highlight: Box | None = None
    ) -> bytes:
        """A PNG of page `page` (of an image: frame), from 1, with `highlight` marked.

        `scale` is pixels per point, of an image pixels per pixel; a picture over the limit is
        drawn smaller. Pixels only: of a DICOM file no name or date is drawn or kept.

        Raises:
            UnreadableFile: it cannot be read; `reason` says why.
            errors.NotFound: there is no such page.
            errors.Invalid: scale or highlight are not usable numbers.
            errors.Unavailable: the reading process cannot be kept running.
            OSError: there is no such file, or it may not be opened.
        """
        corners = () if highlight is None else (highlight.x0, highlight.y0, highlight.x1, highlight.y1)
        if not (scale > 0 and all(map(math.isfinite, (scale, *corners)))):
            raise errors.Invalid(details="The scale is a positive number and the highlight a box.")
        request = wire.Request(kind=kind, limits=self._limits, page=page, scale=scale, highlight=highlight)
        return await self._asked(path, request, wire.unpack_png)

    async def reshape(self, path: Path, picture: Picture) -> bytes:
        """Another picture made of the one at `path`, in the format `picture.target`.

        Raises:
            UnreadableFile: it cannot be read; `reason` says why.
            errors.Unavailable: the reading process cannot be kept running.
            OSError: there is no such file, or it may not be opened.
        """
        return await self._asked(path, wire.PictureRequest(picture=picture, limits=PICTURE_LIMITS), wire.unpack_picture)

    async def close(self) -> None:
        """Ends the process and whatever it reads; files still waiting are not read."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._zygote.close)
        await asyncio.to_thread(self._threads.shutdown)

    async def _asked(
        self, path: Path, request: wire.Request | wire.PictureRequest, unpack: Callable[[bytes], _Answer]
    ) -> _Answer:
        abandon = zygote.Abandon()

        def answered() -> _Answer:
            return unpack(self._zygote.ask(path, request, abandon=abandon))

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, answered)
        except asyncio.CancelledError:
            abandon.ask()
            raise


def read_file(path: Path, *, kind: Kind, limits: Limits = DEFAULT_LIMITS) -> Document:
    """What the file at `path` says, for callers without an event loop (the command line).

    Raises:
        UnreadableFile: it cannot be read; `reason` says why.
        errors.Unavailable: the reading process cannot be kept running.
        OSError: there is no such file, or it may not be opened.
    """
    request = wire.Request(kind=kind, limits=limits)
    return wire.unpack_document(_shared().ask(path, request, abandon=zygote.Abandon()))


@functools.cache
def _shared() -> zygote.Zygote:
    """One warm process for all calls of `read_file` in this program."""
    shared = zygote.Zygote()
    atexit.register(shared.close)
    return shared
