"""What is refused around second factors and codes on paper, under GoTrue's codes: clients decide by them."""

from __future__ import annotations

from carebase.errors import CareError


class FactorNotFound(CareError):
    """The account has no such second factor."""

    code, status, message = "mfa_factor_not_found", 404, "Factor not found"


class FactorNameTaken(CareError):
    """Another second factor of the account is called the same."""

    code, status, message = "mfa_factor_name_conflict", 422, "A factor with this friendly name already exists"


class TooManyFactors(CareError):
    """The account has as many second factors as it may have."""

    code, status = "too_many_enrolled_mfa_factors", 422
    message = "Maximum number of enrolled factors reached, unenroll to continue"


class PhoneFactorsNotOffered(CareError):
    """Codes by telephone message are not offered here."""

    code, status, message = "mfa_phone_enroll_not_enabled", 422, "MFA enroll is disabled for Phone"


class KeyFactorsNotOffered(CareError):
    """Security keys are not offered here."""

    code, status, message = "mfa_webauthn_enroll_not_enabled", 422, "MFA enroll is disabled for WebAuthn"


class ChallengeOver(CareError):
    """The question was answered, has expired, or was answered wrongly too often; there is a new one for the asking."""

    code, status = "mfa_challenge_expired", 422
    message = "MFA challenge has expired, verify against another challenge or create a new challenge."


class WrongFactorCode(CareError):
    """The code is wrong, was used before, or is too old; which of them is not told."""

    code, status, message = "mfa_verification_failed", 422, "Invalid TOTP code entered"


class SecondFactorNeeded(CareError):
    """The account has a second factor, and this session has not shown it."""

    code, status, message = "insufficient_aal", 403, "AAL2 session is required when MFA is enabled."


class ProofTooOld(CareError):
    """What decides over the account needs a proof of the last minutes."""

    code, status = "reauthentication_needed", 403
    message = "Show your second factor again, or sign in again without one, before this change."
