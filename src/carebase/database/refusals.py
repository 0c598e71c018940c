"""What PostgreSQL refuses, in the words of our own errors.

PostgreSQL's messages may quote data, so none of them is passed on; constraint and column names are.
"""

from __future__ import annotations

import psycopg
import psycopg_pool

from carebase import errors


class NotAllowed(errors.CareError):
    """The account exists and is signed in, but may not do this."""

    code, status, message = "not_allowed", 403, "Your account may not do this."


def as_care_error(error: psycopg.Error | psycopg_pool.PoolTimeout) -> errors.CareError:  # noqa: PLR0911 (a table)
    """The error a caller should see; its cause stays attached for the operator's log."""
    if isinstance(error, psycopg_pool.PoolTimeout | psycopg_pool.TooManyRequests):
        return errors.Unavailable(hint="No database connection is free; try again.", retry_after_seconds=1)
    state = error.sqlstate or ""
    constraint = error.diag.constraint_name
    match state:
        case "CA401":
            return errors.NotSignedIn(hint="The session has ended; sign in again.")
        case "CA409":
            return errors.Conflict(details=error.diag.message_primary)
        case "42501":
            return NotAllowed(hint="Clinical work needs a role that an administrator grants.")
        case "23505" | "23P01":
            return errors.Conflict(details=f"{constraint} exists already." if constraint else None)
        case "40001" | "40P01" | "55P03":
            return errors.Conflict(hint="Somebody else changed this at the same moment; try again.")
        case "57014":
            return errors.Unavailable(hint="It took longer than allowed; ask for less at once.")
    match state[:2]:
        case "22" | "23":
            field = error.diag.column_name or constraint
            return errors.Invalid(details=f"{field} is not acceptable." if field else None)
        case "08" | "57" | "53":
            return _not_answering()
    # Without a state it comes from the client's side: a value that cannot be sent, or no connection.
    if not state and isinstance(error, psycopg.DataError):
        return errors.Invalid(details="A value cannot be stored.")
    if not state and isinstance(error, psycopg.OperationalError):
        return _not_answering()
    return errors.CareError()


def _not_answering() -> errors.Unavailable:
    return errors.Unavailable(hint="The database is not answering; try again.", retry_after_seconds=2)
