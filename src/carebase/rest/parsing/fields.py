"""Reads columns and the paths into their JSON, and the names of parameters that lead to an embed.

In charge of what select, filters and order have in common.
"""

from __future__ import annotations

import re

from carebase.rest import errors
from carebase.rest.parsing import scanner
from carebase.rest.syntax import Field, Path, Step

DELIMITER = "delimiter (.)"
MAX_DIGITS = 100
"""Of an index into JSON; PostgreSQL refuses far fewer."""

_DIGITS = re.compile(r"[0-9]+")
_KEY = re.compile(r"[^(\-:.,>)]+")


def field(s: scanner.Scanner) -> Field:
    """Read a column with its JSON path, blanks around it left out.

    >>> field(scanner.Scanner("data->items->>0"))
    Field(name='data', path=(Step(key='items', is_text=False), Step(key=0, is_text=True)))
    """
    s.blank()
    name = s.name()
    path = json_path(s)
    s.blank()
    return Field(name, path)


def json_path(s: scanner.Scanner) -> tuple[Step, ...]:
    """Read the steps that stand here; none is fine."""
    if not s.sees("-"):
        s.miss('"->>"')
        s.miss('"->"')
        return ()
    steps: list[Step] = []
    while True:
        if s.accept("->>"):
            is_text = True
        elif s.accept("->"):
            is_text = False
        else:
            return tuple(steps)
        s.budget.spend()
        index = _index(s)
        steps.append(Step(_key(s) if index is None else index, is_text))


def _index(s: scanner.Scanner) -> int | None:
    """A place in an array; a number that goes on with something else is a key."""
    start = s.mark()
    sign = -1 if s.accept("-") else 1
    found = _DIGITS.match(s.text, s.at)
    if found is None:
        s.miss("digit")
        s.back(start)
        return None
    s.go(found.end())
    s.miss("digit")
    try:
        s.stop("->", "::", ".", ",")
    except scanner.Miss:
        s.back(start)
        return None
    if len(found[0]) > MAX_DIGITS:
        raise errors.TooComplex("digits", limit=MAX_DIGITS)
    return sign * int(found[0])


def _key(s: scanner.Scanner) -> str:
    if s.sees('"'):
        return s.quoted()
    if _KEY.match(s.text, s.at) is None:
        s.miss("any non reserved character different from: .,>()")
        raise scanner.Miss
    key = _bare_key(s)
    while s.dash():
        s.budget.spend()
        key = f"{key}-{_bare_key(s)}"
        s.again()
    return key


def _bare_key(s: scanner.Scanner) -> str:
    found = _KEY.match(s.text, s.at)
    if found is None:
        s.miss("")
        raise scanner.Miss
    s.go(found.end())
    s.miss("")
    return found[0].strip()


def names(s: scanner.Scanner) -> tuple[str, ...]:
    """Read names with commas between them.

    >>> names(scanner.Scanner('id , "first name"'))
    ('id', 'first name')
    """
    found = [s.name()]
    while s.comma():
        s.budget.spend()
        found.append(s.name())
        s.again()
    return tuple(dict.fromkeys(found))


def _dotted(s: scanner.Scanner) -> list[str]:
    found = [s.name()]
    while s.accept(".", wanted=DELIMITER):
        s.budget.spend()
        found.append(s.name())
        s.again()
    return found


def address(key: str, *, budget: scanner.Budget | None = None) -> tuple[Path, Field]:
    """Where a parameter belongs and which column it means, by its name.

    >>> address("tasks.owner.data->>age")
    (('tasks', 'owner'), Field(name='data', path=(Step(key='age', is_text=True),)))
    """
    if key.isascii() and key.isidentifier():
        # Most parameters are a bare column; this is what the rules below make of it.
        return (), Field(key)
    s = scanner.Scanner(key, budget=budget)
    try:
        *path, name = _dotted(s)
        steps = json_path(s)
    except scanner.Miss:
        raise s.refusal(f"failed to parse tree path ({key})") from None
    return tuple(path), Field(name, steps)


def logic_address(key: str, *, budget: scanner.Budget | None = None) -> tuple[Path, str]:
    """Where a tree of conditions belongs, and its operator as it is written in a tree.

    >>> logic_address("tasks.not.or")
    (('tasks',), 'not.or')
    """
    s = scanner.Scanner(key, budget=budget)
    try:
        *path, operator = _dotted(s)
    except scanner.Miss:
        raise s.refusal(f"failed to parse logic path ({key})") from None
    # An operator that is `not` itself is no operator, which is told by reading the tree.
    is_negated = "not" in path or operator == "not"
    return tuple(name for name in path if name != "not"), f"not.{operator}" if is_negated else operator
