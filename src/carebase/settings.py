"""What the operator decides. Read once, passed down, never a module-level value.

A flag wins over the environment, the environment over a `*_FILE` naming a file, that over
`carebase.toml`, that over the default. `docs/reference/settings.md` lists every setting.
"""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from carebase import errors

VERSION: Final = "1.0.0"
"""Of the program and its API, by semantic versioning; the same as in pyproject.toml."""
SECRET_FILE = "secret"  # noqa: S105 (a file's name)
SHORTEST_SECRET = 32
KNOWN_SECRETS = frozenset({"change_this_secret", "your-super-secret-jwt-token-with-at-least-32-characters-long"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ADDRESS: Final = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
LIMITS: Mapping[str, range] = {
    "port": range(65536),
    "access_token_minutes": range(1, 61),
    "workers": range(65),
    "lease_seconds": range(2, 61),
    "requests_per_minute": range(1, 1_000_001),
    "uploads_per_hour": range(1_000_001),
    "running_analyses": range(1_000_001),
    "audit_checkpoint_minutes": range(1, 1441),
    "smtp_port": range(1, 65536),
    "rest_max_rows": range(1, 1_000_001),
    "rest_max_body": range(1024, 1_048_577),
    "rest_max_address": range(1024, 65_537),
    "rest_embed_depth": range(33),
    "rest_anon_seconds": range(1, 3601),
    "rest_authenticated_seconds": range(1, 3601),
    "rest_service_role_seconds": range(1, 3601),
}
FUNCTION: Final = re.compile(r"(?:[a-z_][a-z0-9_$]*\.)?[a-z_][a-z0-9_$]*")
"""A function's name, with its schema or without."""
TRANSACTION_ENDS: Final = frozenset({"commit", "commit-allow-override", "rollback", "rollback-allow-override"})


class BadSetting(errors.SetupError):
    """A setting has a value that cannot be used."""

    code, message = "bad_setting", "A setting is wrong."


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value; each field's `name` is its variable in the environment."""

    data: Path = dataclasses.field(metadata={"name": "CAREBASE_DATA", "help": "Where everything is kept."})
    host: str = dataclasses.field(
        default="127.0.0.1",
        metadata={"name": "HOST", "help": "Address to listen on; plain HTTP stays on loopback."},
    )
    port: int = dataclasses.field(default=8000, metadata={"name": "PORT", "help": "Port of the web server."})
    database_url: str | None = dataclasses.field(
        default=None,
        metadata={
            "name": "DATABASE_URL",
            "help": "A PostgreSQL 15 or newer; without it the embedded one is started.",
        },
    )
    database_direct_url: str | None = dataclasses.field(
        default=None,
        metadata={
            "name": "DATABASE_DIRECT_URL",
            "help": "The same database without a pooler, for migrations and listening.",
        },
    )
    secret: str = dataclasses.field(
        default="",
        repr=False,
        metadata={"name": "JWT_SECRET", "help": "Signs tokens; made at first start when absent."},
    )
    site_url: str = dataclasses.field(
        default="", metadata={"name": "SITE_URL", "help": "The address people use; links are built from it."}
    )
    access_token_minutes: int = dataclasses.field(
        default=60,
        metadata={"name": "ACCESS_TOKEN_EXPIRE_MINUTES", "help": "Life of an access token, 1 to 60."},
    )
    sign_up: bool = dataclasses.field(
        default=True,
        metadata={"name": "CAREBASE_SIGN_UP", "help": "Whether people may make an account themselves."},
    )
    staff_mfa: str = dataclasses.field(
        default="optional", metadata={"name": "CAREBASE_STAFF_MFA", "help": "`required` or `optional`."}
    )
    workers: int = dataclasses.field(
        default=1,
        metadata={"name": "CAREBASE_WORKERS", "help": "Analyses at once in this process; 0: none here."},
    )
    lease_seconds: int = dataclasses.field(
        default=20,
        metadata={"name": "CAREBASE_LEASE_SECONDS", "help": "How long a silent worker keeps a case; 2 to 60."},
    )
    requests_per_minute: int = dataclasses.field(
        default=600, metadata={"name": "CAREBASE_REQUESTS_PER_MINUTE", "help": "Requests a minute and user."}
    )
    uploads_per_hour: int = dataclasses.field(
        default=500,
        metadata={"name": "CAREBASE_UPLOADS_PER_HOUR", "help": "Files a user may add in an hour."},
    )
    running_analyses: int = dataclasses.field(
        default=50, metadata={"name": "CAREBASE_RUNNING_ANALYSES", "help": "Cases of a user in work at once."}
    )
    api_docs: bool = dataclasses.field(
        default=True,
        metadata={
            "name": "CAREBASE_API_DOCS",
            "help": "Whether /docs, /redoc and /openapi.json answer, and the root of /rest/v1.",
        },
    )
    rest_max_rows: int = dataclasses.field(
        default=1000,
        metadata={
            "name": "CAREBASE_REST_MAX_ROWS",
            "help": "Rows in one answer of /rest/v1, and of each embed.",
        },
    )
    rest_max_body: int = dataclasses.field(
        default=1_048_576,
        metadata={
            "name": "CAREBASE_REST_MAX_BODY",
            "help": "Bytes of a body sent to /rest/v1, 1024 to 1048576.",
        },
    )
    rest_max_address: int = dataclasses.field(
        default=32_768,
        metadata={
            "name": "CAREBASE_REST_MAX_ADDRESS",
            "help": "Characters of path and query under /rest/v1, 1024 to 65536.",
        },
    )
    rest_embed_depth: int = dataclasses.field(
        default=10,
        metadata={
            "name": "CAREBASE_REST_EMBED_DEPTH",
            "help": "Levels of embeds within embeds, 0 to 32.",
        },
    )
    rest_aggregates: bool = dataclasses.field(
        default=False,
        metadata={
            "name": "CAREBASE_REST_AGGREGATES",
            "help": "Whether /rest/v1 sums, averages and counts groups.",
        },
    )
    rest_plans: bool = dataclasses.field(
        default=False,
        metadata={
            "name": "CAREBASE_REST_PLANS",
            "help": "Whether /rest/v1 tells PostgreSQL's plans; of tables with patients' data it never does.",
        },
    )
    rest_pre_request: str | None = dataclasses.field(
        default=None,
        metadata={
            "name": "CAREBASE_REST_PRE_REQUEST",
            "help": "Function that is called first in each transaction of /rest/v1 and may refuse it.",
        },
    )
    rest_anon_seconds: int = dataclasses.field(
        default=3,
        metadata={
            "name": "CAREBASE_REST_ANON_SECONDS",
            "help": "Longest statement of `anon`; `alter role … set statement_timeout` wins over it.",
        },
    )
    rest_authenticated_seconds: int = dataclasses.field(
        default=8,
        metadata={
            "name": "CAREBASE_REST_AUTHENTICATED_SECONDS",
            "help": "The same for `authenticated`.",
        },
    )
    rest_service_role_seconds: int = dataclasses.field(
        default=60,
        metadata={
            "name": "CAREBASE_REST_SERVICE_ROLE_SECONDS",
            "help": "The same for `service_role`.",
        },
    )
    rest_transaction_end: str = dataclasses.field(
        default="commit",
        metadata={
            "name": "CAREBASE_REST_TRANSACTION_END",
            "help": "`commit` or `rollback`; with `-allow-override` behind it `Prefer: tx=` is heeded.",
        },
    )

    audit_checkpoints: Path | None = dataclasses.field(
        default=None,
        metadata={
            "name": "CAREBASE_AUDIT_CHECKPOINTS",
            "help": "File of the record's signed checkpoints; better on another machine's disk.",
        },
    )
    audit_key: Path | None = dataclasses.field(
        default=None,
        metadata={"name": "CAREBASE_AUDIT_KEY", "help": "File of the key that signs them, made at first use."},
    )
    audit_checkpoint_minutes: int = dataclasses.field(
        default=60,
        metadata={"name": "CAREBASE_AUDIT_CHECKPOINT_MINUTES", "help": "Minutes between checkpoints, 1 to 1440."},
    )
    audit_webhook: str | None = dataclasses.field(
        default=None,
        metadata={
            "name": "CAREBASE_AUDIT_WEBHOOK",
            "help": "Address each checkpoint is posted to; https, or http on loopback.",
        },
    )
    audit_mail_to: str | None = dataclasses.field(
        default=None,
        metadata={
            "name": "CAREBASE_AUDIT_MAIL_TO",
            "help": "Mail address each checkpoint is sent to; needs SMTP_HOST.",
        },
    )
    smtp_host: str | None = dataclasses.field(
        default=None, metadata={"name": "SMTP_HOST", "help": "Mail server that takes our mails."}
    )
    smtp_port: int = dataclasses.field(
        default=587,
        metadata={
            "name": "SMTP_PORT",
            "help": "Its port; 465 speaks TLS at once, others change to it (not demanded on loopback).",
        },
    )
    smtp_user: str | None = dataclasses.field(
        default=None, metadata={"name": "SMTP_USER", "help": "Account at the mail server."}
    )
    smtp_password: str | None = dataclasses.field(
        default=None, repr=False, metadata={"name": "SMTP_PASS", "help": "Its password."}
    )
    mail_from: str | None = dataclasses.field(
        default=None, metadata={"name": "SMTP_ADMIN_EMAIL", "help": "Address our mails come from."}
    )

    @property
    def checkpoint_file(self) -> Path:
        """Where the record's checkpoints are kept."""
        return self.audit_checkpoints or self.data / "audit" / "checkpoints.jsonl"

    @property
    def audit_key_file(self) -> Path:
        """Where the key is kept that signs them."""
        return self.audit_key or self.data / "audit" / "signing.key"

    @property
    def address(self) -> str:
        """The address people use, without a slash at its end."""
        return self.site_url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def embedded(self) -> bool:
        """Whether the embedded PostgreSQL is used."""
        return self.database_url is None


def read(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `flags` are field names with values; None values are not given.

    Raises BadSetting for a value of the wrong form, an unknown key in `carebase.toml`, a weak secret.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    written = _written(environ)
    values: dict[str, Any] = {"data": default_data(environ)}
    for field in dataclasses.fields(Settings):
        value = _first(field, given, environ=environ, written=written)
        if value is not None:
            values[field.name] = _typed(field, value)
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
    if settings.staff_mfa not in {"required", "optional"}:
        raise BadSetting(details="CAREBASE_STAFF_MFA is `required` or `optional`.")
    if settings.site_url and not settings.site_url.startswith(("https://", "http://")):
        raise BadSetting(details="SITE_URL is an address such as https://care.example.org.")
    if settings.audit_webhook and not _is_private_address(settings.audit_webhook):
        raise BadSetting(details="CAREBASE_AUDIT_WEBHOOK is an https address, or http on loopback.")
    if settings.audit_mail_to and not (settings.smtp_host and settings.mail_from):
        raise BadSetting(details="CAREBASE_AUDIT_MAIL_TO needs SMTP_HOST and SMTP_ADMIN_EMAIL.")
    for name, address in (("CAREBASE_AUDIT_MAIL_TO", settings.audit_mail_to), ("SMTP_ADMIN_EMAIL", settings.mail_from)):
        if address and not ADDRESS.fullmatch(address):
            raise BadSetting(details=f"{name} is one mail address.")
    if settings.host not in LOOPBACK:
        raise BadSetting(
            details="HOST must be a loopback address: plain HTTP is served there only.",
            hint="Put a TLS proxy in front and keep HOST on 127.0.0.1.",
        )
    _check_data_api(settings)


def _check_data_api(settings: Settings) -> None:
    if settings.rest_transaction_end not in TRANSACTION_ENDS:
        raise BadSetting(
            details="CAREBASE_REST_TRANSACTION_END is `commit` or `rollback`, with or without `-allow-override`."
        )
    if settings.rest_pre_request and not FUNCTION.fullmatch(settings.rest_pre_request):
        raise BadSetting(details="CAREBASE_REST_PRE_REQUEST is a function's name such as `public.check_request`.")
