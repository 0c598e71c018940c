"""The embedded server serves, survives what befalls it and its owner, and ends without a trace."""

# A test has its event loop to itself, so a moment of blocking hurts nobody.

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from carebase.database import binaries, embedded, embedded_errors, locks, ownership, postmaster, server_settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@asynccontextmanager
async def watched(server):
    watching = asyncio.create_task(server.watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def seconds_until_it_serves(dsn: str) -> float:
    began = time.monotonic()
    while time.monotonic() < began + 20:
        with suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(dsn):
                return time.monotonic() - began
        await asyncio.sleep(0.05)
    return pytest.fail("it does not serve within 20 seconds")


async def test_a_new_directory_becomes_a_durable_database_that_is_private(place, programs, ask):
    server, cluster = await place.start(programs)
    dsn = cluster.dsn()

    assert cluster.version == binaries.inspect(programs).version
    settings = {
        name: ask(dsn, f"show {name}")
        for name in ("listen_addresses", "fsync", "synchronous_commit", "data_checksums", "server_encoding")
    }
    assert settings == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
    }
    assert ask(dsn, "select lower('ÉÀ')") == "éà"
    assert mode(place.home.cluster) == 0o700
    assert mode(place.home.passfile) == 0o600
    assert mode(cluster.socket_directory) == 0o700
    assert os.geteuid() != 0 or (place.home.cluster.stat().st_uid != 0)

    password = place.home.passfile.read_text().strip().rpartition(":")[2]
    assert len(password) == 64
    assert password not in dsn
    with psycopg.connect(cluster.dsn(login=cluster.superuser, password=password)):
        pass
    for wrong in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cluster.dsn(login=cluster.superuser, password=wrong))
    await server.stop()


async def test_a_second_start_is_quick_and_finds_the_data(place, ask):
    place.furnish()
    server, cluster = await place.start()
    ask(cluster.dsn(), "create table kept as select 42 as answer")
    await server.stop()

    began = time.monotonic()
    again = await server.start()

    # 0.05 s on an idle machine; the limit leaves room for one that is busy with other tests.
    assert time.monotonic() - began < 3
    assert ask(again.dsn(), "select answer from kept") == 42


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc to see sockets")
async def test_no_process_of_the_server_ever_listens_on_tcp(place, programs):
    place.furnish(programs)
    await place.start(programs)

    sockets = set()
    for pid in place.processes:
        # A process that ends meanwhile listens on nothing.
        with suppress(FileNotFoundError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                sockets.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    unix = {line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()[1:]}
    tcp = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        tcp |= {line.split()[9] for line in Path("/proc/net", table).read_text().splitlines()[1:]}

    assert sockets & unix
    assert not sockets & tcp


async def test_stopping_leaves_no_process_even_with_clients_inside_transactions(place, programs):
    place.furnish(programs)
    server, cluster = await place.start(programs)
    client = psycopg.connect(cluster.dsn())
    client.execute("create table half_done()")
    before = place.processes
    assert len(before) > 3
    assert locks.is_anyone_alive(place.home.alive_lock)

    await server.stop()

    assert [pid for pid in before if postmaster.command_line(pid)] == []
    assert place.processes == []
    assert not locks.is_anyone_alive(place.home.alive_lock)
    assert not (place.home.cluster / "postmaster.pid").exists()
    client.close()


async def test_a_killed_owner_leaves_the_server_and_the_next_one_takes_it_over(place, programs, ask):
    place.furnish(programs)
    owner = place.own(programs=programs)
    dsn = owner.said()["dsn"]
    ask(dsn, "create table kept as select 42 as answer")
    running = place.postmaster
    owner.kill()
    assert ask(dsn, "select answer from kept") == 42

    server, cluster = await place.start(programs)

    assert place.postmaster == running
    assert cluster.dsn() == dsn
    assert ask(dsn, "select answer from kept") == 42
    await server.stop()
    assert place.processes == []


async def test_owner_and_server_killed_together_lose_nothing_committed(place, programs, ask):
    place.furnish(programs)
    owner = place.own(programs=programs)
    dsn = owner.said()["dsn"]
    ask(dsn, "create table kept as select 42 as answer")
    old = place.postmaster
    owner.kill()
    os.kill(old, signal.SIGKILL)

    await place.start(programs)

    assert place.postmaster != old
    assert ask(dsn, "select answer from kept") == 42


async def test_a_killed_postmaster_serves_again_within_five_seconds(place, programs, ask):
    place.furnish(programs)
    server, cluster = await place.start(programs)
    ask(cluster.dsn(), "create table kept as select 42 as answer")
    async with watched(server):
        os.kill(place.postmaster, signal.SIGKILL)
        await asyncio.sleep(0.05)

        assert await seconds_until_it_serves(cluster.dsn()) < 5
        assert ask(cluster.dsn(), "select answer from kept") == 42


async def test_a_query_that_computes_does_not_delay_the_return(place):
    place.furnish()
    server, cluster = await place.start()
    client = psycopg.connect(cluster.dsn())
    # The answer is not waited for: a backend in a long computation does not see its postmaster die.
    client.pgconn.send_query(b"select sum(i) from generate_series(1, 100000000000) as i")
    async with watched(server):
        os.kill(place.postmaster, signal.SIGKILL)
        await asyncio.sleep(0.05)

        assert await seconds_until_it_serves(cluster.dsn()) < 5
    client.close()


async def test_a_server_that_was_taken_over_is_watched_too(place):
    place.furnish()
    owner = place.own()
    owner.said()
    owner.kill()
    server, cluster = await place.start()
    async with watched(server):
        os.kill(place.postmaster, signal.SIGKILL)
        await asyncio.sleep(0.05)

        assert await seconds_until_it_serves(cluster.dsn()) < 5


async def test_a_restart_that_fails_is_tried_again_until_its_cause_is_gone(place, caplog):
    place.furnish()
    server, cluster = await place.start()
    version = place.home.cluster / "PG_VERSION"
    async with watched(server):
        version.write_text("17\n")
        os.kill(place.postmaster, signal.SIGKILL)
        while "restart_failed" not in caplog.text:
            await asyncio.sleep(0.05)
        version.write_text("18\n")

        assert await seconds_until_it_serves(cluster.dsn()) < 5


async def test_a_running_server_with_other_settings_is_replaced(place, ask):
    place.furnish()
    server, cluster = await place.start()
    await server.stop()
    user = ownership.server_user(place.home.cluster)
    command = postmaster_command(place, cluster)
    by_hand = subprocess.Popen(
        [*command, "-c", "work_mem=8MB"],
        user=user.user,
        group=user.group,
        extra_groups=user.extra_groups,
        cwd="/",
        stderr=subprocess.DEVNULL,
    )
    await seconds_until_it_serves(cluster.dsn())
    assert ask(cluster.dsn(), "show work_mem") == "8MB"

    await server.start()

    assert by_hand.wait(5) == 0
    assert place.postmaster != by_hand.pid
    assert ask(cluster.dsn(), "show work_mem") == "4MB"


def postmaster_command(place, cluster) -> list[str]:
    programs = binaries.inspect(place.programs)
    return server_settings.command(programs, home=place.home, sockets=cluster.socket_directory)


async def test_a_pid_file_that_names_somebody_else_is_removed_and_nobody_is_hurt(place):
    place.furnish()
    server, cluster = await place.start()
    await server.stop()
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    sockets = cluster.socket_directory
    lines = [bystander.pid, place.home.cluster, 1700000000, 5432, sockets, "", "  1234  1", "ready   "]
    text = "\n".join(map(str, lines)) + "\n"
    (place.home.cluster / "postmaster.pid").write_text(text)
    (sockets / ".s.PGSQL.5432.lock").write_text(text)

    await server.start()

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert place.postmaster not in {None, bystander.pid}


async def test_an_owner_killed_while_it_makes_the_database_leaves_a_usable_directory(place, ask):
    for moment in (0.35, 0.6):
        owner = place.own()
        await asyncio.sleep(moment)
        owner.kill()

    _, cluster = await place.start()

    assert ask(cluster.dsn(), "select 1") == 1
    assert not place.home.unfinished_cluster.exists()


async def test_a_command_beside_a_running_carebase_reaches_its_server(place, ask):
    place.furnish()
    beside = embedded.Embedded(place.data)
    assert await beside.reach() is None
    owner = place.own()
    dsn = owner.said()["dsn"]

    cluster = await beside.reach()

    assert cluster is not None
    assert cluster.dsn() == dsn
    await beside.stop()
    assert ask(dsn, "select 1") == 1


async def test_a_cancelled_start_leaves_nothing_running_and_nothing_locked(place):
    server = embedded.Embedded(place.data)
    for moment in (0.05, 0.5):
        starting = asyncio.create_task(server.start())
        await asyncio.sleep(moment)
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
            await server.stop()
        assert place.processes == []

    await place.start()


async def test_the_log_holds_no_value_of_a_query(place, ask):
    place.furnish()
    server, cluster = await place.start()
    dsn = cluster.dsn()
    ask(dsn, "create table people (name text primary key)")
    ask(dsn, "insert into people values ('Zebulon-4711')")
    for failing in (
        "insert into people values ('Zebulon-4711')",
        "select 'Zebulon-4711'::int",
        "select * from Zebulon4711",
    ):
        with pytest.raises(psycopg.Error):
            ask(dsn, failing)
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error):
        connection.execute("select %s::text::int", ["Zebulon-4711"])
    victim = psycopg.connect(dsn)
    victim.pgconn.send_query(b"select pg_sleep(60), 'Zebulon-4711'")
    # A crashed backend makes the postmaster report the statement it was in.
    os.kill(victim.info.backend_pid, signal.SIGSEGV)
    await seconds_until_it_serves(dsn)
    victim.close()
    await server.stop()

    written = "".join(path.read_text() for path in place.home.log.iterdir())
    assert "terminated by signal" in written
    assert "zebulon" not in (written + place.home.start_output.read_text()).lower()


async def test_a_lost_password_is_said_before_anything_starts(place):
    place.furnish()
    server, _ = await place.start()
    await server.stop()
    place.home.passfile.unlink()

    with pytest.raises(embedded_errors.PasswordLost):
        await server.start()

    assert place.processes == []


async def test_a_password_of_another_database_is_said_and_the_server_ends(place):
    place.furnish()
    server, cluster = await place.start()
    await server.stop()
    place.home.passfile.write_text(f"*:*:*:{cluster.superuser}:elsewhere\n")

    with pytest.raises(embedded_errors.PasswordLost):
        await server.start()

    assert place.processes == []
