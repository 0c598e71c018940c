"""Places boxes in columns and leads lines between them, for `make_diagram.py`.

In charge of places only: a box stands to the right of those it refers to; a line that passes a column takes a
lane through it, and lines to the same key share their track between two columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# Pixels. A letter of the names' typeface is at most this wide at its size.
LETTER, HEAD, ROW, PAD, GAP, LANE, TRACK, EDGE = 7.3, 30, 19, 10, 22, 12, 9, 24
TOP = 62
NARROWEST = 730
COLUMNS_OF_LOOSE = 4
SWEEPS = 8


@dataclass(slots=True)
class Row:
    """A key column of a table: its mark, its name and what is said of it."""

    mark: str
    name: str
    note: str


@dataclass(slots=True)
class Box:
    """A table, a table of another domain, or a lane (`is_lane`) by which a line passes a column of boxes."""

    name: str
    rows: Sequence[Row] = ()
    is_outside: bool = False
    is_lane: bool = False
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        """As wide as its longest line."""
        if self.is_lane:
            return 0
        longest = max([len(self.name), *(4 + len(row.name) + len(row.note) + 2 * bool(row.note) for row in self.rows)])
        return longest * LETTER + 2 * PAD

    @property
    def height(self) -> float:
        """Its head and its rows."""
        if self.is_lane:
            return LANE
        return HEAD + (len(self.rows) * ROW + PAD / 2 if self.rows else 0)

    def port(self, column: str) -> float:
        """How high a line meets it: at the row of that column, at its head where the row is not shown."""
        if self.is_lane:
            return self.y + LANE / 2
        names = [row.name for row in self.rows]
        return self.y + HEAD + (names.index(column) + 0.5) * ROW if column in names else self.y + HEAD / 2


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key, from a column of one table to a column of another."""

    table: str
    column: str
    target: str
    target_column: str
    is_needed: bool


@dataclass(slots=True)
class Drawing:
    """The boxes of a domain in columns from left to right, and the ways its lines take through them."""

    columns: list[list[Box]]
    ways: list[tuple[Reference, list[Box]]]
    """Each from the target's box through lanes to the referring box."""
    width: float = 0
    height: float = 0
    tracks: dict[int, list[tuple[Box, str]]] = field(default_factory=dict)


def laid_out(boxes: Mapping[str, Box], lines: Sequence[Reference]) -> Drawing:
    """The boxes in their places, with the ways of the lines that are drawn."""
    rank: dict[str, int] = {}

    def rank_of(name: str) -> int:
        if name not in rank:
            rank[name] = max((1 + rank_of(one.target) for one in lines if one.table == name), default=0)
        return rank[name]

    linked = {name for one in lines for name in (one.table, one.target)}
    for name in boxes:
        if name in linked:
            rank_of(name)
    # A table that is only referred to stands right beside its nearest reader, so that its lines are short.
    for name in sorted(linked):
        if not any(one.table == name for one in lines):
            rank[name] = min(rank[one.table] for one in lines if one.target == name) - 1
    columns: list[list[Box]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name, box in boxes.items():
        if name in rank:
            columns[rank[name]].append(box)
    ways = []
    for one in lines:
        way = [boxes[one.target]]
        for between in range(rank[one.target] + 1, rank[one.table]):
            lane = next(
                (b for b in columns[between] if b.is_lane and b.name == f"{one.target}|{one.target_column}"), None
            )
            if lane is None:
                lane = Box(f"{one.target}|{one.target_column}", is_lane=True)
                columns[between].append(lane)
            way.append(lane)
        ways.append((one, [*way, boxes[one.table]]))
    _order(columns, ways)
    _add_loose(columns, [box for name, box in boxes.items() if name not in linked])
    drawing = Drawing(columns, ways)
    _place(drawing)
    return drawing


def _order(columns: list[list[Box]], ways: Sequence[tuple[Reference, list[Box]]]) -> None:
    """Each box near the middle of those it is joined with; a few sweeps to and fro, ties as they stand."""
    joined: dict[int, list[Box]] = {}
    for _, way in ways:
        for left, right in pairwise(way):
            joined.setdefault(id(right), []).append(left)
            joined.setdefault(id(left), []).append(right)
    for sweep in range(SWEEPS):
        _stack(columns)
        for column in columns if sweep % 2 == 0 else reversed(columns):
            middle = {
                id(box): sum(other.y + other.height / 2 for other in joined.get(id(box), [box]))
                / len(joined.get(id(box), [box]))
                for box in column
            }
            column.sort(key=lambda box: middle[id(box)])
            _stack([column])
    _stack(columns)


def _add_loose(columns: list[list[Box]], loose: Sequence[Box]) -> None:
    """Tables without lines go where the columns are shortest."""
    while loose and len(columns) < min(COLUMNS_OF_LOOSE, len(loose) + len(columns)):
        columns.append([])
    for box in loose:
        min(columns, key=lambda column: sum(one.height + GAP for one in column)).append(box)


def _stack(columns: Iterable[list[Box]]) -> None:
    for column in columns:
        y: float = TOP
        for box in column:
            box.y = y
            y += box.height + GAP


def _place(drawing: Drawing) -> None:
    _stack(drawing.columns)
    bottoms = [column[-1].y + column[-1].height for column in drawing.columns if column]
    drawing.height = max(bottoms, default=TOP) + EDGE
    # Columns stand in the middle of the picture's height, so that the lines run level.
    for column in drawing.columns:
        spare = drawing.height - EDGE - (column[-1].y + column[-1].height if column else drawing.height)
        for box in column:
            box.y = round(box.y + (spare / 2 if len(drawing.ways) else 0), 1)
    x: float = EDGE
    for number, column in enumerate(drawing.columns):
        width = max((box.width for box in column), default=0)
        for box in column:
            box.x = x
            if box.is_outside:
                box.x = x + width - box.width
        x += width
        trunks = {
            (id(left), one.target_column): (left, one.target_column)
            for one, way in drawing.ways
            for left, _ in pairwise(way)
            if any(left is box for box in column)
        }
        drawing.tracks[number] = sorted(trunks.values(), key=lambda trunk: trunk[0].port(trunk[1]))
        x += 2 * GAP + len(trunks) * TRACK if number < len(drawing.columns) - 1 else 0
    drawing.width = max(x + EDGE, NARROWEST)
