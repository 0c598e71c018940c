"""Where PostgREST 12.0.2 and the version we follow (14) answer differently, or we do on purpose; each with its reason.

Every entry is as narrow as can be: what is not told here is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.conformance.differences.comparing import Answer
from tests.conformance.differences.making import Asked


@dataclass(frozen=True)
class Explained:
    """Why some answers differ: `parts` of them may, where the test says so."""

    reason: str
    parts: frozenset[str]
    applies: Callable[[Asked, Answer, Answer], bool]


EXPLAINED: tuple[Explained, ...] = ()


def reasons(asked: Asked, theirs: Answer, ours: Answer, *, parts: Collection[str]) -> list[str]:
    """The reasons that together explain all parts that differ; empty where one is left unexplained."""
    found = [one for one in EXPLAINED if one.parts & set(parts) and one.applies(asked, theirs, ours)]
    covered = frozenset().union(*(one.parts for one in found))
    return [one.reason for one in found] if set(parts) <= covered else []
