"""What the operator decides: where it is taken from, what is refused, how the secret is kept."""

from __future__ import annotations

import dataclasses
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carebase import settings, settings_reading
from carebase.settings import BadSetting

GOOD_SECRET = "s3cret-" * 8


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Settings from flags and an environment in which nothing of this machine's own is set."""
    monkeypatch.chdir(tmp_path)

    def reading(environ: dict[str, str] | None = None, /, **flags: object) -> settings.Settings:
        return settings_reading.read(flags, {"HOME": str(tmp_path)} | (environ or {}))

    return reading


def test_nothing_has_to_be_set(read, tmp_path):
    found = read()
    assert found.data == tmp_path / ".local" / "share" / "carebase"
    assert (found.host, found.port, found.embedded) == ("127.0.0.1", 8000, True)
    assert found.address == "http://localhost:8000"


def test_a_flag_wins_over_the_environment_over_a_file_over_the_configuration_over_the_default(read, tmp_path):
    named = tmp_path / "port"
    named.write_text("8003\n")
    (tmp_path / "carebase.toml").write_text("port = 8004\n")

    assert read().port == 8004
    assert read({"PORT_FILE": str(named)}).port == 8003
    assert read({"PORT_FILE": str(named), "PORT": "8002"}).port == 8002
    assert read({"PORT_FILE": str(named), "PORT": "8002"}, port=8001).port == 8001
    assert read({"PORT": "8002"}, port=None).port == 8002


def test_an_empty_variable_is_not_set(read):
    assert read({"PORT": ""}).port == 8000


def test_every_setting_can_be_read_from_a_file_that_a_variable_names(read, tmp_path):
    kept = tmp_path / "jwt"
    kept.write_text(GOOD_SECRET + "\n")
    assert read({"JWT_SECRET_FILE": str(kept)}).secret == GOOD_SECRET


def test_every_setting_has_a_variable_and_a_sentence_of_its_own():
    fields = dataclasses.fields(settings.Settings)
    assert len({field.metadata["name"] for field in fields}) == len(fields)
    assert all(field.metadata["help"].endswith(".") for field in fields)


def test_the_secret_is_not_printed(read):
    assert GOOD_SECRET not in repr(read({"JWT_SECRET": GOOD_SECRET}))


@pytest.mark.parametrize(("word", "meaning"), [("on", True), ("TRUE", True), ("1", True), ("no", False), ("0", False)])
def test_yes_and_no_have_several_words(read, word, meaning):
    assert read({"CAREBASE_SIGN_UP": word}).sign_up is meaning


def test_the_configuration_has_yes_and_no_of_its_own(read, tmp_path):
    (tmp_path / "carebase.toml").write_text("sign_up = false\nstaff_mfa = 'required'\n")
    assert (read().sign_up, read().staff_mfa) == (False, "required")


def test_staff_needs_a_second_factor_unless_somebody_says_otherwise(read):
    assert read().staff_mfa == "required"
    assert read({"CAREBASE_STAFF_MFA": "optional"}).staff_mfa == "optional"


def test_a_commands_own_defaults_give_way_to_what_the_operator_says():
    milder = {"staff_mfa": "optional"}
    assert settings_reading.read(environ={}, defaults=milder).staff_mfa == "optional"
    assert settings_reading.read(environ={"CAREBASE_STAFF_MFA": "required"}, defaults=milder).staff_mfa == "required"
    assert settings_reading.read({"staff_mfa": "required"}, environ={}, defaults=milder).staff_mfa == "required"


REFUSED = {
    "PORT": ["many", "-1", "65536", "8000.5"],
    "CAREBASE_SIGN_UP": ["perhaps"],
    "CAREBASE_STAFF_MFA": ["always", "Required"],
    "ACCESS_TOKEN_EXPIRE_MINUTES": ["0", "61", "43200"],
    "CAREBASE_LEASE_SECONDS": ["1", "61"],
    "CAREBASE_WORKERS": ["-1"],
    "CAREBASE_REQUESTS_PER_MINUTE": ["0", "-5"],
    "CAREBASE_UPLOADS_PER_HOUR": ["-1"],
    "CAREBASE_RUNNING_ANALYSES": ["-1"],
    "HOST": ["0.0.0.0", "::", "example.org"],
    "JWT_SECRET": ["short", "change_this_secret", "your-super-secret-jwt-token-with-at-least-32-characters-long"],
    "JWT_SECRET_FILE": ["/nowhere/at/all"],
    "CAREBASE_REST_MAX_ROWS": ["0", "all"],
    "CAREBASE_REST_MAX_BODY": ["1023", "16777217"],
    "CAREBASE_REST_MAX_ADDRESS": ["1023", "65537"],
    "CAREBASE_REST_EMBED_DEPTH": ["-1", "33"],
    "CAREBASE_REST_ANON_SECONDS": ["0", "3601"],
    "CAREBASE_REST_AUTHENTICATED_SECONDS": ["0", "3601"],
    "CAREBASE_REST_SERVICE_ROLE_SECONDS": ["0", "3601"],
    "CAREBASE_REST_PRE_REQUEST": ["a.b.c", "check()", "public.", "check; drop table cases", "1st"],
    "CAREBASE_REST_TRANSACTION_END": ["never", "allow-override", "commit-allow"],
    "SITE_URL": ["care.example.org", "ftp://care.example.org", "javascript:alert(1)"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_a_value_that_cannot_be_used_is_refused_by_its_name(read, name, value):
    with pytest.raises(BadSetting) as caught:
        read({name: value})
    assert name in str(caught.value)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("text", ["prot = 8001\n", "port = \n", "port = [1]\n", "[port]\n"])
def test_a_configuration_that_cannot_be_understood_is_refused(read, tmp_path, text):
    (tmp_path / "carebase.toml").write_text(text)
    with pytest.raises(BadSetting):
        read()


def test_a_configuration_that_was_named_and_is_not_there_is_refused(read, tmp_path):
    with pytest.raises(BadSetting, match="CAREBASE_CONFIG"):
        read({"CAREBASE_CONFIG": str(tmp_path / "misspelt.toml")})


def test_an_address_has_no_slash_at_its_end(read):
    assert read({"SITE_URL": "https://care.example.org/"}).address == "https://care.example.org"


# --- the secret ---------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_kept_from_others(read, tmp_path):
    chosen = read(data=tmp_path / "data")
    first, second = settings_reading.with_secret(chosen), settings_reading.with_secret(chosen)
    kept = tmp_path / "data" / settings_reading.SECRET_FILE

    assert first.secret == second.secret == kept.read_text().strip()
    assert len(first.secret) >= settings_reading.SHORTEST_SECRET
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [settings_reading.SECRET_FILE]


def test_of_many_first_starts_one_decides(read, tmp_path):
    chosen = read(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as starters:
        found = {each.secret for each in starters.map(lambda _: settings_reading.with_secret(chosen), range(8))}
    assert len(found) == 1


def test_a_secret_that_others_can_read_is_refused(read, tmp_path):
    chosen = read(data=tmp_path)
    settings_reading.with_secret(chosen)
    (tmp_path / settings_reading.SECRET_FILE).chmod(0o640)
    with pytest.raises(BadSetting, match="can be read by others"):
        settings_reading.with_secret(chosen)


@pytest.mark.parametrize("kept", ["", "short\n"])
def test_a_secret_file_that_lost_its_secret_is_refused(read, tmp_path, kept):
    path = tmp_path / settings_reading.SECRET_FILE
    path.write_text(kept)
    path.chmod(0o600)
    with pytest.raises(BadSetting):
        settings_reading.with_secret(read(data=tmp_path))


def test_a_directory_that_cannot_be_made_is_named(read, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="cannot be written"):
        settings_reading.with_secret(read(data=tmp_path / "file" / "data"))


def test_a_secret_that_was_given_is_not_written(read, tmp_path):
    chosen = read({"JWT_SECRET": GOOD_SECRET}, data=tmp_path / "data")
    assert settings_reading.with_secret(chosen).secret == GOOD_SECRET
    assert not Path(chosen.data).exists()


def test_a_captcha_without_its_keys_is_refused(read):
    chosen = {"CAREBASE_CAPTCHA": "turnstile", "CAREBASE_CAPTCHA_SECRET": "x"}
    with pytest.raises(BadSetting, match="needs CAREBASE_CAPTCHA_SITE_KEY") as refused:
        read(chosen)
    assert "Without it nobody could sign in on the pages" in (refused.value.hint or "")
    with pytest.raises(BadSetting, match="letters, digits"):
        read(chosen | {"CAREBASE_CAPTCHA_SITE_KEY": '"><script>'})
    assert read(chosen | {"CAREBASE_CAPTCHA_SITE_KEY": "0x4AAA-b_c"}).captcha_site_key == "0x4AAA-b_c"


def test_the_storages_key_lies_where_configuration_is_kept_one_for_each_data_directory(tmp_path, monkeypatch):
    def place(data: str, **environ: str) -> Path:
        return settings_reading.default_storage_key(environ, data=tmp_path / data)

    kept = place("one", XDG_CONFIG_HOME=str(tmp_path / "configuration"))
    assert kept.parent == tmp_path / "configuration" / "carebase"
    assert kept.suffix == ".storage-key"
    assert kept != place("two", XDG_CONFIG_HOME=str(tmp_path / "configuration"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert place("one", HOME="/people/amina").parent == Path("/people/amina/.config/carebase")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert place("one", HOME="/root").parent == Path("/etc/carebase")


def test_the_storages_key_is_where_the_operator_says(read, tmp_path):
    assert read({"CAREBASE_STORAGE_KEY_FILE": str(tmp_path / "key")}).storage_key_file == tmp_path / "key"
