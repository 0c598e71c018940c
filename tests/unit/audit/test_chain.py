"""Whatever is done to a chain of rows, the walk along it finds it and names the row."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.audit import chain
from carebase.audit.chain import Kind, Link, Row

START = chain.genesis(UUID(int=7))


def chained(bodies: list[bytes], *, batch: int = 3) -> list[Row]:
    """Rows as several batches seal them, each batch a second later."""
    rows: list[Row] = []
    end = START
    for number in range(0, len(bodies), batch):
        rows += chain.sealed(end, bodies[number : number + batch], sealed_at=number * 1_000_000)
        end = Link(rows[-1].seq, rows[-1].hash)
    return rows


def end_of(rows: list[Row]) -> Link:
    return Link(rows[-1].seq, rows[-1].hash) if rows else START


def faults(rows: list[Row], head: Link, *anchors: Link) -> list[chain.Fault]:
    return chain.walk(rows, begins=START, head=head, anchors=anchors)


bodies = st.lists(st.binary(max_size=12), min_size=2, max_size=30)


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Row], int]:
    """A chain and the index of one of its rows."""
    rows = chained(draw(bodies), batch=draw(st.integers(1, 5)))
    return rows, draw(st.integers(0, len(rows) - 1))


@given(bodies)
def test_a_chain_that_nobody_touched_is_intact(bodies):
    rows = chained(bodies)
    assert faults(rows, end_of(rows), *(Link(row.seq, row.hash) for row in rows)) == []


def test_an_empty_log_is_intact():
    assert faults([], START) == []


@given(chains(), st.binary(max_size=12))
def test_an_edited_body_is_found_and_only_that_row_is_named(found, body):
    rows, at = found
    head = end_of(rows)
    if body == rows[at].body:
        body += b"x"
    rows[at] = rows[at]._replace(body=body)
    assert [(fault.kind, fault.first, fault.last) for fault in faults(rows, head)] == [(Kind.EDITED, at + 1, at + 1)]


@given(chains(), st.binary(min_size=32, max_size=32))
def test_an_overwritten_hash_is_told_from_an_edited_body(found, hash_):
    rows, at = found
    head = end_of(rows)
    rows[at] = rows[at]._replace(hash=hash_)
    assert [(fault.kind, fault.first) for fault in faults(rows, head)] == [(Kind.HASH_EDITED, at + 1)]


@given(chains())
def test_a_removed_row_is_named(found):
    rows, at = found
    head = end_of(rows)
    del rows[at]
    kind = Kind.CUT_OFF if at == len(rows) else Kind.MISSING
    assert [(fault.kind, fault.first, fault.last) for fault in faults(rows, head)] == [(kind, at + 1, at + 1)]


@given(chains(), st.binary(max_size=12))
def test_a_row_put_in_between_is_named(found, body):
    rows, at = found
    head = end_of(rows)
    rows.insert(at, rows[at]._replace(body=body + b"x", hash=bytes(32)))
    named = faults(rows, head)
    assert {fault.first for fault in named} <= {at + 1, at + 2}
    assert chain.first_of(named) == at + 1


@given(chains())
def test_a_doubled_row_is_named(found):
    rows, at = found
    head = end_of(rows)
    rows.insert(at, rows[at])
    assert [(fault.kind, fault.first) for fault in faults(rows, head)] == [(Kind.OUT_OF_PLACE, at + 1)]


@given(chains(), st.data())
def test_two_rows_in_each_others_place_are_named(found, data):
    rows, at = found
    head = end_of(rows)
    other = data.draw(st.integers(0, len(rows) - 1).filter(lambda number: number != at))
    rows[at], rows[other] = rows[other], rows[at]
    assert chain.first_of(faults(rows, head)) == min(at, other) + 1


@given(chains(), st.data())
def test_two_bodies_in_each_others_row_are_named(found, data):
    rows, at = found
    head = end_of(rows)
    other = data.draw(st.integers(0, len(rows) - 1))
    first, second = rows[at].body, rows[other].body
    rows[at], rows[other] = rows[at]._replace(body=second), rows[other]._replace(body=first)
    expected = None if first == second else min(at, other) + 1
    assert chain.first_of(faults(rows, head)) == expected


@given(chains(), st.integers(1, 10**12))
def test_a_later_or_earlier_time_of_sealing_is_named(found, microseconds):
    rows, at = found
    head = end_of(rows)
    rows[at] = rows[at]._replace(sealed_at=rows[at].sealed_at - microseconds)
    assert chain.first_of(faults(rows, head)) == at + 1


@given(chains(), st.data())
def test_a_log_that_was_cut_off_is_found_and_what_is_missing_is_named(found, data):
    rows, at = found
    head = end_of(rows)
    (fault,) = faults(rows[:at], head)
    assert (fault.kind, fault.first, fault.last) == (Kind.CUT_OFF, at + 1, len(rows))


@given(chains())
def test_a_log_and_its_head_cut_off_together_are_found_by_a_checkpoint(found):
    rows, at = found
    checkpoint = end_of(rows)
    kept = rows[:at]
    assert faults(kept, end_of(kept)) == []
    (fault,) = faults(kept, end_of(kept), checkpoint)
    assert (fault.kind, fault.first, fault.last) == (Kind.CUT_OFF, at + 1, len(rows))


def written_anew(rows: list[Row], at: int) -> list[Row]:
    """The rows with the body of one edited and every hash from there on made again."""
    anew = rows[:at]
    end = end_of(anew)
    for row in rows[at:]:
        body = row.body + b"!" if row is rows[at] else row.body
        anew += chain.sealed(end, [body], sealed_at=row.sealed_at)
        anew[-1] = anew[-1]._replace(seq=row.seq)
        end = end_of(anew)
    return anew


@given(chains())
def test_rows_written_anew_are_found_by_the_head(found):
    rows, at = found
    (fault,) = faults(written_anew(rows, at), end_of(rows))
    assert fault.kind is Kind.HEAD_DIFFERS if at < len(rows) - 1 else Kind.HASH_EDITED
    assert fault.first is not None
    assert fault.first <= at + 1 <= (fault.last or 0)


@given(chains(), st.data())
def test_rows_and_head_written_anew_are_found_by_a_checkpoint_and_bracketed_by_the_one_before(found, data):
    rows, at = found
    after = data.draw(st.integers(at, len(rows) - 1))
    before = data.draw(st.integers(0, at))
    anew = written_anew(rows, at)
    anchors = [end_of(rows[:before]), Link(rows[after].seq, rows[after].hash)]
    assert faults(anew, end_of(anew)) == []
    (fault,) = faults(anew, end_of(anew), *anchors)
    assert (fault.kind, fault.first, fault.last) == (Kind.ANCHOR_DIFFERS, before + 1, after + 1)


@given(chains())
def test_a_head_moved_back_is_found(found):
    rows, at = found
    named = faults(rows, end_of(rows[:at]))
    assert [(fault.kind, fault.first) for fault in named] == [(Kind.BEYOND_HEAD, at + 1)]


def test_a_row_that_sorts_elsewhere_since_its_time_was_changed_is_one_row_that_was_moved():
    rows = chained([b"a", b"b", b"c", b"d"])
    head = end_of(rows)
    moved = [rows[0], rows[2], rows[1]._replace(sealed_at=5), rows[3]]
    (fault,) = faults(moved, head)
    assert (fault.kind, fault.first) == (Kind.MOVED, 2)


def test_the_walk_begins_where_a_purge_ended():
    rows = chained([b"a", b"b", b"c", b"d"])
    purged = end_of(rows[:2])
    assert chain.walk(rows[2:], begins=purged, head=end_of(rows), anchors=[purged]) == []
    (fault,) = chain.walk(rows[2:], begins=purged, head=end_of(rows), anchors=[Link(2, bytes(32))])
    assert (fault.kind, fault.first) == (Kind.ANCHOR_DIFFERS, 2)


def test_many_faults_are_counted_and_the_first_are_told():
    rows = [row._replace(body=b"!") for row in chained([b"x"] * 300)]
    walking = chain.Walk(START)
    for row in rows:
        walking.take(row)
    assert len(walking.faults) == chain.MOST_FAULTS
    assert walking.untold == 200


@pytest.mark.parametrize("seq", [0, -1])
def test_a_row_without_a_place_is_named(seq):
    rows = chained([b"a"])
    assert faults([rows[0]._replace(seq=seq), *rows], end_of(rows))[0].kind is Kind.OUT_OF_PLACE
