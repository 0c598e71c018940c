"""Reads `order`: by which columns, which way, and where nulls stand.

In charge of the text only; that an embed named here is one row is seen by the plan.
"""

from __future__ import annotations

from carebase.rest.parsing import fields, scanner
from carebase.rest.syntax import Field, Nulls, OrderTerm


def read(text: str, *, budget: scanner.Budget | None = None) -> tuple[OrderTerm, ...]:
    """The terms of an `order`; Unreadable where it is none.

    >>> read("born.desc.nullslast")
    (OrderTerm(field=Field(name='born', path=()), relation=None, is_descending=True, nulls=<Nulls.LAST: 'last'>),)
    >>> read("doctor(name)")[0].relation
    'doctor'
    """
    s = scanner.Scanner(text, budget=budget)
    try:
        terms = [_term(s)]
        while s.accept(","):
            terms.append(_term(s))
            s.again()
    except scanner.Miss:
        raise s.refusal(f"failed to parse order ({text})") from None
    return tuple(terms)


def _term(s: scanner.Scanner) -> OrderTerm:
    s.budget.spend()
    s.blank()
    term = _of_relation(s) or _tail(s, fields.field(s), relation=None)
    s.blank()
    return term


def _of_relation(s: scanner.Scanner) -> OrderTerm | None:
    if "(" not in s.text:
        return None
    start = s.mark()
    try:
        relation = s.name()
        s.need("(")
        field = fields.field(s)
        s.need(")")
        return _tail(s, field, relation=relation)
    except scanner.Miss:
        s.back(start)
        return None


def _tail(s: scanner.Scanner, field: Field, *, relation: str | None) -> OrderTerm:
    is_descending = _direction(s)
    nulls = _nulls(s)
    s.stop(",")
    return OrderTerm(field, relation=relation, is_descending=is_descending, nulls=nulls)


def _direction(s: scanner.Scanner) -> bool | None:
    if _follows(s, "asc"):
        return False
    return True if _follows(s, "desc") else None


def _nulls(s: scanner.Scanner) -> Nulls | None:
    if _follows(s, "nullsfirst"):
        return Nulls.FIRST
    return Nulls.LAST if _follows(s, "nullslast") else None


def _follows(s: scanner.Scanner, word: str) -> bool:
    start = s.mark()
    if s.accept(".", wanted=fields.DELIMITER) and s.accept(word):
        return True
    s.back(start)
    return False
