"""Takes the condition of a policy apart where PostgreSQL's own wording makes that certain.

In charge of text only: `pg_get_expr` puts every AND and OR in parentheses of its own, so the arms of the
outermost one stand between its connectives at the depth of that one pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

QUERIES: Final = ("SELECT ", "WITH ", "VALUES ")
"""What needs its parentheses to be a value."""
CONNECTIVES: Final[tuple[Literal["and", "or"], ...]] = ("and", "or")


@dataclass(frozen=True, slots=True)
class Condition:
    """The arms of a condition and what joins them; one arm and None where it is not to be split."""

    joined_by: Literal["and", "or"] | None
    arms: tuple[str, ...]


def split(text: str) -> Condition:
    """The outermost arms of a condition as `pg_get_expr` writes it.

    >>> split("((owner = me()) AND (title <> 'a AND b'))")
    Condition(joined_by='and', arms=('owner = me()', "title <> 'a AND b'"))
    >>> split("(private.sees(case_id) OR (a AND b))").arms
    ('private.sees(case_id)', '(a AND b)')
    >>> split("private.sees(case_id)")
    Condition(joined_by=None, arms=('private.sees(case_id)',))
    """
    inner = _without_parentheses(text)
    for connective in CONNECTIVES:
        arms = _between(inner, f" {connective.upper()} ")
        if len(arms) > 1:
            return Condition(connective, tuple(_plain(arm) for arm in arms))
    return Condition(None, (inner,))


def _plain(arm: str) -> str:
    """The arm without its parentheses, unless it is itself joined: those say what belongs together."""
    inner = _without_parentheses(arm)
    is_joined = any(len(_between(inner, f" {connective.upper()} ")) > 1 for connective in CONNECTIVES)
    return arm.strip() if is_joined else inner


def _without_parentheses(text: str) -> str:
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        inner = text[1:-1].strip()
        if inner.startswith(QUERIES):
            return text
        text = inner
    return text


def _closing(text: str) -> int:
    """Where the parenthesis closes that the text begins with."""
    return next((place for place, depth in _depths(text) if depth == 0), -1)


def _between(text: str, connective: str) -> list[str]:
    """The parts between a connective that stands outside every parenthesis and quotation."""
    parts, start = [], 0
    outside = {place for place, depth in _depths(text) if depth == 0}
    place = text.find(connective)
    while place >= 0:
        if place in outside:
            parts.append(text[start:place])
            start = place + len(connective)
        place = text.find(connective, place + 1)
    return [*parts, text[start:]]


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Each place outside quotations with the number of parentheses that are open after it."""
    depth = 0
    quote = ""
    for place, character in enumerate(text):
        if quote:
            # A doubled quote closes and opens again; with `standard_conforming_strings` a backslash is no escape.
            quote = "" if character == quote else quote
            continue
        if character in "'\"":
            quote = character
            continue
        depth += (character in "([") - (character in ")]")
        yield place, depth
