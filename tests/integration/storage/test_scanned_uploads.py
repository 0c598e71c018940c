"""Under /storage/v1 an infected file is refused with a code of its own, and without a scanner nothing is taken."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from tests.integration.storage import reading
from tests.integration.storage.reading import BASE

from carebase.storage.objects import Store


async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\0")
    content = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(length)
    writer.write(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if b"EICAR" in content else b"stream: OK\0")
    writer.close()


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
async def test_what_a_scanner_refuses_is_not_there_and_what_it_lets_pass_is(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        state = site.app.state
        headers = {**site.bearer(site.nadia), "Content-Type": "text/plain"}

        async def stored(name: str, content: bytes) -> tuple[int, str, str]:
            address = f"{BASE}/object/medical-files/{site.patient}/{name}"
            answer = await site.client.post(address, content=content, headers=headers)
            said = answer.json()
            return answer.status_code, said.get("statusCode", ""), said.get("code", "")

        async with await asyncio.start_server(clamd, "127.0.0.1", 0) as server:
            place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            state.store = Store.of(dataclasses.replace(state.settings, clamd=place), state.pools)
            assert await stored("infected.txt", b"EICAR " * 10) == (400, "422", "file_infected")
            assert (await stored("clean.txt", b"sodium 140"))[0] == 200
        assert await stored("later.txt", b"sodium 141") == (503, "503", "InternalError")

        assert site.sql("select name from storage.objects") == [(f"{site.patient}/clean.txt",)]
        assert site.sql("select count(*) from storage.uploads") == [(0,)]
        assert len([path for path in (tmp_path / "objects").rglob("*") if path.is_file()]) == 1
