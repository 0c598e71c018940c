"""Everybody who speaks to the database: people with their roles, and the logins of services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import psycopg

from carebase.database import session
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.database.pool import Login


class Bond(StrEnum):
    """What joins somebody to a patient's record, in the words of the list of rights."""

    PERSON = "own record"
    PROXY = "proxied record"
    FORMER_PROXY = "formerly proxied record"
    TEAM = "team's patients"
    EMERGENCY = "emergency"
    FORMER_EMERGENCY = "former emergency"
    OPENED = "opened record"
    NONE = "others"


@dataclass(frozen=True)
class Person:
    """An account with its clinical role, and its bonds to records."""

    role: str | None
    bonds: dict[str, Bond]


# One record has a team of two, a person, two proxies and two who opened it in an emergency; one has a team of one and a
# person; two were just opened and have no team yet.
RECORDS = ("first", "second", "opened", "opened by another")
PEOPLE = {
    "patient": Person("patient", {"first": Bond.PERSON}),
    "another patient": Person("patient", {"second": Bond.PERSON}),
    "proxy": Person("patient", {"first": Bond.PROXY}),
    "former proxy": Person("patient", {"first": Bond.FORMER_PROXY}),
    "attending": Person("attending", {"first": Bond.TEAM, "opened": Bond.OPENED}),
    "another attending": Person("attending", {"second": Bond.TEAM, "opened by another": Bond.OPENED}),
    "nurse": Person("nurse", {"first": Bond.TEAM}),
    "specialist": Person("specialist", {}),
    "admin": Person("admin", {}),
    "emergency": Person("specialist", {"first": Bond.EMERGENCY}),
    "former emergency": Person("specialist", {"first": Bond.FORMER_EMERGENCY}),
    "disabled": Person("attending", {}),
    "without a role": Person(None, {}),
}
PATIENT_OF = {"first": "patient", "second": "another patient"}
OPENED_BY = {
    "first": "attending",
    "second": "another attending",
    "opened": "attending",
    "opened by another": "another attending",
}
LEASED = "attending"
"""Whose case the worker holds."""


@dataclass(frozen=True)
class Actor:
    """Somebody with a login, and the person behind it when there is one."""

    name: str
    login: Login
    identity: Identity | None = None
    person: str | None = None
    lease: str = ""
    asks_second_factor: bool = False

    @property
    def role(self) -> str:
        """The database role it speaks as."""
        return self.identity.role.value if self.identity else self.login.value

    def bond(self, record: str | None) -> Bond:
        """What joins the person to the record."""
        return PEOPLE[self.person].bonds.get(record or "", Bond.NONE) if self.person else Bond.NONE


def everybody(people: dict[str, Identity], *, lease: str) -> list[Actor]:
    """All actors, in the order in which the list of rights names them."""
    attending = Actor("attending", Login.AUTHENTICATOR, people["attending"], "attending", asks_second_factor=True)
    with_factor = Identity(Role.AUTHENTICATED, {**people["attending"].claims, "aal": "aal2"})
    return [
        Actor("anon", Login.AUTHENTICATOR, ANONYMOUS),
        *(Actor(name, Login.AUTHENTICATOR, person, name) for name, person in people.items()),
        replace(attending, name="attending by password alone"),
        replace(attending, name="attending by two factors", identity=with_factor),
        Actor("service key", Login.SERVICE_GATEWAY, Identity(Role.SERVICE)),
        Actor("worker that holds a case", Login.CARE_WORKER, lease=lease),
        Actor("worker without a case", Login.CARE_WORKER),
        Actor("queue", Login.CARE_QUEUE),
        Actor("accounts", Login.AUTH_SERVICE),
        Actor("sealer", Login.AUDIT_SEALER),
    ]


def become(connection: psycopg.Connection, actor: Actor) -> None:
    """Speak as the actor, with the statement that requests use."""
    times = {"statement_timeout": "15000", "idle_timeout": "30000"}
    if actor.identity is not None:
        names = {"role": actor.identity.role.value, "claims": actor.identity.claims_json, "read_only": "off"}
        connection.execute(session.BECOME, {**names, **times, "request": ""})
    elif actor.login is Login.CARE_WORKER:
        connection.execute(session.BECOME_WORKER, {"lease": actor.lease, **times})
    elif actor.login is Login.CARE_QUEUE:
        connection.execute("set local search_path = jobs, pg_temp")
