"""Why a form was not taken, as a sentence under the field that has to change.

In charge of the one way from a refusal to words; what is refused is decided elsewhere.
"""

from __future__ import annotations

import math

from carebase.apps.account.views import Mistake
from carebase.auth import captcha, factors_refused, oauth_refused, refused
from carebase.errors import CareError, TooMany
from carebase.web.messages import Reader

SENTENCES: dict[type[CareError], str] = {
    refused.InvalidCredentials: "refusal-credentials",
    # Who may sign in is told to nobody else.
    refused.Banned: "refusal-credentials",
    refused.LinkBanned: "refusal-link",
    refused.LinkExpired: "refusal-link",
    refused.CodeExpired: "refusal-code",
    refused.BadNonce: "refusal-code",
    refused.EmailNotConfirmed: "refusal-not-confirmed",
    refused.PhoneNotConfirmed: "refusal-credentials",
    refused.SignUpDisabled: "refusal-sign-up",
    refused.NotValid: "refusal-email",
    refused.UserExists: "refusal-user-exists",
    refused.EmailExists: "refusal-user-exists",
    refused.SamePassword: "refusal-same-password",
    refused.CurrentPasswordNeeded: "refusal-current-password",
    factors_refused.WrongFactorCode: "refusal-factor-code",
    factors_refused.ChallengeOver: "refusal-factor-code",
    factors_refused.FactorNotFound: "refusal-factor-gone",
    factors_refused.FactorNameTaken: "refusal-factor-name",
    factors_refused.TooManyFactors: "refusal-factors",
    oauth_refused.SingleIdentity: "refusal-single-identity",
    oauth_refused.AddressNotDeletable: "refusal-single-identity",
    oauth_refused.IdentityNotFound: "refusal-factor-gone",
}
REASONS = ("length", "common", "personal")


def mistakes(t: Reader, error: CareError, *, field: str, shortest: int = 0) -> tuple[Mistake, ...]:
    """The sentences for a refusal, at the field; the error itself when it is not the person's to mend."""
    match error:
        case refused.WeakPassword():
            return tuple(
                Mistake(field=field, text=t(f"refusal-password-{reason}", shortest=shortest))
                for reason in REASONS
                if reason in error.reasons
            )
        case captcha.CaptchaFailed():
            return (Mistake(field="captcha", text=t("refusal-captcha")),)
        case refused.TooManyTries() | refused.TooManyMails() | TooMany():
            minutes = max(1, math.ceil((error.retry_after_seconds or 60) / 60))
            return (Mistake(field=field, text=t("refusal-too-many", minutes=minutes)),)
        case _:
            known = SENTENCES.get(type(error))
            if known is None:
                raise error
            return (Mistake(field=field, text=t(known)),)
