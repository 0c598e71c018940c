"""Writes the count that goes with an estimate: the true number, as far as it is not beyond a page."""

from __future__ import annotations

from carebase.rest.render import Statement


def bounded(total: Statement, *, most: int | None) -> Statement:
    """One row: the number of rows, at most one more than `most`, and `most` itself.

    >>> bounded(Statement("select 1 from t", ()), most=10).text
    'select count(*), 10 from (select 1 from t limit 11) counted'
    """
    limit, told = ("", "null") if most is None else (f" limit {most + 1}", str(most))
    # Nothing but our own text and a number of the operator's stands in it.
    return Statement(f"select count(*), {told} from ({total.text}{limit}) counted", total.values)  # noqa: S608
