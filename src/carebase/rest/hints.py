"""Finds the names that somebody may have meant by one that does not exist, and says so in a sentence.

Pure. The names are passed in, so a hint never tells of anything that its reader may not see.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from carebase.rest.catalogue import Function, Name

CLOSE: Final = 0.75
"""How alike a name has to be that is suggested for a table or a function."""
RELATED: Final = 0.33
"""How alike among the few that are possible anyway: relationships, arguments."""
NAMES_SEARCHED: Final = 500
"""Where there are as many names, or more, none is suggested: searching takes time, and anybody may ask."""
NAMES_COMPARED: Final = 50
"""Those that share most pieces with the word are compared letter by letter."""
LONGEST_COMPARED: Final = 400
"""Characters; a longer word is no slip of the hand."""


def alikeness(first: str, second: str) -> float:
    """From 0 (nothing in common) to 1 (the same): the share of characters that need no change.

    >>> alikeness("projectx", "projects")
    0.875
    """
    longest = max(len(first), len(second))
    # As one quotient, so that equal shares are equal numbers.
    return 1.0 if longest == 0 else (longest - changes(first, second)) / longest


def changes(first: str, second: str) -> int:
    """How many characters have to be put in, taken out or replaced to make one of the other.

    >>> changes("role", "roles"), changes("kitten", "sitting")
    (1, 3)
    """
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        below = [row]
        for column, other in enumerate(second, 1):
            below.append(min(above[column] + 1, below[-1] + 1, above[column - 1] + (letter != other)))
        above = below
    return above[-1]


def nearest(word: str, names: Iterable[str], *, at_least: float) -> str | None:
    """The name most like `word`, whatever its case; None where none is alike enough or shares a piece with it.

    Of names that are equally alike it is the one that shares more pieces, then the last by alphabet.

    >>> nearest("projecxx", ["projects", "clients"], at_least=CLOSE)
    'projects'
    """
    wanted = word.lower()
    possible = sorted({name.lower(): name for name in sorted(names)}.items(), reverse=True)
    if len(word) > LONGEST_COMPARED or len(possible) >= NAMES_SEARCHED:
        return None
    for lowered, name in possible:
        if lowered == wanted:
            return name
    for length in (3, 2):
        pieces = _pieces(wanted, length)
        shared = [(_shared(pieces, _pieces(lowered, length)), lowered, name) for lowered, name in possible]
        # Sorting keeps the order of equals, so the alphabet decides last.
        closest = sorted((each for each in shared if each[0] > 0), key=lambda each: -each[0])[:NAMES_COMPARED]
        scored = [
            (alikeness(wanted, lowered), name)
            for _, lowered, name in closest
            # No more characters can agree than the shorter one has.
            if min(len(lowered), len(wanted)) >= at_least * max(len(lowered), len(wanted))
        ]
        if scored:
            score, name = max(scored, key=lambda each: each[0])
            if score >= at_least:
                return name
    return None


def _pieces(word: str, length: int) -> Counter[str]:
    kept = f"-{''.join(letter for letter in word if letter.isalnum() or letter.isspace() or letter == ',')}-"
    return Counter(kept[start : start + length] for start in range(len(kept) - length + 1))


def _shared(first: Counter[str], second: Counter[str]) -> float:
    """The cosine of the angle between two counts of pieces; 0 where they share none."""
    both = sum(count * second[piece] for piece, count in first.items())
    return both and both / math.sqrt(_square(first) * _square(second))


def _square(pieces: Counter[str]) -> int:
    return sum(count * count for count in pieces.values())


def for_table(name: Name, visible: Collection[Name]) -> str | None:
    """What to say to somebody who asked for a table that is not there.

    >>> for_table(Name("api", "projectx"), {Name("api", "projects")})
    "Perhaps you meant the table 'api.projects'"
    """
    names = [other.name for other in visible if other.schema == name.schema]
    found = nearest(name.name, names, at_least=CLOSE)
    return None if found is None else f"Perhaps you meant the table '{name.schema}.{found}'"


def for_function(
    name: Name,
    arguments: Iterable[str],
    *,
    overloads: Collection[Function],
    visible: Collection[Name],
) -> str | None:
    """What to say to somebody who called a function that is not there: another name, or other arguments.

    `overloads` are the functions of that name, none of which took these arguments.
    """
    if not overloads or name not in visible:
        names = [other.name for other in visible if other.schema == name.schema]
        found = nearest(name.name, names, at_least=CLOSE)
        return None if found is None else f"Perhaps you meant to call the function {name.schema}.{found}"
    lists = [_listed(argument.name for argument in overload.arguments) for overload in overloads]
    found = nearest(_listed(arguments), lists, at_least=RELATED)
    return None if found is None else f"Perhaps you meant to call the function {name}{found}"


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(sorted(names))})"


def for_relationship(origin: str, word: str, *, origins: Collection[str], targets: Collection[str]) -> str | None:
    """What to say to somebody who embedded what is not related.

    `origins` are the tables that have relationships, `targets` those that `origin` is related to. Nothing is said
    where both are right, for then it was the hint of the embed that was not.
    """
    if origin not in origins:
        return _instead(nearest(origin, origins, at_least=RELATED), origin)
    if word.lower() in {name.lower() for name in targets}:
        return None
    return _instead(nearest(word, targets, at_least=RELATED), word)


def _instead(found: str | None, meant: str) -> str | None:
    return None if found is None else f"Perhaps you meant '{found}' instead of '{meant}'."
