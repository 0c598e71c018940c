"""Where a browser is sent after a link was opened, and what it takes along.

In charge of the addresses that are allowed: those of the site, and those the operator has listed, letter by
letter. Pure. What a client asks for is never followed elsewhere; the site's own address takes its place.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from carebase.auth.opening import Opened
from carebase.auth.policy import Policy
from carebase.errors import CareError

LONGEST: Final = 2048
"""Characters."""
# What RFC 3986 lets stand in an address. Browsers read a backslash as a slash and drop tabs and line ends, so
# an address with any of them is another one than it seems.
FORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
# A browser takes `%2e%2e` for a step up, so a part that a star stands for holds no per cent sign.
ONE_PART: Final = r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*"
SCRIPTS: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "view-source"})
"""Schemes of addresses that are a program or a file of the reader's, never a place to go to."""


def allowed(policy: Policy, asked: str | None, *, otherwise: str | None = None) -> str:
    """The address asked for where it is allowed, else the site's, or `otherwise`.

    >>> policy = Policy(site_address="https://care.example.org", redirect_addresses=("https://app.example.org/*/done",))
    >>> allowed(policy, "https://app.example.org/fr/done")
    'https://app.example.org/fr/done'
    >>> allowed(policy, "https://care.example.org/account?from=mail")
    'https://care.example.org/account?from=mail'
    >>> allowed(policy, "https://care.example.org.evil.example/")
    'https://care.example.org'
    """
    otherwise = otherwise or policy.site_address
    if not asked or not _is_clean(asked):
        return otherwise
    is_own = asked == policy.site_address or asked.startswith((f"{policy.site_address}/", f"{policy.site_address}?"))
    is_listed = any(_matches(listed, asked) for listed in policy.redirect_addresses)
    return asked if is_own or is_listed else otherwise


def with_tokens(address: str, opened: Opened, type: str) -> str:  # noqa: A002 (the protocol's word)
    """The address with a session behind its `#`, which a browser sends to no server."""
    return _with_fragment(
        address,
        {
            "access_token": opened.access_token,
            "expires_at": str(opened.expires_at),
            "expires_in": str(opened.expires_in_seconds),
            "refresh_token": opened.refresh_token,
            "token_type": "bearer",
            "type": type,
        },
    )


def with_code(address: str, code: str) -> str:
    """The address with a code that only the client can exchange which began."""
    return _with_query(address, {"code": code})


def with_message(address: str, message: str) -> str:
    """The address with a sentence for the person, in the query and behind the `#`, as GoTrue says it."""
    return _with_fragment(_with_query(address, {"message": message}), {"message": message})


def with_error(address: str, error: CareError) -> str:
    """The address with why there is no session, in the query and behind the `#`, as GoTrue says it."""
    said = {
        "error": "server_error" if error.status >= 500 else "access_denied",
        "error_code": error.code,
        "error_description": error.details or error.message,
    }
    return _with_fragment(_with_query(address, said), said)


def _is_clean(asked: str) -> bool:
    if len(asked) > LONGEST or not FORM.fullmatch(asked):
        return False
    scheme, _, rest = asked.partition(":")
    authority = re.split(r"[/?]", rest[2:], maxsplit=1)[0] if rest.startswith("//") else ""
    return scheme.lower() not in SCRIPTS and "@" not in authority


def _matches(listed: str, asked: str) -> bool:
    scheme_and_host, path = _split(listed)
    if "*" in scheme_and_host:
        return False
    form = re.escape(scheme_and_host) + ONE_PART.join(re.escape(part) for part in path.split("*"))
    return re.fullmatch(form, asked) is not None


def _split(listed: str) -> tuple[str, str]:
    head, slashes, rest = listed.partition("://")
    host, slash, path = rest.partition("/")
    return head + slashes + host, slash + path


def _with_query(address: str, given: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}"


def _with_fragment(address: str, given: dict[str, str]) -> str:
    return f"{address}#{urlencode(given)}"
