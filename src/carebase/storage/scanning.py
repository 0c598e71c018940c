"""Shows a file to clamd while it arrives; what it finds something in, or cannot look through, is not taken.

Speaks INSTREAM of clamd(8): `zINSTREAM\\0`, then each piece behind its length in four bytes, an empty one at the end,
and an answer up to a zero byte.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carebase import observability
from carebase.settings import BadSetting, Settings
from carebase.storage import failures

EVENTS: Final = observability.Log("storage")

CONNECT_SECONDS: Final = 5.0
# clamd reads as fast as its disk; it answers after its own MaxScanTime, two minutes unless it was changed.
TAKE_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 150.0
LONGEST_ANSWER_BYTES: Final = 4096
TCP: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\[\]\s]+):(?P<port>[0-9]{1,5})")
FOUND: Final = re.compile(r"stream: (?P<name>.+) FOUND")
UNSHOWN: Final = re.compile(r"[^A-Za-z0-9._/-]")


@dataclass(frozen=True, slots=True)
class Scanner:
    """clamd at a TCP port, or at a socket of this machine."""

    place: Path | tuple[str, int]

    @classmethod
    def of(cls, settings: Settings) -> Scanner | None:
        """The scanner that the settings name, None where they name none."""
        if not settings.clamd:
            return None
        if settings.clamd.startswith("/"):
            return cls(Path(settings.clamd))
        match = TCP.fullmatch(settings.clamd)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise BadSetting(details="CAREBASE_CLAMD is `host:port` or the path of a socket.")
        return cls((match["host"].strip("[]"), int(match["port"])))

    async def passed(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same chunks; ends only when clamd has looked at all of them and found nothing.

        Raises Infected, or NotScanned when clamd is not there, refuses or takes too long.
        """
        reader, writer = await self._connected()
        try:
            writer.write(b"zINSTREAM\0")
            async for chunk in chunks:
                if chunk:
                    writer.write(len(chunk).to_bytes(4, "big"))
                    writer.write(chunk)
                    await _taken(reader, writer)
                    yield chunk
            writer.write(bytes(4))
            await _taken(reader, writer)
            _judge(await _answer(reader))
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if isinstance(self.place, Path):
                    return await asyncio.open_unix_connection(self.place, limit=LONGEST_ANSWER_BYTES)
                host, port = self.place
                return await asyncio.open_connection(host, port, limit=LONGEST_ANSWER_BYTES)
        except (OSError, TimeoutError) as error:
            raise _not_scanned("no connection") from error


async def _taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(TAKE_SECONDS):
            await writer.drain()
    except TimeoutError as error:
        raise _not_scanned("it takes no more") from error
    except OSError as error:
        # It hangs up where a file is too large for it, and says so first.
        _judge(await _answer(reader))
        raise _not_scanned("it hung up") from error


async def _answer(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            said = await reader.readuntil(b"\0")
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
        raise _not_scanned("no answer") from error
    return said[:-1].decode("ascii", "replace").strip()


def _judge(answer: str) -> None:
    if answer == "stream: OK":
        return
    match = FOUND.fullmatch(answer)
    if match is None:
        raise _not_scanned("too large for it" if "size limit" in answer else "an answer that is none")
    name = UNSHOWN.sub("?", match["name"])[:100]
    EVENTS.warning("file_infected", reason=name)
    raise failures.Infected(details=f"It finds {name}.", hint="Look at the device the file comes from.")


def _not_scanned(reason: str) -> failures.NotScanned:
    EVENTS.error("file_not_scanned", reason=reason)
    return failures.NotScanned(
        hint="The operator has to look at clamd (CAREBASE_CLAMD); files over its StreamMaxLength are not taken."
    )
