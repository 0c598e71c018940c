"""What the operator decided about accounts and sessions, as every step on them reads it.

In charge of the values alone; `settings` reads them, and whoever acts compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from carebase.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one deployment."""

    site_address: str = "http://localhost:8000"
    """Without a slash at its end. Links in mails begin with it, whatever a request says of its host."""
    redirect_addresses: tuple[str, ...] = ()
    """Other addresses a sign-in may end at, letter by letter; a `*` stands for one part of a path."""
    is_sign_up_open: bool = True
    """Whether people may make an account themselves; without it only those invited come in."""
    is_confirmed_at_once: bool = False
    """Whether a new address counts as confirmed without a mail."""
    is_anonymous_allowed: bool = False
    is_phone_allowed: bool = False
    is_staff_mfa_required: bool = True
    shortest_password: int = 10
    """Characters."""
    idle_minutes: int = 20
    longest_session_hours: int = 12
    link_minutes: int = 60
    """How long a link in a mail is good; an invitation is good for `invitation_hours`."""
    code_minutes: int = 10
    invitation_hours: int = 72
    mails_per_hour: int = 10
    """To one address."""
    is_new_device_told: bool = True
    """Whether people are told by mail of a sign-in from a device that was not seen before."""
    language: str = "fr"
    """Of mails to people who have not chosen one: `fr` or `en`."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The rules as the settings have them."""
        return cls(
            site_address=settings.address,
            redirect_addresses=tuple(settings.redirect_addresses.split()),
            is_sign_up_open=settings.sign_up,
            is_confirmed_at_once=settings.auto_confirm,
            is_anonymous_allowed=settings.anonymous_sign_in,
            is_phone_allowed=settings.phone_sign_in,
            is_staff_mfa_required=settings.staff_mfa == "required",
            shortest_password=settings.shortest_password,
            idle_minutes=settings.idle_minutes,
            longest_session_hours=settings.session_hours,
            link_minutes=settings.link_minutes,
            code_minutes=settings.code_minutes,
            invitation_hours=settings.invitation_hours,
            mails_per_hour=settings.mails_per_hour,
            is_new_device_told=settings.new_device_mail,
            language=settings.language,
        )
