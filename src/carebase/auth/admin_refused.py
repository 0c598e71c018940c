"""What the administration of accounts refuses, under GoTrue's codes."""

from __future__ import annotations

from carebase.errors import CareError


class NotOperator(CareError):
    """The routes of administration are for administrators and for the service key."""

    code, status, message = "not_admin", 403, "User not allowed"


class ServiceKeyNeeded(CareError):
    """It would let the administrator come in as somebody else; a person who administers may not."""

    code, status = "service_key_needed", 403
    message = "This takes the service key: it would open somebody else's account"


class UserNotFound(CareError):
    """There is no such account."""

    code, status, message = "user_not_found", 404, "User not found"


class ClientNotFound(CareError):
    """No program is registered under this id."""

    code, status, message = "oauth_client_not_found", 404, "OAuth client not found"
