"""Medians, percentiles and spread of measured seconds, in milliseconds for reading."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def percentile(seconds: Sequence[float], part: float) -> float:
    """The smallest measured value that at least `part` (0 to 1) of the values do not exceed.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def line(name: str, seconds: Sequence[float]) -> str:
    """One row of a table: how many, p50, p90, p99 and the range, in milliseconds."""
    p50, p90, p99 = (1000 * value for value in (statistics.median(seconds), *_tail(seconds)))
    least, most = 1000 * min(seconds), 1000 * max(seconds)
    return (
        f"{name:<50} n={len(seconds):<4} p50 {p50:8.2f}  p90 {p90:8.2f}  p99 {p99:8.2f}  [{least:.2f} – {most:.2f}] ms"
    )


def verdict(name: str, value: float, *, goal: float, at_least: bool = False) -> str:
    """The line that ends with what was found; `goal` is an upper bound unless `at_least`."""
    is_met = value >= goal if at_least else value <= goal
    return f"{'met   ' if is_met else 'MISSED'} goal {'≥' if at_least else '≤'} {goal:g}: {name} {value:.3g}"


def _tail(seconds: Sequence[float]) -> tuple[float, float]:
    return percentile(seconds, 0.9), percentile(seconds, 0.99)
