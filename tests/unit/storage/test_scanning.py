"""What clamd finds something in is not taken, nor what it could not look through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from carebase.settings import BadSetting, Settings
from carebase.storage import failures, scanning
from carebase.storage.scanning import Scanner

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """Speaks as clamd does, and finds the test file only."""

    def __init__(self, *, longest: int = 10_000_000, says: bytes | None = None) -> None:
        self.longest, self.says = longest, says
        self.seen: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
            if len(content) > self.longest:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                break
        else:
            self.seen.append(content)
            found = b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"
            writer.write(found if self.says is None else self.says)
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def listening(self, socket: Path | None = None) -> AsyncIterator[Scanner]:
        if socket is not None:
            server = await asyncio.start_unix_server(self.answer, socket)
            place = str(socket)
        else:
            server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
            place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            scanner = Scanner.of(Settings(data=Path("/nowhere"), clamd=place))
            assert scanner is not None
            yield scanner


async def chunks(*parts: bytes):
    for part in parts:
        yield part


async def passed(scanner: Scanner, *parts: bytes) -> list[bytes]:
    return [part async for part in scanner.passed(chunks(*parts))]


async def test_what_is_clean_passes_as_it_came():
    clamd = Clamd()
    parts = [b"a" * 70_000, b"", b"b"]
    async with clamd.listening() as over_tcp:
        assert await passed(over_tcp, *parts) == [parts[0], parts[2]]
    # A socket's address is short, the directories of tests are not.
    with TemporaryDirectory() as place:
        async with clamd.listening(Path(place) / "clamd.sock") as here:
            assert await passed(here) == []
    assert clamd.seen == [b"".join(parts), b""]


async def test_what_is_infected_is_refused_after_its_last_byte_even_when_it_came_in_pieces():
    async with Clamd().listening() as scanner:
        passing = scanner.passed(chunks(EICAR[:20], EICAR[20:]))
        assert await anext(passing) + await anext(passing) == EICAR
        with pytest.raises(failures.Infected) as refused:
            await anext(passing)

    assert (refused.value.code, refused.value.status) == ("file_infected", 422)
    assert refused.value.details == "It finds Win.Test.EICAR_HDB-1."


async def test_without_clamd_nothing_passes(tmp_path):
    for place in ("127.0.0.1:1", str(tmp_path / "nothing.sock")):
        scanner = Scanner.of(Settings(data=tmp_path, clamd=place))
        assert scanner is not None
        with pytest.raises(failures.NotScanned) as refused:
            await passed(scanner, b"report")
        assert (refused.value.code, refused.value.status) == ("file_not_scanned", 503)


@pytest.mark.parametrize("says", [b"", b"stream: OK", b"UNKNOWN COMMAND\0", b"\0", b"stream: OKFOUND\0", b"x" * 9000])
async def test_only_a_clear_yes_lets_a_file_pass(says):
    async with Clamd(says=says).listening() as scanner:
        with pytest.raises(failures.NotScanned):
            await passed(scanner, b"report")


async def test_a_file_that_is_too_large_for_clamd_is_not_taken():
    async with Clamd(longest=1000).listening() as scanner:
        with pytest.raises(failures.NotScanned):
            await passed(scanner, *[b"x" * 100_000] * 50)


async def test_a_scanner_that_hangs_does_not_hold_a_file_for_ever(monkeypatch):
    monkeypatch.setattr(scanning, "ANSWER_SECONDS", 0.05)
    ended = asyncio.Event()

    async def silent(reader, writer):
        await reader.read()
        ended.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        scanner = Scanner(("127.0.0.1", server.sockets[0].getsockname()[1]))
        with pytest.raises(failures.NotScanned):
            await passed(scanner, b"report")
        await asyncio.wait_for(ended.wait(), 5)


async def test_what_a_name_of_clamd_may_hold_does_not_reach_people():
    async with Clamd(says=b"stream: <b>\n" + b"x" * 500 + b" FOUND\0").listening() as scanner:
        with pytest.raises(failures.NotScanned):
            await passed(scanner, b"report")
    async with Clamd(says=b"stream: <b>" + b"x" * 500 + b" FOUND\0").listening() as scanner:
        with pytest.raises(failures.Infected) as refused:
            await passed(scanner, b"report")
    assert refused.value.details == f"It finds ?b?{'x' * 97}."


@pytest.mark.parametrize("given", ["clamd", "host:", "host:99999", "host:0", "a b:1", "1:2:3"])
def test_an_address_that_is_none_is_said_at_the_start(given):
    with pytest.raises(BadSetting, match="CAREBASE_CLAMD"):
        Scanner.of(Settings(data=Path("/nowhere"), clamd=given))


def test_addresses_of_every_kind_are_read():
    def place(given: str | None):
        scanner = Scanner.of(Settings(data=Path("/nowhere"), clamd=given))
        return scanner and scanner.place

    assert place(None) is None
    assert place("scanner.local:3310") == ("scanner.local", 3310)
    assert place("[::1]:3310") == ("::1", 3310)
    assert place("/run/clamav/clamd.ctl") == Path("/run/clamav/clamd.ctl")
