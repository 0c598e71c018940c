"""Reads, from the tree that PostgreSQL keeps of a view, which column of which relation each of its columns shows.

Pure. PostgreSQL notes with every entry of a select's list the relation and column it is taken from unchanged, also
through sub-selects and common table expressions; entries that are computed have none. Only a view below the view is
not looked through: `followed` does that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

Source: TypeAlias = tuple[int, int]
"""Numbers of a relation and of its column."""

# Texts inside the tree have a backslash before each space and brace, so none of them reads like a field or a bracket.
PIECE: Final = re.compile(
    r"\\.|(?P<opened>\{)|(?P<closed>\})"
    r"|:resno (?P<number>\d+) "
    r"|:resorigtbl (?P<relation>\d+) :resorigcol (?P<column>\d+) :resjunk false",
    re.DOTALL,
)
DEPTH_OF_ENTRIES: Final = 2
"""The query is the first node, an entry of its own list the second; those of inner selects lie deeper."""


def shown(tree: str) -> dict[int, Source]:
    r"""The source of each column of the view, by number; those that are computed are left out.

    >>> shown(r"({QUERY :targetList ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname a\ b "
    ...       r":ressortgroupref 0 :resorigtbl 16384 :resorigcol 2 :resjunk false}) :x <>})")
    {1: (16384, 2)}
    """
    found: dict[int, Source] = {}
    depth = number = 0
    for piece in PIECE.finditer(tree):
        match piece.lastgroup:
            case "opened":
                depth += 1
            case "closed":
                depth -= 1
            case "number" if depth == DEPTH_OF_ENTRIES:
                number = int(piece["number"])
            case "column" if depth == DEPTH_OF_ENTRIES and piece["relation"] != "0":
                found[number] = int(piece["relation"]), int(piece["column"])
            case _:
                pass
    return found


def followed(views: Mapping[int, Mapping[int, Source]]) -> dict[int, dict[int, Source]]:
    """The same with each source followed through views, down to what is no view known here."""
    return {
        view: {number: _bottom(source, views) for number, source in columns.items()} for view, columns in views.items()
    }


def _bottom(source: Source, views: Mapping[int, Mapping[int, Source]]) -> Source:
    # Views may refer to each other in a circle once they were replaced, so nowhere is gone through twice.
    passed = {source}
    while (below := views.get(source[0], {}).get(source[1])) is not None and below not in passed:
        passed.add(below)
        source = below
    return source
