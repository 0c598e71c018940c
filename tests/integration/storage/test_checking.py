"""Whatever goes wrong with stored bytes is found, at the command line too, and nothing is put right unasked."""

from __future__ import annotations

import json
import os
import subprocess
from uuid import uuid4

import pytest
from tests.integration.cli.conftest import carebase
from tests.integration.conftest import SECRET

from carebase.storage import checking
from carebase.storage.checking import Fault

on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)


def commanded(files, *words: str) -> subprocess.CompletedProcess[str]:
    data = files.root.parent
    return carebase(
        "storage",
        *words,
        CAREBASE_DATA=data,
        DATABASE_URL=files.database.owner_dsn,
        JWT_SECRET=SECRET,
        CAREBASE_STORAGE_KEY_FILE=data.with_name(f"{data.name}.storage-key"),
    )


async def test_missing_changed_cut_and_unknown_bytes_are_found(files):
    person = files.database.a_person()
    stored = [await files.keep(person, await files.receive(person, os.urandom(size))) for size in
              (10, 1_000_000, 0, 5, 700_000, 70)]  # fmt: skip
    await files.receive(person, b"under way")
    fine = await checking.check(files.queue, files.store.backend, files.store.keys)
    assert (fine.agrees, fine.objects, fine.read_bytes) == (True, 6, 1_700_085)

    missing, changed, cut, swapped, also = stored[0], stored[1], stored[4], stored[3], stored[5]
    files.path_of(missing).unlink()
    with files.path_of(changed).open("r+b") as file:
        file.seek(500_000)
        file.write(bytes([file.read(1)[0] ^ 1]))
    os.truncate(files.path_of(cut), 500_000)
    bytes_of_swapped = files.path_of(swapped).read_bytes()
    files.path_of(swapped).write_bytes(bytes_of_swapped[:-1] + bytes([bytes_of_swapped[-1] ^ 1]))
    unknown = uuid4()
    (files.root / str(unknown)[:2] / str(unknown)).write_bytes(files.path_of(also).read_bytes())

    told: list[tuple[int, int]] = []
    report = await checking.check(
        files.queue, files.store.backend, files.store.keys, progress=lambda *so_far: told.append(so_far)
    )
    assert report.faults == {
        missing.key: Fault.MISSING,
        changed.key: Fault.DAMAGED,
        cut.key: Fault.OTHER_SIZE,
        swapped.key: Fault.DAMAGED,
    }
    assert (report.without_row, report.agrees) == ({unknown}, False)
    assert told[-1] == (6, 1_700_085)
    quick = await checking.check(files.queue, files.store.backend, files.store.keys, reads=False)
    assert quick.faults == {missing.key: Fault.MISSING, cut.key: Fault.OTHER_SIZE}

    done = commanded(files, "check", "--json")
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout)
    assert {each["version"]: each["fault"] for each in said["faults"]} == {
        str(key): fault.value for key, fault in report.faults.items()
    }
    assert (said["without_row"], said["put_into_trash"], said["agrees"]) == ([str(unknown)], 0, False)
    # Nothing was touched; what was asked for is put aside, and goes after a day.
    assert files.ask("select count(*) from storage.trash") == 0
    words = commanded(files, "check", "--quick", "--trash-unknown")
    assert words.returncode == 3
    assert "1 put into the trash" in words.stdout
    assert "missing" in words.stdout
    assert str(person.user_id) not in words.stdout
    assert (await files.check()).without_row == frozenset()
    await files.sweep()
    assert unknown in set(files.store.backend.keys())
    files.ask("update storage.trash set after = now() - interval '1 s' returning 1")
    await files.sweep()
    assert unknown not in set(files.store.backend.keys())
    assert await checking.put_aside(files.queue, frozenset(each.key for each in stored)) == 0


@on_one_version
async def test_a_missing_key_and_a_wrong_place_are_said_with_their_exit_codes(files):
    person = files.database.a_person()
    await files.keep(person, await files.receive(person))
    done = commanded(files, "check", "--json")
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    assert "Every row has its bytes" in commanded(files, "check").stdout

    data = files.root.parent
    key_file = data.with_name(f"{data.name}.storage-key")
    added = json.loads(commanded(files, "add-key", "--json").stdout)
    assert added["file"] == str(key_file)
    assert key_file.read_text().splitlines()[0].split()[1] == added["key"]
    assert commanded(files, "check").returncode == 0
    key_file.unlink()
    without = commanded(files, "check")
    assert without.returncode == 78
    assert "key" in without.stderr
    unset = commanded(files, "migrate")
    assert (unset.returncode, "CAREBASE_STORAGE_PREVIOUS" in unset.stderr) == (78, True)
