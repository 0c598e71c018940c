"""An attempt: who tries what in SQL, and how to tell that it failed for want of a right and not for a slip of ours."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors as refusals
from tests.security.clinic import Clinic

REFUSED_BY_RULE = ("CA409", "42501", "0A000")


def outcome(connection: psycopg.Connection, statement: str, names: dict[str, Any]) -> str:
    """`refused`, `nothing` where no row was reached, or `done`; any other error is a mistake in the attempt."""
    try:
        with connection.transaction(force_rollback=True):
            return "done" if connection.execute(statement, names).rowcount else "nothing"
    except psycopg.Error as error:
        if error.sqlstate in REFUSED_BY_RULE or isinstance(error, refusals.InsufficientPrivilege):
            return "refused"
        raise


def reaches_a_row(clinic: Clinic, who: str, statement: str, names: dict[str, Any]) -> bool:
    """Whether the statement does something in the same name, where no policy and no trigger stops it."""
    with clinic.owner.transaction(force_rollback=True):
        if identity := clinic.actor(who).identity:
            clinic.owner.execute("select set_config('request.jwt.claims', %s, true)", [identity.claims_json])
        clinic.owner.execute("set local session_replication_role = replica")
        try:
            return clinic.owner.execute(statement, names).rowcount > 0
        except psycopg.IntegrityError:
            return True
