"""Draws the tables of a migrated database: `docs/images/record.svg` and one picture for each domain.

Run after a migration: `python scripts/make_diagram.py`. It starts an embedded server of its own and removes it;
with a connection string as its argument it draws that database instead. A table stands to the right of those it
refers to; lines that lead to the same table share their way. The same catalogue always gives the same bytes, so a
test compares them. A table that no domain names stops it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import diagram_layout
import make_dictionary
from diagram_layout import EDGE, GAP, HEAD, LETTER, PAD, ROW, TOP, TRACK, Box, Drawing, Reference, Row
from make_dictionary import Column, Relation

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
ACCOUNT = "auth.users"
DOMAINS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "patients": (
        "The record of a patient",
        ("patients", "cases", "case_files", "observations", "allergies", "medicines"),
    ),
    "team": ("The team", ("care_team", "care_messages", "care_message_reads", "tasks", "break_glass_grants")),
    "portal": (
        "The portal: access",
        ("patient_accounts", "patient_profiles", "invitations", "result_releases", "consents"),
    ),
    "visits": ("The portal: visits", ("providers", "slots", "appointments", "secure_messages")),
    "assistant": ("The assistant", ("users", "conversations", "messages")),
    "insights": (
        "The insights",
        (
            "insight_runs", "insight_statements", "insight_texts", "ai_insights", "case_steps", "statement_reviews",
            "insight_signatures", "request_keys", "drafts",
        ),
    ),
    "accounts": (
        "The accounts",
        (
            "auth.users", "auth.identities", "auth.sessions", "auth.refresh_tokens", "auth.known_devices",
            "auth.attempts", "private.site_settings",
        ),
    ),
    "sign-in": (
        "Signing in",
        (
            "auth.flow_state", "auth.one_time_tokens", "auth.mfa_factors", "auth.mfa_challenges", "auth.paper_codes",
            "auth.api_keys", "auth.allowances", "auth.outbox", "auth.oauth_clients",
        ),
    ),
    "storage": (
        "The storage",
        (
            "storage.buckets",
            "storage.objects",
            "storage.uploads",
            "storage.resumable",
            "storage.resumable_parts",
            "storage.trash",
        ),
    ),
    "audit": (
        "The audit",
        (
            "audit.inbox", "audit.log", "audit.head", "audit.about", "audit.tracked", "audit.tracked_views",
            "audit.tracked_functions", "audit.checkpoints", "audit.purged",
        ),
    ),
}  # fmt: skip

STYLE = """
  .page { fill: #ffffff; } .box { fill: #f4f7fa; stroke: #5b6b7b; } .head { fill: #dbe6f0; stroke: #5b6b7b; }
  .outside { fill: none; stroke: #5b6b7b; stroke-dasharray: 5 4; }
  .line { fill: none; stroke: #3f6f9f; stroke-width: 1.5; }
  .maybe { stroke-dasharray: 5 4; } .tip { fill: #3f6f9f; } text { fill: #1b2733; } .quiet { fill: #55636f; }
  text { font-family: "DejaVu Sans Mono", "Liberation Mono", Consolas, Menlo, monospace; font-size: 12px; }
  .title { font-family: "DejaVu Sans", "Segoe UI", Arial, sans-serif; font-size: 18px; font-weight: bold; }
  .words { font-family: "DejaVu Sans", "Segoe UI", Arial, sans-serif; font-size: 12px; } .name { font-weight: bold; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #10161c; } .box { fill: #1a232c; stroke: #8fa1b3; } .head { fill: #26384a; stroke: #8fa1b3; }
    .outside { stroke: #8fa1b3; } .line { stroke: #7fb2e5; } .tip { fill: #7fb2e5; } text { fill: #e8eef4; }
    .quiet { fill: #a9b7c4; }
  }
"""


def short(name: str) -> str:
    """The name without the schema of the clients."""
    return name.removeprefix("public.")


def tables_of(found: Iterable[tuple[Relation, list[Column]]]) -> dict[str, list[Column]]:
    """The tables and their columns by name; KeyError for one without a domain or a domain's that is not there."""
    tables = {short(f"{one.schema}.{one.name}"): columns for one, columns in found if not one.is_view}
    named = [name for _, names in DOMAINS.values() for name in names]
    if set(tables) != set(named) or len(named) != len(tables):
        raise KeyError(f"no domain or no table: {sorted(set(tables) ^ set(named))}")
    return tables


def references_of(tables: Mapping[str, list[Column]]) -> list[Reference]:
    """Every foreign key, one for each pair of tables and column."""
    found = []
    for name, columns in tables.items():
        for column in columns:
            for refers in column.refers:
                target, _, target_column = short(refers).rpartition(".")
                found.append(Reference(name, column.name, target, target_column, column.is_required))
    return found


def draw(domain: str, tables: Mapping[str, list[Column]]) -> str:
    """The picture of one domain."""
    title, names = DOMAINS[domain]
    inside = set(names)
    references = [one for one in references_of(tables) if one.table in inside]
    lines = [one for one in references if one.target != one.table and (one.target in inside or one.target != ACCOUNT)]
    boxes = {name: Box(name, _rows(tables[name], name, drawn=lines)) for name in names}
    for one in lines:
        if one.target not in boxes:
            boxes[one.target] = Box(one.target, is_outside=True)
    drawing = diagram_layout.laid_out(boxes, lines)
    return _svg(domain, f"{title}: tables, keys and references", drawing, tables=tables, references=references)


def _rows(columns: Sequence[Column], table: str, *, drawn: Sequence[Reference]) -> list[Row]:
    shown = {(one.table, one.column) for one in drawn}
    rows = []
    for column in columns:
        is_primary = any(key.startswith("p") for key in column.keys)
        if not (is_primary or column.refers or column.keys):
            continue
        note = ""
        if column.refers and (table, column.name) not in shown:
            target = short(column.refers[0]).rpartition(".")[0]
            note = "→ itself" if target == table else "→ account" if target == ACCOUNT else f"→ {target}"
        mark = "PK" if is_primary else "FK" if column.refers else "UQ"
        rows.append(Row(mark, column.name, note))
    if len(columns) > len(rows):
        rows.append(Row("", f"{len(columns) - len(rows)} more", ""))
    return rows


def _svg(
    domain: str,
    title: str,
    drawing: Drawing,
    *,
    tables: Mapping[str, list[Column]],
    references: Sequence[Reference],
) -> str:
    said = ". ".join(
        f"{name}" + ("".join(f"; {one.column} refers to {one.target}" for one in references if one.table == name))
        for name in DOMAINS[domain][1]
        if name in tables
    )
    parts = [
        *_opened(drawing.width, drawing.height, title=title, said=f"{said}."),
        f'<text class="title" x="{EDGE}" y="30">{escape(DOMAINS[domain][0])}</text>',
        f'<text class="words quiet" x="{EDGE}" y="49">'
        "PK primary key, FK foreign key, UQ unique; a line leads to the table referred to, dashed where it may be empty"
        "</text>",
    ]
    for one, way in drawing.ways:
        parts.append(_way(drawing, one, way))
    for column in drawing.columns:
        for box in column:
            parts += _box(box)
    return "\n".join([*parts, "</svg>", ""])


def _opened(width: float, height: float, *, title: str, said: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{escape(title)}</title>'
    yield f'<desc id="desc">{escape(said)}</desc>'
    yield f"<style>{STYLE}</style>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
    )
    yield '<rect class="page" width="100%" height="100%"/>'


def _way(drawing: Drawing, one: Reference, way: Sequence[Box]) -> str:
    """From the referring column back to the key it names: level, along a track between the columns, level."""
    steps = []
    start = f"M{way[-1].x:.1f} {way[-1].port(one.column):.1f}"
    for left, _ in reversed(list(pairwise(way))):
        number = next(n for n, column in enumerate(drawing.columns) if any(box is left for box in column))
        trunks = drawing.tracks[number]
        place = next(n for n, trunk in enumerate(trunks) if trunk[0] is left and trunk[1] == one.target_column)
        wide = max(box.x + box.width for box in drawing.columns[number])
        track = wide + GAP + place * TRACK
        steps += [f"H{track:.1f}", f"V{left.port(one.target_column):.1f}", f"H{left.x + left.width:.1f}"]
    if one.is_needed:
        return f'<path class="line" d="{start} {" ".join(steps)}" marker-end="url(#tip)"/>'
    # Only its own part is dashed: further on it may share the way with lines that are not.
    meeting = f"M{steps[0][1:]} {way[-1].port(one.column):.1f}"
    return (
        f'<path class="line maybe" d="{start} {steps[0]}"/>'
        f'<path class="line" d="{meeting} {" ".join(steps[1:])}" marker-end="url(#tip)"/>'
    )


def _box(box: Box) -> Iterator[str]:
    if box.is_lane:
        return
    x, y, width = box.x, box.y, box.width
    if box.is_outside:
        yield f'<rect class="outside" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEAD}" rx="4"/>'
        yield f'<text class="quiet" x="{x + PAD:.1f}" y="{y + 20:.1f}">{escape(box.name)}</text>'
        return
    yield f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{box.height:.1f}" rx="4"/>'
    yield _head(x, y, width=width)
    yield f'<text class="name" x="{x + PAD:.1f}" y="{y + 20:.1f}">{escape(box.name)}</text>'
    for number, row in enumerate(box.rows):
        base = y + HEAD + number * ROW + 14
        yield f'<text class="quiet" x="{x + PAD:.1f}" y="{base:.1f}">{row.mark}</text>'
        quiet = "" if row.mark else ' class="quiet"'
        yield f'<text{quiet} x="{x + PAD + 3.5 * LETTER:.1f}" y="{base:.1f}">{escape(row.name)}</text>'
        if row.note:
            place = f'x="{x + width - PAD:.1f}" y="{base:.1f}" text-anchor="end"'
            yield f'<text class="quiet" {place}>{escape(row.note)}</text>'


def _head(x: float, y: float, *, width: float) -> str:
    sides = HEAD - 4
    path = f"M{x:.1f} {y + HEAD:.1f} v-{sides} q0 -4 4 -4 h{width - 8:.1f} q4 0 4 4 v{sides} z"
    return f'<path class="head" d="{path}"/>'


def overview(tables: Mapping[str, list[Column]]) -> str:
    """All domains with the names of their tables, and to which others each refers."""
    home = {name: domain for domain, (_, names) in DOMAINS.items() for name in names}
    panels: list[tuple[str, Sequence[str], list[str]]] = []
    for domain, (title, names) in DOMAINS.items():
        abroad: dict[str, int] = {}
        for one in references_of(tables):
            if home[one.table] == domain != home[one.target]:
                abroad[home[one.target]] = abroad.get(home[one.target], 0) + 1
        told = [
            f"→ {DOMAINS[other][0].lower()} ({count})"
            for other, count in sorted(abroad.items(), key=lambda one: (-one[1], one[0]))
        ]
        panels.append((title, names, told))
    width, across = 230.0, 4
    bottoms = [float(TOP)] * across
    said: list[str] = []
    shapes: list[str] = []
    for title, names, told in panels:
        column = bottoms.index(min(bottoms))
        x, y = EDGE + column * (width + GAP), bottoms[column]
        height = HEAD + (len(names) + len(told)) * ROW + PAD / 2 + (6 if told else 0)
        bottoms[column] += height + GAP
        said.append(
            f"{title}: {', '.join(names)}" + (f"; refers to {', '.join(one[2:] for one in told)}" if told else "")
        )
        shapes += _panel((x, y, width, height), title, names=names, told=told)
    total = 2 * EDGE + across * width + (across - 1) * GAP
    return "\n".join([
        *_opened(total, max(bottoms) - GAP + EDGE, title="The tables by domain", said=". ".join(said) + "."),
        f'<text class="title" x="{EDGE}" y="30">{len(tables)} tables by domain</text>',
        f'<text class="words quiet" x="{EDGE}" y="49">An arrow says to which domains a domain refers, and by how many '
        "foreign keys</text>",
        *shapes, "</svg>", "",
    ])  # fmt: skip


def _panel(
    place: tuple[float, float, float, float], title: str, *, names: Sequence[str], told: Sequence[str]
) -> Iterator[str]:
    x, y, width, height = place
    yield f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>'
    yield _head(x, y, width=width)
    yield f'<text class="words name" x="{x + PAD:.1f}" y="{y + 20:.1f}">{escape(title)}</text>'
    for number, name in enumerate(names):
        yield f'<text x="{x + PAD:.1f}" y="{y + HEAD + number * ROW + 15:.1f}">{escape(name)}</text>'
    for number, one in enumerate(told, len(names)):
        yield f'<text class="quiet" x="{x + PAD:.1f}" y="{y + HEAD + number * ROW + 21:.1f}">{escape(one)}</text>'


def pictures(found: Iterable[tuple[Relation, list[Column]]]) -> dict[str, str]:
    """Every picture by its file's name."""
    tables = tables_of(found)
    return {"record.svg": overview(tables), **{f"record-{domain}.svg": draw(domain, tables) for domain in DOMAINS}}


if __name__ == "__main__":
    with make_dictionary.database(sys.argv[1:]) as opened:
        for file_name, text in pictures(make_dictionary.read(opened)).items():
            (IMAGES / file_name).write_text(text, encoding="utf-8")
