"""Named queries: SQL as SQL, beside the Python that calls it.

`cases.py` and `cases.sql` are a pair. A query is introduced by `-- name: <name>` and one or more
comment lines that say what it is for; its parameters are written `%(name)s`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HEAD = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)\n(?P<why>(?:-- .+\n)+)", re.MULTILINE)
PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with its name and its reason."""

    name: str
    why: str
    text: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, in the order they first appear."""
        return tuple(dict.fromkeys(PARAMETER.findall(self.text)))

    @property
    def numbered(self) -> str:
        """The statement with `$1`, `$2` … and single per cent signs, as PostgreSQL prepares it."""
        order = {name: f"${number}" for number, name in enumerate(self.parameters, 1)}
        return PARAMETER.sub(lambda match: order[match[1]], self.text).replace("%%", "%")


def load(source: str) -> Mapping[str, Query]:
    """The queries in a text, by name.

    >>> load("-- name: one\\n-- The number one.\\nselect %(x)s + 1;\\n")["one"].numbered
    'select $1 + 1'
    """
    heads = list(HEAD.finditer(source))
    queries: dict[str, Query] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        text = source[head.end() : following.start() if following else None].strip().rstrip(";")
        if head["name"] in queries:
            raise ValueError(f"{head['name']} is defined twice")
        queries[head["name"]] = Query(head["name"], head["why"].replace("-- ", "").strip(), text)
    return queries


def beside(module_file: str) -> Mapping[str, Query]:
    """The queries of the `.sql` file with the same name as the module."""
    return load(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8"))
