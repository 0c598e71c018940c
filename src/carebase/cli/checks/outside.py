"""Looks at what is reached over the network: the server itself, its address, the mail server, outside providers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiosmtplib
import httpx

from carebase.auth import oauth_providers
from carebase.auth.oauth_issuers import Issuer
from carebase.cli.checks import finding
from carebase.cli.checks.certificates import GIVEN_DAYS
from carebase.cli.checks.finding import Finding
from carebase.errors import CareError
from carebase.mail.sending import TLS_PORT, MailServer
from carebase.mail.spool import Spool
from carebase.settings import LOOPBACK, BadSetting, Settings

TIMEOUT_SECONDS: Final = 10.0
ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (read, not listened on)


async def look(chosen: Settings, *, now: datetime) -> AsyncIterator[Finding]:
    """What answers and what does not."""
    yield await _server(chosen)
    yield _site(chosen)
    mail_server = MailServer.of(chosen)
    yield _spool(chosen, has_server=mail_server is not None)
    if mail_server is not None:
        yield await _mail(mail_server, now=now)
    async for one in _providers(chosen):
        yield one


async def _server(chosen: Settings) -> Finding:
    host = ANYWHERE.get(chosen.host, chosen.host)
    scheme = "https" if chosen.speaks_https else "http"
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{chosen.port}"
    try:
        # Its certificate is looked at by itself; here only whether somebody is in.
        async with httpx.AsyncClient(verify=_unchecked(), trust_env=False, timeout=TIMEOUT_SECONDS) as client:
            answer = await client.get(f"{address}/readyz")
    except httpx.HTTPError:
        return finding.note("server", "server-absent", address=address)
    if answer.status_code != httpx.codes.OK:
        return finding.mend("server", "server-not-ready", address=address, status=answer.status_code)
    return finding.well("server", "server-well", address=address)


def _unchecked() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def _site(chosen: Settings) -> Finding:
    parts = urlsplit(chosen.address)
    is_local = (parts.hostname or "") in LOOPBACK
    if not parts.hostname:
        return finding.mend("site", "site-nameless", address=chosen.address)
    if parts.scheme != "https" and not is_local:
        return finding.mend("site", "site-plain", address=chosen.address)
    if is_local and chosen.host not in LOOPBACK:
        return finding.mend("site", "site-local", address=chosen.address)
    return finding.well("site", "site-well", address=chosen.address)


def _spool(chosen: Settings, *, has_server: bool) -> Finding:
    mails = Spool.of(chosen).mails()
    if not mails and has_server:
        return finding.well("spool", "spool-empty")
    if not mails:
        return finding.note("spool", "spool-waits")
    said = "spool-left" if has_server else "spool-holds"
    return finding.note("spool", said, count=len(mails), since=f"{mails[0].at:%Y-%m-%d}")


async def _mail(server: MailServer, *, now: datetime) -> Finding:
    name = f"{server.host}:{server.port}"
    try:
        ends = await _signed_in(server)
    except ssl.SSLCertVerificationError as error:
        return finding.mend("mail", "mail-certificate", name=name, why=error.verify_message)
    except aiosmtplib.SMTPAuthenticationError as error:
        return finding.mend("mail", "mail-sign-in", name=name, code=error.code)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return finding.mend("mail", "mail-certificate", name=name, why=error.__cause__.verify_message)
        return finding.mend("mail", "mail-unreachable", name=name, why=type(error).__name__)
    return _of_mail(name, ends, now=now)


async def _signed_in(server: MailServer) -> datetime | None:
    """Until when its certificate is good, None without TLS; signed in where it takes that. Nothing is sent."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.port == TLS_PORT,
        # As mails go: away from this machine a server without TLS gets none.
        start_tls=False if server.port == TLS_PORT else None if server.host in LOOPBACK else True,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await client.connect()
            ends = _ends(client.get_transport_info("peercert"))
            if server.user is not None:
                await client.login(server.user, server.password or "")
            return ends
    finally:
        client.close()


def _of_mail(name: str, ends: datetime | None, *, now: datetime) -> Finding:
    if ends is None:
        return finding.well("mail", "mail-plain", name=name)
    days = (ends - now).days
    if days < GIVEN_DAYS:
        return finding.mend("mail", "mail-certificate-ends", name=name, until=f"{ends:%Y-%m-%d}", days=days)
    return finding.well("mail", "mail-well", name=name, until=f"{ends:%Y-%m-%d}")


def _ends(certificate: Any) -> datetime | None:
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


async def _providers(chosen: Settings) -> AsyncIterator[Finding]:
    try:
        providers = oauth_providers.read(chosen)
    except BadSetting as error:
        yield finding.mend("providers", "providers-unusable", hint=error.hint, why=str(error.details))
        return
    for name, provider in providers.items():
        try:
            await Issuer(provider).metadata()
        except CareError as error:
            why = error.hint or error.details or error.message
            yield finding.mend("providers", "providers-unreachable", name=name, issuer=provider.issuer, why=why)
        else:
            yield finding.well("providers", "providers-well", name=name, issuer=provider.issuer)
