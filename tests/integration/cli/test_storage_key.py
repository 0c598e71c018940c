"""Files that are sealed with a key that is not there are said before anybody is served."""

from __future__ import annotations

import uuid

import pytest
from tests.faults.served import free_port
from tests.integration.cli.conftest import carebase

from carebase.storage import contents, encryption
from carebase.storage.backends import filesystem


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_the_key_nothing_starts_and_the_sentence_says_what_to_do(database, place, command):
    data = place / uuid.uuid4().hex
    data.mkdir()
    key = encryption.Key.fresh()
    sealed = filesystem.Filesystem(data / "objects")
    contents.Writing(sealed, encryption.Keys.of([key]), uuid.uuid4()).finish(bytearray(b"report"))

    done = carebase(
        command, DATABASE_URL=database.owner_dsn, CAREBASE_DATA=data, PORT=free_port(), JWT_SECRET=database.secret,
        CAREBASE_STORAGE_KEY_FILE=place / "elsewhere.key",
    )  # fmt: skip

    assert done.returncode == 78
    said = [line for line in done.stderr.splitlines() if not line.startswith("20")]
    assert said[0].startswith("carebase: The key that stored files are sealed with is not there.")
    assert key.id.hex() in said[0]
    assert str(place / "elsewhere.key") in said[0]
    assert "CAREBASE_STORAGE_KEY_FILE" in said[1]
    assert not (place / "elsewhere.key").exists()


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
def test_a_key_within_the_data_is_refused(database, place):
    data = place / uuid.uuid4().hex

    done = carebase(
        "serve", DATABASE_URL=database.owner_dsn, CAREBASE_DATA=data, PORT=free_port(), JWT_SECRET=database.secret,
        CAREBASE_STORAGE_KEY_FILE=data / "storage.key",
    )  # fmt: skip

    assert done.returncode == 78
    assert "lies in the data directory" in done.stderr
