"""Looks at the certificates in use: until when they are good, and whether they fit the site's name and the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from carebase import authority
from carebase.authority import BadCertificate, Expiry
from carebase.cli.checks import finding
from carebase.cli.checks.finding import Finding
from carebase.settings import Settings

GIVEN_DAYS: Final = 21
"""A given certificate with fewer days left is to be renewed; public ones are renewed 30 days before their end."""
AUTHORITY_DAYS: Final = authority.RENEWED_DAYS_BEFORE + 30
"""From so many days on its renewal is announced: every device has to install the next one."""


def look(chosen: Settings, *, now: datetime) -> Iterator[Finding]:
    """How the certificates stand at `now`."""
    if not chosen.speaks_https:
        is_behind = chosen.address.startswith("https://")
        yield finding.well("certificate", "certificate-proxy" if is_behind else "certificate-none")
        return
    try:
        found = authority.expiries(chosen)
        misfit = authority.misfit(chosen)
    except BadCertificate as error:
        yield finding.mend("certificate", "certificate-unusable", hint=error.hint, why=str(error.details))
        return
    if misfit is not None:
        yield finding.mend("certificate", "certificate-misfit", name=misfit)
    if not found:
        yield finding.note("certificate", "certificate-unmade")
    for one in found:
        yield _expiry(one, is_given=chosen.tls_certificate is not None, now=now)


def _expiry(one: Expiry, *, is_given: bool, now: datetime) -> Finding:
    days = (one.expires_at - now).days
    until = f"{one.expires_at:%Y-%m-%d}"
    kind = one.name if one.name == "authority" else "given" if is_given else "own"
    if one.expires_at <= now:
        return finding.mend(one.name, f"certificate-{kind}-over", until=until)
    match kind:
        case "given":
            is_late = days < GIVEN_DAYS
        case "own":
            # A server that runs renews it at this age and within the hour; a day later nobody does.
            is_late = days < authority.RENEWED_DAYS_BEFORE - 1
        case _:
            if days < AUTHORITY_DAYS:
                return finding.note(one.name, "certificate-authority-ends", until=until, days=days)
            is_late = False
    if is_late:
        return finding.mend(one.name, f"certificate-{kind}-ends", until=until, days=days)
    return finding.well(one.name, "certificate-good", until=until, days=days)
