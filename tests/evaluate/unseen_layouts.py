"""Layouts that nobody looked at while writing the reader; they are only ever measured, never tested on.

In charge of being unlike `lab_layouts`. What is found wrong here is mended for its kind, and the layout
that showed it then moves over to `lab_layouts`.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.evaluate import lab_layouts
from tests.evaluate.lab_layouts import HEADERS, Drawn, Pen

LIMITS = {"fr": ("Min", "Max"), "en": ("Low", "High"), "es": ("Mín", "Máx")}
NORMAL = {"fr": "N :", "en": "Ref:", "es": "V.R.:"}


def _draw(pen: Pen, cells: Callable[[Drawn], tuple[tuple[float, str], ...]]) -> None:
    def row(drawn: Drawn) -> None:
        for x, words in cells(drawn):
            pen.text(x, words)
        pen.truth.append(drawn.truth(pen.page))

    lab_layouts._by_section(pen, row)


def unit_beside_name(pen: Pen) -> None:
    _draw(pen, lambda one: ((40, f"{one.name} ({one.unit})"), (260, one.value), (350, one.range)))


def mark_at_value(pen: Pen) -> None:
    """The mark stands at the number: `9,1 L`, `* 9,1`."""

    def cells(one: Drawn) -> tuple[tuple[float, str], ...]:
        mark = {"N": "", "H": "H", "L": "L"}[one.flag]
        value = f"{one.value} {mark}".rstrip() if pen.chance.random() < 0.5 else f"{'* ' if mark else ''}{one.value}"
        return ((40, one.name), (220, value), (300, one.unit), (380, one.range))

    _draw(pen, cells)


def range_after_a_word(pen: Pen) -> None:
    word = NORMAL[pen.language]
    _draw(
        pen, lambda one: ((40, one.name), (230, f"{one.value} {one.unit}"), (360, f"{word} {one.range.strip('[]()')}"))
    )


def unit_after_range(pen: Pen) -> None:
    _draw(pen, lambda one: ((40, one.name), (230, one.value), (320, f"{one.range.strip('[]()')} {one.unit}")))


def limits_in_columns(pen: Pen) -> None:
    """Lower and upper limit in columns of their own."""

    def header() -> None:
        low, high = LIMITS[pen.language]
        names = HEADERS[pen.language]
        for x, words in ((40, names["name"]), (230, names["value"]), (300, names["unit"]), (380, low), (440, high)):
            pen.text(x, words, bold=True)
        pen.down(1.2)

    def row(one: Drawn) -> None:
        low, high = (lab_layouts._decimal_text(limit, pen.language) for limit in (one.low, one.high))
        for x, words in ((40, one.name), (230, one.value), (300, one.unit), (380, low), (440, high)):
            pen.text(x, words)
        pen.truth.append(one.truth(pen.page))

    lab_layouts._by_section(pen, row, before=header)


LAYOUTS: tuple[Callable[[Pen], None], ...] = (
    unit_beside_name, mark_at_value, range_after_a_word, unit_after_range, limits_in_columns,
)  # fmt: skip
