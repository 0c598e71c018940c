"""The key is made once, lies elsewhere than what it seals, and is missed before anybody is served."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from carebase.settings import Settings
from carebase.storage import contents, encryption
from carebase.storage.backends import filesystem
from carebase.storage.encryption import Key, Keys


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def place(data) -> filesystem.Filesystem:
    return filesystem.Filesystem(data / "objects")


def write(place: filesystem.Filesystem, keys: Keys) -> UUID:
    key = uuid4()
    contents.Writing(place, keys, key).finish(bytearray(b"report"))
    return key


def test_a_first_start_makes_a_key_for_its_owner_alone_outside_of_the_data(tmp_path, data, place):
    settings = Settings(data=data, storage_key=tmp_path / "etc" / "carebase" / "key")

    keys = encryption.keys_of(settings, place)

    assert keys.sealing is not None
    assert settings.storage_key_file.stat().st_mode & 0o777 == 0o600
    assert settings.storage_key_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in settings.storage_key_file.parent.iterdir()] == ["key"]
    assert encryption.keys_of(settings, place) == keys


def test_nobody_names_a_place_within_the_data(data, place):
    (data / "link").symlink_to(data)
    for inside in (data / "key", data / "link" / ".." / "data" / "key"):
        with pytest.raises(encryption.KeyUnusable, match="data directory"):
            encryption.keys_of(Settings(data=data, storage_key=inside), place)


def test_without_the_key_of_sealed_files_nothing_starts_and_no_other_key_is_made(data, place):
    settings = Settings(data=data)
    keys = encryption.keys_of(settings, place)
    write(place, keys)
    settings.storage_key_file.unlink()

    with pytest.raises(encryption.KeyMissing) as refused:
        encryption.keys_of(settings, place)

    assert keys.sealing is not None
    assert keys.sealing.id.hex() in str(refused.value)
    assert "CAREBASE_STORAGE_KEY_FILE" in (refused.value.hint or "")
    assert not settings.storage_key_file.exists()
    with pytest.raises(encryption.KeyMissing):
        encryption.keys_of(Settings(data=data, storage_encryption=False), place)


def test_a_key_file_of_another_deployment_is_refused(tmp_path, data, place):
    write(place, Keys.of([Key.fresh()]))
    other = tmp_path / "other"
    other.touch(0o600)
    other.write_text(Key.fresh().line)

    with pytest.raises(encryption.KeyMissing, match="other keys"):
        encryption.keys_of(Settings(data=data, storage_key=other), place)


def test_where_only_plain_files_of_earlier_versions_lie_a_key_is_made(data, place):
    place.path_of(uuid4()).write_bytes(b"%PDF-1.7")
    place.path_of(uuid4()).with_suffix(".part").write_bytes(b"\x93CARE\r\n\x1a cut")

    assert encryption.keys_of(Settings(data=data), place).sealing is not None


def test_with_encryption_off_no_key_is_made_and_an_old_one_still_opens(data, place):
    off = Settings(data=data, storage_encryption=False)
    assert encryption.keys_of(off, place) == Keys(None, {})
    assert not off.storage_key_file.exists()

    on = encryption.keys_of(Settings(data=data), place)
    keys = encryption.keys_of(off, place)

    assert keys.sealing is None
    assert keys.known == on.known


def test_a_new_key_seals_from_the_next_start_and_the_old_one_opens(data, place):
    settings = Settings(data=data)
    before = encryption.keys_of(settings, place)
    write(place, before)

    added = encryption.add(settings.storage_key_file)

    after = encryption.keys_of(settings, place)
    assert after.sealing == added != before.sealing
    assert set(after.known.values()) == {added, before.sealing}
    assert settings.storage_key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: "", "empty"),
        (lambda text: "# a remark\n\n", "empty"),
        (lambda text: text[:-10], "line 1"),
        (lambda text: text.replace("carebase-storage-1 ", "carebase-storage-2 "), "not the one"),
        (lambda text: Key(bytes(32)).line.replace("AAAA", "BAAA", 1), "not the one"),
        (lambda text: text + "what is this\n", "line 2"),
        (lambda text: "é", "no keys"),
    ],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_never_used_nor_made_anew(data, place, change, said):
    settings = Settings(data=data)
    encryption.keys_of(settings, place)
    path = settings.storage_key_file
    changed = change(path.read_text())
    path.write_text(changed)

    with pytest.raises(encryption.KeyUnusable, match=said):
        encryption.keys_of(settings, place)

    assert path.read_text() == changed


def test_a_key_that_others_may_read_is_refused(data, place):
    settings = Settings(data=data)
    encryption.keys_of(settings, place)
    settings.storage_key_file.chmod(0o640)

    with pytest.raises(encryption.KeyUnusable, match="read by others"):
        encryption.keys_of(settings, place)


def test_whoever_starts_first_decides_for_both(data, place, monkeypatch):
    settings = Settings(data=data)
    link = os.link

    def other_was_first(draft, path):
        Path(path).touch(0o600)
        Path(path).write_text(first.line)
        link(draft, path)

    first = Key.fresh()
    monkeypatch.setattr(os, "link", other_was_first)

    assert encryption.keys_of(settings, place).sealing == first


def test_a_place_that_cannot_be_written_is_said(tmp_path, data, place):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(encryption.KeyUnusable, match="taken/key: ") as refused:
        encryption.keys_of(Settings(data=data, storage_key=tmp_path / "taken" / "key"), place)

    assert "CAREBASE_STORAGE_KEY_FILE" in (refused.value.hint or "")


def test_a_key_never_shows_where_it_is_printed():
    key = Key.fresh()

    assert repr(key.secret)[2:-1] not in repr(Keys.of([key])) + repr(key)
