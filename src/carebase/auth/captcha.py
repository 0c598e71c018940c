"""Asks an outside service whether a person is asking, where the operator has chosen one.

In charge of the token that clients send as `gotrue_meta_security.captcha_token`. It fails closed: without the
service's yes nothing is done. What the service says beyond that is not passed on as it came.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson

from carebase import observability
from carebase.auth.callers import Caller
from carebase.errors import CareError
from carebase.settings import Settings

LOG = observability.Log("captcha")

VERIFIERS: Final[dict[str, str]] = {
    "hcaptcha": "https://hcaptcha.com/siteverify",
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
}
"""Where each service is asked, by its own documentation (docs.hcaptcha.com, developers.cloudflare.com; 2026)."""
TIMEOUT_SECONDS: Final = 10.0
LARGEST_ANSWER_BYTES: Final = 65_536
LONGEST_TOKEN: Final = 8_192
"""Characters."""
REASON: Final = re.compile(r"[a-z][a-z-]{0,60}")


class CaptchaFailed(CareError):
    """No service has said that a person is asking."""

    code, status, message = "captcha_failed", 400, "captcha protection: request disallowed"


class CaptchaUnavailable(CareError):
    """The service that tells people from programs does not answer; nothing is done without it."""

    code, status, message = "unexpected_failure", 500, "captcha verification process failed"


async def check(settings: Settings, given: Mapping[str, Any], *, caller: Caller) -> None:
    """Return once the service has said yes to the token in the body `given`, or where none is chosen.

    Raises CaptchaFailed, and CaptchaUnavailable when the service does not answer.
    """
    provider = settings.captcha_provider
    if provider is None:
        return
    token = _token(given)
    if not token:
        raise CaptchaFailed(details="captcha protection: request disallowed (no captcha_token found)")
    if len(token) > LONGEST_TOKEN:
        raise CaptchaFailed(details="captcha protection: request disallowed (invalid-input-response)")
    form = {"secret": settings.captcha_secret or "", "response": token}
    if caller.address is not None:
        form["remoteip"] = caller.address
    said = await _ask(VERIFIERS[provider], form)
    if said.get("success") is not True:
        reasons = ", ".join(_reasons(said)) or "not a person"
        raise CaptchaFailed(details=f"captcha protection: request disallowed ({reasons})")


def _token(given: Mapping[str, Any]) -> str:
    security = given.get("gotrue_meta_security")
    token = security.get("captcha_token") if isinstance(security, Mapping) else None
    return token.strip() if isinstance(token, str) else ""


def _reasons(said: Mapping[str, Any]) -> list[str]:
    reasons = said.get("error-codes")
    return (
        [one for one in reasons if isinstance(one, str) and REASON.fullmatch(one)] if isinstance(reasons, list) else []
    )


async def _ask(address: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    received = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=_trusted(), follow_redirects=False) as client,
            client.stream("POST", address, data=form) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise CaptchaUnavailable
            async for chunk in answer.aiter_bytes():
                received += chunk
                if len(received) > LARGEST_ANSWER_BYTES:
                    raise CaptchaUnavailable
        said = orjson.loads(bytes(received))
    except (httpx.HTTPError, orjson.JSONDecodeError) as error:
        LOG.error("captcha_unavailable", cause=error)
        raise CaptchaUnavailable from error
    if not isinstance(said, dict):
        raise CaptchaUnavailable
    return said


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the machine's certificates takes longer than the question.
    return ssl.create_default_context()
