"""What relations are called inside a statement.

In charge of names that no other relation of the same read has. In a plan, which people read, a relation is called by
its table's name where that is a plain word; elsewhere by its number, since a table's name may be a column's as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import count
from typing import Final

PLAIN: Final = re.compile(r"[a-z][a-z_]{2,40}")
RESERVED: Final = frozenset(
    {
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
        "binary", "both", "case", "cast", "check", "collate", "collation", "column", "concurrently",
        "constraint", "create", "cross", "current_catalog", "current_date", "current_role", "current_schema",
        "current_time", "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do",
        "else", "end", "except", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group",
        "having", "ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral",
        "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null",
        "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references",
        "returning", "right", "select", "session_user", "similar", "some", "symmetric", "system_user", "table",
        "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using",
        "variadic", "verbose", "when", "where", "window", "with",
    }
)  # fmt: skip
"""Words of PostgreSQL's grammar that cannot be a relation's name without quotes (`pg_get_keywords()`, 15 and 18)."""


class Names:
    """Gives each relation of one read its name."""

    def __init__(self, *, are_read: bool) -> None:
        """`are_read` where people will read them, in a plan."""
        self._are_read = are_read
        self._numbers = count()
        self._given: set[str] = set()

    def of(self, table: str | None, columns: Collection[str]) -> str:
        """The name of the next relation, made from its table's unless that is taken or means something else.

        >>> names = Names(are_read=True)
        >>> [names.of(table, ["name"]) for table in ("cities", "cities", "order", "name", None)]
        ['cities', 't1', 't2', 't3', 't4']
        >>> Names(are_read=False).of("cities", [])
        't0'
        """
        number = next(self._numbers)
        if not self._are_read or table is None or table in self._given | RESERVED or table in columns:
            return f"t{number}"
        if not PLAIN.fullmatch(table):
            return f"t{number}"
        self._given.add(table)
        return table
