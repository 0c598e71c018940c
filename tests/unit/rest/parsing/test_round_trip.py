"""Whatever can be said can be written and read back; and whatever is written is read or refused."""

from __future__ import annotations

import contextlib
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carebase.rest import errors
from carebase.rest.parsing import fields, filters, order, request, scanner, select
from carebase.rest.syntax import (
    Aggregate,
    Column,
    Condition,
    Embed,
    Field,
    Group,
    Is,
    Join,
    Nulls,
    Operator,
    OrderTerm,
    Quantifier,
    Step,
)

# --- writing -------------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written_field(field: Field) -> str:
    steps = (f"{'->>' if s.is_text else '->'}{s.key if isinstance(s.key, int) else quoted(s.key)}" for s in field.path)
    return quoted(field.name) + "".join(steps)


def written_column(column: Column) -> str:
    if column.field == Field("*"):
        return "*"
    alias = f"{quoted(column.alias)}:" if column.alias is not None else ""
    cast = f"::{column.cast}" if column.cast else ""
    aggregate_cast = f"::{column.aggregate_cast}" if column.aggregate_cast else ""
    if column.field is None:
        return f"{alias}count(){aggregate_cast}"
    aggregate = f".{column.aggregate}()" if column.aggregate else ""
    return f"{alias}{written_field(column.field)}{cast}{aggregate}{aggregate_cast}"


def written_items(items) -> str:
    return ",".join(written_column(item) if isinstance(item, Column) else written_embed(item) for item in items)


def written_embed(embed: Embed) -> str:
    alias = f"{quoted(embed.alias)}:" if embed.alias is not None else ""
    hint = f"!{quoted(embed.hint)}" if embed.hint is not None else ""
    join = f"!{embed.join}" if embed.join else ""
    spread = "..." if embed.is_spread else ""
    return f"{alias}{spread}{quoted(embed.relation)}{join}{hint}({written_items(embed.items)})"


def written_operation(condition: Condition) -> str:
    negation = "not." if condition.is_negated else ""
    modifier = condition.quantifier or condition.language
    bracket = f"({modifier})" if modifier else ""
    value = condition.value
    text = f"({','.join(map(quoted, value))})" if isinstance(value, tuple) else value
    return f"{negation}{condition.operator}{bracket}.{text}"


def written_member(member: Condition | Group) -> str:
    if isinstance(member, Group):
        inner = ",".join(map(written_member, member.members))
        return f"{'not.' if member.is_negated else ''}{'or' if member.is_or else 'and'}({inner})"
    operation = written_operation(member)
    if isinstance(member.value, str) and not isinstance(member.value, Is):
        operation = operation.removesuffix(member.value) + quoted(member.value)
    return f"{written_field(member.field)}.{operation}"


def written_term(term: OrderTerm) -> str:
    field = (
        f"{quoted(term.relation)}({written_field(term.field)})"
        if term.relation is not None
        else written_field(term.field)
    )
    way = {None: "", True: ".desc", False: ".asc"}[term.is_descending]
    return field + way + (f".nulls{term.nulls}" if term.nulls else "")


# --- what can be said ----------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
casts = st.from_regex(r"[a-z_][a-z0-9_]{0,5}( [a-z]{1,4})?", fullmatch=True)
steps = st.lists(st.builds(Step, words, is_text=st.booleans()), max_size=3).map(tuple)
columns_of_json = st.builds(Field, words, steps)
indexed = st.builds(Field, words, st.builds(Step, st.integers(-99, 99), is_text=st.booleans()).map(lambda s: (s,)))
any_field = columns_of_json | indexed
maybe = st.none() | words
columns = (
    st.just(Column(Field("*")))
    | st.builds(
        Column,
        any_field,
        alias=maybe,
        cast=st.none() | casts,
    )
    | st.builds(
        Column, any_field, alias=maybe, cast=st.none() | casts, aggregate=st.sampled_from(Aggregate),
        aggregate_cast=st.none() | casts,
    )
    | st.builds(
        Column, st.none(), alias=maybe, aggregate=st.just(Aggregate.COUNT), aggregate_cast=st.none() | casts
    )
)  # fmt: skip


@st.composite
def embeds(draw, items):
    is_spread = draw(st.booleans())
    return Embed(
        draw(words.filter(lambda name: is_spread or name != "count")),
        tuple(draw(st.lists(items, max_size=3))),
        alias=None if is_spread else draw(maybe),
        hint=draw(maybe),
        join=draw(st.none() | st.sampled_from(Join)),
        is_spread=is_spread,
    )


# A number before a parenthesis is read as a key, so items within embeds have none.
inner_columns = columns.filter(lambda c: c.field is None or all(isinstance(s.key, str) for s in c.field.path))
selections = st.lists(columns | embeds(st.recursive(inner_columns, embeds, max_leaves=6)), max_size=4).map(tuple)


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from(Operator))
    value = draw(words)
    if operator is Operator.IN:
        value = tuple(draw(st.lists(words, min_size=1, max_size=4)))
        value = () if value == ("",) else value
    if operator is Operator.IS:
        value = draw(st.sampled_from(Is))
    return Condition(
        draw(any_field),
        operator,
        value,
        is_negated=draw(st.booleans()),
        quantifier=draw(st.none() | st.sampled_from(Quantifier)) if operator in filters.QUANTIFIABLE else None,
        language=draw(st.none() | casts) if operator in filters.TEXT_SEARCH else None,
    )


def groups(members):
    return st.builds(
        Group, st.lists(members, min_size=1, max_size=3).map(tuple), is_or=st.booleans(), is_negated=st.booleans()
    )


trees = groups(st.recursive(conditions(), groups, max_leaves=6))
terms = st.builds(
    OrderTerm, columns_of_json, relation=maybe, is_descending=st.none() | st.booleans(),
    nulls=st.none() | st.sampled_from(Nulls),
)  # fmt: skip


@given(selections)
def test_a_selection_is_read_as_it_is_meant(items):
    assert select.read(written_items(items)) == items


@given(conditions())
def test_a_condition_is_read_as_it_is_meant(condition):
    assert filters.read(condition.field, written_operation(condition)) == condition


@given(trees)
def test_a_tree_is_read_as_it_is_meant(tree):
    operator, _, text = written_member(tree).partition("(")
    assert filters.read_tree(operator, f"({text}") == tree


@given(st.lists(terms, min_size=1, max_size=4).map(tuple))
def test_an_order_is_read_as_it_is_meant(said):
    assert order.read(",".join(map(written_term, said))) == said


@given(st.lists(words, max_size=3).map(tuple), any_field)
def test_an_address_is_read_as_it_is_meant(path, field):
    assert fields.address(".".join([*map(quoted, path), written_field(field)])) == (path, field)


@given(selections, conditions(), trees)
def test_a_query_string_keeps_what_it_carries(items, condition, tree):
    operator, _, text = written_member(tree).partition("(")
    key = written_field(Field(condition.field.name))
    # The last word of a parameter's name says of which kind it is, quotes or not.
    if key.rpartition(".")[2] in {"order", "limit", "offset", "and", "or"}:
        return
    pairs = [("select", written_items(items)), (key, written_operation(condition)), (operator, f"({text}")]
    found = request.read(
        method="GET",
        path=f"/{quote('a b')}",
        query="&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs),
        headers=[],
        body=b"",
    )
    assert found.select == items
    assert [member.value for member in found.filters[()] if isinstance(member, Condition)] == [condition.value]
    assert [member for member in found.filters[()] if isinstance(member, Group)] == [tree]


# --- what nobody means ---------------------------------------------------------------------------------------------

scraps = st.lists(
    st.sampled_from(
        [*'ab1é²* \t\n\0,.:;!-><()"\\{}[]%&=+$', "not.", "and(", "or(", "in.(", "eq.", "is.", "count()", "->>"]
    ),
    max_size=40,
).map("".join)
keys = st.sampled_from(
    ["select", "order", "or", "not.and", "a.order", "columns", "on_conflict", "limit", "x", "a.b", "fts"]
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])


@settings(max_examples=400)
@given(methods, st.sampled_from(["/", "/t", "/rpc/f", "/a/b"]), keys, scraps, scraps, scraps)
def test_whatever_is_written_is_read_or_refused_by_us(method, path, key, value, name, header):
    headers = [("Prefer", header), ("Accept", header), ("Range", header), ("Content-Type", header)]
    for query in (f"{key}={quote(value)}", f"{quote(name)}={quote(value)}", f"{name}={value}"):
        try:
            request.read(method=method, path=path, query=query, headers=headers, body=b"")
        except errors.RestError as refusal:
            assert refusal.sentence
            assert set(refusal.as_json()) == {"code", "details", "hint", "message"}


HOSTILE = {
    "nested embeds": "select=" + "a(" * 50_000,
    "spreads": "select=" + "...a(" * 20_000,
    "aliases": "select=" + "a:" * 50_000,
    "aggregates": "select=" + "a.sum()::int," * 8_000,
    "dashes": "select=" + "a-" * 50_000,
    "steps": "select=a" + "->b" * 33_000,
    "digits": "select=a->" + "1" * 100_000,
    "blanks": "select=" + " " * 100_000,
    "letters": "select=" + "é" * 50_000,
    "escapes": 'select="' + '\\"' * 50_000,
    "quotes": "id=in.(" + '"a"b,' * 20_000,
    "list": "id=in.(" + "1," * 50_000 + ")",
    "nested groups": "or=" + "(or" * 33_000,
    "conditions": "or=(" + "a.eq.1," * 14_000 + ")",
    "negations": "or=(" + "not." * 25_000,
    "parameters": "a=eq.1&" * 14_000,
    "order": "order=" + "a(b)," * 20_000,
    "path": "a." * 50_000 + "b=eq.1",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_query_is_read_or_refused_at_once(kind):
    took = []
    for _ in range(3):
        start = time.process_time()
        with contextlib.suppress(errors.RestError):
            request.read(method="GET", path="/t", query=HOSTILE[kind], headers=[], body=b"")
        took.append(time.process_time() - start)
    # Of several tries the quickest, for the machine may be busy with something else.
    assert min(took) < 0.05


def test_the_bounds_leave_room_for_what_people_write():
    assert scanner.MAX_DEPTH >= 10
    assert scanner.MAX_PARTS >= 500
