"""Collects the values of a statement and writes names so that they are nothing but names.

Pure. The types that a client may cast to are known by what PostgreSQL's grammar calls them; any other is a quoted name.
"""

from __future__ import annotations

from typing import Final

from carebase.rest.catalogue import Name
from carebase.rest.errors import RestError

SPELLED: Final = frozenset(
    {
        "bigint",
        "bit",
        "bit varying",
        "boolean",
        "char",
        "char varying",
        "character",
        "character varying",
        "dec",
        "decimal",
        "double precision",
        "float",
        "int",
        "integer",
        "interval",
        "national char",
        "national character",
        "nchar",
        "numeric",
        "real",
        "smallint",
        "time",
        "time with time zone",
        "time without time zone",
        "timestamp",
        "timestamp with time zone",
        "timestamp without time zone",
        "varchar",
    }
)
"""Words of PostgreSQL's grammar that are no names, so they are not quoted."""
LOOKING: Final = frozenset(
    {
        "regclass",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
    }
)
"""Types that look a name up: by them a client would learn of what is not exposed."""


class UnknownType(RestError):
    """A type that is cast to is not there."""

    code, status = "42704", 400

    def __init__(self, name: str) -> None:
        super().__init__(f'type "{name}" does not exist')


class Writer:
    """The values of one statement, in the order in which its text names them."""

    def __init__(self) -> None:
        self.values: list[str | None] = []

    def value(self, value: str | None) -> str:
        """The place of one more value. A zero byte, which PostgreSQL cannot hold, is left out."""
        self.values.append(None if value is None else value.replace("\0", ""))
        return f"${len(self.values)}"


def quoted(name: str) -> str:
    """A name as PostgreSQL reads it, whatever is in it.

    >>> print(quoted('a "b"'))
    "a ""b""\"
    """
    return '"' + name.replace("\0", "").replace('"', '""') + '"'


def literal(text: str) -> str:
    r"""A constant of our own making or the catalogue's, never a client's.

    >>> print(literal("it's"))
    'it''s'
    """
    escaped = text.replace("'", "''")
    return f"'{escaped}'" if "\\" not in escaped else "E'" + escaped.replace("\\", "\\\\") + "'"


def qualified(name: Name) -> str:
    """A name with its schema."""
    return f"{quoted(name.schema)}.{quoted(name.name)}"


def cast_type(written: str) -> str:
    """The type that a client casts to.

    >>> print(cast_type("int"), cast_type("text[]"), cast_type("my type; drop"))
    int "text"[] "my type; drop"
    """
    name, is_array = (written[:-2], "[]") if written.endswith("[]") else (written, "")
    name = " ".join(name.lower().split())
    if name in LOOKING:
        raise UnknownType(name)
    return (name if name in SPELLED else quoted(name)) + is_array


def array(values: tuple[str, ...]) -> str:
    r"""The text of an array of these values.

    >>> print(array(("a", 'b "c"', "d\\e")))
    {"a","b \"c\"","d\\e"}
    """
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
