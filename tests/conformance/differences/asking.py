"""Makes whole requests, of every kind there is: reads, writes, calls, and such as nobody means.

Everything is decided by what is drawn, so that the same number always makes the same request.
"""

from __future__ import annotations

import json
import random

from hypothesis import strategies as st
from tests.conformance.differences import fixture, writing
from tests.conformance.differences.fixture import FUNCTIONS, TABLES, VALUES, Table
from tests.conformance.differences.making import COUNTS, Asked, Making, quoted

TARGETS = (
    "people", "peopel", "person", "none", "wards/1", "rpc/none", "rpc/plu", "rpc/add", "rpc/plus/x", "crowds", "prices",
    "ward_names", "rpc/nothing", "rpc/count_wards", "api.people", "closed", "half_closed", "rpc/hidden", "teams",
    "remarks", "visits_early", "People", "rpc/badge", "rpc/next_number", "next_number", "point3", "rpc",
)  # fmt: skip
METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "OPTIONS", "HEAD", "GET", "PATCH", "OPTIONS", "LOCK")
NAMES = (
    "id", "select", "order", "limit", "offset", "and", "or", "columns", "on_conflict", "x.limit", "x.order", "x.id", "",
)  # fmt: skip
SAID = ("eq.1", "*", "id", "1", "", "(id.eq.1)", "()", "id.desc", "people(*)", "wards!x(*)")
BODIES = (
    "", "{}", "[]", "{", "[1]", "null", "3", '"x"', "[{}]", "[{},{}]", '[{"id": 1}, {"name": "x"}]', '{"nope": 1}',
    '{"id": 9}',
)  # fmt: skip


def reads(making: Making) -> Asked:
    """Reads of a table or view."""
    target = making.table()
    table = TABLES[target]
    if making.chance(85):
        making.parameters.append(("select", making.select(table, (), depth=0)))
    making.conditions(table, (), most=2)
    making.ordering(table, (), (), is_many=True, percent=35)
    headers = making.headers(prefer=[making.one(COUNTS)] if making.chance(25) else [])
    if making.chance(8) and table.key:
        ranges = ["3-1", "90-99", "x", "-1"] if making.fault(30) else ["0-1", "1-2", "2-", "0-0"]
        headers += [("Range", making.one(ranges)), ("Range-Unit", "items")]
        if () in making.unordered:
            making.parameters.append(("order", ",".join(quoted(name) for name in table.key)))
    return making.asked("HEAD" if making.chance(6) else "GET", target, headers)


def inserts(making: Making) -> Asked:
    """New rows, one or many, from JSON, CSV or a form; upserts."""
    target = making.table(is_written=not making.fault(10))
    table = TABLES[target]
    prefer = []
    if making.chance(35):
        prefer.append(making.one(["resolution=merge-duplicates", "resolution=ignore-duplicates"]))
        if making.chance(25) and table.key:
            columns = making.some(list(table.kinds), least=1, most=2) if making.fault(40) else table.key
            making.parameters.append(("on_conflict", ",".join(map(quoted, columns))))
    if making.chance(15):
        prefer.append(making.one(["missing=default", "missing=null"]))
    body, kind = writing.rows(making, table, most=3)
    writing.shown(making, table, prefer)
    return making.asked("POST", target, [*making.headers(prefer=prefer), *kind], body)


def changes(making: Making) -> Asked:
    """Updates and deletes."""
    target = making.table(is_written=not making.fault(10))
    table = TABLES[target]
    method = making.one(["PATCH", "PATCH", "DELETE"])
    if making.chance(60) and table.key:
        making.parameters.append((quoted(table.key[0]), f"eq.{making.literal(table.kinds[table.key[0]])}"))
    making.conditions(table, (), most=2)
    prefer = []
    if making.chance(10):
        prefer.append(making.one(["missing=default", "missing=null"]))
    body, kind = writing.rows(making, table, most=1) if method == "PATCH" else ("", [])
    writing.shown(making, table, prefer)
    return making.asked(method, target, [*making.headers(prefer=prefer), *kind], body)


def puts(making: Making) -> Asked:
    """One row by its key, there or not."""
    target = making.one([name for name, table in TABLES.items() if table.is_written and table.key])
    table = TABLES[target]
    row = {name: writing.value(making, table, name, number=1) for name in table.kinds if name != "days"}
    if making.fault(10):
        row.pop(making.one(list(row)))
    for name in table.key:
        keys = [7, 8, 1, 2] if table.kinds[name] == "integer" else ["new", "A01", "Bern", "2022-02-02"]
        row[name] = making.one(keys) if name not in {"person_id", "medicine_code"} else row.get(name)
        if not making.fault(8):
            value = 3 if making.fault(8) else row[name]
            making.parameters.append((quoted(name), f"{'gt' if making.fault(5) else 'eq'}.{value}"))
    if making.fault(5):
        making.conditions(table, (), most=1)
    prefer: list[str] = []
    writing.shown(making, table, prefer)
    body = json.dumps([row] * making.one([1, 2]) if making.fault(10) else row)
    return making.asked("PUT", target, making.headers(prefer=prefer), body)


def calls(making: Making) -> Asked:
    """Functions, by GET and by POST."""
    target = "hidden" if making.fault(4) else making.one([name for name in FUNCTIONS if name != "hidden"])
    call = FUNCTIONS[target]
    # That nobody can choose between two is wrong enough, and with other digits a status is none that can be read.
    making.faults = 0 if target in {"clash", "answer_with"} else making.faults
    method = making.one(["PUT", "DELETE", "PATCH"] if making.fault(4) else ["GET", "POST", "POST", "HEAD"])
    headers: list[tuple[str, str]] = []
    body = ""
    if method == "POST":
        body, headers = writing.arguments(making, call)
        if making.fault(6) and call.arguments:
            making.parameters.append(("columns", ",".join(making.some(list(call.arguments), least=1))))
    else:
        for name, kind in call.arguments.items():
            for _ in range(making.one([0, 2]) if making.fault(10) else 1):
                right = VALUES[kind][: fixture.RIGHT.get(kind)]
                making.parameters.append((name, making.one(VALUES[kind] if making.fault(10) else right)))
    if call.shows is None:
        making.unordered.add(())
    else:
        shows = call.shows if isinstance(call.shows, dict) else {}
        table = Table(shows, tuple(shows)) if shows else TABLES[str(call.shows)]
        if making.chance(60):
            making.parameters.append(("select", making.select(table, (), depth=0)))
        making.conditions(table, (), most=1)
        making.ordering(table, (), (), is_many=True, percent=20)
    prefer = [making.one(COUNTS)] if making.chance(15) else []
    if making.fault(5):
        prefer += ["handling=strict", f"max-affected={making.one([0, 1, 5])}"]
    return making.asked(method, f"rpc/{target}", [*making.headers(prefer=prefer), *headers], body)


def oddities(making: Making) -> Asked:
    """What nobody means: other methods, targets that are not there, bodies that are none."""
    making.faults = 0
    making.marks.add("fault")
    method = making.one(METHODS)
    target = making.one(TARGETS)
    if making.chance(50):
        making.parameters.append((making.one(NAMES), making.one(SAID)))
    body = making.one(BODIES)
    making.unordered.add(())
    return making.asked(method, target, making.headers(prefer=[]), "" if method in {"GET", "HEAD", "OPTIONS"} else body)


KINDS = (reads,) * 12 + (inserts,) * 4 + (changes,) * 4 + (puts,) * 2 + (calls,) * 5 + (oddities,)


def made(number: int) -> Asked:
    """The request that a number stands for."""
    making = Making(random.Random(number))
    return making.one(KINDS)(making)


def requests() -> st.SearchStrategy[Asked]:
    """Requests of every kind.

    A request is made from one number: drawn piece by piece they would be short, and a third would be there twice.
    """
    return st.binary(min_size=8, max_size=8).map(int.from_bytes).map(made)
