"""Makes what requests that write or call carry: rows as JSON, CSV or a form, arguments, what they want to see of it."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote_plus

from tests.conformance.differences.fixture import IN_JSON, Call, Table
from tests.conformance.differences.making import COUNTS, Making, quoted

RETURNS = ("return=representation", "return=representation", "return=minimal", "return=headers-only")
JSON = ("Content-Type", "application/json")
NO_ROWS = ("", "{}", "[]", "{", "[1]", "null", "3", "[{},{}]", "[{}]", '{"nope": 1}')

Body = tuple[str, list[tuple[str, str]]]
"""A body and the headers that say what it is."""


def rows(making: Making, table: Table, *, most: int) -> Body:
    """Rows to write."""
    if making.fault(8):
        return making.one(NO_ROWS), []
    needed = set() if making.fault(8) else {*table.key, "name", "number", "person_id", "day"}
    kept = [name for name in table.kinds if name != "days" or making.fault(10)]
    names = [name for name in kept if (most > 1 and name in needed) or making.chance(40)]
    if making.fault(3):
        names.append("nope")
    count = 1 if most == 1 else making.random.randint(0, most)
    found = [{name: value(making, table, name, number=number) for name in names} for number in range(count)]
    if found and making.chance(12):
        columns = [name for name in kept if name in names or making.chance(8)]
        making.parameters.append(("columns", ",".join(map(quoted, columns))))
    if len(found) > 1 and names and making.fault(12):
        found[-1].pop(making.one(names), None)
    form = making.percent()
    if form < 85 or not found:
        is_one = len(found) == 1 and making.chance(70)
        return json.dumps(found[0] if is_one else found), [JSON] if making.chance(50) else []
    if form < 95:
        return _csv(making, names, found)
    return _form(found[0], "application/xml" if making.fault(5) else None)


def value(making: Making, table: Table, name: str, *, number: int) -> object:
    """A value to write; mostly one that no row has and that is right where it stands, else nearly nothing would be."""
    kind = table.kinds.get(name, "text")
    if making.fault(3):
        return making.one(IN_JSON[kind])
    is_reference = name.endswith(("_id", "_code")) or name in {"ward", "site"}
    if name in table.key and not is_reference and not making.fault(15):
        return {"integer": 100 + number, "text": f"new {number}"}.get(kind, "2022-02-02")
    if is_reference:
        return "Bern" if name == "site" else making.one(["A01", "B,2"] if kind == "text" else [1, 2, 3])
    if name in {"name", "number"} and kind == "text":
        return f"new {number}"
    return making.one(IN_JSON[kind][:2])


def shown(making: Making, table: Table, prefer: list[str]) -> None:
    """What a write answers with."""
    if making.chance(75):
        prefer.append(making.one(RETURNS))
    if making.chance(15):
        prefer.append(making.one(COUNTS))
    if making.fault(5):
        prefer += ["handling=strict", f"max-affected={making.one([0, 1, 5])}"]
    making.unordered.add(())
    if making.chance(35):
        making.parameters.append(("select", making.select(table, (), depth=1)))
        # Version 12 does not order what is embedded in written rows.
        making.unordered |= making.places


def arguments(making: Making, call: Call) -> Body:
    """A function's arguments."""
    if call.is_bare:
        body = making.one(['{"a": [1]}', "[]", "3", '"x"', "plain", ""])
        return body, [("Content-Type", making.one(["application/json", "text/plain", "application/json"]))]
    if making.fault(8):
        return making.one(["", "{}", "[]", "{", "[{}]", "null", "[1]", "3"]), []
    names = [name for name in call.arguments if not making.fault(8)]
    given = {name: making.one(IN_JSON[call.arguments[name]][: None if making.fault(8) else 2]) for name in names}
    if making.fault(4):
        given["nope"] = 1
    return _form(given, None) if making.chance(10) else (json.dumps(given), [])


def _csv(making: Making, names: list[str], found: list[dict[str, object]]) -> Body:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=making.one(["\n", "\r\n"]))
    writer.writerow(names)
    for row in found:
        writer.writerow([_text(row.get(name)) for name in names])
    return out.getvalue(), [("Content-Type", "text/csv")]


def _form(row: dict[str, object], kind: str | None) -> Body:
    pairs = "&".join(f"{quote_plus(name)}={quote_plus(_text(inside))}" for name, inside in row.items())
    return pairs, [("Content-Type", kind or "application/x-www-form-urlencoded")]


def _text(inside: object) -> str:
    if inside is None:
        return "NULL"
    return inside if isinstance(inside, str) else json.dumps(inside)
