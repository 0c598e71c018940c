"""A clinic on a database of its own for each file of tests: what actors do is rolled back, so they share it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import conninfo
from tests.integration.conftest import Database, RunningCluster, cluster
from tests.security.clinic import Clinic

__all__ = ["cluster"]

NUMBERS = itertools.count(1)


@contextmanager
def a_database(cluster: RunningCluster) -> Iterator[Database]:
    """A fresh copy of a migrated database."""
    name = f"clinic_{next(NUMBERS)}"
    with psycopg.connect(conninfo.make_conninfo(cluster.owner_dsn, dbname="template1"), autocommit=True) as connection:
        connection.execute(f"create database {name} template postgres strategy wal_log")
        # A template's own rights on the database are not copied.
        connection.execute(f"revoke temporary on database {name} from public")
        yield Database(conninfo.make_conninfo(cluster.owner_dsn, dbname=name))
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def clinic(cluster: RunningCluster) -> Iterator[Clinic]:
    with a_database(cluster) as database, database.owner() as owner:
        yield Clinic(database, owner)


@pytest.fixture
def names(clinic: Clinic) -> dict[str, Any]:
    """The keys of the clinic's rows, for statements: people by their name, and what is theirs."""
    makings = clinic.makings
    return {
        **{name.replace(" ", "_"): person.user_id for name, person in clinic.people.items()},
        **{f"{name.replace(' ', '_')}_record": record for name, record in makings.records.items()},
        **{f"{name.replace(' ', '_')}_case": case for name, case in makings.in_work.items()},
        **{f"{name.replace(' ', '_')}_done": case for name, case in makings.completed.items()},
        **{f"{record}_{value}".replace(" ", "_"): key for (record, value), key in makings.values.items()},
        **{f"run_{run}": key for (name, run), key in makings.runs.items() if name == "attending"},
        **{f"other_run_{run}": key for (name, run), key in makings.runs.items() if name == "another attending"},
        "first_message": makings.messages["first"],
        "second_message": makings.messages["second"],
        "lease": clinic.lease,
        "new": str(uuid.uuid4()),
    }
