"""The widget by which an outside service tells people from programs, on the pages whose forms ask for it.

In charge of what such a page loads from where: the script, its frame, and the exception from the pages' policy that
names the service's documented origins and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from carebase.settings import Settings

HCAPTCHA: Final = "https://hcaptcha.com https://*.hcaptcha.com"
TURNSTILE: Final = "https://challenges.cloudflare.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """What a page needs to show it."""

    name: str
    script: str
    style_class: str
    """By which the script finds its place."""
    site_key: str
    field: str
    """Of the form, in which the service's word comes along."""
    origins: Mapping[str, str]
    """By directive of the policy, what its documentation asks for."""


# docs.hcaptcha.com (Content-Security-Policy Settings) and developers.cloudflare.com/turnstile (Content Security
# Policy; the widget's implicit rendering), read in November 2026.
SERVICES: Final[Mapping[str, Widget]] = {
    "hcaptcha": Widget(
        name="hCaptcha",
        script="https://js.hcaptcha.com/1/api.js",
        style_class="h-captcha",
        site_key="",
        field="h-captcha-response",
        origins={"script-src": HCAPTCHA, "frame-src": HCAPTCHA, "style-src": HCAPTCHA, "connect-src": HCAPTCHA},
    ),
    "turnstile": Widget(
        name="Cloudflare Turnstile",
        script="https://challenges.cloudflare.com/turnstile/v0/api.js",
        style_class="cf-turnstile",
        site_key="",
        field="cf-turnstile-response",
        origins={"script-src": TURNSTILE, "frame-src": TURNSTILE},
    ),
}


def of(settings: Settings) -> Widget | None:
    """The widget of the service that the operator has chosen; None without one."""
    if settings.captcha_provider is None or settings.captcha_site_key is None:
        return None
    service = SERVICES[settings.captcha_provider]
    return Widget(
        name=service.name,
        script=service.script,
        style_class=service.style_class,
        site_key=settings.captcha_site_key,
        field=service.field,
        origins=service.origins,
    )
