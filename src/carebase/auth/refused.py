"""What the accounts service refuses, under GoTrue's codes: clients decide by them."""

from __future__ import annotations

from collections.abc import Sequence

from carebase.errors import CareError


class BadBody(CareError):
    """The body is not a JSON object."""

    code, status, message = "bad_json", 400, "Could not parse request body as JSON"


class NotValid(CareError):
    """A field of the request is not acceptable."""

    code, status, message = "validation_failed", 400, "The request is not valid"


class NoAuthorization(CareError):
    """The route needs a signed-in person's token."""

    code, status, message = "no_authorization", 401, "This endpoint requires a valid Bearer token"


class BadToken(CareError):
    """The token cannot be believed or has expired."""

    code, status, message = "bad_jwt", 403, "invalid JWT: unable to parse or verify signature"


class BadKey(CareError):
    """The header `apikey` holds no key of this deployment."""

    code, status, message = "no_authorization", 401, "Invalid API key"


class SessionNotFound(CareError):
    """The token's session was ended."""

    code, status, message = "session_not_found", 403, "Session from session_id claim in JWT does not exist"


class InvalidCredentials(CareError):
    """The address or the password is wrong; which of them is not told."""

    code, status, message = "invalid_credentials", 400, "Invalid login credentials"


class UnsupportedGrant(CareError):
    """A way to get a token that this service does not offer."""

    code, status, message = "invalid_credentials", 400, "unsupported_grant_type"


class Banned(CareError):
    """An administrator disabled the account."""

    code, status, message = "user_banned", 400, "User is banned"


class SignUpDisabled(CareError):
    """Accounts are made by administrators here."""

    code, status, message = "signup_disabled", 422, "Signups not allowed for this instance"


class AnonymousDisabled(CareError):
    """Accounts without an address are not offered."""

    code, status, message = "anonymous_provider_disabled", 422, "Anonymous sign-ins are disabled"


class PhoneDisabled(CareError):
    """Accounts by telephone are not offered."""

    code, status, message = "phone_provider_disabled", 400, "Phone logins are disabled"


class UserExists(CareError):
    """There is an account with this address."""

    code, status, message = "user_already_exists", 422, "User already registered"


class SamePassword(CareError):
    """The new password is the old one."""

    code, status, message = "same_password", 422, "New password should be different from the old password."


class CurrentPasswordNeeded(CareError):
    """A password is changed only by somebody who knows the current one."""

    code, status, message = "reauthentication_needed", 400, "Send the current password as current_password"


class NotAdmin(CareError):
    """`app_metadata` is written by administrators."""

    code, status, message = "not_admin", 403, "Updating app_metadata requires admin privileges"


class TokenNotFound(CareError):
    """There is no such refresh token, or its session has ended."""

    code, status, message = "refresh_token_not_found", 400, "Invalid Refresh Token: Refresh Token Not Found"


class TokenReused(CareError):
    """A refresh token came a second time; its session was ended for everybody who held it."""

    code, status, message = "refresh_token_already_used", 400, "Invalid Refresh Token: Already Used"


class SessionExpired(CareError):
    """The session has reached its longest time."""

    code, status, message = "session_expired", 400, "Invalid Refresh Token: Session Expired"


class WeakPassword(CareError):
    """The password would be guessed; `reasons` say why, for the person who chooses another."""

    code, status, message = "weak_password", 422, "Password is too easy to guess."

    def __init__(self, reasons: Sequence[str], *, details: str) -> None:
        super().__init__(details=details)
        self.reasons = tuple(reasons)


class TooManyTries(CareError):
    """Passwords were tried too often for this account from this address."""

    code, status, message = "over_request_rate_limit", 429, "Request rate limit reached"


class EmailNotConfirmed(CareError):
    """The password is right, and the mail that proves the address was not opened yet."""

    code, status, message = "email_not_confirmed", 400, "Email not confirmed"


class PhoneNotConfirmed(CareError):
    """The password is right, and nothing has proven the number yet."""

    code, status, message = "phone_not_confirmed", 400, "Phone not confirmed"


class LinkExpired(CareError):
    """The link was used, is over or never was."""

    code, status, message = "otp_expired", 403, "Email link is invalid or has expired"


class CodeExpired(CareError):
    """The digits are wrong, were used, are over or never were; which of them is not told."""

    code, status, message = "otp_expired", 403, "Token has expired or is invalid"


class LinkBanned(CareError):
    """An administrator disabled the account whose link or code this is."""

    code, status, message = "user_banned", 403, "User is banned"


class TooManyMails(CareError):
    """Mails to this address were asked for too often, whether anybody has it or not."""

    code, status, message = "over_email_send_rate_limit", 429, "Mails to this address were asked for too often"


class FlowNotFound(CareError):
    """The code belongs to no sign-in that is under way, or was exchanged."""

    code, status, message = "flow_state_not_found", 404, "invalid flow state, no valid flow state found"


class FlowExpired(CareError):
    """The code came too late."""

    code, status, message = "flow_state_expired", 422, "invalid flow state, flow state has expired"


class BadVerifier(CareError):
    """Whoever brings the code is not who began the sign-in; the code is over."""

    code, status, message = "bad_code_verifier", 400, "code challenge does not match previously saved code verifier"


class NotFresh(CareError):
    """What proves an account is changed only by somebody who proved it a short while ago."""

    code, status, message = "reauthentication_needed", 403, "Sign in again, then make this change"


class BadNonce(CareError):
    """The code that was to prove the person's presence is wrong, used or over."""

    code, status, message = "reauthentication_not_valid", 422, "Nonce has expired or is invalid"


class SecondFactorNeeded(CareError):
    """The account has a second factor, and this session has not proven it."""

    code, status, message = "insufficient_aal", 401, "AAL2 session is required to update email or password"


class EmailExists(CareError):
    """Another account has this address."""

    code, status, message = "email_exists", 422, "A user with this email address has already been registered"


class PhoneExists(CareError):
    """Another account has this number."""

    code, status, message = "phone_exists", 422, "A user with this phone number has already been registered"


class MessageNotSent(CareError):
    """Nothing sends codes to telephones here; a code on paper takes their place."""

    code, status, message = "sms_send_failed", 422, "No code can be sent to a telephone from here"
