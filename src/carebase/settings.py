"""What the operator decides. Read once, passed down, never a module-level value.

A flag wins over the environment, the environment over a `*_FILE` naming a file, that over
`carebase.toml`, that over the default. `docs/reference/settings.md` lists every setting.
"""

from __future__ import annotations

import dataclasses
import ipaddress
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
FUNCTION: Final = re.compile(r"(?:[a-z_][a-z0-9_$]*\.)?[a-z_][a-z0-9_$]*")
"""A function's name, with its schema or without."""
TRANSACTION_ENDS: Final = frozenset({"commit", "commit-allow-override", "rollback", "rollback-allow-override"})
WORDS: Mapping[str, tuple[str, str]] = {
    "staff_mfa": ("required", "optional"),
    "language": ("fr", "en"),
    "captcha_provider": ("hcaptcha", "turnstile"),
}


class BadSetting(errors.SetupError):
    """A setting has a value that cannot be used."""

    code, message = "bad_setting", "A setting is wrong."


def _of(name: str, said: str, *, default: Any = dataclasses.MISSING, is_secret: bool = False) -> Any:
    return dataclasses.field(default=default, repr=not is_secret, metadata={"name": name, "help": said})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value; each field's `name` is its variable in the environment."""

    data: Path = _of("CAREBASE_DATA", "Where everything is kept.")
    host: str = _of("HOST", "Address to listen on; plain HTTP stays on loopback.", default="127.0.0.1")
    port: int = _of("PORT", "Port of the web server.", default=8000)
    database_url: str | None = _of(
        "DATABASE_URL", "A PostgreSQL 15 or newer; without it the embedded one is started.", default=None
    )
    database_direct_url: str | None = _of(
        "DATABASE_DIRECT_URL", "The same database without a pooler, for migrations and listening.", default=None
    )
    secret: str = _of("JWT_SECRET", "Signs tokens; made at first start when absent.", default="", is_secret=True)
    site_url: str = _of("SITE_URL", "The address people use; links are built from it.", default="")
    access_token_minutes: int = _of("ACCESS_TOKEN_EXPIRE_MINUTES", "Life of an access token, 1 to 60.", default=60)
    sign_up: bool = _of("CAREBASE_SIGN_UP", "Whether people may make an account themselves.", default=True)
    staff_mfa: str = _of(
        "CAREBASE_STAFF_MFA",
        "Second factor of staff: `required`, or `optional` as in `carebase demo`.",
        default="required",
    )
    workers: int = _of("CAREBASE_WORKERS", "Analyses at once in this process; 0: none here.", default=1)
    lease_seconds: int = _of("CAREBASE_LEASE_SECONDS", "How long a silent worker keeps a case; 2 to 60.", default=20)
    requests_per_minute: int = _of("CAREBASE_REQUESTS_PER_MINUTE", "Requests a minute and user.", default=600)
    uploads_per_hour: int = _of("CAREBASE_UPLOADS_PER_HOUR", "Files a user may add in an hour.", default=500)
    running_analyses: int = _of("CAREBASE_RUNNING_ANALYSES", "Cases of a user in work at once.", default=50)
    api_docs: bool = _of(
        "CAREBASE_API_DOCS", "Whether /docs, /redoc and /openapi.json answer, and the root of /rest/v1.", default=True
    )
    rest_max_rows: int = _of(
        "CAREBASE_REST_MAX_ROWS", "Rows in one answer of /rest/v1, and of each embed.", default=1000
    )
    rest_max_body: int = _of(
        "CAREBASE_REST_MAX_BODY", "Bytes of a body sent to /rest/v1, 1024 to 16777216.", default=1048576
    )
    rest_max_address: int = _of(
        "CAREBASE_REST_MAX_ADDRESS", "Characters of path and query under /rest/v1, 1024 to 65536.", default=32768
    )
    rest_embed_depth: int = _of("CAREBASE_REST_EMBED_DEPTH", "Levels of embeds within embeds, 0 to 32.", default=10)
    rest_aggregates: bool = _of(
        "CAREBASE_REST_AGGREGATES", "Whether /rest/v1 sums, averages and counts groups.", default=False
    )
    rest_plans: bool = _of(
        "CAREBASE_REST_PLANS",
        "Whether /rest/v1 tells PostgreSQL's plans; of tables with patients' data it never does.",
        default=False,
    )
    rest_pre_request: str | None = _of(
        "CAREBASE_REST_PRE_REQUEST",
        "Function that is called first in each transaction of /rest/v1 and may refuse it.",
        default=None,
    )
    rest_anon_seconds: int = _of(
        "CAREBASE_REST_ANON_SECONDS",
        "Longest statement of `anon`; `alter role … set statement_timeout` wins over it.",
        default=3,
    )
    rest_authenticated_seconds: int = _of(
        "CAREBASE_REST_AUTHENTICATED_SECONDS", "The same for `authenticated`.", default=8
    )
    rest_service_role_seconds: int = _of(
        "CAREBASE_REST_SERVICE_ROLE_SECONDS", "The same for `service_role`.", default=60
    )
    rest_transaction_end: str = _of(
        "CAREBASE_REST_TRANSACTION_END",
        "`commit` or `rollback`; with `-allow-override` behind it `Prefer: tx=` is heeded.",
        default="commit",
    )
    audit_checkpoints: Path | None = _of(
        "CAREBASE_AUDIT_CHECKPOINTS",
        "File of the record's signed checkpoints; better on another machine's disk.",
        default=None,
    )
    audit_key: Path | None = _of(
        "CAREBASE_AUDIT_KEY", "File of the key that signs them, made at first use.", default=None
    )
    audit_checkpoint_minutes: int = _of(
        "CAREBASE_AUDIT_CHECKPOINT_MINUTES", "Minutes between checkpoints, 1 to 1440.", default=60
    )
    audit_webhook: str | None = _of(
        "CAREBASE_AUDIT_WEBHOOK", "Address each checkpoint is posted to; https, or http on loopback.", default=None
    )
    audit_mail_to: str | None = _of(
        "CAREBASE_AUDIT_MAIL_TO", "Mail address each checkpoint is sent to; needs SMTP_HOST.", default=None
    )
    smtp_host: str | None = _of("SMTP_HOST", "Mail server that takes our mails.", default=None)
    smtp_port: int = _of(
        "SMTP_PORT", "Its port; 465 speaks TLS at once, others change to it (not demanded on loopback).", default=587
    )
    smtp_user: str | None = _of("SMTP_USER", "Account at the mail server.", default=None)
    smtp_password: str | None = _of("SMTP_PASS", "Its password.", default=None, is_secret=True)
    mail_from: str | None = _of("SMTP_ADMIN_EMAIL", "Address our mails come from.", default=None)
    redirect_addresses: str = _of(
        "CAREBASE_REDIRECT_URLS",
        "Other addresses a sign-in may end at, with spaces between; `*` is one part of a path.",
        default="",
    )
    auto_confirm: bool = _of(
        "CAREBASE_AUTO_CONFIRM", "Whether a new address counts as confirmed without a mail.", default=False
    )
    anonymous_sign_in: bool = _of(
        "CAREBASE_ANONYMOUS_SIGN_IN", "Whether people may come in without an address.", default=False
    )
    phone_sign_in: bool = _of("CAREBASE_PHONE_SIGN_IN", "Whether a telephone number names an account.", default=False)
    shortest_password: int = _of(
        "CAREBASE_SHORTEST_PASSWORD", "Characters a password has at least, 8 to 64.", default=10
    )
    idle_minutes: int = _of(
        "CAREBASE_IDLE_MINUTES", "Minutes after which an unused session ends, 15 to 30.", default=20
    )
    session_hours: int = _of("CAREBASE_SESSION_HOURS", "Hours after which every session ends, 1 to 12.", default=12)
    link_minutes: int = _of("CAREBASE_LINK_MINUTES", "Minutes a link in a mail is good, 5 to 1440.", default=60)
    code_minutes: int = _of("CAREBASE_CODE_MINUTES", "Minutes six digits in a mail are good, 1 to 10.", default=10)
    invitation_hours: int = _of("CAREBASE_INVITATION_HOURS", "Hours an invitation is good, 1 to 336.", default=72)
    mails_per_hour: int = _of("CAREBASE_MAILS_PER_HOUR", "Mails to one address in an hour.", default=10)
    new_device_mail: bool = _of(
        "CAREBASE_NEW_DEVICE_MAIL", "Whether people are told by mail of a sign-in from a new device.", default=True
    )
    language: str = _of("CAREBASE_LANGUAGE", "Of mails to people who chose none: `fr` or `en`.", default="fr")
    mail_templates: Path | None = _of(
        "CAREBASE_MAIL_TEMPLATES", "Folder whose mail templates take the place of ours.", default=None
    )
    signing_keys: Path | None = _of(
        "CAREBASE_SIGNING_KEYS", "File of ES256 or RS256 keys that sign tokens; else the secret does.", default=None
    )
    oidc_providers: Path | None = _of(
        "CAREBASE_OIDC_PROVIDERS", "TOML file of outside providers: Google, any OpenID Connect issuer.", default=None
    )
    captcha_provider: str | None = _of(
        "CAREBASE_CAPTCHA", "`hcaptcha` or `turnstile`: who says that a person is asking.", default=None
    )
    captcha_secret: str | None = _of("CAREBASE_CAPTCHA_SECRET", "Our key there.", default=None, is_secret=True)
    trusted_proxies: str = _of(
        "CAREBASE_TRUSTED_PROXIES",
        "Addresses or networks whose forwarded headers are believed, with spaces between.",
        default="",
    )
    tls: bool = _of("CAREBASE_TLS", "Whether to serve HTTPS with an own certificate authority.", default=False)
    tls_certificate: Path | None = _of(
        "CAREBASE_TLS_CERTIFICATE", "Certificate chain to serve HTTPS with; needs the key.", default=None
    )
    tls_key: Path | None = _of("CAREBASE_TLS_KEY", "Its private key.", default=None)

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
        scheme = "https" if self.speaks_https else "http"
        return self.site_url.rstrip("/") or f"{scheme}://localhost:{self.port}"

    @property
    def speaks_https(self) -> bool:
        """Whether this server speaks HTTPS by itself, with an own authority's certificate or a given one."""
        return self.tls or self.tls_certificate is not None

    @property
    def embedded(self) -> bool:
        """Whether the embedded PostgreSQL is used."""
        return self.database_url is None


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
        if (words := WORDS.get(field.name)) and getattr(settings, field.name) not in {None, *words}:
            raise BadSetting(details=f"{field.metadata['name']} is `{words[0]}` or `{words[1]}`.")
    if settings.captcha_provider and not settings.captcha_secret:
        raise BadSetting(details="CAREBASE_CAPTCHA needs CAREBASE_CAPTCHA_SECRET.")
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
