"""Writes the question for PostgreSQL's plan of a statement.

Pure. A plan may show the values that the request itself brought, and what PostgreSQL knows of how often values occur:
so none is told that touches a table with patients' data, however it comes to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from carebase.rest.catalogue import Name
from carebase.rest.syntax import Plan


def explained(text: str, wanted: Plan) -> str:
    """The statement that answers with the plan of another; with `analyze` that one runs.

    >>> from carebase.rest.syntax import MediaType, PlanOption
    >>> print(explained("select 1", Plan(is_json=True, of=MediaType("*/*"), options=(PlanOption.VERBOSE,))))
    explain (format json, verbose) select 1
    """
    options = [f"format {'json' if wanted.is_json else 'text'}", *(option.value for option in wanted.options)]
    return f"explain ({', '.join(options)}) {text}"


def names_any(told: bytes, tables: Collection[Name]) -> bool:
    """Whether a plan has the name of one of the tables in it, be it in a policy, a view or a function's body."""
    text = told.decode("utf-8", "replace")
    return any(re.search(rf"(?<!\w){re.escape(table.name)}(?!\w)", text) for table in tables)
