"""What a request comes to does not depend on whether its shape was seen before."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.rest.ward import CATALOGUE, SETTING

from carebase.rest import shapes, work
from carebase.rest.configuration import Configuration
from carebase.rest.errors import RestError
from carebase.rest.parsing import request as reading
from carebase.rest.schema import Known
from carebase.rest.shapes import Raw, Shapes, ShapesByState

CONFIGURATION = Configuration(schemas=("api",), are_aggregates_allowed=True)
KNOWN = Known(catalogue=CATALOGUE)

PLAIN = st.text(st.sampled_from("abzé 0129-_.:,()\"'\\*%{}&=+;"), max_size=8)
WORDS = st.sampled_from(["null", "true", "eq.1", "not", "in", "is", "or", "1", "", "*", "(1,2)", "a,b", "eq", "cs-1"])
VALUE = st.one_of(PLAIN, WORDS)
OPERATOR = st.sampled_from(
    ["eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "is", "in", "not.eq", "eq(any)", "fts", "isdistinct", "cs"]
)
COLUMN = st.sampled_from(["id", "title", "code", "doctor_id", "size", "doctors.name", "title->>a"])


def made(raw: Raw):
    request = reading.read(method=raw.method, path=raw.path, query=raw.query, headers=raw.headers, body=raw.body)
    return shapes.prepared(request, work.prepare(request, KNOWN, CONFIGURATION, role=SETTING.role))


def outcome(prepare, raw: Raw):
    """The statements with their values and all that the answer depends on, or the refusal."""
    try:
        found = prepare(raw)
    except RestError as error:
        return type(error), error.sentence, error.details, error.hint
    done = found.work
    assert done is not None
    statements = [(one.text, list(one.values)) for one in done.statements]
    return statements, done.shape, done.is_read_only, done.function, found.named, done.is_recorded


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query with simple conditions among others."""
    entries = [draw(st.sampled_from(["select=id,title", "select=*,doctors(name)", "order=id", "limit=3", "offset=1"]))]
    for _ in range(draw(st.integers(0, 3))):
        value = draw(VALUE)
        written = draw(st.sampled_from([quote, lambda text: quote(text, safe=",()*:"), lambda text: text]))
        entries.append(f"{draw(COLUMN)}={draw(OPERATOR)}.{written(value)}")
    if draw(st.booleans()):
        entries.append(f"id=in.({','.join(draw(st.lists(VALUE, max_size=3)))})")
    if draw(st.booleans()):
        entries.append(f"or=(id.eq.{draw(st.integers(0, 9))},title.is.null)")
    return "&".join(draw(st.permutations(entries)))


@st.composite
def requests(draw: st.DrawFn) -> Raw:
    kind = draw(st.sampled_from(["read", "read", "read", "call", "insert", "update", "posted"]))
    headers = draw(st.sampled_from([(), (("prefer", "count=exact"),), (("prefer", "return=representation"),)]))
    query, body, path, method = "", b"", "/cases", "GET"
    match kind:
        case "read":
            query = draw(queries())
        case "call":
            path = "/rpc/add"
            query = f"a={draw(VALUE)}&b={draw(st.integers(-9, 99))}&c=1"
        case "insert" | "update":
            method = "POST" if kind == "insert" else "PATCH"
            row = {name: draw(st.one_of(st.none(), PLAIN, st.integers())) for name in draw(st.sets(COLUMN, max_size=3))}
            is_many = kind == "insert" and draw(st.booleans())
            body = json.dumps([row] * draw(st.integers(0, 3)) if is_many else row).encode()
            query = draw(st.sampled_from(["", "columns=id,title", f"id=eq.{draw(st.integers(0, 9))}"]))
        case _:
            path, method = "/rpc/add", "POST"
            body = json.dumps(
                {"a": draw(st.integers()), "b": 1, draw(st.sampled_from("cd")): draw(st.integers())}
            ).encode()
    return Raw(method=method, path=path, query=query.encode(), headers=headers, body=body)


@settings(max_examples=600, deadline=None)
@given(st.lists(requests(), min_size=1, max_size=6), st.integers(1, 4))
def test_a_request_comes_to_the_same_whether_or_not_its_shape_is_known(asked, most):
    known = Shapes(most=most)
    for raw in (*asked, *asked, *asked):
        assert outcome(lambda one: known.prepared(one, role=SETTING.role, prepare=made), raw) == outcome(made, raw)


@pytest.mark.parametrize(
    "query", ["id=in.( )", "id=in.( 1, 2 )", "id=in.()", "title=eq.", "title=eq. ", "title=eq.%20a"]
)
def test_blanks_mean_what_they_mean_in_a_shape_that_is_not_known(query):
    known = Shapes()
    for raw in (a_read("id=in.(1)"), a_read("id=in.(1)"), a_read("title=eq.a"), a_read("title=eq.a"), a_read(query)):
        assert outcome(lambda one: known.prepared(one, role=SETTING.role, prepare=made), raw) == outcome(made, raw)


@settings(max_examples=300, deadline=None)
@given(OPERATOR, st.lists(st.tuples(VALUE, VALUE), min_size=3, max_size=8))
def test_values_of_one_shape_never_mix(operator, pairs):
    known = Shapes()
    for first, second in pairs:
        query = f"title={operator}.{quote(first)}&code=eq.{quote(second)}".encode()
        raw = Raw(method="GET", path="/cases", query=query, headers=(), body=b"")
        assert outcome(lambda one: known.prepared(one, role=SETTING.role, prepare=made), raw) == outcome(made, raw)


class Counting:
    """Prepares and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, raw: Raw):
        self.times += 1
        return made(raw)


def a_read(query: str, **headers: str) -> Raw:
    return Raw(method="GET", path="/cases", query=query.encode(), headers=tuple(headers.items()), body=b"")


@pytest.mark.parametrize(
    "form",
    [
        "select=id,title&doctor_id=eq.{}&order=id.desc&limit=20",
        "id=in.({},1)&select=*,doctors(name)",
        "doctors.name=neq.{}&select=id,doctors!inner(name)",
        "id=gt.{}&id=lte.{}",
    ],
)
def test_what_differs_in_values_alone_is_planned_once(form):
    known, prepare = Shapes(), Counting()
    for at in range(20):
        known.prepared(a_read(form.replace("{}", str(at))), role="authenticated", prepare=prepare)
    assert prepare.times == 2


def test_a_call_and_a_write_are_planned_once_too():
    known, prepare = Shapes(), Counting()
    for at in range(20):
        call = Raw(method="GET", path="/rpc/add", query=f"a={at}&b=2&c=3".encode(), headers=(), body=b"")
        known.prepared(call, role="authenticated", prepare=prepare)
        body = json.dumps({"title": f"t{at}", "doctor_id": at}).encode()
        write = Raw(method="POST", path="/cases", query=b"", headers=(), body=body)
        known.prepared(write, role="authenticated", prepare=prepare)
    assert prepare.times == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_read("id=eq.1"), a_read("id=neq.1")),
        (a_read("id=eq.1"), a_read("id=eq.1", prefer="count=exact")),
        (a_read("id=eq.1"), a_read("id=eq.1", accept="text/csv")),
        (a_read("limit=1"), a_read("limit=2")),
        (a_read("title=like.a*"), a_read("title=like.b*")),
    ],
)
def test_what_differs_in_more_is_another_shape(one, other):
    known, prepare = Shapes(), Counting()
    for raw in (one, other) * 3:
        known.prepared(raw, role="authenticated", prepare=prepare)
    assert prepare.times == 4


def test_each_role_has_its_own_shapes():
    known, prepare = Shapes(), Counting()
    for role in ("anon", "authenticated") * 3:
        known.prepared(a_read("id=eq.1"), role=role, prepare=prepare)
    assert prepare.times == 4


def test_nothing_is_left_of_a_catalogue_that_has_changed():
    by_state, prepare = ShapesByState(), Counting()
    for _ in range(4):
        by_state.of(KNOWN).prepared(a_read("id=eq.1"), role="authenticated", prepare=prepare)
    by_state.of(Known(catalogue=CATALOGUE)).prepared(a_read("id=eq.1"), role="authenticated", prepare=prepare)
    assert prepare.times == 3


def test_only_so_many_shapes_are_kept():
    known, prepare = Shapes(most=5), Counting()
    for at in range(50):
        known.prepared(a_read(f"limit={at}"), role="authenticated", prepare=prepare)
    assert prepare.times == 50
    assert len(known) == 5
