"""Reads the settings: from where each comes, of which type it is, and whether it can be used.

A flag wins over the environment, the environment over a `*_FILE` naming a file, that over
`carebase.toml`, that over the default.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from carebase.settings import LOOPBACK, BadSetting, Settings

SECRET_FILE = "secret"  # noqa: S105 (a file's name)
SHORTEST_SECRET = 32
KNOWN_SECRETS = frozenset({"change_this_secret", "your-super-secret-jwt-token-with-at-least-32-characters-long"})
ADDRESS: Final = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
LIMITS: Mapping[str, range] = {
    "port": range(65536),
    "access_token_minutes": range(1, 61),
    "workers": range(65),
    "lease_seconds": range(2, 61),
    "requests_per_minute": range(1, 1_000_001),
    "uploads_per_hour": range(1_000_001),
    "file_size_limit": range(1, 1 << 50),
    "running_analyses": range(1_000_001),
    "audit_checkpoint_minutes": range(1, 1441),
    "smtp_port": range(1, 65536),
    "shortest_password": range(8, 65),
    "idle_minutes": range(15, 31),
    "session_hours": range(1, 13),
    "link_minutes": range(5, 1441),
    "code_minutes": range(1, 11),
    "invitation_hours": range(1, 337),
    "mails_per_hour": range(1, 1001),
    "rest_max_rows": range(1, 1_000_001),
    "rest_max_body": range(1024, 16_777_217),
    "rest_max_address": range(1024, 65_537),
    "rest_embed_depth": range(33),
    "rest_anon_seconds": range(1, 3601),
    "rest_authenticated_seconds": range(1, 3601),
    "rest_service_role_seconds": range(1, 3601),
}
SITE_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
FUNCTION: Final = re.compile(r"(?:[a-z_][a-z0-9_$]*\.)?[a-z_][a-z0-9_$]*")
"""A function's name, with its schema or without."""
TRANSACTION_ENDS: Final = frozenset({"commit", "commit-allow-override", "rollback", "rollback-allow-override"})
WORDS: Mapping[str, tuple[str, str]] = {
    "staff_mfa": ("required", "optional"),
    "language": ("fr", "en"),
    "captcha_provider": ("hcaptcha", "turnstile"),
}


def read(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    defaults: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings in force. `flags` are field names with values; None values are not given. `defaults` take the
    place of ours where nobody said anything.

    Raises BadSetting for a value of the wrong form, an unknown key in `carebase.toml`, a weak secret.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    written = _written(environ)
    values: dict[str, Any] = {"data": default_data(environ)}
    for field in dataclasses.fields(Settings):
        value = _first(field, given, environ=environ, written=written)
        if value is None:
            value = (defaults or {}).get(field.name)
        if value is not None:
            values[field.name] = _typed(field, value)
    values.setdefault("storage_key", default_storage_key(environ, data=values["data"]))
    settings = Settings(**values)
    _check(settings)
    return settings


def _written(environ: Mapping[str, str]) -> Mapping[str, Any]:
    named = environ.get("CAREBASE_CONFIG")
    file = Path(named or "carebase.toml")
    if not file.is_file():
        if named:
            raise BadSetting(details=f"CAREBASE_CONFIG names {named}, which is not there.")
        return {}
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(details=f"{file.name} is not TOML: {error}.") from error
    except OSError as error:
        raise BadSetting(details=f"{file.name} cannot be read: {error.strerror}.") from error
    if unknown := set(written) - {field.name for field in dataclasses.fields(Settings)}:
        raise BadSetting(details=f"{file.name} has the unknown key {min(unknown)!r}.")
    return written


def default_data(environ: Mapping[str, str]) -> Path:
    """The data directory when none is named: by the XDG base directory specification."""
    base = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", "/var/lib")) / ".local" / "share")
    return Path(base) / "carebase"


def default_storage_key(environ: Mapping[str, str], *, data: Path) -> Path:
    """The file of the storage's keys when none is named: where configuration is kept, one for each data directory.

    `XDG_CONFIG_HOME` wins, then root's is `/etc`, then it is `~/.config`.
    """
    home = "/etc" if os.geteuid() == 0 else str(Path(environ.get("HOME", "/var/lib")) / ".config")
    base = Path(environ.get("XDG_CONFIG_HOME") or home) / "carebase"
    return base / f"{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]}.storage-key"


def with_secret(settings: Settings) -> Settings:
    """The settings with the signing secret, made and kept (mode 0600) at the first start."""
    if settings.secret:
        return settings
    path = settings.data / SECRET_FILE
    try:
        # As root the database's own user has to pass through; what is inside is closed by itself.
        settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadSetting(details=f"{path} can be read by others.", hint=f"Run: chmod 600 {path}")
        secret = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadSetting(
            details=f"{settings.data} cannot be written: {error.strerror}.",
            hint="Name a directory that this user may write with --data or CAREBASE_DATA.",
        ) from error
    if _is_weak(secret):
        raise BadSetting(
            details=f"{path} holds no usable secret.",
            hint="Put back the one it had; without it every sign-in ends and the database's logins change.",
        )
    return dataclasses.replace(settings, secret=secret)


def _write_once(path: Path, text: str) -> None:
    # Two processes may start at the same moment: whoever links first decides for both.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with draft.open("x", encoding="ascii") as file:
        draft.chmod(0o600)
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _first(
    field: dataclasses.Field[Any],
    given: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    written: Mapping[str, Any],
) -> Any:
    variable = field.metadata["name"]
    if field.name in given:
        return given[field.name]
    if environ.get(variable):
        return environ[variable]
    if path := environ.get(f"{variable}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(details=f"{variable}_FILE cannot be read: {error.strerror}.") from error
    return written.get(field.name)


def _typed(field: dataclasses.Field[Any], value: Any) -> Any:
    match field.type:
        case "int":
            try:
                return int(value)
            except (ValueError, TypeError) as error:
                raise BadSetting(details=f"{field.metadata['name']} is not a whole number.") from error
        case "bool":
            word = str(value).lower()
            if word not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
                raise BadSetting(details=f"{field.metadata['name']} is neither true nor false.")
            return word in {"1", "true", "yes", "on"}
        case "Path" | "Path | None":
            return Path(value).expanduser().resolve()
        case _:
            return str(value)


def _is_private_address(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if (
        parts.username is not None
        or parts.password is not None
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _is_weak(secret: str) -> bool:
    return len(secret) < SHORTEST_SECRET or secret in KNOWN_SECRETS


def _check(settings: Settings) -> None:
    if settings.secret and _is_weak(settings.secret):
        raise BadSetting(
            details="JWT_SECRET is short or publicly known.",
            hint="Make a good one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    for field in dataclasses.fields(settings):
        if (limits := LIMITS.get(field.name)) and getattr(settings, field.name) not in limits:
            raise BadSetting(details=f"{field.metadata['name']} must be between {limits[0]} and {limits[-1]}.")
        if (words := WORDS.get(field.name)) and getattr(settings, field.name) not in {None, *words}:
            raise BadSetting(details=f"{field.metadata['name']} is `{words[0]}` or `{words[1]}`.")
    if settings.captcha_provider and not settings.captcha_secret:
        raise BadSetting(details="CAREBASE_CAPTCHA needs CAREBASE_CAPTCHA_SECRET.")
    if settings.captcha_provider and not settings.captcha_site_key:
        raise BadSetting(
            details="CAREBASE_CAPTCHA needs CAREBASE_CAPTCHA_SITE_KEY.",
            hint="Without it nobody could sign in on the pages; the service shows it beside its secret.",
        )
    if settings.captcha_site_key and not SITE_KEY.fullmatch(settings.captcha_site_key):
        raise BadSetting(details="CAREBASE_CAPTCHA_SITE_KEY is letters, digits, `-` and `_`.")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise BadSetting(details="CAREBASE_TLS_CERTIFICATE and CAREBASE_TLS_KEY are given together.")
    if settings.site_url and not settings.site_url.startswith(("https://", "http://")):
        raise BadSetting(details="SITE_URL is an address such as https://care.example.org.")
    if settings.host not in LOOPBACK and not settings.speaks_https:
        raise BadSetting(
            details="HOST must be a loopback address: plain HTTP is served there only.",
            hint="Serve HTTPS with --tls, or put a TLS proxy in front and keep HOST on 127.0.0.1.",
        )
    if settings.speaks_https and settings.site_url.startswith("http://"):
        raise BadSetting(details="SITE_URL begins with https:// where HTTPS is served.")
    _check_proxies(settings)
    _check_senders(settings)


def _check_proxies(settings: Settings) -> None:
    for text in settings.trusted_proxies.split():
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            raise BadSetting(details=f"CAREBASE_TRUSTED_PROXIES: {text!r} is no address or network.") from error


def _check_senders(settings: Settings) -> None:
    if settings.audit_webhook and not _is_private_address(settings.audit_webhook):
        raise BadSetting(details="CAREBASE_AUDIT_WEBHOOK is an https address, or http on loopback.")
    if settings.audit_mail_to and not (settings.smtp_host and settings.mail_from):
        raise BadSetting(details="CAREBASE_AUDIT_MAIL_TO needs SMTP_HOST and SMTP_ADMIN_EMAIL.")
    for name, address in (("CAREBASE_AUDIT_MAIL_TO", settings.audit_mail_to), ("SMTP_ADMIN_EMAIL", settings.mail_from)):
        if address and not ADDRESS.fullmatch(address):
            raise BadSetting(details=f"{name} is one mail address.")
    _check_data_api(settings)


def _check_data_api(settings: Settings) -> None:
    if settings.rest_transaction_end not in TRANSACTION_ENDS:
        raise BadSetting(
            details="CAREBASE_REST_TRANSACTION_END is `commit` or `rollback`, with or without `-allow-override`."
        )
    if settings.rest_pre_request and not FUNCTION.fullmatch(settings.rest_pre_request):
        raise BadSetting(details="CAREBASE_REST_PRE_REQUEST is a function's name such as `public.check_request`.")
