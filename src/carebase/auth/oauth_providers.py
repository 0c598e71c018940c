"""The outside providers of a deployment, as the operator's file names them.

In charge of reading that file: one table for each OpenID Connect issuer.

    [google]
    client_id = "…"
    client_secret_file = "/run/secrets/google"

    [hospital]
    issuer = "https://id.example.org/realms/staff"
    client_id = "carebase"
    client_secret = "…"
    is_email_trusted = true
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from carebase.settings import LOOPBACK, BadSetting, Settings

SETTING: Final = "CAREBASE_OIDC_PROVIDERS"
GOOGLE: Final = "google"
GOOGLE_ISSUER: Final = "https://accounts.google.com"
NAME: Final = re.compile(r"(?:custom:)?[a-z][a-z0-9_-]{0,31}")
NOT_OUTSIDE: Final = frozenset({"email", "phone", "anonymous"})
KEYS: Final = frozenset({
    "issuer", "client_id", "client_secret", "client_secret_file", "scopes", "is_email_trusted", "also_client_ids",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody else who says who a person is."""

    name: str
    """As clients ask for it, such as `google`."""
    issuer: str
    """As its tokens name it, letter by letter."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a client that can keep none; PKCE is used in either case."""
    scopes: str = "openid email profile"
    is_email_trusted: bool = False
    """Whether it is believed when it says that it has verified an address. An issuer at which people write their
    own address into their profile must not be."""
    also_client_ids: tuple[str, ...] = ()
    """Of apps whose tokens are taken too, when a client brings one it got by itself."""


def read(settings: Settings) -> Mapping[str, Provider]:
    """The providers by name, none without a file; BadSetting where the file cannot be used."""
    if settings.oidc_providers is None:
        return {}
    return of_text(_text(settings.oidc_providers), beside=settings.oidc_providers.parent)


def of_text(text: str, *, beside: Path) -> Mapping[str, Provider]:
    """The providers that a file says; `beside` is its folder, for the files it names.

    >>> found = of_text('[google]\\nclient_id = "x"', beside=Path("."))
    >>> found["google"].issuer, found["google"].is_email_trusted
    ('https://accounts.google.com', True)
    """
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(details=f"{SETTING} is not TOML: {error}.") from error
    found = {name: _provider(name, table, beside=beside) for name, table in written.items()}
    if len({provider.issuer for provider in found.values()}) < len(found):
        raise BadSetting(details=f"{SETTING} names one issuer twice.")
    return found


def _provider(name: str, table: object, *, beside: Path) -> Provider:
    if not NAME.fullmatch(name) or name in NOT_OUTSIDE:
        raise BadSetting(details=f"{SETTING}: {name!r} is no name of a provider.")
    if not isinstance(table, dict):
        raise BadSetting(details=f"{SETTING}: [{name}] is no table.")
    if unknown := set(table) - KEYS:
        raise BadSetting(details=f"{SETTING}: [{name}] has the unknown key {min(unknown)!r}.")
    issuer = _string(table, "issuer", name=name) or (GOOGLE_ISSUER if name == GOOGLE else "")
    if not _is_issuer(issuer):
        raise BadSetting(details=f"{SETTING}: the issuer of [{name}] is an https address, or http on loopback.")
    client_id = _string(table, "client_id", name=name)
    if not client_id:
        raise BadSetting(details=f"{SETTING}: [{name}] needs a client_id.")
    scopes = _string(table, "scopes", name=name) or "openid email profile"
    if "openid" not in scopes.split():
        raise BadSetting(details=f"{SETTING}: the scopes of [{name}] need openid.")
    is_trusted = table.get("is_email_trusted", issuer == GOOGLE_ISSUER)
    if not isinstance(is_trusted, bool):
        raise BadSetting(details=f"{SETTING}: is_email_trusted of [{name}] is true or false.")
    also = table.get("also_client_ids", [])
    if not isinstance(also, list) or not all(isinstance(each, str) and each for each in also):
        raise BadSetting(details=f"{SETTING}: also_client_ids of [{name}] is a list of texts.")
    return Provider(
        name=name,
        issuer=issuer,
        client_id=client_id,
        client_secret=_secret(table, name=name, beside=beside),
        scopes=scopes,
        is_email_trusted=is_trusted,
        also_client_ids=tuple(also),
    )


def _secret(table: Mapping[str, Any], *, name: str, beside: Path) -> str | None:
    said, file = _string(table, "client_secret", name=name), _string(table, "client_secret_file", name=name)
    if said and file:
        raise BadSetting(
            details=f"{SETTING}: [{name}] has client_secret and client_secret_file; one of them is enough."
        )
    return (_text(beside / file).strip() if file else said) or None


def _string(table: Mapping[str, Any], key: str, *, name: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise BadSetting(details=f"{SETTING}: {key} of [{name}] is a text.")
    return value


def _is_issuer(issuer: str) -> bool:
    try:
        parts = urlsplit(issuer)
        _ = parts.port
    except ValueError:
        return False
    is_plain = issuer.isascii() and issuer.isprintable() and " " not in issuer
    is_bare = not parts.query and not parts.fragment and "@" not in parts.netloc
    is_private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return bool(parts.hostname) and is_plain and is_bare and is_private


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(details=f"{SETTING}: {path.name} cannot be read.") from error
