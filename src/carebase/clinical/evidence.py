"""Where a statement comes from: a file, a page, a line, the words and the content's hash."""

from __future__ import annotations

from dataclasses import dataclass

from carebase.clinical.page import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file being read: `file` is its id (the path given, on the command line)."""

    file: str
    sha256: str
    """Lower-case hexadecimal SHA-256 of the file's bytes."""


CASE_TEXT = "case"
"""The `file` of evidence that is the clinician's own text; its page is 1, its line counts from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place that carries a statement; `quote` stands there word for word."""

    file: str
    page: int
    line: int
    box: tuple[float, float, float, float] | None
    """x0, y0, x1, y1 in points from the top-left corner; None where there is no page to show."""
    quote: str
    sha256: str


def of_line(source: Source, *, page: int, line: Line) -> Evidence:
    """The whole line as evidence."""
    box = line.box
    return Evidence(
        file=source.file,
        page=page,
        line=line.number,
        box=(box.x0, box.y0, box.x1, box.y1),
        quote=line.text,
        sha256=source.sha256,
    )
