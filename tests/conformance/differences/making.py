"""Makes the parts of requests: what is selected, embedded, filtered, ordered, cut off; mostly sensible, some not.

In charge of what a request says, not of what it is for. A request knows which lists of its answer have no order, so that
they can be compared without one; where rows are cut off, it asks for an order that leaves no doubt.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from tests.conformance.differences import fixture
from tests.conformance.differences.fixture import IN_JSON, TABLES, VALUES, Call, Link, Table

Path = tuple[str, ...]
UNESCAPED = ".,()!:*-_~"
ROWS = "application/json"
FITTING = {
    (False, False): {"text"},
    (True, False): {"texts", "range", "json"},
    (True, True): {"search"},
}
"""Kinds that patterns, operators of sets and ranges, and words to search for are meant for."""
BOOLEAN = ("true", "false", "unknown", "True", "not_null", "nope")
RIGHT = {
    "integer": 8,
    "date": 5,
    "moment": 3,
    "numeric": 6,
    "float": 5,
    "boolean": 3,
    "json": 6,
    "texts": 5,
    "triage": 3,
    "search": 6,
}
"""How many of the values of a kind are right for a column of that kind; they come first."""
COUNTS = ("count=exact", "count=exact", "count=planned", "count=estimated")
RETURNS = ("return=representation", "return=representation", "return=minimal", "return=headers-only")
OBJECT = "application/vnd.pgrst.object+json"


@dataclass
class Asked:
    """One request; `unordered` are the places of lists in the answer that may stand in any order."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    unordered: set[Path] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    """What is in it that another version answers differently."""

    def __repr__(self) -> str:
        headers = "".join(f"\n  {name}: {value}" for name, value in self.headers)
        return f"{self.method} {self.path}{headers}{f'{chr(10)}  {self.body}' if self.body else ''}"


class Making:
    """The parts of one request while it is being put together."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.parameters: list[tuple[str, str]] = []
        self.unordered: set[Path] = set()
        self.marks: set[str] = set()

    # --- chance ---

    def chance(self, percent: int) -> bool:
        # Around the middle: both ends are drawn more often than their share.
        return abs(self.draw(st.integers(0, 9_999)) - 5_000) < percent * 50

    def percent(self) -> int:
        return self.draw(st.integers(0, 9_999)) * 7_919 % 10_000 // 100

    def one(self, choices):
        return self.draw(st.sampled_from(choices))

    def some(self, choices, *, least: int = 0, most: int = 3) -> list:
        return self.draw(st.lists(st.sampled_from(choices), min_size=least, max_size=most, unique=True))

    # --- columns ---

    def column(self, table: Table) -> tuple[str, str]:
        """The name and kind of a column, or of what is none."""
        if self.chance(2):
            return self.one(["nope", "badge", "", "é", "tableoid"]), "text"
        name = self.one(list(table.kinds))
        return name, table.kinds[name]

    def step(self, kind: str) -> str:
        if kind in {"json", "plain json"}:
            return self.one([
                "", "", "->>phone", "->at", "->at->>city", "->paid", "->>0", "->0", "->l->-1", "->>l", "->sum", "->a->0->b",
            ])  # fmt: skip
        return self.one(["->x", "->>0", "->0->>a"]) if self.chance(2) else ""

    def select(self, table: Table, place: Path, *, depth: int) -> str:
        items: list[str] = []
        for _ in range(self.draw(st.integers(0, 3))):
            name, kind = self.column(table)
            item = quoted(name) + self.step(kind)
            if self.chance(12):
                item = self.one(["al", "x y", "name", '"q.r"']) + f":{item}"
            if self.chance(12):
                item += (
                    f"::{self.one(['text', 'integer', 'json', 'date', 'float8', 'nope', 'varchar(2)', 'api.triage'])}"
                )
            if self.chance(4):
                item += f".{self.one(['count', 'sum', 'max', 'min', 'avg', 'median'])}()"
                self.marks.add("aggregate")
                if self.chance(20):
                    item += "::text"
            items.append(item)
        if self.chance(25) or not items:
            items.append("*")
        if self.chance(3):
            items.append(self.one(["count()", "total:count()", "count"]))
            self.marks.add("aggregate")
        if table.links and depth < 3:
            for link in self.some(table.links, most=2 if depth else 3):
                if depth == 0 or self.chance(40):
                    items.append(self.embed(link, place, depth=depth))
        return ",".join(self.draw(st.permutations(items)) if self.chance(20) else items)

    def embed(self, link: Link, place: Path, *, depth: int) -> str:
        table = TABLES[link.target]
        name = link.word
        written = quoted(name)
        if self.chance(20):
            name = self.one(["other", "kin", "e 1"])
            written = f"{quoted(name)}:{written}"
        if link.hints != ("",) or self.chance(2):
            hint = self.one([*link.hints, link.hints[0]]) if not self.chance(3) else self.one(["nope", "people"])
            written += f"!{hint}" if hint else ""
        written += self.one(["", "", "!inner", "!left"]) if self.chance(40) else ""
        is_spread = self.chance(15)
        here = (*place, name)
        if is_spread:
            written = f"...{written}"
            if link.is_many:
                self.marks.add("spread of many")
        inside = "" if self.chance(5) else self.select(table, here, depth=depth + 1)
        self.conditions(table, here, most=1 if self.chance(25) else 0)
        self.ordering(table, here, place if is_spread else here, is_many=link.is_many, percent=25)
        if self.chance(12):
            self.presence(place, name)
        if self.chance(8):
            column, _ = self.column(table)
            self.parameters.append((key(place, "order"), f"{quoted(name)}({quoted(column)}){self.direction()}"))
            self.unordered.add(place)
        return f"{written}({inside})"

    def presence(self, place: Path, name: str) -> None:
        test = self.one(["is.null", "not.is.null", "not.is.null", "eq.1", "is.true", "not.in.(1)", "is.not_null"])
        if self.chance(30):
            other = self.one(["id.eq.1", "name.is.null", f"{quoted(name)}.{test}"])
            self.parameters.append((key(place, self.one(["or", "and"])), f"({quoted(name)}.{test},{other})"))
        else:
            self.parameters.append((key(place, quoted(name)), test))

    # --- filters ---

    def condition(self, kind: str, *, is_inside: bool = False) -> str:
        operator, value = self.operation(kind)
        is_plain = operator not in {"in", "is"} and "(any" not in operator and "(all" not in operator
        if is_inside and is_plain and (set(value) & set(',()"\\') or value == ""):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        negation = "not." if self.chance(15) else ""
        return f"{negation}{operator}.{value}"

    def operation(self, kind: str) -> tuple[str, str]:
        pool = VALUES[self.one(list(VALUES)) if self.chance(2) else kind]
        if self.chance(85) and kind in RIGHT:
            pool = pool[: RIGHT[kind]]
        choice = self.percent()
        if choice < 45 or (choice >= 70 and self.chance(90) and kind not in FITTING[choice >= 84, choice >= 92]):
            operator = self.one(["eq", "eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"])
            if self.chance(12):
                operator += self.one(["(any)", "(all)"])
                return operator, listed(self.some(pool), "{}")
            return operator, self.one(pool)
        if choice < 58:
            return "in", listed(self.some(pool), "()")
        if choice < 70:
            return "is", self.one(["null", "null", "NULL", "null", *BOOLEAN])
        if choice < 84:
            operator = self.one(["like", "ilike", "match", "imatch"])
            if self.chance(20):
                operator += self.one(["(any)", "(all)"])
                return operator, listed(self.some(["a*", "*i*", "B%", "no"]), "{}")
            return operator, self.one(["*mi*", "A%", "^a", "a$", "*", "%E*", "[", "amina"])
        if choice < 92:
            return self.one(["cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"]), self.one(pool)
        operator = self.one(["fts", "plfts", "phfts", "wfts"])
        if self.chance(30):
            operator += self.one(["(english)", "(german)", "(simple)", "(nope)"])
        return operator, self.one(VALUES["search"])

    def conditions(self, table: Table, place: Path, *, most: int) -> None:
        for _ in range(self.draw(st.integers(0, most))):
            if self.chance(20):
                self.parameters.append((key(place, self.one(["or", "and", "not.or", "not.and"])), self.group(table, 0)))
            else:
                name, kind = self.column(table)
                path = self.step(kind)
                kind = "text" if "->>" in path else kind
                self.parameters.append((key(place, quoted(name) + path), self.condition(kind)))

    def group(self, table: Table, depth: int) -> str:
        members = []
        for _ in range(self.draw(st.integers(1, 3))):
            if depth < 2 and self.chance(20):
                members.append(self.one(["or", "and", "not.or", "not.and"]) + self.group(table, depth + 1))
            else:
                name, kind = self.column(table)
                path = self.step(kind)
                kind = "text" if "->>" in path else kind
                members.append(f"{quoted(name)}{path}.{self.condition(kind, is_inside=True)}")
        return f"({','.join(members)})"

    # --- order and range ---

    def direction(self) -> str:
        return self.one(
            ["", "", ".desc", ".asc", ".nullsfirst", ".desc.nullslast", ".nope"] if self.chance(60) else [""]
        )

    def ordering(self, table: Table, place: Path, shown: Path, *, is_many: bool, percent: int) -> None:
        """An order and a range of the rows at a place; the list of them is shown at another one, if spread."""
        is_cut, is_ordered = self.chance(percent), self.chance(percent)
        if is_many and not (table.key and (is_cut or is_ordered)):
            self.unordered.add(shown)
        if is_cut and (table.key or not is_many):
            self.range(place)
        if not is_ordered and not (is_cut and table.key):
            return
        terms = []
        for _ in range(self.draw(st.integers(0, 2))):
            name, kind = self.column(table)
            terms.append(quoted(name) + (self.step(kind) if kind == "json" else "") + self.direction())
        terms += [quoted(name) for name in table.key]
        if terms:
            self.parameters.append((key(place, "order"), ",".join(terms)))

    def range(self, place: Path) -> None:
        if self.chance(80):
            self.parameters.append((key(place, "limit"), self.one(["1", "2", "0", "3", "100", "-1", "x"])))
        if self.chance(40):
            self.parameters.append((key(place, "offset"), self.one(["1", "0", "2", "50", "-1", "x"])))

    # --- together ---

    def address(self, target: str) -> str:
        found = list(self.parameters)
        if self.chance(10):
            found = list(self.draw(st.permutations(found)))
        query = "&".join(
            f"{quote(name, safe=UNESCAPED + '>')}={quote(value, safe=UNESCAPED + '>{}')}" for name, value in found
        )
        if query and self.chance(6):
            query = self.slip(query)
        return f"/{quote(target, safe='/')}{'?' if query else ''}{query}"

    def slip(self, text: str) -> str:
        """The text with one character too many, too few or another."""
        self.marks.add("slip")
        at = self.draw(st.integers(0, len(text) - 1))
        other = self.one([*"().,:!*'=&->{}+x0", "%20", "%25", "%00", "%22", "%5C", "%E9"])
        return text[:at] + self.one(["", other, text[at] + other]) + text[at + 1 :]

    def headers(self, *, prefer: list[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if self.chance(25):
            found.append(
                (
                    "Authorization",
                    self.one(
                        [
                            fixture.MEMBER_TOKEN,
                            fixture.MEMBER_TOKEN,
                            fixture.MEMBER_TOKEN,
                            "Bearer x",
                            "Bearer",
                            "Basic x",
                        ]
                    ),
                )
            )
        if self.chance(25):
            accept = self.one([
                ROWS, OBJECT, OBJECT, f"{OBJECT};nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped",
                "text/csv", "text/csv", "*/*", "application/vnd.pgrst.object", "text/html", "image/png, text/csv;q=0.5",
                f"{ROWS};q=0.1, {OBJECT}",
            ])  # fmt: skip
            found.append(("Accept", accept))
        said = [*prefer, "tx=rollback"]
        if self.chance(10):
            said.append(
                self.one(["handling=strict", "handling=lenient", "timezone=Asia/Tokyo", "timezone=Nowhere", "odd"])
            )
        if self.chance(70):
            found.append(("Prefer", ", ".join(said)))
        else:
            found += [("Prefer", one) for one in said]
        if self.chance(2):
            found.append((self.one(["Accept-Profile", "Content-Profile"]), self.one(["api", "private", "pg_catalog"])))
        return found

    # --- bodies ---

    def rows(self, table: Table, *, most: int) -> tuple[str, list[tuple[str, str]]]:
        """A body with rows and the header that says what it is."""
        form = self.percent()
        if form < 5:
            return self.one(["", "{}", "[]", "{", "[1]", "null", "3", "[{},{}]", "[{}]", '{"nope": 1}']), []
        needed = set(table.key) if self.chance(90) else set()
        names = [name for name in table.kinds if name in needed or self.chance(40)]
        if self.chance(2):
            names.append("nope")
        rows = [
            {name: self.value(table, name, number) for name in names}
            for number in range(1 if most == 1 else self.draw(st.integers(0, most)))
        ]
        if rows and self.chance(12):
            columns = [name for name in table.kinds if name in names or self.chance(8)]
            columns = columns if self.chance(80) else self.some(list(table.kinds), least=1)
            self.parameters.append(("columns", ",".join(map(quoted, columns))))
        if len(rows) > 1 and self.chance(12) and names:
            rows[-1].pop(self.one(names), None)
        if form < 85 or not rows:
            is_one = len(rows) == 1 and self.chance(70)
            return json.dumps(rows[0] if is_one else rows), [("Content-Type", "application/json")] if self.chance(
                50
            ) else []
        if form < 95:
            out = io.StringIO()
            writer = csv.writer(out, lineterminator=self.one(["\n", "\r\n"]))
            writer.writerow(names)
            for row in rows:
                writer.writerow([_in_csv(row.get(name)) for name in names])
            return out.getvalue(), [("Content-Type", "text/csv")]
        pairs = "&".join(f"{quote_plus(name)}={quote_plus(_in_csv(value))}" for name, value in rows[0].items())
        return pairs, [("Content-Type", self.one(["application/x-www-form-urlencoded", "application/xml"]))]

    def value(self, table: Table, name: str, number: int) -> object:
        kind = table.kinds.get(name, "text")
        # Values that no row has and that are right where they stand, mostly: else nearly nothing could be written.
        good = {"integer": [1, 2], "text": ["A01"] if name == "medicine_code" else ["new"]}.get(kind)
        if name in table.key and self.chance(80):
            return {"integer": 100 + number, "text": f"new {number}"}.get(kind, "2022-02-02")
        if good is not None and self.chance(75):
            return self.one(good)
        return self.one(IN_JSON[kind][:2] if self.chance(75) else IN_JSON[kind])

    def shown(self, table: Table, prefer: list[str]) -> None:
        """What a write answers with."""
        if self.chance(75):
            prefer.append(self.one(RETURNS))
        if self.chance(15):
            prefer.append(self.one(COUNTS))
        if self.chance(5):
            prefer += ["handling=strict", f"max-affected={self.one([0, 1, 5])}"]
        self.unordered.add(())
        if self.chance(35):
            self.parameters.append(("select", self.select(table, (), depth=1)))

    def arguments(self, call: Call) -> tuple[str, list[tuple[str, str]]]:
        """A body with a function's arguments and the header that says what it is."""
        if call.is_bare:
            body = self.one(['{"a": [1]}', "[]", "3", '"x"', "plain", ""])
            return body, [("Content-Type", self.one(["application/json", "text/plain", "application/json"]))]
        if self.chance(5):
            return self.one(["", "{}", "[]", "{", "[{}]", "null", "[1]", "3"]), []
        names = [name for name in call.arguments if self.chance(90)]
        given = {name: self.one(IN_JSON[call.arguments[name]]) for name in names}
        if self.chance(3):
            given["nope"] = 1
        if self.chance(10):
            pairs = "&".join(f"{quote_plus(name)}={quote_plus(_in_csv(value))}" for name, value in given.items())
            return pairs, [("Content-Type", "application/x-www-form-urlencoded")]
        return json.dumps(given), []

    def asked(self, method: str, target: str, headers: list[tuple[str, str]], body: str = "") -> Asked:
        address = self.address(target)
        return Asked(method, address, headers, body, self.unordered, self.marks)


def _in_csv(value: object) -> str:
    return "NULL" if value is None else value if isinstance(value, str) else json.dumps(value)


def key(place: Path, name: str) -> str:
    return ".".join([*map(quoted, place), name])


def quoted(name: str) -> str:
    """A name as the grammar takes it."""
    is_plain = name and all(one.isalnum() or one in "_ " for one in name)
    return name if is_plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(values: list[str], brackets: str) -> str:
    written = [
        '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if set(value) & set(',()"\\{} ') else value
        for value in values
    ]
    return brackets[0] + ",".join(written) + brackets[1]
