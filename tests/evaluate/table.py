"""The printed table of the evaluation: counts first, a trivial baseline beside each, then `NAME VALUE` lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTHS = (58, 20, 30)


@dataclass(frozen=True, slots=True)
class Row:
    """`count` of `of`; `baseline` says what a trivial answer reaches on the same rows."""

    name: str
    """Upper case, the first word of the closing line."""
    what: str
    count: int
    of: int
    baseline: str = ""
    value: float | None = None
    """Printed instead of the share, for measures that are no share (F1)."""

    @property
    def closing(self) -> str:
        """The line programs read; NAN where there is nothing to count."""
        share = self.value if self.value is not None else share_of(self.count, self.of)
        return f"{self.name} {'nan' if share is None else format(share, '.4f')}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the evaluation measured: its rows, and lines that explain them."""

    title: str
    rows: tuple[Row, ...] = ()
    remarks: tuple[str, ...] = ()


def share_of(count: int, of: int) -> float | None:
    """The share, or None of nothing.

    >>> share_of(1, 4), share_of(0, 0)
    (0.25, None)
    """
    return count / of if of else None


def percent(count: int, of: int) -> str:
    """Counts before the percentage.

    >>> percent(1, 4), percent(0, 0)
    ('1/4 = 25.0 %', '0/0')
    """
    return f"{count}/{of} = {100 * count / of:.1f} %" if of else f"{count}/{of}"


def text(parts: Sequence[Part]) -> str:
    """The whole table."""
    lines: list[str] = []
    for part in parts:
        lines += ["", part.title, "-" * len(part.title)]
        for row in part.rows:
            shown = format(row.value, ".3f") if row.value is not None else percent(row.count, row.of)
            cells = (row.what, shown, row.baseline)
            lines.append("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip())
        lines += [f"  {remark}" for remark in part.remarks]
    return "\n".join(lines)


def closing(parts: Iterable[Part]) -> str:
    """One line for each measure."""
    return "\n".join(row.closing for part in parts for row in part.rows)
