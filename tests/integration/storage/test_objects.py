"""A file that was kept is there for its clinician alone; one that was not leaves nothing."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import carebase
from carebase import errors
from carebase.database import refusals
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.database.pool import Login
from carebase.settings import Settings
from carebase.storage import failures
from carebase.storage.objects import Store

STREAMING = Path(__file__).with_name("streaming_process.py")


async def test_a_kept_file_comes_back_with_its_content_and_hash(files):
    person = files.database.a_person()
    content = os.urandom(2_500_000)

    received = await files.receive(person, content, limit_bytes=len(content))
    stored = await files.keep(person, received, name=f"{person.user_id}/7/scan.dcm")

    assert (received.size, received.head) == (len(content), content[:65_536])
    assert stored.sha256 == received.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.etag == f'"{stored.sha256}"'
    async with files.as_(person, read_only=True) as reading:
        found = await files.store.open(reading, bucket="labdocs", name=f"{person.user_id}/7/scan.dcm")
    assert found == stored
    assert await files.content(found) == content
    assert await files.content(found, start=1_000_000, end=1_000_010) == content[1_000_000:1_000_010]
    async with files.store.plain_file(found) as path:
        assert path.read_bytes() == content
    assert content[:1000] not in files.path_of(found).read_bytes()
    assert (await files.check()).agrees
    assert files.ask("select count(*) from storage.uploads") == 0


async def test_the_row_holds_what_the_documents_name(files):
    person = files.database.a_person()
    stored = await files.keep(person, await files.receive(person, b"report"))

    assert files.ask("select version from storage.objects") == str(stored.key)
    assert files.ask("select owner from storage.objects") == person.user_id
    assert files.ask("select metadata from storage.objects") == {
        "size": 6,
        "mimetype": "text/plain",
        "sha256": stored.sha256,
        "eTag": stored.etag,
    }


async def test_an_upload_may_be_read_as_frameworks_hand_it_over(files):
    class Spooled:
        def __init__(self, content: bytes) -> None:
            self._file = io.BytesIO(content)

        async def read(self, size: int, /) -> bytes:
            return self._file.read(size)

    received = await files.store.receive(
        Spooled(b"x" * 600_000), identity=files.database.a_person(), limit_bytes=600_000
    )

    assert received.size == 600_000


async def test_another_clinicians_file_does_not_exist(files):
    amina, bruno = files.database.a_person(), files.database.a_person()
    stored = await files.keep(amina, await files.receive(amina))

    async with files.as_(bruno) as session:
        with pytest.raises(errors.NotFound):
            await files.store.open(session, bucket="labdocs", name=stored.name)


async def test_nothing_is_kept_in_another_clinicians_folder(files):
    amina, bruno = files.database.a_person(), files.database.a_person()
    received = await files.receive(bruno)

    with pytest.raises(refusals.NotAllowed):
        await files.keep(bruno, received, name=f"{amina.user_id}/case/x.txt")

    await files.store.discard(received)
    assert files.on_disk == []
    assert (await files.check()).agrees


async def test_an_upload_of_another_cannot_be_kept(files):
    amina, bruno = files.database.a_person(), files.database.a_person()
    received = await files.receive(amina)

    with pytest.raises(errors.Unavailable):
        await files.keep(bruno, received)

    assert (await files.keep(amina, received)).key == received.key


async def test_an_account_without_a_clinical_role_keeps_nothing(files):
    nobody = files.database.a_person(None)
    received = await files.receive(nobody)

    with pytest.raises(refusals.NotAllowed):
        await files.keep(nobody, received)

    await files.store.discard(received)
    assert files.on_disk == []
    assert (await files.check()).agrees


@pytest.mark.parametrize("caller", [ANONYMOUS, Identity(Role.SERVICE)])
async def test_a_caller_without_an_account_receives_and_discards_on_its_own_login(files, caller):
    received = await files.receive(caller)
    assert files.ask("select owner is null from storage.uploads")

    await files.store.discard(received)

    assert files.on_disk == []
    assert files.ask("select count(*) from storage.uploads") == 0


async def test_one_byte_over_the_limit_is_too_large_and_leaves_nothing(files):
    person = files.database.a_person()
    assert (await files.receive(person, b"x" * 2_000_000, limit_bytes=2_000_000)).size == 2_000_000

    with pytest.raises(errors.TooLarge) as refused:
        await files.receive(person, b"x" * 2_000_001, limit_bytes=2_000_000)

    assert refused.value.status == 413
    assert len(files.on_disk) == 1
    assert files.ask("select count(*) from storage.uploads") == 1


async def test_an_endless_upload_is_stopped_at_the_limit(files):
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1000

    with pytest.raises(errors.TooLarge):
        await files.store.receive(endless(), identity=files.database.a_person(), limit_bytes=10_000)

    assert taken == 11
    assert files.on_disk == []


async def test_an_upload_that_does_not_end_in_time_leaves_nothing(files, monkeypatch):
    monkeypatch.setattr("carebase.storage.objects.RECEIVE_TIMEOUT_SECONDS", 0.05)

    async def hanging():
        yield b"x"
        await asyncio.Event().wait()

    with pytest.raises(failures.TooSlow):
        await files.store.receive(hanging(), identity=files.database.a_person(), limit_bytes=10)

    assert files.on_disk == []
    assert files.ask("select count(*) from storage.uploads") == 0


async def test_a_sender_who_goes_away_leaves_an_intent_and_no_bytes(files):
    begun = asyncio.Event()

    async def hanging():
        yield b"x" * 2_000_000
        begun.set()
        await asyncio.Event().wait()

    receiving = asyncio.create_task(
        files.store.receive(hanging(), identity=files.database.a_person(), limit_bytes=3_000_000)
    )
    await begun.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving

    assert files.on_disk == []
    await files.expire()
    assert (await files.sweep()).uploads == 1


async def test_no_connection_is_held_while_bytes_arrive(files):
    person = files.database.a_person()
    pool = files.pools[Login.AUTHENTICATOR]

    async def looking():
        stats = pool.get_stats()
        assert stats["pool_available"] == stats["pool_size"]
        yield b"x"

    assert (await files.store.receive(looking(), identity=person, limit_bytes=10)).size == 1


async def test_a_name_that_is_taken_is_a_conflict(files):
    person = files.database.a_person()
    name = f"{person.user_id}/case/a.txt"
    await files.keep(person, await files.receive(person), name=name)
    second = await files.receive(person, b"second")

    with pytest.raises(errors.Conflict):
        await files.keep(person, second, name=name)

    await files.store.discard(second)
    assert len(files.on_disk) == 1
    assert (await files.check()).agrees


async def test_discarding_what_was_kept_after_all_removes_nothing(files):
    # The commit's answer may be lost on its way while the commit was not.
    person = files.database.a_person()
    received = await files.receive(person)
    stored = await files.keep(person, received)

    await files.store.discard(received)

    assert await files.content(stored) == b"report"
    assert (await files.check()).agrees


async def test_nothing_is_kept_when_the_work_around_it_fails(files):
    person = files.database.a_person()
    received = await files.receive(person)

    with pytest.raises(RuntimeError):
        async with files.as_(person) as session:
            await files.store.keep(
                session, received, bucket="labdocs", name=f"{person.user_id}/7/x", media_type="text/plain"
            )
            raise RuntimeError

    assert files.ask("select count(*) from storage.objects") == 0
    await files.store.discard(received)
    assert files.on_disk == []


async def test_nobody_chooses_the_key_of_an_upload(files):
    # An expired intent under the key of another object would have its bytes swept.
    person = files.database.a_person()
    with files.database.owner() as connection, connection.transaction():
        connection.execute("set local role authenticated")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [person.claims_json])
        for column, value in (("key", "gen_random_uuid()"), ("expires_at", "now()")):
            with pytest.raises(Exception, match="permission denied"), connection.transaction():
                connection.execute(f"insert into storage.uploads (owner, {column}) values (auth.uid(), {value})")


async def test_changed_bytes_are_found_before_the_download_ends(files):
    person = files.database.a_person()
    stored = await files.keep(person, await files.receive(person, b"potassium 4.1"))
    path = files.path_of(stored)
    lying = bytearray(path.read_bytes())
    lying[-20] ^= 1
    path.write_bytes(lying)

    with pytest.raises(failures.Damaged):
        await files.content(stored)
    with pytest.raises(failures.Damaged):
        await files.content(stored, start=0, end=1)
    with pytest.raises(failures.Damaged):
        async with files.store.plain_file(stored):
            pass


async def test_an_empty_file_is_kept_and_streams_nothing(files):
    person = files.database.a_person()
    stored = await files.keep(person, await files.receive(person, b""))

    assert stored.size == 0
    assert await files.content(stored) == b""


async def test_without_a_database_nothing_is_received(files):
    person = files.database.a_person()
    await files.pools[Login.AUTHENTICATOR].close()

    with pytest.raises(errors.Unavailable):
        await files.receive(person)

    assert files.on_disk == []


async def test_a_length_that_is_too_large_is_refused_before_anything_is_read_or_begun(files):
    async def unread():
        raise AssertionError("nobody asked for this")
        yield b""

    with pytest.raises(errors.TooLarge):
        await files.store.receive(unread(), identity=files.database.a_person(), limit_bytes=1000, declared_bytes=1001)

    assert files.ask("select count(*) from storage.uploads") == 0


async def test_a_length_that_was_declared_too_small_allows_nothing(files):
    async def longer():
        yield b"x" * 1001

    with pytest.raises(errors.TooLarge):
        await files.store.receive(longer(), identity=files.database.a_person(), limit_bytes=1000, declared_bytes=10)

    assert files.on_disk == []


async def test_a_file_of_an_earlier_version_is_read_by_its_row_alone(files):
    person, content = files.database.a_person(), os.urandom(1_500_000)
    stored = await files.keep(person, await files.receive(person, content, limit_bytes=len(content)))
    files.path_of(stored).write_bytes(content)

    assert await files.content(stored) == content
    assert await files.content(stored, start=7, end=99) == content[7:99]
    async with files.store.plain_file(stored) as path:
        assert path.read_bytes() == content
    assert (await files.check()).agrees


async def test_a_download_that_is_given_up_closes_its_file(files):
    person, content = files.database.a_person(), bytes(5_000_000)
    stored = await files.keep(person, await files.receive(person, content, limit_bytes=len(content)))
    before = len(list(Path("/proc/self/fd").iterdir()))

    stream = files.store.stream(stored)
    assert len(await anext(stream)) == 1 << 20
    await stream.aclose()

    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_of_an_infected_file_nothing_is_kept_and_a_clean_one_is(files):
    async def clamd(reader, writer):
        await reader.readuntil(b"\0")
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
        writer.write(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if b"EICAR" in content else b"stream: OK\0")
        writer.close()

    person = files.database.a_person()
    async with await asyncio.start_server(clamd, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        files.store = Store.of(Settings(data=files.root.parent, clamd=place), files.pools)
        with pytest.raises(failures.Infected):
            await files.receive(person, b"x" * 1_048_000 + b"EICAR" * 1000, limit_bytes=2_000_000)
        assert files.on_disk == []
        assert files.ask("select count(*) from storage.uploads") == 0
        stored = await files.keep(person, await files.receive(person, b"clean"))
        assert await files.content(stored) == b"clean"

    with pytest.raises(failures.NotScanned):
        await files.receive(person, b"clean")
    assert files.on_disk == [str(stored.key)]


def test_memory_stays_bounded_while_a_long_file_comes_and_goes(tmp_path):
    done = subprocess.run(
        [sys.executable, STREAMING, tmp_path, "200"],
        capture_output=True, check=False, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(carebase.__file__).parents[1])},
    )  # fmt: skip

    told = json.loads(done.stdout or "null")
    assert told["sha256"], done.stderr
    assert told["grown_mebibytes"] < 32
