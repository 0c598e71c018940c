"""What a sign-in at an outside provider is refused for, under GoTrue's codes: clients decide by them."""

from __future__ import annotations

from carebase.errors import CareError


class BadState(CareError):
    """The sign-in was not begun by this browser, was ended before, or took too long."""

    code, status, message = "bad_oauth_state", 400, "OAuth state is invalid, was used or has expired"


class BadCallback(CareError):
    """The provider did not say who it is."""

    code, status, message = "bad_oauth_callback", 400, "The provider did not sign the person in"


class BadIdToken(CareError):
    """The provider's token is not for us, not of this sign-in, or nothing the provider has signed."""

    code, status, message = "validation_failed", 400, "Bad ID token"


class ProviderUnavailable(CareError):
    """The outside provider does not answer, or not as it should."""

    code, status, message = "provider_unavailable", 502, "The provider cannot be reached just now"


class AddressNotProvided(CareError):
    """The provider gave no address to know the person by."""

    code, status, message = "email_address_not_provided", 422, "The provider gave no email address"


class AddressNotVerified(CareError):
    """The provider does not vouch for the address, or is not believed when it does."""

    code, status = "provider_email_needs_verification", 422
    message = "The provider has not verified the email address"


class AccountNotLinked(CareError):
    """There is an account with the address that nobody has proven to be the same person's."""

    code, status = "user_already_exists", 422
    message = "There is an account with this address; sign in to it and link the provider there"


class IdentityExists(CareError):
    """The outside identity belongs to an account already."""

    code, status, message = "identity_already_exists", 422, "Identity is already linked to an account"


class IdentityNotFound(CareError):
    """The account has no such identity."""

    code, status, message = "identity_not_found", 422, "Identity doesn't exist"


class SingleIdentity(CareError):
    """It is the only way into the account."""

    code, status = "single_identity_not_deletable", 422
    message = "User must have at least 1 identity after unlinking"


class AddressNotDeletable(CareError):
    """The account's own address or number is changed, not unlinked."""

    code, status = "email_conflict_identity_not_deletable", 422
    message = "The address of an account is changed, not unlinked"


class SamlDisabled(CareError):
    """Sign-in by SAML is not offered; an OpenID Connect issuer takes its place."""

    code, status, message = "saml_provider_disabled", 404, "SAML 2.0 is disabled"
