"""The log lies in months of UTC, each made when its first entry is sealed and removed whole when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.integration.audit.recording import AMINA, body

from carebase.database.pool import Login

MONTHS = """
select c.relname, pg_get_expr(c.relpartbound, c.oid) from pg_inherits i join pg_class c on c.oid = i.inhrelid
 where i.inhparent = 'audit.log'::regclass order by 1
"""
LONG_AGO = datetime(2016, 2, 29, 23, 59, 59, tzinfo=UTC)


def test_the_month_is_made_with_the_first_entry(record):
    with record.database.owner() as owner:
        assert owner.execute(MONTHS).fetchall() == []
        record.sealed(2)
        ((name, _),) = owner.execute(MONTHS).fetchall()
        assert name == owner.execute("select to_char(now() at time zone 'UTC', '\"log_\"YYYY_MM')").fetchone()[0]
        record.sealed(2)
        assert len(owner.execute(MONTHS).fetchall()) == 1


def test_months_are_months_of_utc_wherever_the_server_is(record):
    with record.database.owner() as owner:
        owner.execute("set timezone = 'Pacific/Auckland'")
        for moment in ("2026-03-31 23:59:59.999999+00", "2026-04-01 00:00:00+00", "2028-02-29 12:00:00+00"):
            owner.execute("select audit.make_partition(%s)", [moment])
        owner.execute("set timezone = 'UTC'")
        assert owner.execute(MONTHS).fetchall() == [
            ("log_2026_03", "FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00')"),
            ("log_2026_04", "FOR VALUES FROM ('2026-04-01 00:00:00+00') TO ('2026-05-01 00:00:00+00')"),
            ("log_2028_02", "FOR VALUES FROM ('2028-02-01 00:00:00+00') TO ('2028-03-01 00:00:00+00')"),
        ]


def test_the_chain_goes_on_over_the_end_of_a_month(record):
    record.history([body(0, AMINA)], sealed_at=LONG_AGO)
    record.history([body(1, AMINA)], sealed_at=LONG_AGO + timedelta(seconds=1))
    record.sealed(1)
    with record.database.owner() as owner:
        assert [name for name, _ in owner.execute(MONTHS)][:2] == ["log_2016_02", "log_2016_03"]
    assert record.faults() == []


def test_each_month_is_guarded_and_told_like_the_whole(record):
    record.sealed(1)
    with record.database.owner() as owner:
        found = owner.execute(
            "select c.relrowsecurity, c.relowner::regrole::text, obj_description(c.oid) is not null, c.relacl is null,"
            " (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0"
            "   and col_description(c.oid, a.attnum) is null),"
            " (select count(*) from pg_index x where x.indrelid = c.oid) = (select count(*) from pg_index x where"
            " x.indrelid = i.inhparent)"
            " from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'audit.log'::regclass"
        ).fetchone()
    assert found == (True, "audit_owner", True, True, 0, True)


def test_a_month_older_than_six_years_goes_whole_and_leaves_its_link(record):
    rows = record.history([body(n, AMINA) for n in range(3)], sealed_at=LONG_AGO)
    record.sealed(2)
    with record.database.owner() as owner:
        assert owner.execute("select * from audit.purge('2016-03-01')").fetchone() == (3, 3)
        link = owner.execute("select through_seq, hash, sealed_at, rows from audit.purged").fetchone()
        assert link == (3, rows[-1].hash, LONG_AGO, 3)
        assert "log_2016_02" not in [name for name, _ in owner.execute(MONTHS)]
        assert owner.execute("select min(seq) from audit.about").fetchone() == (4,)
        told = owner.execute(
            "select body::jsonb ->> 'action', body::jsonb -> 'details' -> 'rows' from audit.inbox"
        ).fetchall()
        assert told == [("purge", 3)]
        assert owner.execute("select * from audit.purge('2016-03-01')").fetchone() == (0, None)


def test_half_a_month_stays(record):
    record.history([body(0, AMINA)], sealed_at=LONG_AGO)
    with record.database.owner() as owner:
        assert owner.execute("select * from audit.purge('2016-02-29 23:59:59.999999+00')").fetchone() == (0, None)
        assert owner.execute("select count(*) from audit.log").fetchone() == (1,)


@pytest.mark.parametrize("before", ["now()", "now() - interval '2191 days 23 hours'", "'infinity'", "null"])
def test_nothing_younger_than_six_years_is_removed(record, before):
    record.history([body(0, AMINA)], sealed_at=LONG_AGO)
    with record.database.owner() as owner:
        with pytest.raises(psycopg.Error) as refused:
            owner.execute(f"select audit.purge({before})")
        assert refused.value.sqlstate == "CA409"
        assert owner.execute("select count(*) from audit.log").fetchone() == (1,)


@pytest.mark.parametrize("login", list(Login))
def test_no_login_removes_or_makes_a_month(record, login):
    with psycopg.connect(record.database.login_dsn(login), autocommit=True) as connection:
        for statement in ("select audit.purge('2000-01-01')", "select audit.make_partition(now())"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
