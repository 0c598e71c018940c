"""Makes whole requests, of every kind there is: reads, writes, calls, and such as nobody means.

Everything is decided by what is drawn, so that the same numbers always make the same requests.
"""

from __future__ import annotations

import json

from hypothesis import strategies as st
from tests.conformance.differences.fixture import FUNCTIONS, IN_JSON, TABLES, VALUES, Table
from tests.conformance.differences.making import COUNTS, Asked, Making, quoted


@st.composite
def reads(draw) -> Asked:
    """Reads of a table or view."""
    making = Making(draw)
    target = making.one(list(TABLES))
    table = TABLES[target]
    if making.chance(85):
        making.parameters.append(("select", making.select(table, (), depth=0)))
    making.conditions(table, (), most=2)
    making.ordering(table, (), (), is_many=True, percent=35)
    headers = making.headers(prefer=[making.one(COUNTS)] if making.chance(25) else [])
    if making.chance(8) and table.key:
        headers.append(("Range", making.one(["0-1", "1-2", "2-", "0-0", "3-1", "90-99", "x", "-1"])))
        headers.append(("Range-Unit", "items"))
        if () in making.unordered:
            making.parameters.append(("order", ",".join(quoted(name) for name in table.key)))
    method = "HEAD" if making.chance(6) else "GET"
    return making.asked(method, target, headers)


@st.composite
def inserts(draw) -> Asked:
    """New rows, one or many, from JSON, CSV or a form; upserts."""
    making = Making(draw)
    target = making.one([name for name, table in TABLES.items() if table.is_written or making.chance(10)])
    table = TABLES[target]
    prefer = []
    if making.chance(35):
        prefer.append(making.one(["resolution=merge-duplicates", "resolution=ignore-duplicates"]))
        if making.chance(25):
            columns = making.some(list(table.kinds), least=1, most=2)
            making.parameters.append(
                ("on_conflict", ",".join(map(quoted, table.key if making.chance(60) else columns)))
            )
    if making.chance(15):
        prefer.append(making.one(["missing=default", "missing=null"]))
    body, kind = making.rows(table, most=3)
    making.shown(table, prefer)
    return making.asked("POST", target, [*making.headers(prefer=prefer), *kind], body)


@st.composite
def changes(draw) -> Asked:
    """Updates and deletes."""
    making = Making(draw)
    target = making.one(list(TABLES))
    table = TABLES[target]
    method = making.one(["PATCH", "PATCH", "DELETE"])
    if making.chance(50) and table.key:
        making.parameters.append((quoted(table.key[0]), f"eq.{making.one(VALUES[table.kinds[table.key[0]]])}"))
    making.conditions(table, (), most=2)
    prefer = []
    if making.chance(10):
        prefer.append(making.one(["missing=default", "missing=null"]))
    body, kind = making.rows(table, most=1) if method == "PATCH" else ("", [])
    making.shown(table, prefer)
    return making.asked(method, target, [*making.headers(prefer=prefer), *kind], body)


@st.composite
def puts(draw) -> Asked:
    """One row by its key, there or not."""
    making = Making(draw)
    target = making.one([name for name, table in TABLES.items() if table.is_written])
    table = TABLES[target]
    row = {name: making.one(IN_JSON[kind]) for name, kind in table.kinds.items() if making.chance(90)}
    for name in table.key:
        row[name] = making.one([7, 8, 1, 2] if table.kinds[name] == "integer" else ["new", "A01", "Bern", "2022-02-02"])
        if making.chance(96):
            value = row[name] if making.chance(96) else 3
            making.parameters.append((quoted(name), f"{'eq' if making.chance(97) else 'gt'}.{value}"))
    if making.chance(5):
        making.conditions(table, (), most=1)
    prefer: list[str] = []
    making.shown(table, prefer)
    body = json.dumps(row if making.chance(90) else [row] * making.one([1, 2]))
    return making.asked("PUT", target, making.headers(prefer=prefer), body)


@st.composite
def calls(draw) -> Asked:
    """Functions, by GET and by POST."""
    making = Making(draw)
    target = making.one(list(FUNCTIONS))
    call = FUNCTIONS[target]
    method = making.one(["GET", "POST", "POST", "HEAD"] if making.chance(96) else ["PUT", "DELETE", "PATCH"])
    headers: list[tuple[str, str]] = []
    body = ""
    if method == "POST":
        body, headers = making.arguments(call)
        if making.chance(6) and call.arguments:
            making.parameters.append(("columns", ",".join(making.some(list(call.arguments), least=1))))
    else:
        for name, kind in call.arguments.items():
            for _ in range(making.one([1] * 12 + [0, 0, 2])):
                making.parameters.append((name, making.one(VALUES[kind])))
    table = TABLES[call.shows] if isinstance(call.shows, str) else Table(call.shows or {}, tuple(call.shows or {}))
    if call.shows is None:
        making.unordered.add(())
    else:
        if making.chance(60):
            making.parameters.append(("select", making.select(table, (), depth=0)))
        making.conditions(table, (), most=1)
        making.ordering(table, (), (), is_many=True, percent=20)
    prefer = [making.one(COUNTS)] if making.chance(15) else []
    if making.chance(4):
        prefer.append("params=single-object")
        making.marks.add("single object")
    if making.chance(5):
        prefer += ["handling=strict", f"max-affected={making.one([0, 1, 5])}"]
    return making.asked(method, f"rpc/{target}", [*making.headers(prefer=prefer), *headers], body)


@st.composite
def oddities(draw) -> Asked:
    """What nobody means: other methods, targets that are not there, bodies that are none."""
    making = Making(draw)
    method = making.one(["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD"] * 3 + ["LOCK"])
    target = making.one([
        "people", "peopel", "person", "none", "wards/1", "rpc/none", "rpc/plu", "rpc/add", "rpc/plus/x", "crowds",
        "prices", "ward_names", "rpc/nothing", "rpc/count_wards", "api.people", "closed", "half_closed", "rpc/hidden",
        "teams", "remarks", "visits_early", "People", "rpc/badge", "rpc/next_number", "next_number", "point3", "rpc",
    ])  # fmt: skip
    if making.chance(50):
        making.parameters.append((making.one(["id", "select", "order", "limit", "offset", "and", "or", "columns", "on_conflict", "x.limit", "x.order", "x.id", ""]),
                                  making.one(["eq.1", "*", "id", "1", "", "(id.eq.1)", "()", "id.desc", "people(*)", "wards!x(*)"])))  # fmt: skip
    body = making.one(
        [
            "",
            "{}",
            "[]",
            "{",
            "[1]",
            "null",
            "3",
            '"x"',
            "[{}]",
            "[{},{}]",
            '[{"id": 1}, {"name": "x"}]',
            '{"nope": 1}',
            '{"id": 9}',
        ]
    )
    making.unordered.add(())
    return making.asked(method, target, making.headers(prefer=[]), "" if method in {"GET", "HEAD", "OPTIONS"} else body)


def requests() -> st.SearchStrategy[Asked]:
    """Requests of every kind."""
    return st.one_of(*[reads()] * 6, inserts(), inserts(), changes(), changes(), puts(), calls(), calls(), oddities())
