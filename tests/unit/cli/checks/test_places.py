"""Files that others can read or write, a secret that is none, a disk without room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from carebase import settings_reading
from carebase.cli.checks import places
from carebase.cli.checks.finding import State
from carebase.settings import Settings


def said(data: Path, **given: object) -> dict[str, State]:
    return {one.said: one.state for one in places.look(Settings(data=data, **given))}  # type: ignore[arg-type]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    (made / "secret").write_text("a-secret-of-the-tests-that-is-long-enough-0123456789\n")
    (made / "secret").chmod(0o600)
    return made


def test_a_directory_as_carebase_makes_it_is_well(data) -> None:
    found = said(data)

    assert {"data-well", "secret-kept"} <= set(found)
    assert not {"data-open", "secret-open", "keys-open"} & set(found)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_directory_that_others_can_write_is_to_be_closed(data, mode) -> None:
    data.chmod(mode)

    assert said(data)["data-open"] is State.MEND


def test_a_secret_that_others_can_read_is_to_be_closed(data) -> None:
    (data / "secret").chmod(0o644)

    assert said(data)["secret-open"] is State.MEND


def test_a_short_secret_is_weak_an_absent_one_is_none_yet_and_a_given_one_was_looked_at(data) -> None:
    (data / "secret").write_text("short")
    assert said(data)["secret-weak"] is State.MEND
    (data / "secret").unlink()
    assert said(data)["secret-absent"] is State.NOTE
    assert said(data, secret="x" * settings_reading.SHORTEST_SECRET)["secret-given"] is State.WELL


@pytest.mark.parametrize("name", ["audit/signing.key", "../data.storage-key", "tls/authority.pem"])
def test_a_key_that_others_can_read_is_to_be_closed(data, name) -> None:
    key = data / name
    key.parent.mkdir(exist_ok=True)
    key.touch(mode=0o600)
    assert said(data)["keys-well"] is State.WELL
    key.chmod(0o640)
    assert said(data)["keys-open"] is State.MEND


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away; it may then write it still")
def test_for_root_the_directory_of_another_user_is_no_obstacle(data) -> None:
    os.chown(data, 65534, 65534)

    assert said(data)["data-well"] is State.WELL


def test_too_little_room_is_said_with_what_to_do(data, monkeypatch) -> None:
    monkeypatch.setattr(places, "LEAST_FREE_BYTES", 2**63)

    assert said(data)["disk-full"] is State.MEND
