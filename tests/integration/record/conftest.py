"""People who speak SQL to the record as the data API would: one statement a transaction, under their claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import rows
from tests.integration.conftest import Database

from carebase.database import session
from carebase.database.identity import Identity
from carebase.database.pool import Login


@dataclass(frozen=True)
class Person:
    """An account that asks; `ask` gives rows as dicts."""

    database: Database
    identity: Identity

    @property
    def id(self) -> UUID:
        assert self.identity.user_id is not None
        return self.identity.user_id

    def ask(self, query: str, **values: Any) -> list[dict[str, Any]]:
        become = {
            "role": self.identity.role.value,
            "claims": self.identity.claims_json,
            "read_only": "off",
            "statement_timeout": "15000",
            "idle_timeout": "30000",
            "request": "",
        }
        with psycopg.connect(self.database.login_dsn(Login.AUTHENTICATOR), row_factory=rows.dict_row) as connection:
            connection.execute(session.BECOME, become)
            cursor = connection.execute(query, {"me": self.id, **values})
            return cursor.fetchall() if cursor.description else []

    def changed(self, query: str, **values: Any) -> int:
        """How many rows a statement reached."""
        return len(self.ask(query + " returning 1 as one", **values))


@pytest.fixture
def a_person(database: Database) -> Callable[..., Person]:
    def made(role: str | None = "attending") -> Person:
        return Person(database, database.a_person(role))

    return made


@dataclass(frozen=True)
class Ward:
    """Amina (attending) leads the team of Bruno, whose record Dora the patient reaches once she is invited."""

    amina: Person
    patient: UUID


@pytest.fixture
def ward(a_person) -> Ward:
    amina = a_person("attending")
    (bruno,) = amina.ask(
        "insert into public.patients (first_name, last_name, date_of_birth, mrn)"
        " values ('Bruno', 'Essomba', '1985-03-15', 'MRN-1') returning id"
    )
    amina.ask(
        "insert into public.care_team (patient_id, provider_id, role) values (%(p)s, %(me)s, 'attending')",
        p=bruno["id"],
    )
    return Ward(amina, bruno["id"])


@pytest.fixture
def a_patient(ward: Ward, a_person) -> Person:
    """Bruno with an account, invited and linked."""
    bruno = a_person(None)
    (offer,) = ward.amina.ask("select private.invite(%(p)s, 'self', null, null) as token", p=ward.patient)
    (answer,) = bruno.ask("select private.redeem_invitation(%(token)s, '1985-03-15') as said", token=offer["token"])
    assert answer["said"] == "redeemed"
    return bruno
