"""The one family of errors a person or a client may meet.

Raised where the fact is known, rendered once at the edge: `docs/reference/errors.md` lists every code.
"""

from __future__ import annotations

from typing import ClassVar


class CareError(Exception):
    """Something a caller can understand and act on.

    `code` is stable and documented, `status` is the HTTP status, `message` is for the person
    (an English sentence; pages translate by code), `hint` says what to do next. None of them
    may hold patient data.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong on our side."

    def __init__(
        self,
        *,
        details: str | None = None,
        hint: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(self.message if details is None else f"{self.message} {details}")
        self.details = details
        self.hint = hint
        self.retry_after_seconds = retry_after_seconds


class Invalid(CareError):
    """The request cannot be understood or breaks a rule of its fields."""

    code, status, message = "invalid_request", 400, "The request is not valid."


class NotSignedIn(CareError):
    """There is no usable token, or its session has ended."""

    code, status, message = "not_signed_in", 401, "Sign in first."


class NotFound(CareError):
    """It does not exist, or not for this reader; the two look the same."""

    code, status, message = "not_found", 404, "There is nothing here for you under that address."


class Conflict(CareError):
    """The change contradicts the state it meets."""

    code, status, message = "conflict", 409, "The change conflicts with what is stored."


class TooLarge(CareError):
    """The body, a file or their number is over its limit."""

    code, status, message = "too_large", 413, "This is larger than allowed."


class UnsupportedType(CareError):
    """The content is of a kind that is not accepted here."""

    code, status, message = "unsupported_type", 415, "This kind of file is not accepted here."


class TooMany(CareError):
    """The caller's allowance is used up for now."""

    code, status, message = "too_many_requests", 429, "Too many requests; wait a little."


class Unavailable(CareError):
    """Something this needs is not answering; trying again is right."""

    code, status, message = "unavailable", 503, "The service cannot answer just now."


class SetupError(CareError):
    """The operator has to change something before this can start; the CLI prints it and exits."""

    code, status, message = "setup", 500, "carebase cannot start."
    exit_code: ClassVar[int] = 78  # EX_CONFIG of sysexits.h
