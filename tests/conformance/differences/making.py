"""Makes the parts of requests: what is selected, embedded, filtered, ordered, cut off.

In charge of what a request says, not of what it is for. A request knows which lists of its answer have no order, so
that they can be compared without one; where rows are cut off, it asks for an order that leaves no doubt. At most one
thing in a request is wrong: of several, each server may tell another one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.conformance.differences import fixture
from tests.conformance.differences.fixture import TABLES, VALUES, Link, Table

Path = tuple[str, ...]
UNESCAPED = ".,()!:*-_~"
OBJECT = "application/vnd.pgrst.object+json"
ACCEPTED = (
    "application/json", "application/vnd.pgrst.array+json;nulls=stripped", "text/csv", "text/csv", "*/*",
    "image/png, text/csv;q=0.5", "application/json;q=0.1, */*;q=0.01",
)  # fmt: skip
COUNTS = ("count=exact", "count=exact", "count=planned", "count=estimated")

FITTING = {"text": "patterns", "texts": "sets", "json": "sets", "range": "ranges", "days": "ranges", "search": "words"}
"""What else than comparing a kind of value is meant for."""
PATTERNS = ("*mi*", "A%", "a$", "*", "%E*", "amina", "b*")
EXPRESSIONS = ("mi", "^a", "A.*", "a$", ".", "o|e", "amina")
STEPS = (
    "", "", "->>phone", "->at", "->at->>city", "->paid", "->>0", "->0", "->l->-1", "->>l", "->sum", "->a->0->b",
)  # fmt: skip
CASTS = {
    "integer": ("float8", "numeric"),
    "numeric": ("integer", "float8"),
    "date": ("timestamp", "varchar"),
    "boolean": ("integer",),
    "triage": ("varchar",),
    "json": ("json",),
}
SUMS = {"integer": ("sum", "avg"), "numeric": ("sum", "avg"), "float": ("sum",), "text": ("max", "min")}
SLIPS = (*"().,:!*'=&->{}+x0", "%20", "%25", "%00", "%22", "%5C", "%E9")


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

    def __init__(self, chance: random.Random) -> None:
        self.random = chance
        self.parameters: list[tuple[str, str]] = []
        self.unordered: set[Path] = set()
        self.marks: set[str] = set()
        self.faults = 0 if self.chance(60) else 1
        """How many things may still be wrong."""
        self.is_spoilt = False
        self.embeds = 0
        self.places: set[Path] = set()
        """Of embeds."""
        self.related: dict[Path, list[str]] = {}
        """Orders by what is embedded, which stand with the others of their place."""

    # --- chance ---

    def percent(self) -> int:
        return self.random.randrange(100)

    def chance(self, percent: int) -> bool:
        return self.percent() < percent

    def fault(self, percent: int) -> bool:
        """Whether to do something wrong here."""
        if self.faults and self.chance(percent):
            self.faults -= 1
            self.is_spoilt = True
            return True
        return False

    def one(self, choices):
        return self.random.choice(choices)

    def some(self, choices, *, least: int = 0, most: int = 3) -> list:
        return self.random.sample(list(choices), self.random.randint(least, min(most, len(choices))))

    def shuffled(self, choices) -> list:
        return self.random.sample(list(choices), len(choices))

    # --- columns ---

    def table(self, *, is_written: bool = False) -> str:
        """A table's name; those that not everybody may use are there by mistake alone."""
        if self.fault(6):
            return self.one(["closed", "half_closed", "teams"])
        open_to_all = [name for name in TABLES if "closed" not in name]
        return self.one([name for name in open_to_all if TABLES[name].is_written or not is_written])

    def column(self, table: Table) -> tuple[str, str]:
        """The name and kind of a column, or of what is none."""
        if self.fault(6):
            return self.one(["nope", "nada"]), "text"
        name = self.one(list(table.kinds))
        return name, table.kinds[name]

    def step(self, kind: str) -> str:
        if kind in {"json", "plain json"}:
            return self.one(STEPS)
        return self.one(["->x", "->>0", "->0->>a"]) if self.fault(2) else ""

    def item(self, table: Table) -> str:
        """One column to select."""
        name, kind = self.column(table)
        step = self.step(kind)
        item = quoted(name) + step
        if self.chance(12):
            item = self.one(["al", "x y", "name", '"q.r"']) + f":{item}"
        if self.chance(12):
            item += f"::{self.one(['text', 'varchar(2)', *(() if step else CASTS.get(kind, ()))])}"
        elif self.fault(6):
            item += f"::{self.one(['integer', 'json', 'date', 'nope', 'api.triage', 'float8'])}"
        if not self.is_spoilt and self.chance(3):
            item += f".{self.one(['count', *SUMS.get('' if step else kind, ())])}()"
        elif self.fault(3):
            item += f".{self.one(['sum', 'avg', 'max', 'median'])}()"
        if item.endswith("()"):
            self.marks.add("aggregate")
            self.faults = 0
            item += "::text" if self.chance(20) else ""
        return item

    def select(self, table: Table, place: Path, *, depth: int) -> str:
        items = [self.item(table) for _ in range(self.random.randint(0, 3))]
        if self.chance(25) or not items:
            items.append("*")
        if not self.is_spoilt and self.chance(3):
            items.append(self.one(["count()", "total:count()", "count"]))
            self.marks.add("aggregate")
            self.faults = 0
        if table.links and depth < 3:
            links = [link for link in self.some(table.links, most=2 if depth else 3) if not depth or self.chance(40)]
            items += [self.embed(table, link, place, depth=depth) for link in links]
        return ",".join(self.shuffled(items) if self.chance(20) else items)

    # --- embeds ---

    def embed(self, parent: Table, link: Link, place: Path, *, depth: int) -> str:
        table = TABLES[link.target]
        name = link.word
        written = quoted(name)
        self.embeds += 1
        is_spread = self.fault(15) if link.is_many else self.chance(15)
        if self.chance(20) and not is_spread:
            name = f"{self.one(['other', 'kin', 'e 1'])} {self.embeds}"
            written = f"{quoted(name)}:{written}"
        # An empty hint that is not the first leaves open what is meant.
        good = [hint for at, hint in enumerate(link.hints) if hint or not at]
        hint = self.one([*link.hints, "nope", "people", "wards"]) if self.fault(8) else self.one(good)
        written += f"!{hint}" if hint else ""
        written += self.one(["", "", "!inner", "!left"]) if self.chance(40) else ""
        here = (*place, name)
        self.places.add(here)
        if is_spread:
            written = f"...{written}"
            if link.is_many:
                self.marks.add("spread of many")
        inside = "" if not is_spread and self.chance(5) else self.select(table, here, depth=depth + 1)
        self.conditions(table, here, most=1 if self.chance(25) else 0)
        self.ordering(table, here, place if is_spread else here, is_many=link.is_many, percent=25)
        if self.chance(12):
            self.presence(parent, place, name)
        if self.fault(8) if link.is_many else self.chance(8):
            column, _ = self.column(table)
            self.related.setdefault(place, []).append(f"{quoted(name)}({quoted(column)}){self.direction()}")
        return f"{written}({inside})"

    def presence(self, parent: Table, place: Path, name: str) -> None:
        """A filter on whether an embed has rows."""
        test = self.one(["is.null", "not.is.null"])
        if self.fault(20):
            test = self.one(["eq.1", "is.true", "not.in.(1)", "is.not_null"])
        if self.chance(30):
            members = f"({quoted(name)}.{test},{self.group(parent, 1)[1:-1]})"
            self.parameters.append((key(place, self.one(["or", "and"])), members))
        else:
            self.parameters.append((key(place, quoted(name)), test))

    # --- filters ---

    def conditions(self, table: Table, place: Path, *, most: int) -> None:
        for _ in range(self.random.randint(0, most)):
            if self.chance(20):
                self.parameters.append((key(place, self.one(["or", "and", "not.or", "not.and"])), self.group(table, 0)))
            else:
                name, condition = self.condition(table, is_inside=False)
                self.parameters.append((key(place, name), condition))

    def group(self, table: Table, depth: int) -> str:
        members = []
        for _ in range(self.random.randint(1, 3)):
            if depth < 2 and self.chance(20):
                members.append(self.one(["or", "and", "not.or", "not.and"]) + self.group(table, depth + 1))
            else:
                members.append(".".join(self.condition(table, is_inside=True)))
        return f"({','.join(members)})"

    def condition(self, table: Table, *, is_inside: bool) -> tuple[str, str]:
        """A column and what it has to be."""
        name, kind = self.column(table)
        step = self.step(kind)
        kind = "text" if "->>" in step else kind
        operator, value = self.operation(kind)
        is_plain = operator not in {"in", "is"} and "(any" not in operator and "(all" not in operator
        if is_inside and is_plain and (set(value) & set(',()"\\') or not value):
            value = escaped(value)
        negation = "not." if self.chance(15) else ""
        return quoted(name) + step, f"{negation}{operator}.{value}"

    def literal(self, kind: str) -> str:
        """A value of a kind, or by mistake another."""
        if self.fault(4):
            return self.one(VALUES[self.one(list(VALUES))])
        return self.one(VALUES[kind][: fixture.RIGHT.get(kind)])

    def literals(self, kind: str, brackets: str) -> str:
        return listed([self.literal(kind) for _ in range(self.random.randint(0, 3))], brackets)

    def operation(self, kind: str) -> tuple[str, str]:
        choice = self.percent()
        if choice < 12:
            is_listed = kind not in {"plain json", "search", "texts"}
            return ("in", self.literals(kind, "()")) if is_listed else ("is", "null")
        if choice < 24:
            good = ["null", "null", "NULL", *(["true", "False", "unknown"] if kind == "boolean" else [])]
            return "is", self.one(["true", "unknown", "not_null", "nope"] if self.fault(8) else good)
        if (choice < 60 and kind in FITTING) or self.fault(3):
            return self.fitting(self.one(list(FITTING)) if self.fault(5) else kind)
        return self.comparison(kind)

    def comparison(self, kind: str) -> tuple[str, str]:
        if kind in {"plain json", "search"} and not self.fault(10):
            return "is", "null"
        operator = self.one(["eq", "eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"])
        if operator != "isdistinct" and kind != "texts" and self.chance(12):
            return operator + self.one(["(any)", "(all)"]), self.literals(kind, "{}")
        return operator, self.literal(kind)

    def fitting(self, kind: str) -> tuple[str, str]:
        """What only some kinds of value have."""
        operators = ["fts", "plfts", "phfts", "wfts"]
        match FITTING.get(kind):
            case "patterns":
                operator = self.one(["like", "ilike", "match", "imatch"])
                good = PATTERNS if "like" in operator else EXPRESSIONS
                if self.chance(20):
                    return operator + self.one(["(any)", "(all)"]), listed(self.some(good), "{}")
                return operator, self.one([*good, "*", "["] if self.fault(5) else good)
            case "sets":
                return self.one(["cs", "cd"] if kind == "json" else ["cs", "cd", "ov"]), self.literal(kind)
            case "ranges":
                return self.one(["cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"]), self.literal(kind)
            case _ if self.chance(30):
                language = "(nope)" if self.fault(10) else self.one(["(english)", "(german)", "(simple)"])
                return self.one(operators) + language, self.literal("search")
            case _:
                return self.one(operators), self.literal("search")

    # --- order and range ---

    def direction(self) -> str:
        if self.fault(4):
            return ".nope"
        return self.one(["", "", ".desc", ".asc", ".nullsfirst", ".desc.nullslast"])

    def ordering(self, table: Table, place: Path, shown: Path, *, is_many: bool, percent: int) -> None:
        """An order and a range of the rows at a place; the list of them is shown at another one, if spread."""
        is_cut, is_ordered = self.chance(percent), self.chance(percent)
        terms = self.related.pop(place, [])
        is_ordered = is_ordered or bool(terms)
        if is_many and not (table.key and (is_cut or is_ordered)):
            self.unordered.add(shown)
        if is_cut and (table.key or not is_many):
            self.range(place)
        if not is_ordered and not (is_cut and table.key):
            return
        for _ in range(self.random.randint(0, 2)):
            name, kind = self.column(table)
            if kind != "plain json":
                terms.append(quoted(name) + (self.step(kind) if kind == "json" else "") + self.direction())
        terms += [quoted(name) for name in table.key]
        if terms:
            self.parameters.append((key(place, "order"), ",".join(terms)))

    def range(self, place: Path) -> None:
        if self.chance(80):
            limit = self.one(["-1", "x"] if self.fault(5) else ["1", "2", "0", "3", "100"])
            self.parameters.append((key(place, "limit"), limit))
        if self.chance(40):
            offset = self.one(["-1", "x", "50"] if self.fault(5) else ["1", "0", "2"])
            self.parameters.append((key(place, "offset"), offset))

    # --- together ---

    def address(self, target: str) -> str:
        found = self.shuffled(self.parameters) if self.chance(10) else self.parameters
        query = "&".join(
            f"{quote(name, safe=UNESCAPED)}={quote(value, safe=UNESCAPED + '{}')}" for name, value in found
        )
        if query and self.fault(25):
            query = self.slip(query)
        return f"/{quote(target, safe='/')}{'?' if query else ''}{query}"

    def slip(self, text: str) -> str:
        """The text with one character too many, too few or another."""
        self.marks.add("slip")
        at, other = self.random.randrange(len(text)), self.one(SLIPS)
        return text[:at] + self.one(["", other, text[at] + other]) + text[at + 1 :]

    def headers(self, *, prefer: list[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if self.chance(25):
            found.append(("Authorization", fixture.MEMBER_TOKEN))
        elif self.fault(4):
            found.append(("Authorization", self.one(["Bearer x", "Bearer", "Basic x"])))
        if self.chance(20):
            found.append(("Accept", self.one(ACCEPTED)))
        elif self.fault(12):
            accept = self.one([OBJECT, OBJECT, f"{OBJECT};nulls=stripped", "application/vnd.pgrst.object", "text/html"])
            found.append(("Accept", accept))
        said = [*prefer, "tx=rollback"]
        if self.fault(6):
            said += ["handling=strict", self.one(["odd", "return=nothing", "timezone=Nowhere"])]
        elif self.chance(8):
            said.append(self.one(["handling=strict", "handling=lenient", "timezone=Asia/Tokyo"]))
        found += [("Prefer", ", ".join(said))] if self.chance(70) else [("Prefer", one) for one in said]
        if self.fault(3):
            profile = self.one(["api", "private", "pg_catalog"])
            found.append((self.one(["Accept-Profile", "Content-Profile"]), profile))
        return found

    def asked(self, method: str, target: str, headers: list[tuple[str, str]], body: str = "") -> Asked:
        for place, terms in self.related.items():
            self.parameters.append((key(place, "order"), ",".join(terms)))
            self.unordered.add(place)
        address = self.address(target)
        if self.is_spoilt:
            self.marks.add("fault")
        return Asked(method, address, headers, body, self.unordered, self.marks)


def key(place: Path, name: str) -> str:
    return ".".join([*map(quoted, place), name])


def quoted(name: str) -> str:
    """A name as the grammar takes it."""
    is_plain = name and all(one.isalnum() or one in "_ " for one in name)
    return name if is_plain else escaped(name)


def escaped(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def listed(values: list[str], brackets: str) -> str:
    written = [escaped(value) if set(value) & set(',()"\\{} ') else value for value in values]
    return brackets[0] + ",".join(written) + brackets[1]
