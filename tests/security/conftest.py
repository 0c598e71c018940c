"""A clinic on a database of its own for each file of tests: what actors do is rolled back, so they share it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo
from tests.integration.conftest import Database, RunningCluster, cluster
from tests.security.people import Clinic

__all__ = ["cluster"]

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def clinic(cluster: RunningCluster) -> Iterator[Clinic]:
    name = f"clinic_{next(NUMBERS)}"
    with psycopg.connect(conninfo.make_conninfo(cluster.owner_dsn, dbname="template1"), autocommit=True) as connection:
        connection.execute(f"create database {name} template postgres strategy wal_log")
        # A template's own rights on the database are not copied.
        connection.execute(f"revoke temporary on database {name} from public")
        database = Database(conninfo.make_conninfo(cluster.owner_dsn, dbname=name))
        with database.owner() as owner:
            yield Clinic(database, owner)
        connection.execute(f"drop database {name} with (force)")
