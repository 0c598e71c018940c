"""The text of a file with its positions, as medicine wants to read it.

In charge of the shape only. `documents` makes such pages; the two packages do not know each
other, so the shape is a set of protocols here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Box(Protocol):
    """A rectangle in points (1/72 inch) from the page's top-left corner."""

    @property
    def x0(self) -> float: ...
    @property
    def y0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def y1(self) -> float: ...


class Word(Protocol):
    """Characters without white space between them."""

    @property
    def text(self) -> str: ...
    @property
    def box(self) -> Box: ...


class Line(Protocol):
    """Words that stand side by side; `number` counts from 1 from the top of the page."""

    @property
    def number(self) -> int: ...
    @property
    def words(self) -> Sequence[Word]: ...
    @property
    def box(self) -> Box: ...
    @property
    def text(self) -> str:
        """The words, joined by one space."""
        ...


class Page(Protocol):
    """One page; `number` counts from 1. Sizes in points."""

    @property
    def number(self) -> int: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def lines(self) -> Sequence[Line]: ...
