"""Reads `select`: columns, aggregates, embeds and spreads.

In charge of the text only; whether a table has such a column or relation is the catalogue's business.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from carebase.rest import errors
from carebase.rest.parsing import fields, scanner
from carebase.rest.syntax import Aggregate, Column, Embed, Field, Join, SelectItem

_PLAIN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|\*)([,)]|\Z)")


class _Head(NamedTuple):
    """What stands before the parenthesis of an embed."""

    relation: str
    alias: str | None
    hint: str | None
    join: Join | None
    is_spread: bool


def read(text: str, *, budget: scanner.Budget | None = None) -> tuple[SelectItem, ...]:
    """The items of a `select`; Unreadable where it is none.

    What follows a complete list is not read, as in PostgREST.

    >>> read("id,born:birth_date::text")[1]
    Column(field=Field(name='birth_date', path=()), alias='born', cast='text', aggregate=None, aggregate_cast=None)
    >>> read("total:amount.sum()")[0].aggregate
    <Aggregate.SUM: 'sum'>
    >>> read("doctor:staff!treated_by!inner(name)")[0].hint
    'treated_by'
    >>> read("...patient()")[0].is_spread
    True
    """
    s = scanner.Scanner(text, budget=budget)
    try:
        return _items(s, depth=0)
    except scanner.Miss:
        raise s.refusal(f"failed to parse select parameter ({text})") from None


def _items(s: scanner.Scanner, *, depth: int) -> tuple[SelectItem, ...]:
    start = s.at
    try:
        found = [_item(s, depth=depth)]
    except scanner.Miss:
        if s.at > start:
            raise
        return ()
    while s.comma():
        found.append(_item(s, depth=depth))
        s.again()
    return tuple(found)


def _item(s: scanner.Scanner, *, depth: int) -> SelectItem:
    s.budget.spend()
    plain = _PLAIN.match(s.text, s.at)
    if plain and (plain[2] or not depth):
        # By far most items are a bare column; this is what the rules below make of it.
        s.go(plain.end(1))
        return Column(Field(plain[1]))
    head = _spread(s) or _relation(s)
    if head is None:
        return _column(s)
    if depth == scanner.MAX_DEPTH:
        raise errors.TooComplex("embeds within embeds", limit=scanner.MAX_DEPTH)
    s.need("(")
    items = _items(s, depth=depth + 1)
    s.need(")")
    return Embed(head.relation, items, alias=head.alias, hint=head.hint, join=head.join, is_spread=head.is_spread)


def _spread(s: scanner.Scanner) -> _Head | None:
    start = s.mark()
    s.blank()
    if s.accept("..."):
        try:
            return _head(s, alias=None, is_spread=True)
        except scanner.Miss:
            pass
    s.back(start)
    return None


def _relation(s: scanner.Scanner) -> _Head | None:
    start = s.mark()
    s.blank()
    alias = _alias(s)
    try:
        return _head(s, alias=alias, is_spread=False)
    except scanner.Miss:
        s.back(start)
        return None


def _head(s: scanner.Scanner, *, alias: str | None, is_spread: bool) -> _Head:
    relation = s.name()
    if relation == "count" and not is_spread:
        raise scanner.Miss
    hints: list[str] = []
    joins: list[Join] = []
    for _ in range(2):
        if not s.accept("!"):
            break
        if s.accept("left"):
            joins.append(Join.LEFT)
        elif s.accept("inner"):
            joins.append(Join.INNER)
        else:
            hints.append(s.name())
    if not s.sees("("):
        s.miss('"("')
        raise scanner.Miss
    return _Head(relation, alias, hints[0] if hints else None, joins[0] if joins else None, is_spread)


def _alias(s: scanner.Scanner) -> str | None:
    """`alias:`, but not the beginning of `column::cast`."""
    start = s.mark()
    try:
        alias = s.name()
    except scanner.Miss:
        s.back(start)
        return None
    if s.accept(":"):
        if not s.sees(":"):
            s.miss('":"')
            return alias
        s.miss("", at=s.at + 1, culprit=s.at, is_odd=True)
    s.back(start)
    return None


def _column(s: scanner.Scanner) -> Column:
    s.blank()
    column = _everything(s) or _bare_count(s) or _field(s)
    s.blank()
    return column


def _everything(s: scanner.Scanner) -> Column | None:
    start = s.mark()
    if s.accept("*"):
        try:
            s.stop(")", ",")
        except scanner.Miss:
            s.back(start)
            return None
        return Column(Field("*"))
    return None


def _bare_count(s: scanner.Scanner) -> Column | None:
    start = s.mark()
    alias = _alias(s)
    if s.accept("count()"):
        try:
            cast = _cast(s)
            s.stop(")", ",")
        except scanner.Miss:
            s.back(start)
            return None
        return Column(None, alias=alias, aggregate=Aggregate.COUNT, aggregate_cast=cast)
    s.back(start)
    return None


def _field(s: scanner.Scanner) -> Column:
    alias = _alias(s)
    field = fields.field(s)
    cast = _cast(s)
    aggregate = _aggregate(s)
    aggregate_cast = _cast(s)
    s.stop(")", ",")
    return Column(field, alias=alias, cast=cast, aggregate=aggregate, aggregate_cast=aggregate_cast)


def _cast(s: scanner.Scanner) -> str | None:
    return s.identifier() if s.begin("::") else None


def _aggregate(s: scanner.Scanner) -> Aggregate | None:
    start = s.mark()
    if not s.accept("."):
        return None
    try:
        for aggregate in (Aggregate.SUM, Aggregate.AVG, Aggregate.COUNT):
            if s.begin(aggregate):
                s.need("()")
                return aggregate
        for aggregate in (Aggregate.MAX, Aggregate.MIN):
            if s.accept(aggregate):
                s.need("()")
                return aggregate
    except scanner.Miss:
        pass
    s.back(start)
    return None
