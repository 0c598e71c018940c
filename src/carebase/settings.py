"""What the operator decides. Read once (`settings_reading`), passed down, never a module-level value.

`docs/reference/settings.md` lists every setting.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from carebase import errors

VERSION: Final = "1.0.0"
"""Of the program and its API, by semantic versioning; the same as in pyproject.toml."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


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
    file_size_limit: int = _of(
        "FILE_SIZE_LIMIT", "Bytes of the largest file that /storage/v1 takes; a bucket may take less.", default=2 << 30
    )
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
    captcha_site_key: str | None = _of(
        "CAREBASE_CAPTCHA_SITE_KEY", "The public key that our pages show its widget with.", default=None
    )
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

    storage_encryption: bool = _of(
        "CAREBASE_STORAGE_ENCRYPTION", "Whether files are sealed where they lie; else only digested.", default=True
    )
    storage_key: Path | None = _of(
        "CAREBASE_STORAGE_KEY_FILE",
        "File of the keys they are sealed with, outside of the data directory; made at the first start.",
        default=None,
    )
    clamd: str | None = _of(
        "CAREBASE_CLAMD",
        "Virus scanner that each file is shown to: `host:port` or the path of clamd's socket.",
        default=None,
    )

    storage: str = _of(
        "CAREBASE_STORAGE",
        "Where the bytes of files lie: `file` (`objects` in the data directory), `file:///a/directory` or"
        " `s3://bucket/prefix`.",
        default="file",
    )
    storage_previous: str | None = _of(
        "CAREBASE_STORAGE_PREVIOUS",
        "Where they may still lie while `carebase storage migrate` moves them; reads look there too.",
        default=None,
    )
    s3_endpoint: str | None = _of(
        "CAREBASE_S3_ENDPOINT", "Address of the S3 service; without it Amazon's own.", default=None
    )
    s3_access_key: str | None = _of("AWS_ACCESS_KEY_ID", "Name of our key there.", default=None)
    s3_secret_key: str | None = _of("AWS_SECRET_ACCESS_KEY", "That key's secret.", default=None, is_secret=True)
    s3_region: str = _of("AWS_REGION", "Region of the bucket.", default="us-east-1")

    @property
    def storage_key_file(self) -> Path:
        """Where the keys are kept that stored files are sealed with: beside the data directory where nobody said."""
        return self.storage_key or self.data.with_name(f"{self.data.name}.storage-key")

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
